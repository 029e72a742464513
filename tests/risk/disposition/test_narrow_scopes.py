"""Measures that are narrowed to a channel or to a receiving account act on what lies in their scope, and on nothing else."""

import hashlib
import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import get_args

import pytest

from huitong.contracts import Decision, Event, MeasureKind, Value, measure_feature
from huitong.decisions.policy import LoadedPolicy
from huitong.kernel import PolicyError
from huitong.risk.disposition import Scope, Subject, drawn_minor, event_of, in_force, stretches
from huitong.store import encode_decision
from tests.risk.disposition.build import ACCOUNT, DAY, HOUR, MINUTE, NOW, change
from tests.risk.disposition.replayed import require_replayed_alike
from tests.risk.disposition.test_in_force import POLICY, imposed, load, pay
from tests.risk.disposition.test_policy_reads_measures import Live

ONLINE, PAYEE, BOTH = Scope("online"), Scope(None, "A7"), Scope("online", "A7")
SUBJECTS = (Subject("customer", "C1"), ACCOUNT)


@pytest.fixture(scope="module")
def policy(tmp_path_factory: pytest.TempPathFactory) -> LoadedPolicy:
    return load(tmp_path_factory.mktemp("acting"))


def payment(
    number: int, at_us: int, amount: int = 10_000, channel: str | None = "online", payee: str | None = "A7", account: str = "A1"
) -> Event:
    keys = {"customer": "C1", "account": account} | ({} if payee is None else {"counterparty": payee})
    data: dict[str, Value] = {"amount": amount, "currency": "CNY"}
    if channel is not None:
        data["channel"] = channel
    return Event(f"P{number:04d}", "payment.requested", at_us, keys, data)


def outcomes(live: Live, *asked: tuple[str | None, str | None]) -> list[str]:
    paid = enumerate(asked, len(live.log))
    return [live.pay(payment(number, NOW + HOUR, channel=channel, payee=payee)).outcome for number, (channel, payee) in paid]


WAYS: Sequence[tuple[str | None, str | None]] = (("online", "A7"), ("online", "A8"), ("transfer", "A7"), (None, "A7"), ("online", None))


@pytest.mark.parametrize(
    ("scope", "stopped"),
    [(ONLINE, (0, 1, 4)), (PAYEE, (0, 2, 3)), (BOTH, (0,)), (Scope(), (0, 1, 2, 3, 4))],
    ids=lambda value: value.word if isinstance(value, Scope) else "",
)
def test_a_freeze_stops_what_lies_in_its_scope_and_nothing_else(policy: LoadedPolicy, scope: Scope, stopped: Sequence[int]) -> None:
    live = Live(policy)
    live.take([event_of(change("f", NOW, NOW + DAY, "freeze", scope=scope))])
    assert [place for place, outcome in enumerate(outcomes(live, *WAYS)) if outcome == "decline"] == list(stopped)
    assert live.pay(payment(99, NOW + HOUR, account="A2")).outcome == "approve", "another account"
    live.take([event_of(change("l", NOW + 2 * HOUR, 0, "freeze", scope=scope, lifts=True))])
    assert live.pay(payment(100, NOW + 2 * HOUR)).outcome == "approve", "lifted"


def test_the_sentence_says_how_far_it_reaches_and_names_no_account(policy: LoadedPolicy) -> None:
    live = Live(policy)
    scopes = {"a": ("freeze", ONLINE), "b": ("hold", PAYEE), "c": ("limit", BOTH), "d": ("step_up", ONLINE), "e": ("watch", PAYEE)}
    live.take([event_of(change(id_, NOW, NOW + DAY, kind, scope=scope, amount_minor=5_000)) for id_, (kind, scope) in scopes.items()])  # type: ignore[arg-type]  # kinds
    done = live.pay(payment(1, NOW + HOUR))
    assert [reason.code for reason in done.reasons] == [
        "measure.freeze.account.channel",
        "measure.hold.account.counterparty",
        "measure.limit.account.channel_and_counterparty",
        "measure.step_up.account.channel",
        "measure.watch.account.counterparty",
    ]
    assert [reason.text["en"].partition(" (")[0] for reason in done.reasons] == [
        "online payments of the paying account are frozen",
        "payments of the paying account to this receiving account are held",
        "more than the limit on online payments of the paying account to this receiving account allows",
        "online payments of the paying account have to be verified more strongly",
        "payments of the paying account to this receiving account are being watched",
    ]
    assert [reason.text["zh"].partition("（")[0] for reason in done.reasons] == [
        "付款账户的网上支付已被冻结",
        "付款账户向该收款账户的支付已被暂缓",
        "超过付款账户向该收款账户的网上支付的限额",
        "付款账户的网上支付须加强验证",
        "付款账户向该收款账户的支付处于关注中",
    ]
    assert "A7" not in str([reason.text for reason in done.reasons])


