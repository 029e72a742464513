"""What honest people pay: everyday rhythm, and the oddities that look like fraud and are none.

The oddities are there so that the task is not trivial: journeys, bursts of presents, new phones, wages paid to many at once,
families whose money goes round in a circle.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from huitong.contracts import Float64Array, Int32Array, Int64Array
from huitong.kernel import MICROSECONDS_PER_DAY
from huitong.risk.transactions.synthetic.population import FAVOURITE_SITES, Population, payee_rank, shop_rank, zipf
from huitong.risk.transactions.synthetic.rows import NOBODY, Payment, Rows
from huitong.risk.transactions.synthetic.world import (
    CARD_PRESENT,
    CATEGORIES,
    COUNTRIES,
    GENUINE,
    MICROSECONDS_PER_HOUR,
    NATIONAL_DAY_WEEK,
    ONLINE,
    PAYDAYS,
    REGIONS,
    SEGMENTS,
    SHOPPING_FESTIVAL,
    SMALL_BUSINESS,
    TRANSFER,
    day_of_month,
    rhythm,
)

EXPLORES = 0.18
"""Share of visits to shops and sites that are not among the favourites."""
STRANGE_DEVICE = 0.012
"""Share of online payments and transfers from a device never seen before: borrowed, reset, a new browser."""
TRAVELS_IN_HOLIDAYS, TRAVELS_OTHERWISE, GOES_ABROAD = 0.22, 0.12, 0.16
TRADES_PER_WEEK = 1.2
"""Payments that each firm makes to each of its two suppliers."""
TRANSFER_MEDIAN, TRANSFER_SPREAD = 320.0, 1.15
TRANSFER_PEAKS = ((10.5, 2.0, 0.35), (15.0, 2.2, 0.3), (20.5, 1.8, 0.35))
PRESENTS = 0.10
"""Share of customers who shop for presents in one burst in the quarter."""
WAGE_MEDIAN, WAGE_SPREAD = 7_200.0, 0.35
FAMILY_ROUNDS_PER_WEEK = 0.5

Choice = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class _Visits:
    """Who pays on which day through which channel, shape ``(n,)`` each."""

    customer: Int32Array
    day: Int32Array
    channel: Int32Array


def honest_payments(rng: np.random.Generator, people: Population, days: int) -> Rows:
    """Every honest payment of the quarter, in no order."""
    visits = _visits(rng, people, days)
    everyday = _everyday(rng, people, visits, days)
    oddities = [_wages(rng, people, days), _presents(rng, people, days), _family_rounds(rng, people, days), _trade(rng, people, days)]
    return Rows.together([everyday, *oddities])


def _visits(rng: np.random.Generator, people: Population, days: int) -> _Visits:
    expected = people.payments_per_day[:, None] * rhythm(days)[None, :]
    expected = np.where(np.arange(days)[None, :] >= people.opened_day[:, None], expected, 0.0)
    count = rng.poisson(expected)
    customer = np.repeat(np.arange(len(people), dtype=np.int32), count.sum(axis=1))
    day = np.repeat(np.tile(np.arange(days, dtype=np.int32), len(people)), count.ravel())
    online = np.array([kind.online for kind in SEGMENTS])[people.segment[customer]]
    festival = (day >= SHOPPING_FESTIVAL.start) & (day < SHOPPING_FESTIVAL.stop)
    online = np.where(festival, np.minimum(1.6 * online, 0.8), online)
    transfer = np.array([kind.transfer for kind in SEGMENTS])[people.segment[customer]]
    chance = rng.random(len(customer))
    channel = np.select([chance < transfer, chance < transfer + (1 - transfer) * online], [TRANSFER, ONLINE], CARD_PRESENT)
    return _Visits(customer, day, channel.astype(np.int32))


def _everyday(rng: np.random.Generator, people: Population, visits: _Visits, days: int) -> Rows:
    customer, day, channel = visits.customer, visits.day, visits.channel
    terminal = _where(rng, people, visits, days)
    counterparty = np.full(len(customer), NOBODY, np.int32)
    pays = np.flatnonzero(channel == TRANSFER)
    counterparty[pays] = _payee(rng, people, customer[pays])
    category = people.terminals.category[terminal]
    median = np.where(channel == TRANSFER, TRANSFER_MEDIAN, np.array([kind.median for kind in CATEGORIES])[category])
    spread = np.where(channel == TRANSFER, TRANSFER_SPREAD, np.array([kind.spread for kind in CATEGORIES])[category])
    amount = median * people.spending[customer] ** 0.7 * np.exp(spread * rng.normal(size=len(customer)))
    time = day.astype(np.int64) * MICROSECONDS_PER_DAY + moment(rng, people, customer, channel, category)
    device = np.where(channel == CARD_PRESENT, NOBODY, device_on(rng, people, customer, day))
    return Rows(
        time,
        customer,
        rounded(rng, amount, channel),
        channel,
        counterparty,
        np.where(channel == TRANSFER, NOBODY, terminal).astype(np.int32),
        device.astype(np.int32),
        np.full(len(customer), GENUINE, np.int32),
    )


def _where(rng: np.random.Generator, people: Population, visits: _Visits, days: int) -> Int32Array:
    """The terminal of each visit: mostly a favourite, sometimes another one, elsewhere on a journey."""
    customer, terminals = visits.customer, people.terminals
    shop = people.shops[customer, shop_rank(rng, len(customer))]
    site = people.sites[customer, zipf(rng, FAVOURITE_SITES, 0.7, len(customer))]
    explores = rng.random(len(customer)) < EXPLORES
    for home in range(len(REGIONS)):
        here = np.flatnonzero(explores & (people.region[customer] == home))
        shop[here] = terminals.draw(rng, terminals.region == home, (len(here),))
    other = np.flatnonzero(explores)
    site[other] = terminals.draw(rng, terminals.online, (len(other),))
    away = _journeys(rng, people, days)[customer, visits.day]
    for place in range(1, len(REGIONS) + len(COUNTRIES)):
        here = np.flatnonzero(away == place)
        among = terminals.region == place - 1 if place <= len(REGIONS) else terminals.country == place - len(REGIONS)
        shop[here] = terminals.draw(rng, among, (len(here),))
    chosen: Int32Array = np.where(visits.channel == ONLINE, site, shop).astype(np.int32)
    return chosen


def _journeys(rng: np.random.Generator, people: Population, days: int) -> npt.NDArray[np.int8]:
    """Where each customer is on each day: 0 at home, then regions from 1, then countries abroad; shape ``(customers, days)``."""
    away = np.zeros((len(people), days), np.int8)
    for share, first, last in (
        (TRAVELS_IN_HOLIDAYS, NATIONAL_DAY_WEEK.start - 1, NATIONAL_DAY_WEEK.start + 3),
        (TRAVELS_OTHERWISE, 0, days),
    ):
        goes = np.flatnonzero(rng.random(len(people)) < share)
        start = rng.integers(first, max(last, first + 1), len(goes))
        length = 2 + rng.poisson(2.2, len(goes))
        abroad = rng.random(len(goes)) < GOES_ABROAD
        place = np.where(abroad, len(REGIONS) + rng.integers(1, len(COUNTRIES), len(goes)), 1 + rng.integers(0, len(REGIONS), len(goes)))
        for offset in range(int(length.max(initial=0))):
            there = (offset < length) & (start + offset < days)
            away[goes[there], start[there] + offset] = place[there]
    return away


def _payee(rng: np.random.Generator, people: Population, customer: Int32Array) -> Int32Array:
    """A known payee, or one time in eight somebody new."""
    known = people.payees[customer, payee_rank(rng, len(customer))]
    anybody = rng.integers(0, people.accounts, len(customer))
    payee = np.where(rng.random(len(customer)) < 0.125, anybody, known)
    chosen: Int32Array = np.where(payee == customer, len(people) + customer % (people.accounts - len(people)), payee).astype(np.int32)
    return chosen


def moment(rng: np.random.Generator, people: Population, customer: Int32Array, channel: Int32Array, category: Int32Array) -> Int64Array:
    """Time of day, µs since midnight, around the peaks of the category, shifted by the customer's habit."""
    kinds = [kind.peaks for kind in CATEGORIES] + [TRANSFER_PEAKS]
    most = max(len(peaks) for peaks in kinds)
    padded = np.array([list(peaks) + [(0.0, 0.0, 0.0)] * (most - len(peaks)) for peaks in kinds])
    kind = np.where(channel == TRANSFER, len(CATEGORIES), category)
    weight = np.cumsum(padded[:, :, 2], axis=1)[kind]
    peak = np.minimum((rng.random(len(kind))[:, None] > weight).sum(axis=1), most - 1)
    hour = rng.normal(padded[kind, peak, 0] + 0.6 * people.late_hours[customer], np.maximum(padded[kind, peak, 1], 0.1))
    # Whoever pays past midnight does so on the same calendar day: the hour wraps.
    time: Int64Array = (np.mod(hour, 24.0) * MICROSECONDS_PER_HOUR).astype(np.int64)
    return time


