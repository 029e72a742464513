"""A broker with limits of its own: decisions go in messages that it takes, and what it refuses is told until it takes it."""

import asyncio
import shutil
import socket
import subprocess
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

import msgspec
import nats
import pytest
from nats.js import JetStreamContext
from nats.js.api import DiscardPolicy, StreamConfig

from huitong.api.messages import Subjects, ensure_stream
from huitong.api.messages.broker import HEAD_BYTES_MAX
from huitong.api.messages.envelope import pack_decisions
from huitong.app import Bank
from huitong.app.messaging import LogTail, Messaging
from huitong.contracts import Decision
from tests.app.small_world import clock

PAYLOAD_MAX = 8_192
SUBJECTS = Subjects()
SERVER = shutil.which("nats-server")
T = TypeVar("T")

pytestmark = pytest.mark.skipif(SERVER is None, reason="skipped: no nats-server")


class Broker:
    """A broker of our own, with a limit that can be raised while clients are connected."""

    def __init__(self, folder: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self._port = free.getsockname()[1]
        self.url = f"nats://127.0.0.1:{self._port}"
        self._folder, self._settings = folder, folder / "nats.conf"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, max_payload: int) -> None:
        self._settings.write_text(
            f'listen: "127.0.0.1:{self._port}"\nmax_payload: {max_payload}\njetstream {{ store_dir: "{self._folder}" }}\n'
        )
        self._process = subprocess.Popen([SERVER or "", "-c", str(self._settings)], stderr=subprocess.DEVNULL)
        assert waited(self._answers)

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(30)

    def _answers(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self._port)) == 0

    def do(self, work: Callable[[JetStreamContext], Awaitable[T]]) -> T:
        async def connected() -> T:
            client = await nats.connect(self.url)
            try:
                return await work(client.jetstream())
            finally:
                await client.close()

        return asyncio.run(connected())

    def messages(self, subject: str) -> list[bytes]:
        """What a subject holds."""

        async def read(stream: JetStreamContext) -> list[bytes]:
            count = (await stream.stream_info(SUBJECTS.stream)).state.messages
            found = [await stream.get_msg(SUBJECTS.stream, number) for number in range(1, count + 1)]
            return [one.data or b"" for one in found if one.subject == subject]

        return self.do(read)


def waited(true: Callable[[], bool], seconds: float = 60.0) -> bool:
    deadline = time.monotonic() + seconds
    while not true():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def code_of(messages: Messaging) -> str | None:
    return None if messages.error is None else messages.error.code


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    made = Broker(tmp_path)
    made.start(PAYLOAD_MAX)
    yield made
    made.stop()


@pytest.fixture
def bank(trained_bank: Path, tmp_path: Path) -> Iterator[Bank]:
    with Bank(shutil.copytree(trained_bank / "bank", tmp_path / "bank"), clock=clock(), threads=2) as opened:
        yield opened


def decide(bank: Bank, *numbers: int) -> list[str]:
    payment = {"time": "2025-12-05T09:30:00Z", "amount": "128.50", "currency": "CNY", "customer": "C1"}
    return [bank.decide({**payment, "id": f"M-{number}"}, policy="small").id for number in numbers]


def test_decisions_are_published_in_messages_that_the_broker_takes(bank: Bank, broker: Broker) -> None:
    made = decide(bank, *range(60))
    with Messaging(bank, broker.url, "small") as messages:
        assert waited(lambda: messages.counts()["published"] == 60), messages.error
        assert waited(lambda: messages.error is None)
    bodies = broker.messages(SUBJECTS.decisions)
    assert [one["id"] for body in bodies for one in msgspec.json.decode(body)] == made
    assert len(bodies) > 1
    assert max(map(len, bodies)) <= PAYLOAD_MAX - HEAD_BYTES_MAX


