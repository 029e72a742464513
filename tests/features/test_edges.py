"""The payments behind graph patterns: the latest rows by number, whatever way they came in, and no more than a pattern reaches."""

import tracemalloc
from collections.abc import Iterator, Sequence

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from huitong.contracts import NULL_CODE, PatternEdge
from huitong.features import edges
from huitong.features.edges import EdgeLog, Edges
from huitong.features.symbols import Interner

REACH_US = 2_000
STRETCH = 16
NAMES = [f"A{number}" for number in range(7)]
Row = tuple[str, int, int, int, int]


def empty() -> EdgeLog:
    names = Interner()
    names.learn(NAMES)
    return EdgeLog(REACH_US, (names, names))


def rows_of(count: int, step_us: int = 3) -> list[Row]:
    """Rows whose times go on, and now and then back."""
    random = np.random.default_rng([count, step_us])
    times = np.cumsum(random.integers(0, step_us + 1, count)) - 40 * step_us * (random.random(count) < 0.05)
    ends = random.integers(NULL_CODE, len(NAMES), (count, 2)).tolist()
    return [(f"支付{row}" * (row % 3), *ends[row], int(times[row]), row * 7 - 100) for row in range(count)]


def columns(rows: Sequence[Row]) -> Edges:
    ids, source, target, times, amounts = zip(*rows, strict=True) if rows else ((), (), (), (), ())
    payers, payees = np.array(source, np.int32), np.array(target, np.int32)
    return Edges(pa.array(ids, pa.string()), payers, payees, np.array(times, np.int64), np.array(amounts, np.int64))


def shown(row: Row) -> PatternEdge:
    source, target = ("" if code == NULL_CODE else NAMES[code] for code in row[1:3])
    return PatternEdge(row[0], source, target, row[3], row[4])


def held(log: EdgeLog) -> tuple[int, list[PatternEdge | None]]:
    return log.first, [log.edge(number) for number in range(log.first, log.end)]


def expected(rows: Sequence[Row], newest_us: int) -> tuple[int, list[PatternEdge]]:
    first = next((number for number, row in enumerate(rows) if row[3] > newest_us - REACH_US), len(rows))
    return first, [shown(row) for row in rows[first:]]


@pytest.fixture(autouse=True, scope="module")
def _short_stretches() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(edges, "STRETCH", STRETCH)
        yield


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 2 * STRETCH + 3)), max_size=5), st.sampled_from([0, 1, 7, 900]), st.data())
@example([(True, 1), (False, STRETCH - 1), (False, 1)], 0, None)
@example([(False, STRETCH), (True, 1)], 900, None)
def test_rows_are_kept_by_number_however_they_came(groups: list[tuple[bool, int]], step_us: int, data: st.DataObject | None) -> None:
    rows = rows_of(sum(count for _, count in groups), step_us)
    log, seen, newest_us = empty(), 0, 0
    for singly, count in groups:
        some = rows[seen : seen + count]
        seen += count
        if singly:
            for event, source, target, time_us, amount in some:
                newest_us = max(newest_us, time_us)
                log.add(event, source, target, time_us, amount, newest_us)
        else:
            newest_us = max([newest_us, *(row[3] for row in some)])
            log.extend(columns(some), newest_us)
            log.forget(newest_us)
        assert held(log) == expected(rows[:seen], newest_us)
        if data is not None and data.draw(st.booleans()):
            again = empty()
            again.load(log.first, log.state())
            log = again
            assert held(log) == expected(rows[:seen], newest_us)
    assert log.edge(log.first - 1) is None
    assert log.edge(log.end) is None


def test_no_more_is_kept_than_patterns_reach(monkeypatch: pytest.MonkeyPatch) -> None:
    """A second of a busy bank, then another: columns take a fraction of the room of objects, and what is forgotten none."""
    log, count = empty(), 50_000
    monkeypatch.setattr(edges, "STRETCH", 1_024)
    tracemalloc.start()
    try:
        for begin in range(0, 3 * count, 1_000):
            log.extend(columns([(f"payment-{row:012}", 0, 1, row * REACH_US // count, 5) for row in range(begin, begin + 1_000)]), 0)
            log.forget((begin + 1_000) * REACH_US // count)
            if begin == count:
                full = tracemalloc.get_traced_memory()[0]
        left = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert log.end - log.first == pytest.approx(count, rel=0.01)
    assert left == pytest.approx(full, rel=0.05)
    assert left < 40 * count, "names aside, which Arrow keeps in memory of its own"
