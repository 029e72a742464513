"""Who stands in records and is no user is called by a title, the record's name on hover."""

import pytest

from huitong.app.rollouts import WATCHER
from huitong.console.words import OF_THE_HOUSE
from huitong.console.work.lists import list_view, one_list
from huitong.console.work.parts import by_name
from huitong.contracts import Actor
from huitong.decisions.policy import read_settings
from huitong.identity import this_machine
from huitong.kernel import Language
from huitong.operations.webhooks.state import SENDER_ID
from huitong.risk import lists
from tests.console.test_policy_view import POLICY
from tests.console.test_work_views import look
from tests.risk.lists.build import GROUNDS, NOW, Office, command, described


def test_whoever_acts_without_being_a_user_and_the_owner_of_what_is_shipped_has_a_title() -> None:
    owner = read_settings({"policy.toml": POLICY.read_bytes()}, "card_payments", trained=False).owner
    assert {WATCHER.id, SENDER_ID, this_machine().actor.id, owner} == set(OF_THE_HOUSE)
    assert by_name("li.wei", look()) == "li.wei"


@pytest.mark.parametrize(("language", "said"), [("en", "this machine"), ("zh", "本机")])
def test_a_list_that_was_opened_at_the_banks_own_machine_says_so(language: Language, said: str) -> None:
    office = Office()
    by = Actor(this_machine().actor.id, frozenset({"steward"}))
    office.do(lists.describe(command("open", by), described(), anew=False))
    body = list_view(one_list(office.state, "cards", {}, NOW), look(language), lambda _kind, _act: GROUNDS).body
    assert f'<span title="local">{said}</span>' in body
