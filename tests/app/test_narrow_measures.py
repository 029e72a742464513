"""A bank freezes an account for one channel and limits what it pays to one receiver: policies act on it, live and in a replay."""

import json
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from huitong.app import Bank, recompute
from huitong.contracts import Actor, Decision, Role
from huitong.decisions.policy import made_with
from huitong.kernel import FixedClock, time_us
from huitong.risk.disposition import Subject, Wanted, in_force
from huitong.verifier import read_keys, verify
from tests.risk.disposition.test_in_force import FEATURES, POLICY

NOW = time_us("2026-03-02T02:00:00Z")
HOUR = 3_600_000_000
LI = Actor("li.wei", frozenset[Role]({"investigator"}))
WANG = Actor("wang.fang", frozenset[Role]({"approver"}))


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOW)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "bank" / "policies" / "acting"
    folder.mkdir(parents=True)
    (folder / "policy.toml").write_text(POLICY, "utf-8")
    (folder / "features.toml").write_text(FEATURES, "utf-8")
    return tmp_path / "bank"


@pytest.fixture
def bank(root: Path, clock: FixedClock) -> Iterator[Bank]:
    with Bank(root, clock=clock, threads=1) as opened:
        yield opened


def pay(
    bank: Bank,
    number: int,
    channel: str,
    *,
    account: str = "A-17",
    payee: str = "A-99",
    amount: str = "100",
    policy: str = "acting",
    currency: str = "CNY",
) -> Decision:
    who = {"id": f"P{number}", "time": bank.clock.now_us(), "customer": f"C{account}", "account": account, "counterparty": payee}
    return bank.decide({**who, "amount": amount, "currency": currency, "channel": channel}, policy=policy)


def impose(bank: Bank, wanted: Wanted) -> None:
    command = bank.measures.command(LI)
    bank.measures.impose(command, wanted)
    if wanted.kind == "freeze":
        bank.measures.confirm(bank.measures.command(WANG), command.id)


def freeze_online(bank: Bank) -> None:
    until_us = bank.clock.now_us() + 48 * HOUR
    impose(bank, Wanted(Subject("account", "A-17"), "freeze", until_us, "customer_report", channel="online", customer="CA-17"))


def test_a_freeze_of_one_channel_stops_that_channel_live_and_in_a_replay(root: Path, clock: FixedClock) -> None:
    with Bank(root, clock=clock, threads=1) as bank:
        assert pay(bank, 1, "online").outcome == "approve"
        freeze_online(bank)
        clock.advance_us(HOUR)
        stopped = pay(bank, 2, "online")
        assert (stopped.outcome, stopped.reasons[0].code) == ("decline", "measure.freeze.account.channel")
        assert pay(bank, 3, "transfer").outcome == "approve"
        assert pay(bank, 4, "online", account="A-18").outcome == "approve"
    with Bank(root, clock=clock, threads=1) as bank:  # started anew, from what was kept
        assert pay(bank, 5, "online").outcome == "decline"
        assert pay(bank, 6, "card_present").outcome == "approve"
        found = bank.replay("acting").reproduced
        assert found is not None
        assert (found.decisions, found.differing) == (6, ())


def test_a_limit_towards_one_receiver_counts_what_was_paid_to_it(bank: Bank) -> None:
    until_us = bank.clock.now_us() + 48 * HOUR
    limited = Wanted(Subject("account", "A-17"), "limit", until_us, "investigation", counterparties=("A-99",), amount_minor=25_000)
    impose(bank, limited)
    outcomes = [pay(bank, number, "online", payee=payee).outcome for number, payee in enumerate(("A-99", "A-98", "A-99", "A-98", "A-99"))]
    assert outcomes == ["approve", "approve", "approve", "approve", "decline"]
    found = bank.replay("acting").reproduced
    assert found is not None
    assert (found.decisions, found.differing) == (5, ())


def in_yen(root: Path, clock: FixedClock) -> None:
    """Has the bank's only policy decide payments in yen, of which there are no hundredths; its own limit is for an hour."""
    with Bank(root, clock=clock, threads=1):
        pass  # makes the folder
    shutil.rmtree(root / "policies" / "card_payments")
    for file in (*root.glob("contracts/*.toml"), root / "policies" / "acting" / "policy.toml"):
        file.write_text(file.read_text("utf-8").replace('"CNY"', '"JPY"'), "utf-8")
    policy = root / "policies" / "acting" / "policy.toml"
    text = policy.read_text("utf-8").replace('kind = "hold"\nrole = "customer"\nfor = "1d"', 'kind = "limit"\nrole = "account"\nfor = "1h"')
    policy.write_text(text, "utf-8")