def test_a_limit_counts_what_was_paid_in_its_scope(policy: LoadedPolicy) -> None:
    live = Live(policy)
    live.take([event_of(change("l", NOW, NOW + 3 * DAY, "limit", scope=ONLINE, amount_minor=30_000))])
    live.take([event_of(change("p", NOW, NOW + 3 * DAY, "limit", scope=PAYEE, amount_minor=20_000))])
    asked: Sequence[tuple[str, str, str]] = (
        ("online", "A8", "approve"),
        ("online", "A7", "approve"),
        ("transfer", "A8", "approve"),  # lies in neither scope
        ("transfer", "A7", "approve"),  # 200 to A7 by now
        ("transfer", "A7", "decline"),
        ("online", "A8", "approve"),  # 300 online
        ("online", "A8", "decline"),
        ("transfer", "A8", "approve"),
    )
    assert outcomes(live, *((channel, payee) for channel, payee, _ in asked)) == [outcome for _, _, outcome in asked]
    drawn = [event for event in live.log if event.kind == "measure.drawn"]
    assert [(one.data["channel"], one.keys["counterparty"]) for one in drawn] == [
        ("online", "A8"),
        ("online", "A7"),
        ("transfer", "A7"),
        ("online", "A8"),
    ], "each payment once, also one that lies in both"
    assert drawn_minor(live.ledger, ACCOUNT, NOW, NOW + DAY) == 40_000
    assert live.pay(payment(98, NOW + DAY + HOUR)).outcome == "approve", "a day later it may be paid again"


@pytest.mark.parametrize("seed", range(4))
def test_policy_and_ledger_agree_and_a_replay_gives_the_same_bits(policy: LoadedPolicy, seed: int) -> None:
    chance, live, decisions = random.Random(seed), Live(policy), list[Decision]()
    kinds: Sequence[MeasureKind] = get_args(MeasureKind)
    for number in range(260):
        at_us = NOW + number // 2 * 12 * MINUTE - chance.choice([0, 0, 0, 2 * HOUR])  # times collide, and some events come late
        act, subject = chance.random(), chance.choice(SUBJECTS)
        if act < 0.2:
            scope, until_us = Scope(chance.choice([None, "online"]), chance.choice([None, "A7"])), at_us + chance.randrange(1, 9) * HOUR
            kind = chance.choice(kinds)
            live.take([event_of(change(f"c{number}", at_us, until_us, kind, subject=subject, scope=scope, amount_minor=25_000))])
        elif act < 0.3 and (held := in_force(live.ledger, at_us, subject)):
            one = chance.choice(held).place
            live.take([event_of(change(f"l{number}", at_us, 0, one.kind, subject=subject, lifts=True, scope=one.scope))])
        else:
            channel, payee = chance.choice(["online", "transfer", None]), chance.choice(["A7", "A8", None])
            event = payment(number, at_us, chance.choice([100, 10_000]), channel, payee)
            expected = _expected(live, event)
            decisions.append(live.pay(event))
            assert {reason.code for reason in decisions[-1].reasons} == expected
    assert {done.outcome for done in decisions} == {"approve", "decline"}
    assert len({reason.code for done in decisions for reason in done.reasons}) > 15
    require_replayed_alike(policy, live.log, decisions)


def _expected(live: Live, event: Event) -> set[str]:
    """Codes of the measures that the ledger knows to concern a payment."""
    channel, payee, amount = event.data.get("channel"), event.keys.get("counterparty"), event.data["amount"]
    assert isinstance(channel, str | None)
    assert isinstance(amount, int)
    known = [
        one for changes in live.ledger.places.values() for one in stretches([each for each in changes if each.time_us <= event.time_us])
    ]
    found = set()
    for one in known:
        role, scope = one.place.subject.role, one.place.scope
        if not (one.holds(event.time_us) and one.concerns(amount if one.kind == "limit" else 10**9, channel, payee)):
            continue
        if one.kind == "limit" and _drawn(live.log, one.place.subject, scope, event.time_us) + amount <= (one.amount_minor or 0):
            continue
        found.add(f"measure.{one.kind}.{role}{'' if scope.word == 'whole' else f'.{scope.word}'}")
    return found


