"""What `[service]` of ``bank.toml`` may say."""

from pathlib import Path

import pytest

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
