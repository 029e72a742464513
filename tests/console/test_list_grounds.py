"""Of the institution's grounds those are offered that fit what is done to a list."""

from collections.abc import Collection
from pathlib import Path

import pytest

from huitong.app import Bank
from huitong.console.work.lists import list_view, one_list
from huitong.console.work.look import Look
from huitong.contracts import Actor
from huitong.identity import Clearance
from huitong.kernel import FixedClock
from huitong.risk import lists
from huitong.risk.lists import ListKind
from tests.risk.lists.build import CONTRACTS, NOW, WANG, Office, command

TO_ADD, TO_LIFT = {"customer_report"}, {"verified", "mistaken", "over"}
EITHER = {"investigation", "court_order"}


@pytest.mark.parametrize(
    ("kind", "added", "lifted"),
    [
        ("block", TO_ADD | EITHER, TO_LIFT | EITHER),
        ("watch", TO_ADD | EITHER, TO_LIFT | EITHER),
        ("allow", TO_ADD | EITHER | TO_LIFT, TO_ADD | EITHER | TO_LIFT),
    ],
)
def test_grounds_for_lifting_are_not_offered_to_add_but_to_whom_the_bank_trusts(
    tmp_path: Path, kind: ListKind, added: Collection[str], lifted: Collection[str]
) -> None:
    office = Office()
    office.open(kind=kind)
    office.add("a1")
    for waiting in lists.waiting(office.state, NOW):
        office.do(lists.confirm(command("c1", WANG), waiting.id))
    look = Look("zh", "UTC", "CNY", NOW, Actor("li.wei", frozenset({"investigator"})), Clearance(3), contracts=CONTRACTS)
    with Bank(tmp_path, clock=FixedClock(NOW), threads=1) as bank:
        view = list_view(one_list(office.state, "cards", {}, NOW), look, bank.lists.grounds_for)
    offered = {
        form.act: {code for field in form.fields if field.name == "ground" for code, _ in field.options}
        for form in (*view.forms, *view.inline)
    }
    assert offered == {"list.add": added, "list.import": added, "list.lift": lifted}
