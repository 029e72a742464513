"""Tells subscriptions what happens, each in the order of the log, at least once, and nothing lost in a crash.

How far a subscription was told is an offset, written to the log after what lies before it was taken. Whoever dies between the two tells it
again when back, under the same id. A receiver that fails is asked again later and later; one that failed for days, or says that it is
gone, is stopped, and whoever resumes it has it told everything that happened meanwhile. A single message that it refuses for what it says
is set aside, to be seen to by people, and those behind it go on.

Each subscription is told by a turn of its own, one at a time: a receiver that is slow holds up nobody else, as its turn goes on beside the
rounds that come meanwhile. Whoever ends the telling waits for the messages under way, and hangs up those that take longer than a few
seconds: they count neither as taken nor as failed, and come again under the same id.

People act while messages are on their way, and a turn may be long: after each message it is looked whether somebody changed, stopped or
removed the subscription, and nothing is written of a place in the log from which somebody had it go on elsewhere.
"""

import random
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, wait
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from itertools import takewhile

from huitong.contracts import Actor, Command, Event, Log
from huitong.kernel import MICROSECONDS_PER_DAY, MICROSECONDS_PER_SECOND, Clock, ExternalError, HuitongError, PolicyError, ulid
from huitong.operations.webhooks import acts
from huitong.operations.webhooks.sending import GONE, Reach, post
from huitong.operations.webhooks.signing import headers_of
from huitong.operations.webhooks.state import SENDER_ID, Aside, Subscription, Webhooks, noted
from huitong.operations.webhooks.telling import EVERY_KIND, Knows, Message, kinds_of, message_of, told_of
from huitong.store import BookKeeper
from huitong.telemetry import tracing

SENDER = Actor(SENDER_ID, frozenset({"machine"}), person=False)
WAIT_FIRST_US, WAIT_MAX_US = MICROSECONDS_PER_SECOND, 3_600 * MICROSECONDS_PER_SECOND
"""Wait after the first failure; it doubles with each, up to the second, and is drawn between half of that and the whole."""
GIVE_UP_US = 3 * MICROSECONDS_PER_DAY
"""After failing for so long a subscription is stopped."""
TURN_MAX, TURN_US = 200, 5 * MICROSECONDS_PER_SECOND
"""After so many messages to one subscription, or so long, its turn ends, and how far it was told is written; the next round goes on."""
ROUND_SECONDS = 1.0
"""How long a round waits for the turns that it began; those that take longer go on beside the next ones."""
SKIPPED_MAX = 5_000
"""Records that are none of its business, after which its offset is written all the same: as many are looked at again after a crash."""
FOR_GOOD = frozenset({400, 413, 422})
"""Answers that are about the one message. All others are about the receiver, its address or the hour."""
REFUSALS = 3
"""Times in a row that a message is so refused before it is set aside: a receiver may be in the middle of an update."""
ASIDE_IN_A_ROW_MAX, ASIDE_MAX = 5, 100
"""Most messages that are set aside before one is taken again, and in all: a receiver that refuses everything is failing."""


@dataclass(frozen=True, slots=True)
class Terms:
    """On what terms messages go out.

    Attributes:
        reach: Where to.
        give_up_us: After failing for so long a subscription is stopped.
    """

    reach: Reach = field(default_factory=Reach)
    give_up_us: int = GIVE_UP_US


def wait_us(attempts: int, drawn: float) -> int:
    """How long to wait after so many failures in a row.

    Args:
        attempts: How many, from 1 on.
        drawn: By chance, between 0 and 1: so that not all come back at once.
    """
    longest = min(WAIT_FIRST_US << min(attempts - 1, 20), WAIT_MAX_US)
    return int(longest * (0.5 + drawn / 2))


@dataclass(slots=True)
class _Lane:
    """What this process knows of a subscription beside its book: where it looks on, and when it may be asked again."""

    begun: int
    url: str
    resumed: str
    offset: int
    attempts: int = 0
    due_us: int = 0
    refused: int = 0
    in_a_row: int = 0


