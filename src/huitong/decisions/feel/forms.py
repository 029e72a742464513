"""The forms of FEEL that begin with a keyword or a bracket: if, for, some, every, function, lists, contexts, ranges, types."""

from abc import ABC, abstractmethod

from huitong.decisions.feel.cursor import Cursor
from huitong.decisions.feel.lexer import TokenKind
from huitong.decisions.feel.names import Names, is_writable
from huitong.decisions.feel.place import Position
from huitong.decisions.feel.tree import (
    ContextLiteral,
    Expr,
    For,
    FunctionDefinition,
    If,
    Iteration,
    ListLiteral,
    OpenRange,
    Parameter,
    Quantified,
    Range,
    TypeName,
)

_COMPARISONS = ("=", "!=", "<", "<=", ">", ">=")
_BEGINS_NO_OPERAND = frozenset(
    ["", ".", ",", ")", "]", "}", "+", "*", "/", "**", *_COMPARISONS, "and", "or", "then", "else", "return", "satisfies"]
)
_IN_NAMES = ("-", "+", "/", "*", "'", ".")
_ENDS_A_TYPE = frozenset(["or", "then", "else", "return", "satisfies", "in", "between", "instance", "external"])
_AFTER_AND = {"date": "time", "days": "time", "years": "months"}


