"""Measures: those in force, those of one subject, one of them."""

from collections.abc import Mapping
from dataclasses import replace

from huitong.console.ports_work import WorkPort
from huitong.console.visit import Visit
from huitong.console.work.look import look_of, look_of_record
from huitong.console.work.measure_subject import OneSubject, one_subject, role_of, subject_view
from huitong.console.work.measures import MeasureList, measure_list, measures_view
from huitong.console.work.named_for import named_for
from huitong.console.work.showing import show, work_of
from huitong.kernel import LANGUAGES, MICROSECONDS_PER_DAY, InputError, local_date, midnight_us
from huitong.risk.disposition import CHANGED, SUBJECT_ROLES, SUBJECT_TITLES, Stretch, Subject, measure_of

FIGURES_DAYS = 30


async def build(visit: Visit) -> None:
    """Builds the page of all measures."""
    bank, look = work_of(visit), look_of(visit, "alert", "measures")
    found = await visit.ask(_listed, bank, visit.query, look.now_us)
    await show(visit, lambda: measures_view(found, look, bank.measure_settings))


def _listed(bank: WorkPort, query: Mapping[str, str], now_us: int) -> MeasureList:
    return replace(
        bank.ledger.ask(lambda ledger: measure_list(ledger, query, now_us)),
        figures=bank.measure_figures(now_us - FIGURES_DAYS * MICROSECONDS_PER_DAY),
        policies=bank.policy_titles(),
        channels=bank.channels,
        signers=bank.signers(),
        read=bank.measured_roles,
    )


async def build_subject(visit: Visit) -> None:
    """Builds the whole history of one subject."""
    role = role_of(visit.parts["role"])
    if role is None:
        known = {language: [SUBJECT_TITLES[one][language] for one in SUBJECT_ROLES] for language in LANGUAGES}
        raise InputError(
            "measure.role.unknown",
            {"en": f"{visit.parts['role']!r} is no kind of subject", "zh": f"{visit.parts['role']!r} 不是主体类别"},
            {"en": f"look for one of: {', '.join(known['en'])}", "zh": f"可查询：{'、'.join(known['zh'])}"},
        )
    await _show(visit, Subject(role, visit.parts["subject"]), None)


async def build_one(visit: Visit) -> None:
    """Builds the page of one measure."""
    bank = work_of(visit)
    chosen = await visit.ask(bank.ledger.ask, lambda ledger: measure_of(ledger, visit.parts["measure"]))
    await _show(visit, chosen.place.subject, chosen)


async def _show(visit: Visit, subject: Subject, chosen: Stretch | None) -> None:
    bank = work_of(visit)
    purpose = await visit.ask(named_for, bank, visit.query)
    look = (
        look_of(visit, "alert", f"{subject.role}:measures") if purpose is None else look_of_record(visit, purpose.kind, purpose.reference)
    )
    if chosen is None:  # whether there is anything about somebody may not be found out by asking
        grade = look.grade(CHANGED, subject.role)
        look.require(grade, f"what is known of a {subject.role} by name", f"{look.text(SUBJECT_TITLES[subject.role])}名称所涉记录")
        look.seen.asked(subject.role, subject.id, grade)
    today_us = midnight_us(local_date(look.now_us, look.zone), look.zone)
    known = await visit.ask(bank.ledger.ask, lambda ledger: one_subject(ledger, subject, look.now_us, today_us, chosen))
    known = await visit.ask(_told, bank, replace(known, purpose=purpose))
    await show(visit, lambda: subject_view(known, look, bank.measure_settings))


def _told(bank: WorkPort, known: OneSubject) -> OneSubject:
    notices = {one.id: bank.notice(one) for one in known.measures}
    return replace(
        known,
        notices={name: text for name, text in notices.items() if text is not None},
        policies=bank.policy_titles(),
        channels=bank.channels,
        signers=bank.signers(),
        read=bank.measured_roles,
    )