def test_limits_are_counted_in_the_currency_of_the_banks_payments(root: Path, clock: FixedClock) -> None:
    in_yen(root, clock)
    with Bank(root, clock=clock, threads=1) as bank:
        assert bank.measures.settings.rule("limit").amount_minor == 2_000
        impose(bank, Wanted(Subject("account", "A-17"), "limit", bank.clock.now_us() + 48 * HOUR, "investigation", amount_minor=1_000))
        clock.advance_us(1)
        assert [pay(bank, number, "online", amount="400", currency="JPY").outcome for number in range(3)] == [
            "approve",
            "approve",
            "decline",
        ]
        (limit,) = bank.measures.ask(lambda ledger: in_force(ledger, clock.now_us()))
        assert "JPY 1,000 " in str(bank.measures.notice(limit))
        assert (
            pay(bank, 9, "online", amount="6000", currency="JPY").outcome == "decline"
        )  # by a rule, so that it calls for a limit of 2,000
        (limit,) = bank.measures.ask(lambda ledger: in_force(ledger, clock.now_us()))
        assert (len(limit.changes), limit.amount_minor) == (2, 1_000), "a policy's limit does not weaken that of a person"
        with zipfile.ZipFile(bank.bundle("acting", root / "acting.zip").path) as bundled:
            assert b'currency = "JPY"' in bundled.read("contracts/measure.changed.toml")


def test_the_shipped_policy_acts_on_narrow_measures_and_names_the_ground(bank: Bank, clock: FixedClock) -> None:
    freeze_online(bank)
    clock.advance_us(HOUR)
    stopped = pay(bank, 1, "online", policy="card_payments")
    assert stopped.outcome == "decline"
    assert stopped.reasons[0].text == {
        "en": "online payments of the paying account are frozen "
        "(since 2026-03-02 10:00, until 2026-03-04 10:00; ground: the customer reported it)",
        "zh": "付款账户的网上支付已被冻结（2026-03-02 10:00 起，至 2026-03-04 10:00；依据：客户本人报案或挂失）",
    }
    assert pay(bank, 2, "transfer", policy="card_payments").outcome == "approve"


def test_an_outsider_computes_a_decision_on_a_narrow_measure_again(bank: Bank, tmp_path: Path) -> None:
    freeze_online(bank)
    stopped = pay(bank, 1, "online")
    proof = verify(json.loads(json.dumps(bank.prove("P1"))), read_keys(bank.logbook.custody.public_file.read_bytes()))
    again = recompute(proof, bank.bundle("acting", tmp_path / "acting.zip").path)
    assert again.decision.reasons == stopped.reasons


@pytest.mark.parametrize("engine", [1, 2])
def test_what_an_engine_before_scopes_decided_is_decided_again_as_it_was(
    root: Path, clock: FixedClock, monkeypatch: pytest.MonkeyPatch, engine: int
) -> None:
    with monkeypatch.context() as then, Bank(root, clock=clock, threads=1) as bank:
        then.setattr(made_with, "ENGINE_VERSION", engine)
        freeze_online(bank)
        impose(bank, Wanted(Subject("account", "A-18"), "hold", NOW + 48 * HOUR, "investigation"))
        old = [pay(bank, 1, "online"), pay(bank, 2, "online", account="A-18")]
        assert [one.outcome for one in old] == ["approve", "decline"], "a narrow measure did nothing then"
        assert old[1].reasons[0].text["en"].endswith("(since 2026-03-02T02:00:00Z, until 2026-03-04T02:00:00Z; ground investigation)")
    with Bank(root, clock=clock, threads=1) as bank:
        assert pay(bank, 3, "online").outcome == "decline"
        found = bank.replay(f"acting@{old[0].version}").reproduced
        assert found is not None
        assert (found.decisions, found.differing) == (2, ())
        found = bank.replay("acting").reproduced
        assert found is not None
        assert (found.decisions, found.differing) == (1, ())
