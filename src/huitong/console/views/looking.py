"""How a visit looks at a page of records: for the purpose that the reader states, or the alert or case from which they come."""

from huitong.console.visit import Visit
from huitong.console.work.look import Look, look_of_record, look_with
from huitong.console.work.named_for import NAMED_KINDS
from huitong.identity.purposes import REFERENCE_LENGTH_MAX, PurposeKind
from huitong.identity.web import credentials_of
from huitong.operations.cases import Desk


def look_at(visit: Visit) -> Look:
    """The look of a visit."""
    return look_with(visit, visit.clearance)


def look_at_decision(visit: Visit, decision: str) -> Look:
    """The look at a decision: where somebody comes from an alert or a case that it is part of, that is what the page is for.

    It holds for this page alone. Of a link of another site it is passed over: only the reader says what they read for.
    """
    given: list[tuple[PurposeKind, str]] = [(kind, visit.query[kind]) for kind in NAMED_KINDS if kind in visit.query]
    if not given or not credentials_of(visit.headers, address=visit.address, outside=visit.bank.outside).from_own_page:
        return look_at(visit)

    def part_of(desk: Desk) -> dict[PurposeKind, str | None]:
        alert = desk.alerts.get(desk.of_decision.get(decision, ""))
        return {} if alert is None else {"alert": alert.id, "case": alert.case}

    known = visit.bank.desk.ask(part_of)
    of = next(((kind, id_) for kind, id_ in given if known.get(kind) == id_), None)
    return look_at(visit) if of is None else look_of_record(visit, of[0], of[1][:REFERENCE_LENGTH_MAX])
