"""The built-in functions of the native subset, each lowered to graph nodes.

Source: DMN 1.5, 10.3.4.1 (conversion), 10.3.4.2 (boolean), 10.3.4.5 (numeric), 10.3.4.4 (list).
"""

from collections.abc import Callable

from huitong.decisions.feel.graph import Logic, Number
from huitong.decisions.feel.lower import Lowering, Value
from huitong.decisions.feel.place import policy_error
from huitong.decisions.feel.runtime import (
    AWAY_FROM_ZERO,
    HALF_DOWN,
    HALF_EVEN,
    HALF_UP,
    TOWARDS_CEILING,
    TOWARDS_FLOOR,
    TOWARDS_ZERO,
)
from huitong.decisions.feel.tree import Call, Expr, ListLiteral, Name, NumberLiteral, StringLiteral
from huitong.decisions.feel.types import COUNT, FLOAT, Kind

_ROUNDING = {
    "floor": TOWARDS_FLOOR,
    "ceiling": TOWARDS_CEILING,
    "round up": AWAY_FROM_ZERO,
    "round down": TOWARDS_ZERO,
    "round half up": HALF_UP,
    "round half down": HALF_DOWN,
    "decimal": HALF_EVEN,
}
_FLOATING = {"sqrt": "square_root", "exp": "exponential", "log": "logarithm"}
_ROUNDING_SCALE_MAX = 9


def lower_call(lowering: Lowering, call: Call) -> Value:
    """The value of a call of a built-in function.

    Raises:
        PolicyError: For an unknown function, wrong arguments, or a function outside the subset.
    """
    if not isinstance(call.function, Name):
        lowering.outside(call.at, "a call of a computed function", "对计算所得函数的调用")
    name = call.function.name
    lower = _FUNCTIONS.get(name)
    if lower is None:
        lowering.unknown(name, call.function.at)
    return lower(lowering, call, name)


def _arguments(lowering: Lowering, call: Call, *names: str, optional: int = 0) -> list[Expr]:
    """The arguments in the order of ``names``, whether they were given by place or by name."""
    named = {name: value for name, value in call.arguments if name is not None}
    if named:
        fits = len(named) == len(call.arguments) and set(named) <= set(names)
        values = [named[name] for name in names if name in named]
        fits = fits and all(name in named for name in names[: len(names) - optional])
    else:
        values = [value for _, value in call.arguments]
        fits = len(names) - optional <= len(values) <= len(names)
    if not fits:
        wanted = ", ".join(names)
        raise policy_error(
            "feel.arguments",
            lowering.place,
            call.at,
            {"en": f"these arguments do not fit ({wanted})", "zh": f"参数与 ({wanted}) 不符"},
            {"en": "give the arguments that the standard names", "zh": "请按标准给出参数"},
        )
    return values


def _number(lowering: Lowering, tree: Expr) -> Number:
    value = lowering.number(tree, Kind.NUMBER)
    return Number(value.node, COUNT, 0) if value.type.kind is Kind.NULL else value


def _items(lowering: Lowering, call: Call) -> list[Expr]:
    """The items of `f([a, b])` or `f(a, b)`."""
    values = [value for _, value in call.arguments]
    if not values or any(name is not None for name, _ in call.arguments):
        values = _arguments(lowering, call, "list")
    if len(values) == 1 and isinstance(values[0], ListLiteral):
        values = list(values[0].items)
    if not values:
        lowering.outside(call.at, "a function of an empty list", "对空列表的函数")
    return values


def _absolute(lowering: Lowering, call: Call, _name: str) -> Value:
    (tree,) = _arguments(lowering, call, "n")
    return lowering.algebra.unary("absolute", lowering.number(tree, Kind.NUMBER, Kind.DURATION))


def _rounding(lowering: Lowering, call: Call, name: str) -> Value:
    optional = 1 if name in ("floor", "ceiling") else 0
    values = _arguments(lowering, call, "n", "scale", optional=optional)
    scale = 0
    if len(values) > 1:
        literal = lowering.graph.number_at(_number(lowering, values[1]).node)
        if literal is None or not abs(literal) <= _ROUNDING_SCALE_MAX or literal % 1:
            lowering.outside(values[1].at, "a scale that is no whole literal of -9 to 9", "不是 -9 到 9 整数常量的小数位数")
        scale = int(literal)
    return lowering.algebra.rounded(_number(lowering, values[0]), scale, _ROUNDING[name])


