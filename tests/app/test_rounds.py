"""A served bank whose canary does harm: it is taken back by itself, while people go on asking for decisions."""

import threading
import time
from pathlib import Path

import pytest

from huitong.app import Source
from huitong.app.rounds import Rounds
from huitong.app.server import rounds_of
from huitong.decisions import rollout
from huitong.kernel import HuitongError
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


def test_a_policy_that_cannot_be_watched_keeps_no_other_from_being_watched(people: People, sources: list[Source], root: Path) -> None:
    office, second = people.bank.rollouts, harmful_canary(people, sources, root)
    steps: tuple[tuple[str, rollout.Stage], ...] = (("1" * 64, "live"), ("2" * 64, "shadow"))
    for version, to in steps:  # of a policy whose folders are gone
        people.bank.books.rollouts.carry_out(people(LI), rollout.draft, "another", version, "the first")
        replayed = rollout.Found("replay", 0, 1, 1_000, 1)
        people.bank.books.rollouts.carry_out(people(LI), rollout.add_evidence, "another", version, replayed)
        people.bank.books.rollouts.carry_out(people(WANG), rollout.step_forward, "another", version, to, office.settings)
    people.pay([f"K{number}" for number in range(60)], 100)
    with pytest.raises(HuitongError):
        office.look_at_all()
    assert office.status("small").versions[second].stage == "replayed"
    people.bank.close()


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
