"""A mapping that cannot mean anything is refused at load, with the nearest name that could be meant."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

from huitong.data import TableMapping, read_table
from huitong.data.mapping import LabelMapping, nearest
from huitong.kernel import InputError, PolicyError
from tests.data.build import LABELS, NOW, WITH_LABELS, codes, contract, mapping, table, take_in

PLAIN: dict[str, Any] = {"amount": {"column": "amount"}, "customer": {"column": "customer"}}

WRONG: list[tuple[dict[str, Any], str]] = [
    ({"tiem": {"column": "t"}}, "unknown 'tiem'; did you mean 'time'"),
    ({"id": {"colunm": "id"}}, "did you mean 'column'"),
    ({"id": {"constant": "a"}}, "an id needs a column"),
    ({"id": {}}, "exactly one of column, constant, from"),
    ({"time": {"column": "t", "unit": "sec"}}, "unknown 'sec'"),
    ({"time": {"column": "t", "epoch": "2018-04-01T00:00:00Z"}}, "epoch needs unit"),
    ({"time": {"column": "t", "unit": "s", "epoch": "2018-04-01"}}, "not a date-time with an offset"),
    ({"time": {"column": "t", "zone": "Asia/Nowhere"}}, "unknown zone"),
    ({"time": {"column": "t", "values": {"a": 1}}}, "a time has no values"),
    ({"time": "t"}, "it is no table"),
    ({"kind": 7}, "kind 7 is no text"),
    ({"fields": {"amount": {"column": 3}}}, "column 3 is no text"),
    ({"fields": {"amount": {"column": "a", "values": {"x": [1]}}}}, "no text, number or boolean"),
    ({"labels": {"kind": "payment.labelled"}}, "kind and delay are needed"),
    ({"labels": {"kind": "payment.labelled", "delay": "soon"}}, "not a duration"),
    ({"labels": {**WITH_LABELS, "id_suffix": ""}}, "id_suffix is empty"),
]


@pytest.mark.parametrize(("change", "message"), WRONG, ids=[message for _, message in WRONG])
def test_a_wrong_setting_is_refused_at_load(change: dict[str, Any], message: str) -> None:
    with pytest.raises(PolicyError, match=message) as caught:
        mapping(**change)
    assert caught.value.code == "mapping.wrong"
    assert "映射" in caught.value.message("zh")


UNFIT: list[tuple[dict[str, Any], str]] = [
    ({"kind": "payment.made"}, "is not payment.requested"),
    ({"fields": {**PLAIN, "custmer": {"column": "c"}}}, "did you mean 'customer'"),
    ({"fields": {"amount": {"column": "amount"}}}, r"requires \['customer'\]"),
    ({"fields": {**PLAIN, "channel": {"column": "c", "unit": "minor"}}}, "does not fit string"),
    ({"fields": {**PLAIN, "attempts": {"column": "c", "prefix": "x"}}}, "prefix is for texts"),
    ({"fields": {**PLAIN, "channel": {"from": "customer"}}}, "from is for labels"),
    ({"labels": {**WITH_LABELS, "kind": "payment.judged"}}, "need the contract of payment.judged"),
    ({"labels": {**WITH_LABELS, "fields": {"fraud": {"column": "f"}, "payment": {"from": "idd"}}}}, "unknown 'idd'; did you mean 'id'"),
    ({"labels": {**WITH_LABELS, "fields": {"fraud": {"column": "f"}, "payment": {"from": "amount"}}}}, "payment is not like amount"),
    ({"labels": {**WITH_LABELS, "fields": {"payment": {"from": "id"}}}}, r"requires \['fraud'\]"),
]


@pytest.mark.parametrize(("change", "message"), UNFIT, ids=[message for _, message in UNFIT])
def test_a_mapping_that_does_not_fit_its_contract_is_refused_before_the_first_row(change: dict[str, Any], message: str) -> None:
    with pytest.raises(PolicyError, match=message):
        read_table(table({}), mapping(**change), contract(), LABELS, NOW)


@pytest.mark.parametrize(
    "rule",
    [
        {"constant": "fax"},
        {"column": "channel", "default": "fax"},
        {"column": "channel", "values": {"f": "fax"}},
    ],
    ids=str,
)
def test_a_value_that_the_mapping_itself_gets_wrong_is_refused_before_the_first_row(rule: dict[str, Any]) -> None:
    with pytest.raises(PolicyError, match=r"channel cannot be 'fax' \(field.one_of\)"):
        take_in(table({"channel": None}), mapping(fields={**PLAIN, "channel": rule}))


def test_a_prefix_keeps_the_ids_of_sources_apart() -> None:
    used = mapping(id={"column": "id", "prefix": "hb-"}, fields={**PLAIN, "customer": {"column": "customer", "prefix": "K"}})
    (event,) = take_in(table({"customer": 42}), used).events.events(contract())
    assert (event.id, event.keys) == ("hb-p1", {"customer": "K42"})


def test_a_table_named_like_the_contract_needs_no_mapping_file() -> None:
    rows = table({"currency": "CNY", "channel": "card", "present": True, "distance_km": 1.25, "attempts": 2})
    labels = LabelMapping("payment.labelled", 0, ":label", ())
    used = TableMapping.by_name(contract())
    (event,) = take_in(rows, used).events.events(contract())
    assert dict(event.data) == {
        "amount": 1250,
        "currency": "CNY",
        "channel": "card",
        "present": True,
        "distance_km": 125,
        "attempts": 2,
    }
    assert used.labels is None
    assert TableMapping.by_name(contract(), labels).labels == labels


def test_the_settings_in_the_docs_are_the_settings_there_are(root: Path) -> None:
    for page in ("docs/data.md", "docs/zh/data.md"):
        text = (root / page).read_text("utf-8")
        example = text.split('```toml title="cards.toml"\n')[1].split("```")[0]
        loaded = TableMapping.of_table(tomllib.loads(example), page)
        assert loaded.labels is not None
        for setting in ("column", "constant", "from", "values", "default", "prefix", "unit", "epoch", "zone", "delay", "id_suffix"):
            assert f"`{setting}`" in text or f"{setting} =" in text


def test_a_file_is_loaded_and_a_missing_or_broken_one_is_refused(tmp_path: Path) -> None:
    good = tmp_path / "a.toml"
    good.write_text('kind = "payment.requested"\n[id]\ncolumn = "id"\n[time]\ncolumn = "time"\n', "utf-8")
    assert TableMapping.load(good).kind == "payment.requested"
    with pytest.raises(InputError, match=r"none.toml cannot be read"):
        TableMapping.load(tmp_path / "none.toml")
    good.write_text("kind = ", "utf-8")
    with pytest.raises(PolicyError, match="no readable TOML"):
        TableMapping.load(good)
    good.write_text('kind = "x"\n[id]\ncolumn = "id"\n', "utf-8")
    with pytest.raises(PolicyError, match="time is missing"):
        TableMapping.load(good)


def test_numbers_are_rounded_to_the_contracts_decimals_and_money_never_is() -> None:
    used = mapping(fields={**PLAIN, "distance_km": {"column": "distance_km"}})
    intake = take_in(table({"distance_km": 2.675}, {"distance_km": 0.1 + 0.2}, {"distance_km": 1.2349}), used)
    assert intake.events.data["distance_km"].tolist() == [268, 30, 123]  # type: ignore[union-attr]  # an int64 column
    assert codes(take_in(table({"amount": 0.1 + 0.2}))) == [(1, "amount.fraction", "amount")]


@pytest.mark.parametrize(
    ("name", "known", "close"),
    [
        ("amuont", ["account", "amount"], "amount"),
        ("costumer", ["customer", "currency"], "customer"),
        ("TX-Amount", ["amount_tx", "tx_amount"], "tx_amount"),
        ("金额", ["时间", "金额（元）"], "金额（元）"),
        ("account", ["amount", "country", "counter"], ""),
        ("sum", ["amount"], ""),
        ("", ["amount"], ""),
    ],
)
def test_only_a_slip_of_the_pen_is_taken_for_another_name(name: str, known: list[str], close: str) -> None:
    assert nearest(name, known) == close
