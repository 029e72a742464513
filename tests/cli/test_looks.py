"""What the commands that look show where a terminal is eighty columns wide."""

import shutil
import tomllib
from pathlib import Path

import pytest
from rich.cells import cell_len

from huitong.cli.terminal import Terminal
from tests.app.small_world import changed
from tests.cli.conftest import Run


@pytest.fixture(autouse=True)
def _narrow(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: ARG001 - sets its own width first
    """Eighty columns."""
    monkeypatch.setenv("COLUMNS", "80")


def test_no_name_of_a_feature_is_cut_and_no_line_too_long(run: Run, root: Path) -> None:
    names = [one["name"] for one in run("features", "list", "card_payments", "--bank", root, "--json").document]
    declared = list(tomllib.loads((root / "policies" / "card_payments" / "features.toml").read_text("utf-8"))["features"])
    assert names[: len(declared)] == declared
    for language, more in (("en", "more come of kept lists"), ("zh", "项由日常名单")):
        lines = run("features", "list", "card_payments", "--bank", root, "--lang", language).out.splitlines()
        last = next(place for place, line in enumerate(lines) if more in line)
        assert str(len(names) - len(declared)) in lines[last]
        assert [line.split()[0] for line in lines[1:last] if not line.startswith(" ")] == declared
        assert not [line for line in lines if "…" in line or len(line) > 80]


def test_a_feature_given_to_the_model_is_the_one_line_of_the_difference(run: Run, root: Path) -> None:
    old = shutil.copytree(root / "policies" / "small", root / "old")
    changed(root / "policies" / "small" / "policy.toml", ('features = ["amount",', 'features = ["amount", "is_night",'))
    shown = run("policy", "diff", "small", old, "--bank", root, "--lang", "en").out
    assert shown == "policy.toml\n  model.features: + is_night\n"


WORDS = ["freeze", "account A-17", "rule.large_night_payment by card_payments", "大额夜间转账，需要人工复核", "01J8ZQXW4F6D6W9V3K6M4X3S2A"]
HEADS = ["measure", "subject", "ground", "说明", "id"]


@pytest.mark.parametrize("room", [140, 90, 80, 60])
def test_a_table_breaks_no_word_however_narrow_the_terminal(
    room: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", str(room))
    Terminal("en", json=False).table(HEADS, [WORDS, ["", *WORDS[1:]]], whole=(4,))
    said = capsys.readouterr().out
    assert all(said.count(word) == 2 for cell in (*WORDS[1:3], WORDS[4]) for word in cell.split())
    assert max(map(cell_len, said.splitlines())) <= room
    assert ("measure  freeze" in said) == (room <= 80), "a row line by line only where its words do not fit side by side"
