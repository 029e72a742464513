"""A served bank whose canary does harm: it is taken back by itself, while people go on asking for decisions."""

import time
from pathlib import Path

from huitong.app import Source
from huitong.app.server import rounds_of
from tests.app.test_rollouts import LI, WANG, People, change, first_live, people

__all__ = ["people"]


def test_a_harmful_canary_is_taken_back_within_seconds(people: People, sources: list[Source], root: Path) -> None:
    office = people.bank.rollouts
    first_live(people, sources)
    change(root, "amount > 200000", "amount > 20")
    second = office.draft(people(LI), "small", "a slip of the finger")
    office.replayed(people(LI), "small", people.bank.replay("small", sources))
    office.forward(people(WANG), "small", second, "shadow")
    people.pay([f"K{number}" for number in range(10)], 100)
    office.forward(people(WANG), "small", second, "canary", share_ppm=500_000)
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