def device_on(rng: np.random.Generator, people: Population, customer: Int32Array, day: Int32Array) -> Int32Array:
    """The device in use on a day: the phone, its successor, now and then the tablet, rarely one never seen before."""
    phone = np.where(day >= people.next_phone_day[customer], people.next_phone[customer], people.phone[customer])
    tablet = people.tablet[customer]
    known = np.where((tablet != NOBODY) & (rng.random(len(customer)) < 0.2), tablet, phone)
    strange = people.devices + np.arange(len(customer))
    device: Int32Array = np.where(rng.random(len(customer)) < STRANGE_DEVICE, strange, known).astype(np.int32)
    return device


def rounded(rng: np.random.Generator, amount: Float64Array, channel: Int32Array) -> Float64Array:
    """Amounts as people write them: transfers mostly whole tens or hundreds, prices often end in .00, .90 or .99; at least 0.01."""
    whole = np.where(amount >= 300, np.round(amount, -2), np.round(amount, -1))
    prices = np.floor(amount) + rng.choice([0.0, 0.0, 0.9, 0.99, 0.5], len(amount))
    style = rng.random(len(amount))
    tidy = np.where(channel == TRANSFER, np.where(style < 0.65, whole, amount), np.where(style < 0.5, prices, amount))
    return np.maximum(np.round(tidy, 2), 0.01)


