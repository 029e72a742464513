"""From a policy's folder to a program: read, check, compile, and give it its version."""

import importlib.metadata
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from huitong.ai import FILE_SUFFIX, Scorer, load, registration_findings
from huitong.contracts import DataContract
from huitong.decisions.feel import Scope, Symbols
from huitong.decisions.policy.answer import AGO
from huitong.decisions.policy.contract import contract_for
from huitong.decisions.policy.grounds import Grounds
from huitong.decisions.policy.in_force import in_force_reads, reaches, with_measures
from huitong.decisions.policy.inputs import scope_of, text_columns_of
from huitong.decisions.policy.kept import Declared, kept_reads, with_kept_lists
from huitong.decisions.policy.lists import PolicyList, read_list
from huitong.decisions.policy.made_with import MADE_WITH_FILE, engine_for, made_with
from huitong.decisions.policy.program import Program
from huitong.decisions.policy.reader import SETTINGS_FILE, read_settings, toml_of
from huitong.decisions.policy.rules import CompiledRules
from huitong.decisions.policy.settings import MOST_SEVERE, ListSetting, ModelSetting, Settings, TableSetting
from huitong.decisions.policy.tables import CombineTable, PolicyTable
from huitong.decisions.policy.version import content_of, version_of
from huitong.decisions.policy.wrong import nearest, wrong
from huitong.decisions.tables import DecisionTable, load_tables
from huitong.features import FeaturePlan, inputs_version
from huitong.kernel import DURATION_UNITS, Finding, PolicyError, Severity

MODEL_SUFFIX = FILE_SUFFIX


@dataclass(frozen=True, slots=True)
class LoadedPolicy:
    """A policy ready to run.

    Attributes:
        program: The compiled policy.
        plan: Its features.
        contract: Data contract of the events it decides.
        findings: Warnings: gaps in tables, blanks that move a score, and the like.
        inputs_version: Version of the features that the model reads: what a model trained now is bound to.
        declared: The features as declared: those of the features file, then those that lists and measures add.
    """

    program: Program
    plan: FeaturePlan
    contract: DataContract
    findings: tuple[Finding, ...]
    inputs_version: str
    declared: Declared


def load_policy(
    folder: Path, contracts: Mapping[str, DataContract], models: Path, cache_dir: Path, *, trained: bool = True
) -> LoadedPolicy:
    """Loads a policy.

    Args:
        folder: Its folder.
        contracts: Data contracts by event kind.
        models: Folder of trained models.
        cache_dir: Folder for compiled expressions.
        trained: Whether to take over what training added: the model and the thresholds chosen for it.

    Raises:
        PolicyError: If anything in the folder cannot mean what it says; names file, table, row and cell.
        InputError: If the model that it names is not there.
        DataError: If the model is damaged, or another engine computed this version.
    """
    engine = engine_for(folder)
    content = content_of(folder)
    settings = replace(read_settings(content, folder.name, trained=trained), engine=engine)
    where = f"{folder.name}/{SETTINGS_FILE}"
    contract = contract_for(settings, contracts, where)
    written = toml_of(content, settings.features_file, folder.name)
    reached = reaches(settings, contract, contracts)
    declared = with_measures(with_kept_lists(written, settings, contracts, where), settings.in_force, reached)
    plan = FeaturePlan.load(declared, contracts, settings.decides, settings.features_file)
    symbols = Symbols()
    plain = len(written.get("features", {}))
    scope = scope_of(plan.features[:plain], symbols)
    lists = tuple(_list(setting, content, where) for setting in settings.lists)
    if unnamed := set(plan.lists_needed) - {setting.name for setting in settings.lists}:
        hint = nearest(min(unnamed), [setting.name for setting in settings.lists])
        raise wrong(
            f"{folder.name}/{settings.features_file}",
            f"list {min(unnamed)!r} is not among [lists] of {SETTINGS_FILE}{hint[0]}",
            f"{SETTINGS_FILE} 的 [lists] 中没有名单 {min(unnamed)!r}{hint[1]}",
        )
    rules = CompiledRules.compile(settings.rules, scope, "policy.toml", cache_dir)
    tables, combine, findings = _tables(settings, content, scope, cache_dir, where)
    inputs = _check_inputs(settings.model, plan, where)
    bound = inputs_version(plan, declared, contracts, inputs) if inputs else plan.version
    scorer, columns, model_findings = _model(settings, plan, bound, models, where)
    engines = _engines(plan, settings)
    titles = {feature.name: feature.title for feature in plan.features}
    version = version_of(content, engines)
    program = Program(
        settings=settings,
        version=version,
        content={**content, MADE_WITH_FILE: made_with(version, engines)},
        features=tuple(plan.names),
        titles=titles,
        units={feature.name: feature.unit for feature in plan.features},
        text_columns=text_columns_of(scope),
        symbols=symbols,
        lists=lists,
        rules=rules,
        tables=tables,
        combine=combine,
        scorer=scorer,
        model_columns=columns,
        plain=plain,
        kept=kept_reads(settings, plan.names),
        in_force=in_force_reads(settings, reached, plan.names, contract, plan.zone, Grounds.of(settings, tables, titles)),
        searched=plan.searched,
    )
    return LoadedPolicy(program, plan, contract, (*findings, *model_findings), bound, declared)


