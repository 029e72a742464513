"""Alerts: the queue, and one of them."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from huitong.console.ports_work import WorkPort
from huitong.console.visit import Visit
from huitong.console.work.alert import OneAlert, alert_view, latest_decisions, one_alert
from huitong.console.work.alerts import Asked, alerts_view, pattern_grade, queue_of
from huitong.console.work.look import Look, look_of, look_of_record
from huitong.console.work.measures_about import measures_on
from huitong.console.work.showing import show, work_of
from huitong.kernel import Text
from huitong.operations.cases import ALERT_RAISED, Alert, Desk, open_alerts

MODEL_PREFIX = "model."
_TITLES_MAX = 100


def titles_of(bank: WorkPort, alerts: Sequence[Alert]) -> Mapping[str, Text]:
    """Names of patterns, each from the reason of its code in a decision."""
    decision_of = {alert.pattern: alert.decisions[0] for alert in alerts if alert.decisions}
    named = dict(list(decision_of.items())[:_TITLES_MAX])
    texts = {(decision.id, one.code): one.text for decision, _ in bank.decided(list(named.values())) for one in decision.reasons}
    features = bank.feature_titles()
    titles = {pattern: model_title(pattern, features) or texts.get((decision, pattern)) for pattern, decision in named.items()}
    return {pattern: title for pattern, title in titles.items() if title is not None}


def model_title(pattern: str, features: Mapping[str, Text]) -> Text | None:
    """The name of a pattern that the model saw: its feature's, for the reason itself names the value of one payment."""
    title = features.get(pattern.removeprefix(MODEL_PREFIX)) if pattern.startswith(MODEL_PREFIX) else None
    return None if title is None else {"en": f"score driven by {title['en']}", "zh": f"评分主因：{title['zh']}"}


async def build(visit: Visit) -> None:
    """Builds the queue."""
    bank, look = work_of(visit), look_of(visit, "alert", "queue")
    asked, settings = Asked.of(visit.query), bank.desk_settings
    seen = await visit.ask(_patterns_seen, bank, look)
    asked = asked.among(seen)
    losses, due = look.sees(ALERT_RAISED, "expected_loss"), look.sees(ALERT_RAISED, "due")
    found = await visit.ask(bank.desk.ask, lambda desk: queue_of(desk, settings, asked, look.now_us, look.actor, losses=losses, due=due))
    patterns = {pattern: number for pattern, number in found.patterns.items() if pattern in seen}
    wanted = [*(one.alert for one in found.rows), *(seen[pattern] for pattern in patterns)]
    titles = await visit.ask(titles_of, bank, wanted)
    await show(visit, lambda: alerts_view(replace(found, titles=titles, patterns=patterns), look))


def _patterns_seen(bank: WorkPort, look: Look) -> Mapping[str, Alert]:
    """Patterns by which the reader may search, each with an alert that shows it."""

    def one_of_each(desk: Desk) -> list[Alert]:
        found: dict[str, Alert] = {}
        for alert in open_alerts(desk):
            found.setdefault(alert.pattern, alert)
        return [replace(alert, decisions=alert.decisions[-1:]) for alert in found.values()]

    return {alert.pattern: alert for alert in bank.desk.ask(one_of_each) if pattern_grade(alert, look) <= look.clearance.grade}


async def build_one(visit: Visit) -> None:
    """Builds the page of one alert."""
    bank, alert_id = work_of(visit), visit.parts["alert"]
    look = look_of_record(visit, "alert", alert_id[:128])
    people = await visit.ask(bank.investigators)
    known = await visit.ask(bank.desk.ask, lambda desk: one_alert(desk, bank.desk_settings, alert_id, people, look.now_us))
    known = await visit.ask(_filled, bank, known, look)
    look.seen.take_all([one.event for one in known.found])
    if known.story is not None:
        look.seen.take_story(known.story, look.grade(known.story.event.kind, "amount"))
    await show(visit, lambda: alert_view(known, look))


def _filled(bank: WorkPort, known: OneAlert, look: Look) -> OneAlert:
    alert = known.alert
    found = bank.decided(latest_decisions(alert))
    measures = measures_on(bank, alert.role, alert.subject, [event for _, event in found], look.now_us, look.now_us)
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
