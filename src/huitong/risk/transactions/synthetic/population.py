"""Who lives in the synthetic bank: customers with habits, merchants with terminals, devices, payees."""

from dataclasses import dataclass

import numpy as np

from huitong.contracts import Float64Array, Int32Array
from huitong.risk.transactions.synthetic.rows import NOBODY
from huitong.risk.transactions.synthetic.world import (
    CATEGORIES,
    COUNTRIES,
    REGION_SHARE,
    REGIONS,
    RESALE_CATEGORIES,
    SALARY,
    SEGMENTS,
    SMALL_BUSINESS,
    STUDENT,
)

FAVOURITE_SHOPS = 12
FAVOURITE_SITES = 6
PAYEES = 6
MERCHANTS_PER_CUSTOMER = 0.36
SITES_PER_CUSTOMER = 0.05
FOREIGN_SHOPS = 40
"""Merchants in each country abroad."""
OUTSIDE_ACCOUNTS_PER_CUSTOMER = 1.5
_SHOP_ZIPF, _PAYEE_ZIPF = 0.9, 1.1
_NEWCOMERS = 0.05
_NEW_PHONE = 0.10


@dataclass(frozen=True, slots=True)
class Terminals:
    """Where one can pay; an online merchant has one terminal, its web address. Columns of shape ``(terminals,)``.

    Attributes:
        merchant: Number of the merchant.
        category: Position in ``CATEGORIES``.
        region: Position in ``REGIONS``; ``NOBODY`` abroad and online.
        country: Position in ``COUNTRIES``.
        popularity: Zipf weight.
        online: Whether it sells online.
    """

    merchant: Int32Array
    category: Int32Array
    region: Int32Array
    country: Int32Array
    popularity: Float64Array
    online: "np.ndarray[tuple[int], np.dtype[np.bool_]]"

    def __len__(self) -> int:
        return len(self.merchant)

    def draw(self, rng: np.random.Generator, among: "np.ndarray[tuple[int], np.dtype[np.bool_]]", shape: tuple[int, ...]) -> Int32Array:
        """Terminals drawn by popularity among some of them."""
        numbers = np.flatnonzero(among)
        weight = np.cumsum(self.popularity[numbers])
        drawn: Int32Array = numbers[np.searchsorted(weight, rng.random(shape) * weight[-1], "right")].astype(np.int32)
        return drawn


@dataclass(frozen=True, slots=True)
class Population:
    """Customers and what is theirs. Columns of shape ``(customers,)`` unless said otherwise.

    Attributes:
        segment: Position in ``SEGMENTS``.
        age_band: Position in ``AGE_BANDS``.
        opened_day: Day on which the customer came, counted from the quarter's first; negative for those who were there.
        region: Home, position in ``REGIONS``.
        payments_per_day: Mean number of payments.
        spending: Multiplier of the amounts.
        late_hours: Shift of the day, hours.
        phone: Device.
        next_phone: Device from ``next_phone_day`` on.
        next_phone_day: Day of the quarter, or beyond every quarter.
        tablet: Second device, or ``NOBODY``.
        shops: Favourite terminals, best first, shape ``(customers, FAVOURITE_SHOPS)``.
        sites: Favourite online terminals, best first, shape ``(customers, FAVOURITE_SITES)``.
        payees: Accounts that the customer sends money to, shape ``(customers, PAYEES)``; below ``customers`` they are in the bank.
        employer: Customer who pays this one's wages, or ``NOBODY``.
        devices: Number of devices so far; scenarios take the next numbers.
        accounts: Number of accounts, in the bank and outside.
        terminals: Every terminal.
    """

    segment: Int32Array
    age_band: Int32Array
    opened_day: Int32Array
    region: Int32Array
    payments_per_day: Float64Array
    spending: Float64Array
    late_hours: Float64Array
    phone: Int32Array
    next_phone: Int32Array
    next_phone_day: Int32Array
    tablet: Int32Array
    shops: Int32Array
    sites: Int32Array
    payees: Int32Array
    employer: Int32Array
    devices: int
    accounts: int
    terminals: Terminals

    def __len__(self) -> int:
        return len(self.segment)


def zipf(rng: np.random.Generator, choices: int, exponent: float, size: int) -> Int32Array:
    """Ranks from 0, rank ``k`` with weight ``(k + 1) ** -exponent``, shape ``(size,)``."""
    weight = np.cumsum(np.arange(1, choices + 1) ** -exponent)
    rank: Int32Array = np.searchsorted(weight, rng.random(size) * weight[-1], "right").astype(np.int32)
    return rank


def shop_rank(rng: np.random.Generator, size: int) -> Int32Array:
    """Which of their favourite shops people go to."""
    return zipf(rng, FAVOURITE_SHOPS, _SHOP_ZIPF, size)


def payee_rank(rng: np.random.Generator, size: int) -> Int32Array:
    """Which of their payees people send money to."""
    return zipf(rng, PAYEES, _PAYEE_ZIPF, size)


