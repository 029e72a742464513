"""What thieves do: six scenarios, told case by case.

Each leans on the victim's own habits, so that a stolen card does not announce itself: small tests before large purchases, amounts
within what the victim might spend, shops that others use as well.
"""

from dataclasses import dataclass

import numpy as np

from huitong.kernel import MICROSECONDS_PER_DAY
from huitong.risk.transactions.synthetic.honest import moment
from huitong.risk.transactions.synthetic.population import Population
from huitong.risk.transactions.synthetic.rows import NOBODY, Payment, Rows
from huitong.risk.transactions.synthetic.world import (
    ACCOUNT_TAKEOVER,
    CARD_PRESENT,
    CATEGORIES,
    COMPROMISED_TERMINAL,
    MICROSECONDS_PER_HOUR,
    MULE_CHAIN,
    NEW_DEVICE_BURST,
    ONLINE,
    RESALE_CATEGORIES,
    ROUND_TRIPPING,
    SENIOR,
    SMALL_BUSINESS,
    STOLEN_CARD,
    STUDENT,
    TRANSFER,
)

_RESALE = [number for number, kind in enumerate(CATEGORIES) if kind.mcc in RESALE_CATEGORIES]


TALKED_INTO_IT = 0.4
"""Share of account takeovers in which the victims pay from their own device, on the phone with the thief."""


@dataclass(frozen=True, slots=True)
class FraudRates:
    """Cases of each scenario per 1,000 customers in 92 days; a rate above zero makes at least one."""

    stolen_card: float = 30.0
    compromised_terminal: float = 3.6
    account_takeover: float = 16.0
    mule_chain: float = 9.0
    round_tripping: float = 2.4
    new_device_burst: float = 2.0


