"""Cases, as their reader may see them."""

from collections.abc import Mapping
from dataclasses import dataclass

from huitong.api.work.showing import Showing, moment
from huitong.identity import Veiled
from huitong.kernel import time_text
from huitong.operations.cases import CASE_OPENED, TEXT_FIELDS, Case


@dataclass(frozen=True, slots=True)
class EntryItem:
    """A line of a case's time line. ``by`` is empty of a payment; ``voids`` is the proposal that it made void;
    ``back`` says that the case of ``reference`` was linked to this one.
    """

    id: str
    time: str
    by: Veiled[str]
    kind: str
    text: Veiled[str]
    reference: str | None
    voids: str | None
    back: bool


@dataclass(frozen=True, slots=True)
class CaseItem:
    """A case: what alerts grew into."""

    id: str
    title: Veiled[str]
    role: Veiled[str]
    subject: Veiled[str]
    opened: str
    opened_by: Veiled[str]
    alerts: list[str]
    links: list[str]
    linked_from: list[str]
    checked: Veiled[Mapping[str, str]]
    proposal: str | None
    proposed: Veiled[str] | None
    proposed_by: Veiled[str] | None
    reasons: Veiled[str] | None
    closed: str | None
    closed_by: Veiled[str] | None
    timeline: list[EntryItem]


@dataclass(frozen=True, slots=True)
class Cases:
    """A page of cases, newest first, each without its time line."""

    items: list[CaseItem]
    next: str | None


def case_item(case: Case, showing: Showing, *, whole: bool) -> CaseItem:
    """A case as its reader may see it; whole, or without its time line."""
    id_ = case.id
    entries = [
        EntryItem(
            one.id,
            time_text(one.time_us),
            showing.value(id_, one.kind, "by", one.by) if one.by else "",
            one.kind,
            showing.value(id_, one.kind, TEXT_FIELDS.get(one.kind, "reason"), one.text) if one.text else "",
            one.reference,
            one.voids,
            one.back,
        )
        for one in (case.timeline if whole else ())
    ]
    return CaseItem(
        id_,
        showing.value(id_, CASE_OPENED, "title", case.title),
        showing.value(id_, CASE_OPENED, "subject_role", case.role),
        showing.value(id_, CASE_OPENED, case.role, case.subject),
        time_text(case.opened_us),
        showing.value(id_, CASE_OPENED, "by", case.opened_by),
        list(case.alerts),
        list(case.links),
        list(case.linked_from),
        showing.value(id_, "case.checked", "item", dict(case.checked)),
        case.proposal,
        showing.maybe(id_, "case.proposed", "verdict", case.proposed),
        showing.maybe(id_, "case.proposed", "by", case.proposed_by),
        showing.maybe(id_, "case.proposed", "reason", case.reasons),
        moment(case.closed_us),
        showing.maybe(id_, "case.closed", "by", case.closed_by),
        entries,
    )
