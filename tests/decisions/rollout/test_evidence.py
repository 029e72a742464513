"""Which of several evidences a step rests on."""

from dataclasses import replace

import pytest

from tests.decisions.rollout.test_acts import REPLAY, Desk, refused


@pytest.mark.parametrize("decisions", [(10_000, 300), (300, 10_000), (300, 10_000, 10_000, 5)])
def test_a_small_replay_takes_nothing_back_of_what_a_large_one_found(decisions: tuple[int, ...]) -> None:
    desk = Desk()
    desk.draft("v1")
    desk.find("v1", REPLAY)
    desk.forward("v1", "live")
    desk.draft("v2")
    for number, decided in enumerate(decisions):
        desk.now_us += 1
        desk.find("v2", replace(REPLAY, decided=decided, declined=number))
    rests = desk.cards.versions["v2"].found("replay")
    assert rests is not None
    assert (rests.decided, rests.declined) == (10_000, max(place for place, one in enumerate(decisions) if one == 10_000))
    desk.forward("v2", "shadow")


def test_several_small_ones_are_not_a_large_one() -> None:
    desk = Desk()
    desk.draft("v1")
    for _ in range(5):
        desk.find("v1", replace(REPLAY, decided=300))
    assert refused(desk, "v1", "live").code == "rollout.evidence.missing"
