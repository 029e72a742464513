"""A measure on a kind of subject of which no policy looks at measures is warned of."""

import pytest

from huitong.kernel import Severity
from huitong.risk.disposition import Subject, unnamed_subject, unread_role


def test_a_hold_on_a_terminal_that_no_policy_looks_at_is_warned_of() -> None:
    (found,) = unread_role("terminal", {"customer", "account"})
    assert (found.code, found.severity) == ("measure.role.unread", Severity.WARNING)
    assert "on a terminal" in found.text["en"]
    assert "受理终端" in found.text["zh"]
    assert "account, customer" in found.remedy["en"]


@pytest.mark.parametrize("read", [frozenset(), frozenset({"terminal"})])
def test_nothing_is_said_where_a_policy_looks_at_it_or_none_looks_at_any(read: frozenset[str]) -> None:
    assert unread_role("terminal", read) == []


def test_a_subject_that_no_event_names_is_warned_of_by_what_it_is() -> None:
    (found,) = unnamed_subject(Subject("customer", "C-1"), named=False)
    assert (found.code, found.severity) == ("measure.subject.unnamed", Severity.WARNING)
    assert "this customer" in found.text["en"]
    assert "该客户" in found.text["zh"]
    assert unnamed_subject(Subject("customer", "C-1"), named=True) == []
