"""Canonical bytes of a record: what is stored, hashed and, years later, read back.

Format 1. A record is one JSON object in UTF-8 without blanks. Names are sorted by code point. ``type`` says ``event`` or ``decision``,
``v`` is the format. Integers are exact. A finite float is the shortest decimal that reads back as the same double, written as Python's
``repr`` writes it; another one is ``{"float":"nan"}``, ``"inf"`` or ``"-inf"``. Text is escaped only where JSON demands it. What is not
given is left out of an event's ``data``. The time that a decision took is no part of it and stands beside the record, so that a replay
gives the same bytes.
"""

import math
from collections.abc import Mapping
from typing import Any

import msgspec

from huitong.contracts import Decision, Event, Evidence, ListHit, Measure, PatternEdge, Reason, RuleHit, SmallestChange
from huitong.kernel import DataError, InputError, Text

FORMAT = 1
"""Version of the bytes; every version that was ever written stays readable."""

_encoder = msgspec.json.Encoder(order="sorted")
_PLAIN_MIN, _PLAIN_MAX = 1e-4, 1e16
"""Between these ``repr`` writes a float without an exponent, and the encoder writes the same text, several times as fast."""
_NOT_FINITE = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}


def encode_event(event: Event) -> bytes:
    """Canonical bytes of an event.

    Raises:
        InputError: If it holds what no record can hold: a float, an integer beyond 64 bits, broken text.
    """
    data = {name: value for name, value in event.data.items() if value is not None}
    for name, value in data.items():
        if not isinstance(value, int | str) or (isinstance(value, int) and not -(2**63) <= value < 2**63):
            raise _unwritable(event.id, f"{name} = {value!r}")
    document = {"data": data, "id": event.id, "keys": dict(event.keys), "kind": event.kind, "time_us": event.time_us, "type": "event"}
    return _encode(document, event.id)


def encode_decision(decision: Decision) -> bytes:
    """Canonical bytes of a decision, without the time it took.

    Raises:
        InputError: If it holds broken text.
    """
    evidence, change = decision.evidence, decision.smallest_change
    document = {
        "event": decision.event,
        "evidence": {
            "base": _number(evidence.base),
            "contributions": {name: _number(value) for name, value in evidence.contributions.items()},
            "features": {name: value if isinstance(value, str) else _number(value) for name, value in evidence.features.items()},
            "lists": [{"list": hit.list, "note": hit.note, "value": hit.value} for hit in evidence.lists],
            "patterns": {name: [_edge(edge) for edge in edges] for name, edges in evidence.patterns.items()},
            "rules": [{"outcome": hit.outcome, "row": hit.row, "table": hit.table} for hit in evidence.rules],
        },
        "id": decision.id,
        "measures": [_measure(measure) for measure in decision.measures],
        "outcome": decision.outcome,
        "policy": decision.policy,
        "reasons": [
            {"code": one.code, "contribution": _number(one.contribution), "source": one.source, "text": dict(one.text)}
            for one in decision.reasons
        ],
        "score": _number(decision.score),
        "smallest_change": None
        if change is None
        else {"field": change.field, "outcome": change.outcome, "text": dict(change.text), "value": _number(change.value)},
        "tier": decision.tier,
        "type": "decision",
        "version": decision.version,
    }
    return _encode(document, decision.id)


def _encode(document: dict[str, Any], record_id: str) -> bytes:
    document["v"] = FORMAT
    try:
        return _encoder.encode(document)
    except (UnicodeEncodeError, OverflowError, TypeError, ValueError) as error:
        raise _unwritable(record_id, str(error)) from None


def _unwritable(record_id: str, why: str) -> InputError:
    return InputError(
        "record.unwritable",
        {"en": f"record {record_id!r} cannot be written: {why}", "zh": f"记录 {record_id!r} 无法写入：{why}"},
        {"en": "read it through its data contract first", "zh": "请先按数据契约读入"},
    )


