"""A data contract that cannot mean anything is refused at load, in both languages."""

from pathlib import Path

import pytest

from huitong.contracts import DataContract, FieldType
from huitong.kernel import InputError, PolicyError, time_us

TITLE = {"en": "Amount", "zh": "金额"}
GOOD: dict[str, object] = {
    "kind": "payment.requested",
    "version": 1,
    "title": TITLE,
    "currency": "CNY",
    "currency_field": "currency",
    "fields": {
        "amount": {"type": "money", "title": TITLE, "min": 0.01, "max": 1000.5},
        "currency": {"type": "string", "title": TITLE},
        "account": {"type": "string", "title": TITLE, "key": "account", "grade": 4, "identifies_person": True},
        "distance_km": {"type": "number", "title": TITLE, "decimals": 3, "max": 0.285, "unit": "km"},
        "opened": {"type": "timestamp", "title": TITLE, "min": "2020-01-01T00:00:00Z"},
    },
}


def field(**settings: object) -> dict[str, object]:
    return {"fields": {"x": {"type": "string", "title": TITLE, **settings}, "currency": {"type": "string", "title": TITLE}}}


def test_bounds_are_written_for_people_and_held_like_values() -> None:
    contract = DataContract.of_table(GOOD, "test")
    amount, distance, opened = (contract.field(name) for name in ("amount", "distance_km", "opened"))
    assert amount is not None
    assert (amount.minimum, amount.maximum, amount.scale) == (1, 100_050, 100)
    assert distance is not None
    assert (distance.maximum, distance.scale, distance.unit) == (285, 1000, "km")
    assert opened is not None
    assert opened.minimum == time_us("2020-01-01T00:00:00Z")
    account = contract.role("account")
    assert account is not None
    assert (account.name, account.space, account.grade, account.identifies_person) == ("account", "account", 4, True)
    assert contract.role("device") is None


def test_a_text_is_called_by_its_title_or_else_by_itself() -> None:
    contract = DataContract.of_table({**GOOD, **field(titles={"card_present": {"zh": "线下刷卡", "en": "card present"}})}, "test")
    spec = contract.field("x")
    assert spec is not None
    assert spec.called("card_present") == {"zh": "线下刷卡", "en": "card present"}
    assert spec.called("by_post") == {"zh": "by post", "en": "by post"}


WRONG: list[tuple[dict[str, object], str]] = [
    ({"horizonn": "x"}, "did you mean 'horizon'"),
    ({"kind": None}, "kind is missing"),
    ({"currency": "XXX"}, "not an ISO 4217 currency code"),
    ({"currency_field": "money"}, "is no field"),
    ({"horizon": "2020-01-01"}, "not a date-time with an offset"),
    ({"ahead_max": "soon"}, "not a duration"),
    ({"title": {"en": "x"}}, "title needs zh and en"),
    ({"fields": {"id": {"type": "string", "title": TITLE}}}, "stand beside the fields"),
    (field(typ="string"), "did you mean 'type'"),
    (field(type="text"), "type must be one of"),
    (field(grade=6), "grade 6 is not 1 to 5"),
    (field(type="integer", key="account"), "a key must be of type string"),
    (field(type="number", decimals=10), "decimals 10 is not 0 to 9"),
    (field(type="integer", min="many"), "bound 'many' cannot be read"),
    (field(type="integer", max=[1]), "is no number"),
    (field(title="x"), "title needs zh and en"),
    (field(titles={"a": {"en": "A"}}), "the title of 'a' needs zh and en"),
    (field(one_of=["a"], titles={"b": TITLE}), r"titles name \['b'\], which one_of does not allow"),
    (field(type="integer", titles={"1": TITLE}), "titles name the texts of a string"),
    (
        {"fields": {name: {"type": "string", "title": TITLE, "key": "account"} for name in ("a", "currency")}},
        r"key role \['account'\] is given twice",
    ),
]


@pytest.mark.parametrize(("change", "message"), WRONG, ids=[message for _, message in WRONG])
def test_a_wrong_contract_is_refused(change: dict[str, object], message: str) -> None:
    document = {name: value for name, value in {**GOOD, **change}.items() if value is not None}
    with pytest.raises(PolicyError, match=message) as caught:
        DataContract.of_table(document, "test")
    assert "数据契约" in caught.value.message("zh")


def test_a_file_that_is_missing_or_no_toml_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        DataContract.load(tmp_path / "none.toml")
    (tmp_path / "a.toml").write_text("kind =", "utf-8")
    with pytest.raises(PolicyError, match="no readable TOML"):
        DataContract.load(tmp_path / "a.toml")
    assert FieldType("money") is FieldType.MONEY
