"""Envelopes: many events in one message, as a CloudEvents batch in JSON (CloudEvents 1.0, JSON format, section 4).

A message may also be one event: whole, as a JSON object (structured mode), or with its attributes in headers (binary mode). Each is made
an envelope of one before anything else is done with it, so that whatever holds for an envelope holds for it.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import unquote

import msgspec

from huitong.api.service import Document
from huitong.contracts import Decision
from huitong.identity import DecisionGrades, told_decision
from huitong.kernel import NO_JSON, HuitongError, InputError
from huitong.telemetry import tracing

CONTENT_TYPE = "application/cloudevents-batch+json"
EVENTS_MAX = 500
"""Most events of an envelope."""
BYTES_MAX = 1_048_576
"""Longest envelope, in bytes: what NATS takes unless somebody sets another limit."""
DECIDED = "decision.made"
"""Type of a decision's CloudEvent."""


class CloudEvent(msgspec.Struct, kw_only=True, omit_defaults=True):
    """One event.

    Attributes:
        specversion: ``"1.0"``.
        id: Its id: the same id twice is one event.
        source: Who sends it.
        type: Its kind (``"payment.requested"``).
        time: When it happened, RFC 3339.
        subject: For a decision, the event that was decided.
        datacontenttype: What ``data`` is.
        traceparent: The trace that it belongs to (CloudEvents' extension for distributed tracing).
        data: The fields of its data contract.
    """

    specversion: str
    id: str
    source: str
    type: str
    time: str | None = None
    subject: str | None = None
    datacontenttype: str = "application/json"
    traceparent: str | None = None
    data: dict[str, object] = {}


class _Traced(msgspec.Struct):
    traceparent: str | None = None


_STRUCTURED = "application/cloudevents"
"""How the content type of a message begins whose payload holds the attributes as well."""
_IN_HEADERS = "ce-"
"""How the headers begin that hold attributes, percent-encoded like those of HTTP (HTTP binding, 3.1.3.2)."""
_OBJECT = msgspec.json.Decoder(dict[str, msgspec.Raw])
_TRACED = msgspec.json.Decoder(list[_Traced])
_DECODER = msgspec.json.Decoder(list[msgspec.Raw])
_EVENT = msgspec.json.Decoder(CloudEvent)


def pack(events: Iterable[Mapping[str, object]], source: str) -> bytes:
    """An envelope of events as they would be sent over HTTP: ``id``, ``kind``, ``time`` and the fields."""
    made = []
    for event in events:
        fields = {name: value for name, value in event.items() if name not in ("id", "kind", "time")}
        time = event.get("time")
        made.append(
            CloudEvent(
                specversion="1.0",
                id=str(event["id"]),
                source=source,
                type=str(event["kind"]),
                time=None if time is None else str(time),
                data=fields,
            )
        )
    return msgspec.json.encode(made)


def pack_decisions(decisions: Sequence[Decision], source: str, grades_of: Callable[[Decision], DecisionGrades], grade: int) -> bytes:
    """An envelope of decisions: outcome, score, reasons, measures, version and tier of each; its evidence stays with us.

    Args:
        decisions: The decisions.
        source: Who sends them.
        grades_of: Data grades of what a decision says.
        grade: Highest grade that is sent; what lies above is left out.
    """
    traced = tracing()
    return msgspec.json.encode(
        [
            CloudEvent(
                specversion="1.0",
                id=decision.id,
                source=source,
                type=DECIDED,
                subject=decision.event,
                traceparent=None if traced is None else traced.traceparent_of(decision.id),
                data=told_decision(decision, grades_of(decision), grade),
            )
            for decision in decisions
        ]
    )


@dataclass(frozen=True, slots=True)
class NoEvent:
    """A part of an envelope that is no event.

    Attributes:
        given: What it is, as whoever mends it needs it.
        error: Why it is none.
    """

    given: Document
    error: HuitongError


def enveloped(payload: bytes, headers: Mapping[str, str] | None) -> bytes:
    """A message as an envelope: as it is, or its one event as the only one of it.

    Args:
        payload: The message.
        headers: Its headers.
    """
    named = {name.lower(): value for name, value in (headers or {}).items()}
    form = named.get("content-type", "")
    if f"{_IN_HEADERS}specversion" in named and not form.lower().startswith(_STRUCTURED):
        attributes = {name.removeprefix(_IN_HEADERS): unquote(value) for name, value in named.items() if name.startswith(_IN_HEADERS)}
        return msgspec.json.encode([{"datacontenttype": form or "application/json", **attributes, "data": _data_in(payload)}])
    try:
        _OBJECT.decode(payload)
    except NO_JSON:
        return payload
    return b"[%b]" % payload


def _data_in(payload: bytes) -> object:
    """What the payload of an event is whose attributes are in headers: fields, or a text, which is none."""
    try:
        return _OBJECT.decode(payload)
    except NO_JSON:
        return payload.decode("utf-8", "replace")


def unpack(payload: bytes) -> list[Document | NoEvent]:
    """The events of an envelope, as they would come over HTTP.

    Raises:
        InputError: If the message is no envelope at all.
    """
    if len(payload) > BYTES_MAX:
        raise _no_envelope(f"it has {len(payload):,} bytes", f"共 {len(payload):,} 字节")
    try:
        parts = _DECODER.decode(payload)
    except NO_JSON as error:
        raise _no_envelope(str(error), "不是 JSON 数组") from None
    if len(parts) > EVENTS_MAX:
        raise _no_envelope(f"it has {len(parts):,} events", f"共 {len(parts):,} 个事件")
    return [_document(part) for part in parts]


def traceparent_in(payload: bytes) -> str | None:
    """The trace that the first event of an envelope belongs to; ``None`` where it names none, or there is no envelope."""
    try:
        return next((one.traceparent for one in _TRACED.decode(payload)), None)
    except NO_JSON:
        return None


def _document(part: msgspec.Raw) -> Document | NoEvent:
    try:
        event = _EVENT.decode(part)
    except NO_JSON as error:
        return NoEvent(_as_given(part), _no_event(str(error)))
    if event.specversion != "1.0":
        return NoEvent(_as_given(part), _no_event(f"specversion {event.specversion!r}"))
    document: dict[str, object] = {**event.data, "id": event.id, "kind": event.type}
    if event.time is not None:
        document["time"] = event.time
    return document


def _as_given(part: msgspec.Raw) -> Document:
    with suppress(*NO_JSON):
        found = msgspec.json.decode(part)
        if isinstance(found, dict):
            return found
    return {"message": bytes(part).decode("utf-8", "replace")}


def _no_envelope(en: str, zh: str) -> InputError:
    return InputError(
        "message.envelope",
        {"en": f"the message is no envelope of events: {en}", "zh": f"消息不是事件信封：{zh}"},
        {
            "en": f"send one CloudEvent 1.0, or a JSON array of at most {EVENTS_MAX}, {BYTES_MAX:,} bytes at most",
            "zh": f"请发送一个 CloudEvents 1.0 事件，或至多 {EVENTS_MAX} 个事件组成的 JSON 数组，不超过 {BYTES_MAX:,} 字节",
        },
    )


def _no_event(said: str) -> InputError:
    return InputError(
        "message.event",
        {"en": f"that is no CloudEvent: {said}", "zh": f"不是有效的 CloudEvent：{said}"},
        {"en": "give specversion 1.0, id, source, type and data", "zh": "请给出 specversion 1.0、id、source、type 与 data"},
    )
