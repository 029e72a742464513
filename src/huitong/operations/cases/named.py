"""What another act is said to be for."""

from huitong.operations.cases.alert_acts import alert_of
from huitong.operations.cases.case_acts import case_of
from huitong.operations.cases.state import Desk


def require_named(desk: Desk, alert: str | None, case: str | None) -> None:
    """Refuses an alert or a case that there is not.

    Raises:
        InputError: If one of them is named and is not there.
    """
    if alert is not None:
        alert_of(desk, alert)
    if case is not None:
        case_of(desk, case)
