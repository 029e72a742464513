"""From replayed decisions to what the evaluation room judges."""

import importlib.metadata
import platform
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from huitong import evaluation as ev
from huitong.app.labels import KnownLabels, labels_of
from huitong.app.progress import Progress
from huitong.app.sources import Taken
from huitong.app.training import costs_of
from huitong.contracts import NULL_INT, Codes, Decision, Event, EventBatch, Int32Array, Int64Array, PatternEdge
from huitong.data import CATALOGUE
from huitong.decisions.policy import LoadedPolicy, Program, Question, Settings, decide
from huitong.decisions.replay import KeptRows, Replayed, ReplayedPolicy, replay
from huitong.features import FeatureEngine, patterns_of_row
from huitong.kernel import Text

SAMPLES = 8
"""Decisions shown in full."""
HISTORY_MAX = 60
"""Earlier payments of a customer that are drawn."""

_OUTCOME_TITLES: dict[str, Text] = {word.name: word.title for word in ev.PAYMENT_OUTCOMES}


@dataclass(frozen=True, slots=True)
class Judgeable:
    """A replay with everything that its report says.

    Attributes:
        loaded: The policy.
        replayed: What happened.
        taken: What came in.
        labels: What turned out.
        made_at_us: When, µs UTC.
        command: How to make it again.
        rival_title: What to call the other version, where there is one.
        prequential: Protocols to print beside it.
    """

    loaded: LoadedPolicy
    replayed: Replayed
    taken: Taken
    labels: KnownLabels
    made_at_us: int
    command: str
    rival_title: Text | None
    prequential: Sequence[ev.Prequential] = ()


def columns_of(done: Judgeable, rows: slice) -> ev.ReplayColumns:
    """The columns of a replay that are judged: ``rows`` leaves out what the model has learned from."""
    replayed, program, settings = done.replayed, done.loaded.program, done.loaded.program.settings
    events, first = replayed.events, replayed.policies[0]
    count = len(events)
    start, stop, _ = rows.indices(count)
    thresholds = settings.thresholds
    record = program.scorer.ensemble.record if program.scorer else None
    return ev.ReplayColumns(
        policy=settings.name,
        title=settings.title,
        version=program.version,
        made_at_us=done.made_at_us,
        currency=settings.currency,
        zone=done.loaded.plan.zone,
        outcomes=_outcome_words(settings),
        time_us=events.time_us[rows],
        amount_minor=_numbers(events, "amount")[rows],
        customer=_customer_codes(events)[rows],
        outcome=first.outcome[rows],
        score=first.score[rows],
        label=done.labels.label[rows],
        label_time_us=done.labels.known_us[rows],
        costs=costs_of(thresholds) if thresholds else None,
        review_from=thresholds.chosen.get(settings.outcomes[1]) if thresholds else None,
        decline_from=thresholds.chosen.get(settings.outcomes[-1]) if thresholds else None,
        ids=events.ids[start:stop],
        groups=_groups(events, done.labels, rows),
        rules=_rule_hits(first, program, start, stop),
        features=[ev.FeatureWord(feature.name, feature.title, feature.unit or "") for feature in done.loaded.plan.features],
        feature_values=_feature_values(replayed.sample, start, stop),
        rival=_rival(replayed, done.rival_title, rows),
        prequential=done.prequential,
        samples=_samples(done, start, stop),
        rows_read=done.taken.rows,
        quarantine=_quarantine(done.taken),
        hashes={"policy": program.version, "features": done.loaded.plan.version, **done.taken.hashes, **_model_hash(settings)},
        seeds={"training": record.seed} if record else {},
        software=software(),
        command=done.command,
        trained_until_us=max((part.end_us for part in record.slices), default=None) if record else None,
    )


def _outcome_words(settings: Settings) -> list[ev.OutcomeWord]:
    last = len(settings.outcomes) - 1
    roles: list[ev.columns.Role] = ["pass" if rank == 0 else "stop" if rank == last else "review" for rank in range(last + 1)]
    return [
        ev.OutcomeWord(name, _OUTCOME_TITLES.get(name, {"zh": name, "en": name}), role)
        for name, role in zip(settings.outcomes, roles, strict=True)
    ]


