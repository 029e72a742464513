"""Reads `policy.toml`, once, at load.

Whatever the file cannot mean is a ``PolicyError`` that names the file and the place, so that nothing about a policy is found
out at the first payment.
"""

import math
import re
from collections.abc import Callable, Mapping
from typing import Any, TypeGuard, get_args

import msgspec

from huitong.contracts import CHANNEL, COUNTERPARTY, MeasureKind, shape_in_chinese
from huitong.decisions.policy.settings import (
    MOST_SEVERE,
    InForceSetting,
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
    falling,
)
from huitong.decisions.policy.wrong import check_format, nearest, wrong
from huitong.kernel import LANGUAGES, HuitongError, PolicyError, Text, TomlError, currency_exponent, duration_us, read_toml, time_us

_NAME = re.compile(r"[\w-]{1,64}")
SETTINGS_FILE, TRAINED_FILE = "policy.toml", "trained.toml"


def read_settings(content: Mapping[str, bytes], folder: str, *, trained: bool = True) -> Settings:
    """Reads `policy.toml` and, where training has written it, `trained.toml`.

    Args:
        content: The files of the policy's folder.
        folder: Name of the folder, for errors.
        trained: Whether to take over what training added; a new training does not.

    Raises:
        PolicyError: If a file is missing, is no TOML, or says what no policy can mean.
    """
    document = toml_of(content, SETTINGS_FILE, folder)
    added = toml_of(content, TRAINED_FILE, folder) if trained and TRAINED_FILE in content else {}
    return _Reader(f"{folder}/{SETTINGS_FILE}").settings(document, added)


def toml_of(content: Mapping[str, bytes], file: str, folder: str) -> Mapping[str, Any]:
    """A file of a policy as a TOML document.

    Raises:
        PolicyError: If it is missing or no TOML.
    """
    where = f"{folder}/{file}"
    if file not in content:
        raise wrong(where, "the file is not in the policy's folder", "策略文件夹中没有该文件")
    try:
        return read_toml(content[file])
    except TomlError as error:
        raise wrong(where, f"no readable TOML: {error.text['en']}", f"不是可读的 TOML：{error.text['zh']}") from None


def _finite(value: object) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


