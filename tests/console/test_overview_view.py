"""The overview: each part of a bar has its name, and bars lead to the decisions that they count."""

import pytest

from huitong.console.ports import Flow
from huitong.console.views.overview import Today, hours_in, overview_view
from huitong.console.work.look import Look
from huitong.contracts import Actor, Health, Role
from huitong.identity import Clearance
from huitong.kernel import MICROSECONDS_PER_DAY, Language, time_us
from huitong.operations.cases import QueueFigures

SINCE = time_us("2026-11-26T16:00:00Z")
HOUR_US = 3_600_000_000
OUTCOMES = ("approve", "review", "decline")


def at_nine(count: int) -> list[int]:
    return [count if hour == 9 else 0 for hour in range(24)]


@pytest.mark.parametrize(
    ("language", "said"), [("en", "9:00–10:00: 1,000 to review, 1 declined"), ("zh", "9 时：人工复核 1,000 笔，拒绝 1 笔")]
)
def test_each_part_of_a_bar_is_named_and_the_bars_lead_to_the_days_decisions(language: Language, said: str) -> None:
    counts = dict(zip(OUTCOMES, (at_nine(50), at_nine(1_000), at_nine(1)), strict=True))
    day = Flow(SINCE, SINCE + MICROSECONDS_PER_DAY, counts, counts, 0)
    before = Flow(SINCE - MICROSECONDS_PER_DAY, SINCE, counts, counts, 0)
    health, queue = Health((), 0, 10, 0, {}), QueueFigures(0, 0.0, 0, 0, 0)
    known = Today(day, before, SINCE + MICROSECONDS_PER_DAY - 1, OUTCOMES, OUTCOMES[1:], queue, (), health, {}, (1, 1), current=True)
    look = Look(language, "Asia/Shanghai", "CNY", SINCE, Actor("zhao", frozenset({"analyst"})), Clearance(2))
    body = overview_view(known, look, {}).body
    assert said in body
    assert 'href="/decisions?since=2026-11-27&amp;until=2026-11-27"' in body
    assert 'href="/decisions?outcome=~stopped&amp;since=2026-11-27&amp;until=2026-11-27"' in body


@pytest.mark.parametrize(("role", "doors"), [("analyst", 2), ("operator", 0)])
def test_the_bar_of_an_hour_leads_to_its_decisions_whom_may_see_them(role: Role, doors: int) -> None:
    counts = dict(zip(OUTCOMES, (at_nine(50), at_nine(1_000), at_nine(1)), strict=True))
    day = Flow(SINCE, SINCE + MICROSECONDS_PER_DAY, counts, counts, 0)
    health, queue = Health((), 0, 10, 0, {}), QueueFigures(0, 0.0, 0, 0, 0)
    known = Today(day, day, SINCE + MICROSECONDS_PER_DAY - 1, OUTCOMES, OUTCOMES[1:], queue, (), health, {}, (1, 1), current=True)
    look = Look("en", "Asia/Shanghai", "CNY", SINCE, Actor("zhao", frozenset({role})), Clearance(2))
    body = overview_view(known, look, {}).body
    hour = "since=2026-11-27+09%3A00&amp;until=2026-11-27+10%3A00"
    assert body.count(f'<a href="/decisions?{hour}"') == doors, "drawn for a desk and for a phone"
    assert body.count(f'<a href="/decisions?outcome=~stopped&amp;{hour}"') == doors
    assert body.count("These decisions of 2026-11-27") == doors


@pytest.mark.parametrize(
    ("language", "last", "counting", "quiet"),
    [("en", "the last day", "Still counting", "A quiet day"), ("zh", "最近有支付", "仍在统计", "暂无数据")],
)
def test_while_the_log_is_counted_no_earlier_day_is_the_last_and_none_is_quiet(
    language: Language, last: str, counting: str, quiet: str
) -> None:
    health, queue = Health((), 0, 10, 0, {}), QueueFigures(0, 0.0, 0, 0, 0)
    look = Look(language, "Asia/Shanghai", "CNY", SINCE, Actor("zhao", frozenset({"operator"})), Clearance(2))
    for count in (50, 0):
        counts = dict.fromkeys(OUTCOMES, at_nine(count))
        day = Flow(SINCE, SINCE + MICROSECONDS_PER_DAY, counts, counts, 0)
        for counted in ((100, 1_000), (1_000, 1_000)):
            known = Today(day, day, SINCE + MICROSECONDS_PER_DAY - 1, OUTCOMES, OUTCOMES[1:], queue, (), health, {}, counted, current=False)
            view = overview_view(known, look, {})
            unfinished = counted[0] < counted[1]
            if count:
                assert (last in str(view.answer), counting in str(view.answer)) == (not unfinished, unfinished)
            else:
                assert (quiet in view.body) is not unfinished