def _wages(rng: np.random.Generator, people: Population, days: int) -> Rows:
    """Firms pay their people on the 10th or the 15th, all within the hour: a fan-out that is none of a thief's."""
    workers = np.flatnonzero(people.employer != NOBODY)
    wage = WAGE_MEDIAN * np.exp(rng.normal(0, WAGE_SPREAD, len(people)))
    month = day_of_month(days)
    parts: list[Rows] = []
    for which, payday in enumerate(PAYDAYS):
        paid = workers[people.employer[workers] % len(PAYDAYS) == which]
        for day in np.flatnonzero(month == payday):
            firm = people.employer[paid]
            hour = 9.0 + (firm * 7919 % 700) / 100 + rng.random(len(paid)) * 0.6
            time = int(day) * MICROSECONDS_PER_DAY + (hour * MICROSECONDS_PER_HOUR).astype(np.int64)
            count = len(paid)
            parts.append(
                Rows(
                    time,
                    firm.astype(np.int32),
                    np.round(wage[paid] * rng.normal(1.0, 0.03, count).clip(0.9, 1.1), 2),
                    np.full(count, TRANSFER, np.int32),
                    paid.astype(np.int32),
                    np.full(count, NOBODY, np.int32),
                    people.phone[firm],
                    np.full(count, GENUINE, np.int32),
                ).take(people.opened_day[firm] <= day)
            )
    return Rows.together(parts) if parts else Rows.of([], GENUINE)


