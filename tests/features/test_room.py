"""A copy of the state takes its own size once while it is kept, and all of that goes back to the system."""

import sys
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pytest

from huitong.features import FeatureEngine, Snapshot
from huitong.features.edges import Edges
from huitong.features.graph import room as room_module
from huitong.features.graph.room import MAPPED_FROM, copy_of, room
from huitong.features.layout import A_USED
from tests.features.world import LISTS, live, plan_of, random_events

PLAN = plan_of()
MIB = 1 << 20
ROWS = 100_000


def resident() -> int:
    return int(Path("/proc/self/statm").read_text("utf-8").split()[1]) * 4096


def heap_peak(engine: FeatureEngine, path: Path | None = None) -> tuple[int, Snapshot]:
    """What a copy, written if there is a path, took of the allocator's memory at most."""
    tracemalloc.start()
    try:
        copy = engine.copied(0)
        if path is not None:
            copy.write(path, "")
        return tracemalloc.get_traced_memory()[1], copy
    finally:
        tracemalloc.stop()


def grown() -> FeatureEngine:
    """An engine with much of everything that is kept: entries, edges of the graph and the payments behind them."""
    engine = FeatureEngine(PLAN, LISTS)
    live(engine, random_events(1, 50))
    random = np.random.default_rng(1)
    source, target = random.integers(0, 4, (2, ROWS), np.int32)
    times, amounts = np.arange(ROWS) + engine.watermark_us, random.integers(1, 99, ROWS)
    graph = engine.graph
    assert graph is not None
    looks = np.zeros(ROWS, np.bool_)
    graph.run(source, target, times, amounts, np.empty((ROWS, len(graph.spec.columns))), searched=looks)
    engine.edges.extend(Edges(pa.array([f"event-{row}" for row in range(ROWS)]), source, target, times, amounts), engine.watermark_us)
    for grouping in engine.groupings:
        grouping._grow_entries(ROWS)
        grouping.arena[A_USED] = ROWS
    return engine


def test_a_copy_of_the_state_and_its_way_to_the_disk_take_no_second_copy(tmp_path: Path) -> None:
    engine = grown()
    peak, copy = heap_peak(engine, tmp_path / "state")
    size = sum(array.nbytes for array in copy.arrays.values())
    assert size > 30 * MIB
    assert peak < size / 20
    assert (tmp_path / "state").stat().st_size > size


def test_a_copy_does_not_change_with_the_state() -> None:
    engine = FeatureEngine(PLAN, LISTS)
    events = random_events(2, 400)
    live(engine, events[:200])
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(room_module, "MAPPED_FROM", 1)
        copy = engine.copied(0)
    before = {name: array.tobytes() for name, array in copy.arrays.items()}
    live(engine, events[200:])
    assert {name: array.tobytes() for name, array in copy.arrays.items()} == before
    assert any(array.tobytes() != before[name] for name, array in engine.copied(0).arrays.items())


@pytest.mark.parametrize("count", [0, 1, MAPPED_FROM // 8 - 1, MAPPED_FROM // 8, MAPPED_FROM])
def test_room_is_zeros_of_any_size(count: int) -> None:
    zeros: npt.NDArray[Any] = room((count, 2), np.int32)
    assert zeros.shape == (count, 2)
    assert zeros.dtype == np.int32
    assert zeros.flags.writeable
    assert not zeros.any()
    zeros[:] = 7
    copy = copy_of(zeros)
    zeros[:] = 8
    assert (copy == 7).all()


@pytest.mark.skipif(sys.platform != "linux", reason="asks Linux for the memory in use")
def test_room_goes_back_to_the_system_whatever_was_made_after_it() -> None:
    before = resident()
    held = [copy_of(np.ones(MIB // 8)) for _ in range(64)]
    after = [bytes(3_000) for _ in range(1_000)]
    assert resident() - before > 60 * MIB
    held.clear()
    assert resident() - before < 8 * MIB
    assert len(after) == 1_000
