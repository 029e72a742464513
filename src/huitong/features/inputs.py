"""The version of some features alone: what a model binds itself to, so that features which it does not read may come and go."""

from collections.abc import Iterable, Mapping
from hashlib import blake2b
from typing import Any

import msgspec

from huitong.contracts import DataContract
from huitong.features.declare import Declaration, read_declarations
from huitong.features.plan import FeaturePlan


def inputs_version(plan: FeaturePlan, source: Mapping[str, Any], contracts: Mapping[str, DataContract], names: Iterable[str]) -> str:
    """Hash of everything that can change a value of these features in their plan.

    Beside their own declarations and those they are computed from, that is: the settings; the event kinds of the whole plan, since the
    newest event of any says which come too late; and all graph features where one of them is one, since they share the steps of a search.

    Args:
        plan: The whole plan.
        source: The content of the file that it was loaded from.
        contracts: Data contracts by event kind.
        names: The features, all of them in the plan.
    """
    table = source["features"]
    declarations = {declaration.name: declaration for declaration in read_declarations(table, "features")}
    needed = _needed(declarations, names)
    if any(_is_graph(declarations[name]) for name in needed):
        needed |= {name for name, declaration in declarations.items() if _is_graph(declaration)}
    alone = {**source, "features": {name: table[name] for name in declarations if name in needed}}
    content = [FeaturePlan.load(alone, contracts, plan.decides).version, plan.kinds]
    return blake2b(msgspec.json.encode(content), digest_size=16).hexdigest()


def _is_graph(declaration: Declaration) -> bool:
    return declaration.operation.family == "graph"


def _needed(declarations: Mapping[str, Declaration], names: Iterable[str]) -> set[str]:
    """The names and all that they are computed from; the plan was loaded, so there are no circles."""
    needed, left = set[str](), list(names)
    while left:
        name = left.pop()
        if name in needed:
            continue
        needed.add(name)
        declaration = declarations[name]
        if declaration.operation.family == "derived" and isinstance(declaration.argument, tuple):
            left.extend(declaration.argument)
    return needed
