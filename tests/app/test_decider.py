"""Many callers at once: the same answers as one by one, nothing lost, nothing doubled, and what goes wrong harms nobody else."""

import asyncio
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from huitong.app import Bank, Source
from huitong.app.asking import LoopCalls
from huitong.app.calls import Bounds, Call
from huitong.app.decider import Decider
from huitong.app.deciding import decided
from huitong.app.live import Live
from huitong.app.projections import Projection
from huitong.app.turn import Turn
from huitong.contracts import Actor, Answered, Decision, Event, Log, Pending
from huitong.features import FeatureEngine
from huitong.identity import Clearance, Reading, Signed
from huitong.kernel import BusyError, DataError, ExternalError, HuitongError, InputError
from huitong.store import DECISION_KIND
from tests.app.small_world import changed, clock
from tests.app.test_reproducing import payments, timeless

CHANGE = '\n[smallest_change]\nfields = ["amount"]\n'
Outcome = Decision | BaseException | None


@pytest.fixture(params=["together", "with the smallest change"])
def opened(request: pytest.FixtureRequest, root: Path) -> Iterator[Bank]:
    """The small bank; its policy decides together, or one by one because it asks what would have changed each decision."""
    if request.param == "together":
        changed(root / "policies" / "small" / "policy.toml", (CHANGE, ""))
    with Bank(root, clock=clock(), threads=2) as bank:
        yield bank


def at_once(decider: Decider, events: Sequence[Event], deadline_ns: int | None = None) -> list[Outcome]:
    """Asks all without waiting, then waits for all."""
    calls: dict[int, Outcome] = {}
    left = threading.Semaphore(0)

    def noting(place: int) -> Callable[[Call], None]:
        def done(call: Call) -> None:
            calls[place] = call.outcome
            left.release()

        return done

    for place, event in enumerate(events):
        decider.ask(event, noting(place), elapsed_ns=lambda: 0, deadline_ns=deadline_ns)
    for _ in events:
        assert left.acquire(timeout=60)
    return [calls[place] for place in range(len(events))]


def decisions(outcomes: Sequence[Outcome]) -> list[Decision]:
    assert all(isinstance(one, Decision) for one in outcomes), outcomes
    return [one for one in outcomes if isinstance(one, Decision)]


def codes(outcomes: Sequence[Outcome]) -> list[str]:
    return [one.code if isinstance(one, HuitongError) else type(one).__name__ for one in outcomes]


def reproduced(bank: Bank) -> int:
    """How many decisions of the log come out again, bit for bit: all of them."""
    found = bank.replay("small").reproduced
    assert found is not None
    assert found.differing == ()
    return found.decisions


def test_groups_decide_as_one_by_one_and_as_the_replay_bit_for_bit(opened: Bank, sources: Sequence[Source], tmp_path: Path) -> None:
    events = payments(opened, sources, 150)
    answers = decisions(at_once(opened.live("small").decider, events))
    assert [one.event for one in answers] == [event.id for event in events]
    assert [opened.log.decision(one.id) for one in answers] == answers
    assert reproduced(opened) == 150
    again = opened.live("small")
    alone = Live(
        "small",
        again.loaded,
        opened.engine,
        opened.log,
        Projection("small", again.loaded.plan, lambda: opened.engine(again.loaded), tmp_path / "none"),
        Turn(),
    )
    assert [timeless(alone.recomputed(event)) for event in (events[0], events[77], events[-1])] == [
        timeless(answers[place]) for place in (0, 77, -1)
    ]


def test_callers_in_many_threads_and_other_writers_between_them(opened: Bank, sources: Sequence[Source]) -> None:
    events = payments(opened, sources, 240)
    mine, others = events[:200], events[200:]
    with ThreadPoolExecutor(16) as pool:
        asked = [pool.submit(opened.decide, event, policy="small") for event in mine]

        def write(event: Event) -> None:
            with opened.turn:
                opened.log.append_events([event])

        written = [pool.submit(write, event) for event in others]
        answers = [one.result() for one in asked]
        for one in written:
            one.result()
    assert len({one.id for one in answers}) == 200
    events_there = [one.content.id for one in opened.log.read(0, ["payment.requested"])]
    assert sorted(events_there) == sorted(event.id for event in events)
    assert reproduced(opened) == 200


