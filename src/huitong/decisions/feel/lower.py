"""From tree to typed graph: the native subset's type rules. Whatever lies outside is refused here, at load, with its place."""

from typing import NoReturn

from huitong.decisions.feel.algebra import Algebra
from huitong.decisions.feel.graph import Graph, Logic, Number
from huitong.decisions.feel.place import Place, Position, policy_error, unknown_name
from huitong.decisions.feel.temporal import date_days, date_time_us, duration_literal_us
from huitong.decisions.feel.tree import (
    And,
    Arithmetic,
    AtLiteral,
    Between,
    BooleanLiteral,
    Call,
    Comparison,
    ContextLiteral,
    Expr,
    Filter,
    For,
    FunctionDefinition,
    If,
    In,
    InstanceOf,
    ListLiteral,
    Name,
    Negation,
    NullLiteral,
    NumberLiteral,
    OpenRange,
    Or,
    Path,
    Quantified,
    Range,
    StringLiteral,
    UnaryTests,
)
from huitong.decisions.feel.types import (
    BOOLEAN,
    COUNT,
    DATE,
    DATE_TIME,
    DURATION,
    KIND_ZH,
    STRING,
    Kind,
    Scope,
    Type,
)
from huitong.kernel import MICROSECONDS_PER_DAY

Value = Number | Logic

HEIGHT_MAX = 100
"""Operations one upon another; chains of and/or count once."""

_OUTSIDE = {
    Filter: ("a filter", "过滤器"),
    For: ("'for'", "“for”"),
    Quantified: ("'some' and 'every'", "“some”和“every”"),
    ContextLiteral: ("a context", "上下文"),
    FunctionDefinition: ("a function definition", "函数定义"),
    InstanceOf: ("'instance of'", "“instance of”"),
    ListLiteral: ("a list that is no set of tests", "不作为检验集合的列表"),
    Range: ("a range that is no test", "不作为检验的区间"),
    OpenRange: ("a range that is no test", "不作为检验的区间"),
}