def _numbers(events: EventBatch, name: str) -> Int64Array:
    column = events.data.get(name)
    return column if isinstance(column, np.ndarray) else np.full(len(events), NULL_INT, np.int64)


def _customer_codes(events: EventBatch) -> Int32Array:
    column = events.keys.get("customer")
    return column.codes if column is not None else np.full(len(events), -1, np.int32)


def _groups(events: EventBatch, labels: KnownLabels, rows: slice) -> list[ev.Group]:
    groups = []
    if labels.scenarios:
        titles: list[Text] = [{"zh": name, "en": name.replace("_", " ")} for name in labels.scenarios]
        groups.append(ev.Group("scenario", {"zh": "欺诈手法", "en": "fraud scenario"}, labels.scenario[rows], titles))
    column = events.data.get("channel")
    if isinstance(column, Codes) and len(column.values) and (column.codes >= 0).any():
        names = [str(name) for name in column.values.to_pylist()]
        groups.append(
            ev.Group("channel", {"zh": "渠道", "en": "channel"}, column.codes[rows], [{"zh": name, "en": name} for name in names])
        )
    return groups


def _rule_hits(policy: ReplayedPolicy, program: Program, start: int, stop: int) -> ev.RuleHits:
    inside = (policy.hit_rows >= start) & (policy.hit_rows < stop)
    titles = word_titles(program)
    words = [ev.RuleWord(word, titles[word]) for word in policy.words]
    return ev.RuleHits(words, policy.hit_rows[inside] - start, policy.hit_words[inside])


def word_titles(program: Program) -> dict[str, Text]:
    """The sentence behind each list, rule and table row, by its code."""
    titles: dict[str, Text] = {f"list.{setting.name}": setting.reason for setting in program.settings.lists}
    titles |= {f"rule.{setting.id}": setting.reason for setting in program.settings.rules}
    for table in program.tables:
        titles |= {f"table.{table.setting.name}.{row + 1}": table.reason(row) for row in range(table.rows)}
    return titles


def _feature_values(sample: KeptRows, start: int, stop: int) -> ev.FeatureValues:
    inside = (sample.rows >= start) & (sample.rows < stop)
    return ev.FeatureValues(sample.rows[inside] - start, sample.features[inside])


def _rival(replayed: Replayed, title: Text | None, rows: slice) -> ev.Rival | None:
    if title is None or len(replayed.policies) < 2:
        return None
    other = replayed.policies[1]
    return ev.Rival(other.program.version, title, other.outcome[rows], other.score[rows])


def _quarantine(taken: Taken) -> list[ev.QuarantineCount]:
    counts = []
    for code, rows in sorted(taken.findings.items(), key=lambda item: -item[1]):
        entry = CATALOGUE.get(code)
        text: Text = entry.text if entry is not None else {"zh": code, "en": code}
        counts.append(ev.QuarantineCount(code, text, rows))
    return counts


def _model_hash(settings: Settings) -> dict[str, str]:
    return {"model": settings.model.reference} if settings.model and settings.model.reference else {}


def software() -> dict[str, str]:
    """Versions of what an answer depends on."""
    names = ("huitong", "numba", "numpy", "pyarrow", "tzdata")
    return {"python": platform.python_version(), **{name: importlib.metadata.version(name) for name in names}}


def _samples(done: Judgeable, start: int, stop: int) -> list[ev.Sample]:
    """Decisions worth looking at: the highest scores caught, and honest customers who were touched; one of each customer."""
    rows = _worth_showing(done, start, stop)
    events, alerts = done.replayed.events, done.replayed.alerts
    usual = _usual(done)
    samples = []
    for row in rows:
        kept = int(np.searchsorted(alerts.rows, row))
        decision, event = decision_of(done, row, kept)
        samples.append(ev.Sample(decision, event, int(done.labels.label[row]), usual, _history(events, row)))
    return samples


