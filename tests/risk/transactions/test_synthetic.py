"""The synthetic bank: the same bits from the same seed, within its data contracts, and hard enough to be worth the while."""

from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from huitong.contracts import Codes, DataContract, EventBatch, FieldType
from huitong.kernel import MICROSECONDS_PER_DAY, InputError
from huitong.risk.transactions import FraudRates, SyntheticBank, generate
from huitong.risk.transactions.synthetic.bank import CUSTOMERS_MIN, DAYS_MIN

CUSTOMERS, DAYS = 600, 42


@pytest.fixture(scope="module")
def bank() -> SyntheticBank:
    return generate(11, customers=CUSTOMERS, days=DAYS)


@pytest.fixture(scope="module")
def contracts(root: Path) -> dict[str, DataContract]:
    folder = root / "src/huitong/risk/transactions/contracts"
    return {path.stem: DataContract.load(path) for path in folder.glob("*.toml")}


def texts(column: Codes) -> np.ndarray[tuple[int], np.dtype[np.object_]]:
    return np.array(column.arrow().to_pylist(), object)


def numbers(batch: EventBatch, name: str) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    column = batch.data[name]
    assert not isinstance(column, Codes)
    return column


def words(batch: EventBatch, name: str) -> np.ndarray[tuple[int], np.dtype[np.object_]]:
    column = batch.data[name]
    assert isinstance(column, Codes)
    return texts(column)


def test_the_same_seed_gives_the_same_quarter_and_another_seed_another_one(bank: SyntheticBank) -> None:
    again, other = generate(11, customers=CUSTOMERS, days=DAYS), generate(12, customers=CUSTOMERS, days=DAYS)
    assert again.payments.ids.equals(bank.payments.ids)
    assert np.array_equal(again.payments.time_us, bank.payments.time_us)
    assert np.array_equal(numbers(again.labels, "fraud"), numbers(bank.labels, "fraud"))
    assert not np.array_equal(other.payments.time_us[:100], bank.payments.time_us[:100])


def test_every_event_keeps_its_data_contract(bank: SyntheticBank, contracts: dict[str, DataContract]) -> None:
    for batch in (bank.payments, bank.labels, bank.profiles):
        contract = contracts[batch.kind]
        assert set(batch.keys) == {spec.key for spec in contract.fields if spec.key}
        assert set(batch.data) == {spec.name for spec in contract.fields if not spec.key}
        assert len(set(batch.ids.to_pylist())) == len(batch)
        for spec in contract.fields:
            column = batch.keys[spec.key] if spec.key else batch.data[spec.name]
            assert isinstance(column, Codes) == (spec.type is FieldType.STRING), spec.name
            if isinstance(column, Codes):
                assert not spec.required or (column.codes >= 0).all()
                assert not spec.one_of or set(column.arrow().drop_null().to_pylist()) <= set(spec.one_of)
                continue
            assert spec.minimum is None or column.min() >= spec.minimum
            assert spec.maximum is None or column.max() <= spec.maximum


def test_events_stand_in_the_documented_order(bank: SyntheticBank) -> None:
    for batch in (bank.payments, bank.labels, bank.profiles):
        ordered = batch.in_time_order()
        assert ordered.ids.equals(batch.ids)


def test_fraud_is_rare_and_every_scenario_happens(bank: SyntheticBank) -> None:
    share = np.bincount(bank.scenario, minlength=len(bank.scenarios)) / len(bank.payments)
    assert 0.0015 < share[1:].sum() < 0.008
    assert (share[1:] > 0).all()


def test_without_thieves_there_is_no_fraud() -> None:
    peaceful = generate(3, customers=CUSTOMERS, days=DAYS, rates=FraudRates(0, 0, 0, 0, 0, 0))
    assert (peaceful.scenario == 0).all()


def test_nobody_pays_before_they_came_nor_after_the_quarter(bank: SyntheticBank) -> None:
    opened = dict(zip(texts(bank.profiles.keys["customer"]), bank.profiles.time_us.tolist(), strict=True))
    honest = bank.scenario == 0
    payer, time_us = texts(bank.payments.keys["customer"])[honest], bank.payments.time_us[honest]
    assert all(opened[customer] <= time for customer, time in zip(payer, time_us.tolist(), strict=True))
    assert bank.payments.time_us.max() - bank.payments.time_us.min() < DAYS * MICROSECONDS_PER_DAY


