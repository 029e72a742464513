"""Data grades of what decisions of a policy say: features from fields, rules and tables from features, lists from what they look at."""

import tomllib
from collections.abc import Iterable, Mapping

from huitong.contracts import DataContract
from huitong.decisions.policy import LoadedPolicy
from huitong.features import LATE, feature_grades
from huitong.identity import DecisionGrades, FieldGrades

_GRADE_OF_LATENESS = 1


def decision_grades(loaded: LoadedPolicy, contracts: Mapping[str, DataContract]) -> DecisionGrades:
    """Grades for ``shown_decision``.

    A rule or table has the grade of the strongest feature whose name stands in its text: more than it reads perhaps, never less.

    Args:
        loaded: The policy.
        contracts: Data contracts by event kind.
    """
    program, graph = loaded.program, loaded.plan.graph
    settings = program.settings
    features = feature_grades(tomllib.loads(program.content[settings.features_file].decode()), contracts, settings.decides)
    fields = FieldGrades.of(loaded.contract)
    other = max(fields.strongest(), *features.values(), 1)

    def named_in(text: str) -> int:
        return max((grade for name, grade in features.items() if name in text), default=other)

    rules = {f"rule.{rule.id}": named_in(rule.when) for rule in settings.rules}
    tables = {table.name: named_in(program.content[table.file].decode("utf-8", "replace")) for table in settings.tables}
    inputs = [] if settings.model is None else [features[name] for name in settings.model.features]
    return DecisionGrades(
        fields=fields,
        features=features,
        tables={**tables, "rules": _strongest(rules.values(), other)},
        lists={one.name: fields.of_field(one.of) for one in settings.lists},
        reasons={**rules, LATE: _GRADE_OF_LATENESS, "model.required_blank": _strongest(inputs, other)},
        ends=other if graph is None else max(fields.of_field(graph.source.name), fields.of_field(graph.target.name)),
        amount=other if graph is None else fields.of_field(graph.amount_name),
        other=other,
    )


def _strongest(grades: Iterable[int], other: int) -> int:
    return max(grades, default=other)
