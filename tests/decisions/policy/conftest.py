"""The trained small policy, copied for each test."""

import shutil
from pathlib import Path

import pytest


@pytest.fixture
def bank(trained_bank: Path) -> Path:
    """The bank whose models and compiled expressions tests may read."""
    return trained_bank / "bank"


@pytest.fixture
def folder(bank: Path, tmp_path: Path) -> Path:
    """The trained small policy, to be changed."""
    return shutil.copytree(bank / "policies" / "small", tmp_path / "small")