def _floating(lowering: Lowering, call: Call, name: str) -> Value:
    (tree,) = _arguments(lowering, call, "number")
    return Number(lowering.graph.number(_FLOATING[name], lowering.algebra.as_float(_number(lowering, tree)).node), FLOAT)


def _modulo(lowering: Lowering, call: Call, _name: str) -> Value:
    first, second = _arguments(lowering, call, "dividend", "divisor")
    left, right = lowering.algebra.aligned(_number(lowering, first), _number(lowering, second))
    return Number(lowering.graph.number("modulo", left.node, right.node), left.type, right.bound)


def _parity(lowering: Lowering, call: Call, name: str) -> Value:
    (tree,) = _arguments(lowering, call, "number")
    number = _number(lowering, tree)
    step = 2.0 * 10.0 ** (number.type.scale or 0)
    rest = lowering.graph.number("modulo", number.node, lowering.graph.constant(step))
    wanted = 0.0 if name == "even" else step / 2
    return _whole_result(lowering, rest, wanted)


def _whole_result(lowering: Lowering, rest: int, wanted: float) -> Logic:
    """Null stays null: neither true nor false."""
    graph = lowering.graph
    is_wanted = graph.compare("equal", rest, graph.constant(wanted))
    return Logic(is_wanted, graph.neither(graph.either(is_wanted, graph.is_null(rest))))


def _extreme(lowering: Lowering, call: Call, name: str) -> Value:
    kinds = (Kind.NUMBER, Kind.DATE, Kind.DATE_TIME, Kind.DURATION)
    first, *rest = _items(lowering, call)
    result = lowering.number(first, *kinds)
    for tree in rest:
        other = lowering.number(tree, *kinds)
        lowering.same_kind(tree.at, result, other)
        result = lowering.algebra.combined("lesser" if name == "min" else "greater", result, other)
    return result


def _total(lowering: Lowering, call: Call, name: str) -> Value:
    items = [_number(lowering, tree) for tree in _items(lowering, call)]
    result = items[0]
    for item in items[1:]:
        result = lowering.algebra.combined("add", result, item)
    return result if name == "sum" else lowering.algebra.quotient(result, lowering.algebra.whole(len(items), COUNT))


def _not(lowering: Lowering, call: Call, _name: str) -> Value:
    (tree,) = _arguments(lowering, call, "negand")
    value = lowering.logic(tree)
    return Logic(value.false, value.true)


def _quantifier(lowering: Lowering, call: Call, name: str) -> Value:
    first, *rest = [lowering.logic(tree) for tree in _items(lowering, call)]
    for item in rest:
        first = lowering.algebra.both(first, item) if name == "all" else lowering.algebra.either(first, item)
    return first


def _temporal(lowering: Lowering, call: Call, name: str) -> Value:
    if name == "date" and len(call.arguments) > 1:
        parts = [
            int(part.value)
            for part in _arguments(lowering, call, "year", "month", "day")
            if isinstance(part, NumberLiteral) and part.value % 1 == 0
        ]
        if len(parts) == len(call.arguments):
            year, month, day = parts
            return lowering.temporal(f"{year:04}-{month:02}-{day:02}", call.at)
    elif len(call.arguments) == 1:
        (source,) = _arguments(lowering, call, "from")
        if isinstance(source, StringLiteral):
            value, wanted = lowering.temporal(source.value, source.at), Kind.DURATION if name == "duration" else Kind(name)
            if value.type.kind is not wanted:
                lowering.mismatch(source.at, (wanted,), value.type.kind)
            return value
        if name == "date":
            return lowering.days(lowering.number(source, Kind.DATE, Kind.DATE_TIME))
    lowering.outside(call.at, f"{name}(…) of anything but literals", f"对非常量使用 {name}(…)")


_FUNCTIONS: dict[str, Callable[[Lowering, Call, str], Value]] = {
    "abs": _absolute,
    **dict.fromkeys(_ROUNDING, _rounding),
    **dict.fromkeys(_FLOATING, _floating),
    "modulo": _modulo,
    "even": _parity,
    "odd": _parity,
    "min": _extreme,
    "max": _extreme,
    "sum": _total,
    "mean": _total,
    "not": _not,
    "all": _quantifier,
    "any": _quantifier,
    "date": _temporal,
    "date and time": _temporal,
    "duration": _temporal,
}
