"""Events from the stream: decided or taken in, and acknowledged once that is on our own disk."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from hashlib import sha256
from itertools import groupby
from time import perf_counter_ns

from nats.aio.msg import Msg
from nats.js import JetStreamContext
from nats.js.api import AckPolicy, ConsumerConfig

from huitong.api.messages.broker import BROKER_ERRORS, body_bytes_max, refused
from huitong.api.messages.dead import dead_letter
from huitong.api.messages.envelope import NoEvent, enveloped, traceparent_in, unpack
from huitong.api.messages.subjects import Subjects, ensure_stream
from huitong.api.problems import fault
from huitong.api.service import Document, Service
from huitong.kernel import ExternalError, HuitongError
from huitong.telemetry import TRACEPARENT, tracing

FETCH_MAX = 8
"""Most envelopes that are held at once."""
FETCH_SECONDS = 1.0
RETRY_SECONDS = 1.0
ACK_WAIT_SECONDS = 60.0
"""After so long without an answer from us the broker sends a message again; that is harmless."""
_log = logging.getLogger("huitong.messages")


class Consumer:
    """Takes envelopes one after another, in their order: where the bank cannot take one now, those behind it wait with it.

    Args:
        jetstream: The stream.
        service: What a bank does.
        subjects: Where messages go.
        policy: What decides; ``None`` for what the service decides with.
        max_payload: Longest message, with its headers, that the broker takes now.
    """

    def __init__(
        self,
        jetstream: JetStreamContext,
        service: Service,
        subjects: Subjects,
        policy: str | None,
        max_payload: Callable[[], int],
    ) -> None:
        self._jetstream = jetstream
        self._service = service
        self._subjects = subjects
        self._policy = policy
        self._max_payload = max_payload
        self._held: deque[Msg] = deque()
        self.error: HuitongError | None = None
        """Why the next envelope cannot be taken now; it is tried again."""
        self.taken = 0
        """Events that were decided or taken in."""
        self.dead = 0
        """Events that could not be."""

    async def run(self, over: asyncio.Event) -> None:
        """Goes on until it is over; a broker or a log that goes away, or a stream that is deleted, is waited for."""
        while not over.is_set():
            try:
                await self._follow(over)
            except BROKER_ERRORS as error:
                self.error = refused(error)
                await _pause(over)
        with suppress(*BROKER_ERRORS):  # a broker that is away sends them again by itself
            for message in self._held:
                await message.nak()

    async def _follow(self, over: asyncio.Event) -> None:
        await ensure_stream(self._jetstream, self._subjects)
        wanted = ConsumerConfig(
            durable_name=self._subjects.durable,
            ack_policy=AckPolicy.EXPLICIT,
            ack_wait=ACK_WAIT_SECONDS,
            filter_subject=self._subjects.events,
        )
        pulled = await self._jetstream.pull_subscribe(
            self._subjects.events, self._subjects.durable, stream=self._subjects.stream, config=wanted
        )
        try:
            while not over.is_set():
                await self._take_held(over)
                if not self._held:
                    self.error = None
                try:
                    self._held += await pulled.fetch(FETCH_MAX, timeout=FETCH_SECONDS)
                except TimeoutError:  # nothing came, says the client; or asyncio, which it lets through between two requests
                    await self._jetstream.consumer_info(self._subjects.stream, self._subjects.durable)  # gone? then begin again
        finally:
            await pulled.unsubscribe()

    async def _take_held(self, over: asyncio.Event) -> None:
        """Takes what is held. Given back, an envelope would be overtaken by those that the broker sends meanwhile."""
        while self._held and not over.is_set():
            message = self._held[0]
            try:
                await self._traced(message)
            except HuitongError as error:
                self.error = error
                await _pause(over)
                continue
            except BROKER_ERRORS:
                raise
            except Exception as error:
                # A fault of ours would come again with each delivery, and hold up whatever comes after.
                _log.exception("fault", extra={"envelope": sha256(_envelope_in(message)).hexdigest()})
                await self._bury_whole(message, fault(error))
            self.error = None
            self._held.popleft()

    async def _traced(self, message: Msg) -> None:
        """Takes one envelope, in the trace of its first event where that names one."""
        traced = tracing()
        if traced is None:
            await self._take(message)
            return
        parent = traceparent_in(_envelope_in(message))
        span = traced.begin("take", {} if parent is None else {TRACEPARENT: parent}, "consumer")
        try:
            with traced.within(span):
                await self._take(message)
        finally:
            traced.end(span, {"messaging.system": "nats"})

    async def _take(self, message: Msg) -> None:
        """Takes one envelope, and says so to the broker.

        Raises:
            HuitongError: If the bank cannot take it now.
        """
        envelope = _envelope_in(message)
        try:
            documents = unpack(envelope)
        except HuitongError as error:
            await self._bury_whole(message, error)
            return
        outcomes = await self._outcomes([one.error if isinstance(one, NoEvent) else one for one in documents])
        name = sha256(envelope).hexdigest()
        for place, (document, outcome) in enumerate(zip(documents, outcomes, strict=True)):
            if outcome is not None:
                given = document.given if isinstance(document, NoEvent) else document
                await self._bury(given, outcome, f"{name}:{place}")
        await message.ack()
        taken = outcomes.count(None)
        self.taken, self.dead = self.taken + taken, self.dead + len(outcomes) - taken

    async def _outcomes(self, documents: Sequence[Document | HuitongError]) -> list[HuitongError | None]:
        """For each event ``None`` once it is durable, or why it cannot be taken.

        Raises:
            HuitongError: If it could not be decided or written now.
        """
        policies = await asyncio.to_thread(self._service.policies_by_kind, self._policy)
        outcomes: list[HuitongError | None] = []
        for policy, group in groupby(documents, lambda one: None if isinstance(one, HuitongError) else policies.get(str(one.get("kind")))):
            some = list(group)
            outcomes += await (self._ingest(some) if policy is None else self._decide(some, policy))
        return outcomes

    async def _decide(self, documents: Sequence[Document | HuitongError], policy: str) -> list[HuitongError | None]:
        """As ``_outcomes``. What was turned away is asked again, as long as each time something of the rest found its answer."""
        outcomes: list[HuitongError | None] = [None] * len(documents)
        waiting = list(range(len(documents)))
        while waiting:
            done = await self._service.decide_many([documents[place] for place in waiting], policy, None, perf_counter_ns())
            passing = []
            for place, one in zip(waiting, done, strict=True):
                if isinstance(one, ExternalError):
                    passing.append((place, one))
                else:
                    outcomes[place] = one if isinstance(one, HuitongError) else None
            if len(passing) == len(waiting):
                raise passing[0][1]
            waiting = [place for place, _ in passing]
        return outcomes

    async def _ingest(self, documents: Sequence[Document | HuitongError]) -> list[HuitongError | None]:
        done = await asyncio.to_thread(self._service.ingest, documents)
        refused = dict(done.refused)
        return [_lasting(error) if (error := refused.get(row)) is not None else None for row in range(len(documents))]

    async def _bury_whole(self, message: Msg, error: HuitongError) -> None:
        """Puts a whole message there, and says to the broker that it is done."""
        envelope = _envelope_in(message)
        await self._bury({"message": envelope.decode("utf-8", "replace")}, error, sha256(envelope).hexdigest())
        await message.ack()
        self.dead += 1

    async def _bury(self, event: Document, error: HuitongError, name: str) -> None:
        """Puts an event that cannot be taken, with what is wrong with it, where people look for such."""
        body = dead_letter(event, error, body_bytes_max(self._max_payload()))
        await self._jetstream.publish(self._subjects.dead, body, headers={"Nats-Msg-Id": f"dead:{name}"})


def _envelope_in(message: Msg) -> bytes:
    return enveloped(message.data, message.headers)


def _lasting(error: HuitongError) -> HuitongError:
    """An error that would come again.

    Raises:
        ExternalError: If it is one that passes.
    """
    if isinstance(error, ExternalError):
        raise error
    return error


async def _pause(over: asyncio.Event) -> None:
    try:
        async with asyncio.timeout(RETRY_SECONDS):
            await over.wait()
    except TimeoutError:
        return
