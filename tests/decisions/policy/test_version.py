"""The version of a policy is its content and nothing else."""

import errno
import os
import re
import shutil
from pathlib import Path

import pytest

from huitong.decisions.compare import differences
from huitong.decisions.policy import content_of
from huitong.kernel import ExternalError, PolicyError
from tests.app.small_world import changed
from tests.decisions.policy.build import load


def version(folder: Path, bank: Path) -> str:
    return load(folder, bank).program.version


CHANGES = [
    ("policy.toml", 'owner = "tests"', 'owner = "others"'),
    ("policy.toml", '"amount > 200000"', '"amount > 200001"'),
    ("policy.toml", "alerts_per_day = 5", "alerts_per_day = 6"),
    ("features.toml", 'zone = "Asia/Shanghai"', 'zone = "Asia/Shanghai" # the bank\'s own'),
    ("velocity.dmn", "&gt;= 4<", "&gt;= 5<"),
    ("blocked.csv", "T000001", "T000002"),
    ("blocked.csv", "skimmer found", "skimmer seen"),
]


@pytest.mark.parametrize(("file", "before", "after"), CHANGES, ids=[f"{file}: {after[:24]}" for file, _, after in CHANGES])
def test_every_change_of_a_file_makes_another_version_and_taking_it_back_the_old_one(
    folder: Path, bank: Path, file: str, before: str, after: str
) -> None:
    old = version(folder, bank)
    changed(folder / file, (before, after))
    assert version(folder, bank) != old
    changed(folder / file, (after, before))
    assert version(folder, bank) == old


def test_a_new_file_and_a_new_threshold_make_another_version(folder: Path, bank: Path) -> None:
    versions = [version(folder, bank)]
    (folder / "notes.md").write_text("why 200,000", "utf-8")
    versions.append(version(folder, bank))
    trained = folder / "trained.toml"
    trained.write_text(trained.read_text("utf-8").replace('"decline" = 0.0', '"decline" = 0.9'), "utf-8")
    versions.append(version(folder, bank))
    assert len(set(versions)) == 3


def test_a_file_that_names_no_format_is_written_in_the_first_and_answers_alike(folder: Path, bank: Path) -> None:
    numbered = load(folder, bank).program
    changed(folder / "policy.toml", ("format = 1\n", ""))
    assert load(folder, bank).program.settings == numbered.settings


def test_without_its_model_it_is_another_version(folder: Path, bank: Path) -> None:
    assert load(folder, bank, trained=False).program.version != version(folder, bank)


def test_where_when_and_in_which_order_the_files_lie_makes_no_other_version(folder: Path, bank: Path, tmp_path: Path) -> None:
    old = version(folder, bank)
    other = tmp_path / "elsewhere" / "small"
    other.mkdir(parents=True)
    for path in sorted(folder.iterdir(), reverse=True):
        shutil.copyfile(path, other / path.name)
        os.utime(other / path.name, (1_000_000_000, 1_000_000_000))
        (other / path.name).chmod(0o600)
    assert version(other, bank) == old