def populate(rng: np.random.Generator, customers: int, days: int) -> Population:
    """Makes the customers, the merchants and their habits."""
    segment = rng.choice(len(SEGMENTS), customers, p=[kind.share for kind in SEGMENTS]).astype(np.int32)
    region = rng.choice(len(REGIONS), customers, p=REGION_SHARE).astype(np.int32)
    per_day = np.array([kind.payments_per_day for kind in SEGMENTS])[segment] * rng.gamma(2.2, 1 / 2.2, customers)
    spending = np.array([kind.spending for kind in SEGMENTS])[segment] * np.exp(rng.normal(0, 0.35, customers))
    late = np.array([kind.late_hours for kind in SEGMENTS])[segment] + rng.normal(0, 1.1, customers)
    ages = np.cumsum([kind.ages for kind in SEGMENTS], axis=1)[segment]
    age_band = np.minimum((rng.random(customers)[:, None] > ages).sum(axis=1), 4).astype(np.int32)
    opened = -rng.integers(1, 3650, customers)
    newcomers = rng.random(customers) < _NEWCOMERS
    opened = np.where(newcomers, rng.integers(0, days, customers), opened)
    terminals = _terminals(rng, customers)
    changes = rng.random(customers) < _NEW_PHONE
    phone = np.arange(customers, dtype=np.int32)
    tablet = np.where(rng.random(customers) < 0.18, np.arange(2 * customers, 3 * customers), NOBODY).astype(np.int32)
    outside = round(customers * OUTSIDE_ACCOUNTS_PER_CUSTOMER)
    return Population(
        segment,
        age_band,
        opened.astype(np.int32),
        region,
        per_day,
        spending,
        late,
        phone,
        (phone + customers).astype(np.int32),
        np.where(changes, rng.integers(0, days, customers), days + 1).astype(np.int32),
        tablet,
        _favourites(rng, terminals, region),
        terminals.draw(rng, terminals.online, (customers, FAVOURITE_SITES)),
        _payees(rng, customers, outside),
        _employers(rng, segment),
        3 * customers,
        customers + outside,
        terminals,
    )


def _terminals(rng: np.random.Generator, customers: int) -> Terminals:
    shops = max(round(customers * MERCHANTS_PER_CUSTOMER), 10 * len(REGIONS))
    sites = max(round(customers * SITES_PER_CUSTOMER), 20)
    foreign = FOREIGN_SHOPS * (len(COUNTRIES) - 1)
    shop_kinds = np.array([number for number, kind in enumerate(CATEGORIES) if not kind.online])
    site_kinds = np.array([number for number, kind in enumerate(CATEGORIES) if kind.online])
    category = np.concatenate(
        [_kinds(rng, shop_kinds, shops), _kinds(rng, site_kinds, sites), _kinds(rng, shop_kinds, foreign)],
    )
    region = np.concatenate([rng.choice(len(REGIONS), shops, p=REGION_SHARE), np.full(sites + foreign, NOBODY)])
    region[: len(REGIONS)] = np.arange(len(REGIONS))  # no region is without a shop, however small the bank
    country = np.concatenate([np.zeros(shops + sites, np.int64), np.repeat(np.arange(1, len(COUNTRIES)), FOREIGN_SHOPS)])
    popularity = 1 / (1 + rng.permutation(shops + sites + foreign)) ** 0.7
    online = np.zeros(len(category), np.bool_)
    online[shops : shops + sites] = True
    tills = np.where(online, 1, 1 + rng.binomial(3, 0.3, len(category)))
    merchant = np.repeat(np.arange(len(category)), tills)
    return Terminals(
        merchant.astype(np.int32),
        category[merchant].astype(np.int32),
        region[merchant].astype(np.int32),
        country[merchant].astype(np.int32),
        (popularity / tills)[merchant],
        online[merchant],
    )


def _kinds(rng: np.random.Generator, kinds: "np.ndarray[tuple[int], np.dtype[np.int64]]", count: int) -> Int32Array:
    share = np.array([CATEGORIES[kind].share for kind in kinds])
    drawn: Int32Array = rng.choice(kinds, count, p=share / share.sum()).astype(np.int32)
    wanted = [kind for kind in kinds if CATEGORIES[kind].mcc in RESALE_CATEGORIES]
    if not np.isin(drawn, wanted).any():  # thieves find somewhere to buy, however few the merchants
        drawn[-1] = wanted[0]
    return drawn


def _favourites(rng: np.random.Generator, terminals: Terminals, region: Int32Array) -> Int32Array:
    shops = np.empty((len(region), FAVOURITE_SHOPS), np.int32)
    for home in range(len(REGIONS)):
        here = region == home
        shops[here] = terminals.draw(rng, terminals.region == home, (int(here.sum()), FAVOURITE_SHOPS))
    return shops


def _payees(rng: np.random.Generator, customers: int, outside: int) -> Int32Array:
    """Friends in the bank for a third, accounts outside for the rest; families of three also pay each other in turn."""
    inside = rng.random((customers, PAYEES)) < 0.35
    friends = rng.integers(0, customers, (customers, PAYEES))
    others = customers + rng.integers(0, outside, (customers, PAYEES))
    payees: Int32Array = np.where(inside, friends, others).astype(np.int32)
    # The neighbour in number is family: 0 pays 1, 1 pays 2, 2 pays 0.
    family = (np.arange(customers) // 3) % 8 == 0
    number = np.arange(customers)
    kin = np.where(number % 3 == 2, number - 2, number + 1)
    payees[:, 1] = np.where(family & (kin < customers), kin, payees[:, 1])
    return payees


def _employers(rng: np.random.Generator, segment: Int32Array) -> Int32Array:
    firms = np.flatnonzero(segment == SMALL_BUSINESS)
    if len(firms) == 0:
        return np.full(len(segment), NOBODY, np.int32)
    works = np.isin(segment, [SALARY]) & (rng.random(len(segment)) < 0.6) | (segment == STUDENT) & (rng.random(len(segment)) < 0.15)
    return np.where(works, rng.choice(firms, len(segment)), NOBODY).astype(np.int32)
