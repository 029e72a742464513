"""Money: an integer number of minor units in an ISO 4217 currency. No float gets in."""

import re
from dataclasses import dataclass
from decimal import Decimal

from huitong.kernel.errors import InputError

# Source: ISO 4217:2015 table A.1; the currencies whose minor unit is not a hundredth, then those that banks here meet.
_EXPONENT_OTHER_THAN_2 = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
}
_EXPONENT_2 = (
    "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF CHW CNY COP "
    "COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES "
    "KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD "
    "PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD "
    "TWD TZS UAH USD USN UYU UZS VED VES WST XCD YER ZAR ZMW ZWG"
)
CURRENCY_EXPONENT: dict[str, int] = {
    **{code: exponent for exponent, codes in _EXPONENT_OTHER_THAN_2.items() for code in codes.split()},
    **dict.fromkeys(_EXPONENT_2.split(), 2),
}
"""Digits after the decimal point of each ISO 4217 currency."""

AMOUNT_MINOR_MAX = 10**15
"""Largest amount that a record may carry, in minor units: sums of a billion of them still fit 128 bits squared."""


# Decimal() would also take "1_000", full-width digits and "NaN", and its context would round beyond 28 digits.
_AMOUNT = re.compile(r"([+-]?)(\d{1,64})(?:\.(\d{0,64}))?", re.ASCII)


def currency_exponent(currency: str) -> int:
    """Digits after the decimal point of ``currency``.

    Raises:
        InputError: If ``currency`` is no active ISO 4217 code.
    """
    try:
        return CURRENCY_EXPONENT[currency]
    except KeyError:
        raise InputError(
            "money.currency.unknown",
            {"en": f"{currency!r} is not an ISO 4217 currency code", "zh": f"{currency!r} 不是 ISO 4217 货币代码"},
            {"en": "use a code such as CNY, USD, EUR", "zh": "请使用 CNY、USD、EUR 等代码"},
        ) from None


@dataclass(frozen=True, slots=True, order=False)
class Money:
    """An amount of one currency.

    Attributes:
        amount_minor: Integer number of minor units (fen, cents).
        currency: ISO 4217 code.

    Raises:
        InputError: If ``amount_minor`` is not an integer, too large, or the currency is unknown.

    >>> Money(125000, "CNY")
    Money(CNY 1,250.00)
    """

    amount_minor: int
    currency: str

    def __post_init__(self) -> None:
        currency_exponent(self.currency)
        if type(self.amount_minor) is not int:
            raise InputError(
                "money.amount.not_integer",
                {
                    "en": f"amount_minor is {self.amount_minor!r}, not an integer",
                    "zh": f"amount_minor 为 {self.amount_minor!r}，不是整数",
                },
                {"en": "give minor units as int, or use Money.parse for text", "zh": "请以整数给出最小货币单位，文本请用 Money.parse"},
            )
        if abs(self.amount_minor) > AMOUNT_MINOR_MAX:
            shown = f"{Decimal(self.amount_minor):.3e}"  # int to text is refused beyond 4,300 digits
            raise InputError(
                "money.amount.too_large",
                {
                    "en": f"{shown} minor units is beyond {AMOUNT_MINOR_MAX}",
                    "zh": f"{shown} 超出上限 {AMOUNT_MINOR_MAX}（最小货币单位）",
                },
                {"en": "check the unit of the amount", "zh": "请检查金额单位"},
            )

    @classmethod
    def parse(cls, text: str, currency: str) -> "Money":
        """Money from decimal text in major units; never rounds.

        Raises:
            InputError: If ``text`` is no decimal number or has more digits than the currency.

        >>> Money.parse("1250.5", "CNY").amount_minor
        125050
        """
        exponent = currency_exponent(currency)
        match = _AMOUNT.fullmatch(text.strip())
        fraction = (match[3] or "").rstrip("0") if match else ""
        if match is None or len(fraction) > exponent:
            raise InputError(
                "money.amount.unreadable",
                {
                    "en": f"{text!r} is not an amount with at most {exponent} decimals",
                    "zh": f"{text!r} 不是至多 {exponent} 位小数的金额",
                },
                {"en": "write it like 1250.00", "zh": "请写成 1250.00 这样的形式"},
            )
        return cls(int(match[1] + match[2] + fraction.ljust(exponent, "0")), currency)

    def _same_currency(self, other: "Money") -> None:
        if self.currency != other.currency:
            raise InputError(
                "money.currency.mixed",
                {
                    "en": f"{self.currency} and {other.currency} cannot be added or compared",
                    "zh": f"{self.currency} 与 {other.currency} 不能相加或比较",
                },
                {"en": "convert one at a dated rate first", "zh": "请先按带日期的汇率换算"},
            )

    def __add__(self, other: "Money") -> "Money":
        self._same_currency(other)
        return Money(self.amount_minor + other.amount_minor, self.currency)

    def __sub__(self, other: "Money") -> "Money":
        self._same_currency(other)
        return Money(self.amount_minor - other.amount_minor, self.currency)

    def __neg__(self) -> "Money":
        return Money(-self.amount_minor, self.currency)

    def __mul__(self, count: int) -> "Money":
        return Money(self.amount_minor * count, self.currency)

    def __lt__(self, other: "Money") -> bool:
        self._same_currency(other)
        return self.amount_minor < other.amount_minor

    def __le__(self, other: "Money") -> bool:
        self._same_currency(other)
        return self.amount_minor <= other.amount_minor

    def __str__(self) -> str:
        exponent = currency_exponent(self.currency)
        return f"{self.currency} {Decimal(self.amount_minor).scaleb(-exponent):,.{exponent}f}"

    def __repr__(self) -> str:
        return f"Money({self})"