@dataclass(frozen=True, slots=True)
class _Scene:
    """What every scenario needs."""

    rng: np.random.Generator
    people: Population
    days: int

    def cases(self, per_thousand: float) -> int:
        drawn = int(self.rng.poisson(per_thousand * len(self.people) / 1000 * self.days / 92))
        return max(drawn, 1) if per_thousand > 0 else 0

    def start_us(self, hour_mean: float, hour_spread: float, last_days: int = 1) -> int:
        """A start of a case: any day, around an hour of the day."""
        day = int(self.rng.integers(0, max(self.days - last_days, 1)))
        return day * MICROSECONDS_PER_DAY + int((self.rng.normal(hour_mean, hour_spread) % 24) * MICROSECONDS_PER_HOUR)

    def later_us(self, hours_mean: float) -> int:
        return int(self.rng.exponential(hours_mean) * MICROSECONDS_PER_HOUR) + 20_000_000

    def present(self, start_us: int) -> "np.ndarray[tuple[int], np.dtype[np.intp]]":
        """Customers who were there ten days before."""
        return np.flatnonzero(self.people.opened_day < start_us // MICROSECONDS_PER_DAY - 10)

    def outside_account(self) -> int:
        return int(self.rng.integers(len(self.people), self.people.accounts))


def fraudulent_payments(rng: np.random.Generator, people: Population, honest: Rows, days: int, rates: FraudRates) -> Rows:
    """Every fraudulent payment of the quarter, in no order; none after its end."""
    scene = _Scene(rng, people, days)
    first_device = people.devices + 10_000_000
    parts = [
        Rows.of(_stolen_cards(scene, scene.cases(rates.stolen_card), first_device), STOLEN_CARD),
        _compromised_terminals(scene, scene.cases(rates.compromised_terminal), honest),
    ]
    thefts, moved = _takeovers(scene, scene.cases(rates.account_takeover), scene.cases(rates.mule_chain), first_device + 1_000_000)
    parts += [Rows.of(thefts, ACCOUNT_TAKEOVER), Rows.of(moved, MULE_CHAIN)]
    parts.append(Rows.of(_round_trips(scene, scene.cases(rates.round_tripping)), ROUND_TRIPPING))
    parts.append(Rows.of(_device_bursts(scene, scene.cases(rates.new_device_burst), first_device + 2_000_000), NEW_DEVICE_BURST))
    together = Rows.together(parts)
    return together.take(together.time_us < days * MICROSECONDS_PER_DAY)


def _stolen_cards(scene: _Scene, cases: int, first_device: int) -> list[Payment]:
    """Card details tried with small amounts, then spent on what sells again, online or in shops near the victim, over one to three days."""
    rng, terminals = scene.rng, scene.people.terminals
    resale = np.isin(terminals.category, _RESALE)
    payments: list[Payment] = []
    for case in range(cases):
        time = scene.start_us(19.0, 5.0)
        victim = int(rng.choice(scene.present(time)))
        online = rng.random() < 0.6
        device = first_device + case // 2  # a thief uses a device for two cards on average
        tests, purchases = int(rng.integers(0, 3)), int(rng.integers(1, 6))
        for attempt in range(tests + purchases):
            near = terminals.online | (terminals.region == scene.people.region[victim]) | (rng.random() < 0.3)
            likely = (terminals.online == online) & (resale | (rng.random() < 0.45))
            terminal = int(terminals.draw(rng, likely & near if (likely & near).any() else likely, (1,))[0])
            usual = CATEGORIES[int(terminals.category[terminal])].median * float(scene.people.spending[victim]) ** 0.7
            amount = float(rng.uniform(1, 20)) if attempt < tests else usual * float(np.exp(rng.normal(0.55, 0.75)))
            channel = ONLINE if online else CARD_PRESENT
            payments.append(Payment(time, victim, round(amount, 2), channel, terminal=terminal, device=device if online else NOBODY))
            time += scene.later_us(0.3 if attempt < tests else 5.0)
    return payments


def _compromised_terminals(scene: _Scene, cases: int, honest: Rows) -> Rows:
    """A till copies cards for one to three weeks; copies are then used at that till, in amounts like everybody's."""
    rng, people = scene.rng, scene.people
    visits = np.flatnonzero((honest.channel == CARD_PRESENT) & (people.terminals.country[np.maximum(honest.terminal, 0)] == 0))
    parts: list[Rows] = []
    visited = np.bincount(honest.terminal[visits], minlength=len(people.terminals))
    busy = np.flatnonzero(visited >= scene.days // 2)
    for _ in range(cases if len(busy) else 0):
        terminal = int(rng.choice(busy))
        there = visits[honest.terminal[visits] == terminal]
        start = int(rng.integers(0, max(scene.days - 8, 1)))
        length = int(rng.integers(7, 22))
        copies = int(rng.poisson(2.2 * length))
        source = rng.choice(there, copies)
        customer = honest.customer[source]
        channel = np.full(copies, CARD_PRESENT, np.int32)
        number = np.full(copies, terminal, np.int32)
        clock = moment(rng, people, customer, channel, people.terminals.category[number])
        nobody = np.full(copies, NOBODY, np.int32)
        copied = Rows(
            rng.integers(start, start + length, copies) * MICROSECONDS_PER_DAY + clock,
            customer,
            np.round(honest.amount[source] * np.exp(rng.normal(0.35, 0.5, copies)), 2) + 0.01,
            channel,
            nobody,
            number,
            nobody,
            np.full(copies, COMPROMISED_TERMINAL, np.int32),
        )
        parts.append(copied.take(people.opened_day[customer] < start))
    return Rows.together(parts) if parts else Rows.of([], COMPROMISED_TERMINAL)


def _takeovers(scene: _Scene, cases: int, chains: int, first_device: int) -> tuple[list[Payment], list[Payment]]:
    """An account is emptied by one to four transfers, from a stranger's device or, talked into it, by the victims themselves.

    Where mules in the bank receive the money, it moves on at once.
    """
    rng, people = scene.rng, scene.people
    recruits = np.flatnonzero(np.isin(people.segment, [STUDENT, SENIOR]))
    thefts: list[Payment] = []
    moved: list[Payment] = []
    for case in range(cases):
        time = scene.start_us(14.0, 6.0)
        victim = int(rng.choice(scene.present(time)))
        through_mules = case < chains and len(recruits) > 6
        mule = int(rng.choice(recruits)) if through_mules else scene.outside_account()
        device = int(people.phone[victim]) if rng.random() < TALKED_INTO_IT else first_device + case
        total = 0.0
        for _ in range(int(rng.integers(1, 5))):
            amount = float(np.round(2_400 * float(people.spending[victim]) ** 0.7 * np.exp(rng.normal(0, 0.9)), -1)) + 10
            payee = mule if through_mules or rng.random() < 0.7 else scene.outside_account()
            if payee != victim:
                thefts.append(Payment(time, victim, amount, TRANSFER, payee, device=device))
                total += amount
            time += scene.later_us(0.4)
        if through_mules and total > 0:
            moved += _moved_on(scene, mule, total, time, recruits)
    return thefts, moved


def _moved_on(scene: _Scene, mule: int, total: float, time: int, recruits: "np.ndarray[tuple[int], np.dtype[np.intp]]") -> list[Payment]:
    """In a chain of two to four, or scattered over three mules and gathered again; each keeps a little; at last it leaves the bank."""
    rng, people = scene.rng, scene.people
    others = [int(other) for other in rng.choice(recruits, 5, replace=False) if other != mule][:4]
    if rng.random() < 0.35:
        payments: list[Payment] = []
        gathered = 0.0
        for other in others[:3]:
            time += scene.later_us(0.2)
            part = round(total / 3 * float(rng.uniform(0.93, 1.0)), 2)
            payments.append(Payment(time, mule, part, TRANSFER, other, device=int(people.phone[mule])))
            onward = round(part * float(rng.uniform(0.95, 0.99)), 2)
            payments.append(Payment(time + scene.later_us(0.7), other, onward, TRANSFER, others[3], device=int(people.phone[other])))
            gathered += onward
        last = max(payment.time_us for payment in payments) + scene.later_us(0.5)
        collector, left = others[3], round(gathered * 0.97, 2)
        payments.append(Payment(last, collector, left, TRANSFER, scene.outside_account(), device=int(people.phone[collector])))
        return payments
    hands = [mule, *others[: int(rng.integers(1, 4))]]
    chain: list[Payment] = []
    for hand, following in zip(hands, [*hands[1:], scene.outside_account()], strict=True):
        time += scene.later_us(0.8)
        total = round(total * float(rng.uniform(0.94, 0.99)), 2)
        chain.append(Payment(time, hand, total, TRANSFER, following, device=int(people.phone[hand])))
    return chain


def _round_trips(scene: _Scene, cases: int) -> list[Payment]:
    """Firms send the same money round in circles of three to five within a day, week after week, to feign turnover."""
    rng, people = scene.rng, scene.people
    firms = np.flatnonzero((people.segment == SMALL_BUSINESS) & (people.opened_day < 0))
    payments: list[Payment] = []
    for _ in range(cases if len(firms) >= 5 else 0):
        ring = [int(firm) for firm in rng.choice(firms, int(rng.integers(3, 6)), replace=False)]
        start = scene.start_us(11.0, 2.5, last_days=20)
        amount = float(np.exp(rng.normal(9.3, 0.5)))
        for turn in range(int(rng.integers(3, 8))):
            time = start + turn * int(rng.integers(2, 5)) * MICROSECONDS_PER_DAY
            money = amount * float(rng.uniform(0.8, 1.2))
            for payer, payee in zip(ring, ring[1:] + ring[:1], strict=True):
                payments.append(Payment(time, payer, round(money, 2), TRANSFER, payee, device=int(people.phone[payer])))
                time += scene.later_us(1.5)
                money *= float(rng.uniform(0.97, 1.0))
    return payments


def _device_bursts(scene: _Scene, cases: int, first_device: int) -> list[Payment]:
    """One device opens a dozen customers' wallets within hours and buys what sells again, several times each."""
    rng, terminals = scene.rng, scene.people.terminals
    sites = terminals.online & np.isin(terminals.category, _RESALE)
    payments: list[Payment] = []
    for case in range(cases):
        time = scene.start_us(2.0, 4.0)
        favourites = terminals.draw(rng, sites, (3,))
        for victim in rng.choice(scene.present(time), int(rng.integers(5, 15))).tolist():
            for _ in range(int(rng.integers(1, 5))):
                amount = float(np.exp(rng.normal(4.9, 0.7)))
                payments.append(
                    Payment(time, victim, round(amount, 2), ONLINE, terminal=int(rng.choice(favourites)), device=first_device + case)
                )
                time += scene.later_us(0.12)
    return payments
