"""Money: integers of minor units in an ISO 4217 currency; no float gets in."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huitong.kernel import AMOUNT_MINOR_MAX, CURRENCY_EXPONENT, InputError, Money, currency_exponent

amounts = st.integers(-AMOUNT_MINOR_MAX // 4, AMOUNT_MINOR_MAX // 4)
currencies = st.sampled_from(sorted(CURRENCY_EXPONENT))


@pytest.mark.parametrize(("currency", "exponent"), [("CNY", 2), ("JPY", 0), ("KWD", 3), ("CLF", 4), ("USD", 2), ("VND", 0), ("TND", 3)])
def test_a_currency_has_the_exponent_of_iso_4217(currency: str, exponent: int) -> None:
    assert currency_exponent(currency) == exponent


@pytest.mark.parametrize("code", ["", "cny", "ZZZ", "RMB", "CNY ", "¥"])
def test_an_unknown_currency_is_refused_with_its_name_in_both_languages(code: str) -> None:
    with pytest.raises(InputError) as caught:
        Money(1, code)
    assert caught.value.code == "money.currency.unknown"
    assert repr(code) in caught.value.cause["en"]
    assert repr(code) in caught.value.cause["zh"]


@pytest.mark.parametrize("amount", [1.0, 0.1, float("nan"), True, "100", Decimal(1), Fraction(1), None])
def test_what_is_no_integer_is_no_amount(amount: object) -> None:
    with pytest.raises(InputError) as caught:
        Money(amount, "CNY")  # type: ignore[arg-type]  # the wrong type is the point
    assert caught.value.code == "money.amount.not_integer"


@pytest.mark.parametrize("digits", [17, 400, 5_000])
def test_an_absurd_amount_is_refused_however_many_digits_it_has(digits: int) -> None:
    with pytest.raises(InputError) as caught:
        Money(10**digits, "CNY")
    assert caught.value.code == "money.amount.too_large"


def test_the_largest_amount_gets_in_and_one_more_does_not() -> None:
    assert Money(AMOUNT_MINOR_MAX, "CNY").amount_minor == AMOUNT_MINOR_MAX
    assert Money(-AMOUNT_MINOR_MAX, "CNY").amount_minor == -AMOUNT_MINOR_MAX
    for amount in (AMOUNT_MINOR_MAX + 1, -AMOUNT_MINOR_MAX - 1):
        with pytest.raises(InputError) as caught:
            Money(amount, "CNY")
        assert caught.value.code == "money.amount.too_large"


@given(amounts, currencies)
def test_what_is_written_reads_back(amount: int, currency: str) -> None:
    money = Money(amount, currency)
    assert Money.parse(str(money).removeprefix(f"{currency} ").replace(",", ""), currency) == money


@pytest.mark.parametrize(("text", "minor"), [("1250.5", 125_050), ("0", 0), ("-0.01", -1), (" 7 ", 700), ("+1.", 100), ("00.10", 10)])
def test_decimal_text_becomes_minor_units(text: str, minor: int) -> None:
    assert Money.parse(text, "CNY").amount_minor == minor


@pytest.mark.parametrize(
    "text",
    [
        "",
        "abc",
        "1,250.00",
        "0.001",
        "NaN",
        "Infinity",
        "-inf",
        "12 34",
        "1.2.3",
        "1e3",
        "9e999999",
        "1_000",
        "１２",
        ".5",
        "1." + "0" * 40 + "1",
        "1" * 99,
    ],
)
def test_text_that_is_no_exact_amount_is_refused_not_rounded(text: str) -> None:
    with pytest.raises(InputError) as caught:
        Money.parse(text, "CNY")
    assert caught.value.code.startswith("money.amount.")


@given(amounts, amounts, amounts)
def test_addition_is_a_commutative_group(a: int, b: int, c: int) -> None:
    x, y, z = (Money(amount, "CNY") for amount in (a, b, c))
    assert x + y == y + x
    assert (x + y) + z == x + (y + z)
    assert x + -x == Money(0, "CNY")
    assert x - y == x + -y


@given(st.integers(-1000, 1000), st.integers(0, 1000))
def test_a_multiple_is_repeated_addition(amount: int, count: int) -> None:
    total = Money(0, "EUR")
    for _ in range(count):
        total += Money(amount, "EUR")
    assert Money(amount, "EUR") * count == total


@given(amounts, amounts)
def test_order_is_the_order_of_amounts(a: int, b: int) -> None:
    assert (Money(a, "CNY") < Money(b, "CNY")) == (a < b)
    assert (Money(a, "CNY") <= Money(b, "CNY")) == (a <= b)


def test_two_currencies_do_not_mix() -> None:
    yuan, dollar = Money(1, "CNY"), Money(1, "USD")
    for mix in (lambda: yuan + dollar, lambda: yuan - dollar, lambda: yuan < dollar, lambda: yuan <= dollar):
        with pytest.raises(InputError) as caught:
            mix()
        assert caught.value.code == "money.currency.mixed"
    assert yuan != dollar


def test_a_fractional_multiple_is_refused() -> None:
    with pytest.raises(InputError):
        Money(100, "CNY") * 0.5  # type: ignore[operator]  # the wrong type is the point
