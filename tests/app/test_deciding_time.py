"""Deciding times of two versions are those since they have been compared, by how many events were decided together."""

from huitong.app.deciding_time import DecidingTime, TimesCompared
from huitong.decisions.rollout import GROUP_SIZES, Counted

LIMIT_US = 50_000
FAST_NS, SLOW_NS = 2_000_000, 120_000_000


def test_groups_count_by_their_size_and_by_how_long_they_took() -> None:
    time = DecidingTime()
    for events, took_ns in ((1, SLOW_NS), (1, FAST_NS), (2, FAST_NS), (3, SLOW_NS), (512, FAST_NS), (9_999, SLOW_NS), (4, 50_000_000)):
        time.add(took_ns, events)
    found = time.told().slower_than(LIMIT_US)
    assert len(found) == GROUP_SIZES
    assert {size: (one.events, one.trials) for size, one in enumerate(found) if one.trials} == {0: (1, 2), 1: (1, 2), 2: (0, 1), 9: (1, 2)}


def test_what_a_version_took_before_the_comparison_or_before_one_was_started_anew_does_not_count() -> None:
    live, canary, compared = DecidingTime(), DecidingTime(), TimesCompared()
    for _ in range(9):
        live.add(SLOW_NS, 1)
    none = Counted(0, 0)
    assert [one[0] for one in compared.slower_than(LIMIT_US, (live, canary))] == [none, none]
    live.add(FAST_NS, 1)
    canary.add(SLOW_NS, 1)
    assert [one[0] for one in compared.slower_than(LIMIT_US, (live, canary))] == [Counted(0, 1), Counted(1, 1)]
    assert compared.slower_than(LIMIT_US, ()) == ()
    again = DecidingTime()
    assert [one[0] for one in compared.slower_than(LIMIT_US, (live, again))] == [none, none]
    again.add(FAST_NS, 1)
    assert [one[0] for one in compared.slower_than(LIMIT_US, (live, again))] == [none, Counted(0, 1)]
