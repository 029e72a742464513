"""Synthetic traffic: moved by whole weeks to the present, decided as it comes, and gone on with after a restart."""

from pathlib import Path

import numpy as np
import pytest

from huitong.app import Bank, Source
from huitong.app.traffic import WEEK_US, Traffic
from huitong.kernel import FixedClock, time_us

NOW_US = time_us("2026-03-04T10:00:00+08:00")
HOUR_US = 3_600_000_000


@pytest.fixture
def moved(root: Path, sources: list[Source]) -> tuple[Bank, Traffic, FixedClock]:
    clock = FixedClock(NOW_US)
    bank = Bank(root, clock=clock, threads=2)
    return bank, Traffic(bank, "small", sources, decided_days=0.5), clock


def test_the_last_payments_are_decided_and_the_others_are_history(moved: tuple[Bank, Traffic, FixedClock]) -> None:
    bank, traffic, _ = moved
    with bank:
        decided = traffic.catch_up()
        times = traffic.moved.batches["payment.requested"].time_us
        assert decided == np.count_nonzero((times >= NOW_US - 12 * HOUR_US) & (times < NOW_US))
        assert decided > 50
        assert NOW_US < times[-1] < NOW_US + WEEK_US
        assert bank.log.end() > len(times[times < NOW_US])


def test_what_began_once_goes_on_with_the_same_times_and_decides_nothing_twice(
    moved: tuple[Bank, Traffic, FixedClock], root: Path, sources: list[Source]
) -> None:
    bank, traffic, _ = moved
    with bank:
        traffic.catch_up()
        end = bank.log.end()
    with Bank(root, clock=FixedClock(NOW_US + 9 * WEEK_US), threads=2) as later:
        again = Traffic(later, "small", sources, decided_days=0.01)
        assert again.moved.weeks == traffic.moved.weeks
        assert later.log.end() == end
    with Bank(root, clock=FixedClock(NOW_US + HOUR_US), threads=2) as soon:
        again = Traffic(soon, "small", sources, decided_days=0.5)
        times = again.moved.batches["payment.requested"].time_us
        assert again.catch_up() == np.count_nonzero((times >= NOW_US) & (times < NOW_US + HOUR_US))
        assert again.catch_up() == 0
