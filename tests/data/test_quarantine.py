"""What is set aside is kept as it was, with what was found, and can be mended and taken in again."""

import json
import math
from pathlib import Path

import pyarrow as pa
import pytest

from huitong.data import CATALOGUE, read_mended
from huitong.kernel import DataError
from tests.data.build import GOOD, WITH_LABELS, codes, mapping, table, take_in


def test_a_bad_row_is_written_mended_and_taken_in_again(tmp_path: Path) -> None:
    rows = table({"amount": "1O.00"}, {}, {"customer": ""})
    intake = take_in(rows)
    path = tmp_path / "quarantine.jsonl"
    intake.quarantine.write(path)
    first, second = (json.loads(line) for line in path.read_text("utf-8").splitlines())
    assert (first["row"], first["original"]["amount"]) == (1, "1O.00")
    assert first["findings"][0]["text"] == {"en": "Amount '1O.00' is not an amount", "zh": "金额的值 '1O.00' 不是金额"}
    assert second["findings"][0]["code"] == "field.missing"
    mended = path.read_text("utf-8").replace("1O.00", "10.00").replace('"customer": ""', '"customer": "C3"')
    path.write_text(mended, "utf-8")
    again = take_in(read_mended(path))
    assert [(event.id, event.data["amount"]) for event in again.events.events(take_in(rows).quarantine.contract)] == [
        ("p1", 1000),
        ("p3", 1250),
    ]
    assert len(again.quarantine) == 0


@pytest.mark.parametrize("kind", [pa.float32(), pa.float64(), pa.decimal128(9, 2)], ids=str)
def test_good_values_of_a_bad_row_stay_good_on_the_way(tmp_path: Path, kind: pa.DataType) -> None:
    """The amount 57.16 of a float32 column must not come back as 57.15999984741211."""
    rows = table({"customer": None, "amount": 0, "fraud": True})
    rows = rows.set_column(2, "amount", pa.array([57.16]).cast(pa.float32() if kind == pa.float32() else pa.float64()).cast(kind))
    used = mapping(labels=WITH_LABELS)
    path = tmp_path / "quarantine.jsonl"
    take_in(rows, used).quarantine.write(path)
    path.write_text(path.read_text("utf-8").replace('"customer": null', '"customer": "C1"'), "utf-8")
    again = take_in(read_mended(path), used)
    assert codes(again) == []
    assert again.events.data["amount"].tolist() == [5716]  # type: ignore[union-attr]  # an int64 column
    assert again.labels is not None
    assert again.labels.data["fraud"].tolist() == [1]  # type: ignore[union-attr]  # an int64 column


@pytest.mark.parametrize("line", ["{", "[1]", '{"row": 1}', '{"original": 3}'])
def test_a_file_that_is_no_quarantine_is_refused(tmp_path: Path, line: str) -> None:
    path = tmp_path / "quarantine.jsonl"
    path.write_text(f'{{"row": 1, "original": {{}}, "findings": []}}\n\n{line}\n', "utf-8")
    with pytest.raises(DataError, match="line 3"):
        read_mended(path)


def test_every_finding_says_what_and_what_to_do_in_both_languages_and_is_in_the_docs(root: Path) -> None:
    english, chinese = ((root / page).read_text("utf-8") for page in ("docs/data.md", "docs/zh/data.md"))
    for code, entry in CATALOGUE.items():
        for text in (entry.text, entry.remedy):
            assert text["en"]
            assert any("\u4e00" <= character <= "\u9fff" for character in text["zh"])
        assert f"`{code}`" in english
        assert f"`{code}`" in chinese


def test_every_code_that_the_room_can_find_is_in_the_catalogue(root: Path) -> None:
    written = "".join(path.read_text("utf-8") for path in (root / "src/huitong/data").glob("*.py") if path.name != "catalogue.py")
    for code in CATALOGUE:
        assert f'"{code}"' in written, f"{code} is never found"


def test_a_quarantine_file_is_json_whatever_the_numbers(tmp_path: Path) -> None:
    rows = pa.table({**{name: [value] * 2 for name, value in GOOD.items()}, "amount": [math.nan, math.inf]})
    take_in(rows).quarantine.write(tmp_path / "bad.jsonl")

    def refuse(word: str) -> None:
        raise AssertionError(word)

    lines = (tmp_path / "bad.jsonl").read_text("utf-8").splitlines()
    assert [json.loads(line, parse_constant=refuse)["original"]["amount"] for line in lines] == ["nan", "inf"]
    assert take_in(read_mended(tmp_path / "bad.jsonl")).findings == {"number.not_finite": 2}