def test_who_looks_up_persons_beside_calls_takes_turns_with_them(
    opened: Bank, sources: Sequence[Source], monkeypatch: pytest.MonkeyPatch
) -> None:
    fell, restored = list[BaseException](), list[Live]()
    fall, restore = Decider._fell, Live._restored

    def falling(decider: Decider, calls: Sequence[Call], error: BaseException) -> None:
        fell.append(error)
        fall(decider, calls, error)

    def restoring(live: Live) -> tuple[FeatureEngine, int]:
        restored.append(live)
        return restore(live)

    opened.live("small")
    monkeypatch.setattr(Decider, "_fell", falling)
    monkeypatch.setattr(Live, "_restored", restoring)
    desk, clearance = opened.people.desk, Clearance(3)
    reader = Signed(Actor("li", frozenset({"investigator"})), "session", "s")
    with ThreadPoolExecutor(16) as pool:
        asked = [pool.submit(opened.decide, event, policy="small") for event in payments(opened, sources, 200)]
        read = 0
        while not all(one.done() for one in asked):
            desk.note_reading(reader, Reading("/decisions", (f"P-{read}",), ("customer",), 3, 1), clearance, opened.clock.now_us())
            read += 1
    assert len(decisions([one.result() for one in asked])) == 200
    assert len(list(opened.log.read(0, ["access.read"]))) == read > 1
    assert (fell, restored) == ([], [])


def test_the_same_event_at_once_has_one_answer_and_another_under_its_id_is_refused(opened: Bank, sources: Sequence[Source]) -> None:
    first, second, *_ = payments(opened, sources, 2)
    other = replace(first, time_us=first.time_us + 1)
    outcomes = at_once(opened.live("small").decider, [first] * 5 + [other, second] + [first] * 3)
    assert codes(outcomes) == ["Decision"] * 5 + ["store.conflict", "Decision"] + ["Decision"] * 3
    assert isinstance(outcomes[5], DataError)
    assert len({one.id for one in outcomes if isinstance(one, Decision)}) == 2
    assert [one.event for one in map(opened.log.decision, kinds_of(opened, DECISION_KIND)) if one] == [first.id, second.id]


def kinds_of(bank: Bank, kind: str) -> list[str]:
    return [row.content.id for row in bank.log.read(0) if kind == DECISION_KIND and isinstance(row.content, Decision)]


def test_an_event_of_the_log_is_decided_from_what_came_before_it(opened: Bank, sources: Sequence[Source]) -> None:
    events = payments(opened, sources, 30)
    opened.log.append_events(events[:20])
    answers = decisions(at_once(opened.live("small").decider, [events[5], *events[20:], events[5]]))
    assert answers[0] == answers[-1]
    assert timeless(answers[0]) == timeless(opened.live("small").recomputed(events[5]))
    assert reproduced(opened) == 11


