"""A round that fails tells its own callers, and nobody else's; a machine that refuses a thread leaves nobody waiting."""

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from types import SimpleNamespace
from typing import Any

import pytest

from huitong.app.calls import Bounds, Call
from huitong.app.decider import NEVER_NS, Decider
from huitong.app.deciding import Asked
from huitong.app.turn import Turn
from huitong.contracts import Answered, Decision, Event
from huitong.kernel import ExternalError
from tests.store.build import decision, event

AWAY = ExternalError("log.away", {"en": "away", "zh": "离开"}, {"en": "wait", "zh": "请等待"})


class Desk:
    """Decides everything but events 9, which it cannot."""

    loaded = SimpleNamespace(plan=SimpleNamespace(decides=event(1).kind))
    offset = 0

    def follow(self) -> int:
        return 0

    def forget(self) -> None:
        pass

    def answers(self, asked: Sequence[Asked]) -> tuple[list[Answered], list[Decision]]:
        if any(one.event == event(9) for one in asked):
            raise AWAY
        return [], [decision(1) for _ in asked]

    def answered(self, _event: Event) -> None:
        return None


class Log:
    """A log whose groups arrive when they are told to, and whose reads can fail once."""

    def __init__(self) -> None:
        self.pending: list[Future[int]] = []
        self.fails = False

    def events(self, _ids: Sequence[str]) -> dict[str, Event]:
        if self.fails:
            self.fails = False
            raise AWAY
        return {}

    def append_answers(self, _answers: Sequence[Answered], _at: int) -> Future[int]:
        self.pending.append(Future())
        return self.pending[-1]


class Told:
    """What callers were told, by name, in order."""

    def __init__(self) -> None:
        self._more = threading.Condition()
        self.outcomes: list[tuple[str, str]] = []

    def of(self, name: str, number: int) -> Call:
        return Call(event(number), lambda call: self._note(name, call), NEVER_NS, lambda: 0)

    def _note(self, name: str, call: Call) -> None:
        with self._more:
            self.outcomes.append((name, type(call.outcome).__name__))
            self._more.notify_all()

    def wait(self, count: int) -> list[tuple[str, str]]:
        with self._more:
            assert self._more.wait_for(lambda: len(self.outcomes) >= count, 30)
            return self.outcomes


@pytest.fixture
def log() -> Log:
    return Log()


@pytest.fixture
def decider(log: Log) -> Iterator[Decider]:
    decider = Decider(Desk(), log, Turn(), Bounds())  # type: ignore[arg-type]  # as much of them as it needs
    yield decider
    for pending in log.pending:
        if not pending.done():
            pending.set_result(1)
    decider.close()


def send(decider: Decider, *calls: Call) -> None:
    """All at once, so that they are of one group."""
    with decider._guard:
        decider._open()
        decider._waiting.extend(calls)
        decider._guard.notify_all()


@pytest.mark.parametrize("read_fails", [True, False])
def test_who_joined_a_group_on_its_way_hears_of_it_alone(decider: Decider, log: Log, *, read_fails: bool) -> None:
    told = Told()
    send(decider, told.of("first", 1))
    with decider._guard:
        assert decider._guard.wait_for(lambda: len(decider._ahead) == 1, 30)
    log.fails = read_fails
    send(decider, told.of("again", 1), told.of("bad", 9))
    assert told.wait(1) == [("bad", "ExternalError")]
    log.pending[0].set_result(1)
    assert told.wait(3) == [("bad", "ExternalError"), ("first", "Decision"), ("again", "Decision")]
    send(decider, told.of("later", 2))
    with decider._guard:
        assert decider._guard.wait_for(lambda: len(decider._ahead) == 1, 30)
    log.pending[1].set_result(1)
    assert told.wait(4)[3] == ("later", "Decision")


def test_a_machine_that_refuses_a_thread_is_told_and_asked_again(decider: Decider, log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    start, refused = threading.Thread.start, [True, False, True, False]

    def sometimes(thread: threading.Thread) -> None:
        if refused and refused.pop(0):
            raise RuntimeError("can't start new thread")
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", sometimes)
    outcomes: Future[Any] = Future()
    for _ in range(2):
        with pytest.raises(RuntimeError, match="new thread"):
            decider.ask(event(1), outcomes.set_result, elapsed_ns=lambda: 0)
    assert decider.waiting == 0
    decider.ask(event(1), outcomes.set_result, elapsed_ns=lambda: 0)
    with decider._guard:
        assert decider._guard.wait_for(lambda: len(decider._ahead) == 1, 30)
    log.pending[0].set_result(1)
    assert isinstance(outcomes.result(30).outcome, Decision)