def _worth_showing(done: Judgeable, start: int, stop: int) -> list[int]:
    first = done.replayed.policies[0]
    rows = done.replayed.alerts.rows
    rows = rows[(rows >= start) & (rows < stop)]
    if not len(rows):
        return []
    label, score = done.labels.label[rows], np.nan_to_num(first.score[rows], nan=-1.0)
    chosen: list[int] = []
    customers = _customer_codes(done.replayed.events)
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
    """The decision on one kept row, with its reasons."""
    program = done.loaded.program
    events = done.replayed.events
    event = next(events.take(np.array([row])).events(done.loaded.contract))
    question = Question(
        event,
        done.replayed.alerts.features[kept],
        done.replayed.engine.symbols.text,
        _patterns(done, row, kept),
        frozenset(program.features[column] for column in program.text_columns),
    )
    return decide(program, question), event


def _patterns(done: Judgeable, row: int, kept: int) -> Mapping[str, tuple[PatternEdge, ...]]:
    graph, patterns = done.loaded.plan.graph, done.replayed.alerts.patterns
    if graph is None or patterns is None:
        return {}
    return patterns_of_row(graph, done.replayed.events, row, patterns[kept])


def _usual(done: Judgeable) -> Mapping[str, ev.Usual]:
    """What each feature usually is, over the even sample."""
    values = done.replayed.sample.features
    usual = {}
    for place, name in enumerate(done.loaded.program.features):
        column = values[:, place]
        column = column[~np.isnan(column)]
        if len(column) and place not in done.loaded.program.text_columns:
            low, middle, high = np.quantile(column, [0.05, 0.5, 0.95]).tolist()
            usual[name] = ev.Usual(low, middle, high)
    return usual


def _history(events: EventBatch, row: int) -> list[ev.PastPayment]:
    customers = _customer_codes(events)
    amounts = _numbers(events, "amount")
    earlier = np.flatnonzero(customers[:row] == customers[row])[-HISTORY_MAX:]
    return [ev.PastPayment(int(events.time_us[one]), int(amounts[one])) for one in earlier if amounts[one] != NULL_INT]


def judged_rows(done_events: EventBatch, learned_until_us: int | None) -> slice:
    """Rows after what the model has learned from; all of them where nothing later is left."""
    if learned_until_us is None:
        return slice(0, len(done_events))
    start = int(np.searchsorted(done_events.time_us, learned_until_us, side="right"))
    return slice(start if start < len(done_events) else 0, len(done_events))


def learned_until_us(program: Program) -> int | None:
    """The latest moment that the model or its thresholds have learned from."""
    if program.scorer is None:
        return None
    return max((part.end_us for part in program.scorer.ensemble.record.slices), default=None)


def replay_policies(
    loaded: LoadedPolicy,
    rival: LoadedPolicy | None,
    make: Callable[[LoadedPolicy], FeatureEngine],
    taken: Taken,
    *,
    threads: int,
    progress: Progress,
) -> Replayed:
    """Replays a policy and, where there is one, its rival: in one pass where they read the same features."""

    def told(done: int, total: int) -> None:
        progress("replaying", done, total)

    batches = list(taken.batches.values())
    together = [rival.program] if rival is not None and rival.plan.version == loaded.plan.version else []
    done = replay(make(loaded), batches, [loaded.program, *together], threads=threads, arrival=taken.arrival, told=told)
    if rival is None or together:
        return done
    other = replay(make(rival), batches, [rival.program], threads=threads, arrival=taken.arrival, told=told)
    return replace(done, policies=(*done.policies, *other.policies))


def slices(batch: EventBatch, rows: int = 50_000) -> Iterator[EventBatch]:
    """A batch in parts of at most ``rows``, in time order."""
    ordered = batch.in_time_order()
    for start in range(0, len(ordered), rows):
        yield ordered.take(np.arange(start, min(start + rows, len(ordered))))


def labelled(replayed: Replayed, taken: Taken, settings: Settings) -> KnownLabels:
    """What turned out about the replayed events."""
    return labels_of(replayed.events, taken.batches.get(settings.labels_kind or ""), settings)