def _list(setting: ListSetting, content: Mapping[str, bytes], where: str) -> PolicyList:
    """The list of a file; of one that people keep, whose entries come as events, an empty one."""
    if setting.file is None:
        return PolicyList(setting.name, {})
    return read_list(setting.name, setting.file, _file(content, setting.file, f"{where} [lists.{setting.name}]"), where)


def _engines(plan: FeaturePlan, settings: Settings) -> dict[str, str]:
    """What outside the folder an answer depends on."""
    return {
        "engine": str(settings.engine),
        "features": plan.version,
        "model": (settings.model.reference if settings.model else None) or "-",
        "tzdata": importlib.metadata.version("tzdata"),
    }


def _tables(
    settings: Settings, content: Mapping[str, bytes], scope: Scope, cache_dir: Path, where: str
) -> tuple[tuple[PolicyTable, ...], CombineTable | None, list[Finding]]:
    tables: list[PolicyTable] = []
    combine: CombineTable | None = None
    findings: list[Finding] = []
    for setting in settings.tables:
        place = f"{where} [tables.{setting.name}]"
        table_content = {setting.file: _file(content, setting.file, place)}
        combines = setting.name == settings.combine and settings.combine != MOST_SEVERE
        own_scope = CombineTable.scope(scope.symbols) if combines else scope
        loaded = load_tables(table_content, own_scope, cache_dir)
        loaded.raise_errors()
        findings += loaded.findings
        table = PolicyTable.of(setting, _chosen(setting, loaded.tables, place), settings)
        if combines:
            combine = CombineTable.of(table, settings)
        else:
            tables.append(table)
    return tuple(tables), combine, findings


def _file(content: Mapping[str, bytes], file: str, place: str) -> bytes:
    """A file of the policy's own folder: what lies elsewhere is in no version, and could change an answer unseen."""
    if file not in content:
        hint = nearest(file, content)
        raise wrong(place, f"{file} is not in the policy's folder{hint[0]}", f"策略文件夹中没有 {file}{hint[1]}")
    return content[file]


def _chosen(setting: TableSetting, tables: Mapping[str, DecisionTable], place: str) -> DecisionTable:
    if setting.decision is not None and setting.decision in tables:
        return tables[setting.decision]
    if setting.decision is None and len(tables) == 1:
        return next(iter(tables.values()))
    hint = nearest(setting.decision or "", tables)
    raise wrong(
        place,
        f"decision {setting.decision!r} is not in {setting.file}, which has {sorted(tables)}{hint[0]}",
        f"{setting.file} 中没有决策 {setting.decision!r}，现有 {sorted(tables)}{hint[1]}",
    )