def _presents(rng: np.random.Generator, people: Population, days: int) -> Rows:
    """Bursts of dear purchases within two days, as before a birthday or a feast."""
    buyers = np.flatnonzero((rng.random(len(people)) < PRESENTS) & (people.opened_day <= 0))
    payments: list[Payment] = []
    for buyer in buyers.tolist():
        start = int(rng.integers(0, max(days - 2, 1)))
        for _ in range(int(rng.integers(3, 9))):
            online = rng.random() < 0.6
            terminal = int(rng.choice(people.sites[buyer] if online else people.shops[buyer]))
            hour = start * 24 + 9 + float(rng.random()) * 36
            amount = 420 * float(people.spending[buyer]) ** 0.7 * float(np.exp(rng.normal(0, 0.9)))
            device = int(people.phone[buyer]) if online else NOBODY
            time = min(int(hour * MICROSECONDS_PER_HOUR), days * MICROSECONDS_PER_DAY - 1)
            payments.append(Payment(time, buyer, round(amount, 2), ONLINE if online else CARD_PRESENT, terminal=terminal, device=device))
    return Rows.of(payments, GENUINE)


def _family_rounds(rng: np.random.Generator, people: Population, days: int) -> Rows:
    """Families of three settle up: money goes round in a circle within a day, and nobody did wrong."""
    payments: list[Payment] = []
    for first in range(0, len(people) - 2, 24):
        members = [first, first + 1, first + 2]
        if any(people.segment[member] == SMALL_BUSINESS or people.opened_day[member] > 0 for member in members):
            continue
        for _ in range(int(rng.poisson(FAMILY_ROUNDS_PER_WEEK * days / 7))):
            hour = int(rng.integers(0, days)) * 24 + float(rng.uniform(8, 14))
            amount = float(np.round(np.exp(rng.normal(5.6, 0.7)), -1)) + 10
            for payer, payee in zip(members, members[1:] + members[:1], strict=True):
                payments.append(
                    Payment(int(hour * MICROSECONDS_PER_HOUR), payer, round(amount, 2), TRANSFER, payee, device=int(people.phone[payer]))
                )
                hour += float(rng.uniform(0.1, 3.0))
                amount *= float(rng.choice([1.0, 1.0, rng.uniform(0.7, 1.2)]))
    return Rows.of(payments, GENUINE)


def _trade(rng: np.random.Generator, people: Population, days: int) -> Rows:
    """Firms pay their suppliers, firms as well, often on the day on which they were paid: money goes on, now and then in circles."""
    firms = np.flatnonzero((people.segment == SMALL_BUSINESS) & (people.opened_day < 0))
    payments: list[Payment] = []
    for place, firm in enumerate(firms.tolist()):
        for supplier in {int(firms[(place + step) % len(firms)]) for step in (1, 3)} - {firm}:
            for day in np.flatnonzero(rng.random(days) < TRADES_PER_WEEK / 7).tolist():
                hour = day * 24 + float(rng.normal(11.5, 2.5)) % 24
                amount = round(float(np.exp(rng.normal(8.1, 1.0))), -1) + 10
                time = int(hour * MICROSECONDS_PER_HOUR)
                payments.append(Payment(time, firm, amount, TRANSFER, supplier, device=int(people.phone[firm])))
                if rng.random() < 0.25 and hour + 4 < days * 24:
                    onward = int(firms[(place + int(rng.integers(2, 6))) % len(firms)])
                    if onward not in (firm, supplier):
                        passed = round(amount * float(rng.uniform(0.6, 1.0)), 2)
                        time += int(rng.uniform(0.5, 4) * MICROSECONDS_PER_HOUR)
                        payments.append(Payment(time, supplier, passed, TRANSFER, onward, device=int(people.phone[supplier])))
    return Rows.of(payments, GENUINE)
