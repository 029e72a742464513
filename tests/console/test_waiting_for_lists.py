"""Who signs changes of a list sees what they sign."""

from dataclasses import replace

import pytest

from huitong.console.work.lists import AllLists, lists_view
from huitong.console.work.look import Look
from huitong.contracts import Actor
from huitong.identity import Clearance
from huitong.kernel import Language
from huitong.risk.lists import Proposal, waiting
from tests.risk.lists.build import CHEN, CONTRACTS, DAY, NOW, Office


def proposed() -> tuple[Office, Proposal]:
    """Five entries that wait, of two grounds, with two ends; one has a reason."""
    office = Office()
    office.open(second=True)
    office.add("a1", by=CHEN)
    (one,) = waiting(office.state, NOW)
    (first,) = one.changes
    rows = [replace(first, value=f"K{number}", until_us=NOW + (1 + number % 2) * DAY) for number in range(5)]
    rows[4] = replace(rows[4], ground="other", ground_text={"en": "other", "zh": "其他"}, reason="of the ring")
    return office, replace(one, changes=rows)


@pytest.mark.parametrize(
    ("language", "said"),
    [
        (
            "en",
            [
                "2 different ones",
                "each of them",
                "K4",
                "of the ring",
                "5 entries (K0, K1, K2 and 2 more) are added",
                "Confirm: add to A list",
            ],
        ),
        ("zh", ["2 种依据", "逐条查看", "K4", "添加 5 个条目（K0、K1、K2等）", "同意：加入“名单”"]),
    ],
)
def test_each_value_its_end_and_its_reason_can_be_unfolded_before_one_signs(language: Language, said: list[str]) -> None:
    office, one = proposed()
    look = Look(language, "UTC", "CNY", NOW, Actor("wang.fang", frozenset({"approver"})), Clearance(3), contracts=CONTRACTS)
    view = lists_view(AllLists((), ((office.state.lists["cards"], one),)), look)
    page = str(view.body) + str(view.dialogs(language))
    for text in said:
        assert text in page, text


@pytest.mark.parametrize(("language", "said"), [("en", "You sign that 5 entries are added"), ("zh", "您签署添加 5 个条目，")])
def test_a_dialog_names_no_value_that_its_reader_may_not_see(language: Language, said: str) -> None:
    office, one = proposed()
    look = Look(language, "UTC", "CNY", NOW, Actor("wang.fang", frozenset({"approver"})), Clearance(1), contracts=CONTRACTS)
    dialogs = str(lists_view(AllLists((), ((office.state.lists["cards"], one),)), look).dialogs(language))
    assert said in dialogs
    assert "K0" not in dialogs
