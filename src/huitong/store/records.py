"""Canonical bytes of a record: what is stored, hashed and, years later, read back.

Format 1. A record is one JSON object in UTF-8 without blanks. Names are sorted by code point. ``type`` says ``event`` or ``decision``,
``v`` is the format. Integers are exact. A finite float is the shortest decimal that reads back as the same double, written as Python's
``repr`` writes it; another one is ``{"float":"nan"}``, ``"inf"`` or ``"-inf"``. Text is escaped only where JSON demands it. What is not
given is left out of an event's ``data``. The time that a decision took is no part of it and stands beside the record, so that a replay
gives the same bytes.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from operator import itemgetter
from typing import Any

import msgspec

from huitong.contracts import (
    PLAIN_MAX,
    PLAIN_MIN,
    Decision,
    Event,
    Evidence,
    ListHit,
    Measure,
    PatternEdge,
    Reason,
    Row,
    RowHeader,
    RuleHit,
    SmallestChange,
)
from huitong.kernel import DataError, InputError, Text

FORMAT = 1
"""Version of the bytes; every version that was ever written stays readable."""

_encoder = msgspec.json.Encoder(order="sorted")
_plain_encoder = msgspec.json.Encoder()
HEADERS_MAX = 256
"""Headers of rows whose writers are remembered."""
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
    evidence, write = decision.evidence, _encoder.encode
    try:
        # The members in sorted order, one after the other: to sort a dictionary for each decision takes as long as to write it.
        pieces = (
            b'{"event":',
            write(decision.event),
            b',"evidence":{"base":',
            write(_number(evidence.base)),
            b',"contributions":',
            _values(evidence.contributions),
            b',"features":',
            _values(evidence.features),
            _hits(evidence) if evidence.lists or evidence.patterns or evidence.rules else _NO_HITS,
            b'},"id":',
            write(decision.id),
            b',"measures":',
            write([_measure(measure) for measure in decision.measures]) if decision.measures else b"[]",
            b',"outcome":',
            write(decision.outcome),
            b',"policy":',
            write(decision.policy),
            b',"reasons":',
            write([_reason(reason) for reason in decision.reasons]) if decision.reasons else b"[]",
            b',"score":',
            write(_number(decision.score)),
            b',"smallest_change":',
            write(_change(decision.smallest_change)),
            b',"tier":',
            write(decision.tier),
            _TYPE,
            write(decision.version),
            b"}",
        )
    except (UnicodeEncodeError, OverflowError, TypeError, ValueError) as error:
        raise _unwritable(decision.id, str(error)) from None
    return b"".join(pieces)


_NO_HITS = b',"lists":[],"patterns":{},"rules":[]'
_TYPE = f',"type":"decision","v":{FORMAT},"version":'.encode()


def _hits(evidence: Evidence) -> bytes:
    lists = [{"list": hit.list, "note": hit.note, "value": hit.value} for hit in evidence.lists]
    patterns = {name: [_edge(edge) for edge in edges] for name, edges in evidence.patterns.items()}
    rules = [{"outcome": hit.outcome, "row": hit.row, "table": hit.table} for hit in evidence.rules]
    write = _encoder.encode
    return b"".join((b',"lists":', write(lists), b',"patterns":', write(patterns), b',"rules":', write(rules)))


def _reason(reason: Reason) -> dict[str, object]:
    return {"code": reason.code, "contribution": _number(reason.contribution), "source": reason.source, "text": dict(reason.text)}


def _change(change: SmallestChange | None) -> dict[str, object] | None:
    if change is None:
        return None
    return {"field": change.field, "outcome": change.outcome, "text": dict(change.text), "value": _number(change.value)}


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
    if PLAIN_MIN <= abs(value) < PLAIN_MAX or value == 0.0:
        return value  # the encoder writes it as ``repr`` does, several times as fast
    return _odd(value)


def _odd(value: object) -> msgspec.Raw | Mapping[str, str]:
    """A float of a size that encoders of JSON write in ways of their own."""
    text = repr(value)
    return {"float": text} if text in _NOT_FINITE else msgspec.Raw(text.encode())


def _values(values: Mapping[str, float | str | None]) -> bytes:
    if not isinstance(values, Row):
        return _encoder.encode({name: value if isinstance(value, str) else _number(value) for name, value in values.items()})
    given: Sequence[object] = values.row
    if values.odd:
        given = list(given)
        for place in values.odd:
            given[place] = _odd(values.row[place])
    return _row_writer(values.header)(given)


@lru_cache(HEADERS_MAX)
def _row_writer(header: RowHeader) -> Callable[[Sequence[object]], bytes]:
    """What writes rows under a header, names sorted: fields of a struct are written several times as fast as members of a dictionary."""
    names = header.names
    if any(_encoder.encode(name)[1:-1] != name.encode() for name in names):  # such names no struct has
        return lambda row: _encoder.encode(dict(zip(names, row, strict=True)))
    order = sorted(range(len(names)), key=names.__getitem__)
    fields = [(f"f{place}", Any) for place in range(len(order))]
    struct = msgspec.defstruct("Row", fields, rename={f"f{place}": names[source] for place, source in enumerate(order)})
    if len(order) < 2:
        return lambda row: _plain_encoder.encode(struct(*row))
    pick = itemgetter(*order)
    return lambda row: _plain_encoder.encode(struct(*pick(row)))


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
