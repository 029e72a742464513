"""Envelopes: what goes in comes out, and what is none is told."""

import msgspec
import pytest

from huitong.api.messages import EVENTS_MAX, pack, unpack
from huitong.api.messages.envelope import NoEvent
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
