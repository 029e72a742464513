"""Commands to a real HTTP core system: at least once, done once, in order, through crashes and silences; and what differs is found."""

import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from huitong.contracts import Event, MeasureKind
from huitong.kernel import ExternalError, FixedClock, HuitongError, InputError
from huitong.risk.disposition import (
    Answer,
    Delivered,
    Held,
    HttpCoreSystem,
    Instruction,
    Ledger,
    MeasuresBook,
    Outbox,
    Place,
    Scope,
    Subject,
    due,
    event_of,
    overdue,
    reconcile,
    state_of,
    wait_us,
)
from huitong.store import BookKeeper, RecordLog, SqliteLog
from tests.risk.disposition.build import ACCOUNT, DAY, HOUR, MINUTE, NOW, change, folded
from tests.risk.disposition.core import Core

SECOND = 1_000_000


@pytest.fixture
def core() -> Iterator[Core]:
    one = Core()
    yield one
    one.close()


@pytest.fixture
def log(tmp_path: Path) -> Iterator[RecordLog]:
    with SqliteLog(tmp_path / "log.sqlite") as log:
        yield log


def keeper_on(log: RecordLog) -> BookKeeper[Ledger]:
    return BookKeeper(MeasuresBook(), log, threading.Lock())


def told(
    id_: str,
    at_us: int,
    until_us: int,
    kind: MeasureKind = "hold",
    *,
    scope: Scope = Scope(),  # noqa: B008 -- frozen
    lifts: bool = False,
    amount_minor: int | None = None,
) -> Event:
    return event_of(change(id_, at_us, until_us, kind, scope=scope, lifts=lifts, amount_minor=amount_minor, tells_core=True))


def states(keeper: BookKeeper[Ledger], now_us: int) -> dict[str, str]:
    return keeper.ask(lambda ledger: {one.id: state_of(one, now_us) for one in ledger.commands.values()})


def test_what_is_imposed_and_lifted_arrives_in_order_and_the_sides_agree(core: Core, log: RecordLog) -> None:
    log.append_events(
        [told("c1", NOW, NOW + DAY), told("c2", NOW, NOW + 2 * DAY, kind="limit", amount_minor=5), told("c3", NOW + 1, 0, lifts=True)]
    )
    log.append_events([told(f"s{n}", NOW, NOW + DAY, scope=Scope("online", f"A{n}")) for n in range(5)])
    keeper, clock = keeper_on(log), FixedClock(NOW + HOUR)
    adapter = HttpCoreSystem(core.address)
    assert Outbox(keeper, adapter, clock).deliver() == Delivered(taken=8)
    assert core.calls.index("c1") < core.calls.index("c3")
    assert set(states(keeper, NOW + HOUR).values()) == {"taken"}
    assert Held(Place(ACCOUNT, "limit"), NOW + 2 * DAY, 5) in adapter.held()
    assert len(adapter.held()) == 6
    assert keeper.ask(lambda ledger: reconcile(ledger, adapter.held(), NOW + HOUR)) == []
    assert Outbox(keeper, adapter, clock).deliver() == Delivered()


def test_a_kill_between_sending_and_writing_sends_again_under_the_same_key(core: Core, log: RecordLog) -> None:
    log.append_events([told("c1", NOW, NOW + DAY)])
    clock = FixedClock(NOW)

    class Killed(BaseException):
        pass

    class DiesAfterSending:
        def tell(self, instruction: Instruction) -> Answer:
            HttpCoreSystem(core.address).tell(instruction)
            raise Killed

        def held(self) -> list[Held]:
            return []

    with pytest.raises(Killed):
        Outbox(keeper_on(log), DiesAfterSending(), clock).deliver()
    log.append_events([told("c2", NOW + 1, NOW + 2 * DAY)])  # behind it, on the same place
    again = keeper_on(log)  # another process: all it has is the log
    assert states(again, NOW + 1) == {"c1": "sent", "c2": "waiting"}
    assert states(again, NOW + MINUTE)["c1"] == "unknown"
    clock.advance_us(wait_us(1))
    assert Outbox(again, HttpCoreSystem(core.address), clock).deliver() == Delivered(taken=2)
    assert core.calls == ["c1", "c1", "c2"]
    assert core.done["c1"]["until_us"] == NOW + DAY, "the same key says the same again"
    assert core.done["c2"]["until_us"] == NOW + 2 * DAY