@dataclass(frozen=True, slots=True)
class _Failure:
    """Why a message was not taken, and what was answered, if anything was."""

    error: HuitongError
    status: int = 0


class Deliveries:
    """Tells all subscriptions.

    Args:
        keeper: Keeps the book.
        log: The log.
        knows: What must be known of the bank.
        secret: Gives the bank's secret, hex.
        terms: On what terms messages go out.
        clock: Tells the present.
        chance: For the waits; seeded where it must be repeatable.
        patience_seconds: How long a round waits for the turns that it began.
    """

    def __init__(
        self,
        keeper: BookKeeper[Webhooks],
        log: Log,
        knows: Knows,
        secret: Callable[[], str],
        terms: Terms,
        clock: Clock,
        chance: random.Random | None = None,
        patience_seconds: float = ROUND_SECONDS,
    ) -> None:
        self._keeper, self._log, self._knows, self._secret, self._terms, self._clock = keeper, log, knows, secret, terms, clock
        self._chance = chance or random.Random()  # noqa: S311 -- spreads waits, protects nothing
        self._lanes: dict[str, _Lane] = {}
        self._patience_seconds = patience_seconds
        self._turns: dict[str, Future[None]] = {}
        self._ending, self._guard = Future[None](), threading.Lock()
        self.delivered = self.failed = 0

    def round(self) -> None:
        """Begins to tell each subscription that is due what there is, and waits for it a little.

        Raises:
            ExternalError: If some cannot be told now; the others are.
        """
        over = self._over()
        known = self._keeper.ask(lambda state: [_copy(one) for one in state.subscriptions.values() if one.stopped is None])
        for gone in set(self._lanes) - {one.id for one in known} - set(self._turns):
            del self._lanes[gone]
        waiting = [one for one in known if one.id not in self._turns]
        begun = self._begin([one for one in waiting if self._lane(one).due_us <= self._clock.now_us()])
        wait(begun, self._patience_seconds)
        for turn in [*over, *self._over()]:
            turn.result()
        troubled = self._keeper.ask(lambda state: sorted(one.name for one in state.subscriptions.values() if _in_trouble(one)))
        if troubled:
            raise _failing(troubled)
        aside = self._keeper.ask(lambda state: {one.name: len(one.aside) for one in state.subscriptions.values() if one.aside})
        if aside:
            raise _refusing(aside)

    def stop(self) -> None:
        """Ends the telling; once this returns, soon, nobody is told any more."""
        with self._guard:
            if not self._ending.done():
                self._ending.set_result(None)
        wait(list(self._turns.values()))

    def _begin(self, due: Sequence[Subscription]) -> list[Future[None]]:
        root = self._secret() if due else ""
        with self._guard:
            begun = [] if self._ending.done() else list(due)
            for one in begun:
                turn = Future[None]()
                threading.Thread(target=self._take_turn, args=(turn, one, root), name="huitong-webhooks").start()
                self._turns[one.id] = turn
        return [self._turns[one.id] for one in begun]

    def _take_turn(self, turn: Future[None], one: Subscription, root: str) -> None:
        try:
            self._tell(one, root)
        except BaseException as error:
            turn.set_exception(error)
        else:
            turn.set_result(None)

    def _over(self) -> list[Future[None]]:
        """Turns that are over, of which nobody asked yet how they ended."""
        over = [one for one, turn in self._turns.items() if turn.done()]
        return [self._turns.pop(one) for one in over]

    def counts(self) -> dict[str, int]:
        """Messages taken, and tries that failed, since the start."""
        return {"delivered": self.delivered, "failed_deliveries": self.failed}

    def _lane(self, one: Subscription) -> _Lane:
        lane = self._lanes.get(one.id)
        if lane is None or (lane.resumed, lane.url) != (one.resumed, one.url):  # somebody had it go on elsewhere
            lane = self._lanes[one.id] = _Lane(one.offset, one.url, one.resumed, one.offset)
        return lane

    def _tell(self, one: Subscription, root: str) -> None:
        lane, delivered, tried, end = self._lane(one), 0, 0, self._log.end()
        until_us = self._clock.now_us() + TURN_US
        if not self._tell_again(one, lane, root):
            return
        for record in takewhile(lambda found: found.offset < end, self._log.read(lane.offset, kinds_of(one))):
            if self._ending.done():
                break
            message = message_of(one, record.content, self._knows)
            if message is not None:
                failure, tried = self._give(one, message, root), tried + 1
                if failure is None:
                    delivered, lane.refused, lane.in_a_row = delivered + 1, 0, 0
                elif self._is_for_good(one, lane, failure):
                    if not self._set_aside(one, lane, Aside(message.id, record.offset, failure.status, self._clock.now_us()), delivered):
                        return
                    delivered = 0
                else:
                    if delivered:
                        self._progress(one, lane, delivered)
                    self._fell(one, lane, failure.error)
                    return
            lane.offset = record.offset + 1
            spent = tried == TURN_MAX or self._clock.now_us() >= until_us
            if message is not None and (spent or not self._unchanged(one)):
                break
        else:
            lane.offset = end
        lane.attempts = 0
        if delivered or (not self._ending.done() and (one.troubled is not None or lane.offset - lane.begun > SKIPPED_MAX)):
            self._progress(one, lane, delivered)

    def _tell_again(self, one: Subscription, lane: _Lane, root: str) -> bool:
        """Sends messages that were set aside and that somebody wants sent again; whether those behind them are to be told now."""
        for aside in [found for found in one.aside if found.due]:
            if self._ending.done():
                return False
            record = next(self._log.read(aside.at, EVERY_KIND), None)
            message = told_of(one, record.content, self._knows) if record is not None and record.offset == aside.at else None
            failure = None if message is None else self._give(one, message, root)
            if failure is not None and failure.status not in FOR_GOOD:
                self._fell(one, lane, failure.error)
                return False
            if not self._note_again(one, lane, aside, failure):
                return False
        return True

    def _note_again(self, one: Subscription, lane: _Lane, aside: Aside, failure: _Failure | None) -> bool:
        if failure is None:
            return self._note(one, lane, lambda _state, command: acts.taken(command, one.id, aside.record))
        status = failure.status
        return self._note(one, lane, lambda _state, command: acts.set_aside(command, one.id, replace(aside, status=status), 0))

    def _unchanged(self, one: Subscription) -> bool:
        """Whether nobody changed, stopped, resumed or removed a subscription since its turn began."""

        def same(state: Webhooks) -> bool:
            known = state.subscriptions.get(one.id)
            return known is not None and _wanted(known) == _wanted(one)

        return self._keeper.ask(same)

    def _note(
        self, one: Subscription, lane: _Lane, act: Callable[[Webhooks, Command], Sequence[Event]], *, of_address: bool = True
    ) -> bool:
        """Writes what became of a subscription's messages; whether anything was.

        Nothing is, and the lane ends, where the subscription was removed or had to go on elsewhere while they were on their way; so too
        where its address changed, if what is written is ``of_address``.
        """
        command = self._command()

        def as_it_stands(state: Webhooks) -> Sequence[Event]:
            known = state.subscriptions.get(one.id)
            if known is None or known.resumed != lane.resumed or (of_address and known.url != lane.url):
                return ()
            return act(state, command)

        written = self._keeper.act(command, as_it_stands) != ()
        if not written:
            self._lanes.pop(one.id, None)
        return written

    def _is_for_good(self, one: Subscription, lane: _Lane, failure: _Failure) -> bool:
        """Whether a receiver will not take this message, whenever it is sent, but others."""
        lane.refused = lane.refused + 1 if failure.status in FOR_GOOD else 0
        return lane.refused >= REFUSALS and lane.in_a_row < ASIDE_IN_A_ROW_MAX and len(one.aside) < ASIDE_MAX

    def _set_aside(self, one: Subscription, lane: _Lane, aside: Aside, delivered: int) -> bool:
        written = self._note(one, lane, lambda _state, command: acts.set_aside(command, one.id, aside, delivered))
        one.aside, one.troubled = [*one.aside, aside], None
        lane.begun, lane.attempts, lane.refused, lane.in_a_row = aside.at + 1, 0, 0, lane.in_a_row + 1
        return written

    def _give(self, one: Subscription, message: Message, root: str) -> _Failure | None:
        """Sends a message; why it was not taken."""
        headers = headers_of(one, root, message.id, message.body, self._clock.now_us())
        traced = tracing()
        try:
            with nullcontext() if traced is None else traced.span("webhook", traced.context_of(message.id), subscription=one.name):
                status = post(one.url, headers, message.body, self._terms.reach, self._ending)
        except (ExternalError, PolicyError) as error:
            self.failed += not self._ending.done()
            return _Failure(error)
        if 200 <= status < 300:
            self.delivered += 1
            return None
        self.failed += 1
        return _Failure(_refused(status), status)

    def _progress(self, one: Subscription, lane: _Lane, delivered: int) -> None:
        self._note(one, lane, lambda _state, command: acts.progress(command, one.id, lane.offset, delivered), of_address=False)
        one.troubled, lane.begun = None, lane.offset

    def _fell(self, one: Subscription, lane: _Lane, failure: HuitongError) -> None:
        if self._ending.done():  # we hung up
            return
        now_us = self._clock.now_us()
        lane.attempts += 1
        lane.due_us = now_us + wait_us(lane.attempts, self._chance.random())
        ground, remedy = noted(failure.cause), noted(failure.remedy)
        if failure.code == "webhook.gone" or (one.troubled is not None and now_us - one.troubled_us >= self._terms.give_up_us):
            self._note(one, lane, lambda state, command: acts.give_up(state, command, one.id, ground))
            self._lanes.pop(one.id, None)
        elif one.troubled is None:
            self._note(one, lane, lambda _state, command: acts.trouble(command, one.id, ground, remedy))

    def _command(self) -> Command:
        now_us = self._clock.now_us()
        return Command(ulid(now_us, self._chance.randbytes), SENDER, now_us)


