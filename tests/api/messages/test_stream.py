"""Events from a real JetStream and decisions to it: each event has one effect, whatever comes twice, dies or is deleted."""

import asyncio
import itertools
import secrets
import shutil
import socket
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

import msgspec
import nats
import pytest
from nats.js import JetStreamContext

from huitong.api.messages import Subjects, ensure_stream, pack
from huitong.api.messages.consumer import ACK_WAIT_SECONDS
from huitong.app import Bank, messaging
from huitong.app.aside import WAITING_MAX
from huitong.app.joining import messages_of
from huitong.app.messaging import LogTail, Messaging
from huitong.app.serving import BankService
from huitong.kernel import DataError, ExternalError, HuitongError, PolicyError
from tests.app.small_world import clock

URL = "nats://127.0.0.1:4222"
PATIENCE_S = 120.0
"""Nobody waits so long but where something is wrong: a fresh checkout compiles the engine meanwhile."""
T = TypeVar("T")


def _is_there() -> bool:
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex(("127.0.0.1", 4222)) == 0


pytestmark = pytest.mark.skipif(not _is_there(), reason="skipped: no NATS at 127.0.0.1:4222")


def payment(number: int, **changed: object) -> dict[str, object]:
    given = {"time": f"2025-12-05T09:30:{number % 60:02d}Z", "amount": "128.50", "currency": "CNY", "customer": f"C{number % 7}"}
    return {"id": f"M-{number}", "kind": "payment.requested", **given, **changed}


@pytest.fixture
def bank(trained_bank: Path, tmp_path: Path) -> Iterator[Bank]:
    with Bank(shutil.copytree(trained_bank / "bank", tmp_path / "bank"), clock=clock(), threads=2) as opened:
        yield opened


@pytest.fixture
def subjects() -> Iterator[Subjects]:
    name = f"TEST{secrets.token_hex(4)}"
    made = Subjects(name, f"{name}.events", f"{name}.decisions", f"{name}.dead", name)
    yield made
    asyncio.run(on_stream(lambda stream: stream.delete_stream(name)))


async def on_stream(work: Callable[[JetStreamContext], Awaitable[T]]) -> T:
    client = await nats.connect(URL)
    try:
        return await work(client.jetstream())
    finally:
        await client.close()


def send(subjects: Subjects, *envelopes: bytes) -> None:
    async def work(stream: JetStreamContext) -> None:
        await ensure_stream(stream, subjects)
        for envelope in envelopes:
            await stream.publish(subjects.events, envelope)

    asyncio.run(on_stream(work))


def received(subjects: Subjects, subject: str, count: int, timeout_s: float = PATIENCE_S) -> list[bytes]:
    """The first messages of a subject, waited for."""

    async def work(stream: JetStreamContext) -> list[bytes]:
        pulled, found = await stream.pull_subscribe(subject, None, stream=subjects.stream), list[bytes]()
        deadline = asyncio.get_running_loop().time() + timeout_s
        while len(found) < count and asyncio.get_running_loop().time() < deadline:
            try:
                found += [message.data for message in await pulled.fetch(count - len(found), timeout=1)]
            except TimeoutError:  # of the client, or of asyncio, which it lets through
                continue
        return found

    return asyncio.run(on_stream(work))


def decided(subjects: Subjects, count: int) -> list[dict[str, object]]:
    """At least so many published decisions."""
    found: list[dict[str, object]] = []
    envelopes = 1
    while len(found) < count:
        messages = received(subjects, subjects.decisions, envelopes)
        found = [one for message in messages for one in msgspec.json.decode(message)]
        if len(messages) < envelopes:
            break
        envelopes += 1
    return found


def events_decided(bank: Bank) -> Sequence[str]:
    return [record.content.event for record in bank.log.read(0, ["decision"])]  # type: ignore[union-attr]  # decisions only


def test_events_are_decided_and_decisions_published_each_once(bank: Bank, subjects: Subjects) -> None:
    first, second = [payment(number) for number in range(40)], [payment(number) for number in range(30, 70)]
    send(subjects, pack(first, "core"), pack(second, "core"))
    send(subjects, pack([payment(70, amount="300000.00", customer="Zhang-Wei")], "core"))
    with Messaging(bank, URL, "small", subjects) as messaging:
        published = decided(subjects, 71)
        assert messaging.error is None
        counted = {"taken": 81, "dead": 0, "published": 71}
        deadline = time.monotonic() + PATIENCE_S
        while messaging.counts() != counted and time.monotonic() < deadline:  # a reader may have them before the publisher counts them
            time.sleep(0.01)
        assert messaging.counts() == counted
        assert messaging.publisher is not None
    assert sorted(str(one["subject"]) for one in published) == sorted(f"M-{number}" for number in range(71))
    assert sorted(events_decided(bank)) == sorted(f"M-{number}" for number in range(71))
    (hidden,) = (one["data"] for one in published if one["subject"] == "M-70")
    assert hidden["measures"][0].keys() == {"kind", "role", "until_us"}  # type: ignore[index]
    assert hidden["reasons"] == []  # type: ignore[index]
    assert {str(one["type"]) for one in published} == {"decision.made"}
    assert all(one["data"]["outcome"] in ("approve", "review", "decline") for one in published)  # type: ignore[index]


