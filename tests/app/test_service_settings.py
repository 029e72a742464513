"""What ``bank.toml`` may say of the processes of a served bank."""

import sys
from pathlib import Path

import pytest

from huitong.app import settings
from huitong.app.settings import read_settings_of
from huitong.kernel import DataError


def written(folder: Path, line: str) -> Path:
    (folder / "bank.toml").write_text(f"[service]\n{line}\n", "utf-8")
    return folder


def test_how_long_a_process_may_say_nothing_has_bounds_and_may_be_for_ever(tmp_path: Path) -> None:
    assert read_settings_of(tmp_path).hung_seconds == 30
    assert [read_settings_of(written(tmp_path, f"hung_seconds = {seconds}")).hung_seconds for seconds in (0, 5, 3600)] == [0, 5, 3600]


@pytest.mark.parametrize("value", ["4", "3601", "-1", "true", "5.5", '"long"'])
def test_anything_else_is_refused_in_both_languages(tmp_path: Path, value: str) -> None:
    with pytest.raises(DataError) as wrong:
        read_settings_of(written(tmp_path, f"hung_seconds = {value}"))
    assert wrong.value.code == "bank.settings.wrong"
    assert all("hung_seconds" in text for text in wrong.value.cause.values())


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no process that writes")
@pytest.mark.parametrize(("writer", "cores", "apart"), [(None, 1, False), (None, 2, True), ("process", 1, True), ("thread", 8, False)])
def test_the_log_is_written_apart_where_there_is_a_core_for_it_or_the_bank_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, writer: str | None, cores: int, *, apart: bool
) -> None:
    monkeypatch.setattr(settings, "cores", lambda: cores)
    (tmp_path / "bank.toml").write_text("" if writer is None else f'[log]\nwriter = "{writer}"\n', "utf-8")
    assert read_settings_of(tmp_path).writes_apart is apart


@pytest.mark.parametrize("value", ['"threads"', "1", "true", '""'])
def test_a_writer_of_another_name_is_refused_in_both_languages(tmp_path: Path, value: str) -> None:
    (tmp_path / "bank.toml").write_text(f"[log]\nwriter = {value}\n", "utf-8")
    with pytest.raises(DataError) as wrong:
        read_settings_of(tmp_path)
    assert wrong.value.code == "bank.settings.wrong"
    assert all("log.writer" in text for text in wrong.value.cause.values())


def test_how_many_records_stay_as_rows_is_a_whole_number_or_all(tmp_path: Path) -> None:
    assert read_settings_of(tmp_path).rows == 5_000_000
    for rows in (0, 1, 20_000_000):
        (tmp_path / "bank.toml").write_text(f"[log]\nrows = {rows}\n", "utf-8")
        assert read_settings_of(tmp_path).rows == rows
    for wrong in ("-1", "true", "1.5", '"all"'):
        (tmp_path / "bank.toml").write_text(f"[log]\nrows = {wrong}\n", "utf-8")
        with pytest.raises(DataError, match=r"log\.rows"):
            read_settings_of(tmp_path)