class Forms(ABC):
    """Half of the parser; the other half supplies ``expression`` and ``test``."""

    def __init__(self, cursor: Cursor, members: Names) -> None:
        self.cursor = cursor
        self.members = members

    @abstractmethod
    def expression(self, floor: int = 0) -> Expr:
        """An expression whose operators all bind tighter than ``floor``."""

    @abstractmethod
    def test(self) -> Expr:
        """A positive unary test."""

    def keyword_form(self) -> Expr | None:
        """The form that begins with the next word, if it is such a keyword."""
        word = self.cursor.token.text
        if word == "if":
            return self._if()
        if word == "for":
            return self._for()
        if word in ("some", "every"):
            return self._quantified()
        if word == "function" and self.cursor.peek(1).text == "(":
            return self._function()
        return None

    def _if(self) -> Expr:
        at = self.cursor.take().at
        condition = self.expression()
        self.cursor.expect_word("then")
        then = self.expression()
        self.cursor.expect_word("else")
        return If(at, condition, then, self.expression())

    def _iterations(self, end: str) -> tuple[Iteration, ...]:
        """Reads ``a in b, c in d end``; the caller has opened a scope that the names declared here stay in."""
        cursor = self.cursor
        iterations = []
        while True:
            name = cursor.new_name("in", ",")
            cursor.expect_word("in")
            source = self.expression()
            until = self.expression() if cursor.accept("..") else None
            iterations.append(Iteration(name, source, until))
            cursor.names = cursor.names.with_((name,))
            if not cursor.accept(","):
                cursor.expect_word(end)
                return tuple(iterations)

    def _for(self) -> Expr:
        at = self.cursor.take().at
        with self.cursor.scope(("partial",)):
            iterations = self._iterations("return")
            return For(at, iterations, self.expression())

    def _quantified(self) -> Expr:
        quantifier = self.cursor.take()
        with self.cursor.scope(()):
            iterations = self._iterations("satisfies")
            return Quantified(quantifier.at, "some" if quantifier.text == "some" else "every", iterations, self.expression())

    def _function(self) -> Expr:
        cursor = self.cursor
        at = cursor.take().at
        cursor.expect("(")
        parameters: list[Parameter] = []
        while not cursor.at_symbol(")"):
            name = cursor.new_name(":", ",", ")")
            parameters.append(Parameter(name, self.type_name() if cursor.accept(":") else None))
            if not cursor.accept(","):
                break
        cursor.expect(")")
        external = cursor.accept_word("external")
        with cursor.scope(parameter.name for parameter in parameters):
            return FunctionDefinition(at, tuple(parameters), self.expression(), external)

    def arguments(self) -> tuple[tuple[str | None, Expr], ...]:
        """The arguments of a call, after its opening bracket, to the closing one."""
        cursor = self.cursor
        arguments: list[tuple[str | None, Expr]] = []
        while not cursor.at_symbol(")"):
            name = cursor.new_name(":") if self._is_named_argument() else None
            if name is not None:
                cursor.expect(":")
            arguments.append((name, self.expression()))
            if not cursor.accept(","):
                break
        cursor.expect(")")
        return tuple(arguments)

    def _is_named_argument(self) -> bool:
        """A colon before anything that could not be in a name."""
        ahead = 0
        while self.cursor.peek(ahead).kind in (TokenKind.WORD, TokenKind.NUMBER) or self.cursor.peek(ahead).text in _IN_NAMES:
            ahead += 1
        end = self.cursor.peek(ahead)
        return ahead > 0 and end.kind is TokenKind.SYMBOL and end.text == ":"

    def bracketed(self) -> Expr:
        """A list, range, context, or an expression in brackets."""
        cursor = self.cursor
        if cursor.at_symbol("{"):
            return self._context()
        if cursor.at_symbol("]"):
            at = cursor.take().at
            return self._range_after(at, self.expression(), low_included=False)
        if cursor.at_symbol("["):
            return self._list_or_range()
        if cursor.at_symbol("("):
            return self._round()
        cursor.unexpected("a value", "一个值")

    def _round(self) -> Expr:
        cursor = self.cursor
        at = cursor.take().at
        if cursor.at_symbol(*_COMPARISONS):
            open_range = self.test()
            cursor.expect(")")
            return open_range
        value = self.expression()
        if cursor.at_symbol(".."):
            return self._range_after(at, value, low_included=False)
        cursor.expect(")")
        return value

    def _list_or_range(self) -> Expr:
        cursor = self.cursor
        at = cursor.take().at
        if cursor.accept("]"):
            return ListLiteral(at, ())
        first = self.test()
        if cursor.at_symbol("..") and not isinstance(first, OpenRange):
            return self._range_after(at, first, low_included=True)
        items = [first]
        while cursor.accept(","):
            items.append(self.test())
        cursor.expect("]")
        return ListLiteral(at, tuple(items))

    def _range_after(self, at: Position, low: Expr, *, low_included: bool) -> Expr:
        cursor = self.cursor
        cursor.expect("..")
        high = self.expression()
        if not cursor.at_symbol("]", ")", "["):
            cursor.unexpected("']', ')' or '['", "“]”、“)”或“[”")
        return Range(at, low, high, low_included, cursor.take().text == "]")

    def _bracket_closes_a_range(self) -> bool:
        """Whether the `[` that stands next ends a range as in `[1..5[`: nothing that could be a filter follows it."""
        following = self.cursor.peek(1)
        return following.kind is not TokenKind.STRING and following.text in _BEGINS_NO_OPERAND

    def _context(self) -> Expr:
        cursor = self.cursor
        at = cursor.expect("{").at
        entries: list[tuple[str, Expr]] = []
        with cursor.scope(()):
            while not cursor.at_symbol("}"):
                key = cursor.take().text if cursor.token.kind is TokenKind.STRING else cursor.new_name(":", "}", ",")
                cursor.expect(":")
                entries.append((key, self.expression()))
                if is_writable(key):
                    cursor.names = cursor.names.with_((key,))
                    self.members = self.members.with_((key,))
                if not cursor.accept(","):
                    break
        cursor.expect("}")
        return ContextLiteral(at, tuple(entries))

    def type_name(self) -> TypeName:
        """A type: a name, or ``list<…>``, ``range<…>``, ``context<…>``, ``function<…> -> …``."""
        cursor = self.cursor
        at = cursor.token.at
        word = cursor.token.text
        if word in ("list", "range") and cursor.peek(1).text == "<":
            cursor.index += 2
            argument = self.type_name()
            self._close_type()
            return TypeName(at, word, (argument,))
        if word == "context" and cursor.peek(1).text == "<":
            return self._context_type()
        if word == "function" and cursor.peek(1).text == "<":
            return self._function_type()
        return TypeName(at, self._plain_type_name())

    def _plain_type_name(self) -> str:
        cursor = self.cursor
        words: list[str] = []
        while cursor.token.kind is TokenKind.WORD:
            word = cursor.token.text
            if word in _ENDS_A_TYPE or (word == "and" and _AFTER_AND.get(" ".join(words)) != cursor.peek(1).text):
                break
            words.append(cursor.take().text)
            if cursor.at_symbol(".") and cursor.peek(1).kind is TokenKind.WORD:
                cursor.take()
                words[-1] += "." + cursor.take().text
        if not words:
            cursor.unexpected("a type", "类型")
        return " ".join(words)

    def _close_type(self) -> None:
        self.cursor.expect(">")

    def _context_type(self) -> TypeName:
        cursor = self.cursor
        at = cursor.take().at
        cursor.take()
        members: list[tuple[str, TypeName]] = []
        while not cursor.at_symbol(">"):
            name = cursor.new_name(":", ",", ">")
            cursor.expect(":")
            members.append((name, self.type_name()))
            if not cursor.accept(","):
                break
        self._close_type()
        return TypeName(at, "context", members=tuple(members))

    def _function_type(self) -> TypeName:
        cursor = self.cursor
        at = cursor.take().at
        cursor.take()
        arguments: list[TypeName] = []
        while not cursor.at_symbol(">"):
            arguments.append(self.type_name())
            if not cursor.accept(","):
                break
        self._close_type()
        cursor.expect("->")
        return TypeName(at, "function", tuple(arguments), result=self.type_name())