def test_a_decision_longer_than_any_message_is_told_until_the_broker_takes_it(bank: Bank, broker: Broker) -> None:
    made = decide(bank, 1)
    broker.stop()
    broker.start(HEAD_BYTES_MAX + 100)
    with Messaging(bank, broker.url, "small") as messages:
        assert waited(lambda: code_of(messages) == "message.long")
        assert messages.error is not None
        assert made[0] in messages.error.cause["zh"]
        broker.stop()
        assert waited(lambda: code_of(messages) == "message.away")
        broker.start(PAYLOAD_MAX)
        assert waited(lambda: messages.counts()["published"] == 1), messages.error
        assert waited(lambda: messages.error is None)


def test_a_stream_that_is_full_is_told_until_there_is_room(bank: Bank, broker: Broker) -> None:
    subjects = [SUBJECTS.events, SUBJECTS.decisions, SUBJECTS.dead]
    small = StreamConfig(name=SUBJECTS.stream, subjects=subjects, max_msgs=1, discard=DiscardPolicy.NEW)
    broker.do(lambda stream: stream.add_stream(small))
    with Messaging(bank, broker.url, "small") as messages:
        decide(bank, 1)
        assert waited(lambda: messages.counts()["published"] == 1)
        decide(bank, 2)
        assert waited(lambda: code_of(messages) == "message.refused")
        assert messages.error is not None
        assert "maximum messages exceeded" in messages.error.cause["en"]
        broker.do(lambda stream: stream.update_stream(small.evolve(max_msgs=9)))
        assert waited(lambda: messages.counts()["published"] == 2)
        assert waited(lambda: messages.error is None)


def test_a_letter_that_fits_without_its_headers_alone_is_cut(bank: Bank, broker: Broker) -> None:
    async def send(stream: JetStreamContext, *envelopes: bytes) -> None:
        await ensure_stream(stream, SUBJECTS)
        for envelope in envelopes:
            await stream.publish(SUBJECTS.events, envelope)

    with Messaging(bank, broker.url, "small") as messages:
        broker.do(lambda stream: send(stream, b"x"))
        assert waited(lambda: messages.counts()["dead"] == 1)
        (letter,) = broker.messages(SUBJECTS.dead)
        long = b"x" * (PAYLOAD_MAX - 20 - (len(letter) - 1))
        broker.do(lambda stream: send(stream, long))
        assert waited(lambda: messages.counts()["dead"] == 2), messages.error
    cut = msgspec.json.decode(broker.messages(SUBJECTS.dead)[1])
    assert cut["cut"]["bytes"] > len(long)


def test_what_comes_before_a_decision_that_is_too_long_goes_out_once(bank: Bank, broker: Broker, monkeypatch: pytest.MonkeyPatch) -> None:
    made = decide(bank, 1, 2, 10**99, 4)
    behind, long = bank.log.positions(made[1])[0] + 1, bank.log.decision(made[2])
    assert long is not None
    length = len(pack_decisions([long], f"huitong:{bank.log.id}", bank.grades.of, bank.settings.messages_grade))
    read, asked = LogTail.decisions, list[int]()

    def noted(tail: LogTail, offset: int, limit: int) -> tuple[Sequence[Decision], int]:
        asked.append(offset)
        return read(tail, offset, limit)

    monkeypatch.setattr(LogTail, "decisions", noted)
    broker.stop()
    broker.start(HEAD_BYTES_MAX + length - 1)
    with Messaging(bank, broker.url, "small") as messages:
        assert waited(lambda: asked.count(behind) > 3), messages.error
        assert (code_of(messages), messages.counts()["published"]) == ("message.long", 2)
        tried = asked.index(behind)
        assert set(asked[tried:]) == {behind}, "the retry begins there"
        broker.stop()
        broker.start(PAYLOAD_MAX)
        assert waited(lambda: messages.counts()["published"] == 4), messages.error
    bodies = broker.messages(SUBJECTS.decisions)
    assert [one["id"] for body in bodies for one in msgspec.json.decode(body)] == made
