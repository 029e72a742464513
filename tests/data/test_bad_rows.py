"""Each thing that a row can have wrong has its finding, and takes no other row with it."""

import math
from decimal import Decimal

import pyarrow as pa
import pytest

from tests.data.build import BAD_VALUES_FOR_BOTH, GOOD, WITH_LABELS, codes, contract, mapping, table, take_in


@pytest.mark.parametrize(("column", "value", "code"), BAD_VALUES_FOR_BOTH)
def test_a_bad_value_sends_its_row_to_quarantine_and_the_rest_goes_on(column: str, value: object, code: str) -> None:
    intake = take_in(table({}, {column: value}, {}))
    assert codes(intake) == [(2, code, column)]
    assert intake.events.ids.to_pylist() == ["p1", "p3"]
    assert intake.rows == 3
    assert intake.findings == {code: 1}


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (math.nan, "number.not_finite"),
        (-math.inf, "number.not_finite"),
        (57.165, "amount.fraction"),
        (-1.0, "amount.negative"),
        (1e300, "amount.too_large"),
        (5e-324, "amount.fraction"),
    ],
)
def test_bad_floats_are_found(value: float, code: str) -> None:
    assert codes(take_in(table({"amount": 12.5}, {"amount": value}))) == [(2, code, "amount")]


@pytest.mark.parametrize(("currency", "code"), [("XXX", "currency.unknown"), ("cny", "currency.unknown"), ("USD", "currency.not_accepted")])
def test_a_foreign_or_unknown_currency_is_refused(currency: str, code: str) -> None:
    used = mapping(fields={name: {"column": name} for name in ("amount", "currency", "customer")})
    intake = take_in(table({"currency": "CNY"}, {"currency": currency}, {"currency": None}), used)
    assert codes(intake) == [(2, code, "currency")]
    assert intake.events.ids.to_pylist() == ["p1", "p3"]


@pytest.mark.parametrize("amount", [57.16, "57.16", "57.1600", Decimal("57.16"), "5.716e1", " 57.16 "])
def test_an_amount_is_exact_however_it_is_written(amount: object) -> None:
    assert take_in(table({"amount": amount})).events.data["amount"].tolist() == [5716]  # type: ignore[union-attr]  # an int64 column


@pytest.mark.parametrize(("amount", "minor"), [(57.16, 5716), (146.0, 14600), (123456.79, 12345679), (0.01, 1)])
def test_a_float32_means_the_shortest_decimal_that_it_prints_as(amount: float, minor: int) -> None:
    rows = table({}).drop_columns("amount").append_column("amount", pa.array([amount], pa.float32()))
    assert take_in(rows).events.data["amount"].tolist() == [minor]  # type: ignore[union-attr]  # an int64 column


@pytest.mark.parametrize(("unit", "said", "minor"), [("major", 12, 1200), ("minor", 1250, 1250), ("thousandths", 12500, 1250)])
def test_units_of_amounts_are_understood(unit: str, said: int, minor: int) -> None:
    used = mapping(fields={"amount": {"column": "amount", "unit": unit}, "customer": {"column": "customer"}})
    for value in (said, str(said), float(said), Decimal(said)):
        assert take_in(table({"amount": value}), used).events.data["amount"].tolist() == [minor]  # type: ignore[union-attr]  # int64
    assert codes(take_in(table({"amount": 12501}), used)) == ([(1, "amount.fraction", "amount")] if unit == "thousandths" else [])


def test_a_row_with_several_faults_has_several_findings() -> None:
    intake = take_in(table({"amount": "x", "customer": "", "time": "never"}))
    assert {code for _, code, _ in codes(intake)} == {"field.type", "field.missing", "time.unreadable"}


def test_a_repeated_row_is_dropped_and_counted_and_another_content_is_a_finding() -> None:
    intake = take_in(table({"id": "a"}, {"id": "b"}, {"id": "a"}, {"id": "b", "amount": "99"}))
    assert intake.events.ids.to_pylist() == ["a", "b"]
    assert intake.repeated == 1
    assert codes(intake) == [(4, "id.duplicate", "id")]
    assert intake.events.data["amount"].tolist() == [1250, 1250]  # type: ignore[union-attr]  # the first one counts


def test_values_mean_what_the_mapping_says_and_others_are_findings() -> None:
    used = mapping(fields={**_plain(), "present": {"column": "present", "values": {"Y": True, "N": False}, "default": False}})
    intake = take_in(table({"present": "Y"}, {"present": "N"}, {"present": None}, {"present": "?"}), used)
    assert intake.events.data["present"].tolist() == [1, 0, 0]  # type: ignore[union-attr]  # an int64 column
    assert codes(intake) == [(4, "value.unmapped", "present")]


