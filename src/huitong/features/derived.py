"""Features of features: a short program over the rows of the feature matrix, in the order of dependency."""

from collections.abc import Mapping

import numpy as np
from numba import njit

from huitong.contracts import Float64Array, Int32Array
from huitong.features.declare import Declaration

DERIVED_RATIO, DERIVED_DIFFERENCE, DERIVED_PRODUCT, DERIVED_MINIMUM, DERIVED_MAXIMUM = range(5)
_CODES = {
    "ratio": DERIVED_RATIO,
    "difference": DERIVED_DIFFERENCE,
    "product": DERIVED_PRODUCT,
    "minimum": DERIVED_MINIMUM,
    "maximum": DERIVED_MAXIMUM,
}


def derived_program(declarations: Mapping[str, Declaration], columns: Mapping[str, int]) -> Int32Array:
    """Rows (code, first, second, out) in an order in which everything is known before it is used; shape ``(n, 4)``.

    Raises:
        PolicyError: If a feature is unknown, or features depend on each other in a circle.
    """
    rows: list[list[int]] = []
    done: set[str] = set()

    def visit(name: str, path: tuple[str, ...]) -> None:
        declaration = declarations[name]
        if name in done or declaration.operation.family != "derived":
            return
        if name in path:
            circle = " → ".join([*path[path.index(name) :], name])
            raise declaration.place.wrong(f"features depend on each other in a circle: {circle}", f"特征循环依赖：{circle}")
        assert isinstance(declaration.argument, tuple)  # noqa: S101 -- declare.py gives derived features two names
        for part in declaration.argument:
            if part not in declarations:
                raise declaration.place.wrong(f"there is no feature {part!r}", f"没有名为 {part!r} 的特征", part, declarations)
            visit(part, (*path, name))
        done.add(name)
        rows.append([_CODES[declaration.operation.name], *(columns[part] for part in declaration.argument), columns[name]])

    for name in declarations:
        visit(name, ())
    return np.array(rows, np.int32).reshape(-1, 4)


@njit(cache=True, nogil=True, error_model="numpy")
def derive(program: Int32Array, out: Float64Array) -> None:
    """Fills the derived columns of ``out``, shape ``(rows, features)``; missing if a part is missing or a divisor is 0."""
    for row in range(out.shape[0]):
        for index in range(program.shape[0]):
            code = program[index, 0]
            first, second = out[row, program[index, 1]], out[row, program[index, 2]]
            answer = np.nan
            if not (np.isnan(first) or np.isnan(second)):
                if code == DERIVED_RATIO:
                    answer = first / second if second != 0.0 else np.nan
                elif code == DERIVED_DIFFERENCE:
                    answer = first - second
                elif code == DERIVED_PRODUCT:
                    answer = first * second
                elif code == DERIVED_MINIMUM:
                    answer = min(first, second)
                else:
                    answer = max(first, second)
            out[row, program[index, 3]] = answer
