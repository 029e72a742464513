"""Decisions of a replay that are shown in full: the most telling catches, and the honest customers who were touched."""

from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from huitong import evaluation as ev
from huitong.app.deciding import marked, would_change
from huitong.app.judgeable import Judgeable, customer_codes, numbers
from huitong.app.related import engine_before
from huitong.contracts import NULL_INT, TIER_FULL, Decision, Event, EventBatch, Float64Array, PatternEdge, SmallestChange
from huitong.decisions.policy import Answers, Questions, decide
from huitong.features import patterns_of_row, too_late_us

SAMPLES = 8
"""Decisions shown in full."""
HISTORY_MAX = 60
"""Earlier payments of a customer that are drawn."""


def samples(done: Judgeable, start: int, stop: int) -> list[ev.Sample]:
    """Decisions worth looking at: the highest scores caught, and honest customers who were touched; one of each customer."""
    rows = _worth_showing(done, start, stop)
    events, alerts = done.replayed.events, done.replayed.alerts
    usual = _usual(done)
    shown = []
    for row in rows:
        kept = int(np.searchsorted(alerts.rows, row))
        decision, event = decision_of(done, row, kept)
        shown.append(ev.Sample(decision, event, int(done.labels.label[row]), usual, _history(events, row)))
    return shown


def _worth_showing(done: Judgeable, start: int, stop: int) -> list[int]:
    first = done.replayed.policies[0]
    rows = done.replayed.alerts.rows
    rows = rows[(rows >= start) & (rows < stop)]
    if not len(rows):
        return []
    label, score = done.labels.label[rows], np.nan_to_num(first.score[rows], nan=-1.0)
    chosen: list[int] = []
    customers = customer_codes(done.replayed.events)
    seen: set[int] = set()
    scenario = done.labels.scenario[rows]
    for group in (*(scenario == code for code in range(len(done.labels.scenarios))), label == 0, label == 1, label == -1):
        for place in np.argsort(-np.where(group, score, -2.0), kind="stable")[:40]:
            row = int(rows[place])
            if group[place] and int(customers[row]) not in seen and row not in chosen:
                chosen.append(row)
                seen.add(int(customers[row]))
                break
    return chosen[:SAMPLES]


def decision_of(done: Judgeable, row: int, kept: int) -> tuple[Decision, Event]:
    """The decision on one kept row, with its reasons and with what would have changed it."""
    loaded, replayed = done.loaded, done.replayed
    event = next(replayed.events.take(np.array([row])).events(loaded.contract))
    patterns = _patterns(done, row, kept)
    question = Questions.one(event, replayed.alerts.features[kept], replayed.engine.symbols.text, patterns)
    decision = decide(loaded.program, question, change=lambda answers: _change(done, row, event, question.features[0], answers))
    return marked(decision, _too_late_us(done, event)), event


def _too_late_us(done: Judgeable, event: Event) -> int:
    """How far the event came behind the newest one before it in the log, where that is beyond the bound; tables are taken by time."""
    arrival, plan = done.taken.arrival, done.loaded.plan
    if arrival is None:
        return 0
    batches = {kind: batch for kind, batch in done.taken.batches.items() if kind in plan.kinds}
    place = arrival[plan.decides][pc.index(batches[plan.decides].ids, pa.scalar(event.id, pa.string())).as_py()]
    newest_us = max(int(batch.time_us[arrival[kind] < place].max(initial=NULL_INT)) for kind, batch in batches.items())
    return too_late_us(event.time_us, newest_us, done.replayed.engine.lateness_us)


def _change(done: Judgeable, row: int, event: Event, features: Float64Array, answers: Answers) -> SmallestChange | None:
    """What would have changed it, asked of the events it rests on; nothing where these do not give its very features again."""
    loaded, replayed = done.loaded, done.replayed
    if not loaded.program.settings.change_fields or replayed.taken is not None:
        return None
    batches = {**done.taken.batches, loaded.plan.decides: replayed.events}
    engine = engine_before(replayed.engine, batches, event, row)
    if engine.preview(event).tobytes() != features.tobytes():
        return None
    return would_change(loaded, engine, event, int(answers.outcome[0]), tier=TIER_FULL)


def _patterns(done: Judgeable, row: int, kept: int) -> Mapping[str, tuple[PatternEdge, ...]]:
    graph, patterns = done.loaded.plan.graph, done.replayed.alerts.patterns
    if graph is None or patterns is None:
        return {}
    events, taken = done.replayed.events, done.replayed.taken
    if taken is None or (taken[1:] > taken[:-1]).all():
        return patterns_of_row(graph, events, row, patterns[kept])
    return patterns_of_row(graph, events.take(taken), int(np.flatnonzero(taken == row)[0]), patterns[kept])


def _usual(done: Judgeable) -> Mapping[str, ev.Usual]:
    """What each feature usually is, over the even sample."""
    values = done.replayed.sample.features
    usual = {}
    for place, name in enumerate(done.loaded.program.features):
        column = values[:, place]
        column = column[~np.isnan(column)]
        if len(column) and place not in done.loaded.program.text_places:
            low, middle, high = np.quantile(column, [0.05, 0.5, 0.95]).tolist()
            usual[name] = ev.Usual(low, middle, high)
    return usual


def _history(events: EventBatch, row: int) -> list[ev.PastPayment]:
    customers = customer_codes(events)
    amounts = numbers(events, "amount")
    earlier = np.flatnonzero(customers[:row] == customers[row])[-HISTORY_MAX:]
    return [ev.PastPayment(int(events.time_us[one]), int(amounts[one])) for one in earlier if amounts[one] != NULL_INT]
