"""Recorded decisions made again from the log, each with the tier that its record carries: whether an answer can still be accounted for.

Around them the log is gone through as it was lived; long stretches without any are taken in columns, with the same bits.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from huitong.app.deciding import decided
from huitong.app.folding import FOLDED_ONE_BY_ONE_MAX, take_stretch
from huitong.app.progress import Progress
from huitong.app.sources import Taken
from huitong.contracts import TIER_FULL, Event, Log, Recorded
from huitong.decisions.policy import LoadedPolicy
from huitong.features import FeatureEngine
from huitong.kernel import DecisionId, EventId, Finding, Language, Text
from huitong.store import DECISION_KIND, encode_decision
from huitong.store.vault.tokens import PREFIX

_CONCEALED = f'"{PREFIX}'.encode()
"""Stands in the bytes of a decision that names somebody whose name is concealed."""


@dataclass(frozen=True, slots=True)
class Reproduced:
    """What became of the decisions that a policy's version has given and the log holds.

    Attributes:
        decisions: How many they are.
        hurried: How many of them had something left out for lack of time.
        differing: Events whose decision came out otherwise.
        of_other_versions: Decisions of the policy's other versions, which only these can make again.
    """

    decisions: int
    hurried: int
    differing: tuple[EventId, ...]
    of_other_versions: int

    def line(self, language: Language) -> str:
        """The count in plain words."""
        same = self.decisions - len(self.differing)
        text: Text = {
            "en": f"{same:,} of {self.decisions:,} recorded decisions reproduced bit for bit",
            "zh": f"已记录的 {self.decisions:,} 个决策中，{same:,} 个逐位重现",
        }
        if self.hurried:
            text = {
                "en": f"{text['en']}, {self.hurried:,} of them with what time had left out",
                "zh": f"{text['zh']}，其中 {self.hurried:,} 个按当时因时间不足而省略的内容重算",
            }
        if self.of_other_versions:
            text = {
                "en": f"{text['en']}; {self.of_other_versions:,} more are of other versions: replay NAME@VERSION",
                "zh": f"{text['zh']}；另有 {self.of_other_versions:,} 个属于其他版本：请回放 名称@版本",
            }
        return text[language]

    def findings(self) -> list[Finding]:
        """One finding for each decision that came out otherwise."""
        return [
            Finding(
                "replay.decision.differs",
                f"event {event}",
                {
                    "en": "its recorded decision comes out otherwise when it is made again from the log",
                    "zh": "由日志重新计算的决策与记录不一致",
                },
                {
                    "en": "run `huitong log check`; if the log is whole, keep a copy of the bank and report this as a defect",
                    "zh": "请运行 `huitong log check`；若日志完好，请保留该机构目录的副本并报告此缺陷",
                },
            )
            for event in self.differing
        ]


class _Head(msgspec.Struct):
    """What a record says of itself, as far as it matters here; an event has no policy."""

    type: str
    id: str = ""
    event: str = ""
    policy: str = ""
    version: str = ""
    tier: str = TIER_FULL


def reproduced(loaded: LoadedPolicy, engine: FeatureEngine, log: Log, taken: Taken, progress: Progress) -> Reproduced:
    """Makes every decision of the policy's version that the log holds again, and compares their canonical bytes.

    Args:
        loaded: The policy.
        engine: A fresh feature engine of its plan.
        log: The log.
        taken: The log's events.
        progress: Told how far it is.
    """
    recorded, of_other_versions = _recorded(loaded, log)
    found = Reproduced(len(recorded), sum(tier != TIER_FULL for tier, _ in recorded.values()), (), of_other_versions)
    events = taken.batches.get(loaded.plan.decides)
    if not recorded or events is None or taken.arrival is None:
        return found
    theirs = pc.is_in(events.ids, value_set=pa.array(recorded, pa.string())).to_numpy(zero_copy_only=False)
    places = taken.arrival[loaded.plan.decides][np.flatnonzero(theirs)].tolist()
    differing = []
    at, records = 0, log.read(0, engine.plan.kinds)
    for place in places:
        if place - at > FOLDED_ONE_BY_ONE_MAX:
            take_stretch(engine, taken.batches, taken.arrival, at, place)
            records = log.read(place, engine.plan.kinds)
        event = _up_to(place, records, engine)
        tier, digest = recorded[event.id]
        if _digest(encode_decision(decided(loaded, engine, event, tier=tier))) != digest:
            differing.append(event.id)
        at = place + 1
        progress("reproducing", at, places[-1] + 1)
    return Reproduced(found.decisions, found.hurried, tuple(differing), of_other_versions)


def _up_to(place: int, records: Iterator[Recorded], engine: FeatureEngine) -> Event:
    """The event at a place in the log; takes what stands before it, from where ``records`` are."""
    found = None
    for record in records:
        if isinstance(record.content, Event):
            if record.offset == place:
                found = record.content
                break
            engine.update(record.content)
    assert found is not None  # noqa: S101 -- it was read from there before, and nothing leaves a log
    return found


def _recorded(loaded: LoadedPolicy, log: Log) -> tuple[dict[EventId, tuple[str, bytes]], int]:
    """Tier and digest of each decision of the policy's version, by event; how many other versions have given."""
    program = loaded.program
    heads = msgspec.json.Decoder(_Head)
    mine: dict[EventId, tuple[str, bytes]] = {}
    others = 0
    for payload in log.payloads(kinds=[DECISION_KIND]):
        head = heads.decode(payload)
        if head.type != "decision" or head.policy != program.settings.name:
            continue
        if head.version == program.version:
            mine[head.event] = head.tier, _digest(_revealed(payload, head.id, log))
        else:
            others += 1
    return mine, others


def _revealed(payload: bytes, decision_id: DecisionId, log: Log) -> bytes:
    """A decision's bytes with the names that its record conceals, as far as they can still be read."""
    decision = log.decision(decision_id) if _CONCEALED in payload else None
    return payload if decision is None else encode_decision(decision)


def _digest(payload: bytes) -> bytes:
    return hashlib.blake2b(payload, digest_size=32).digest()