@pytest.mark.parametrize(
    ("language", "said"), [("en", "Payments since 2026-11-27 12:00 are counted"), ("zh", "统计自 2026-11-27 12:00 起的支付")]
)
def test_from_when_on_payments_are_counted_stands_in_a_sentence(language: Language, said: str) -> None:
    counts = dict.fromkeys(OUTCOMES, at_nine(1))
    noon_us = SINCE + MICROSECONDS_PER_DAY // 2
    day = Flow(SINCE, SINCE + MICROSECONDS_PER_DAY, counts, counts, known_from_us=noon_us)
    before = Flow(SINCE - MICROSECONDS_PER_DAY, SINCE, counts, counts, 0)
    health, queue = Health((), 0, 10, 0, {}), QueueFigures(0, 0.0, 0, 0, 0)
    look = Look(language, "Asia/Shanghai", "CNY", SINCE, Actor("zhao", frozenset({"operator"})), Clearance(2))
    body = overview_view(Today(day, before, noon_us, OUTCOMES, OUTCOMES[1:], queue, (), health, {}, (9, 9), current=True), look, {}).body
    assert said in body
    assert "&lt;" not in body


@pytest.mark.parametrize(
    ("number", "grade", "shown"),
    [(3, 2, None), (3, 3, "CNY\u00a012,346"), (12, 2, "about CNY\u00a012,000"), (12, 3, "CNY\u00a012,346"), (0, 2, "CNY\u00a00")],
)
def test_a_sum_tells_no_amount_to_whom_no_amounts_are_shown(number: int, grade: int, shown: str | None) -> None:
    counts = {"approve": at_nine(900), "review": at_nine(number), "decline": at_nine(0)}
    sums = {"approve": at_nine(1), "review": at_nine(1_234_567 if number else 0), "decline": at_nine(0)}
    day = Flow(SINCE, SINCE + MICROSECONDS_PER_DAY, counts, sums, 0)
    health, queue = Health((), 0, 10, 0, {}), QueueFigures(0, 0.0, 0, 0, 0)
    known = Today(
        day, day, SINCE + MICROSECONDS_PER_DAY - 1, OUTCOMES, OUTCOMES[1:], queue, (), health, {}, (1, 1), current=True, amount_grade=3
    )
    look = Look("en", "Asia/Shanghai", "CNY", SINCE, Actor("li", frozenset({"analyst"})), Clearance(grade))
    assert known.held(day, look) == shown
    view = overview_view(known, look, {})
    assert ("not let through at once" in str(view.answer)) is (shown is not None)
    assert ("hidden-value" in view.body) is (shown is None)


@pytest.mark.parametrize(
    ("day", "next_day", "hours", "ten_thirty", "said", "asked"),
    [
        ("2026-03-28T23:00Z", "2026-03-29T22:00Z", 23, 9, "10:00–11:00: 1 decided, 7 the day before", ("10:00", "11:00")),
        ("2026-10-24T22:00Z", "2026-10-25T23:00Z", 25, 11, "10:00–11:00: 1 decided, 7 the day before", ("10:00", "11:00")),
        ("2026-10-24T22:00Z", "2026-10-25T23:00Z", 25, 3, "2:00–3:00 for the second time: 1 decided, 0 the day before", ("02:00", "03:00")),
    ],
)
def test_a_day_on_which_clocks_change_has_the_hours_that_they_show(
    day: str, next_day: str, hours: int, ten_thirty: int, said: str, asked: tuple[str, str]
) -> None:
    since, until = (time_us(text.replace("Z", ":00Z")) for text in (day, next_day))
    assert hours_in(since, until) == hours
    counts = {"approve": [1 if place == ten_thirty else 0 for place in range(hours)]}
    at_ten = {"approve": [7 if place == 10 else 0 for place in range(24)]}
    health, queue = Health((), 0, 10, 0, {}), QueueFigures(0, 0.0, 0, 0, 0)
    shown, before = Flow(since, until, counts, counts), Flow(since - MICROSECONDS_PER_DAY, since, at_ten, at_ten)
    noon_us, same_us = since + (ten_thirty + 1) * HOUR_US, before.since_us + 11 * HOUR_US
    known = Today(shown, before, noon_us, OUTCOMES, OUTCOMES[1:], queue, (), health, {}, (1, 1), current=True, same_us=same_us)
    body = overview_view(known, Look("en", "Europe/Berlin", "EUR", since, Actor("li", frozenset({"analyst"})), Clearance(2)), {}).body
    assert said in body
    date = next_day[:10]
    hour = "&amp;".join(f"{name}={date}+{clock.replace(':', '%3A')}" for name, clock in zip(("since", "until"), asked, strict=True))
    assert f'<a href="/decisions?{hour}"' in body
    assert "7 the day before by this time" in body
