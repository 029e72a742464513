"""Envelopes: what goes in comes out, and what is none is told."""

import msgspec
import pytest

from huitong.api.messages import EVENTS_MAX, pack, unpack
from huitong.api.messages.envelope import NoEvent, enveloped
from huitong.kernel import InputError

EVENT = {"id": "P-1", "kind": "payment.requested", "time": "2025-12-05T09:30:00Z", "amount": "12.50", "customer": "C1"}


def test_events_come_out_as_they_went_in() -> None:
    assert unpack(pack([EVENT, {"id": "P-2", "kind": "payment.requested"}], "core")) == [EVENT, {"id": "P-2", "kind": "payment.requested"}]


def test_an_envelope_is_a_batch_of_cloud_events() -> None:
    (event,) = msgspec.json.decode(pack([EVENT], "core"))
    assert (event["specversion"], event["type"], event["source"]) == ("1.0", "payment.requested", "core")
    assert event["data"] == {"amount": "12.50", "customer": "C1"}


@pytest.mark.parametrize("payload", [b"", b"{}", b"\xff\xfe", b"[1, 2", b'{"specversion": "1.0"}', b"[" * 100_000])
def test_what_is_no_envelope_is_refused(payload: bytes) -> None:
    with pytest.raises(InputError) as error:
        unpack(payload)
    assert error.value.code == "message.envelope"
    assert error.value.cause["zh"]


def test_too_many_events_are_no_envelope() -> None:
    with pytest.raises(InputError, match="501 events"):
        unpack(pack([EVENT] * (EVENTS_MAX + 1), "core"))


def test_one_bad_event_spoils_no_other() -> None:
    good = msgspec.json.decode(pack([EVENT], "core"))
    found = unpack(msgspec.json.encode([*good, 7, {"specversion": "0.3", "id": "x", "source": "s", "type": "t"}, {"id": "x"}]))
    assert found[0] == EVENT
    bad = [one for one in found[1:] if isinstance(one, NoEvent)]
    assert [one.error.code for one in bad] == ["message.event"] * 3
    assert [one.given for one in bad] == [{"message": "7"}, {"specversion": "0.3", "id": "x", "source": "s", "type": "t"}, {"id": "x"}]


def test_one_event_is_an_envelope_of_one_whole_or_with_its_attributes_in_headers() -> None:
    (event,) = msgspec.json.decode(pack([EVENT], "core"))
    whole = msgspec.json.encode(event)
    for headers in (None, {}, {"Content-Type": "application/cloudevents+json; charset=utf-8"}, {"content-type": "application/json"}):
        assert unpack(enveloped(whole, headers)) == [EVENT]
        assert unpack(enveloped(b"\n " + whole, headers)) == [EVENT]
    attributes = {f"ce-{name}": value for name, value in event.items() if name != "data"}
    fields = msgspec.json.encode(event["data"])
    for headers in (
        attributes,
        {name.upper(): value for name, value in attributes.items()},
        attributes | {"Content-Type": "application/json"},
    ):
        assert unpack(enveloped(fields, headers)) == [EVENT]
    assert unpack(enveloped(fields, attributes | {"ce-id": "%E6%B1%87%201"})) == [EVENT | {"id": "汇 1"}]
    batch = pack([EVENT], "core")
    assert enveloped(batch, None) == enveloped(batch, {"content-type": "application/cloudevents-batch+json"}) == batch


@pytest.mark.parametrize("payload", [b"nonsense", b"\xff\xfe", b"7", b"[1]", b'{"amount": 1', b""])
def test_an_event_in_headers_whose_payload_holds_no_fields_is_told_with_its_attributes(payload: bytes) -> None:
    headers = {"ce-specversion": "1.0", "ce-id": "P-1", "ce-source": "core", "ce-type": "payment.requested"}
    (found,) = unpack(enveloped(payload, headers))
    assert isinstance(found, NoEvent)
    assert (found.error.code, found.given["id"], found.given["data"]) == ("message.event", "P-1", payload.decode("utf-8", "replace"))