def test_silence_is_waited_out_longer_and_longer_and_nothing_is_done_twice(core: Core, log: RecordLog) -> None:
    log.append_events([told("c1", NOW, NOW + DAY), told("l1", NOW + 1, 0, lifts=True)])
    clock, keeper = FixedClock(NOW), keeper_on(log)
    outbox = Outbox(keeper, HttpCoreSystem(core.address, timeout_s=5), clock)
    core.broken = True
    for attempt in range(1, 4):
        assert outbox.deliver() == Delivered(unanswered=1)
        clock.advance_us(wait_us(attempt) - 1)
        assert outbox.deliver() == Delivered(), "before its wait is over it is left alone"
        clock.advance_us(1)
    core.broken, core.mute_after_doing = False, True
    assert outbox.deliver() == Delivered(unanswered=1)
    core.mute_after_doing = False
    clock.advance_us(wait_us(4))
    assert outbox.deliver() == Delivered(taken=2)
    assert core.calls == [*["c1"] * 5, "l1"], "what lifts it waits for what imposes it"
    assert len(core.done) == 2
    assert [wait_us(n) for n in (0, 1, 2, 3, 11, 10**6)] == [0, SECOND, 2 * SECOND, 4 * SECOND, 600 * SECOND, 600 * SECOND]


def test_a_refusal_is_final_and_found(core: Core, log: RecordLog) -> None:
    core.refuses.add("c1")
    log.append_events([told("c1", NOW, NOW + DAY)])
    keeper, adapter = keeper_on(log), HttpCoreSystem(core.address)
    assert Outbox(keeper, adapter, FixedClock(NOW)).deliver() == Delivered(refused=1)
    (finding,) = keeper.ask(lambda ledger: reconcile(ledger, adapter.held(), NOW))
    assert finding.code == "measure.core.missing"
    assert "account closed" in finding.text["en"]
    assert "account closed" in finding.text["zh"]


def test_a_shorter_measure_does_not_shorten_what_the_core_system_holds() -> None:
    ledger = folded(told("c1", NOW, NOW + DAY, kind="limit", amount_minor=5), told("c2", NOW + 1, NOW + HOUR, kind="limit"))
    answered = Event("a", "measure.command_answered", NOW + 2, {}, {"command": "c1", "answer": "taken"})
    MeasuresBook().enter(ledger, answered)
    (instruction,) = due(ledger, NOW + 3)
    assert (instruction.key, instruction.until_us, instruction.amount_minor) == ("c2", NOW + DAY, 5)


@pytest.mark.parametrize(
    ("late", "held"),
    [
        (told("c2", NOW + MINUTE, NOW + DAY), {}),  # before the lifting: nothing holds now
        (told("c2", NOW - MINUTE, NOW - 1), {}),
        (told("c2", NOW + 3 * MINUTE, NOW + HOUR), {"until_us": NOW + HOUR, "change": "impose"}),
    ],
)
def test_late_changes_leave_the_core_system_with_what_the_place_holds(
    core: Core, log: RecordLog, late: Event, held: dict[str, object]
) -> None:
    keeper, clock, adapter = keeper_on(log), FixedClock(NOW + 5 * MINUTE), HttpCoreSystem(core.address)
    log.append_events([told("c1", NOW, NOW + DAY), told("l1", NOW + 2 * MINUTE, 0, lifts=True)])
    Outbox(keeper, adapter, clock).deliver()
    log.append_events([late])
    Outbox(keeper, adapter, clock).deliver()
    assert [one.items() >= held.items() for one in core.held.values()] == ([True] if held else [])
    assert keeper.ask(lambda ledger: reconcile(ledger, adapter.held(), NOW + 5 * MINUTE)) == []


