"""A policy reads lists that people keep as they were known at the payment: live, in columns and in a what-if the same bits."""

import random
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from huitong.app.deciding import decided
from huitong.contracts import DataContract, Decision, Event, EventBatch, Value
from huitong.decisions.policy import LoadedPolicy, load_policy
from huitong.features import FeatureEngine
from huitong.kernel import PolicyError
from huitong.risk import lists, transactions
from tests.risk.lists.build import CONTRACTS, DAY, GROUNDS, HOUR, NOW, Office, command

FEATURES = """
[features]
amount = { field = "amount" }
payee_trusted = { list = "trusted", of = "counterparty" }
"""
POLICY = """
[policy]
name = "listing"
title = { zh = "读取名单的策略", en = "A policy that reads lists" }
owner = "tests"
decides = "payment.requested"
currency = "CNY"
outcomes = ["approve", "review", "decline"]

[lists.bad_devices]
of = "device"
outcome = "decline"
final = true
reason = { zh = "设备在名单上", en = "the device is on the list" }

[lists.bad_countries]
of = "country"
outcome = "review"
reason = { zh = "国家在名单上", en = "the country is on the list" }

[lists.trusted]
of = "counterparty"

[[rules]]
id = "large"
when = "amount > 5000 and payee_trusted = false"
outcome = "review"
reason = { zh = "大额支付", en = "a large payment" }
"""


def load(folder: Path, policy: str = POLICY) -> LoadedPolicy:
    inside = folder / "listing"
    inside.mkdir(parents=True, exist_ok=True)
    (inside / "policy.toml").write_text(policy, "utf-8")
    (inside / "features.toml").write_text(FEATURES, "utf-8")
    known = [DataContract.load(path) for path in transactions.shipped()["contracts"]]
    contracts = {contract.kind: contract for contract in known} | CONTRACTS
    return load_policy(inside, contracts, folder / "models", folder / "cache")


@pytest.fixture(scope="module")
def policy(tmp_path_factory: pytest.TempPathFactory) -> LoadedPolicy:
    return load(tmp_path_factory.mktemp("listing"))


def payment(id_: str, at_us: int, amount: int = 10_000, **names: str) -> Event:
    keys = {"customer": "C1"} | {name: value for name, value in names.items() if name != "country"}
    data: dict[str, Value] = {"amount": amount, "currency": "CNY", "country": names.get("country")}
    return Event(id_, "payment.requested", at_us, keys, data)


def office() -> Office:
    made = Office()
    made.open("bad_devices", holds="device")
    made.open("bad_countries", holds="country")
    made.open("trusted", holds="account")
    return made


def pay(policy: LoadedPolicy, log: list[Event], event: Event) -> Decision:
    engine = FeatureEngine(policy.plan, {entries.name: entries.entries for entries in policy.program.lists})
    for one in log:
        engine.update(one)
    return decided(policy, engine, event)


def test_an_entry_counts_from_its_adding_until_its_end_and_the_decision_names_it(policy: LoadedPolicy) -> None:
    made = office()
    made.add("a1", "D1", name="bad_devices")
    before = pay(policy, made.events, payment("P0", NOW - 1, device="D1"))
    during = pay(policy, made.events, payment("P1", NOW + DAY - 1, device="D1"))
    after = pay(policy, made.events, payment("P2", NOW + DAY, device="D1"))
    assert [one.outcome for one in (before, during, after)] == ["approve", "decline", "approve"]
    (hit,) = during.evidence.lists
    assert (hit.list, hit.value, hit.note) == ("bad_devices", "D1", "a1")
    assert [reason.code for reason in during.reasons] == ["list.bad_devices"]
    made.add("a2", "D1", NOW + HOUR, NOW + 2 * DAY, name="bad_devices")
    (hit,) = pay(policy, made.events, payment("P3", NOW + DAY, device="D1")).evidence.lists
    assert hit.note == "a1"
    made.do(lists.lift(command("l1", now_us=NOW + 2 * HOUR), "a1", "found", GROUNDS))
    assert pay(policy, made.events, payment("P4", NOW + 2 * HOUR, device="D1")).outcome == "approve"