def _in_trouble(one: Subscription) -> bool:
    return one.given_up or (one.troubled is not None and one.stopped is None)


def _wanted(one: Subscription) -> tuple[object, ...]:
    """What people say of a subscription."""
    return one.resumed, one.stopped, one.url, one.occurrences, one.outcome, one.policy, one.grade


def _copy(one: Subscription) -> Subscription:
    return Subscription(**{name: getattr(one, name) for name in Subscription.__dataclass_fields__})


def _refused(status: int) -> ExternalError:
    code = "webhook.gone" if status == GONE else "webhook.refused"
    return ExternalError(
        code,
        {"en": f"the receiver answered {status}", "zh": f"接收方返回 {status}"},
        {"en": "see what it says of the message with this webhook-id", "zh": "请在接收方按 webhook-id 查看该消息的处理情况"},
    )


def _refusing(counts: Mapping[str, int]) -> ExternalError:
    shown = ", ".join(f"{name} ({count})" for name, count in sorted(counts.items()))
    return ExternalError(
        "webhook.aside",
        {"en": f"messages that webhooks' receivers refuse for good were set aside: {shown}", "zh": f"回调接收方拒收的消息已搁置：{shown}"},
        {
            "en": "mend the receiver and have them sent again (`huitong webhooks again`), or leave them untold (`huitong webhooks drop`)",
            "zh": "请修正接收方后重发（`huitong webhooks again`），或不再发送（`huitong webhooks drop`）",
        },
    )


def _failing(names: Sequence[str]) -> ExternalError:
    shown = ", ".join(names)
    return ExternalError(
        "webhook.failing",
        {"en": f"webhooks are not taken by: {shown}", "zh": f"以下回调订阅未被接收：{shown}"},
        {
            "en": "see that the receiver answers 2xx, and resume it if it was stopped; nothing is lost meanwhile",
            "zh": "请检查接收方是否返回 2xx，已停止的请恢复；其间不会丢失任何内容",
        },
    )