def test_a_text_outside_the_allowed_ones_is_a_finding_and_a_default_fills_silence() -> None:
    used = mapping(fields={**_plain(), "channel": {"column": "channel", "default": "online"}})
    intake = take_in(table({"channel": "card"}, {"channel": None}, {"channel": "fax"}), used)
    assert intake.events.data["channel"].arrow().to_pylist() == ["card", "online"]  # type: ignore[union-attr]  # a text column
    assert codes(intake) == [(3, "field.one_of", "channel")]


def _plain() -> dict[str, dict[str, str]]:
    return {"amount": {"column": "amount"}, "customer": {"column": "customer"}}


def test_rows_become_labels_that_arrive_later() -> None:
    intake = take_in(table({"fraud": 1}, {"fraud": 0}, {"fraud": None}), mapping(labels=WITH_LABELS))
    assert intake.labels is not None
    (first, second) = intake.labels.events(contract())
    assert (first.id, first.keys, dict(first.data)) == ("p1:label", {"customer": "C1"}, {"payment": "p1", "fraud": 1})
    assert first.time_us - intake.events.time_us[0] == 7 * 86_400_000_000
    assert second.data["fraud"] == 0


def test_a_label_of_tomorrow_is_not_known_today() -> None:
    rows = table({"fraud": 1, "time": "2024-05-31T00:00:00Z"}, {"fraud": 1})
    intake = take_in(rows, mapping(labels=WITH_LABELS))
    assert intake.labels is not None
    assert intake.labels.ids.to_pylist() == ["p2:label"]
    assert intake.labels_to_come == 1
    assert len(intake.events) == 2


def test_a_bad_label_keeps_its_payment_back_so_that_mending_gives_both() -> None:
    intake = take_in(table({"fraud": 7}, {"fraud": 1}), mapping(labels=WITH_LABELS))
    assert codes(intake) == [(1, "field.type", "fraud")]
    assert intake.events.ids.to_pylist() == ["p2"]


@pytest.mark.parametrize(
    ("settings", "said", "expected"),
    [
        ({"unit": "s", "epoch": "2024-04-01T00:00:00Z"}, 31, "2024-04-01T00:00:31Z"),
        ({"unit": "s"}, 1714550400, "2024-05-01T08:00:00Z"),
        ({"unit": "ms"}, 1714550400250, "2024-05-01T08:00:00.25Z"),
        ({"unit": "us"}, 1714550400000001, "2024-05-01T08:00:00.000001Z"),
        ({"unit": "days"}, 19844, "2024-05-01T00:00:00Z"),
        ({"unit": "days"}, 19844.5, "2024-05-01T12:00:00Z"),
        ({"zone": "Asia/Shanghai"}, "2024-05-01 16:00:00", "2024-05-01T08:00:00Z"),
        ({"zone": "Europe/Berlin"}, "2024-05-01T10:00:00+02:00", "2024-05-01T08:00:00Z"),
    ],
)
def test_units_and_zones_of_times_are_understood(settings: dict[str, str], said: object, expected: str) -> None:
    expected_us = take_in(table({"time": expected})).events.time_us.tolist()
    used = mapping(time={"column": "time", **settings})
    texts = said if isinstance(said, str) else str(said)
    for value in (said, texts):
        assert take_in(table({"time": value}), used).events.time_us.tolist() == expected_us


@pytest.mark.parametrize(("said", "code"), [("2023-10-29T02:30:00", "time.local.twice"), ("2024-03-31T02:30:00", "time.local.never")])
def test_a_local_time_that_happened_twice_or_never_is_a_finding(said: str, code: str) -> None:
    used = mapping(time={"column": "time", "zone": "Europe/Berlin"})
    assert codes(take_in(table({"time": said}), used)) == [(1, code, "time")]
    moments = pa.array([said, "2024-03-31T03:30:00"]).cast(pa.timestamp("us"))
    rows = table({}, {}).drop_columns("time").append_column("time", moments)
    intake = take_in(rows, used)
    assert codes(intake) == [(1, code, "time")]
    assert intake.events.time_us.tolist() == take_in(table({"time": "2024-03-31T01:30:00Z"})).events.time_us.tolist()


def test_no_rows_make_no_events() -> None:
    intake = take_in(pa.Table.from_pylist([dict(GOOD)]).slice(0, 0))
    assert (len(intake.events), intake.rows, intake.labels) == (0, 0, None)