def _drawn(log: Sequence[Event], subject: Subject, scope: Scope, at_us: int) -> int:
    drawn = [one for one in log if one.kind == "measure.drawn" and one.data["role"] == subject.role and at_us - DAY < one.time_us <= at_us]
    lying = [one for one in drawn if scope.covers(_channel(one), one.keys.get("counterparty")) and one.keys[subject.role] == subject.id]
    return sum(int(str(one.data["amount"])) for one in lying)


def _channel(event: Event) -> str | None:
    value = event.data.get("channel")
    return None if value is None else str(value)


def test_roles_may_be_narrowed_by_some_scopes_only(tmp_path: Path) -> None:
    some = POLICY.replace('freeze = "decline"', 'channel = ["account"]\ncounterparty = []\nfreeze = "decline"')
    narrow = [one for one in load(tmp_path, some).program.features if "_channel_" in one or "_counterparty_" in one]
    assert {one.split("_")[0] for one in narrow} == {"account"}
    assert not any("counterparty" in one for one in narrow)
    assert measure_feature("account", "channel", "freeze_left") in narrow


@pytest.mark.parametrize(
    "wrong", ['channel = ["card"]', 'channel = "account"', 'counterparty = ["account", "account"]', "grounds = { x = 1 }"]
)
def test_a_scope_that_cannot_be_meant_is_refused(tmp_path: Path, wrong: str) -> None:
    with pytest.raises(PolicyError):
        load(tmp_path, POLICY.replace('freeze = "decline"', f'{wrong}\nfreeze = "decline"'))


@pytest.mark.parametrize("lacking", ["channel", "counterparty"])
def test_a_policy_whose_events_have_no_channel_or_no_receiving_account_loads_and_acts(tmp_path: Path, lacking: str) -> None:
    policy = load(tmp_path, lacking=lacking)
    assert not any(lacking in name for name in policy.program.features)
    assert pay(policy, [imposed("freeze")], NOW).outcome == "decline"
    with pytest.raises(PolicyError, match=f"has no '{lacking}' here"):
        load(tmp_path, POLICY.replace('freeze = "decline"', f'{lacking} = ["account"]\nfreeze = "decline"'), lacking=lacking)


def test_a_channel_that_names_other_things_than_that_of_measures_is_no_scope(tmp_path: Path) -> None:
    policy = load(tmp_path, keyed="channel")
    assert not any("_channel_" in name for name in policy.program.features)
    assert pay(policy, [imposed("freeze")], NOW).outcome == "decline"


def test_evidence_holds_the_features_of_those_that_are_in_force(policy: LoadedPolicy) -> None:
    live = Live(policy)
    live.take([event_of(change("f", NOW, NOW + DAY, "limit", scope=ONLINE, amount_minor=30_000))])
    features: Mapping[str, object] = live.pay(payment(1, NOW + HOUR)).evidence.features
    narrow = {name.removeprefix("account_channel_"): value for name, value in features.items() if name.startswith("account_channel_")}
    assert narrow == {"limit_left": 23.0, "limit_ground": "rule.odd", "limit_since": 1.0, "limit": 300.0, "limit_used": 0.0}
    assert set(features) == {"amount", "limited_amount", *(f"account_channel_{name}" for name in narrow)}


def test_a_version_of_an_engine_that_knew_no_scopes_gives_the_same_bits_as_then(tmp_path: Path) -> None:
    """The figures are those that this policy and these events gave before there were scopes."""
    policy = load(tmp_path, name="v1", files={"features.toml": '[features]\namount = { field = "amount" }\n', ".made_with.toml": MADE_WITH})
    assert policy.plan.version == "209450a486dbcda7d998e5c69f669985"
    watched = event_of(change("w", NOW, NOW + DAY, "watch", subject=Subject("customer", "C1")))
    narrow = event_of(change("n", NOW, NOW + DAY, "hold", scope=ONLINE))
    limited = imposed("limit", amount_minor=5_000)
    done = pay(policy, [imposed("freeze"), limited, imposed("step_up"), watched, narrow], NOW + HOUR)
    assert done.id == hashlib.sha256(f"acting\n{done.version}\nP".encode()).hexdigest()[:32]
    written = encode_decision(replace(done, id="d", version="v", latency_ns=0))
    assert hashlib.sha256(written).hexdigest() == "b6f2fb785d6a1b8c9c71f25f9f59fc43e2e82129aaf486a4194b178e37897be4"


MADE_WITH = 'version = "v1"\nengine = "1.3"\nhuitong = "0"\n'
