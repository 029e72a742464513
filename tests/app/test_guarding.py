"""A served bank whose canary does harm: it is taken back by itself, while people go on asking for decisions."""

import time
from collections.abc import Sequence
from pathlib import Path

from huitong.app import Source
from huitong.app.guarding import Guard
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
    with Guard(office, people.bank.policies, pause_seconds=0.02) as guard:
        for number in range(200):
            people.pay([f"K{number}"], 100)
            if guard.stopped:
                break
        stopped_by(guard)
    assert {broken.code for _, broken in guard.stopped} >= {"stop.declined"}
    assert office.status("small").versions[second].stage == "replayed"
    assert guard.error is None
    people.bank.close()


def stopped_by(guard: Guard, within_s: float = 10.0) -> Sequence[object]:
    """Waits for the guard to have its say."""
    deadline = time.monotonic() + within_s
    while not guard.stopped and time.monotonic() < deadline:
        time.sleep(0.02)
    return guard.stopped