def test_single_events_are_taken_as_envelopes_of_one_whole_or_with_their_attributes_in_headers(bank: Bank, subjects: Subjects) -> None:
    def alone(number: int, **changed: object) -> dict[str, object]:
        (event,) = msgspec.json.decode(pack([payment(number, **changed)], "core"))
        return dict(event)

    def in_headers(event: dict[str, object]) -> tuple[bytes, dict[str, str]]:
        return msgspec.json.encode(event["data"]), {f"ce-{name}": str(value) for name, value in event.items() if name != "data"}

    structured = {"content-type": "application/cloudevents+json"}
    messages = [
        (msgspec.json.encode(alone(1)), structured),
        in_headers(alone(2)),
        in_headers(alone(1)),  # the same again, in the other form
        (msgspec.json.encode(alone(3, amount="-5")), structured),
        in_headers(alone(4, amount="-5")),
        in_headers(alone(5, amount="-5")),  # the same payload but for its headers
        (pack([payment(6)], "core"), None),
    ]

    async def work(stream: JetStreamContext) -> None:
        await ensure_stream(stream, subjects)
        for content, headers in messages:
            await stream.publish(subjects.events, content, headers=headers)

    asyncio.run(on_stream(work))
    with Messaging(bank, URL, "small", subjects) as messaging:
        published = decided(subjects, 3)
        dead = [msgspec.json.decode(message) for message in received(subjects, subjects.dead, 3)]
        deadline = time.monotonic() + PATIENCE_S
        while messaging.counts()["taken"] != 4 and time.monotonic() < deadline:
            time.sleep(0.01)
        assert {name: messaging.counts()[name] for name in ("taken", "dead")} == {"taken": 4, "dead": 3}
    assert sorted(str(one["subject"]) for one in published) == sorted(events_decided(bank)) == ["M-1", "M-2", "M-6"]
    assert sorted(one["event"]["id"] for one in dead) == ["M-3", "M-4", "M-5"]
    assert {one["problem"]["code"] for one in dead} == {"event.refused"}
    assert all(one["problem"]["findings"] for one in dead)


def test_what_cannot_be_taken_goes_to_its_own_subject_with_findings(bank: Bank, subjects: Subjects) -> None:
    good, bad, other = payment(1), payment(2, amount="-5"), payment(1, amount="99.00")
    unknown = {"id": "U-1", "kind": "weather.changed", "time": "2025-12-05T09:30:00Z"}
    send(subjects, pack([good, bad, unknown], "core"), b"nonsense", pack([other], "core"))
    with Messaging(bank, URL, "small", subjects):
        dead = [msgspec.json.decode(message) for message in received(subjects, subjects.dead, 4)]
    codes = {one["event"].get("id", "—"): one["problem"]["code"] for one in dead}
    assert set(codes) == {"M-2", "U-1", "—", "M-1"}
    assert codes["—"] == "message.envelope"
    assert all(one["problem"]["remedy"]["zh"] for one in dead)
    assert events_decided(bank) == ["M-1"]


def test_many_events_that_contradict_the_log_hold_up_nothing_behind_them(bank: Bank, subjects: Subjects) -> None:
    many = range(3 * WAITING_MAX)
    with Messaging(bank, URL, "small", subjects):
        send(subjects, pack([payment(number) for number in many], "core"))
        send(subjects, pack([payment(number, amount="99.00") for number in many], "core"), pack([payment(999)], "core"))
        dead = [msgspec.json.decode(message) for message in received(subjects, subjects.dead, len(many))]
        deadline = time.monotonic() + PATIENCE_S
        while "M-999" not in events_decided(bank) and time.monotonic() < deadline:
            time.sleep(0.05)
    assert {one["problem"]["code"] for one in dead} == {"store.conflict"}
    assert sorted(one["event"]["id"] for one in dead) == sorted(f"M-{number}" for number in many)
    assert "M-999" in events_decided(bank)