def test_labels_come_after_their_payments_late_and_not_all(bank: SyntheticBank) -> None:
    row_of = {payment: row for row, payment in enumerate(bank.payments.ids.to_pylist())}
    rows = np.array([row_of[payment] for payment in words(bank.labels, "payment")])
    delay_days = (bank.labels.time_us - bank.payments.time_us[rows]) / MICROSECONDS_PER_DAY
    fraud = numbers(bank.labels, "fraud") == 1
    assert delay_days.min() > 0
    assert set(rows.tolist()) == set(range(len(bank.payments)))
    assert delay_days[words(bank.labels, "source") == "settlement"].max() == pytest.approx(7)
    found = np.unique(rows[fraud])
    guilty = bank.scenario[found] > 0
    assert 0.6 < guilty.sum() / (bank.scenario > 0).sum() < 1, "some fraud is never found"
    assert 0 < (~guilty).sum() < guilty.sum(), "some are accused falsely"
    assert np.percentile(delay_days[fraud], 90) > 7 > np.median(delay_days[fraud])


def test_a_scenario_is_named_by_labels_of_fraud_only(bank: SyntheticBank) -> None:
    fraud = numbers(bank.labels, "fraud") == 1
    scenario = words(bank.labels, "scenario")
    assert set(scenario[~fraud]) == {"genuine"}
    assert "genuine" not in scenario[fraud]


def test_transfers_have_a_receiver_and_purchases_a_terminal(bank: SyntheticBank) -> None:
    transfer = words(bank.payments, "channel") == "transfer"
    counterparty, terminal = bank.payments.keys["counterparty"].codes, bank.payments.keys["terminal"].codes
    assert (counterparty[transfer] >= 0).all()
    assert (counterparty[~transfer] < 0).all()
    assert (terminal[transfer] < 0).all()
    assert (terminal[~transfer] >= 0).all()
    assert (texts(bank.payments.keys["account"]) != texts(bank.payments.keys["counterparty"])).all(), "nobody pays themselves"


def test_people_sleep_at_night_and_pay_more_on_saturdays(bank: SyntheticBank) -> None:
    local_us = bank.payments.time_us + 8 * 3_600_000_000
    hour = local_us // 3_600_000_000 % 24
    by_hour = np.bincount(hour, minlength=24)
    assert by_hour[3] < by_hour[19] / 20
    weekday = (local_us // MICROSECONDS_PER_DAY + 3) % 7
    usual = local_us // MICROSECONDS_PER_DAY < local_us[0] // MICROSECONDS_PER_DAY + 28
    by_weekday = np.bincount(weekday[usual], minlength=7)
    assert by_weekday[5] > by_weekday[1]


def test_no_single_amount_gives_fraud_away(bank: SyntheticBank) -> None:
    amount = numbers(bank.payments, "amount")
    stolen = amount[bank.scenario == bank.scenarios.index("stolen_card")]
    honest = amount[bank.scenario == 0]
    above = (honest > np.median(stolen)).mean()
    assert above > 0.05, "plenty of honest payments are larger than the median theft"


def test_devices_of_thieves_have_names_like_any_other(bank: SyntheticBank) -> None:
    device = texts(bank.payments.keys["device"])
    burst = device[bank.scenario == bank.scenarios.index("new_device_burst")]
    number = np.array([int(name[1:]) for name in np.unique(burst)])
    everybody = np.array([int(name[1:]) for name in np.unique(device[device != None])])  # noqa: E711  # elementwise on objects
    assert number.mean() < np.percentile(everybody, 99)


def test_the_quarter_is_written_as_parquet_files_that_say_the_same(bank: SyntheticBank, tmp_path: Path) -> None:
    files = bank.write_parquet(tmp_path / "quarter")
    table = pq.read_table(files.payments)
    assert table["id"].to_pylist() == bank.payments.ids.to_pylist()
    assert np.array_equal(table["amount_minor"].to_numpy(), numbers(bank.payments, "amount"))
    assert pq.read_table(files.labels)["fraud"].to_pylist() == (numbers(bank.labels, "fraud") == 1).tolist()
    assert pq.read_table(files.profiles).num_rows == CUSTOMERS


@pytest.mark.parametrize(("days", "customers"), [(3, 600), (400, 600), (42, 10), (42, 10**9)])
def test_an_impossible_size_is_refused_in_both_languages(days: int, customers: int) -> None:
    with pytest.raises(InputError) as refused:
        generate(1, days=days, customers=customers)
    assert refused.value.cause["zh"]
    assert str(days if customers == 600 else customers) in refused.value.cause["en"]


@pytest.mark.parametrize("seed", [890, 1755])
def test_the_smallest_bank_has_somewhere_to_buy_what_sells_again(seed: int) -> None:
    """In these two no merchant of the kind was drawn."""
    smallest = generate(seed, days=DAYS_MIN, customers=CUSTOMERS_MIN)
    assert set(np.unique(smallest.scenario)) >= {0, 1, 3}


@pytest.mark.parametrize("seed", [-1, 2**31])
def test_an_impossible_seed_is_refused(seed: int) -> None:
    with pytest.raises(InputError, match="seed"):
        generate(seed)
