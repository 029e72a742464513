"""Alerts: the queue, and one of them."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from huitong.console.ports_work import WorkPort
from huitong.console.visit import Visit
from huitong.console.work.alert import OneAlert, alert_view, latest_decisions, one_alert
from huitong.console.work.alerts import Asked, alerts_view, queue_of
from huitong.console.work.look import Look, grade_of, look_of, note_names
from huitong.console.work.showing import show, work_of
from huitong.identity import Reading
from huitong.kernel import Text
from huitong.operations.cases import ALERT_RAISED, Alert
from huitong.risk.disposition import SUBJECT_ROLES, Subject, in_force

ROLES = ("customer", "account", "counterparty", "device", "terminal", "merchant", "payment")
MODEL_PREFIX = "model."
_TITLES_MAX = 100


def role_grades(visit: Visit) -> Mapping[str, int]:
    """Data grade of each key role of alerts."""
    return {role: 2 if role == "payment" else grade_of(visit, ALERT_RAISED, role) for role in ROLES}


def titles_of(bank: WorkPort, alerts: Iterable[Alert]) -> Mapping[str, Text]:
    """Names of patterns, from the strongest reason of a decision of each."""
    decision_of = {alert.pattern: alert.decisions[0] for alert in alerts if alert.decisions}
    named = dict(list(decision_of.items())[:_TITLES_MAX])
    reasons = {decision.id: decision.reasons for decision, _ in bank.decided(list(named.values()))}
    features = bank.feature_titles()
    return {
        pattern: model_title(pattern, features) or reasons[decision][0].text for pattern, decision in named.items() if reasons.get(decision)
    }


def model_title(pattern: str, features: Mapping[str, Text]) -> Text | None:
    """The name of a pattern that the model saw: its feature's, for the reason itself names the value of one payment."""
    title = features.get(pattern.removeprefix(MODEL_PREFIX)) if pattern.startswith(MODEL_PREFIX) else None
    return None if title is None else {"en": f"model: {title['en']}", "zh": f"模型：{title['zh']}"}


async def build(visit: Visit) -> None:
    """Builds the queue."""
    bank, look = work_of(visit), look_of(visit, "alert", "queue")
    asked, settings = Asked.of(visit.query), bank.desk_settings
    found = await visit.ask(bank.desk.ask, lambda desk: queue_of(desk, settings, asked, look.now_us))
    titles = await visit.ask(_titles, bank, found.patterns, [one.alert for one in found.rows])
    grades = role_grades(visit)
    await _note_subjects(visit, look, [one.alert for one in found.rows], grades)
    show(visit, alerts_view(replace(found, titles=titles), look, grades))


def _titles(bank: WorkPort, patterns: Iterable[str], alerts: list[Alert]) -> Mapping[str, Text]:
    """Names of the patterns of the page and of its filter."""
    shown = {alert.pattern for alert in alerts}
    wanted = [pattern for pattern in patterns if pattern not in shown]
    more = bank.desk.ask(lambda desk: _first_of(list(desk.alerts.values()), set(wanted)))
    return titles_of(bank, [*alerts, *more])


def _first_of(alerts: list[Alert], patterns: set[str]) -> list[Alert]:
    found: dict[str, Alert] = {}
    for alert in alerts:
        if alert.pattern in patterns and alert.pattern not in found:
            found[alert.pattern] = replace(alert, decisions=alert.decisions[:1])
    return list(found.values())


async def build_one(visit: Visit) -> None:
    """Builds the page of one alert."""
    bank, alert_id = work_of(visit), visit.parts["alert"]
    look = look_of(visit, "alert", alert_id[:128])
    people = await visit.ask(bank.investigators)
    known = await visit.ask(bank.desk.ask, lambda desk: one_alert(desk, bank.desk_settings, alert_id, people, look.now_us))
    known = replace(await visit.ask(_filled, bank, known, look), grades=role_grades(visit))
    reading = Reading.of(visit.path, [one.event for one in known.found])
    if reading.personal:
        await visit.ask(bank.access.note_reading, visit.signed, reading, look.clearance, look.now_us)
    await _note_subjects(visit, look, [known.alert], known.grades)
    show(visit, alert_view(known, look))


async def _note_subjects(visit: Visit, look: Look, alerts: list[Alert], grades: Mapping[str, int]) -> None:
    named = [alert for alert in alerts if grades.get(alert.role, 3) >= 3]
    await note_names(visit, look, [alert.id for alert in named], sorted({alert.role for alert in named}), 3)


def _filled(bank: WorkPort, known: OneAlert, look: Look) -> OneAlert:
    alert = known.alert
    found = bank.decided(latest_decisions(alert))
    role = next((role for role in SUBJECT_ROLES if role == alert.role), None)
    measures = [] if role is None else bank.ledger.ask(lambda ledger: in_force(ledger, look.now_us, Subject(role, alert.subject)))
    latest = found[0][0].id if found else None
    return replace(
        known,
        story=None if latest is None else bank.story(latest, look.clearance),
        found=bank.shown(found, look.clearance),
        measures=measures,
        workers=bank.workers(),
        titles=titles_of(bank, [alert, *known.others]),
        policies=bank.policy_titles(),
    )
