"""A proposal to close a case that became void says so, and by what: in the time line, on top of the page, and to the second person."""

from collections.abc import Callable

import pytest

from huitong.console.work.cases import case_view, one_case
from huitong.kernel import HuitongError, Language
from huitong.operations import cases as ca
from tests.console.test_sent_back import proposed
from tests.console.test_work_views import LANGUAGES, desk_of, look
from tests.operations.desk import LEAD, LI, SETTINGS, WANG, TestDesk, labels_of

Happens = Callable[[TestDesk, str], object]


def joins(desk: TestDesk, _case: str) -> None:
    desk.decided("later", "C0")


def linked(desk: TestDesk, case: str) -> None:
    other = desk.decided("stranger", "C9")
    desk.act(lambda command: ca.link(desk.state, command, case, other), WANG)


def reopened(desk: TestDesk, case: str) -> None:
    alert = desk.state.cases[case].alerts[0]
    proposal = desk.state.cases[case].proposal
    desk.act(lambda command: ca.close_case(desk.state, command, case, proposal, labels_of), WANG)
    desk.act(lambda command: ca.reopen_case(desk.state, command, case, "doubt"))
    desk.act(lambda command: ca.propose(desk.state, command, case, "genuine", "salary", SETTINGS), LI)
    desk.act(lambda command: ca.reopen(desk.state, command, alert, "a complaint"), WANG)


@pytest.mark.parametrize(
    ("happens", "kind", "said", "cause"),
    [
        (joins, "alert.raised", {"en": ["joined", "later"], "zh": ["支付", "later", "并入了"]}, "a payment joined one of its alerts"),
        (linked, "case.linked", {"en": ["wang added"], "zh": ["wang 并入了"]}, "wang added an alert"),
        (reopened, "alert.reopened", {"en": ["wang reopened"], "zh": ["wang 重新打开了"]}, "wang reopened an alert"),
    ],
)
def test_what_made_a_proposal_void_is_told_everywhere(happens: Happens, kind: str, said: dict[Language, list[str]], cause: str) -> None:
    desk = desk_of(10_000)
    case = proposed(desk)
    happens(desk, case)
    latest = desk.state.cases[case].timeline[-1]
    assert latest.kind == kind
    assert latest.voids in [one.id for one in desk.state.cases[case].timeline if one.kind == "case.proposed"]
    for language in LANGUAGES:
        view = case_view(one_case(desk.state, SETTINGS, case), look(language))
        for part in said[language]:
            assert part in str(view.answer)
        assert {"en": "What li proposed is void", "zh": "li 提出的结论已失效"}[language] in str(view.answer)
        assert {"en": "what li proposed is void", "zh": "li 提出的结论失效"}[language] in view.body
    with pytest.raises(HuitongError, match=cause) as refused:
        desk.act(lambda command: ca.close_case(desk.state, command, case, latest.voids, labels_of), LEAD)
    assert refused.value.code == "case.unproposed"
    desk.act(lambda command: ca.propose(desk.state, command, case, "fraud", "again", SETTINGS), LI)
    view = case_view(one_case(desk.state, SETTINGS, case), look())
    assert "is void" not in str(view.answer)


def test_who_hears_that_nothing_is_proposed_learns_that_it_was_sent_back() -> None:
    desk = desk_of(10_000)
    case = proposed(desk)
    proposal = desk.state.cases[case].proposal
    desk.act(lambda command: ca.refuse_case(desk.state, command, case, proposal, "call the payee"), WANG)
    assert desk.state.cases[case].timeline[-1].voids == proposal
    with pytest.raises(HuitongError, match="since wang sent it back"):
        desk.act(lambda command: ca.close_case(desk.state, command, case, proposal, labels_of), LEAD)


def test_what_happens_while_nothing_is_proposed_makes_nothing_void() -> None:
    desk = desk_of(10_000)
    case = proposed(desk)
    desk.decided("later", "C0")
    lines = len(desk.state.cases[case].timeline)
    desk.decided("later still", "C0")
    assert len(desk.state.cases[case].timeline) == lines
