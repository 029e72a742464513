"""The compiled subset against the slow interpreter."""

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import numpy as np
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from huitong.decisions.feel import NativeExpression, Scope, compile_expressions, native_expression, parse_expression, runtime
from huitong.decisions.feel.emit import module_source
from tests.decisions.feel.reference import Result, evaluate
from tests.decisions.feel.world import VARIABLES, booleans, from_float, numbers, rows, scope, to_float

Row = dict[str, Result]


class Cells(dict[tuple[int, int], float]):
    """Two-dimensional as generated code wants it, but of Python floats."""

    shape: tuple[int, int]


def interpreted(expressions: list[NativeExpression], vectors: list[list[float]]) -> list[list[float]]:
    """Runs the generated module as plain Python: thousands of expressions without a compiler."""
    source = module_source(expressions, {variable.name: place for place, variable in enumerate(VARIABLES)})
    start = source.index("@njit")
    names: dict[str, object] = {
        name: function.py_func for name, function in vars(runtime).items() if hasattr(function, "py_func") and not name.startswith("_")
    }

    class Anything:
        def __getitem__(self, _item: object) -> "Anything":
            return self

    def plain(*_signature: object, **_options: object) -> Callable[[object], object]:
        return lambda function: function

    names |= {"njit": plain, "void": lambda *_types: None, "float64": Anything(), "int64": None, "nan": float("nan"), "inf": float("inf")}
    exec(source[start:], names)  # noqa: S102 - the module under test, built from the typed graph
    out = Cells()
    inputs = Cells({(i, j): value for i, vector in enumerate(vectors) for j, value in enumerate(vector)})
    inputs.shape = (len(vectors), len(VARIABLES))
    names["evaluate"](inputs, out)  # type: ignore[operator]
    return [[out[i, j] for j in range(len(expressions))] for i in range(len(vectors))]


def vector_of(row: Row, known: Scope) -> list[float]:
    return [to_float(row[variable.name], variable.type, known.symbols) for variable in VARIABLES]


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(text=numbers() | booleans(), data=st.lists(rows(), min_size=1, max_size=4))
def test_generated_code_says_what_the_reference_says(text: str, data: list[Row]) -> None:
    known = scope()
    tree = parse_expression(text, known.known)
    expression = native_expression(text, known)
    results = interpreted([expression], [vector_of(row, known) for row in data])
    for row, (value,) in zip(data, results, strict=True):
        assert from_float(value, expression.type, known.symbols) == evaluate(tree, row), row


def test_compiled_code_says_what_the_reference_says(tmp_path: Path) -> None:
    """One compilation of many expressions: what numba makes of the source that the property above runs as Python."""
    collected = SimpleNamespace(texts=[], rows=[])

    @seed(20260131)
    @settings(max_examples=60, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow])
    @given(text=numbers() | booleans(), data=st.lists(rows(), min_size=5, max_size=5))
    def collect(text: str, data: list[Row]) -> None:
        collected.texts.append(text)
        collected.rows += data

    collect()
    known = scope()
    expressions = [native_expression(text, known) for text in collected.texts]
    compiled = compile_expressions(expressions, VARIABLES, tmp_path)
    matrix = np.array([vector_of(row, known) for row in collected.rows])
    batch = compiled.batch(matrix)
    for row, vector, results in zip(collected.rows, matrix, batch, strict=True):
        assert compiled.row(vector).tobytes() == results.tobytes()
        for text, expression, value in zip(collected.texts, expressions, results, strict=True):
            expected = evaluate(parse_expression(text, known.known), row)
            assert from_float(float(value), expression.type, known.symbols) == expected, (text, row)
