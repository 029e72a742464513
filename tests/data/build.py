"""Small contracts, mappings and tables that the tests of this room share."""

from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from huitong.contracts import DataContract
from huitong.data import Intake, TableMapping, read_table
from huitong.kernel import AMOUNT_MINOR_MAX, FixedClock, time_us

NOW = FixedClock(time_us("2024-06-01T12:00:00Z"))
TITLE = {"en": "Amount", "zh": "金额"}


FIELDS: dict[str, dict[str, object]] = {
    "amount": {"type": "money", "title": TITLE, "required": True, "max": 1_000_000},
    "currency": {"type": "string", "title": TITLE},
    "customer": {"type": "string", "title": TITLE, "key": "customer", "required": True, "length_max": 12},
    "channel": {"type": "string", "title": TITLE, "one_of": ["card", "online"]},
    "present": {"type": "boolean", "title": TITLE},
    "distance_km": {"type": "number", "title": TITLE, "decimals": 2},
    "attempts": {"type": "integer", "title": TITLE, "min": 0, "max": 99},
}


def contract(**changes: object) -> DataContract:
    document: dict[str, Any] = {
        "kind": "payment.requested",
        "version": 1,
        "title": TITLE,
        "currency": "CNY",
        "currency_field": "currency",
        "horizon": "2020-01-01T00:00:00Z",
        "fields": FIELDS,
    }
    return DataContract.of_table({**document, **changes}, "test")


def field_contract(**settings: object) -> DataContract:
    """A contract with one field ``x``."""
    return contract(currency_field=None, fields={"x": {"title": TITLE, **settings}})


LABELS = DataContract.of_table(
    {
        "kind": "payment.labelled",
        "version": 1,
        "title": TITLE,
        "currency": "CNY",
        "fields": {
            "customer": {"type": "string", "title": TITLE, "key": "customer", "required": True},
            "payment": {"type": "string", "title": TITLE, "required": True},
            "fraud": {"type": "boolean", "title": TITLE, "required": True},
        },
    },
    "labels",
)


def mapping(**changes: object) -> TableMapping:
    document: dict[str, Any] = {
        "kind": "payment.requested",
        "id": {"column": "id"},
        "time": {"column": "time"},
        "fields": {
            "amount": {"column": "amount"},
            "currency": {"constant": "CNY"},
            "customer": {"column": "customer"},
        },
    }
    return TableMapping.of_table({**document, **changes}, "test")


WITH_LABELS = {"kind": "payment.labelled", "delay": "7d", "fields": {"payment": {"from": "id"}, "fraud": {"column": "fraud"}}}

GOOD: Mapping[str, object] = {"id": "p1", "time": "2024-05-01T08:00:00Z", "amount": "12.50", "customer": "C1"}


def table(*rows: Mapping[str, object]) -> pa.Table:
    """Rows that differ from ``GOOD`` as told, as a table."""
    return pa.Table.from_pylist([{**GOOD, "id": f"p{number}", **row} for number, row in enumerate(rows, start=1)])


def take_in(source: pa.Table, used: TableMapping | None = None, under: DataContract | None = None) -> Intake:
    return read_table(source, used or mapping(), under or contract(), LABELS, NOW)


def codes(intake: Intake) -> list[tuple[int, str, str]]:
    """Row, finding and place of everything in quarantine."""
    return [(row.number, one.code, one.where.split(", ")[-1]) for row in intake.quarantine.rows() for one in row.findings]


BAD_VALUES_FOR_BOTH: list[tuple[str, object, str]] = [
    ("amount", None, "field.missing"),
    ("amount", "", "field.missing"),
    ("amount", "-0.01", "amount.negative"),
    ("amount", "NaN", "number.not_finite"),
    ("amount", "inf", "number.not_finite"),
    ("amount", "57.165", "amount.fraction"),
    ("amount", "1000000.01", "field.range.above"),
    ("amount", "1e30", "amount.too_large"),
    ("amount", str(AMOUNT_MINOR_MAX), "amount.too_large"),
    ("amount", "1,250.00", "field.type"),
    ("amount", "twelve", "field.type"),
    ("time", None, "field.missing"),
    ("time", "2019-12-31T23:59:59Z", "time.before_horizon"),
    ("time", "2024-06-01T13:00:00.000001Z", "time.ahead"),
    ("time", "2024-05-01T08:00:00", "time.unreadable"),
    ("time", "yesterday", "time.unreadable"),
    ("time", "2024-02-31T00:00:00Z", "time.unreadable"),
    ("id", None, "field.missing"),
    ("id", "", "field.missing"),
    ("id", "x" * 129, "id.length"),
    ("id", ".", "id.dots"),
    ("id", "..", "id.dots"),
    ("id", "a\nb", "text.control"),
    ("customer", None, "field.missing"),
    ("customer", "C1\x07", "text.control"),
    ("customer", "C" * 13, "field.length"),
]
"""Column, value and finding; the same for a row of a file and for a single event."""
