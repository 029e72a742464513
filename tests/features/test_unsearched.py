"""Events whose graph patterns nobody searched for: their other features, and everything after them, are what they would have been."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from huitong.features import FeatureEngine
from tests.features.test_preview import written
from tests.features.test_replay import swapped
from tests.features.world import LISTS, PAYMENT, WINDOWS, plan_of

PLAN = plan_of(
    {
        **WINDOWS,
        "cycles_2": {"graph": "cycles", "length": 2, "over": "3h"},
        "fan_out": {"graph": "fan_out", "of": "source", "over": "3h"},
        "capped": {"graph": "capped"},
        "doubled": {"product": ["cycles_2", "amount"]},
        "spread": {"product": ["fan_out", "amount"]},
        "further": {"maximum": ["doubled", "spread"]},
    }
)
SEARCHED = ("cycles_2", "capped", "doubled", "further")


def fresh() -> FeatureEngine:
    return FeatureEngine(PLAN, LISTS)


def test_the_plan_knows_which_columns_only_a_search_fills() -> None:
    assert sorted(PLAN.searched) == sorted(PLAN.names.index(name) for name in SEARCHED)
    assert plan_of({"amount": {"field": "amount"}}).searched == frozenset()


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000), sizes=st.lists(st.integers(1, 40), min_size=1, max_size=8), flags=st.integers(0, 2**63))
def test_together_one_by_one_and_previewed_they_come_out_alike_and_leave_the_state_of_all_searched(
    tmp_path_factory: pytest.TempPathFactory, seed: int, sizes: list[int], flags: int
) -> None:
    folder = tmp_path_factory.mktemp("state")
    together, single, all_together, all_single = fresh(), fresh(), fresh(), fresh()
    events, blank = swapped(seed, 160), sorted(PLAN.searched)
    other = [place for place in range(len(PLAN.names)) if place not in PLAN.searched]
    start, turn = 0, 0
    while start < len(events):
        some = events[start : start + sizes[turn % len(sizes)]]
        searched = [flags >> (place % 63) & 1 == 1 for place in range(start, start + len(some))]
        start, turn = start + len(some), turn + 1
        taken = together.update_many(some, searched)
        all_together.update_many(some)
        rows = iter(zip(taken.features, taken.patterns, strict=True))
        for event, flag in zip(some, searched, strict=True):
            asked = single.preview(event, searched=flag) if event.kind == PAYMENT else None
            alone, whole = single.update(event, searched=flag), all_single.update(event)
            if alone is None or whole is None or asked is None:
                assert alone is whole is asked is None
                continue
            row, patterns = next(rows)
            assert row.tobytes() == alone.tobytes() == asked.tobytes()
            assert alone[other].tobytes() == whole[other].tobytes()
            assert patterns == single.evidence() == (all_single.evidence() if flag else {})
            assert alone.tobytes() == whole.tobytes() if flag else np.isnan(alone[blank]).all()
        assert next(rows, None) is None
    assert written(together, folder / "one") == written(all_together, folder / "other")
    assert written(single, folder / "one") == written(all_single, folder / "other")
