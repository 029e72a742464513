"""Decisions to the stream, in the order of the log; how far it got, the stream itself says."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from typing import Protocol

from nats.js import JetStreamContext
from nats.js.errors import NotFoundError

from huitong.api.messages.broker import BROKER_ERRORS, body_bytes_max, refused, too_long
from huitong.api.messages.envelope import BYTES_MAX, CONTENT_TYPE, EVENTS_MAX, pack_decisions
from huitong.api.messages.subjects import Subjects, ensure_stream
from huitong.contracts import Decision
from huitong.identity import DecisionGrades
from huitong.kernel import HuitongError
from huitong.telemetry import tracing

OFFSET_HEADER = "Huitong-Next-Offset"
"""Header of an envelope: where in the log reading goes on after it."""
LOG_HEADER = "Huitong-Log"
"""Header of an envelope: identity of the log."""
GATHER_SECONDS = 0.002
"""How long an envelope that is not full waits for more."""
WAIT_SECONDS = 1.0
RETRY_SECONDS = 1.0


class Tail(Protocol):
    """The log's decisions, read in order. Methods may wait: they are called in threads. They may raise, and are asked again."""

    @property
    def log_id(self) -> str:
        """Identity of the log."""
        ...

    def decisions(self, offset: int, limit: int) -> tuple[Sequence[Decision], int]:
        """At most ``limit`` decisions from an offset on, and the offset after them."""
        ...

    @property
    def grade(self) -> int:
        """Highest data grade of what is published."""
        ...

    def grades_of(self, decision: Decision) -> DecisionGrades:
        """Data grades of what a decision says."""
        ...

    def wait(self, offset: int, timeout_s: float) -> bool:
        """Waits until there is a record at an offset; whether there is."""
        ...


class Publisher:
    """Publishes each decision at least once.

    Args:
        jetstream: The stream.
        tail: The log.
        subjects: Where messages go.
        max_payload: Longest message, with its headers, that the broker takes now.
    """

    def __init__(self, jetstream: JetStreamContext, tail: Tail, subjects: Subjects, max_payload: Callable[[], int]) -> None:
        self._jetstream = jetstream
        self._tail = tail
        self._subjects = subjects
        self._max_payload = max_payload
        self._sequence = 0
        self._at_once = EVENTS_MAX
        self.error: HuitongError | None = None
        """Why nothing can be published now; it is tried again."""
        self.published = 0
        """Decisions that the stream has taken from this process."""

    async def run(self, over: asyncio.Event) -> None:
        """Goes on until it is over; a broker or log that is away is waited for, a deleted stream is filled again from the log."""
        while not over.is_set():
            try:
                await ensure_stream(self._jetstream, self._subjects)
                await self._follow(over)
            except (*BROKER_ERRORS, HuitongError) as error:
                self.error = error if isinstance(error, HuitongError) else refused(error)
                await asyncio.sleep(RETRY_SECONDS)

    async def _follow(self, over: asyncio.Event) -> None:
        offset, self._sequence = await self._begin()
        created = (await self._jetstream.stream_info(self._subjects.stream)).created
        while not over.is_set():
            if not await asyncio.to_thread(self._tail.wait, offset, WAIT_SECONDS):
                self.error = None
                if (await self._jetstream.stream_info(self._subjects.stream)).created != created:
                    return  # somebody deleted it, and somebody made it anew
                continue
            await asyncio.sleep(GATHER_SECONDS)
            offset, self.error = await self._publish(offset), None

    async def _publish(self, offset: int) -> int:
        """Publishes what one message takes of the decisions from an offset on; the offset after them.

        Where they are too long for one, fewer are read: each message says where in the log the next begins, so that nothing is sent again
        whatever comes between the two.
        """
        while True:
            decisions, following = await asyncio.to_thread(self._tail.decisions, offset, self._at_once)
            if not decisions:
                return following
            body = pack_decisions(decisions, f"huitong:{self._tail.log_id}", self._tail.grades_of, self._tail.grade)
            allowed = min(BYTES_MAX, body_bytes_max(self._max_payload()))
            if len(body) <= allowed:
                break
            self._at_once = max(len(decisions) // 2, 1)
            if len(decisions) == 1:
                raise too_long(decisions[0].id, len(body), allowed)
        await self._send(decisions, body, following)
        self._at_once = min(2 * self._at_once, EVENTS_MAX)
        return following

    async def _send(self, decisions: Sequence[Decision], body: bytes, following: int) -> None:
        headers = {
            "Content-Type": CONTENT_TYPE,
            "Nats-Msg-Id": f"{self._tail.log_id}:{decisions[0].id}:{decisions[-1].id}",
            LOG_HEADER: self._tail.log_id,
            OFFSET_HEADER: str(following),
            # Refused where the stream is not the one we last wrote to: then what it says is asked again.
            "Nats-Expected-Last-Subject-Sequence": str(self._sequence),
        }
        traced = tracing()
        with nullcontext() if traced is None else traced.group("publish", [traced.context_of(one.id) for one in decisions]):
            self._sequence = (await self._jetstream.publish(self._subjects.decisions, body, headers=headers)).seq
        self.published += len(decisions)

    async def _begin(self) -> tuple[int, int]:
        """Where reading goes on: what the last envelope says; else from the beginning. And its number."""
        try:
            last = await self._jetstream.get_last_msg(self._subjects.stream, self._subjects.decisions)
        except NotFoundError:
            return 0, 0
        headers = last.headers or {}
        if headers.get(LOG_HEADER) != self._tail.log_id:
            return 0, last.seq or 0
        return int(headers.get(OFFSET_HEADER, "0")), last.seq or 0
