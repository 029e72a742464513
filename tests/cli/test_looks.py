"""What the commands that look show where a terminal is eighty columns wide."""

import shutil
import tomllib
from pathlib import Path

import pytest

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
