"""The trained small bank, copied for each test that changes it."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from huitong.app import Bank, Source
from tests.app.small_world import clock, sources_in


@pytest.fixture
def root(trained_bank: Path, tmp_path: Path) -> Path:
    """The folder of a small bank of one's own."""
    return shutil.copytree(trained_bank / "bank", tmp_path / "bank")


@pytest.fixture
def bank(root: Path) -> Iterator[Bank]:
    """The same, opened."""
    with Bank(root, clock=clock(), threads=2) as opened:
        yield opened


@pytest.fixture(scope="session")
def sources(trained_bank: Path) -> list[Source]:
    """The small bank's payments, labels and profiles."""
    return sources_in(trained_bank)