def test_a_late_change_with_an_earlier_end_shortens_nothing_there(core: Core, log: RecordLog) -> None:
    keeper, adapter = keeper_on(log), HttpCoreSystem(core.address)
    log.append_events([told("c1", NOW, NOW + DAY, kind="limit", amount_minor=5)])
    Outbox(keeper, adapter, FixedClock(NOW)).deliver()
    log.append_events([told("c0", NOW - MINUTE, NOW + HOUR, kind="limit", amount_minor=9)])
    Outbox(keeper, adapter, FixedClock(NOW + MINUTE)).deliver()
    assert adapter.held() == [Held(Place(ACCOUNT, "limit"), NOW + DAY, 5)]


def test_what_was_sent_without_an_answer_is_sent_again_as_it_was(core: Core, log: RecordLog) -> None:
    keeper, clock, adapter = keeper_on(log), FixedClock(NOW), HttpCoreSystem(core.address)
    log.append_events([told("c1", NOW, NOW + DAY, kind="limit", amount_minor=5)])
    core.mute_after_doing = True
    Outbox(keeper, adapter, clock).deliver()
    log.append_events([told("c2", NOW + 1, NOW + 2 * DAY, kind="limit", amount_minor=3), told("l", NOW + 2, 0, kind="limit", lifts=True)])
    core.mute_after_doing = False
    clock.advance_us(MINUTE)
    Outbox(keeper_on(log), adapter, clock).deliver()  # the core double sees to it that a key says the same again
    assert core.calls == ["c1", "c1", "c2", "l"]
    assert adapter.held() == []


class Slow:
    """A core system that gives no answer, after a while."""

    def __init__(self, clock: FixedClock, seconds: int) -> None:
        self.told: list[str] = []
        self._clock, self._seconds = clock, seconds

    def tell(self, instruction: Instruction) -> Answer:
        self.told.append(instruction.key)
        self._clock.advance_us(self._seconds * SECOND)
        raise ExternalError("measure.core.silent", {"en": "silent", "zh": "无答复"}, {"en": "wait", "zh": "请等待"})

    def held(self) -> list[Held]:
        return []


def test_a_round_tells_a_silent_core_system_each_place_once_and_ends_when_told_to(log: RecordLog) -> None:
    log.append_events([told(f"s{n}", NOW, NOW + DAY, scope=Scope(None, f"A{n}")) for n in range(40)])
    keeper, clock = keeper_on(log), FixedClock(NOW)
    slow = Slow(clock, 10)
    assert Outbox(keeper, slow, clock).deliver() == Delivered(unanswered=40)
    assert len(slow.told) == 40
    assert Outbox(keeper, slow, clock).deliver(lambda: len(slow.told) >= 43) == Delivered(unanswered=3)


def test_a_command_is_overdue_by_its_age_however_often_it_was_sent() -> None:
    ledger = folded(told("c1", NOW, NOW + DAY), told("c2", NOW, NOW + DAY, kind="limit"))
    sent: dict[str, int | str | None] = {"attempt": 1, "until": NOW + DAY, "change": "impose"}
    for number, at_us in enumerate((NOW + SECOND, NOW + 20 * SECOND)):
        MeasuresBook().enter(ledger, Event(f"s{number}", "measure.command_sent", at_us, {}, {"command": "c1", **sent}))
    assert overdue(ledger, NOW + 29 * SECOND) == []
    assert [one.id for one in overdue(ledger, NOW + 31 * SECOND)] == ["c1", "c2"]