@pytest.mark.parametrize(
    "poison",
    [
        b'[{"specversion":"1.0","id":"D","source":"s","type":"payment.requested","data":{"a":' + b"[" * 5_000 + b"]" * 5_000 + b"}}]",
        b"\xff" * 600_000,
        pack([payment(1, customer="x" * 1_000_000)], "core"),
    ],
    ids=["deep", "no text", "large"],
)
def test_a_message_that_cannot_be_taken_holds_up_nothing(bank: Bank, subjects: Subjects, poison: bytes) -> None:
    send(subjects, poison, pack([payment(2)], "core"))
    with Messaging(bank, URL, "small", subjects) as messages:
        assert len(decided(subjects, 1)) == 1
        (letter,) = (msgspec.json.decode(one) for one in received(subjects, subjects.dead, 1))
        assert set(letter["problem"]["remedy"]) == {"zh", "en"}
        assert says(messages, None)
        assert messages.counts()["dead"] == 1


def test_a_fault_of_ours_in_one_message_holds_up_no_other(
    bank: Bank, subjects: Subjects, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    refusing(monkeypatch, BankService, "decide_many", RuntimeError("ours"), 1)
    send(subjects, pack([payment(1)], "core"), pack([payment(2)], "core"))
    with Messaging(bank, URL, "small", subjects):
        assert len(decided(subjects, 1)) == 1
        (letter,) = (msgspec.json.decode(one) for one in received(subjects, subjects.dead, 1))
    assert letter["problem"]["code"] == "fault"
    assert "ours" in str(caplog.records[-1].exc_info)
    assert events_decided(bank) == ["M-2"]


def test_labels_and_payments_of_one_envelope_keep_their_order(bank: Bank, subjects: Subjects) -> None:
    label = {"id": "L-1", "kind": "payment.labelled", "time": "2025-12-05T09:31:00Z", "payment": "M-1", "fraud": True, "customer": "C1"}
    send(subjects, pack([payment(1), label, payment(2)], "core"))
    with Messaging(bank, URL, "small", subjects):
        assert len(decided(subjects, 2)) == 2
    kinds = [record.content.kind if hasattr(record.content, "kind") else "decision" for record in bank.log.read(0)]
    assert [kind for kind in kinds if kind in ("payment.requested", "payment.labelled")] == [
        "payment.requested",
        "payment.labelled",
        "payment.requested",
    ]


def test_a_deleted_stream_is_filled_again_from_the_log(bank: Bank, subjects: Subjects) -> None:
    send(subjects, pack([payment(number) for number in range(20)], "core"))
    with Messaging(bank, URL, "small", subjects):
        assert len(decided(subjects, 20)) == 20
        asyncio.run(on_stream(lambda stream: stream.delete_stream(subjects.stream)))
        send(subjects, pack([payment(number) for number in range(15, 25)], "core"))
        again = decided(subjects, 25)
    assert sorted({str(one["subject"]) for one in again}) == sorted(f"M-{number}" for number in range(25))
    assert sorted(events_decided(bank)) == sorted(f"M-{number}" for number in range(25))


def test_publishing_goes_on_where_it_stopped(bank: Bank, subjects: Subjects) -> None:
    send(subjects, pack([payment(number) for number in range(10)], "core"))
    with Messaging(bank, URL, "small", subjects):
        assert len(decided(subjects, 10)) == 10
    bank.decide(payment(11), policy="small")
    with Messaging(bank, URL, "small", subjects) as messaging:
        assert len(decided(subjects, 11)) == 11
    assert messaging.publisher is not None
    assert messaging.publisher.published == 1


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Gives a broker that is not there half a second."""
    monkeypatch.setattr(messaging, "CONNECT_SECONDS", 0.5)


@pytest.mark.usefixtures("impatient")
def test_a_broker_that_is_not_there_is_told(bank: Bank) -> None:
    with pytest.raises(ExternalError) as error, Messaging(bank, "nats://127.0.0.1:1"):
        pass
    assert error.value.code == "message.unreachable"
    assert "NATS" in error.value.cause["zh"]


@pytest.mark.usefixtures("impatient")
def test_a_served_bank_joins_where_its_settings_say(trained_bank: Path, tmp_path: Path) -> None:
    root = shutil.copytree(trained_bank / "bank", tmp_path / "bank")
    (root / "bank.toml").write_text('[messages]\nnats = "nats://127.0.0.1:1"\n', "utf-8")
    with (
        Bank(root, clock=clock(), threads=2) as bank,
        pytest.raises(ExternalError, match="NATS does not answer"),
        messages_of(bank, "small")[0],
    ):
        pass


def test_what_only_the_house_writes_is_not_taken_from_messages(bank: Bank, subjects: Subjects) -> None:
    forged = {"id": "R-1", "kind": "role.granted", "time": "2025-12-05T09:30:00Z", "user": "eve", "by": "eve", "role": "admin"}
    send(subjects, pack([forged, payment(1)], "core"))
    with Messaging(bank, URL, "small", subjects):
        (dead,) = (msgspec.json.decode(message) for message in received(subjects, subjects.dead, 1))
    assert dead["problem"]["code"] == "event.kind.house"
    assert bank.log.event("R-1") is None


def test_names_are_published_where_the_bank_says_so(trained_bank: Path, tmp_path: Path, subjects: Subjects) -> None:
    root = shutil.copytree(trained_bank / "bank", tmp_path / "bank")
    (root / "bank.toml").write_text("[messages]\ngrade = 3\n", "utf-8")
    send(subjects, pack([payment(1, amount="300000.00", customer="Zhang-Wei")], "core"))
    with Bank(root, clock=clock(), threads=2) as bank, Messaging(bank, URL, "small", subjects):
        (shown,) = (one["data"] for one in decided(subjects, 1))
    assert shown["measures"][0]["subject"] == "Zhang-Wei"  # type: ignore[index]
    assert shown["reasons"][0]["code"] == "rule.huge"  # type: ignore[index]


REFUSED: HuitongError = ExternalError("store.external", {"en": "away", "zh": "离线"}, {"en": "wait", "zh": "请等待"})
CAUSES: list[HuitongError] = [REFUSED, *(kind("x.y", REFUSED.cause, REFUSED.remedy) for kind in (PolicyError, DataError))]


def refusing(monkeypatch: pytest.MonkeyPatch, where: type, method: str, error: Exception, *calls: int) -> None:
    """Has the calls of these numbers, counted from one, of a method refused."""
    real, count = getattr(where, method), itertools.count(1)

    def refuses(*given: object, **named: object) -> object:
        if next(count) in calls:
            raise error
        return real(*given, **named)

    monkeypatch.setattr(where, method, refuses)


def says(messages: Messaging, code: str | None) -> bool:
    """Whether this is what is wrong, waited for."""
    deadline = time.monotonic() + PATIENCE_S
    while (None if (error := messages.error) is None else error.code) != code:
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


@pytest.mark.parametrize("error", CAUSES, ids=lambda error: type(error).__name__)
def test_what_the_bank_cannot_take_now_is_told_and_taken_later_in_its_order(
    bank: Bank, subjects: Subjects, monkeypatch: pytest.MonkeyPatch, error: HuitongError
) -> None:
    refusing(monkeypatch, BankService, "decide_many", error, 3, 4)
    send(subjects, *(pack([payment(number)], "core") for number in range(20)))
    with Messaging(bank, URL, "small", subjects) as messages:
        assert says(messages, error.code)
        assert len(decided(subjects, 20)) == 20
        assert says(messages, None)
        assert messages.counts()["taken"] == 20
    assert events_decided(bank) == [f"M-{number}" for number in range(20)]


def test_what_is_held_when_the_service_stops_comes_again_at_once_and_in_its_order(
    bank: Bank, subjects: Subjects, monkeypatch: pytest.MonkeyPatch
) -> None:
    send(subjects, *(pack([payment(number)], "core") for number in range(20)))
    with monkeypatch.context() as patched:
        refusing(patched, BankService, "decide_many", REFUSED, *range(3, 1_000))
        with Messaging(bank, URL, "small", subjects) as messages:
            assert says(messages, REFUSED.code)
    began = time.monotonic()
    with Messaging(bank, URL, "small", subjects):
        assert len(decided(subjects, 20)) == 20
    assert time.monotonic() - began < ACK_WAIT_SECONDS / 2
    assert events_decided(bank) == [f"M-{number}" for number in range(20)]


def test_a_log_that_cannot_be_read_for_a_while_is_told_and_decisions_are_published_later(
    bank: Bank, subjects: Subjects, monkeypatch: pytest.MonkeyPatch
) -> None:
    refusing(monkeypatch, LogTail, "decisions", REFUSED, 1, 2)
    send(subjects, pack([payment(number) for number in range(5)], "core"))
    with Messaging(bank, URL, "small", subjects) as messages:
        assert says(messages, REFUSED.code)
        assert len(decided(subjects, 5)) == 5
        assert says(messages, None)


def test_a_fault_of_ours_is_told_and_the_service_stops_as_ever(bank: Bank, subjects: Subjects, monkeypatch: pytest.MonkeyPatch) -> None:
    refusing(monkeypatch, LogTail, "decisions", RuntimeError("ours"), 1)
    send(subjects, pack([payment(1)], "core"))
    with Messaging(bank, URL, "small", subjects) as messages:
        assert says(messages, "message.ended")