def _number(value: float | None) -> float | msgspec.Raw | Mapping[str, str] | None:
    if value is None:
        return None
    value = float(value)
    if _PLAIN_MIN <= abs(value) < _PLAIN_MAX or value == 0.0:
        return value
    return msgspec.Raw(repr(value).encode()) if math.isfinite(value) else {"float": repr(value)}


def _edge(edge: PatternEdge) -> dict[str, object]:
    return {
        "amount_minor": edge.amount_minor,
        "event": edge.event,
        "source": edge.source,
        "target": edge.target,
        "time_us": edge.time_us,
    }


def _measure(measure: Measure) -> dict[str, object]:
    return {
        "ground": measure.ground,
        "kind": measure.kind,
        "role": measure.role,
        "subject": measure.subject,
        "until_us": measure.until_us,
    }


def decode(payload: bytes, latency_ns: int = 0) -> Event | Decision:
    """What a record says.

    Args:
        payload: Canonical bytes.
        latency_ns: The time that a decision took, which stands beside its record.

    Raises:
        DataError: If the bytes are no record, or of a format that this version does not know.
    """
    try:
        document = msgspec.json.decode(payload)
        if document["v"] != FORMAT:
            raise unknown_format(document["v"])
        if document["type"] == "event":
            return Event(document["id"], document["kind"], document["time_us"], document["keys"], document["data"])
        return _decision(document, latency_ns)
    except (msgspec.DecodeError, UnicodeDecodeError, KeyError, TypeError) as error:
        raise _unreadable(str(error), str(error)) from None


def id_in(payload: bytes) -> str | None:
    """The id that bytes name, be they a record of this version or not; ``None`` where they name none."""
    try:
        document = msgspec.json.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    named = document.get("id") if isinstance(document, dict) else None
    return named if isinstance(named, str) else None


def unknown_format(found: object) -> DataError:
    """A record of another format, as a later version writes it."""
    return _unreadable(f"format {found}", f"格式 {found}")


def _unreadable(en: str, zh: str) -> DataError:
    return DataError(
        "record.unreadable",
        {"en": f"a record cannot be read: {en}", "zh": f"有一条记录无法读取：{zh}"},
        {
            "en": "open the log with the version that wrote it; if this one did, restore the log from a backup",
            "zh": "请用写入它的版本打开；若正是由本版本写入，请从备份恢复日志",
        },
    )


def _float(value: object) -> float | None:
    if isinstance(value, dict):
        return _NOT_FINITE[value["float"]]
    return float(value) if isinstance(value, int | float) else None


def _sure(value: object) -> float:
    number = _float(value)
    if number is None:
        raise TypeError("a number is missing")
    return number


def _text(document: dict[str, str]) -> Text:
    return {"en": document["en"], "zh": document["zh"]}


def _decision(document: dict[str, Any], latency_ns: int) -> Decision:
    evidence, change = document["evidence"], document["smallest_change"]
    return Decision(
        document["id"],
        document["event"],
        document["policy"],
        document["version"],
        document["outcome"],
        _float(document["score"]),
        tuple(Reason(one["code"], _text(one["text"]), _sure(one["contribution"]), one["source"]) for one in document["reasons"]),
        Evidence(
            {name: value if isinstance(value, str) else _float(value) for name, value in evidence["features"].items()},
            tuple(RuleHit(one["table"], one["row"], one["outcome"]) for one in evidence["rules"]),
            tuple(ListHit(one["list"], one["value"], one["note"]) for one in evidence["lists"]),
            {name: tuple(PatternEdge(**edge) for edge in edges) for name, edges in evidence["patterns"].items()},
            {name: _sure(value) for name, value in evidence["contributions"].items()},
            _float(evidence["base"]),
        ),
        tuple(Measure(**one) for one in document["measures"]),
        document["tier"],
        latency_ns,
        None if change is None else SmallestChange(change["field"], _sure(change["value"]), change["outcome"], _text(change["text"])),
    )
