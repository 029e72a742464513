"""A served bank whose canary does harm: it is taken back by itself, while people go on asking for decisions."""

import threading
import time
from pathlib import Path

import pytest

from huitong.app import Source, rollouts
from huitong.app.rounds import Rounds
from huitong.app.server import rounds_of
from huitong.decisions import rollout
from huitong.kernel import EventId, HuitongError
from tests.app.test_rollouts import LI, WANG, People, change, first_live, people

__all__ = ["people"]


def harmful_canary(people: People, sources: list[Source], root: Path) -> str:
    """A version on half of the customers that declines what the live one approves."""
    office = people.bank.rollouts
    first_live(people, sources)
    change(root, "amount > 200000", "amount > 20")
    second = office.draft(people(LI), "small", "a slip of the finger")
    office.replayed(people(LI), "small", people.bank.replay("small", sources))
    office.forward(people(WANG), "small", second, "shadow")
    people.pay([f"K{number}" for number in range(10)], 100)
    office.forward(people(WANG), "small", second, "canary", share_ppm=500_000)
    return second


def test_a_harmful_canary_is_taken_back_within_seconds(people: People, sources: list[Source], root: Path) -> None:
    office, second = people.bank.rollouts, harmful_canary(people, sources, root)
    looking, *_ = rounds_of(people.bank, pause_seconds=0.02)
    deadline, number = time.monotonic() + 20, 0
    with looking:
        while office.status("small").versions[second].stage == "canary" and time.monotonic() < deadline:
            number += 1
            people.pay([f"K{number}"], 100)
    version = office.status("small").versions[second]
    assert (version.stage, version.steps[-1].by) == ("replayed", "huitong:watch")
    assert looking.error is None
    people.bank.close()


def another_policy(people: People, stage: rollout.Stage) -> None:
    """A policy whose folders are gone, with a challenger that came so far."""
    first, second, act = "1" * 64, "2" * 64, people.bank.books.rollouts.carry_out
    ways: tuple[tuple[str, rollout.Stage, str], ...] = (
        (first, "live", "replay"),
        (second, "shadow", "replay"),
        (second, "canary", "shadow"),
    )
    for version, to, sort in ways[: 3 if stage == "canary" else 2]:
        if sort == "replay":
            act(people(LI), rollout.draft, "another", version, "the first")
        act(people(LI), rollout.add_evidence, "another", version, rollout.Found(sort, 0, 1, 1_000, 1, first, 1_000, 1, 0))
        share_ppm = 10_000 if to == "canary" else 0
        act(people(WANG), rollout.step_forward, "another", version, to, people.bank.rollouts.settings, share_ppm=share_ppm)


def test_a_policy_that_cannot_be_watched_keeps_no_other_from_being_watched(people: People, sources: list[Source], root: Path) -> None:
    office, second = people.bank.rollouts, harmful_canary(people, sources, root)
    another_policy(people, "canary")
    people.pay([f"K{number}" for number in range(60)], 100)
    with pytest.raises(HuitongError):
        office.look_at_canaries()
    assert office.status("small").versions[second].stage == "replayed"
    people.bank.close()


def test_a_canary_waits_for_no_shadow_that_folds_the_whole_log(
    people: People, sources: list[Source], root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    office, second = people.bank.rollouts, harmful_canary(people, sources, root)
    another_policy(people, "shadow")
    people.pay([f"K{number}" for number in range(60)], 100)
    look, folding, go_on = office.look, threading.Event(), threading.Event()

    def looked(policy: str, seconds_max: float) -> list[rollout.Broken]:
        if policy == "small":
            return look(policy, seconds_max)
        folding.set()
        assert go_on.wait(20)
        return []

    monkeypatch.setattr(office, "look", looked)
    canaries, shadows = (one for one in rounds_of(people.bank, pause_seconds=0.02) if one.name in ("rollouts", "shadows"))
    with shadows:
        assert folding.wait(20)
        with canaries:
            deadline = time.monotonic() + 20
            while office.status("small").versions[second].stage == "canary" and time.monotonic() < deadline:
                time.sleep(0.02)
        go_on.set()
    assert office.status("small").versions[second].stage == "replayed"
    people.bank.close()


def test_a_canary_far_behind_is_judged_on_the_way(
    people: People, sources: list[Source], root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    office, second = people.bank.rollouts, harmful_canary(people, sources, root)
    people.pay([f"K{number}" for number in range(200)], 100)
    monkeypatch.setattr(rollouts, "JUDGED_EVERY", 40)
    assert {rule.code for rule in office.look("small")} >= {"stop.declined"}
    found = office.status("small").versions[second].evidence[-1]
    assert found.decided + found.against_decided < 150, "what was counted by then is the evidence: the rest changes nothing about it"
    assert office.status("small").versions[second].stage == "replayed"
    people.bank.close()


def test_a_look_that_takes_long_is_gone_on_with_by_the_next(
    people: People, sources: list[Source], root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    office, second = people.bank.rollouts, harmful_canary(people, sources, root)
    people.pay([f"K{number}" for number in range(200)], 100)
    monkeypatch.setattr(rollouts, "JUDGED_EVERY", 10)
    watch, looks = office.watch("small"), 0
    assert watch is not None
    while not office.look("small", 0.0):
        looks += 1
        assert not watch.caught_up, "a page does not show counts of a past that is still being counted"
    assert looks > 1
    assert office.status("small").versions[second].stage == "replayed"
    people.bank.close()


def test_a_canary_is_taken_back_under_load_and_every_answer_stands(people: People, sources: list[Source], root: Path) -> None:
    bank, second = people.bank, harmful_canary(people, sources, root)
    first = bank.rollouts.status("small").lives[-1]
    answered: list[list[tuple[str, str]]] = [[] for _ in range(8)]
    over = threading.Event()

    def pay(caller: int) -> None:
        """Pays as fast as it is answered, until a while after the step back."""
        left = 20
        while left:
            left -= over.is_set()
            id_ = f"L{caller}-{len(answered[caller])}"
            given = {"id": id_, "customer": f"K{len(answered[caller]) % 40}", "amount": "100", "currency": "CNY", "channel": "transfer"}
            answered[caller].append((id_, bank.decide({**given, "time": people.at.now_us()}, policy="small").version))

    callers = [threading.Thread(target=pay, args=(caller,)) for caller in range(len(answered))]
    looking, *_ = rounds_of(bank, pause_seconds=0.02)
    with looking:
        for one in callers:
            one.start()
        deadline = time.monotonic() + 20
        while bank.rollouts.status("small").versions[second].stage == "canary" and time.monotonic() < deadline:
            time.sleep(0.01)
        over.set()
        for one in callers:
            one.join()
    assert bank.rollouts.status("small").versions[second].stage == "replayed"
    for mine in answered:
        assert {version for _, version in mine[-10:]} == {first}, "who asks after the step back is answered by the live version"
        for id_, version in mine:
            (decision,) = bank.log.decisions_of(EventId(id_))
            assert decision.version == version, "what was answered stands in the log, once"
    assert second in {version for mine in answered for _, version in mine}
    bank.close()


def test_a_fault_of_ours_ends_a_round_and_not_the_rounds() -> None:
    gone = threading.Event()

    def work() -> None:
        if rounds.failed == 0:
            raise ZeroDivisionError
        gone.set()

    rounds = Rounds("any", work, pause_seconds=0.01)
    with rounds:
        assert gone.wait(20)
    assert (rounds.failed, rounds.error) == (1, None)
