"""FEEL text to tree: a Pratt parser for the whole expression grammar of DMN 1.5, chapter 10.3.

Binding, loosest first: or; and; comparison, between, in; + -; * /; ** (all to the left); sign; instance of; path, filter, call.
`-a ** b` is therefore `(-a) ** b`, as in the standard's conformance cases.
"""

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from math import isfinite
from typing import NoReturn

from huitong.decisions.feel.cursor import Cursor, is_plain_word, joined
from huitong.decisions.feel.forms import Forms
from huitong.decisions.feel.lexer import Token, TokenKind, tokenize
from huitong.decisions.feel.names import KEYWORDS, Names
from huitong.decisions.feel.place import NOWHERE, Place, unknown_name
from huitong.decisions.feel.tree import (
    And,
    Arithmetic,
    AtLiteral,
    Between,
    BooleanLiteral,
    Call,
    Comparison,
    Expr,
    Filter,
    In,
    InstanceOf,
    Name,
    Negation,
    NullLiteral,
    NumberLiteral,
    OpenRange,
    Or,
    Path,
    StringLiteral,
    UnaryTests,
)
from huitong.kernel import PolicyError

_OR, _AND, _COMPARE, _ADD, _MULTIPLY, _POWER = range(1, 7)
_BINDING = {"or": _OR, "and": _AND, "between": _COMPARE, "in": _COMPARE}
_BINDING |= dict.fromkeys(("=", "!=", "<", "<=", ">", ">="), _COMPARE)
_BINDING |= {"+": _ADD, "-": _ADD, "*": _MULTIPLY, "/": _MULTIPLY, "**": _POWER}
_COMPARISONS = ("=", "!=", "<", "<=", ">", ">=")


@dataclass(frozen=True, slots=True)
class KnownNames:
    """What the parser must know to read names with blanks.

    Attributes:
        values: Variables and functions in scope.
        members: Names that may follow a dot, or stand inside a filter.
    """

    values: Names
    members: Names = Names(())  # noqa: RUF009 - immutable


def parse_expression(text: str, known: KnownNames, place: Place = NOWHERE) -> Expr:
    """The tree of one expression.

    Raises:
        PolicyError: If ``text`` is not FEEL; the cause names ``place``, line and column.
    """
    parser = _Parser(Cursor(tokenize(text, place), known.values, place), known.members)
    tree = parser.expression()
    parser.end()
    return tree


def parse_unary_tests(text: str, known: KnownNames, place: Place = NOWHERE) -> UnaryTests:
    """The tree of a decision table's input cell; empty text and ``-`` match anything.

    Raises:
        PolicyError: As ``parse_expression``.
    """
    names = known.values.with_(("?",))
    cursor = Cursor(tokenize(text, place), names, place)
    parser = _Parser(cursor, known.members)
    at = cursor.token.at
    if cursor.token.kind is TokenKind.END:
        return UnaryTests(at, (), negated=False)
    if cursor.at_symbol("-") and cursor.peek(1).kind is TokenKind.END:
        return UnaryTests(at, (), negated=False)
    if cursor.at_word("not") and cursor.peek(1).text == "(":
        try:
            return _negated_whole(parser)
        except PolicyError as error:
            # Perhaps `not(a) and b`, a call of the function; if that does not read either, the first error tells more.
            cursor.index, cursor.depth, cursor.names = 0, 0, names
            try:
                return _positive(parser)
            except PolicyError:
                raise error from None
    return _positive(parser)


def _negated_whole(parser: "_Parser") -> UnaryTests:
    """``not( … )`` from end to end."""
    at = parser.cursor.token.at
    parser.cursor.index += 2
    tests = parser.tests()
    parser.cursor.expect(")")
    parser.end()
    return UnaryTests(at, tests, negated=True)


def _positive(parser: "_Parser") -> UnaryTests:
    at = parser.cursor.token.at
    tests = parser.tests()
    parser.end()
    return UnaryTests(at, tests, negated=False)


