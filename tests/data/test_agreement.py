"""A column and a single value are read by the same rules: whatever a file may say, both ways give the same value or the same finding."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from huitong.contracts import NULL_CODE, NULL_INT, Codes
from huitong.data.columns import widened
from huitong.data.mapping import ColumnRule
from huitong.data.readers import FieldReader
from tests.data.build import NOW, field_contract

DIGITS = st.from_regex(r"[+-]?[0-9]{1,20}(\.[0-9]{0,12})?([eE][+-]?[0-9]{1,2})?", fullmatch=True)
ODD_TEXTS = st.sampled_from(
    ["", " ", "nan", "-Infinity", "1_000", "１２", "0x10", "1e9999", ".5", "5.", "+7", "true", "False", "a\x00b", "C\u2028"]
)
TEXTS = st.one_of(DIGITS, ODD_TEXTS, st.text(max_size=20))
FLOATS = st.one_of(st.floats(), st.integers(-(10**9), 10**9).map(lambda n: n / 100), st.integers(-(10**7), 10**7).map(lambda n: n / 1000))
COLUMNS: list[tuple[st.SearchStrategy[Any], pa.DataType]] = [
    (TEXTS, pa.string()),
    (FLOATS, pa.float64()),
    (st.floats(width=32), pa.float32()),
    (st.integers(-(2**63), 2**63 - 1) | st.integers(-1000, 1000), pa.int64()),
    (st.integers(0, 2**64 - 1), pa.uint64()),
    (st.integers(-128, 127), pa.int8()),
    (st.booleans(), pa.bool_()),
    (st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**12), max_value=10**12, places=4), pa.decimal128(30, 4)),
    (st.dates(), pa.date32()),
    (st.datetimes(timezones=st.just(UTC), min_value=datetime(1800, 1, 1)), pa.timestamp("us", "UTC")),
]
FIELDS: list[tuple[dict[str, Any], str]] = [
    *(({"type": "money"}, unit) for unit in ("", "minor", "thousandths")),
    ({"type": "money", "min": -5, "max": 1000}, ""),
    *(({"type": "number", "decimals": decimals}, unit) for decimals in (0, 2, 6) for unit in ("", "thousandths")),
    ({"type": "integer", "min": -3, "max": 10**6}, ""),
    ({"type": "boolean"}, ""),
    ({"type": "string", "length_max": 8}, ""),
    ({"type": "string", "one_of": ["true", "7", "a"]}, ""),
    ({"type": "date"}, ""),
    *(({"type": "timestamp"}, unit) for unit in ("iso", "s", "ms", "us", "days")),
]


def in_a_column(reader: FieldReader, array: pa.Array) -> list[tuple[object, str]]:
    held, flaws = reader.column(array, len(array))
    found = [""] * len(array)
    for flaw in flaws:
        for row in flaw.rows.tolist():
            assert not found[row], "one finding for each value"
            found[row] = flaw.code
    values: list[object] = held.arrow().to_pylist() if isinstance(held, Codes) else [None if v == NULL_INT else v for v in held.tolist()]
    return [(None if code else value, code) for value, code in zip(values, found, strict=True)]


def one_by_one(reader: FieldReader, array: pa.Array) -> list[tuple[object, str]]:
    values = widened(array).to_pylist()
    return [(held.value, held.flaw) for held in map(reader.one, values)]


@pytest.mark.parametrize(("settings_of_field", "unit"), FIELDS, ids=str)
@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_a_column_and_its_values_one_by_one_are_read_alike(settings_of_field: dict[str, Any], unit: str, data: st.DataObject) -> None:
    strategy, kind = data.draw(st.sampled_from(COLUMNS))
    values = data.draw(st.lists(st.none() | strategy, max_size=8))
    contract = field_contract(**settings_of_field)
    reader = FieldReader(
        ColumnRule("x", column="x", unit=unit, zone=ZoneInfo("Europe/Berlin")), contract.field("x"), contract, NOW.now_us()
    )
    array = pa.array(values, kind)
    assert in_a_column(reader, array) == one_by_one(reader, array)
    if settings_of_field["type"] == "string":
        assert in_a_column(reader, array.dictionary_encode()) == one_by_one(reader, array)


@given(
    st.lists(st.datetimes(min_value=datetime(1890, 1, 1), max_value=datetime(2100, 1, 1)), max_size=6), st.sampled_from(["us", "ns", "s"])
)
@settings(max_examples=100, deadline=None)
def test_local_times_are_placed_alike(moments: list[datetime], unit: str) -> None:
    contract = field_contract(type="timestamp")
    for zone in ("Asia/Shanghai", "America/St_Johns", "Australia/Lord_Howe"):
        reader = FieldReader(ColumnRule("x", column="x", zone=ZoneInfo(zone)), contract.field("x"), contract, 0)
        cut = [moment.replace(microsecond=0) for moment in moments] if unit == "s" else moments
        texts = pa.array([moment.isoformat() for moment in cut], pa.string())
        assert in_a_column(reader, pa.array(cut, pa.timestamp(unit))) == in_a_column(reader, texts) == one_by_one(reader, texts)


@given(st.lists(st.integers(-(10**15), 10**15), min_size=1, max_size=20))
def test_every_amount_survives_a_float_column(minor: list[int]) -> None:
    """Oracle: the decimal that was divided. Up to 10^15 minor units a double carries two decimals to and fro."""
    contract = field_contract(type="money", min=-(10**13))
    reader = FieldReader(ColumnRule("x", column="x"), contract.field("x"), contract, 0)
    array = pa.array([float(Decimal(value) / 100) for value in minor])
    assert in_a_column(reader, array) == [(value, "") for value in minor]


def test_dates_are_days() -> None:
    contract = field_contract(type="date")
    reader = FieldReader(ColumnRule("x", column="x"), contract.field("x"), contract, 0)
    assert reader.one("1970-01-02").value == reader.one(date(1970, 1, 2)).value == 1
    assert NULL_CODE == -1
