"""Data grades of what decisions of a policy say: features from fields, rules and tables from features, lists from what they look at."""

from collections.abc import Callable, Iterable, Mapping

from huitong.contracts import DataContract, Decision, Log
from huitong.decisions.policy import LoadedPolicy
from huitong.features import LATE, feature_grades
from huitong.identity import DecisionGrades, FieldGrades
from huitong.kernel import DecisionId, ExternalError, HuitongError

_GRADE_OF_LATENESS = 1
_VERSIONS_MAX = 64
_DECISIONS_MAX = 20_000
"""Versions and decisions whose grades are remembered; beyond it all are forgotten."""


def decision_grades(loaded: LoadedPolicy, contracts: Mapping[str, DataContract]) -> DecisionGrades:
    """Grades for ``shown_decision``.

    A rule or table has the grade of the strongest feature whose name stands in its text: more than it reads perhaps, never less.

    Args:
        loaded: The policy.
        contracts: Data contracts by event kind.
    """
    program, graph = loaded.program, loaded.plan.graph
    settings = program.settings
    features = feature_grades(loaded.declared, contracts, settings.decides)
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


class Grades:
    """Grades of decisions by the version that made them, each worked out once.

    Args:
        load: Loads a policy by name or version.
        contracts: Data contracts by event kind.
        log: Gives the log, which is opened at its first use.
    """

    def __init__(
        self,
        load: Callable[[str], LoadedPolicy],
        contracts: Mapping[str, DataContract],
        log: Callable[[], Log],
    ) -> None:
        self._load = load
        self._contracts = contracts
        self._log = log
        self._known: dict[str, DecisionGrades] = {}
        self._of_decision: dict[str, DecisionGrades] = {}

    def of(self, decision: Decision) -> DecisionGrades:
        """Grades of what a decision says; of a version that cannot be loaded any more, all of it has the strongest grade there is.

        A version that is not ``known`` is loaded first, which takes a while.
        """
        known = self._known.get(decision.version)
        if known is not None:
            return known
        try:
            found = decision_grades(self._load(f"{decision.policy}@{decision.version}"), self._contracts)
        except ExternalError:  # it may pass
            return self._strongest()
        except HuitongError:
            found = self._strongest()
        return self._remember(decision.version, found)

    def known(self, decision: Decision) -> bool:
        """Whether the grades of what a decision says can be told at once."""
        return decision.version in self._known

    def note(self, loaded: LoadedPolicy) -> None:
        """Works out the grades of a policy that is about to decide, before they are asked for in a hurry."""
        self._remember(loaded.program.version, decision_grades(loaded, self._contracts))

    def _remember(self, version: str, grades: DecisionGrades) -> DecisionGrades:
        if len(self._known) >= _VERSIONS_MAX:
            self._known.clear()
        self._known[version] = grades
        return grades

    def of_code(self, decision: str, code: str) -> int:
        """Grade of a reason of a decision, by their ids, as other events name them; the strongest where there is no such decision."""
        grades = self._of_decision.get(decision)
        if grades is None:
            found = self._log().decision(DecisionId(decision))
            grades = self._strongest() if found is None else self.of(found)
            if found is not None and self.known(found):  # else it may be there, or be readable, a moment later
                if len(self._of_decision) >= _DECISIONS_MAX:
                    self._of_decision.clear()
                self._of_decision[decision] = grades
        return grades.of_code(code)

    def _strongest(self) -> DecisionGrades:
        other = max((FieldGrades.of(contract).strongest() for contract in self._contracts.values()), default=5)
        return DecisionGrades(FieldGrades({}, {}), ends=other, amount=other, other=other)
