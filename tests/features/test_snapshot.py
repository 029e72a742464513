"""The state file: what is refused, and that a failed write leaves the old file."""

from pathlib import Path

import pytest

from huitong.features import FeatureEngine
from huitong.kernel import DataError, ExternalError
from tests.features.world import LISTS, live, plan_of, random_events

PLAN = plan_of()


def written(path: Path) -> FeatureEngine:
    engine = FeatureEngine(PLAN, LISTS)
    live(engine, random_events(1, 50))
    engine.snapshot(path, 50)
    return engine


@pytest.mark.parametrize("damage", ["cut", "bit", "other", "empty", "missing"])
def test_a_damaged_state_is_refused(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "state"
    written(path)
    content = path.read_bytes()
    if damage == "missing":
        path.unlink()
    else:
        middle = len(content) // 2
        flipped = content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]
        path.write_bytes({"cut": content[:-100], "bit": flipped, "other": b"PK\x03\x04" + content, "empty": b""}[damage])
    with pytest.raises(DataError, match="fold the state from the log again") as caught:
        FeatureEngine.restore(path, PLAN, LISTS)
    assert str(path) in caught.value.cause["zh"]


def test_a_state_of_another_plan_or_lateness_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "state"
    written(path)
    with pytest.raises(DataError, match="another feature plan"):
        FeatureEngine.restore(path, plan_of({"amount": {"field": "amount"}}))
    with pytest.raises(DataError, match="lateness"):
        FeatureEngine.restore(path, PLAN, LISTS, lateness_us=1)


def test_a_state_that_cannot_be_written_leaves_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "state"
    engine = written(path)
    before = path.read_bytes()
    (tmp_path / "state.new").mkdir()
    with pytest.raises(ExternalError, match="cannot be written"):
        engine.snapshot(path, 51)
    assert path.read_bytes() == before


def test_a_state_is_the_same_file_twice(tmp_path: Path) -> None:
    engine = written(tmp_path / "one")
    engine.snapshot(tmp_path / "two", 50)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
