"""The columns that the evaluation room judges, from a replay."""

import importlib.metadata
import platform
from collections.abc import Mapping, Sequence

from huitong import evaluation as ev
from huitong.app.judgeable import Judgeable, customer_codes, customer_names, numbers
from huitong.app.replaying import learned_until_us
from huitong.app.samples import samples
from huitong.app.sources import Taken
from huitong.app.training import costs_of
from huitong.contracts import Codes, FieldSpec, Int32Array
from huitong.data import CATALOGUE
from huitong.decisions.policy import Program, Settings
from huitong.decisions.policy.tables import PolicyTable
from huitong.decisions.replay import KeptRows, Replayed, ReplayedPolicy
from huitong.kernel import Text

YES_NO: Mapping[str, Text] = {"0": {"zh": "否", "en": "no"}, "1": {"zh": "是", "en": "yes"}}
_OUTCOME_TITLES: dict[str, Text] = {word.name: word.title for word in ev.PAYMENT_OUTCOMES}


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
        amount_minor=numbers(events, "amount")[rows],
        customer=customer_codes(events)[rows],
        outcome=first.outcome[rows],
        score=first.score[rows],
        label=done.labels.label[rows],
        label_time_us=done.labels.known_us[rows],
        settled_before_us=done.labels.settled_before_us,
        from_us=done.window_us[0],
        until_us=done.window_us[1],
        costs=costs_of(thresholds) if thresholds else None,
        review_from=thresholds.chosen.get(settings.outcomes[1]) if thresholds else None,
        decline_from=thresholds.chosen.get(settings.outcomes[-1]) if thresholds else None,
        ids=events.ids[start:stop],
        customers=customer_names(events),
        groups=_groups(done, rows),
        rules=_rule_hits(first, program, start, stop),
        roles={spec.key: spec.title for spec in done.loaded.contract.fields if spec.key},
        features=_feature_words(done),
        feature_values=_feature_values(replayed.sample, start, stop),
        rival=_rival(replayed, rows),
        prequential=done.prequential,
        samples=samples(done, start, stop),
        rows_read=done.taken.rows,
        quarantine=_quarantine(done.taken),
        hashes={"policy": program.version, "features": done.loaded.plan.version, **done.taken.hashes, **_model_hash(settings)},
        seeds={"training": record.seed} if record else {},
        software=software(),
        command=done.command,
        trained_until_us=learned_until_us(program),
    )


def _outcome_words(settings: Settings) -> list[ev.OutcomeWord]:
    last = len(settings.outcomes) - 1
    roles: list[ev.columns.Role] = ["pass" if rank == 0 else "stop" if rank == last else "review" for rank in range(last + 1)]
    return [
        ev.OutcomeWord(name, _OUTCOME_TITLES.get(name, {"zh": name, "en": name}), role)
        for name, role in zip(settings.outcomes, roles, strict=True)
    ]


def _groups(done: Judgeable, rows: slice) -> list[ev.Group]:
    """The payments parted by what their labels tell of the fraud, and by each of their own fields whose texts are known beforehand."""
    groups, labels = [], done.contracts.get(done.loaded.program.settings.labels_kind or "")
    if labels and (told := labels.field("scenario")) and done.labels.scenarios:
        groups.append(_group(told, done.labels.scenario[rows], done.labels.scenarios))
    for spec in done.loaded.contract.fields:
        column = done.replayed.events.data.get(spec.name)
        if (spec.one_of or spec.titles) and isinstance(column, Codes) and (column.codes >= 0).any():
            groups.append(_group(spec, column.codes[rows], column.values.to_pylist()))
    return groups


def _group(spec: FieldSpec, codes: Int32Array, texts: Sequence[object]) -> ev.Group:
    title: Text = {"zh": spec.title["zh"], "en": spec.title["en"].lower()}
    return ev.Group(spec.name, title, codes, [spec.called(str(text)) for text in texts])


def _feature_words(done: Judgeable) -> list[ev.FeatureWord]:
    words = []
    for feature in done.loaded.plan.features:
        values = YES_NO if feature.type == "boolean" else {}
        words.append(ev.FeatureWord(feature.name, feature.title, feature.unit or "", values))
    return words


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
        titles |= {f"table.{table.setting.name}.{row + 1}": _row_title(table, row) for row in range(table.rows)}
    return titles


def _row_title(table: PolicyTable, row: int) -> Text:
    """A row's reason, after its table's title where the policy gives it one."""
    reason, title = table.reason(row), table.setting.title
    if title["en"] == table.setting.name:
        return reason
    return {"en": f"{title['en']}: {reason['en']}", "zh": f"{title['zh']}：{reason['zh']}"}


def _feature_values(sample: KeptRows, start: int, stop: int) -> ev.FeatureValues:
    inside = (sample.rows >= start) & (sample.rows < stop)
    return ev.FeatureValues(sample.rows[inside] - start, sample.features[inside])


def _rival(replayed: Replayed, rows: slice) -> ev.Rival | None:
    if len(replayed.policies) < 2:
        return None
    this, other = replayed.policies
    settings, version = other.program.settings, other.program.version
    title: Text = {"zh": f"版本 {version[:12]}", "en": f"version {version[:12]}"}
    if settings.name != this.program.settings.name:
        title = settings.title
    return ev.Rival(version, title, other.outcome[rows], other.score[rows])


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