@pytest.mark.parametrize(
    ("events", "held", "codes"),
    [
        ([told("c", NOW, NOW + DAY)], [], ["measure.core.missing"]),
        ([told("c", NOW, NOW + DAY)], [Held(Place(ACCOUNT, "hold"), NOW + DAY)], []),
        ([told("c", NOW, NOW + DAY)], [Held(Place(ACCOUNT, "hold"), NOW + HOUR)], ["measure.core.differs"]),
        ([told("c", NOW, NOW + DAY)], [Held(Place(ACCOUNT, "hold"), NOW + DAY, 7)], ["measure.core.differs"]),
        ([told("c", NOW, NOW + 3)], [Held(Place(ACCOUNT, "hold"), NOW + DAY)], ["measure.core.lingers"]),
        (
            [told("c", NOW, NOW + DAY), told("l", NOW + 1, 0, lifts=True)],
            [Held(Place(ACCOUNT, "hold"), NOW + DAY)],
            ["measure.core.lingers"],
        ),
        ([], [Held(Place(Subject("card", "9"), "freeze"), NOW + DAY)], ["measure.core.foreign"]),
        ([told("c", NOW, NOW + DAY)], [Held(Place(ACCOUNT, "hold"), NOW + DAY - 999_999)], []),  # kept in whole seconds there
        ([event_of(change("c", NOW, NOW + DAY, "watch"))], [], []),
        ([], [Held(Place(ACCOUNT, "hold"), NOW)], []),
    ],
)
def test_the_core_systems_list_is_held_against_the_ledger(events: Sequence[Event], held: Sequence[Held], codes: list[str]) -> None:
    found = reconcile(folded(*events), held, NOW + 5)
    assert [one.code for one in found] == codes


@pytest.mark.parametrize(("answer", "severity"), [(None, "warning"), ("taken", "error")])
def test_what_is_on_its_way_is_a_warning(answer: str | None, severity: str) -> None:
    events = [told("c", NOW, NOW + DAY)]
    if answer:
        events.append(Event("a", "measure.command_answered", NOW, {}, {"command": "c", "answer": answer}))
    (finding,) = reconcile(folded(*events), [], NOW)
    assert finding.severity == severity


def test_an_adapter_says_what_is_wrong_in_both_languages(core: Core) -> None:
    with pytest.raises(InputError) as wrong:
        HttpCoreSystem("file:///etc/passwd")
    assert wrong.value.code == "measure.core.address"
    address = core.address
    core.server.server_close()
    with pytest.raises(ExternalError) as silent:
        HttpCoreSystem(address, timeout_s=1).held()
    errors: list[HuitongError] = [wrong.value, silent.value]
    assert all(error.cause["zh"] and error.remedy["en"] for error in errors)


KILLED = """
import os, signal, sys, threading
from pathlib import Path
from huitong.kernel import FixedClock
from huitong.risk.disposition import HttpCoreSystem, MeasuresBook, Outbox
from huitong.store import BookKeeper, SqliteLog

class Dies(HttpCoreSystem):
    def tell(self, instruction):
        super().tell(instruction)
        os.kill(os.getpid(), signal.SIGKILL)

with SqliteLog(Path(sys.argv[1])) as log:
    Outbox(BookKeeper(MeasuresBook(), log, threading.Lock()), Dies(sys.argv[2]), FixedClock(int(sys.argv[3]))).deliver()
"""


def test_a_process_killed_by_the_system_after_sending_leaves_what_the_next_one_needs(core: Core, tmp_path: Path) -> None:
    path = tmp_path / "log.sqlite"
    with SqliteLog(path) as log:
        log.append_events([told("c1", NOW, NOW + DAY)])
    done = subprocess.run([sys.executable, "-c", KILLED, str(path), core.address, str(NOW)], check=False, timeout=60)
    assert done.returncode == -signal.SIGKILL
    assert core.calls == ["c1"]
    with SqliteLog(path) as log:
        keeper = keeper_on(log)
        assert states(keeper, NOW + MINUTE) == {"c1": "unknown"}
        assert Outbox(keeper, HttpCoreSystem(core.address), FixedClock(NOW + MINUTE)).deliver() == Delivered(taken=1)
        assert states(keeper, NOW + MINUTE) == {"c1": "taken"}
    assert core.calls == ["c1", "c1"]
    assert len(core.done) == 1
