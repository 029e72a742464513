"""A verdict is on the payments that its page showed."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from huitong.console.forms import Given
from huitong.console.ports_work import WorkPort
from huitong.console.work.desk_acts import DESK_ACTS
from huitong.contracts import Command
from huitong.kernel import HuitongError
from tests.operations.desk import LI, TestDesk, labels_of


def test_what_joined_the_alert_since_its_page_was_opened_is_not_closed_unseen() -> None:
    desk = TestDesk()
    alert = desk.decided("p1")

    def carry_out(command: Command, act: Any, *given: Any) -> Any:  # noqa: ANN401 -- as a book's keeper
        assert command.expects is not None
        command.expects(desk.state)
        return act(desk.state, command, *given)

    bank = cast("WorkPort", SimpleNamespace(desk=SimpleNamespace(carry_out=carry_out), labels_of=labels_of))
    form = {"alert": alert, "verdict": "genuine", "reason": "a gift", "seen": "1"}
    given = Given({name: [value] for name, value in form.items()}, "UTC", "CNY")
    desk.decided("p2")
    with pytest.raises(HuitongError) as refused:
        DESK_ACTS["alert.close"](bank, desk.command(LI), given)
    assert refused.value.code == "alert.grown"
    again = Given({name: [value] for name, value in {**form, "seen": "2"}.items()}, "UTC", "CNY")
    assert "2 payments got their label" in DESK_ACTS["alert.close"](bank, desk.command(LI), again).said["en"]