class Lowering:
    """Lowers the expressions of one place into one graph.

    Attributes:
        subject: What ``?`` stands for, inside a cell.
    """

    def __init__(self, scope: Scope, place: Place, subject: Value | None = None, graph: Graph | None = None) -> None:
        self.scope = scope
        self.place = place
        self.graph = Graph() if graph is None else graph
        self.algebra = Algebra(self.graph)
        self.subject = subject
        self.subject_used = False
        self._height = 0

    def lower(self, tree: Expr) -> Value:
        """The value of ``tree``.

        Raises:
            PolicyError: For an unknown name, a type mismatch, a construct outside the native subset, or a tree that is too high.
        """
        self._height += 1
        if self._height > HEIGHT_MAX:
            raise policy_error(
                "feel.depth",
                self.place,
                tree.at,
                {"en": f"the expression is built more than {HEIGHT_MAX} operations high", "zh": f"表达式的运算层数超过 {HEIGHT_MAX}"},
                {"en": "split it into several rules", "zh": "请拆成几条规则"},
            )
        value = self._lowered(tree)
        self._height -= 1
        return value

    def _lowered(self, tree: Expr) -> Value:  # noqa: PLR0911, PLR0912 - one branch per construct
        match tree:
            case NumberLiteral(value=value):
                return self.algebra.decimal(value)
            case StringLiteral(value=text):
                return self.algebra.whole(self.scope.symbols.intern(text), STRING)
            case BooleanLiteral(value=truth):
                return self.algebra.truth(truth)
            case NullLiteral():
                return self.algebra.null()
            case AtLiteral(text=text):
                return self.temporal(text, tree.at)
            case Name():
                return self._name(tree)
            case Negation(operand=operand):
                return self.algebra.unary("negate", self.number(operand, Kind.NUMBER, Kind.DURATION))
            case Arithmetic():
                return self._arithmetic(tree)
            case Comparison(left=left, right=right, operator=operator):
                return self.compare(tree.at, operator, self.lower(left), self.lower(right))
            case And() | Or():
                return self._junction(tree)
            case Between(value=value, low=low, high=high):
                subject = self.lower(value)
                above = self.compare(tree.at, ">=", subject, self.lower(low))
                return self.algebra.both(above, self.compare(tree.at, "<=", subject, self.lower(high)))
            case In(value=value, tests=tests):
                return self.any_test(self.lower(value), tests)
            case If():
                return self._if(tree)
            case Path():
                return self._path(tree)
            case Call():
                from huitong.decisions.feel.functions import lower_call  # noqa: PLC0415 - functions are lowered in terms of this class

                return lower_call(self, tree)
            case _:
                self.outside(tree.at, *_OUTSIDE[type(tree)])

    # Operands with a demanded kind -----------------------------------------------------------------------------------

    def number(self, tree: Expr, *kinds: Kind) -> Number:
        """The value of ``tree``, which must be of one of ``kinds`` (or null)."""
        value = self.lower(tree)
        if isinstance(value, Logic) or value.type.kind not in (*kinds, Kind.NULL):
            self.mismatch(tree.at, kinds, kind_of(value))
        return value

    def logic(self, tree: Expr) -> Logic:
        """The value of ``tree``, which must be a boolean (or null)."""
        return self.as_logic(self.lower(tree), tree.at)

    def as_logic(self, value: Value, at: Position) -> Logic:
        """``value`` as a boolean."""
        if isinstance(value, Logic):
            return value
        if value.type.kind is not Kind.NULL:
            self.mismatch(at, (Kind.BOOLEAN,), value.type.kind)
        return self.algebra.truth(None)

    def _junction(self, tree: And | Or) -> Logic:
        """A chain of one of the two, however long: without recursion, since rules with hundreds of conditions are written."""
        operands: list[Expr] = []
        rest: Expr = tree
        while isinstance(rest, type(tree)):
            operands.append(rest.right)
            rest = rest.left
        result = self.logic(rest)
        for operand in reversed(operands):
            other = self.logic(operand)
            result = self.algebra.both(result, other) if isinstance(tree, And) else self.algebra.either(result, other)
        return result

    # Constructs ------------------------------------------------------------------------------------------------------

    def _name(self, tree: Name) -> Value:
        if tree.name == "?" and self.subject is not None:
            self.subject_used = True
            return self.subject
        variable = self.scope.by_name.get(tree.name)
        if variable is None:
            self.unknown(tree.name, tree.at)
        return self.value_of(self.graph.input(variable.name), variable.type, variable.magnitude_max)

    def value_of(self, node: int, kind_of_node: Type, magnitude_max: int | None = None) -> Value:
        """What a float64 of a declared type stands for."""
        if kind_of_node.kind is Kind.BOOLEAN:
            return self.algebra.boolean(node)
        return Number(node, kind_of_node, None if kind_of_node.is_float else magnitude_max)

    def temporal(self, text: str, at: Position) -> Number:
        """The date, date and time or duration that ``text`` is."""
        days = date_days(text)
        if days is not None:
            return self.algebra.whole(days, DATE)
        moment_us = date_time_us(text)
        if moment_us is not None:
            return self.algebra.whole(moment_us, DATE_TIME)
        span_us = duration_literal_us(text)
        if span_us is not None:
            return self.algebra.whole(span_us, DURATION)
        raise policy_error(
            "feel.temporal.unreadable",
            self.place,
            at,
            {
                "en": f"{text!r} is no date, no date and time with an offset, and no duration in days and time",
                "zh": f"“{text}”不是日期、带偏移的日期时间，也不是以日和时间表示的时长",
            },
            {
                "en": "write 2026-01-31, 2026-01-31T08:00:00+08:00 or P1DT2H",
                "zh": "请写成 2026-01-31、2026-01-31T08:00:00+08:00 或 P1DT2H",
            },
        )

    def _arithmetic(self, tree: Arithmetic) -> Number:
        kinds = (Kind.NUMBER, Kind.DATE, Kind.DATE_TIME, Kind.DURATION) if tree.operator in "+-" else (Kind.NUMBER,)
        left, right = self.number(tree.left, *kinds), self.number(tree.right, *kinds)
        if tree.operator == "*":
            return self.algebra.product(left, right)
        if tree.operator == "/":
            return self.algebra.quotient(left, right)
        if tree.operator == "**":
            return self.algebra.power(left, right)
        if Kind.NULL in (left.type.kind, right.type.kind) or left.type.kind is right.type.kind is Kind.NUMBER:
            return self.algebra.combined("add" if tree.operator == "+" else "subtract", left, right)
        return self._shift(tree, left, right)

    def _shift(self, tree: Arithmetic, left: Number, right: Number) -> Number:
        """Sums and differences of dates, dates and times, and durations."""
        kinds = (left.type.kind, right.type.kind)
        subtracting = tree.operator == "-"
        operation = "subtract" if subtracting else "add"
        node = self.graph.number(operation, left.node, right.node)
        if kinds == (Kind.DURATION, Kind.DURATION) or (kinds == (Kind.DATE_TIME, Kind.DATE_TIME) and subtracting):
            return Number(node, DURATION)
        if kinds == (Kind.DATE, Kind.DATE) and subtracting:
            return Number(self.graph.number("multiply", node, self.graph.constant(float(MICROSECONDS_PER_DAY))), DURATION)
        if kinds == (Kind.DATE_TIME, Kind.DURATION) or (kinds == (Kind.DURATION, Kind.DATE_TIME) and not subtracting):
            return Number(node, DATE_TIME)
        self.mismatch(tree.at, (left.type.kind,), right.type.kind)

    def compare(self, at: Position, operator: str, left: Value, right: Value) -> Logic:
        """A comparison; both sides of one kind, or null."""
        if operator in ("=", "!="):
            same = self._equal(at, left, right)
            return same if operator == "=" else Logic(same.false, same.true)
        self.same_kind(at, left, right)
        left, right = self._ordered(at, left), self._ordered(at, right)
        if operator in ("<", "<="):
            return self.algebra.less(left, right, or_equal=operator == "<=")
        return self.algebra.less(right, left, or_equal=operator == ">=")

    def _ordered(self, at: Position, value: Value) -> Number:
        if isinstance(value, Logic) or value.type.kind is Kind.STRING:
            word, word_zh = kind_of(value), KIND_ZH[kind_of(value)]
            self.outside(at, f"the order of {word} values", f"{word_zh}的大小比较")
        return value

    def same_kind(self, at: Position, left: Value, right: Value) -> None:
        """Refuses two values of different kinds."""
        kinds = (kind_of(left), kind_of(right))
        if kinds[0] is not kinds[1] and Kind.NULL not in kinds:
            self.mismatch(at, (kinds[0],), kinds[1])

    def _equal(self, at: Position, left: Value, right: Value) -> Logic:
        self.same_kind(at, left, right)
        if isinstance(left, Number) and isinstance(right, Number):
            return self.algebra.equal(left, right)
        return self.algebra.equal_logic(self.as_logic(left, at), self.as_logic(right, at))

    def _if(self, tree: If) -> Value:
        condition = self.logic(tree.condition)
        then, otherwise = self.lower(tree.then), self.lower(tree.otherwise)
        self.same_kind(tree.at, then, otherwise)
        if isinstance(then, Number) and isinstance(otherwise, Number):
            return self.algebra.choice(condition, then, otherwise)
        return self.algebra.choice_logic(condition, self.as_logic(then, tree.at), self.as_logic(otherwise, tree.at))

    def _path(self, tree: Path) -> Number:
        source = self.lower(tree.source)
        kind = kind_of(source)
        parts = ("year", "month", "day", "weekday")
        if isinstance(source, Number) and kind in (Kind.DATE, Kind.DATE_TIME) and tree.member in parts:
            days = self.days(source)
            part = self.graph.constant(float(parts.index(tree.member)))
            return Number(self.graph.number("calendar", days.node, part), COUNT, 9_999)
        self.outside(tree.at, f"member {tree.member!r} of a {kind}", f"{KIND_ZH[kind]}的成员“{tree.member}”")

    def days(self, moment: Number) -> Number:
        """The UTC date of a date and time."""
        if moment.type.kind is Kind.DATE:
            return moment
        unit, mode = self.graph.constant(float(MICROSECONDS_PER_DAY)), self.graph.constant(0.0)
        return Number(self.graph.number("round_scaled", moment.node, unit, mode), DATE)

    # Tests -----------------------------------------------------------------------------------------------------------

    def any_test(self, subject: Value, tests: tuple[Expr, ...]) -> Logic:
        """Whether ``subject`` passes any of ``tests``."""
        result = self.algebra.truth(False)
        for test in tests:
            result = self.algebra.either(result, self._test(subject, test))
        return result

    def cell(self, tests: UnaryTests) -> Logic:
        """Whether the subject passes a decision table's cell."""
        if not tests.tests:
            return self.algebra.truth(True)
        assert self.subject is not None  # noqa: S101
        result = self.any_test(self.subject, tests.tests)
        return Logic(result.false, result.true) if tests.negated else result

    def _test(self, subject: Value, test: Expr) -> Logic:
        if isinstance(test, OpenRange):
            return self.compare(test.at, test.operator, subject, self.lower(test.end))
        if isinstance(test, Range):
            low, high = self.lower(test.low), self.lower(test.high)
            above = self.compare(test.at, ">=" if test.low_included else ">", subject, low)
            return self.algebra.both(above, self.compare(test.at, "<=" if test.high_included else "<", subject, high))
        if isinstance(test, ListLiteral):
            return self.any_test(subject, test.items)
        used_before, self.subject_used = self.subject_used, False
        value = self.lower(test)
        about_subject, self.subject_used = self.subject_used, used_before or self.subject_used
        if isinstance(value, Logic) and (about_subject or isinstance(subject, Number)):
            return value
        return self.compare(test.at, "=", subject, value)

    # Refusals --------------------------------------------------------------------------------------------------------

    def unknown(self, name: str, at: Position) -> NoReturn:
        """Raises: nobody declared ``name``."""
        raise unknown_name(name, self.scope.known.values.nearest(name), self.place, at)

    def mismatch(self, at: Position, wanted: tuple[Kind, ...], found: Kind) -> NoReturn:
        """Raises: a value of another kind stands here."""
        english, chinese = " or ".join(wanted), "或".join(KIND_ZH[kind] for kind in wanted)
        raise policy_error(
            "feel.type.mismatch",
            self.place,
            at,
            {"en": f"a {english} is wanted, a {found} stands here", "zh": f"此处需要{chinese}，却是{KIND_ZH[found]}"},
            {"en": "compare and combine values of one type", "zh": "请比较或组合相同类型的值"},
        )

    def outside(self, at: Position, construct: str, construct_zh: str) -> NoReturn:
        """Raises: correct FEEL, but not in the native subset."""
        raise policy_error(
            "feel.outside_subset",
            self.place,
            at,
            {"en": f"{construct} is outside the compiled subset of FEEL", "zh": f"{construct_zh}不在可编译的 FEEL 子集内"},
            {
                "en": "compute it as a feature, or write it with comparisons, ranges, 'in' and if-then-else",
                "zh": "请作为特征计算，或改用比较、区间、in 与 if-then-else",
            },
        )


def kind_of(value: Value) -> Kind:
    """The kind of a lowered value."""
    return BOOLEAN.kind if isinstance(value, Logic) else value.type.kind
