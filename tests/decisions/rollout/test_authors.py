"""Who has a hand in a version, and so cannot sign it: its writers, and those of the drafts that it was made from."""

from dataclasses import replace

import pytest

from huitong.contracts import Actor
from huitong.decisions import rollout as ro
from huitong.kernel import InputError, PolicyError
from tests.decisions.rollout.test_acts import APPROVER, DAY, REPLAY, SETTINGS, Desk, desk

__all__ = ["desk"]
CHEN, HE, ZHAO = (Actor(name, frozenset({"analyst", "approver"})) for name in ("chen", "he", "zhao"))


def signers(desk: Desk, version: str) -> set[str]:
    """Who of four approvers could take a version to shadow."""
    desk.find(version, REPLAY)
    found, refusals = set(), set()
    for by in (CHEN, HE, ZHAO, APPROVER):
        try:
            ro.step_forward(desk.state, desk.command(by), "cards", version, "shadow", SETTINGS)
            found.add(by.id)
        except PolicyError as error:
            refusals.add(error.code)
    assert refusals <= {"access.four_eyes"}
    return found


def test_who_wrote_a_draft_signs_no_version_that_somebody_made_from_it(desk: Desk) -> None:
    desk.draft("v2", HE)
    desk.draft("v3", CHEN)
    desk.draft("v4", ZHAO)
    assert signers(desk, "v2") == {"chen", "zhao", "wang"}
    assert signers(desk, "v3") == {"zhao", "wang"}
    assert signers(desk, "v4") == {"wang"}


def test_what_is_live_was_signed_so_that_its_writers_sign_what_is_made_from_it(desk: Desk) -> None:
    desk.draft("v2", HE)
    desk.find("v2", REPLAY)
    desk.forward("v2", "shadow")
    desk.now_us += DAY
    desk.find("v2", ro.Found("shadow", 0, DAY, 5_000, 150, "v1", 5_000, 150, 40))
    desk.forward("v2", "canary", 50_000)
    desk.now_us += DAY
    desk.find("v2", ro.Found("canary", 0, DAY, 50_000, 1_500, "v1", 950_000, 28_500))
    desk.forward("v2", "live")
    desk.draft("v3", CHEN)
    assert signers(desk, "v3") == {"he", "zhao", "wang"}
    desk.back("v2")
    assert signers(desk, "v3") == {"zhao", "wang"}, "what he wrote is not live any more, and v3 holds it"


def test_who_takes_an_old_version_up_to_write_on_makes_its_writers_writers_of_that(desk: Desk) -> None:
    desk.draft("v2", HE)
    desk.draft("v3", CHEN)
    desk.take(ro.take_up(desk.state, desk.command(ZHAO), "cards", "v1", "from what is live"))
    desk.draft("v4", CHEN)
    assert signers(desk, "v4") == {"he", "zhao", "wang"}, "the folder held what is live again"
    desk.take(ro.take_up(desk.state, desk.command(CHEN), "cards", "v2", "from there"))
    desk.draft("v5", ZHAO)
    assert signers(desk, "v5") == {"wang"}
    desk.take(ro.draft(desk.state, desk.command(ZHAO), "cards", "v3 of new software", "taken up", edited_from="v3"))
    assert signers(desk, "v3 of new software") == {"wang"}
    with pytest.raises(InputError, match="nobody has drafted"):
        ro.draft(desk.state, desk.command(ZHAO), "cards", "v9", "so", edited_from="v8")


def test_drafts_of_before_their_origin_was_recorded_are_followed_in_their_order(desk: Desk) -> None:
    desk.draft("v2", HE)
    desk.draft("v3", CHEN)
    old = [replace(one, data={name: value for name, value in one.data.items() if name != "edited_from"}) for one in desk.events]
    assert any(one.data != before.data for one, before in zip(old, desk.events, strict=True))
    desk.state, desk.events = ro.Rollouts(), []
    desk.take(old)
    assert signers(desk, "v3") == {"zhao", "wang"}
