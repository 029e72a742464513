"""The public file of 1.75 million payments goes in whole."""

from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from huitong.data import TableMapping, read_table
from huitong.kernel import SystemClock
from tests.data.build import LABELS, contract

MAPPING = {
    "kind": "payment.requested",
    "id": {"column": "transaction_id", "prefix": "hb-"},
    "time": {"column": "ts", "unit": "s", "epoch": "2018-04-01T00:00:00Z"},
    "fields": {"amount": {"column": "amount"}, "currency": {"constant": "CNY"}, "customer": {"column": "customer_id"}},
    "labels": {"kind": "payment.labelled", "delay": "7d", "fields": {"payment": {"from": "id"}, "fraud": {"column": "fraud"}}},
}


def test_every_row_becomes_a_payment_and_a_label_and_no_cent_is_lost(shared_data: Path) -> None:
    path = shared_data / "fraud" / "handbook_sim.parquet"
    used = TableMapping.of_table(MAPPING, "handbook")
    intake = read_table(path, used, contract(horizon="2018-01-01T00:00:00Z"), LABELS, SystemClock())
    raw = pq.read_table(path)
    assert intake.labels is not None
    assert (len(intake.events), len(intake.labels), len(intake.quarantine)) == (1_754_155, 1_754_155, 0)
    # Oracle: Arrow's own text of each amount, read as an exact decimal.
    exact = pc.sum(raw.column("amount").cast("string").cast(pa.decimal128(18, 2))).as_py()
    amounts = intake.events.data["amount"]
    assert int(amounts.sum()) == int(exact * 100)  # type: ignore[union-attr]  # an int64 column
    assert int(intake.labels.data["fraud"].sum()) == pc.sum(raw.column("fraud")).as_py()  # type: ignore[union-attr]  # an int64 column
    assert len(intake.events.keys["customer"].values) == pc.count_distinct(raw.column("customer_id")).as_py()
