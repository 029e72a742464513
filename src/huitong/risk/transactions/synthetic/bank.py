"""The synthetic bank's quarter as event batches and as Parquet files."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from huitong.contracts import NULL_CODE, Codes, EventBatch, Int32Array, Int64Array
from huitong.kernel import MICROSECONDS_PER_DAY, InputError
from huitong.risk.transactions.synthetic.fraud import FraudRates, fraudulent_payments
from huitong.risk.transactions.synthetic.honest import honest_payments
from huitong.risk.transactions.synthetic.labels import LABEL_SCENARIOS, SOURCES, Labels, labels_of
from huitong.risk.transactions.synthetic.population import Population, populate
from huitong.risk.transactions.synthetic.rows import NOBODY, Rows
from huitong.risk.transactions.synthetic.world import (
    AGE_BANDS,
    CATEGORIES,
    CHANNELS,
    COUNTRIES,
    FIRST_DAY,
    LOCAL_OFFSET_US,
    REGIONS,
    SCENARIOS,
    SEGMENTS,
)

SEED_MAX = 2**31 - 1
CUSTOMERS_MIN, CUSTOMERS_MAX = 300, 200_000
DAYS_MIN, DAYS_MAX = 14, 122
CUSTOMERS = 5_000
"""About 450,000 payments in 92 days."""

_LABEL_ROLES = ("customer", "account", "counterparty", "terminal", "merchant", "device")

START_US = FIRST_DAY * MICROSECONDS_PER_DAY - LOCAL_OFFSET_US
"""Midnight of 1 September 2025 in China, µs UTC."""


@dataclass(frozen=True, slots=True)
class BankFiles:
    """Where the quarter lies on disk."""

    payments: Path
    labels: Path
    profiles: Path


@dataclass(frozen=True, slots=True)
class SyntheticBank:
    """A quarter of a bank that never was.

    Attributes:
        payments: ``payment.requested`` in time order.
        labels: ``payment.labelled`` in time order; the last ones arrive after the quarter.
        profiles: ``customer.profile`` in time order.
        scenario: The truth about each payment, found or not: position in ``scenarios``, shape ``(payments,)``.
        scenarios: Names of the scenarios; the first is ``"genuine"``.
    """

    payments: EventBatch
    labels: EventBatch
    profiles: EventBatch
    scenario: Int32Array
    scenarios: tuple[str, ...] = SCENARIOS

    def write_parquet(self, folder: Path) -> BankFiles:
        """Writes ``payments.parquet``, ``labels.parquet`` and ``profiles.parquet``, for the mappings ``synthetic*.toml``."""
        folder.mkdir(parents=True, exist_ok=True)
        files = BankFiles(folder / "payments.parquet", folder / "labels.parquet", folder / "profiles.parquet")
        for batch, path in ((self.payments, files.payments), (self.labels, files.labels), (self.profiles, files.profiles)):
            pq.write_table(_table(batch), path, compression="zstd")
        return files


def generate(seed: int, *, days: int = 92, customers: int = CUSTOMERS, rates: FraudRates | None = None) -> SyntheticBank:
    """Makes a quarter: the same bits for the same arguments.

    Args:
        seed: Seeds everything; from 0 to ``SEED_MAX``.
        days: Days from 1 September 2025 on.
        customers: Customers; about 0.97 payments each a day.
        rates: How often thieves come; realistic by default, about 0.4 % of the payments.

    Raises:
        InputError: If ``seed``, ``days`` or ``customers`` is out of range.
    """
    _within("seed", "种子", seed, 0, SEED_MAX)
    _within("days", "天数", days, DAYS_MIN, DAYS_MAX)
    _within("customers", "客户数", customers, CUSTOMERS_MIN, CUSTOMERS_MAX)
    for_people, for_honest, for_fraud, for_labels = (np.random.default_rng(part) for part in np.random.SeedSequence(seed).spawn(4))
    people = populate(for_people, customers, days)
    honest = honest_payments(for_honest, people, days)
    fraud = fraudulent_payments(for_fraud, people, honest, days, rates or FraudRates())
    rows = Rows.together([honest, fraud])
    rows = rows.take(rows.time_us < days * MICROSECONDS_PER_DAY)
    rows = rows.take(np.argsort(rows.time_us, kind="stable"))
    payments = _payments(rows, people)
    return SyntheticBank(payments, _labels(labels_of(for_labels, rows), payments), _profiles(people), rows.scenario)


def _within(name: str, name_zh: str, value: int, least: int, most: int) -> None:
    if not least <= value <= most:
        raise InputError(
            f"synthetic.{name}.range",
            {"en": f"{name} is {value}, not {least} to {most}", "zh": f"{name_zh}为 {value}，不在 {least} 到 {most} 之间"},
            {"en": f"give {name} in that range", "zh": f"请给出该范围内的{name_zh}"},
        )


def _payments(rows: Rows, people: Population) -> EventBatch:
    terminals = people.terminals
    at = rows.terminal != NOBODY
    terminal = np.maximum(rows.terminal, 0)

    def of_terminal(column: Int32Array) -> Int32Array:
        return np.where(at, column[terminal], NOBODY).astype(np.int32)

    ids = pc.binary_join_element_wise("P", pc.utf8_lpad(pa.array(np.arange(len(rows))).cast(pa.string()), 9, "0"), "")
    accounts = _accounts(people)
    customers, cards = _names("C", 6, len(people)), _names("K", 6, len(people))
    keys = {
        "customer": Codes(rows.customer, customers),
        "account": Codes(rows.customer, accounts),
        "card": Codes(np.where(rows.channel == CHANNELS.index("transfer"), NOBODY, rows.customer).astype(np.int32), cards),
        "counterparty": Codes(rows.counterparty, accounts),
        "terminal": Codes(rows.terminal, _names("T", 5, len(terminals))),
        "merchant": Codes(of_terminal(terminals.merchant), _names("M", 5, int(terminals.merchant.max()) + 1)),
        "device": _devices(rows.device),
        "category": Codes(of_terminal(terminals.category), pa.array([kind.mcc for kind in CATEGORIES])),
        "region": Codes(of_terminal(terminals.region), pa.array(REGIONS)),
    }
    country = np.where(at, terminals.country[terminal], 0).astype(np.int32)
    data: dict[str, Int64Array | Codes] = {
        "amount": np.round(rows.amount * 100).astype(np.int64),
        "currency": Codes(np.zeros(len(rows), np.int32), pa.array(["CNY"])),
        "channel": Codes(rows.channel, pa.array(CHANNELS)),
        "country": Codes(country, pa.array(COUNTRIES)),
    }
    return EventBatch("payment.requested", ids, rows.time_us + START_US, keys, data)


def _accounts(people: Population) -> pa.StringArray:
    inside = len(people)
    return pa.array([f"A{number:06d}" if number < inside else f"X{number - inside:06d}" for number in range(people.accounts)])


def _names(prefix: str, digits: int, count: int) -> pa.StringArray:
    return pa.array([f"{prefix}{number:0{digits}d}" for number in range(count)], pa.string())


def _devices(device: Int32Array) -> Codes:
    """Devices are numbered anew in the order of their numbers, so that a thief's name looks like anybody's."""
    numbers, codes = np.unique(device, return_inverse=True)
    nobody = int(len(numbers) > 0 and numbers[0] == NOBODY)
    shuffled = np.random.default_rng(len(numbers)).permutation(len(numbers) - nobody)
    names = pa.array([f"D{number:06d}" for number in shuffled], pa.string())
    return Codes(np.where(device == NOBODY, NULL_CODE, codes - nobody).astype(np.int32), names)


def _labels(labels: Labels, payments: EventBatch) -> EventBatch:
    order = np.argsort(labels.time_us, kind="stable")
    row = labels.payment[order]
    source = Codes(labels.source[order], pa.array(SOURCES))
    payment_ids = payments.ids.take(pa.array(row))
    amount = payments.data["amount"]
    if isinstance(amount, Codes):
        raise TypeError("amount is a column of numbers")
    ids = pc.binary_join_element_wise(payment_ids, source.arrow(), ":")
    data: dict[str, Int64Array | Codes] = {
        "payment": Codes(row.astype(np.int32), payments.ids),
        "fraud": labels.fraud[order].astype(np.int64),
        "amount": amount[row],
        "source": source,
        "scenario": Codes(labels.scenario[order], pa.array(LABEL_SCENARIOS)),
    }
    keys = {role: payments.keys[role].take(row) for role in _LABEL_ROLES}
    return EventBatch("payment.labelled", ids, labels.time_us[order] + START_US, keys, data).in_time_order()


def _profiles(people: Population) -> EventBatch:
    """Those who were there are loaded a second before the quarter begins; newcomers on the day they come."""
    known = people.opened_day < 0
    time = np.where(known, -1_000_000, people.opened_day.astype(np.int64) * MICROSECONDS_PER_DAY) + START_US
    count = len(people)
    data: dict[str, Int64Array | Codes] = {
        "opened_on": people.opened_day.astype(np.int64) + FIRST_DAY,
        "segment": _words([kind.name for kind in SEGMENTS], people.segment),
        "home_region": _words(REGIONS, people.region),
        "age_band": _words(AGE_BANDS, people.age_band),
    }
    keys = {"customer": Codes(np.arange(count, dtype=np.int32), _names("C", 6, count))}
    ids = pc.binary_join_element_wise("profile", _names("C", 6, count), "-")
    return EventBatch("customer.profile", ids, time, keys, data).in_time_order()


def _words(words: Sequence[str], codes: Int32Array) -> Codes:
    return Codes(codes, pa.array(words, pa.string()))


_COLUMN_OF_ROLE = {"category": "mcc"}
"""Columns are called like the contract's fields; every other field has the name of its role."""


def _table(batch: EventBatch) -> pa.Table:
    """Columns ``id``, ``time_us``, every key and every field; money in minor units as ``amount_minor``, the rest as held."""
    columns: dict[str, object] = {"id": batch.ids, "time_us": batch.time_us}
    for role, column in (*batch.keys.items(), *batch.data.items()):
        name = _COLUMN_OF_ROLE.get(role, role)
        if isinstance(column, Codes):
            columns[name] = column.arrow()
        elif name == "amount":
            columns["amount_minor"] = column
        elif name == "fraud":
            columns[name] = column.astype(np.bool_)
        elif name == "opened_on":
            columns[name] = pa.array(column.astype(np.int32)).cast(pa.date32())
        else:
            columns[name] = column
    return pa.table(columns)
