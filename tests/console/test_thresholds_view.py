"""The page of a score's thresholds: who may draft a version is offered it, everybody else looks and tries."""

import pytest

from huitong.console.ports_work import PolicyFiles
from huitong.console.work.editor import Edited
from huitong.console.work.look import Look
from huitong.console.work.thresholds import thresholds_view
from huitong.contracts import Actor, Role
from huitong.decisions.policy import read_settings
from huitong.identity import Clearance
from tests.console.test_policy_view import POLICY


def page(role: Role, *, live: bool = True) -> str:
    """What somebody in a role sees."""
    settings = read_settings({"policy.toml": POLICY.read_bytes()}, "card_payments", trained=False)
    look = Look("en", "Asia/Shanghai", "CNY", 3, Actor("li", frozenset({role})), Clearance(3))
    known = Edited("card_payments", PolicyFiles("f" * 64, settings, (), ()), (), "seen", live)
    return str(thresholds_view({"review": 0.05, "decline": 0.2}, known, look).body)


@pytest.mark.parametrize(("role", "drafts"), [("analyst", True), ("approver", False)])
def test_only_who_may_draft_a_version_is_offered_to_and_asked_before_leaving(role: Role, drafts: bool) -> None:
    seen = page(role)
    assert "What would this have done?" in seen
    assert ("Draft as a version" in seen, 'name="reason"' in seen, "data-unsaved" in seen) == (drafts, drafts, drafts)
    assert ("An analyst drafts versions" in seen) is not drafts
