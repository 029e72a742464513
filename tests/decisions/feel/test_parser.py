"""The parser: precedence, names with blanks, every form of the grammar, errors with their place."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from huitong.decisions.feel import KnownNames, Place, Position, parse_expression, parse_unary_tests
from huitong.decisions.feel.cursor import DEPTH_MAX
from huitong.decisions.feel.lexer import TEXT_LENGTH_MAX
from huitong.decisions.feel.names import Names
from huitong.decisions.feel.tree import (
    And,
    Arithmetic,
    AtLiteral,
    Between,
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
)
from huitong.kernel import PolicyError

KNOWN = KnownNames(
    Names(["a", "b", "pay rate", "base", "pay rate - base", "customer's age", "date and time", "not", "金额", "event.amount"]),
    Names(["time offset"]),
)


def shown(tree: Expr) -> str:  # noqa: PLR0911 - one return per construct
    """The tree with all brackets written."""
    match tree:
        case NumberLiteral(value=value):
            return str(value)
        case StringLiteral(value=value):
            return repr(value)
        case NullLiteral():
            return "null"
        case Name(name=name):
            return f"<{name}>"
        case Negation(operand=operand):
            return f"-({shown(operand)})"
        case Arithmetic(operator=operator, left=left, right=right) | Comparison(operator=operator, left=left, right=right):
            return f"({shown(left)} {operator} {shown(right)})"
        case And(left=left, right=right):
            return f"({shown(left)} and {shown(right)})"
        case Or(left=left, right=right):
            return f"({shown(left)} or {shown(right)})"
        case Path(source=source, member=member):
            return f"{shown(source)}.{member}"
    return type(tree).__name__


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1 + 2 * 3", "(1 + (2 * 3))"),
        ("1 - 2 - 3", "((1 - 2) - 3)"),
        ("2 ** 3 ** 2", "((2 ** 3) ** 2)"),
        ("-3 ** 2", "(-(3) ** 2)"),
        ("10 ** -5", "(10 ** -(5))"),
        ("1 < 2 and 3 > 2 or a", "(((1 < 2) and (3 > 2)) or <a>)"),
        ("a = b + 1", "(<a> = (<b> + 1))"),
        ("(1 + 2) * 3", "((1 + 2) * 3)"),
        ("1.5e3 + .5", "(1.5E+3 + 0.5)"),
        ("a // the rest\n + /* in between */ b", "(<a> + <b>)"),
    ],
)
def test_operators_bind_as_the_standard_says(text: str, expected: str) -> None:
    assert shown(parse_expression(text, KNOWN)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("pay rate - base", "<pay rate - base>"),
        ("pay rate-base", "<pay rate - base>"),
        ("pay   rate * base", "(<pay rate> * <base>)"),
        ("pay rate - a", "(<pay rate> - <a>)"),
        ("customer's age + 1", "(<customer's age> + 1)"),
        ("金额 > 100", "(<金额> > 100)"),
        ("event.amount + a.b c.time offset", "(<event.amount> + <a>.b c.time offset)"),
    ],
)
def test_the_longest_name_in_scope_wins(text: str, expected: str) -> None:
    assert shown(parse_expression(text, KNOWN)) == expected


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("if a then b else 1", If),
        ("for x in [1, 2], y in 1..x return x * y", For),
        ("some big one in a satisfies big one > 3", Quantified),
        ("every x in a satisfies x > 3", Quantified),
        ("function(x: number, y z) external {java: x}", FunctionDefinition),
        ('{a b: 1, "c d": a b + 1}', ContextLiteral),
        ("[1, 2, 3]", ListLiteral),
        ("[]", ListLiteral),
        ("a[item > 3]", Filter),
        ("a.b", Path),
        ("a between 1 and 2", Between),
        ("a in (1, < 2, [3..4])", In),
        ("a in > 3", In),
        ("a instance of list<function<number> -> context<x: date and time>>", InstanceOf),
        ('date and time("x")', Call),
        ("a(first one: 1, second: 2)", Call),
        ('@"2026-01-31"', AtLiteral),
        ("[1..5]", Range),
        ("]1..5[", Range),
        ("(1..b]", Range),
        ("(< 5)", OpenRange),
        ("null", NullLiteral),
    ],
)
def test_each_form_of_the_grammar_is_read(text: str, form: type) -> None:
    assert isinstance(parse_expression(text, KNOWN), form)


def test_a_range_keeps_which_ends_belong_to_it() -> None:
    kinds = [parse_expression(text, KNOWN) for text in ("[1..5]", "(1..5)", "]1..5[", "[1..a[")]
    assert [(kind.low_included, kind.high_included) for kind in kinds if isinstance(kind, Range)] == [
        (True, True),
        (False, False),
        (False, False),
        (True, False),
    ]


def test_string_escapes_become_their_characters() -> None:
    tree = parse_expression(r'"a\"\n\u6C47\uD83D\uDC0E\U01F40E\d"', KNOWN)
    assert isinstance(tree, StringLiteral)
    assert tree.value == 'a"\n汇🐎🐎\\d'


def test_every_node_knows_its_line_and_column() -> None:
    tree = parse_expression("a +\n  (b * 2)", KNOWN)
    assert isinstance(tree, Arithmetic)
    assert (tree.left.at, tree.at, tree.right.at) == (Position(1, 1), Position(1, 3), Position(2, 6))


@pytest.mark.parametrize("text", ["", "-", "  - "])
def test_an_empty_cell_and_a_dash_match_anything(text: str) -> None:
    assert parse_unary_tests(text, KNOWN).tests == ()


def test_not_around_a_whole_cell_negates_its_tests_and_elsewhere_is_a_function() -> None:
    whole, part = parse_unary_tests("not(1, [2..3), (4..5))", KNOWN), parse_unary_tests("not(a) and b", KNOWN)
    assert (whole.negated, len(whole.tests)) == (True, 3)
    assert not part.negated
    assert isinstance(part.tests[0], And)


@pytest.mark.parametrize(
    ("text", "line", "column", "code"),
    [
        ("1 +", 1, 4, "feel.syntax"),
        ("(1", 1, 3, "feel.syntax"),
        ("if a then 1", 1, 12, "feel.syntax"),
        ("a b c > 1", 1, 1, "feel.name.unknown"),
        ("1 +\n pay rates", 2, 2, "feel.name.unknown"),
        ("a > 3 & b", 1, 7, "feel.character.unknown"),
        ("a = “x”", 1, 5, "feel.character.unknown"),
        ('a = "x', 1, 5, "feel.string.unended"),
        ("a /* x", 1, 3, "feel.comment.unended"),
        ("[1..", 1, 5, "feel.syntax"),
        ("a in", 1, 5, "feel.syntax"),
        ("then", 1, 1, "feel.syntax"),
        (r'"\uD83D"', 1, 1, "feel.string.surrogate"),
    ],
)
def test_an_error_names_its_place_in_both_languages(text: str, line: int, column: int, code: str) -> None:
    place = Place("limits.dmn", "limits", 3, "amount")
    with pytest.raises(PolicyError) as caught:
        parse_expression(text, KNOWN, place)
    assert caught.value.code == code
    assert caught.value.cause["en"].startswith(f"limits.dmn, table 'limits', row 3, cell 'amount', line {line}, column {column}: ")
    assert caught.value.cause["zh"].startswith(f"limits.dmn 的表“limits”第 3 行单元格“amount”，文本第 {line} 行第 {column} 列：")


def test_an_unknown_name_of_several_words_comes_with_the_nearest_one() -> None:
    with pytest.raises(PolicyError) as caught:
        parse_expression("pay rates > 1", KNOWN)
    assert "'pay rate'" in caught.value.remedy["en"]
    assert "“pay rate”" in caught.value.remedy["zh"]


@pytest.mark.parametrize("text", ["(" * (DEPTH_MAX + 5) + "1", "-" * (DEPTH_MAX * 50) + "1", "1 " * TEXT_LENGTH_MAX])
def test_a_hostile_text_is_an_error_and_no_crash(text: str) -> None:
    with pytest.raises(PolicyError):
        parse_expression(text, KNOWN)


_PIECES = ["a", "pay rate", "1", '"x"', "(", ")", "[", "]", "{", "}", "..", ",", ":", "if", "then", "else", "for", "in", "return", "some"]
_PIECES += [
    "satisfies",
    "not",
    "function",
    "instance of",
    "between",
    "and",
    "or",
    "-",
    "+",
    "**",
    "<",
    "=",
    ".",
    "@",
    "?",
    " ",
    "\n",
    "//",
    "/*",
]


@settings(max_examples=400, deadline=None)
@given(text=st.lists(st.sampled_from(_PIECES), max_size=25).map(" ".join) | st.text(max_size=40))
def test_any_text_is_read_or_refused_with_a_place(text: str) -> None:
    causes = []
    for parse in (parse_expression, parse_unary_tests):
        try:
            parse(text, KNOWN)
        except PolicyError as error:
            causes.append(error.cause["en"])
    assert all("line " in cause for cause in causes)