def test_a_list_may_hold_what_is_no_key_and_feed_a_feature(policy: LoadedPolicy) -> None:
    made = office()
    made.add("a1", "XX", name="bad_countries")
    made.add("a2", "X1", name="trusted")
    assert pay(policy, made.events, payment("P1", NOW, country="XX")).outcome == "review"
    assert pay(policy, made.events, payment("P2", NOW, country="CN")).outcome == "approve"
    assert pay(policy, made.events, payment("P3", NOW, 900_000, counterparty="X1")).outcome == "approve"
    assert pay(policy, made.events, payment("P4", NOW, 900_000, counterparty="X2")).outcome == "review"
    assert pay(policy, made.events, payment("P5", NOW, 900_000)).outcome == "review"


def test_evidence_names_kept_lists_only_where_one_hits(policy: LoadedPolicy) -> None:
    made = office()
    made.add("a1", "D1", name="bad_devices")
    assert set(pay(policy, made.events, payment("P1", NOW)).evidence.features) == {"amount", "payee_trusted"}
    found = pay(policy, made.events, payment("P2", NOW, device="D1")).evidence.features
    assert (found["on_list_bad_devices"], found["list_entry_bad_devices"]) == (1.0, "a1")


@pytest.mark.parametrize("seed", range(3))
def test_book_and_policy_agree_at_every_payment_and_columns_give_the_same_bits(policy: LoadedPolicy, seed: int) -> None:
    chance, made, log, decisions = random.Random(seed), office(), list[Event](), list[Decision]()
    engine = FeatureEngine(policy.plan, {entries.name: entries.entries for entries in policy.program.lists})
    now_us, taken = NOW, 0
    for number in range(300):
        now_us += chance.choice([0, 1, HOUR])
        name, value = chance.choice([("bad_devices", "D1"), ("bad_devices", "D2"), ("bad_countries", "XX"), ("trusted", "X1")])
        held = next((one for kept, one in lists.holding(made.state, value, now_us) if kept.name == name), None)
        act = chance.random()
        if act < 0.2:
            made.add(f"a{number}", value, now_us, now_us + chance.randrange(1, 20) * HOUR, name=name)
        elif act < 0.3 and held is not None:
            made.do(lists.lift(command(f"l{number}", now_us=now_us), held.id, "found", GROUNDS))
        else:
            event = payment(f"P{number:03d}", now_us, 900_000, device="D1", country="XX", counterparty="X1")
            for one in made.events[taken:]:
                engine.update(one)
                log.append(one)
            taken = len(made.events)
            row = engine.preview(event)
            done = decided(policy, engine, event)
            log.append(event)
            on = {kept.name for value in ("D1", "XX", "X1") for kept, _ in lists.holding(made.state, value, now_us)}
            assert {hit.list for hit in done.evidence.lists} == on
            assert row[list(policy.plan.names).index("payee_trusted")] == float("trusted" in on)
            decisions.append(done)
    again = FeatureEngine(policy.plan, {entries.name: entries.entries for entries in policy.program.lists})
    kinds = {event.kind for event in log} & set(policy.plan.kinds)
    batches = {kind: [event for event in log if event.kind == kind] for kind in kinds}
    arrival = [np.array([place for place, event in enumerate(log) if event.kind == kind], np.int64) for kind in batches]
    columns = [EventBatch.of_events(events, policy.plan.streams[kind].contract) for kind, events in batches.items()]
    rows = np.concatenate([chunk.features for chunk in again.run(columns, arrival=arrival)])
    one_by_one = FeatureEngine(policy.plan, {entries.name: entries.entries for entries in policy.program.lists})
    live = np.array([taken_row for event in log if (taken_row := one_by_one.update(event)) is not None])
    assert rows.tobytes() == live.tobytes()
    hits = policy.program.list_hits({}, np.zeros(len(rows), np.int64))
    assert policy.program.answers(rows, hits, again.symbols.text).lists.sum() == sum(len(one.evidence.lists) for one in decisions)
    assert replace(decisions[0], latency_ns=0).policy == "listing"


def test_nobody_can_keep_a_list_of_what_no_list_holds(tmp_path: Path) -> None:
    with pytest.raises(PolicyError) as error:
        load(tmp_path, POLICY.replace('of = "country"', 'of = "channel"'))
    assert "country" in error.value.remedy["en"] + error.value.cause["en"]
