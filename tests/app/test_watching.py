"""What is counted about a challenger, told to pages: nobody waits for a long past, and no number is of two moments."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from huitong.app import Source, watching
from huitong.app.acting import BankWork
from huitong.app.serving import BankService
from huitong.app.watching import Watch
from huitong.app.working import WorkBank
from huitong.contracts import Decision, Event, Value
from tests.app.test_rollouts import LI, WANG, People, change, first_live, people
from tests.app.test_unanswered_steps import CUSTOMERS, to_canary

__all__ = ["people"]


@contextmanager
def counting(watch: Watch, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Another thread has counted half of a decision, and stands there until the block ends."""
    there, on = threading.Event(), threading.Event()
    take = Watch._take_decision

    def half(watch: Watch, decision: Decision) -> None:
        watch._arms.challenger.declined += 1_000
        there.set()
        on.wait(10)
        on.set()
        watch._arms.challenger.declined -= 1_000
        take(watch, decision)

    with monkeypatch.context() as patched:
        patched.setattr(Watch, "_take_decision", half)
        thread = threading.Thread(target=watch.step)
        thread.start()
        try:
            assert there.wait(20)
            yield
            assert thread.is_alive(), "whoever asked waited until it was counted"
        finally:
            on.set()
            thread.join()


def test_a_page_waits_for_no_long_past_and_says_that_it_is_being_counted(
    people: People, sources: list[Source], root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bank, (_, second) = people.bank, to_canary(people, sources, root, 150_000)
    console, work = WorkBank(bank, BankService(bank, "small")), BankWork(bank, "small")
    watch = bank.rollouts.watch("small")
    assert watch is not None
    with counting(watch, monkeypatch):
        assert console.contest("small") is None
        assert work.lacking("small")[second], "nothing was found about the canary yet"
    contest = console.contest("small")
    assert contest is not None
    assert contest.live.decided + contest.challenger.decided == len(CUSTOMERS)


def test_what_was_counted_so_far_is_told_while_another_thread_counts(
    people: People, sources: list[Source], root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bank = people.bank
    to_canary(people, sources, root, 150_000)
    console, work, watch = WorkBank(bank, BankService(bank, "small")), BankWork(bank, "small"), bank.rollouts.watch("small")
    assert watch is not None
    watch.step()
    people.pay(CUSTOMERS, 100)
    with counting(watch, monkeypatch):
        contest = console.contest("small")
        work.lacking("small")
        assert contest is not None
        assert (contest.live.decided + contest.challenger.decided, contest.challenger.declined) == (len(CUSTOMERS), 0)
        assert watch.found().declined == 0
        assert watch.broken(0.05) == []


def test_a_page_that_counts_itself_takes_in_what_it_has_time_for(
    people: People, sources: list[Source], root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    to_canary(people, sources, root, 150_000)
    watch = people.bank.rollouts.watch("small")
    assert watch is not None
    watch.step()
    people.pay(CUSTOMERS, 100)
    monkeypatch.setattr(watching, "GLANCED_MAX", 20)
    watch.glance()
    told = watch.counts
    assert told.live.decided + told.challenger.decided == len(CUSTOMERS) + 10, "an event and a decision each"
    assert watch.step() == 2 * len(CUSTOMERS) - 20
    assert told.live.decided + told.challenger.decided == len(CUSTOMERS) + 10, "what was told changes no more"
    assert watch.found().decided + watch.found().against_decided == 2 * len(CUSTOMERS)


def in_shadow(people: People, sources: list[Source], root: Path, before: str, after: str) -> Watch:
    """A changed version beside the live one: what is counted about it."""
    office = people.bank.rollouts
    first_live(people, sources)
    change(root, before, after)
    version = office.draft(people(LI), "small", "a change")
    office.replayed(people(LI), "small", people.bank.replay("small", sources))
    office.forward(people(WANG), "small", version, "shadow")
    watch = office.watch("small")
    assert watch is not None
    return watch


def test_in_shadow_a_complaint_is_about_each_that_declined(people: People, sources: list[Source], root: Path) -> None:
    watch = in_shadow(people, sources, root, "a huge amount", "a very huge amount")
    people.pay(CUSTOMERS[:3], 5_000_000)
    for number in (1, 2):
        data: dict[str, Value] = {"payment": f"N-{number}", "fraud": False}
        label = Event(f"L-{number}", "payment.labelled", people.bank.clock.now_us(), {"customer": "K0", "terminal": "T9"}, data)
        people.bank.log.append_events([label])
    watch.step()
    tallies = watch._arms
    assert (tallies.live.declined, tallies.live.complaints) == (3, 2)
    assert (tallies.challenger.declined, tallies.challenger.complaints) == (3, 2)
    people.bank.close()


def test_a_new_graver_outcome_does_not_hide_declines(people: People, sources: list[Source], root: Path) -> None:
    words = 'outcomes = ["approve", "review", "decline"'
    watch = in_shadow(people, sources, root, words, f'{words}, "block"')
    assert watch.watched.declining == {"decline", "block"}
    people.pay(CUSTOMERS[:3], 5_000_000)
    watch.step()
    assert (watch._arms.live.declined, watch._arms.challenger.declined) == (3, 3)
    people.bank.close()


def test_a_canary_that_slows_the_live_version_down_with_it_takes_itself_back(people: People, sources: list[Source], root: Path) -> None:
    bank, office = people.bank, people.bank.rollouts
    first = first_live(people, sources)
    change(root, "amount > 200000", "amount > 190000")
    second = office.draft(people(LI), "small", "no other outcome, and slow")
    office.replayed(people(LI), "small", bank.replay("small", sources))
    office.forward(people(WANG), "small", second, "shadow")
    people.pay([f"K{number}" for number in range(10)], 100)
    office.forward(people(WANG), "small", second, "canary", share_ppm=500_000)
    live, canary = (bank.lives.of(f"small@{version}").deciding_time for version in (first, second))
    before = canary.told()
    people.pay([f"K{number}" for number in range(30)], 100)
    assert sum(one.trials for one in canary.told().after(before).slower_than(50_000)), "each group is counted"
    for _ in range(60):
        live.add(120_000_000, 1)
    assert office.look("small") == []
    for _ in range(60):
        live.add(2_000_000, 20)
        canary.add(120_000_000, 20)
    assert office.look("small") == [], "larger groups may take longer"
    for _ in range(60):
        live.add(2_000_000, 40)
    (broken,) = office.look("small")
    assert broken.code == "stop.latency"
    assert set(people.pay([f"K{number}" for number in range(10)], 100)) == {first}
    people.bank.close()
