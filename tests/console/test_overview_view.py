"""The overview: each part of a bar has its name, and bars lead to the decisions that they count."""

import pytest

from huitong.console.ports import Flow
from huitong.console.views.overview import HOURS, Today, overview_view
from huitong.console.work.look import Look
from huitong.contracts import Actor, Health, Role
from huitong.identity import Clearance
from huitong.kernel import MICROSECONDS_PER_DAY, Language, time_us
from huitong.operations.cases import QueueFigures

SINCE = time_us("2026-11-26T16:00:00Z")
OUTCOMES = ("approve", "review", "decline")


def at_nine(count: int) -> list[int]:
    return [count if hour == 9 else 0 for hour in range(HOURS)]


@pytest.mark.parametrize(
    ("language", "said"), [("en", "9:00–10:00: 1,000 to review, 1 declined"), ("zh", "9 时：人工复核 1,000 笔，拒绝 1 笔")]
)
def test_each_part_of_a_bar_is_named_and_the_bars_lead_to_the_days_decisions(language: Language, said: str) -> None:
    counts = dict(zip(OUTCOMES, (at_nine(50), at_nine(1_000), at_nine(1)), strict=True))
    day = Flow(SINCE, SINCE + MICROSECONDS_PER_DAY, counts, counts, 0)
    before = Flow(SINCE - MICROSECONDS_PER_DAY, SINCE, counts, counts, 0)
    health, queue = Health((), 0, 10, 0, {}), QueueFigures(0, 0.0, 0, 0, 0)
    known = Today(day, before, SINCE + MICROSECONDS_PER_DAY - 1, OUTCOMES, queue, 0, (), health, {}, (1, 1), current=True)
    look = Look(language, "Asia/Shanghai", "CNY", SINCE, Actor("zhao", frozenset({"operator"})), Clearance(2))
    body = overview_view(known, look, {}).body
    assert said in body
    assert 'href="/decisions?since=2026-11-27&amp;until=2026-11-27"' in body
    assert 'href="/decisions?outcome=held&amp;since=2026-11-27&amp;until=2026-11-27"' in body


@pytest.mark.parametrize(("role", "doors"), [("analyst", 2), ("operator", 0)])
def test_the_bar_of_an_hour_leads_to_its_decisions_whom_may_see_them(role: Role, doors: int) -> None:
    counts = dict(zip(OUTCOMES, (at_nine(50), at_nine(1_000), at_nine(1)), strict=True))
    day = Flow(SINCE, SINCE + MICROSECONDS_PER_DAY, counts, counts, 0)
    health, queue = Health((), 0, 10, 0, {}), QueueFigures(0, 0.0, 0, 0, 0)
    known = Today(day, day, SINCE + MICROSECONDS_PER_DAY - 1, OUTCOMES, queue, 0, (), health, {}, (1, 1), current=True)
    look = Look("en", "Asia/Shanghai", "CNY", SINCE, Actor("zhao", frozenset({role})), Clearance(2))
    body = overview_view(known, look, {}).body
    hour = "since=2026-11-27+09%3A00&amp;until=2026-11-27+10%3A00"
    assert body.count(f'<a href="/decisions?{hour}"') == doors, "drawn for a desk and for a phone"
    assert body.count(f'<a href="/decisions?outcome=held&amp;{hour}"') == doors