def _check_inputs(model: ModelSetting | None, plan: FeaturePlan, where: str) -> tuple[str, ...]:
    """The features that the model reads: each one there, each a number, each sentence about one with a meaning."""
    if model is None:
        return ()
    for name in model.features:
        feature = next((one for one in plan.features if one.name == name), None)
        if feature is None:
            hint = nearest(name, plan.names)
            raise wrong(f"{where} [model] features", f"{name!r} is no feature{hint[0]}", f"{name!r} 不是特征{hint[1]}")
        if feature.type == "string":
            raise wrong(f"{where} [model] features", f"{name!r} is a text; a model takes numbers", f"{name!r} 是文本；模型只接受数值")
    _check_sentences(model, plan, where)
    return model.features


def _model(
    settings: Settings, plan: FeaturePlan, bound: str, models: Path, where: str
) -> tuple[Scorer | None, npt.NDArray[np.intp], list[Finding]]:
    if settings.model is None:
        return None, np.empty(0, np.intp), []
    columns = np.array([plan.names.index(name) for name in settings.model.features], np.intp)
    if settings.model.reference is None:
        return None, columns, [_untrained(where)]
    ensemble = load(models / f"{settings.model.reference}{MODEL_SUFFIX}")
    # A model of before its inputs had a version of their own is bound to the whole plan.
    if ensemble.record.feature_version not in (bound, plan.version) or ensemble.feature_names != settings.model.features:
        raise _outgrown(where, "other_features", "features", "特征")
    if [(one.name, one.missing, one.fill, one.monotone) for one in ensemble.features] != _declared(settings.model):
        raise _outgrown(where, "other_declarations", "missing values or monotone signs", "缺失处理或单调方向")
    findings = registration_findings(ensemble)
    errors = [finding for finding in findings if finding.severity is Severity.ERROR]
    if errors:
        raise wrong(f"{where} [model]", errors[0].text["en"], errors[0].text["zh"], code=errors[0].code)
    return ensemble.scorer(), columns, findings


def _check_sentences(model: ModelSetting, plan: FeaturePlan, where: str) -> None:
    """Refuses a sentence that asks how long ago something was of a feature that is no duration: it would stand there unfilled."""
    units = {feature.name: feature.unit for feature in plan.features}
    for section, texts in (("reasons", model.reasons), ("missing_reasons", model.missing_reasons)):
        for name, text in texts.items():
            if any(AGO in one for one in text.values()) and (section == "missing_reasons" or units[name] not in DURATION_UNITS):
                raise wrong(
                    f"{where} [model.{section}] {name}",
                    f"{AGO} needs a value in {', '.join(DURATION_UNITS)}",
                    f"{AGO} 需要以 {'、'.join(DURATION_UNITS)} 为单位的值",
                )


def _declared(model: ModelSetting) -> list[tuple[str, str, float | None, int]]:
    return [(name, model.missing[name].treatment, model.missing[name].value, model.monotone.get(name, 0)) for name in model.features]


def _outgrown(where: str, code: str, what_en: str, what_zh: str) -> PolicyError:
    return PolicyError(
        f"policy.model.{code}",
        {
            "en": f"policy {where} [model]: the trained model was made for other {what_en} than the policy declares now",
            "zh": f"策略 {where} [model]：已训练的模型所用的{what_zh}与策略当前声明的不一致",
        },
        {
            "en": "train the policy again with `huitong train`, or take the change back",
            "zh": "请用 `huitong train` 重新训练该策略，或撤销这一改动",
        },
    )


def _untrained(where: str) -> Finding:
    return Finding(
        "policy.model.untrained",
        f"{where} [model]",
        {
            "en": "the model is not trained yet: lists, rules and tables decide alone, and each decision says so in its tier",
            "zh": "模型尚未训练：仅由名单、规则与决策表决策，每个决策都会在 tier 中注明",
        },
        {"en": "train it: huitong train NAME --input FILE", "zh": "请训练模型：huitong train 名称 --input 文件"},
        Severity.WARNING,
    )
