"""Synthetic traffic: moved by whole weeks to the present, decided as it comes, and gone on with after a restart."""

import time
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
        assert (traffic.left, traffic.last_us) == (int(np.count_nonzero(times >= NOW_US)), int(times[-1]))
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
    with Bank(root, clock=FixedClock(NOW_US + WEEK_US), threads=2) as after:
        again = Traffic(after, "small", sources, decided_days=0.01)
        again.catch_up()
        assert (again.left, again.last_us < NOW_US + WEEK_US) == (0, True), "whatever began has an end"


def test_until_when_the_model_has_learned_is_moved_with_what_it_has_learned_from(root: Path, sources: list[Source]) -> None:
    clock = FixedClock(NOW_US)
    with Bank(root, clock=clock, threads=2) as bank:
        before = bank.load("small").program.settings.model
        assert before is not None
        assert before.learned_before_us is not None
        for _ in range(2):
            traffic = Traffic(bank, "small", sources, decided_days=0.1)
            moved = traffic._live.loaded.program.settings.model
            assert moved is not None
            assert moved.learned_before_us == before.learned_before_us + traffic.moved.weeks * WEEK_US
            traffic.catch_up()
        assert traffic.moved.weeks > 0


def test_hurried_traffic_takes_the_payments_to_come_one_by_one_at_the_present_and_goes_on_where_it_stopped(
    root: Path, sources: list[Source]
) -> None:
    clock = FixedClock(NOW_US)
    with Bank(root, clock=clock, threads=2) as bank:
        traffic = Traffic(bank, "small", sources, decided_days=0.1, hurried=True)
        traffic.catch_up()
        batch = traffic.moved.batches["payment.requested"]
        assert batch.time_us[-1] >= NOW_US + WEEK_US, "there is more than a week to come"
        first = int(np.searchsorted(batch.time_us, NOW_US))

        def taken(place: int) -> int | None:
            found = bank.log.event(str(batch.ids[place]))
            return None if found is None else found.time_us

        clock.advance_us(1_000_000)
        with traffic:
            deadline = time.monotonic() + 60
            while taken(first + 2) is None and time.monotonic() < deadline:
                time.sleep(0.05)
        assert taken(first) in range(NOW_US, clock.now_us())
        reached = next(place for place in range(first, len(batch)) if taken(place) is None)
    with Bank(root, clock=clock, threads=2) as bank:
        again = Traffic(bank, "small", sources, decided_days=0.1, hurried=True)
        assert again.catch_up() == 0
        assert again.left == len(batch) - reached
        clock.advance_us(1_000_000)
        with again:
            deadline = time.monotonic() + 60
            while taken(reached) is None and time.monotonic() < deadline:
                time.sleep(0.05)
        assert taken(reached) in range(NOW_US + 1_000_000, clock.now_us())