class _Reader:
    """Turns the TOML document into settings; remembers the file's name for errors."""

    def __init__(self, where: str) -> None:
        self.where = where
        self.outcomes: tuple[str, ...] = ()
        self.minor_per_major = 1

    def settings(self, document: Mapping[str, Any], trained: Mapping[str, Any]) -> Settings:
        check_format(document, self.where)
        sections = [
            "format",
            "policy",
            "order",
            "lists",
            "rules",
            "tables",
            "model",
            "thresholds",
            "measures",
            "in_force",
            "budget_us",
            "smallest_change",
        ]
        self._only(document, sections, "")
        head = self._table(document, "policy")
        self._only(head, ["name", "title", "owner", "decides", "currency", "labels", "outcomes", "features", "obligations"], "[policy]")
        self.outcomes = self._words(head, "outcomes", "[policy]")
        if len(self.outcomes) < 2 or len(set(self.outcomes)) < len(self.outcomes):
            raise self._wrong("[policy] outcomes", "needs at least two different words", "至少需要两个不同的结果词")
        currency = self._text(head, "currency", "[policy]")
        self.minor_per_major = 10 ** self._read(currency_exponent, currency, "[policy] currency")
        labels = self._optional(head, "labels", "[policy]")
        self._only(labels, ["events", "field"], "[policy] labels")
        order = self._optional(document, "order")
        self._only(order, ["stages", "combine"], "[order]")
        tables = tuple(self._table_setting(name, table) for name, table in self._tables(document, "tables"))
        model = self._model(self._table(document, "model"), self._optional(trained, "model")) if "model" in document else None
        thresholds = None
        if "thresholds" in document:
            thresholds = self._thresholds(self._table(document, "thresholds"), self._optional(trained, "thresholds"))
        if model is not None and thresholds is None:
            raise self._wrong("[thresholds]", "a policy with a model needs them", "带模型的策略必须给出阈值设置")
        change = self._optional(document, "smallest_change")
        self._only(change, ["fields"], "[smallest_change]")
        return Settings(
            name=self._name(head),
            title=self._bilingual(head.get("title"), "[policy] title"),
            owner=self._text(head, "owner", "[policy]"),
            decides=self._text(head, "decides", "[policy]"),
            currency=currency,
            labels_kind=self._text(labels, "events", "[policy] labels") if labels else None,
            labels_field=self._text(labels, "field", "[policy] labels") if labels else None,
            outcomes=self.outcomes,
            stages=self._stages(self._words(order, "stages", "[order]") if "stages" in order else get_args(Stage)),
            combine=self._combine(order.get("combine", MOST_SEVERE), tables),
            lists=tuple(self._list(name, table) for name, table in self._tables(document, "lists")),
            rules=self._rules(document.get("rules", [])),
            tables=tables,
            model=model,
            thresholds=thresholds,
            measures=tuple(self._measure(outcome, table) for outcome, table in self._tables(document, "measures")),
            in_force=self._in_force(self._optional(document, "in_force")),
            budget_us=self._budget(self._optional(document, "budget_us")),
            change_fields=self._words(change, "fields", "[smallest_change]") if change else (),
            features_file=self._text(head, "features", "[policy]") if "features" in head else "features.toml",
            obligations=self._words(head, "obligations", "[policy]") if "obligations" in head else (),
        )

    def _list(self, name: str, table: Mapping[str, Any]) -> ListSetting:
        place = f"[lists.{name}]"
        self._only(table, ["file", "of", "outcome", "final", "reason"], place)
        outcome = self._outcome(table["outcome"], place) if "outcome" in table else None
        if outcome is not None and "reason" not in table:
            raise self._wrong(place, "a list with an outcome needs a reason", "带结果的名单必须给出理由")
        reason: Text = self._bilingual(table["reason"], f"{place} reason") if "reason" in table else {"zh": name, "en": name}
        final = table.get("final", False)
        if not isinstance(final, bool):
            raise self._wrong(place, "final must be true or false", "final 必须是 true 或 false")
        if final and outcome is None:
            raise self._wrong(place, "a final list needs an outcome", "final 名单必须给出结果")
        file = self._text(table, "file", place) if "file" in table else None
        if file is None and not name.isidentifier():
            raise self._wrong(
                place, "a list that people keep is called by letters, digits and _", "日常维护的名单只能用字母、数字与下划线命名"
            )
        return ListSetting(name, file, self._text(table, "of", place), outcome, final, reason)

    def _rules(self, rules: object) -> tuple[RuleSetting, ...]:
        found: dict[str, RuleSetting] = {}
        if not isinstance(rules, list) or not all(isinstance(table, Mapping) for table in rules):
            raise self._wrong("[[rules]]", "write each rule under [[rules]]", "每条规则请写在 [[rules]] 之下")
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
        self._only(table, ["file", "decision", "output", "title", "reason"], place)
        reason = self._bilingual(table.get("reason"), f"{place} reason")
        decision = self._text(table, "decision", place) if "decision" in table else None
        output = self._text(table, "output", place) if "output" in table else "outcome"
        title: Text = self._bilingual(table["title"], f"{place} title") if "title" in table else {"zh": name, "en": name}
        return TableSetting(name, self._text(table, "file", place), decision, output, reason, title)

    def _model(self, table: Mapping[str, Any], trained: Mapping[str, Any]) -> ModelSetting:
        self._only(table, ["features", "monotone", "missing", "training", "reasons", "missing_reasons", "reference"], "[model]")
        features = self._words(table, "features", "[model]")
        if doubled := sorted({name for name in features if features.count(name) > 1}):
            raise self._wrong("[model] features", f"{doubled} stand there twice", f"{doubled} 重复")
        monotone = {name: self._sign(name, sign) for name, sign in self._optional(table, "monotone", "[model]").items()}
        missing_table = dict(self._optional(table, "missing", "[model]"))
        default = missing_table.pop("default", None)
        texts = self._optional(table, "reasons", "[model]")
        blanks = self._optional(table, "missing_reasons", "[model]")
        for section, names in (("monotone", monotone), ("missing", missing_table), ("reasons", texts), ("missing_reasons", blanks)):
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
        reasons = {name: self._bilingual(text, f"[model.reasons] {name}") for name, text in texts.items()}
        said_blank = {name: self._bilingual(text, f"[model.missing_reasons] {name}") for name, text in blanks.items()}
        both = {**table, **trained}
        reference = self._text(both, "reference", "[model]") if "reference" in both else None
        learned_before = self._text(trained, "learned_before", "[model]") if "learned_before" in trained else None
        before_us = None if learned_before is None else self._read(time_us, learned_before, "[model] learned_before")
        training = self._training(table.get("training", {}))
        return ModelSetting(features, monotone, missing, training, reasons, reference, before_us, said_blank)

    def _read(self, read: Callable[[str], int], text: str, place: str) -> int:
        """What the kernel reads in a text; where it cannot, the place is told too."""
        try:
            return read(text)
        except HuitongError as error:
            raise self._wrong(place, error.cause["en"], error.cause["zh"]) from None

    def _training(self, table: object) -> TrainingSetting:
        try:
            return msgspec.convert(table, TrainingSetting)
        except msgspec.ValidationError as error:
            known = ", ".join(TrainingSetting.__struct_fields__)
            en, zh = f"{error}; known settings: {known}", f"{shape_in_chinese(error)}；可用设置：{known}"
            raise self._wrong("[model.training]", en, zh) from None

    def _missing(self, name: str, value: object) -> MissingSetting:
        if value == "required":
            return MissingSetting("required")
        if value == "informative":
            return MissingSetting("informative")
        if isinstance(value, Mapping) and set(value) == {"imputed"} and _finite(value["imputed"]):
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
        if gone := [name for name in trained if name not in self.outcomes[1:]]:
            raise self._wrong(
                "outcomes", f"{TRAINED_FILE} has thresholds for {gone}; train again", f"{TRAINED_FILE} 中有 {gone} 的阈值；请重新训练"
            )
        if beyond := [outcome for outcome in self.outcomes[1:] if outcome in table and self._number(table, outcome, "[thresholds]") > 1]:
            raise self._wrong("[thresholds]", f"{beyond} must be a probability, at most 1", f"{beyond} 必须是概率，不大于 1")
        both = {**trained, **table}
        chosen = {outcome: self._number(both, outcome, "[thresholds]") for outcome in self.outcomes[1:] if outcome in both}
        if (pair := falling(chosen)) is not None:
            (milder, graver), (low, high) = pair, (chosen[one] for one in pair)
            en = f"{milder} ({low:.6g}) must not lie above the graver {graver} ({high:.6g})"
            raise self._wrong("[thresholds]", en, f"{milder}（{low:.6g}）不得高于更严重的 {graver}（{high:.6g}）")
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
        lasting_us = self._read(duration_us, self._text(table, "for", place), place)
        return MeasureSetting(self._outcome(outcome, place), kind, self._text(table, "role", place), lasting_us)

    def _in_force(self, table: Mapping[str, Any]) -> InForceSetting | None:
        if not table:
            return None
        kinds: tuple[MeasureKind, ...] = get_args(MeasureKind)
        self._only(table, ["roles", CHANNEL, COUNTERPARTY, "grounds", *kinds], "[in_force]")
        roles = self._words(table, "roles", "[in_force]")
        named = {kind: self._outcome(table[kind], f"[in_force] {kind}") if table[kind] != "" else None for kind in kinds if kind in table}
        if len(set(roles)) < len(roles) or not named:
            raise self._wrong(
                "[in_force]", "needs different roles, and at least one kind of measure", "需要互不相同的角色，以及至少一种措施"
            )
        narrowed = {name: self._narrowed(table[name], roles, name) if name in table else None for name in (CHANNEL, COUNTERPARTY)}
        written = self._optional(table, "grounds", "[in_force]")
        grounds = {code: self._bilingual(text, f"[in_force.grounds] {code}") for code, text in written.items()}
        return InForceSetting(roles, named, narrowed, grounds)

    def _narrowed(self, words: object, roles: tuple[str, ...], name: str) -> tuple[str, ...]:
        if not isinstance(words, list) or not set(words) <= set(roles) or len(set(words)) < len(words):
            raise self._wrong(f"[in_force] {name}", "names some of roles, each once", "须为 roles 中的若干项，每项一次")
        return tuple(words)

    def _budget(self, table: Mapping[str, Any]) -> Mapping[str, int]:
        self._only(table, ["total", "graph", *get_args(Stage)], "[budget_us]")
        return {name: int(self._number(table, name, "[budget_us]")) for name in table}

    def _name(self, head: Mapping[str, Any]) -> str:
        name = self._text(head, "name", "[policy]")
        if not _NAME.fullmatch(name):  # it names folders of versions and stands before the @ of a version
            raise self._wrong(
                "[policy] name", f"{name!r} is not made of letters, digits, _ and - alone", f"{name!r} 只能由字母、数字、下划线与连字符组成"
            )
        return name

    def _stages(self, words: tuple[str, ...]) -> tuple[Stage, ...]:
        known: tuple[Stage, ...] = get_args(Stage)
        stages = tuple(stage for word in words for stage in known if stage == word)
        if len(stages) != len(words) or len(set(words)) != len(words):
            raise self._wrong("[order] stages", f"{words} are not some of {known}, each once", f"{words} 不是 {known} 中的若干项（各一次）")
        return stages

    def _combine(self, word: object, tables: tuple[TableSetting, ...]) -> str:
        if not isinstance(word, str) or (word != MOST_SEVERE and all(table.name != word for table in tables)):
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
        if not isinstance(table, Mapping):
            raise self._wrong(place, "must be a table of settings", "必须是设置表")
        for name in table:
            if name not in known:
                hint = nearest(name, known)
                raise self._wrong(place, f"unknown setting {name!r}{hint[0]}", f"未知设置 {name!r}{hint[1]}")

    def _table(self, document: Mapping[str, Any], name: str) -> Mapping[str, Any]:
        table = document.get(name)
        if not isinstance(table, Mapping):
            raise self._wrong(f"[{name}]", "the section is missing", "缺少该节")
        return table

    def _optional(self, table: Mapping[str, Any], name: str, place: str = "") -> Mapping[str, Any]:
        inner = table.get(name, {})
        if not isinstance(inner, Mapping):
            raise self._wrong(f"{place} {name}".strip(), "must be a table of settings", "必须是设置表")
        return inner

    def _tables(self, document: Mapping[str, Any], name: str) -> list[tuple[str, Mapping[str, Any]]]:
        return [(inner, self._optional(self._optional(document, name), inner, f"[{name}]")) for inner in self._optional(document, name)]

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
        if not _finite(value) or value < 0:
            raise self._wrong(place, f"{name} must be a number of at least 0", f"{name} 必须是不小于 0 的数")
        return float(value)

    def _bilingual(self, value: object, place: str) -> Text:
        if not isinstance(value, Mapping) or any(not isinstance(value.get(language), str) or not value[language] for language in LANGUAGES):
            raise self._wrong(place, "needs a text in zh and en", "需要 zh 与 en 两种文字")
        return {language: value[language] for language in LANGUAGES}

    def _wrong(self, place: str, en: str, zh: str) -> PolicyError:
        return wrong(f"{self.where} {place}".strip(), en, zh)
