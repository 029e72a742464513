"""The native subset: exactness, null logic, functions, and what is refused."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest

from huitong.decisions.feel import (
    BOOLEAN,
    COUNT,
    DATE,
    DATE_TIME,
    FLOAT,
    MONEY,
    STRING,
    UNKNOWN,
    CompiledExpressions,
    Place,
    Scope,
    Symbols,
    Value,
    Variable,
    compile_expressions,
    decode,
    encode,
    native_expression,
    native_test,
)
from huitong.decisions.feel.types import EXACT_MAX
from huitong.kernel import ExternalError, InputError, PolicyError

VARIABLES = (
    Variable("amount", MONEY),
    Variable("count 1h", COUNT),
    Variable("score", FLOAT),
    Variable("country", STRING),
    Variable("home", STRING),
    Variable("known", BOOLEAN),
    Variable("opened", DATE),
    Variable("time", DATE_TIME),
    Variable("nothing", FLOAT),
)
ROW: dict[str, Value] = {
    "amount": Decimal("1250.55"),
    "count 1h": 3,
    "score": 0.25,
    "country": "US",
    "home": "CN",
    "known": True,
    "opened": date(2024, 2, 29),
    "time": datetime(2024, 3, 1, 23, 59, 59, 500_000, tzinfo=UTC),
    "nothing": None,
}
CASES: list[tuple[str, Value]] = [
    ("0.1 + 0.2 = 0.3", True),
    ("amount = 1250.55", True),
    ("amount * 3 = 3751.65", True),
    ("amount * 0.15", Decimal("187.5825")),
    ("1 / 3 = 0.3333333333333333", True),
    ("amount / 0", None),
    ("10 ** -2", 0.01),
    ("1.1 ** 2 = 1.21", True),
    ("0 ** -1", None),
    ("amount - 1250.6 < 0 and abs(amount - 1250.6) = 0.05", True),
    ("nothing + 1", None),
    ("null + 1", None),
    ("nothing = null", True),
    ("nothing != null", False),
    ("nothing > 1 or known", True),
    ("nothing > 1 and not(known)", False),
    ("nothing > 1 and known", None),
    ("not(nothing > 1)", None),
    ('if nothing > 1 then "a" else "b"', "b"),
    ('country in ("CN", "US")', True),
    ("country = home", False),
    ('country != "nowhere"', True),
    ("count 1h in [1..3)", False),
    ("count 1h in (0, >= 3)", True),
    ("amount between 1250.55 and 1250.55", True),
    ("min(amount, 3, score)", 0.25),
    ("max([amount, count 1h])", Decimal("1250.55")),
    ("sum(amount, 0.005)", Decimal("1250.555")),
    ("mean(1, 2, 6)", 3.0),
    ("floor(-1.5)", -2),
    ("ceiling(-1.5)", -1),
    ("floor(amount, 1)", Decimal("1250.5")),
    ("round up(5.5, 0)", 6),
    ("round up(-5.5, 0)", -6),
    ("round down(-5.5, 0)", -5),
    ("round half up(5.5, 0)", 6),
    ("round half up(-5.5, 0)", -6),
    ("round half up(1.126, 2)", Decimal("1.13")),
    ("round half down(5.5, 0)", 5),
    ("round half down(-5.5, 0)", -5),
    ("decimal(2.5, 0)", 2),
    ("decimal(1.115, 2)", Decimal("1.12")),
    ("round half up(score, 1)", Decimal("0.3")),
    ("round half up(amount, -2)", 1300),
    ("floor(n: 1.9)", 1),
    ("modulo(-12, 5)", 3),
    ("modulo(amount, 0.1)", Decimal("0.05")),
    ("even(count 1h)", False),
    ("odd(count 1h)", True),
    ("odd(1.5)", False),
    ("even(nothing)", None),
    ("sqrt(16)", 4.0),
    ("sqrt(-1)", None),
    ("log(0)", None),
    ("exp(1000)", None),
    ("all(known, true)", True),
    ("any([false, nothing > 1])", None),
    ("opened = date(2024, 2, 29)", True),
    ('opened < date("2024-03-01")', True),
    ("opened.year * 10000 + opened.month * 100 + opened.day", 20240229),
    ("opened.weekday", 4),
    ("date(time)", date(2024, 3, 1)),
    ("time.day", 1),
    ('time - date and time("2024-03-01T07:59:59+08:00")', timedelta(hours=24, milliseconds=500)),
    ('time - @"P1DT0.5S" = @"2024-02-29T23:59:59Z"', True),
    ('@"2024-03-01" - opened > duration("PT23H")', True),
    ("-opened.day", -29),
    ("date(day: 1, month: 2, year: 2026)", date(2026, 2, 1)),
    ("date(from: time)", date(2024, 3, 1)),
    ('date(from: "2026-02-01")', date(2026, 2, 1)),
    ('"a"', "a"),
    ("null", None),
]


@pytest.fixture(scope="module")
def known() -> Scope:
    return Scope(VARIABLES)


@pytest.fixture(scope="module")
def compiled(known: Scope, tmp_path_factory: pytest.TempPathFactory) -> CompiledExpressions:
    expressions = [native_expression(text, known) for text, _ in CASES]
    return compile_expressions(expressions, VARIABLES, tmp_path_factory.mktemp("compiled"))


@pytest.fixture(scope="module")
def results(compiled: CompiledExpressions, known: Scope) -> list[Value]:
    row = np.array([encode(ROW[variable.name], variable.type, known.symbols) for variable in VARIABLES])
    return [decode(float(value), kind, known.symbols) for value, kind in zip(compiled.row(row), compiled.types, strict=True)]


@pytest.mark.parametrize("number", range(len(CASES)), ids=[text for text, _ in CASES])
def test_an_expression_of_the_subset_has_its_value(number: int, results: list[Value]) -> None:
    assert results[number] == CASES[number][1]
    assert isinstance(results[number], bool) == isinstance(CASES[number][1], bool)


def test_one_row_and_a_batch_agree_bit_for_bit(compiled: CompiledExpressions) -> None:
    rng = np.random.default_rng(7)
    rows = rng.integers(-5, 5, (500, len(VARIABLES))).astype(np.float64)
    rows[rng.random(rows.shape) < 0.1] = np.nan
    assert b"".join(compiled.row(row).tobytes() for row in rows) == compiled.batch(rows).tobytes()


def test_a_batch_of_the_wrong_width_is_refused(compiled: CompiledExpressions) -> None:
    with pytest.raises(InputError, match="shape"):
        compiled.batch(np.zeros((3, 2)))


@pytest.mark.parametrize(
    ("text", "code", "column", "words"),
    [
        ("amout > 3", "feel.name.unknown", 1, "'amount'"),
        ('amount > "x"', "feel.type.mismatch", 8, "string"),
        ("amount + known", "feel.type.mismatch", 10, "boolean"),
        ("country < home", "feel.outside_subset", 9, "order"),
        ("known and amount", "feel.type.mismatch", 11, "number"),
        ("[1, 2]", "feel.outside_subset", 1, "list"),
        ("for x in [1] return x", "feel.outside_subset", 1, "for"),
        ("amount instance of number", "feel.outside_subset", 8, "instance of"),
        ('string length("a")', "feel.name.unknown", 1, "known"),
        ("flor(1)", "feel.name.unknown", 1, "'floor'"),
        ("floor()", "feel.arguments", 6, "n, scale"),
        ("max([])", "feel.outside_subset", 4, "empty"),
        ("max(l: [1])", "feel.arguments", 4, "list"),
        ("floor(m: 1)", "feel.arguments", 6, "n, scale"),
        ("decimal(amount, count 1h)", "feel.outside_subset", 17, "scale"),
        ('date("2026-02-30")', "feel.temporal.unreadable", 6, "2026-02-30"),
        ('@"2026-01-31T08:00:00"', "feel.temporal.unreadable", 1, "offset"),
        ('@"2026-01-31T08:00:00+19:00"', "feel.temporal.unreadable", 1, "offset"),
        ('date("P1D")', "feel.type.mismatch", 6, "duration"),
        ("date(2026, 1.5, 2)", "feel.outside_subset", 5, "literals"),
        ("date(2026, 1)", "feel.arguments", 5, "year, month, day"),
        ('date and time(moment: "2026-02-01T00:00:00Z")', "feel.arguments", 14, "from"),
        ("amount < 1e400", "feel.number.too_large", 10, "1e308"),
        ("1e99999999999999999999", "feel.number.too_large", 1, "1e308"),
        ("amount > 3 and not known", "feel.name.unknown", 16, "not(known)"),
        ("if known then 1 else country", "feel.type.mismatch", 1, "string"),
        ("amount.year", "feel.outside_subset", 7, "year"),
        ("opened + 1", "feel.type.mismatch", 8, "number"),
        ("(if known then floor else 1)", "feel.name.unknown", 16, "floor"),
    ],
)
def test_what_lies_outside_is_refused_with_its_place(known: Scope, text: str, code: str, column: int, words: str) -> None:
    with pytest.raises(PolicyError) as caught:
        native_expression(text, known, Place("rules.toml", "limit"))
    assert caught.value.code == code
    assert f"rules.toml, table 'limit', line 1, column {column}: " in caught.value.cause["en"]
    assert words in str(caught.value)


def test_a_cell_may_look_at_other_variables_and_at_its_own_value(known: Scope, tmp_path: Path) -> None:
    amount = native_expression("amount", known)
    cells = ["> count 1h * 100", "? > 1000 and known", "not(1250.55)", "1250.55, 7", "known", "-"]
    compiled = compile_expressions([native_test(cell, amount, known) for cell in cells], VARIABLES, tmp_path)
    row = np.array([encode(ROW[variable.name], variable.type, known.symbols) for variable in VARIABLES])
    assert compiled.row(row).tolist() == [1.0, 1.0, 0.0, 1.0, 1.0, 1.0]


def test_beyond_the_exact_range_a_number_is_rounded_and_never_wraps_round(tmp_path: Path) -> None:
    scope = Scope((Variable("a", MONEY), Variable("b", COUNT, magnitude_max=10**6)))
    product = native_expression("a * a", scope)
    small = native_expression("b * b + 1", scope)
    compiled = compile_expressions([product, small], scope.variables, tmp_path)
    minor = float(EXACT_MAX)
    assert (product.exact, small.exact) == (False, True)
    assert compiled.row(np.array([minor, 3.0])).tolist() == [minor * minor, 10.0]


def test_an_unknown_string_equals_nothing_not_even_itself(tmp_path: Path) -> None:
    scope = Scope((Variable("a", STRING), Variable("b", STRING)), Symbols(["x"]))
    texts = ["a = b", 'a = "x"', 'a != "x"', "a = null"]
    compiled = compile_expressions([native_expression(text, scope) for text in texts], scope.variables, tmp_path)
    assert scope.symbols.code("never seen") == UNKNOWN
    assert compiled.row(np.array([UNKNOWN, UNKNOWN], dtype=np.float64)).tolist() == [0.0, 0.0, 1.0, 0.0]
    apart = compiled.batch(np.array([[UNKNOWN - 1.0, UNKNOWN - 1.0], [UNKNOWN - 1.0, UNKNOWN - 2.0]]))
    assert apart.tolist() == [[1.0, 0.0, 1.0, 0.0], [0.0, 0.0, 1.0, 0.0]], "below it are texts that can be told apart"
    new = float(scope.symbols.intern("new"))
    assert compiled.row(np.array([new, new])).tolist() == [1.0, 0.0, 1.0, 0.0]


def test_a_second_start_finds_the_compiled_code(known: Scope, tmp_path: Path) -> None:
    expressions = [native_expression("amount * 2 + 7", known)]
    compile_expressions(expressions, VARIABLES, tmp_path)
    (module,) = tmp_path.glob("*.py")
    written = module.stat().st_mtime_ns
    again = compile_expressions(expressions, VARIABLES, tmp_path)
    assert module.stat().st_mtime_ns == written
    assert list(tmp_path.glob("__pycache__/*.nbc"))
    assert again.row(np.full(len(VARIABLES), 100.0)).tolist() == [900.0]


def test_many_who_need_the_same_code_at_once_all_get_the_whole_of_it(known: Scope, tmp_path: Path) -> None:
    expressions = [native_expression("amount * 3 + 11", known)]
    together = threading.Barrier(8)

    def compiled(_: int) -> list[float]:
        together.wait()
        row: list[float] = compile_expressions(expressions, VARIABLES, tmp_path).row(np.full(len(VARIABLES), 100.0)).tolist()
        return row

    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(compiled, range(8))) == [[1400.0]] * 8


def test_no_text_of_a_policy_gets_into_the_generated_code(tmp_path: Path) -> None:
    name = "evil'+__import__('os').system('x')+'"
    scope = Scope((Variable("amount", MONEY),))
    expression = native_expression(f'if amount > 1 then "{name}" else "y"', scope)
    compile_expressions([expression], scope.variables, tmp_path)
    (module,) = tmp_path.glob("*.py")
    assert "evil" not in module.read_text(encoding="utf-8")


def test_a_folder_that_cannot_be_written_is_an_external_error(known: Scope, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(ExternalError, match="cannot hold compiled rules"):
        compile_expressions([native_expression("amount + 12345", known)], VARIABLES, tmp_path / "file" / "below")


def test_no_expressions_compile_to_nothing(tmp_path: Path) -> None:
    assert compile_expressions([], VARIABLES, tmp_path / "never").batch(np.zeros((2, len(VARIABLES)))).shape == (2, 0)
    assert not (tmp_path / "never").exists()


@pytest.mark.parametrize(("value", "kind"), [(1.005, MONEY), ("x", MONEY), (True, COUNT), (datetime(2024, 1, 1), DATE_TIME)])
def test_a_value_of_another_type_is_not_encoded(value: Value, kind: object) -> None:
    with pytest.raises(InputError, match="declared type"):
        encode(value, kind, Symbols())  # type: ignore[arg-type]  # the parametrised types are Type values


def test_a_long_chain_of_conditions_is_read_and_a_high_sum_is_refused(known: Scope) -> None:
    assert native_expression(" or ".join(f"amount = {number}" for number in range(3_000)), known).type == BOOLEAN
    with pytest.raises(PolicyError, match="operations high"):
        native_expression("+".join(["amount"] * 3_000), known)
    nested = "amount"
    for _ in range(50):
        nested = f"({nested}{' + amount' * 90})"
    with pytest.raises(PolicyError, match="operations high"):
        native_expression(nested, known)
