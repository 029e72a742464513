"""Measures: those in force, those of one subject, one of them."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from huitong.console.ports_work import WorkPort
from huitong.console.visit import Visit
from huitong.console.work.look import Look, grade_of, look_of, note_names
from huitong.console.work.measure_subject import OneSubject, one_subject, role_of, subject_view
from huitong.console.work.measures import measure_list, measures_view
from huitong.console.work.showing import show, work_of
from huitong.kernel import LANGUAGES, MICROSECONDS_PER_DAY, MICROSECONDS_PER_SECOND, InputError
from huitong.risk.disposition import CHANGED, SUBJECT_ROLES, SUBJECT_TITLES, Stretch, Subject, measure_of

FIGURES_DAYS = 30


def _grades(visit: Visit) -> Mapping[str, int]:
    return {role: grade_of(visit, CHANGED, role) for role in (*SUBJECT_ROLES, "counterparty")}


async def build(visit: Visit) -> None:
    """Builds the page of all measures."""
    bank, look, grades = work_of(visit), look_of(visit, "alert", "measures"), _grades(visit)
    found = await visit.ask(bank.ledger.ask, lambda ledger: measure_list(ledger, visit.query, look.now_us))
    figures = await visit.ask(bank.measure_figures, look.now_us - FIGURES_DAYS * MICROSECONDS_PER_DAY)
    await _note(
        visit,
        look,
        [*((one.place.subject, one.id) for one in found.rows), *((one.change.place.subject, one.change.id) for one in found.waiting)],
        grades,
    )
    policies = await visit.ask(bank.policy_titles)
    show(
        visit,
        measures_view(replace(found, figures=figures, policies=policies, channels=bank.channels), look, bank.measure_settings, grades),
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
    bank, alert = work_of(visit), visit.query.get("alert", "")[:128]
    look, grades = look_of(visit, "alert", alert or f"{subject.role}:measures"), _grades(visit)
    known = await visit.ask(bank.ledger.ask, lambda ledger: one_subject(ledger, subject, look.now_us, _midnight_us(look), chosen))
    known = await visit.ask(_told, bank, replace(known, alert=alert, grades=grades))
    await _note(visit, look, [(subject, one.id) for one in known.measures], grades)
    show(visit, subject_view(known, look, bank.measure_settings))


def _told(bank: WorkPort, known: OneSubject) -> OneSubject:
    notices = {one.id: bank.notice(one) for one in known.measures}
    return replace(
        known,
        notices={name: text for name, text in notices.items() if text is not None},
        policies=bank.policy_titles(),
        channels=bank.channels,
    )


def _midnight_us(look: Look) -> int:
    local = datetime.fromtimestamp(look.now_us / MICROSECONDS_PER_SECOND, UTC).astimezone(ZoneInfo(look.zone))
    return round(local.replace(hour=0, minute=0, second=0, microsecond=0).timestamp() * MICROSECONDS_PER_SECOND)


async def _note(visit: Visit, look: Look, shown: Sequence[tuple[Subject, str]], grades: Mapping[str, int]) -> None:
    """Writes down whose measures a page names, by the measures' ids."""
    named = [(subject.role, id_) for subject, id_ in shown if grades[subject.role] >= 3]
    await note_names(visit, look, [id_ for _, id_ in named], sorted({role for role, _ in named}), 3)
