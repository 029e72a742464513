"""Replays as a newcomer makes them: what they refuse before the work, and what they say about their own figures."""

from pathlib import Path

import pytest

from tests.cli.conftest import Run


def payments_only(tables: list[str]) -> list[str]:
    """The small bank's payments without their labels."""
    return tables[:4]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_moment_after_the_last_payment_is_refused_with_that_payments_time(run: Run, root: Path, tables: list[str], language: str) -> None:
    ran = run("replay", "small", *tables, "--bank", root, "--from", "2030-01-01", "--lang", language)
    assert ran.code == 2
    assert "2030-01-01 00:00:00+08:00" in ran.err
    assert ran.err.count("2025-10-15 23:") == 2  # in the cause and in the remedy
    assert (
        run("replay", "small", *tables, "--bank", root, "--from", "2030-01-01", "--json").document["error"]["code"] == "replay.from.beyond"
    )


def test_payments_that_the_model_was_trained_on_are_told_apart_on_the_terminal(run: Run, root: Path, tables: list[str]) -> None:
    later = run("replay", "small", *tables, "--bank", root, "--lang", "en")
    assert "has learned from the time" not in later.out
    all_of_them = run("replay", "small", *tables, "--bank", root, "--from", "2025-09-01", "--lang", "en")
    assert all_of_them.code == 0
    assert "The model has learned from the time of the first " in all_of_them.out
    assert "模型训练所用数据截至" in run("replay", "small", *tables, "--bank", root, "--from", "2025-09-01", "--lang", "zh").out


def test_payments_without_labels_are_replayed_without_a_model_in_a_new_bank(run: Run, tables: list[str], tmp_path: Path) -> None:
    ran = run("replay", "card_payments", *payments_only(tables), "--bank", tmp_path / "new", "--lang", "en")
    assert ran.code == 0
    assert "replaying without the model: lists, rules and tables decide alone" in ran.out
    assert "--until" not in ran.out + ran.err
    assert "不使用模型回放" in run("replay", "card_payments", *payments_only(tables), "--bank", tmp_path / "new", "--lang", "zh").out


@pytest.mark.parametrize("command", ["replay", "demo"])
def test_a_place_where_no_report_can_go_is_refused_before_the_work(run: Run, root: Path, command: str, tmp_path: Path) -> None:
    line = [command, "small"] if command == "replay" else [command]
    missing = run(*line, "--bank", root, "--report", tmp_path / "nowhere" / "x.html", "--lang", "en")
    assert (missing.code, missing.out) == (2, "")
    assert f"there is no folder {tmp_path / 'nowhere'} for the report" in missing.err
    folder = run(*line, "--bank", root, "--report", tmp_path, "--lang", "zh")
    assert (folder.code, f"报告路径 {tmp_path} 是文件夹" in folder.err) == (2, True)


@pytest.mark.parametrize(
    "line",
    [
        ("policy", "check", "small"),
        ("policy", "diff", "small", "small"),
        ("features", "list", "small"),
        ("explain", "P1"),
        ("log", "check"),
    ],
    ids=" ".join,
)
def test_a_command_that_only_looks_makes_no_bank(run: Run, line: tuple[str, ...], tmp_path: Path) -> None:
    ran = run(*line, "--bank", tmp_path / "bamk", "--lang", "en")
    assert ran.code == 2
    assert f"there is no bank in {tmp_path / 'bamk'}" in ran.err
    assert not (tmp_path / "bamk").exists()
    assert "中没有数据目录" in run(*line, "--bank", tmp_path / "bamk", "--lang", "zh").err
