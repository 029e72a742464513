"""Reads `policy.toml`, once, at load.

Whatever the file cannot mean is a ``PolicyError`` that names the file and the place, so that nothing about a policy is found
out at the first payment.
"""

import difflib
import math
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, get_args

import msgspec

from huitong.contracts import MeasureKind
from huitong.decisions.policy.settings import (
    MOST_SEVERE,
    ListSetting,
    MeasureSetting,
    MissingSetting,
    ModelSetting,
    RuleSetting,
    Settings,
    Stage,
    TableSetting,
    ThresholdSetting,
    TrainingSetting,
)
from huitong.kernel import LANGUAGES, HuitongError, PolicyError, Text, currency_exponent, duration_us


def read_settings(folder: Path, *, trained: bool = True) -> Settings:
    """Reads `policy.toml` and, where training has written it, `trained.toml`.

    Args:
        folder: The policy's folder.
        trained: Whether to take over what training added; a new training does not.

    Raises:
        PolicyError: If a file is missing, is no TOML, or says what no policy can mean.
    """
    document = _toml(folder / "policy.toml")
    trained_path = folder / "trained.toml"
    added = _toml(trained_path) if trained and trained_path.exists() else {}
    return _Reader(f"{folder.name}/policy.toml").settings(document, added)


def _toml(path: Path) -> Mapping[str, Any]:
    where = f"{path.parent.name}/{path.name}"
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise wrong(where, "the file is not there", "文件不存在") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise wrong(where, f"no readable TOML: {error}", f"不是可读的 TOML：{error}") from None


def wrong(where: str, en: str, zh: str, code: str = "policy.wrong") -> PolicyError:
    """A policy error about one place of a policy's files."""
    return PolicyError(
        code,
        {"en": f"policy {where}: {en}", "zh": f"策略 {where}：{zh}"},
        {"en": "mend the file; docs/policies.md lists every setting", "zh": "请修改该文件；各项设置见 docs/zh/policies.md"},
    )


def nearest(name: str, known: Iterable[str]) -> tuple[str, str]:
    """A hint at the nearest known name, in English and Chinese; empty where nothing is near."""
    found = difflib.get_close_matches(name, list(known), 1)
    return (f"; did you mean {found[0]!r}?", f"；是否指 {found[0]!r}？") if found else ("", "")


