"""One event from what a caller gives: the file's rules, and every finding in one error."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import numpy as np
import pytest

from huitong.data import EventRefusedError, TableMapping, event_of, read_table
from huitong.kernel import InputError, Money
from tests.data.build import BAD_VALUES_FOR_BOTH, GOOD, NOW, contract, field_contract, table


def raw(**changes: object) -> dict[str, object]:
    return {**GOOD, **changes}


def test_an_event_is_made_from_plain_values() -> None:
    event = event_of(contract(), raw(present=True, distance_km=1.25), NOW)
    assert (event.id, event.kind, event.keys) == ("p1", "payment.requested", {"customer": "C1"})
    assert dict(event.data) == {"amount": 1250, "present": True, "distance_km": 125}


@pytest.mark.parametrize("amount", [Money(1250, "CNY"), Decimal("12.5"), "12.50", 12.5, np.float32(12.5)], ids=repr)
def test_an_amount_may_be_money_decimal_text_or_float_and_is_exact(amount: object) -> None:
    assert event_of(contract(), raw(amount=amount), NOW).data["amount"] == 1250


def test_an_amount_may_be_given_in_minor_units_but_not_in_both() -> None:
    assert event_of(contract(), {**raw(amount_minor=1250), "amount": None}, NOW).data["amount"] == 1250
    with pytest.raises(InputError, match="given twice"):
        event_of(contract(), raw(amount_minor=1250), NOW)


def test_money_of_another_currency_is_refused_and_its_own_is_filled_in() -> None:
    with pytest.raises(InputError, match="'USD' is not CNY"):
        event_of(contract(), raw(amount=Money(1, "USD")), NOW)
    assert event_of(contract(), raw(amount=Money(1, "CNY")), NOW).data["currency"] == "CNY"


@pytest.mark.parametrize(
    "moment",
    [
        1714550400000000,
        np.int64(1714550400000000),
        datetime(2024, 5, 1, 8, tzinfo=UTC),
        datetime(2024, 5, 1, 16, tzinfo=timezone(timedelta(hours=8))),
        "2024-05-01T16:00:00+08:00",
    ],
    ids=repr,
)
def test_a_time_may_be_microseconds_a_datetime_or_text(moment: object) -> None:
    assert event_of(contract(), raw(time=moment), NOW).time_us == 1714550400000000
    timed = field_contract(type="timestamp")
    assert event_of(timed, {"id": "a", "time": moment, "x": moment}, NOW).data["x"] == 1714550400000000


def test_everything_that_is_wrong_is_said_at_once_in_both_languages() -> None:
    with pytest.raises(EventRefusedError) as caught:
        event_of(contract(), {"id": "", "time": "soon", "amount": -1, "custmer": "C1", "channel": "fax"}, NOW)
    found = [one.code for one in caught.value.findings]
    assert found == ["field.unknown", "field.missing", "time.unreadable", "amount.negative", "field.missing", "field.one_of"]
    assert "did you mean customer?" in caught.value.message("en")
    assert "是否想写 customer？" in caught.value.message("zh")


def test_a_name_like_no_field_is_refused_with_the_names_there_are() -> None:
    with pytest.raises(EventRefusedError, match="known: id, time, amount"):
        event_of(contract(), raw(zzz=1), NOW)


@pytest.mark.parametrize(("column", "value", "code"), BAD_VALUES_FOR_BOTH)
def test_a_single_event_and_a_file_find_the_same(column: str, value: object, code: str) -> None:
    with pytest.raises(EventRefusedError) as caught:
        event_of(contract(), raw(**{column: value}), NOW)
    assert [(one.code, one.where) for one in caught.value.findings] == [(code, column)]
    optional = {spec.name: None for spec in contract().fields if spec.name not in GOOD}
    intake = read_table(table({**optional, column: value}), TableMapping.by_name(contract()), contract(), None, NOW)
    (row,) = intake.quarantine.rows()
    assert [one.code for one in row.findings] == [code]
    assert row.findings[0].text == caught.value.findings[0].text


@pytest.mark.parametrize("kind", ["payment.labelled", 5, ""])
def test_an_event_of_another_kind_is_refused(kind: object) -> None:
    assert event_of(contract(), raw(kind="payment.requested"), NOW).kind == "payment.requested"
    with pytest.raises(InputError, match=f"the kind {kind!r} is not payment.requested"):
        event_of(contract(), raw(kind=kind), NOW)


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("amount", Decimal("sNaN"), "not a finite number"),
        ("amount", Decimal("1E+1000000"), "beyond 1000000000000000"),
        ("amount", 10**5_000, "1.000000e\\+5000 is beyond"),
        ("customer", -(10**5_000), "is not text"),
        ("time", 10**5_000, "does not fit 63 bits"),
        ("time", datetime(2024, 5, 1), "time 2024-05-01T00:00:00 is not"),
        ("id", 1.5, "id 1.5 is not text"),
        (7, "x", "no field 7"),
        ("", "x", "no field ''"),
        ("a\nb", "x", r"no field 'a\\nb'"),
        ("x" * 10_000, "x", "no field 'x+…"),
    ],
    ids=lambda value: repr(value)[:20] if not isinstance(value, int) else "",
)
def test_values_and_names_that_nobody_would_send_are_findings_all_the_same(name: object, value: object, says: str) -> None:
    given: dict[str, object] = {**GOOD, name: value}  # type: ignore[dict-item]  # what a caller without types may do
    with pytest.raises(EventRefusedError, match=says) as refused:
        event_of(contract(), given, NOW)
    assert len(str(refused.value)) < 1_000
