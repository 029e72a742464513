"""A policy reads what is in force from the same events as the ledger, by the same rule: the two never differ, live or in a replay."""

import random
from collections.abc import Sequence
from dataclasses import replace

import pytest

from huitong.app.deciding import decided
from huitong.contracts import Decision, Event, MeasureKind
from huitong.decisions.policy import LoadedPolicy
from huitong.features import FeatureEngine
from huitong.risk.disposition import (
    Ledger,
    MeasuresBook,
    Scope,
    Stretch,
    Subject,
    consequence_of,
    drawn_minor,
    event_of,
    in_force,
    stretches,
)
from tests.risk.disposition.build import ACCOUNT, DAY, HOUR, MINUTE, NOW, SETTINGS, change, payment
from tests.risk.disposition.policy import guarded
from tests.risk.disposition.replayed import require_replayed_alike


@pytest.fixture(scope="module")
def policy(tmp_path_factory: pytest.TempPathFactory) -> LoadedPolicy:
    return guarded(tmp_path_factory.mktemp("policies"))


class Live:
    """A policy with its features and the ledger, event by event, as the live service puts them together."""

    def __init__(self, policy: LoadedPolicy) -> None:
        self.policy, self.engine, self.ledger = policy, FeatureEngine(policy.plan), Ledger()
        self.log: list[Event] = []
        self._follow = consequence_of(SETTINGS)

    def take(self, events: Sequence[Event]) -> None:
        for event in events:
            self.log.append(event)
            self.engine.update(event)
            if event.kind in MeasuresBook.kinds:
                MeasuresBook().enter(self.ledger, event)

    def pay(self, event: Event) -> Decision:
        done = decided(self.policy, self.engine, event)
        self.log.append(event)
        self.take(self._follow(event, done))
        return replace(done, latency_ns=0)


def test_a_payment_of_a_frozen_account_is_declined_with_the_measure_as_its_reason(policy: LoadedPolicy) -> None:
    live = Live(policy)
    assert live.pay(payment("P0", NOW, 100)).outcome == "approve"
    freeze = event_of(change("f", NOW + 1, NOW + 3 * HOUR, "freeze"))
    live.take([freeze])
    done = live.pay(payment("P1", NOW + HOUR, 100))
    assert (done.outcome, done.reasons[0].code) == ("decline", "rule.account_frozen")
    assert done.reasons[0].text == {"zh": "付款账户已被冻结", "en": "the paying account is frozen"}
    assert done.evidence.features["account_freeze_left"] == 2.0
    assert live.pay(payment("P2", NOW + HOUR, 100, account="A2")).outcome == "approve"
    assert live.pay(payment("P3", NOW + 3 * HOUR - 1, 100)).outcome == "decline", "the last microsecond counts"
    assert live.pay(payment("P4", NOW + 3 * HOUR, 100)).outcome == "approve", "the end is no part of it"
    live.take([event_of(change("f2", NOW + 4 * HOUR, NOW + DAY, "freeze"))])
    assert live.pay(payment("P5", NOW + 5 * HOUR, 100)).outcome == "decline"
    live.take([event_of(change("l", NOW + 6 * HOUR, 0, "freeze", lifts=True))])
    assert live.pay(payment("P6", NOW + 6 * HOUR, 100)).outcome == "approve"


def test_a_limit_that_a_decision_imposes_is_drawn_on_until_it_is_used_up(policy: LoadedPolicy) -> None:
    live = Live(policy)
    first = live.pay(payment("P1", NOW, 600_000))
    assert (first.outcome, first.measures[0].kind) == ("review", "limit")
    outcomes = [
        live.pay(payment(f"P{n}", NOW + n * HOUR, amount)).outcome for n, amount in ((2, 150_000), (3, 60_000), (4, 50_000), (5, 1))
    ]
    assert outcomes == ["approve", "decline", "approve", "decline"], "1500 of 2000, then 500: the declined 600 is not counted"
    done = live.pay(payment("P9", NOW + 5 * HOUR, 100))
    assert (done.outcome, done.reasons[0].code) == ("decline", "rule.over_the_limit")
    assert (done.evidence.features["account_limit"], done.evidence.features["account_limit_used"]) == (2000.0, 2000.0)
    assert drawn_minor(live.ledger, ACCOUNT, NOW, NOW + DAY) == 200_000
    assert live.pay(payment("P10", NOW + DAY, 100_000)).outcome == "approve", "it is over"


def test_a_scope_reaches_one_channel_or_one_receiving_account(policy: LoadedPolicy) -> None:
    live = Live(policy)
    live.take([event_of(change("o", NOW, NOW + DAY, "freeze", scope=Scope("online")))])
    live.take([event_of(change("p", NOW, NOW + DAY, "hold", scope=Scope(None, "A7")))])
    online = replace(payment("P1", NOW + 1, 100), data={"amount": 100, "currency": "CNY", "channel": "online"})
    assert live.pay(online).reasons[0].code == "rule.online_frozen"
    assert live.pay(payment("P2", NOW + 1, 100)).outcome == "approve"
    assert live.pay(payment("P3", NOW + 1, 100, counterparty="A7")).reasons[0].code == "rule.payee_held"


@pytest.mark.parametrize("seed", range(6))
def test_policy_and_ledger_agree_at_every_payment_and_a_replay_gives_the_same_bits(policy: LoadedPolicy, seed: int) -> None:
    chance, live, decisions = random.Random(seed), Live(policy), []
    accounts = ["A1", "A2", "A3"]
    for number in range(400):
        # Times collide, and some events come up to two hours late.
        at_us = NOW + number // 2 * 12 * MINUTE - chance.choice([0, 0, 0, 2 * HOUR])
        account = chance.choice(accounts)
        subject = Subject("account", account)
        act = chance.random()
        if act < 0.15:
            kinds: list[MeasureKind] = ["freeze", "limit", "hold"]
            until_us = at_us + chance.randrange(1, 30) * HOUR
            imposed = change(f"c{number}", at_us, until_us, chance.choice(kinds), subject=subject, amount_minor=500_000)
            live.take([event_of(imposed)])
        elif act < 0.25 and (held := in_force(live.ledger, at_us, subject)):
            one = chance.choice(held)
            live.take([event_of(change(f"l{number}", at_us, 0, one.kind, subject=subject, lifts=True, scope=one.place.scope))])
        else:
            event = payment(f"P{number:04d}", at_us, chance.choice([100, 150_000, 600_000]), account=account)
            known = [one for one in _known_by(live.ledger, at_us) if one.place.subject == subject and one.holds(at_us)]
            used = drawn_minor(live.ledger, subject, at_us - DAY, at_us)
            done = live.pay(event)
            features = done.evidence.features
            for kind, name in (("freeze", "account_freeze_left"), ("limit", "account_limit_left")):
                ends = [one.over_us for one in known if one.kind == kind]
                assert features[name] == (max(ends) - at_us) / HOUR if ends else features[name] == 0.0
            assert features["account_limit_used"] == used / 100
            decisions.append(done)
    assert {done.outcome for done in decisions} == {"approve", "review", "decline"}
    require_replayed_alike(policy, live.log, decisions)


def _known_by(ledger: Ledger, at_us: int) -> list[Stretch]:
    """The measures as they stood at a moment: what happens later is not known to a payment of then."""
    return [one for changes in ledger.places.values() for one in stretches([change for change in changes if change.time_us <= at_us])]
