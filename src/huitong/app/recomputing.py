"""A proved decision computed again by an outsider, from the proof and the published bundle of its policy, and compared byte for byte.

What one event cannot show is taken from the record, and said: features of what came before, edges of patterns, what would have changed the
decision, and whatever rests on a name that the log holds encrypted.
"""

import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec
import numpy as np

from huitong.app.bundles import Manifest
from huitong.app.unpacking import unpack
from huitong.contracts import DataContract, Decision, Event, Float64Array
from huitong.decisions.policy import MADE_WITH_FILE, LoadedPolicy, Questions, decide, engines_of, load_policy, with_recorded
from huitong.features import FeatureEngine
from huitong.kernel import DataError, InputError, Text
from huitong.store import decode, encode_decision, is_token
from huitong.verifier import Verified

SHOWN_MAX = 5
"""Most differences that an error repeats."""
_VALUE_CHARACTERS_MAX = 160


@dataclass(frozen=True, slots=True)
class Recomputed:
    """A decision that came out as it was recorded, bit for bit.

    Attributes:
        decision: The decision.
        taken: What was taken from the record, because one event and its policy cannot show it.
    """

    decision: Decision
    taken: tuple[Text, ...]


def recompute(verified: Verified, bundle: Path) -> Recomputed:
    """Computes a proved decision again with the published bundle of its policy's version.

    Args:
        verified: What a proof has shown.
        bundle: The bundle.

    Raises:
        InputError: If the proof is not of a decision with its event, or there is no bundle.
        DataError: If the bundle is damaged or of another version, this machine computes otherwise, or the decision does not come out.
        PolicyError: If the bundle's policy cannot mean what it says.
        ExternalError: If the disk refuses.
    """
    decision, event = _decision_and_event(verified)
    with tempfile.TemporaryDirectory(prefix="huitong-") as scratch:
        loaded = _loaded(Path(scratch), bundle, decision, verified)
        again, taken = _again(loaded, decision, event)
    payload = encode_decision(again)
    if payload != verified.payloads[0]:
        raise _differs(verified.records[0][1], payload)
    return Recomputed(decision, tuple(taken))


def _decision_and_event(verified: Verified) -> tuple[Decision, Event]:
    records = [decode(payload) for payload in verified.payloads]
    if records and isinstance(decision := records[0], Decision):
        for record in records[1:]:
            if isinstance(record, Event) and record.id == decision.event:
                return decision, record
    raise InputError(
        "proof.recompute.nothing",
        {"en": "the proof is not of a decision with its event", "zh": "该证明不是某一决策及其事件的证明"},
        {"en": "ask for a proof of the decision: `huitong prove ID`", "zh": "请索取该决策的证明：`huitong prove ID`"},
    )


def _loaded(scratch: Path, bundle: Path, decision: Decision, verified: Verified) -> LoadedPolicy:
    manifest = unpack(bundle, scratch)
    if (manifest.policy, manifest.version) != (decision.policy, decision.version):
        raise _other_version(manifest, decision, verified)
    contracts = [DataContract.load(path) for path in sorted((scratch / "contracts").glob("*.toml"))]
    loaded = load_policy(
        scratch / manifest.folder, {contract.kind: contract for contract in contracts}, scratch / "models", scratch / "cache"
    )
    if loaded.program.version != decision.version:
        raise _computes_otherwise(manifest, engines_of(loaded.program.content[MADE_WITH_FILE]))
    return loaded


def _again(loaded: LoadedPolicy, decision: Decision, event: Event) -> tuple[Decision, list[Text]]:
    """The decision once more, at the tier of the record; what was taken from there."""
    engine = FeatureEngine(loaded.plan, {entries.name: entries.entries for entries in loaded.program.lists})
    row = _row(loaded, engine, decision, event)
    program, said = with_recorded(loaded.program, decision, event, is_token)
    question = Questions.one(event, row, engine.symbols.text, decision.evidence.patterns)
    again = decide(program, question, tier=decision.tier, change=lambda _: decision.smallest_change)
    marks = tuple(reason for reason in decision.reasons if reason.source == "features")
    again = _named_as_recorded(replace(again, reasons=(*again.reasons, *marks)), decision)
    return again, list(_taken(loaded, decision, said, late=bool(marks)))


def _row(loaded: LoadedPolicy, engine: FeatureEngine, decision: Decision, event: Event) -> Float64Array:
    """The feature row, shape ``(f,)``: what the event itself shows from the event, everything else from the record."""
    recorded = decision.evidence.features
    row = np.full(len(loaded.program.features), np.nan)
    for place, name in enumerate(loaded.program.features):
        value = recorded.get(name)
        if value is not None:
            row[place] = engine.symbols.code(value) if isinstance(value, str) else value
    alone, plan = _alone(engine, event), loaded.plan
    own = [read.out for read in plan.fields if not _concealed(recorded.get(loaded.program.features[read.out]))]
    own += [place for _, place in plan.calendar]
    own += [read.out for read in plan.lists if not _concealed((event.keys if read.is_key else event.data).get(read.name))]
    row[own] = alone[own]
    return row


def _alone(engine: FeatureEngine, event: Event) -> Float64Array:
    """The features that an event has as the first one of all; it may never have passed a door."""
    try:
        row, why = engine.update(event), event.kind
    except (InputError, TypeError, ValueError, OverflowError) as error:
        row, why = None, str(error)
    if row is None:
        raise DataError(
            "proof.recompute.unfit",
            {"en": f"the event is none that the policy could have decided: {why}", "zh": f"该事件不可能由该策略决策：{why}"},
            {
                "en": "ask whoever signed the log how the record came about; keep proof and bundle as evidence",
                "zh": "请向日志的签署方询问该记录的由来，并保留证明与策略包作为证据",
            },
        )
    return row