class Faulty:
    """A log whose commits of answers fail when they are told to."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self.fail: list[BaseException | None] = []

    def __getattr__(self, name: str) -> object:
        return getattr(self._log, name)

    def append_answers(self, answers: Sequence[Answered], at: int) -> Pending:
        error = self.fail.pop(0) if self.fail else None
        return self._log.append_answers(answers, at) if error is None else _Failing(error)


class _Failing:
    def __init__(self, error: BaseException) -> None:
        self._error = error

    def result(self) -> int:
        time.sleep(0.02)
        raise self._error


def live_on(bank: Bank, log: object, tmp_path: Path, **settings: object) -> Live:
    """The small policy over another log, with other settings."""
    loaded = bank.load("small")
    kept = Projection("small", loaded.plan, lambda: bank.engine(loaded), tmp_path / "state")
    return Live("small", loaded, bank.engine, log, kept, bank.turn, **settings)  # type: ignore[arg-type]  # settings as given


DISK = ExternalError("store.full", {"en": "the disk is full", "zh": "磁盘已满"}, {"en": "free space", "zh": "请释放空间"})


def test_a_disk_that_refuses_is_told_and_what_was_refused_counts_nowhere(opened: Bank, sources: Sequence[Source], tmp_path: Path) -> None:
    events = payments(opened, sources, 90)
    log = Faulty(opened.log)
    live = live_on(opened, log, tmp_path, bounds=Bounds(group_max=10))
    for fails in ([DISK], [None, DISK, None, DISK], []):
        log.fail = list(fails)
        some, events = events[:30], events[30:]
        outcomes = at_once(live.decider, some)
        refused = [one for one in outcomes if not isinstance(one, Decision)]
        assert all(one is DISK for one in refused)
        assert bool(refused) == bool(fails)
        for event, outcome in zip(some, outcomes, strict=True):
            assert (opened.log.event(event.id) is None) == (outcome is DISK)
    live.close()
    assert reproduced(opened) > 30


def test_a_group_that_did_not_arrive_is_in_no_kept_state(opened: Bank, sources: Sequence[Source], tmp_path: Path) -> None:
    first, last = payments(opened, sources, 2)
    log = Faulty(opened.log)
    live = live_on(opened, log, tmp_path)
    decisions(at_once(live.decider, [first]))
    log.fail = [DISK]
    assert at_once(live.decider, [last]) == [DISK]
    live.close()
    with opened.turn:
        assert live_on(opened, opened.log, tmp_path).follow() == opened.log.end()


def test_one_bad_event_harms_only_whoever_sent_it(opened: Bank, sources: Sequence[Source], tmp_path: Path) -> None:
    events = payments(opened, sources, 40)

    def consequence(event: Event, decision: Decision) -> Sequence[Event]:
        if event.id == events[17].id:
            raise ArithmeticError(decision.id)
        return ()

    live = live_on(opened, opened.log, tmp_path, consequence=consequence)
    outcomes = at_once(live.decider, events)
    live.close()
    assert codes(outcomes) == ["Decision"] * 17 + ["ArithmeticError"] + ["Decision"] * 22
    assert opened.log.event(events[17].id) is None
    assert reproduced(opened) == 39


def test_an_amount_that_no_sum_can_hold_is_refused_alone(opened: Bank, sources: Sequence[Source]) -> None:
    events = payments(opened, sources, 20)
    events[7] = replace(events[7], data={**events[7].data, "amount": 2**62})
    outcomes = at_once(opened.live("small").decider, events)
    assert codes(outcomes) == ["Decision"] * 7 + ["features.value.too_large"] + ["Decision"] * 12
    assert reproduced(opened) == 19


@pytest.mark.parametrize("read_by_features", [False, True])
def test_what_follows_is_written_with_the_decision(opened: Bank, sources: Sequence[Source], tmp_path: Path, read_by_features: bool) -> None:
    kinds = frozenset({"payment.labelled"} if read_by_features else ())

    def consequence(event: Event, decision: Decision) -> Sequence[Event]:
        keys = {role: text for role, text in event.keys.items() if role in ("terminal", "customer")}
        return [Event(f"{decision.id}/label", "payment.labelled", event.time_us, keys, {"payment": event.id, "fraud": True})]

    live = live_on(opened, opened.log, tmp_path, consequence=consequence, consequence_kinds=kinds)
    events = payments(opened, sources, 60)
    answers = decisions(at_once(live.decider, events))
    live.close()
    order = [(type(row.content).__name__, row.content.id) for row in opened.log.read(0)]
    assert len(order) == 180
    if read_by_features:
        engine, alone = opened.engine(live.loaded), list[Decision]()
        for event in events:
            alone.append(decided(live.loaded, engine, event))
            for follows in consequence(event, alone[-1]):
                engine.update(follows)
        assert [timeless(one) for one in answers] == [timeless(one) for one in alone]
        assert any(one.evidence.features["terminal_fraud_rate_28d"] == 1.0 for one in answers)
    assert {f"{one.id}/label" for one in answers} <= {record for _, record in order}
    assert reproduced(opened) == 60


def test_a_call_whose_time_is_over_is_not_decided(opened: Bank, sources: Sequence[Source]) -> None:
    late, fine = payments(opened, sources, 2)
    decider = opened.live("small").decider
    (outcome,) = at_once(decider, [late], deadline_ns=time.monotonic_ns() - 1)
    assert codes([outcome]) == ["decide.deadline"]
    assert opened.log.event(late.id) is None
    assert codes(at_once(decider, [fine], deadline_ns=time.monotonic_ns() + 60_000_000_000)) == ["Decision"]


def test_a_call_whose_time_runs_out_while_another_writes_is_not_decided(opened: Bank, sources: Sequence[Source]) -> None:
    (late,) = payments(opened, sources, 1)
    decider = opened.live("small").decider
    answered, outcomes = threading.Event(), list[Outcome]()

    def done(call: Call) -> None:
        outcomes.append(call.outcome)
        answered.set()

    by_ns = time.monotonic_ns() + 200_000_000
    with opened.turn:
        decider.ask(late, done, elapsed_ns=lambda: 0, deadline_ns=by_ns)
        while time.monotonic_ns() <= by_ns:
            time.sleep(0.05)
    assert answered.wait(timeout=30)
    assert codes(outcomes) == ["decide.deadline"]
    assert opened.log.event(late.id) is None


def test_too_many_are_told_to_come_back(opened: Bank, sources: Sequence[Source], tmp_path: Path) -> None:
    events = payments(opened, sources, 12)
    live = live_on(opened, opened.log, tmp_path, bounds=Bounds(waiting_max=4, group_max=1))
    answered = threading.Semaphore(0)
    refusals: list[BusyError] = []
    with opened.turn:
        for event in events:
            try:
                live.decider.ask(event, lambda _: answered.release(), elapsed_ns=lambda: 0)
            except BusyError as error:
                refusals.append(error)
    refused = len(refusals)
    assert {(one.code, one.http_status) for one in refusals} == {("decide.busy", 429)}
    assert refused >= 12 - 4 - 1
    for _ in range(12 - refused):
        assert answered.acquire(timeout=30)
    live.close()
    assert opened.log.end() == 2 * (12 - refused)


def test_closing_answers_what_waits_and_takes_nothing_more(opened: Bank, sources: Sequence[Source]) -> None:
    *events, last = payments(opened, sources, 50)
    decider = opened.live("small").decider
    outcomes: list[Outcome] = []
    for event in events:
        decider.ask(event, lambda call: outcomes.append(call.outcome), elapsed_ns=lambda: 0)
    decider.close()
    assert codes(outcomes) == ["Decision"] * 49
    with pytest.raises(ExternalError) as caught:
        decider.decide(last)
    assert caught.value.code == "decide.closing"
    assert all(caught.value.cause.values())


def test_other_kinds_are_refused_before_they_wait(opened: Bank) -> None:
    with pytest.raises(InputError) as caught:
        opened.live("small").decider.decide(Event("l1", "payment.labelled", 1, {}, {}))
    assert caught.value.code == "decide.kind"


def test_an_event_loop_gets_its_answers_and_its_errors(opened: Bank, sources: Sequence[Source]) -> None:
    events = payments(opened, sources, 30)
    decider = opened.live("small").decider

    async def ask() -> list[Decision | BaseException]:
        calls = LoopCalls(asyncio.get_running_loop())
        waiters = [calls.ask(decider, event, time.perf_counter_ns(), None) for event in events[:-1]]
        waiters.append(calls.ask(decider, events[-1], time.perf_counter_ns() - 10**12, 1))
        waiters[3].cancel()
        return await asyncio.gather(*waiters, return_exceptions=True)

    outcomes = asyncio.run(ask())
    assert isinstance(outcomes[3], asyncio.CancelledError)
    assert codes([outcomes[-1]]) == ["decide.deadline"]
    assert codes([*outcomes[:3], *outcomes[4:-1]]) == ["Decision"] * 28
    assert opened.log.decisions_of(events[3].id), "nobody waited any more, but it was decided"


def test_who_cannot_be_told_keeps_no_other_from_being_told(opened: Bank, sources: Sequence[Source]) -> None:
    events = payments(opened, sources, 8)
    decider = opened.live("small").decider
    told: list[str] = []
    noted: list[str] = []

    async def ask() -> None:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, context: noted.append(str(context["exception"])))
        calls, everyone = LoopCalls(loop), asyncio.Event()

        def telling(name: str) -> Callable[[Decision | BaseException], None]:
            def tell(_: Decision | BaseException) -> None:
                told.append(name)
                if len(told) == len(events):
                    everyone.set()
                raise RuntimeError(name)

            return tell

        for event in events:
            calls.tell(decider, event, time.perf_counter_ns(), None, telling(event.id))
        await asyncio.wait_for(everyone.wait(), 30)
        await asyncio.sleep(0)

    asyncio.run(ask())
    assert sorted(told) == sorted(noted) == sorted(event.id for event in events)
