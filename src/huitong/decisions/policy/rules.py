"""The FEEL rules of a policy: all of them one compiled function; a rule hits where it is true, and not where it is false or null."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from huitong.contracts import Float64Array
from huitong.decisions.feel import CompiledExpressions, Kind, Place, Scope, compile_expressions, native_expression
from huitong.decisions.policy.settings import RuleSetting


@dataclass(frozen=True, slots=True)
class CompiledRules:
    """Rules ready to run, in the order of the file."""

    settings: tuple[RuleSetting, ...]
    compiled: CompiledExpressions

    @classmethod
    def compile(cls, settings: Sequence[RuleSetting], scope: Scope, file: str, cache_dir: Path) -> "CompiledRules":
        """Checks and compiles the rules.

        Raises:
            PolicyError: If a rule is not FEEL, names something unknown or is not a boolean; names file, rule, line and column.
            ExternalError: If the cache folder cannot be written.
        """
        expressions = [native_expression(rule.when, scope, Place(file, rule.id, cell="when"), expected=Kind.BOOLEAN) for rule in settings]
        return cls(tuple(settings), compile_expressions(expressions, scope.variables, cache_dir))

    def hits(self, rows: Float64Array) -> npt.NDArray[np.bool_]:
        """Which rules hit which rows, shape ``(n, rules)``; ``rows`` as ``with_own_codes`` gives them."""
        if not self.settings:
            return np.zeros((len(rows), 0), np.bool_)
        hits: npt.NDArray[np.bool_] = self.compiled.batch(rows) == 1.0
        return hits
