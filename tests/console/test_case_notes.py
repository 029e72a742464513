"""Notes on cases: as long as the desk takes them, in the page too."""

from collections.abc import Callable, Sequence
from typing import cast

import pytest

from huitong.console.forms import Given, dialog_of
from huitong.console.ports_work import WorkPort
from huitong.console.work.cases import case_view, one_case
from huitong.console.work.desk_acts import DESK_ACTS
from huitong.contracts import Command, Event
from huitong.kernel import InputError, Language
from huitong.operations import cases as ca
from tests.console.test_work_views import desk_of, look
from tests.operations.desk import LI, SETTINGS


@pytest.mark.parametrize(("language", "most"), [("en", "at most 10,000 characters"), ("zh", "最多 10,000 个字符")])
def test_a_note_is_as_long_as_the_desk_takes_it_and_is_not_cut(language: Language, most: str) -> None:
    desk = desk_of(10_000)
    (alert_id,) = desk.state.alerts
    case_id = desk.act(lambda command: ca.open_case(desk.state, command, alert_id, "salaries"), LI)
    noting = next(form for form in case_view(one_case(desk.state, SETTINGS, case_id), look()).forms if form.act == "case.note")
    assert most in dialog_of(noting, language)
    assert "maxlength" not in dialog_of(noting, language), "a browser would cut what is pasted, and say nothing"

    class Bank:
        """Only its desk is asked for."""

        @property
        def desk(self) -> "Bank":
            return self

        def carry_out(self, command: Command, act: Callable[..., Sequence[Event]], *given: str) -> None:
            desk.take(act(desk.state, command, *given))

    def note(text: str) -> None:
        given = Given({"case": [case_id], "note": [text]}, "Asia/Shanghai", "CNY")
        DESK_ACTS["case.note"](cast("WorkPort", Bank()), desk.command(LI), given)

    note("x\r\n" * 4_999 + "xx")
    with pytest.raises(InputError) as refused:
        note("x" * 10_001)
    assert refused.value.code == "desk.too_long"
