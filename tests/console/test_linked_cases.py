"""Two cases that are linked know of each other: on the page, in the time line, over HTTP."""

from functools import partial

import pytest

from huitong.api.work.case_items import case_item
from huitong.console.work.cases import case_view, one_case
from huitong.kernel import Language
from huitong.operations import cases as ca
from tests.console.test_work_views import LANGUAGES, desk_of, look
from tests.operations.desk import LI, SETTINGS, WANG, TestDesk


class Sees:
    """Shows everything."""

    def value(self, _record: str, _kind: str, _field: str, value: object, _least: int = 1) -> object:
        return value

    maybe = value


def linked(desk: TestDesk) -> tuple[str, str]:
    first, second = [desk.act(partial(ca.open_case, desk.state, alert_id=one, title="a case")) for one in list(desk.state.alerts)]
    desk.act(lambda command: ca.link(desk.state, command, first, second), WANG)
    return first, second


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_link_shows_on_both_pages(language: Language) -> None:
    desk = desk_of(10_000, 20_000)
    first, second = linked(desk)
    there, here = (case_view(one_case(desk.state, SETTINGS, one), look(language)).body for one in (first, second))
    assert f'href="/cases/{second}"' in there
    assert f'href="/cases/{first}"' in here
    assert ({"en": "Linked from", "zh": "被关联自"}[language] in here) is True
    assert {"en": "linked this case from", "zh": "将本案关联自"}[language] in here
    assert {"en": "Linked from", "zh": "被关联自"}[language] not in there


def test_a_link_stands_once_and_in_both_cases_over_http() -> None:
    desk = desk_of(10_000, 20_000)
    first, second = linked(desk)
    desk.act(lambda command: ca.link(desk.state, command, first, second), LI)
    there, here = (case_item(desk.state.cases[one], Sees(), whole=True) for one in (first, second))  # type: ignore[arg-type] # shows all
    assert (there.links, there.linked_from, here.links, here.linked_from) == ([second], [], [], [first])
    assert [(one.kind, one.reference, one.by) for one in here.timeline if one.back] == [("case.linked", first, "wang")]
    assert [one.back for one in there.timeline if one.kind == "case.linked"] == [False, False]


def test_a_link_from_elsewhere_leaves_what_is_proposed() -> None:
    desk = desk_of(10_000, 20_000)
    first, second = [desk.act(partial(ca.open_case, desk.state, alert_id=one, title="a case")) for one in list(desk.state.alerts)]
    for item in SETTINGS.checklist:
        desk.take(ca.check(desk.state, desk.command(LI), second, item, SETTINGS))
    proposal = desk.act(lambda command: ca.propose(desk.state, command, second, "fraud", "clear", SETTINGS))
    desk.act(lambda command: ca.link(desk.state, command, first, second), WANG)
    assert desk.state.cases[second].proposal == proposal
