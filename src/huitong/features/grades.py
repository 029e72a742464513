"""The data grade of a feature: that of the strongest field that it is computed from, so that no sum gives away what its parts may not."""

from collections.abc import Iterator, Mapping
from typing import Any

from huitong.contracts import DataContract
from huitong.features.declare import Declaration, read_declarations

_GRADE_UNKNOWN = 5
"""Of a field that no contract names: whatever cannot be found is the most sensitive."""
_GRADE_TIME = 1
"""Of a feature of the event's time alone."""


def feature_grades(source: Mapping[str, Any], contracts: Mapping[str, DataContract], decides: str) -> dict[str, int]:
    """Grade of each feature of a plan, 1 to 5.

    Args:
        source: The content of the feature file, as ``FeaturePlan.load`` takes it.
        contracts: Data contracts by event kind.
        decides: The event kind that is decided.
    """
    declarations = {one.name: one for one in read_declarations(source.get("features", {}), "features")}
    graph = source.get("settings", {}).get("graph", {})
    ends = [graph.get("source", "account"), graph.get("target", "counterparty"), graph.get("amount", "amount")]
    found: dict[str, int] = {}

    def grade_of(name: str) -> int:
        if name not in found:
            found[name] = _GRADE_UNKNOWN  # of a feature that would be computed from itself, which no plan allows
            one = declarations.get(name)
            found[name] = _GRADE_UNKNOWN if one is None else max(grades(one), default=_GRADE_TIME)
        return found[name]

    def grades(one: Declaration) -> Iterator[int]:
        family, operation = one.operation.family, one.operation.name
        if family == "derived":
            yield from (grade_of(part) for part in _names(one))
        elif family == "graph":
            yield from (_grade(contracts, decides, name) for name in ends)
        elif operation == "list":
            yield _grade(contracts, decides, str(one.options["of"]))
        elif operation == "field":
            yield _grade(contracts, decides, str(one.argument))
        elif family in ("window", "history"):
            entries = one.events or (f"{one.by[0]}.profile" if operation == "profile" else decides)
            yield from (_grade(contracts, decides, role) for role in one.by)
            asked = [*one.roles, *(name for name, _ in one.where), *_names(one)]
            yield from (_grade(contracts, entries, name) for name in asked)
        elif operation != "calendar":
            yield _GRADE_UNKNOWN

    return {name: grade_of(name) for name in declarations}


def _names(declaration: Declaration) -> tuple[str, ...]:
    """The fields or features on the right of the operation's word."""
    argument = declaration.argument
    return argument if isinstance(argument, tuple) else (argument,) if isinstance(argument, str) else ()


def _grade(contracts: Mapping[str, DataContract], kind: str, name: str) -> int:
    contract = contracts.get(kind)
    spec = None if contract is None else contract.role(name) or contract.field(name)
    return _GRADE_UNKNOWN if spec is None else spec.grade