def test_what_editors_and_systems_leave_behind_makes_no_other_version(folder: Path, bank: Path) -> None:
    old = version(folder, bank)
    for name in (".DS_Store", "policy.toml~", ".policy.toml.swp", "policy.toml.bak", ".git/config"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text("left over", "utf-8")
    assert version(folder, bank) == old


def found(folder: Path, before: dict[str, bytes]) -> list[tuple[str, str, str | None, str | None]]:
    return [(one.file, one.place, one.before, one.after) for one in differences(before, content_of(folder))]


def test_the_difference_of_two_versions_is_told_cell_by_cell(folder: Path) -> None:
    before = content_of(folder)
    changed(folder / "velocity.dmn", ("&gt;= 4<", "&gt;= 5<"), ("the fourth payment", "the fifth payment"))
    changed(folder / "policy.toml", ('"amount > 200000"', '"amount > 300000"'), ("alerts_per_day = 5", "alerts_per_day = 8"))
    changed(folder / "blocked.csv", ("T000001,,,skimmer found,desk\n", "T000001,,,skimmer seen,desk\nT000009,,,,\n"))
    assert found(folder, before) == [
        ("blocked.csv", "entry T000001", "note skimmer found, owner desk", "note skimmer seen, owner desk"),
        ("blocked.csv", "entry T000009", None, "listed"),
        ("policy.toml", "rules[huge].when", "amount > 200000", "amount > 300000"),
        ("policy.toml", "thresholds.alerts_per_day", "5", "8"),
        ("velocity.dmn", "velocity, row 2, payments in an hour", ">= 4", ">= 5"),
        ("velocity.dmn", "velocity, row 2, en", "the fourth payment within an hour", "the fifth payment within an hour"),
    ]


def test_a_threshold_is_told_as_it_decides_beside_the_one_that_decided_wherever_each_is_written(folder: Path) -> None:
    trained = folder / "trained.toml"
    text = re.sub(r'"(review|decline)" = .*\n', "", trained.read_text("utf-8"))
    trained.write_text(text.replace("[thresholds]\n", '[thresholds]\n"review" = 0.01872693442097384\n"decline" = 0.9\n'), "utf-8")
    before = content_of(folder)
    changed(folder / "policy.toml", ("[thresholds]\n", "[thresholds]\nreview = 0.02\n"))
    assert found(folder, before) == [("policy.toml", "thresholds.review", "1.87 %", "2.00 %")]
    assert [one.said["zh"] for one in differences(before, content_of(folder))] == ["评分阈值，人工复核"]
    before = content_of(folder)
    changed(trained, ('"decline" = 0.9\n', '"decline" = 0.90001\n'))
    assert found(folder, before) == [("trained.toml", "thresholds.decline", "90.000 %", "90.001 %")]
    before = content_of(folder)
    changed(folder / "policy.toml", ("review = 0.02\n", "review = 0.02\ndecline = 0.90001\n"))
    assert found(folder, before) == [("policy.toml", "thresholds.decline", None, "0.90001")], "it decides as before; the files differ"
    before = content_of(folder)
    trained.unlink()
    assert found(folder, before)[0][:2] == ("trained.toml", "")


def test_the_places_of_a_difference_are_told_in_chinese_too(folder: Path) -> None:
    before = content_of(folder)
    changed(folder / "velocity.dmn", ("&gt;= 4<", "&gt;= 5<"), ("payments in an hour", "1 小时内笔数 / payments in an hour"))
    changed(folder / "velocity.dmn", ('hitPolicy="FIRST"', 'hitPolicy="ANY"'), ('<text>"review"</text>', '<text>"decline"</text>'))
    changed(folder / "blocked.csv", ("T000001,,,skimmer found,desk\n", "T000001,,,skimmer found,desk\nT000009,,,,\n"))
    said = [one.said["zh"] for one in differences(before, content_of(folder))]
    assert said == [
        "条目 T000009",
        "velocity，命中策略",
        "velocity，第 1 个条件列，列名",
        "velocity，第 2 行，1 小时内笔数",
        "velocity，第 2 行，结果",
    ]


def test_a_row_put_first_does_not_make_all_others_look_changed(folder: Path) -> None:
    before = content_of(folder)
    row = '<rule id="r0"><inputEntry id="c01"><text>&gt;= 9</text></inputEntry><inputEntry id="c02"><text>-</text></inputEntry>'
    row += '<outputEntry id="c03"><text>"decline"</text></outputEntry></rule>'
    changed(folder / "velocity.dmn", ('<rule id="r1">', row + '<rule id="r1">'))
    assert {place.split(", ")[1] for _, place, _, _ in found(folder, before)} == {"row 1"}


def test_rows_that_change_places_are_told_beside_what_else_changed(folder: Path) -> None:
    before = content_of(folder)
    path = folder / "velocity.dmn"
    start, first, second, end = re.split(r'(?=<rule id="r[123]">)', path.read_text("utf-8"))
    path.write_text(start + second + first.replace("&gt;= 6", "&gt;= 7") + end, "utf-8")
    assert found(folder, before) == [
        ("velocity.dmn", "velocity, row 2, payments in an hour", ">= 6", ">= 7"),
        ("velocity.dmn", "velocity, order of rows", "r1, r2", "r2, r1"),
    ]


OUTPUT = 'name="outcome" typeRef="string"'


def with_output(default: str, values: str) -> tuple[str, str]:
    says = f"<outputValues><text>{values}</text></outputValues><defaultOutputEntry><text>{default}</text></defaultOutputEntry>"
    return f"{OUTPUT}/>", f"{OUTPUT}>{says}</output>"


def test_what_decides_where_no_row_hits_and_the_order_of_values_are_told_beside_a_cell(folder: Path) -> None:
    written = (folder / "velocity.dmn").read_text("utf-8")
    for default, values in (('"approve"', '"decline","review","approve"'), ('"decline"', '"approve","review","decline"')):
        before = content_of(folder)
        (folder / "velocity.dmn").write_text(written, "utf-8")
        changed(folder / "velocity.dmn", with_output(default, values))
    changed(folder / "velocity.dmn", ("&gt;= 6<", "&gt;= 7<"))
    assert found(folder, before) == [
        ("velocity.dmn", "velocity, outcome, where no row hits", '"approve"', '"decline"'),
        ("velocity.dmn", "velocity, outcome, allowed values in order", '"decline","review","approve"', '"approve","review","decline"'),
        ("velocity.dmn", "velocity, row 1, payments in an hour", ">= 6", ">= 7"),
    ]


def test_rules_that_change_places_are_told(folder: Path) -> None:
    before = content_of(folder)
    path = folder / "policy.toml"
    start, first, second, end = re.split(r"(?=\[\[rules\]\]|\[tables)", path.read_text("utf-8"), maxsplit=3)
    path.write_text(start + second + first.replace("50000", "50001") + end, "utf-8")
    assert ("policy.toml", "rules, order", "large_transfer, huge", "huge, large_transfer") in found(folder, before)


def test_what_is_put_into_a_list_or_taken_out_is_told_alone(folder: Path) -> None:
    before = content_of(folder)
    changed(
        folder / "policy.toml",
        ('"amount", "customer_count_1h", ', '"customer_count_1h", "amount", "payees_7d", '),
        ('"device_hours", ', ""),
    )
    assert found(folder, before) == [
        ("policy.toml", "model.features", "device_hours", None),
        ("policy.toml", "model.features", None, "payees_7d"),
        ("policy.toml", "model.features, order", "amount, customer_count_1h", "customer_count_1h, amount"),
    ]


def test_a_change_that_only_the_bytes_show_and_a_file_that_cannot_be_read_are_told_as_a_whole(folder: Path) -> None:
    before = content_of(folder)
    changed(folder / "policy.toml", ("[policy]", "# for the small bank\n[policy]"))
    (folder / "velocity.dmn").write_text("<no dmn", "utf-8")
    (folder / "blocked.csv").unlink()
    told = found(folder, before)
    assert [(file, place) for file, place, _, _ in told] == [("blocked.csv", ""), ("policy.toml", ""), ("velocity.dmn", "")]
    assert [after is None for _, _, _, after in told] == [True, False, False]
    assert all(old != new for _, _, old, new in told)


def test_a_file_nested_beyond_any_reader_is_compared_as_a_whole_and_refused_as_a_policy(folder: Path, bank: Path) -> None:
    before = content_of(folder)
    (folder / "features.toml").write_text("x = " + "[" * 3_000, "utf-8")
    assert [place for _, place, _, _ in found(folder, before)] == [""]
    with pytest.raises(PolicyError, match="nested"):
        load(folder, bank)


def test_a_version_does_not_differ_from_itself(folder: Path) -> None:
    assert differences(content_of(folder), content_of(folder)) == []


def test_a_folder_that_the_system_refuses_is_not_taken_for_an_empty_one(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "more").mkdir()
    scandir = os.scandir

    def refused(path: Path | str) -> object:
        if Path(path).name == "more":
            raise OSError(errno.EMFILE, "Too many open files", str(path))
        return scandir(path)

    monkeypatch.setattr("os.scandir", refused)
    with pytest.raises(ExternalError, match="more cannot be read: Too many open files"):
        content_of(folder)