class _Reader:
    """Turns the TOML document into settings; remembers the file's name for errors."""

    def __init__(self, where: str) -> None:
        self.where = where
        self.outcomes: tuple[str, ...] = ()
        self.minor_per_major = 1

    def settings(self, document: Mapping[str, Any], trained: Mapping[str, Any]) -> Settings:
        sections = ["policy", "order", "lists", "rules", "tables", "model", "thresholds", "measures", "budget_us", "smallest_change"]
        self._only(document, sections, "")
        head = self._table(document, "policy")
        self._only(head, ["name", "title", "owner", "decides", "currency", "labels", "outcomes", "features", "obligations"], "[policy]")
        self.outcomes = self._words(head, "outcomes", "[policy]")
        if len(self.outcomes) < 2 or len(set(self.outcomes)) < len(self.outcomes):
            raise self._wrong("[policy] outcomes", "needs at least two different words", "至少需要两个不同的结果词")
        currency = self._text(head, "currency", "[policy]")
        try:
            self.minor_per_major = 10 ** currency_exponent(currency)
        except HuitongError as error:
            raise self._wrong("[policy] currency", error.cause["en"], error.cause["zh"]) from None
        labels = head.get("labels", {})
        self._only(labels, ["events", "field"], "[policy] labels")
        order = document.get("order", {})
        self._only(order, ["stages", "combine"], "[order]")
        tables = tuple(self._table_setting(name, table) for name, table in document.get("tables", {}).items())
        model = self._model(document["model"], trained.get("model", {})) if "model" in document else None
        thresholds = self._thresholds(document["thresholds"], trained.get("thresholds", {})) if "thresholds" in document else None
        if model is not None and thresholds is None:
            raise self._wrong("[thresholds]", "a policy with a model needs them", "带模型的策略必须给出阈值设置")
        change = document.get("smallest_change", {})
        self._only(change, ["fields"], "[smallest_change]")
        return Settings(
            name=self._text(head, "name", "[policy]"),
            title=self._bilingual(head.get("title"), "[policy] title"),
            owner=self._text(head, "owner", "[policy]"),
            decides=self._text(head, "decides", "[policy]"),
            currency=currency,
            labels_kind=labels.get("events"),
            labels_field=labels.get("field"),
            outcomes=self.outcomes,
            stages=self._stages(order.get("stages", list(get_args(Stage)))),
            combine=self._combine(order.get("combine", MOST_SEVERE), tables),
            lists=tuple(self._list(name, table) for name, table in document.get("lists", {}).items()),
            rules=self._rules(document.get("rules", [])),
            tables=tables,
            model=model,
            thresholds=thresholds,
            measures=tuple(self._measure(outcome, table) for outcome, table in document.get("measures", {}).items()),
            budget_us=self._budget(document.get("budget_us", {})),
            change_fields=tuple(change.get("fields", ())),
            features_file=head.get("features", "features.toml"),
            obligations=tuple(head.get("obligations", ())),
        )

    def _list(self, name: str, table: Mapping[str, Any]) -> ListSetting:
        place = f"[lists.{name}]"
        self._only(table, ["file", "of", "outcome", "final", "reason"], place)
        outcome = self._outcome(table["outcome"], place) if "outcome" in table else None
        if outcome is not None and "reason" not in table:
            raise self._wrong(place, "a list with an outcome needs a reason", "带结果的名单必须给出理由")
        reason: Text = self._bilingual(table["reason"], f"{place} reason") if "reason" in table else {"zh": name, "en": name}
        return ListSetting(
            name, self._text(table, "file", place), self._text(table, "of", place), outcome, bool(table.get("final", False)), reason
        )

    def _rules(self, rules: list[Mapping[str, Any]]) -> tuple[RuleSetting, ...]:
        found: dict[str, RuleSetting] = {}
        for number, table in enumerate(rules, 1):
            place = f"[[rules]] {table.get('id', number)}"
            self._only(table, ["id", "when", "outcome", "reason"], place)
            rule_id = self._text(table, "id", place)
            if rule_id in found:
                raise self._wrong(place, "the id is used twice", "编号重复")
            found[rule_id] = RuleSetting(
                rule_id,
                self._text(table, "when", place),
                self._outcome(table.get("outcome"), place),
                self._bilingual(table.get("reason"), f"{place} reason"),
            )
        return tuple(found.values())

    def _table_setting(self, name: str, table: Mapping[str, Any]) -> TableSetting:
        place = f"[tables.{name}]"
        self._only(table, ["file", "decision", "output", "reason"], place)
        reason = self._bilingual(table.get("reason"), f"{place} reason")
        return TableSetting(name, self._text(table, "file", place), table.get("decision"), table.get("output", "outcome"), reason)

    def _model(self, table: Mapping[str, Any], trained: Mapping[str, Any]) -> ModelSetting:
        self._only(table, ["features", "monotone", "missing", "training", "reasons", "reference"], "[model]")
        features = self._words(table, "features", "[model]")
        monotone = {name: self._sign(name, sign) for name, sign in table.get("monotone", {}).items()}
        missing_table = dict(table.get("missing", {}))
        default = missing_table.pop("default", None)
        for section, names in (("monotone", monotone), ("missing", missing_table), ("reasons", table.get("reasons", {}))):
            for name in names:
                if name not in features:
                    hint = nearest(name, features)
                    raise self._wrong(
                        f"[model.{section}]", f"{name!r} is no feature of the model{hint[0]}", f"{name!r} 不是模型的特征{hint[1]}"
                    )
        missing = {}
        for name in features:
            value = missing_table.get(name, default)
            if value is None:
                raise self._wrong(
                    "[model.missing]",
                    f"says nothing about {name!r}; declare it or give a default",
                    f"未声明 {name!r} 的缺失处理；请声明或给出 default",
                )
            missing[name] = self._missing(name, value)
        reasons = {name: self._bilingual(text, f"[model.reasons] {name}") for name, text in table.get("reasons", {}).items()}
        reference = trained.get("reference", table.get("reference"))
        return ModelSetting(features, monotone, missing, self._training(table.get("training", {})), reasons, reference)

    def _training(self, table: object) -> TrainingSetting:
        try:
            return msgspec.convert(table, TrainingSetting)
        except msgspec.ValidationError as error:
            known = ", ".join(TrainingSetting.__struct_fields__)
            raise self._wrong("[model.training]", f"{error}; known settings: {known}", f"{error}；可用设置：{known}") from None

    def _missing(self, name: str, value: object) -> MissingSetting:
        if value == "required":
            return MissingSetting("required")
        if value == "informative":
            return MissingSetting("informative")
        if isinstance(value, Mapping) and set(value) == {"imputed"} and isinstance(value["imputed"], int | float):
            return MissingSetting("imputed", float(value["imputed"]))
        raise self._wrong(
            f"[model.missing] {name}",
            f"{value!r} is not 'required', 'informative' or {{ imputed = number }}",
            f"{value!r} 不是 'required'、'informative' 或 {{ imputed = 数字 }}",
        )

    def _sign(self, name: str, sign: object) -> int:
        if sign not in ("+", "-"):
            raise self._wrong(f"[model.monotone] {name}", f"{sign!r} is not '+' or '-'", f"{sign!r} 不是 '+' 或 '-'")
        return 1 if sign == "+" else -1

    def _thresholds(self, table: Mapping[str, Any], trained: Mapping[str, Any]) -> ThresholdSetting:
        costs = ["alerts_per_day", "loss_missed", "cost_per_alert", "cost_per_harmed_customer"]
        self._only(table, [*costs, *self.outcomes[1:]], "[thresholds]")
        values = {name: self._number(table, name, "[thresholds]") for name in costs}
        fixed = {outcome: self._number(table, outcome, "[thresholds]") for outcome in self.outcomes[1:] if outcome in table}
        chosen = {str(name): float(value) for name, value in (dict(trained) | fixed).items()}
        levels = [chosen[outcome] for outcome in self.outcomes[1:] if outcome in chosen]
        if levels != sorted(levels):
            raise self._wrong("[thresholds]", f"{chosen} do not rise with severity", f"{chosen} 没有随严重程度递增")
        return ThresholdSetting(
            values["alerts_per_day"],
            values["loss_missed"],
            round(values["cost_per_alert"] * self.minor_per_major),
            round(values["cost_per_harmed_customer"] * self.minor_per_major),
            chosen,
        )

    def _measure(self, outcome: str, table: Mapping[str, Any]) -> MeasureSetting:
        place = f"[measures.{outcome}]"
        self._only(table, ["kind", "role", "for"], place)
        kinds: tuple[MeasureKind, ...] = get_args(MeasureKind)
        kind = next((known for known in kinds if known == table.get("kind")), None)
        if kind is None:
            raise self._wrong(place, f"kind must be one of {kinds}", f"kind 必须是 {kinds} 之一")
        return MeasureSetting(
            self._outcome(outcome, place), kind, self._text(table, "role", place), self._duration(self._text(table, "for", place), place)
        )

    def _duration(self, text: str, place: str) -> int:
        try:
            return duration_us(text)
        except HuitongError as error:
            raise self._wrong(place, error.cause["en"], error.cause["zh"]) from None

    def _budget(self, table: Mapping[str, Any]) -> Mapping[str, int]:
        self._only(table, ["total", *get_args(Stage)], "[budget_us]")
        return {name: int(self._number(table, name, "[budget_us]")) for name in table}

    def _stages(self, words: list[str]) -> tuple[Stage, ...]:
        known: tuple[Stage, ...] = get_args(Stage)
        stages = tuple(stage for word in words for stage in known if stage == word)
        if len(stages) != len(words) or len(set(words)) != len(words):
            raise self._wrong("[order] stages", f"{words} are not some of {known}, each once", f"{words} 不是 {known} 中的若干项（各一次）")
        return stages

    def _combine(self, word: str, tables: tuple[TableSetting, ...]) -> str:
        if word != MOST_SEVERE and all(table.name != word for table in tables):
            raise self._wrong(
                "[order] combine", f"{word!r} is neither {MOST_SEVERE!r} nor a table", f"{word!r} 既不是 {MOST_SEVERE!r} 也不是决策表"
            )
        return word

    def _outcome(self, word: object, place: str) -> str:
        if not isinstance(word, str) or word not in self.outcomes:
            hint = nearest(str(word), self.outcomes)
            raise self._wrong(
                place, f"{word!r} is not one of the outcomes {self.outcomes}{hint[0]}", f"{word!r} 不在结果词 {self.outcomes} 中{hint[1]}"
            )
        return word

    def _only(self, table: Mapping[str, Any], known: list[str], place: str) -> None:
        for name in table:
            if name not in known:
                hint = nearest(name, known)
                raise self._wrong(place, f"unknown setting {name!r}{hint[0]}", f"未知设置 {name!r}{hint[1]}")

    def _table(self, document: Mapping[str, Any], name: str) -> Mapping[str, Any]:
        table = document.get(name)
        if not isinstance(table, Mapping):
            raise self._wrong(f"[{name}]", "is missing", "缺失")
        return table

    def _text(self, table: Mapping[str, Any], name: str, place: str) -> str:
        value = table.get(name)
        if not isinstance(value, str) or not value:
            raise self._wrong(place, f"{name} must be a text", f"{name} 必须是文字")
        return value

    def _words(self, table: Mapping[str, Any], name: str, place: str) -> tuple[str, ...]:
        value = table.get(name)
        if not isinstance(value, list) or not value or not all(isinstance(word, str) and word for word in value):
            raise self._wrong(place, f"{name} must be a list of texts", f"{name} 必须是文字列表")
        return tuple(value)

    def _number(self, table: Mapping[str, Any], name: str, place: str) -> float:
        value = table.get(name)
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or value < 0:
            raise self._wrong(place, f"{name} must be a number of at least 0", f"{name} 必须是不小于 0 的数")
        return float(value)

    def _bilingual(self, value: object, place: str) -> Text:
        if not isinstance(value, Mapping) or any(not isinstance(value.get(language), str) or not value[language] for language in LANGUAGES):
            raise self._wrong(place, "needs a text in zh and en", "需要 zh 与 en 两种文字")
        return {language: value[language] for language in LANGUAGES}

    def _wrong(self, place: str, en: str, zh: str) -> PolicyError:
        return wrong(f"{self.where} {place}".strip(), en, zh)