def _concealed(value: object) -> bool:
    return isinstance(value, str) and is_token(value)


def _named_as_recorded(again: Decision, recorded: Decision) -> Decision:
    """The decision with the record's token for a clear text that happens to be somebody's name as well (terminal 596, customer 596)."""
    told = {hit.list: hit.value for hit in recorded.evidence.lists if is_token(hit.value)}
    subjects = {(measure.kind, measure.role): measure.subject for measure in recorded.measures if is_token(measure.subject)}
    lists = tuple(hit if is_token(hit.value) else replace(hit, value=told.get(hit.list, hit.value)) for hit in again.evidence.lists)
    measures = tuple(
        one if is_token(one.subject) else replace(one, subject=subjects.get((one.kind, one.role), one.subject)) for one in again.measures
    )
    return replace(again, evidence=replace(again.evidence, lists=lists), measures=measures)


def _taken(loaded: LoadedPolicy, decision: Decision, said: list[str], *, late: bool) -> Iterator[Text]:
    plan = loaded.plan
    if len(plan.features) > len(plan.fields) + len(plan.calendar) + len(plan.lists):
        yield {"en": "features of earlier events", "zh": "取决于先前事件的特征"}
    if decision.evidence.patterns:
        yield {"en": "edges of the graph patterns", "zh": "图模式的边"}
    if decision.smallest_change is not None:
        yield {"en": "the smallest change", "zh": "最小改变"}
    if late:
        yield {"en": "the mark that the event came too late", "zh": "事件迟到过久的标记"}
    hidden = [name for name, value in decision.evidence.features.items() if _concealed(value)]
    if hidden:
        yield {"en": f"encrypted names: {', '.join(hidden)}", "zh": f"加密的名称：{'、'.join(hidden)}"}
    if said:
        yield {
            "en": f"what was found about encrypted names: {', '.join(said)}",
            "zh": f"针对加密名称的判断：{'、'.join(said)}",
        }


def _other_version(manifest: Manifest, decision: Decision, verified: Verified) -> DataError:
    there, asked = (
        f"{name}@{version[:12]}" for name, version in [(manifest.policy, manifest.version), (decision.policy, decision.version)]
    )
    inside = manifest.version_files
    odd = sorted(name for name in inside.keys() | verified.files.keys() if inside.get(name) != verified.files.get(name))
    odd += sorted(name for name, value in verified.engines.items() if manifest.engines.get(name) != value)
    named = verified.files and odd
    return DataError(
        "bundle.other_version",
        {
            "en": f"the decision was made by {asked}; the bundle is {there}" + (f", other in: {', '.join(odd)}" if named else ""),
            "zh": f"决策由 {asked} 作出，而策略包为 {there}" + (f"，不同之处：{'、'.join(odd)}" if named else ""),
        },
        {"en": f"ask for the bundle of {asked}: `huitong bundle {asked}`", "zh": f"请索取 {asked} 的策略包：`huitong bundle {asked}`"},
    )


def _computes_otherwise(manifest: Manifest, here: Mapping[str, str]) -> DataError:
    odd = [f"{name} {value} ≠ {here.get(name)}" for name, value in sorted(manifest.engines.items()) if here.get(name) != value]
    return DataError(
        "bundle.computes_otherwise",
        {
            "en": f"the version was computed with what is not the same here: {', '.join(odd)}",
            "zh": f"该版本计算时所用的内容与此处不同：{'、'.join(odd)}",
        },
        {
            "en": "verify with the Huitong and the time zones (tzdata) of that time",
            "zh": "请使用当时的汇通版本与时区数据（tzdata）进行验证",
        },
    )


def _differs(recorded: Mapping[str, object], payload: bytes) -> DataError:
    found = sorted(_differences(recorded, msgspec.json.decode(payload), ""), key=lambda one: one[0].count("."))  # outcome before evidence
    more = f" (+{len(found) - SHOWN_MAX})" if len(found) > SHOWN_MAX else ""
    en = "; ".join(f"{place}: recorded {before}, computed {after}" for place, before, after in found[:SHOWN_MAX]) + more
    zh = "；".join(f"{place}：记录为 {before}，重算为 {after}" for place, before, after in found[:SHOWN_MAX]) + more
    return DataError(
        "proof.recomputed.differs",
        {
            "en": f"the record is what was signed, but the decision does not come out of its policy: {en or 'its bytes are not canonical'}",
            "zh": f"记录与签名一致，但该决策并非由其策略得出：{zh or '其字节不是规范形式'}",
        },
        {
            "en": "ask whoever signed the log how the record came about; keep proof and bundle as evidence",
            "zh": "请向日志的签署方询问该记录的由来，并保留证明与策略包作为证据",
        },
    )


def _differences(before: object, after: object, place: str) -> Iterator[tuple[str, str, str]]:
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for name in sorted(before.keys() | after.keys()):
            yield from _differences(before.get(name), after.get(name), f"{place}.{name}" if place else str(name))
    elif msgspec.json.encode(before) != msgspec.json.encode(after):  # not ==, for which 0.0 is -0.0
        yield place, _shown(before), _shown(after)


def _shown(value: object) -> str:
    text = msgspec.json.encode(value).decode()
    return text if len(text) <= _VALUE_CHARACTERS_MAX else f"{text[:_VALUE_CHARACTERS_MAX]}…"
