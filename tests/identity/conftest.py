"""A book of access on a real log."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.identity.build import World, world_in


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A bank without users."""
    with world_in(tmp_path) as made:
        yield made
