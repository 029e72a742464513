"""Time: integer microseconds since the epoch, UTC; the clock is an argument."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huitong.kernel import (
    MICROSECONDS_PER_DAY,
    MICROSECONDS_PER_SECOND,
    Clock,
    FixedClock,
    InputError,
    SystemClock,
    duration_us,
    time_text,
    time_us,
)

moments = st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30), timezones=st.just(UTC))


@given(moments)
def test_every_moment_survives_the_way_to_text_and_back(moment: datetime) -> None:
    moment_us = time_us(moment.isoformat())
    assert time_us(time_text(moment_us)) == moment_us
    assert datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=moment_us) == moment


@pytest.mark.parametrize("moment_us", [-(1 << 63), (1 << 63) - 1, 10**30])
def test_a_moment_beyond_the_calendar_has_no_text(moment_us: int) -> None:
    with pytest.raises(InputError) as caught:
        time_text(moment_us)
    assert caught.value.code == "time.outside"


def test_the_same_moment_in_two_offsets_is_one_number() -> None:
    assert time_us("2026-01-01T08:00:00+08:00") == time_us("2026-01-01T00:00:00Z")


@pytest.mark.parametrize("text", ["", "yesterday", "2018-07-25", "2018-07-25T00:00:00", "2018-13-01T00:00:00Z", "1532476800"])
def test_text_without_an_offset_or_a_real_date_is_refused(text: str) -> None:
    with pytest.raises(InputError) as caught:
        time_us(text)
    assert caught.value.code == "time.unreadable"


@pytest.mark.parametrize(("text", "seconds"), [("1s", 1), ("15m", 900), ("24h", 86_400), ("30d", 2_592_000), ("2w", 1_209_600)])
def test_a_duration_is_a_whole_number_and_a_unit(text: str, seconds: int) -> None:
    assert duration_us(text) == seconds * MICROSECONDS_PER_SECOND


@pytest.mark.parametrize("text", ["", "h", "0h", "-1h", "1.5h", "1", "1y", "1 h", "１h", "²h", "h1"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(InputError) as caught:
        duration_us(text)
    assert caught.value.code == "time.duration.unreadable"


@pytest.mark.parametrize("text", ["36526d", "5219w", "99999999999d", "9" * 5_000 + "s"])
def test_a_duration_longer_than_a_hundred_years_is_a_mistake(text: str) -> None:
    with pytest.raises(InputError) as caught:
        duration_us(text)
    assert caught.value.code == "time.duration.long"
    assert duration_us("36525d") > 0


def test_a_fixed_clock_moves_only_when_told() -> None:
    clock = FixedClock(5)
    assert (clock.now_us(), clock.now_us()) == (5, 5)
    clock.advance_us(MICROSECONDS_PER_DAY)
    assert clock.now_us() == 5 + MICROSECONDS_PER_DAY


def test_the_system_clock_agrees_with_the_standard_library() -> None:
    clock: Clock = SystemClock()
    before = datetime.now(UTC)
    now_us = clock.now_us()
    after = datetime.now(UTC)
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    assert before - timedelta(microseconds=1) <= epoch + timedelta(microseconds=now_us) <= after