class _Parser(Forms):
    """Operators and operands; the forms that begin with a keyword or a bracket are in ``forms``."""

    def end(self) -> None:
        cursor = self.cursor
        token = cursor.token
        if token.kind is TokenKind.END:
            return
        before = cursor.tokens[cursor.index - 1] if cursor.index else token
        if is_plain_word(before) and token.kind in (TokenKind.WORD, TokenKind.NUMBER):
            self._refuse_unknown_run()
        cursor.unexpected("an operator or the end", "运算符或结尾")

    def _refuse_unknown_run(self) -> NoReturn:
        """Two words side by side are a name of several words that nobody knows."""
        cursor = self.cursor
        first = cursor.index - 1
        while first > 0 and is_plain_word(cursor.tokens[first - 1]):
            first -= 1
        last = cursor.index
        while is_plain_word(cursor.tokens[last + 1]) or cursor.tokens[last + 1].kind is TokenKind.NUMBER:
            last += 1
        name = joined(cursor.tokens[first : last + 1])
        nearest = cursor.names.nearest(name)
        if cursor.tokens[first].text == "not":
            nearest = f"not({joined(cursor.tokens[first + 1 : last + 1])})"
        raise unknown_name(name, nearest, cursor.place, cursor.tokens[first].at)

    def tests(self) -> tuple[Expr, ...]:
        tests = [self.test()]
        while self.cursor.accept(","):
            tests.append(self.test())
        return tuple(tests)

    def test(self) -> Expr:
        if self.cursor.at_symbol(*_COMPARISONS):
            operator = self.cursor.take()
            return OpenRange(operator.at, operator.text, self.expression(_COMPARE))  # type: ignore[arg-type]  # the symbols are the literal type
        return self.expression()

    def expression(self, floor: int = 0) -> Expr:
        """An expression whose operators all bind tighter than ``floor``."""
        cursor = self.cursor
        cursor.descend()
        left = self._operand()
        while True:
            token = cursor.token
            binding = _BINDING.get(token.text, 0) if token.kind in (TokenKind.SYMBOL, TokenKind.WORD) else 0
            if binding <= floor:
                break
            cursor.take()
            left = self._infix(left, token, binding)
        cursor.ascend()
        return left

    def _infix(self, left: Expr, token: Token, binding: int) -> Expr:
        operator = token.text
        if operator == "between":
            low = self.expression(_COMPARE)
            self.cursor.expect_word("and")
            return Between(token.at, left, low, self.expression(_COMPARE))
        if operator == "in":
            return In(token.at, left, self._in_tests())
        right = self.expression(binding)
        if operator == "or":
            return Or(token.at, left, right)
        if operator == "and":
            return And(token.at, left, right)
        if operator in _COMPARISONS:
            return Comparison(token.at, operator, left, right)  # type: ignore[arg-type]  # tested in the line above
        return Arithmetic(token.at, operator, left, right)  # type: ignore[arg-type]  # what is left in _BINDING

    def _in_tests(self) -> tuple[Expr, ...]:
        cursor = self.cursor
        if cursor.at_symbol("("):
            start = cursor.index
            cursor.take()
            first = self.test()
            if cursor.at_symbol(",", ")"):
                tests = [first]
                while cursor.accept(","):
                    tests.append(self.test())
                cursor.expect(")")
                return tuple(tests)
            cursor.index = start  # an open range, `(1..5]`
        if cursor.at_symbol(*_COMPARISONS):
            return (self.test(),)
        return (self.expression(_COMPARE),)

    def _operand(self) -> Expr:
        cursor = self.cursor
        if cursor.at_symbol("-"):
            sign = cursor.take()
            cursor.descend()
            operand = self._operand()
            cursor.ascend()
            return Negation(sign.at, operand)
        value = self._postfix(self._primary())
        while cursor.at_word("instance") and cursor.peek(1).text == "of":
            at = cursor.take().at
            cursor.take()
            value = InstanceOf(at, value, self.type_name())
        return value

    def _postfix(self, value: Expr) -> Expr:
        cursor = self.cursor
        while True:
            token = cursor.token
            if cursor.at_symbol("."):
                cursor.take()
                value = Path(token.at, value, self._member())
            elif cursor.at_symbol("("):
                cursor.take()
                value = Call(token.at, value, self.arguments())
            elif cursor.at_symbol("[") and not self._bracket_closes_a_range():
                cursor.take()
                with cursor.scope(("item", *self.members.all)):
                    condition = self.expression()
                cursor.expect("]")
                value = Filter(token.at, value, condition)
            else:
                return value

    def _member(self) -> str:
        """The longest known member, else every plain word that follows."""
        cursor = self.cursor
        known = self.members.longest(cursor.tokens, cursor.index)
        if known is not None:
            name, cursor.index = known
            return name
        if cursor.token.kind is not TokenKind.WORD:
            cursor.unexpected("the name of a member", "成员名称")
        words = [cursor.take()]
        while is_plain_word(cursor.token):
            words.append(cursor.take())
        return joined(words)

    def _primary(self) -> Expr:
        cursor = self.cursor
        token = cursor.token
        if token.kind is TokenKind.NUMBER:
            return NumberLiteral(token.at, self._number())
        if token.kind is TokenKind.STRING:
            cursor.take()
            return StringLiteral(token.at, token.text)
        if token.kind is TokenKind.SYMBOL:
            return self._at_literal() if token.text == "@" else self.bracketed()
        if token.kind is TokenKind.WORD:
            return self._worded()
        cursor.unexpected("a value", "一个值")

    def _number(self) -> Decimal:
        token = self.cursor.take()
        try:
            value = Decimal(token.text)
        except InvalidOperation:  # an exponent beyond even Decimal's
            value = Decimal("Infinity")
        if not isfinite(float(value)):
            self.cursor.refuse(
                "feel.number.too_large",
                token,
                {"en": f"no float64 holds the number {token.text:.40}", "zh": f"数字 {token.text:.40} 超出 float64 的范围"},
                {"en": "keep it below 1e308", "zh": "请使其小于 1e308"},
            )
        return value

    def _at_literal(self) -> Expr:
        at = self.cursor.take().at
        if self.cursor.token.kind is not TokenKind.STRING:
            self.cursor.unexpected('text in quotes after "@"', "“@”后的引号文本")
        return AtLiteral(at, self.cursor.take().text)

    def _worded(self) -> Expr:
        cursor = self.cursor
        token = cursor.token
        known = cursor.names.longest(cursor.tokens, cursor.index)
        if known is not None and (known[1] > cursor.index + 1 or token.text not in KEYWORDS):
            name, cursor.index = known
            return Name(token.at, name)
        if token.text in ("true", "false"):
            cursor.take()
            return BooleanLiteral(token.at, token.text == "true")
        if token.text == "null":
            cursor.take()
            return NullLiteral(token.at)
        form = self.keyword_form()
        if form is not None:
            return form
        if token.text in KEYWORDS:
            cursor.unexpected("a value", "一个值")
        cursor.take()
        if is_plain_word(cursor.token):
            self._refuse_unknown_run()
        return Name(token.at, token.text)
