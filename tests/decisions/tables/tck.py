"""Runs the DMN Technology Compatibility Kit's models through the native subset."""

import math
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from xml.etree.ElementTree import Element

import numpy as np
from defusedxml.ElementTree import fromstring
from numpy.typing import NDArray

from huitong.decisions.feel import (
    BOOLEAN,
    DATE,
    DATE_TIME,
    DURATION,
    FLOAT,
    STRING,
    NativeExpression,
    Scope,
    Type,
    Value,
    Variable,
    compile_expressions,
    decode,
    native_expression,
)
from huitong.decisions.feel.native import literal_value
from huitong.decisions.feel.temporal import date_days, date_time_us, duration_literal_us
from huitong.decisions.tables import load_tables
from huitong.kernel import PolicyError

DMN = "{https://www.omg.org/spec/DMN/20230324/MODEL/}"
CASE = "{http://www.omg.org/spec/DMN/20160719/testcase}"
XSI = "{http://www.w3.org/2001/XMLSchema-instance}"
TYPES = {"number": FLOAT, "string": STRING, "boolean": BOOLEAN, "date": DATE, "date and time": DATE_TIME, "dateTime": DATE_TIME}
TYPES |= {"days and time duration": DURATION, "dayTimeDuration": DURATION}


class Outside(Exception):  # noqa: N818 - no error: the case is not for the subset
    """A case that the native subset does not claim."""


def run_model(model: Path, cases: list[Path], cache: Path) -> Counter[str]:
    """Counts of cases: passed, failed (with its name), outside the subset."""
    root = fromstring(model.read_bytes())
    counts: Counter[str] = Counter()
    variables = tuple(_variables(root))
    for path in cases:
        for case in fromstring(path.read_bytes()).findall(f"{CASE}testCase"):
            try:
                wrong = [name for name, ok in _results(root, model, case, variables, cache) if not ok]
            except Outside:
                counts["outside"] += 1
                continue
            counts[f"failed {model.stem} {case.get('id')} {wrong}" if wrong else "passed"] += 1
    return counts


def _variables(root: Element) -> Iterator[Variable]:
    definitions = {item.get("name"): item for item in root.findall(f"{DMN}itemDefinition")}
    for data in root.findall(f"{DMN}inputData"):
        variable = data.find(f"{DMN}variable")
        if variable is not None:
            yield from _typed(variable.get("name", ""), variable.get("typeRef", ""), definitions)


def _typed(name: str, type_ref: str, definitions: dict[str | None, Element]) -> Iterator[Variable]:
    if type_ref in TYPES:
        yield Variable(name, TYPES[type_ref])
    item = definitions.get(type_ref)
    if item is None or item.get("isCollection") == "true":
        return
    for component in item.findall(f"{DMN}itemComponent"):
        yield from _typed(f"{name}.{component.get('name')}", component.findtext(f"{DMN}typeRef", ""), definitions)
    yield from _typed(name, item.findtext(f"{DMN}typeRef", ""), definitions)


def _results(root: Element, model: Path, case: Element, variables: tuple[Variable, ...], cache: Path) -> Iterator[tuple[str, bool]]:
    decisions = {decision.get("name"): decision for decision in root.findall(f"{DMN}decision")}
    scope = Scope(variables)
    if case.get("invocableName"):
        raise Outside
    for result in case.findall(f"{CASE}resultNode"):
        name = result.get("name", "")
        decision = decisions.get(name)
        if decision is None or result.get("type", "decision") != "decision":
            raise Outside
        expected = result.find(f"{CASE}expected")
        assert expected is not None
        yield name, _same(_decided(decision, model, scope, case, cache), expected)


def _decided(decision: Element, model: Path, scope: Scope, case: Element, cache: Path) -> object:
    literal = decision.find(f"{DMN}literalExpression")
    if literal is not None:
        variable = decision.find(f"{DMN}variable")
        type_ref = "" if variable is None else variable.get("typeRef", "")
        declared = TYPES.get(type_ref)
        if type_ref and declared is None:
            raise Outside  # a result of the modeller's own type may have to be coerced
        try:
            text = literal.findtext(f"{DMN}text", "")
            expression = native_expression(text, scope, expected=None if declared is None else declared.kind)
        except PolicyError as error:
            raise Outside from error
        return _value(expression, scope, _row(case, scope), cache)
    if decision.find(f"{DMN}decisionTable") is None:
        raise Outside
    tables = load_tables({model.name: model.read_bytes()}, scope, cache).tables
    if decision.get("name") not in tables:
        raise Outside
    table = tables[str(decision.get("name"))]
    result = table.evaluate(_row(case, scope))
    if table.hit_policy[0] == "C" and len(table.hit_policy) > 1:
        return result.aggregate
    outputs: list[object] = [dict(output) if len(output) > 1 else next(iter(output.values())) for output in result.outputs]
    if table.hit_policy in "ROC":
        return outputs
    return outputs[0] if outputs else None


def _value(expression: NativeExpression, scope: Scope, row: NDArray[np.float64], cache: Path) -> Value:
    constant = literal_value(expression)
    if constant is None:
        constant = float(compile_expressions([expression], scope.variables, cache).row(row)[0])
    return decode(constant, expression.type, scope.symbols)


def _row(case: Element, scope: Scope) -> NDArray[np.float64]:
    values = dict(pair for node in case.findall(f"{CASE}inputNode") for pair in _flat(node.get("name", ""), node))
    row = [_encoded(values.get(variable.name), variable.type, scope) for variable in scope.variables]
    return np.array(row, dtype=np.float64)


def _flat(name: str, node: Element) -> Iterator[tuple[str, str | None]]:
    value = node.find(f"{CASE}value")
    if value is not None:
        yield name, None if value.get(f"{XSI}nil") == "true" else value.text or ""
    for component in node.findall(f"{CASE}component"):
        yield from _flat(f"{name}.{component.get('name')}", component)


def _encoded(text: str | None, kind_of: Type, scope: Scope) -> float:
    if text is None:
        return math.nan
    if kind_of == STRING:
        return float(scope.symbols.code(text))
    if kind_of == BOOLEAN:
        return float(text == "true")
    number = (
        date_days(text) if kind_of == DATE else date_time_us(text) if kind_of == DATE_TIME else float(text) if kind_of == FLOAT else None
    )
    if number is None:
        raise Outside
    return float(number)


def _same(found: object, expected: Element) -> bool:  # noqa: PLR0911 - one return per shape
    items = expected.find(f"{CASE}list")
    if items is not None:
        wanted = items.findall(f"{CASE}item")
        return isinstance(found, list) and len(found) == len(wanted) and all(map(_same, found, wanted))
    components = expected.findall(f"{CASE}component")
    if components:
        return isinstance(found, dict) and all(_same(found.get(component.get("name")), component) for component in components)
    value = expected.find(f"{CASE}value")
    if value is None or value.get(f"{XSI}nil") == "true":
        return found is None
    text = value.text or ""
    if isinstance(found, bool) or found is None or isinstance(found, str):
        return text == (str(found).lower() if isinstance(found, bool) else found)
    if isinstance(found, list | dict):
        return False
    kind = value.get(f"{XSI}type", "").split(":")[-1]
    if kind in ("decimal", "double", "integer"):
        return math.isclose(float(str(found)), float(text), rel_tol=1e-8)
    if isinstance(found, timedelta):
        microseconds = duration_literal_us(text)
        return microseconds is not None and found == timedelta(microseconds=microseconds)
    if isinstance(found, datetime):
        # The subset keeps the moment, not the zone that it was written in.
        return date_time_us(text) == round(found.timestamp() * 1e6)
    return text == str(found)
