"""The overview: what flowed today, what was not let through at once, what waits for people, whether all is well."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from huitong.console.markup import Markup, Part, link, markup, short, tag
from huitong.console.parts.charts import Stack, bars
from huitong.console.ports import Flow, Found
from huitong.console.views.decisions import HELD_UP, decisions_table, outcome_word
from huitong.console.views.log import finding_line
from huitong.console.views.system import deciding
from huitong.console.words import OUTCOMES, word
from huitong.console.work.look import Look, View, figures, nothing, section
from huitong.contracts import DataContract, Health
from huitong.decisions.rollout import percent_of
from huitong.evaluation.words import moment, plural, ratio, share
from huitong.identity import ROLES_WHO_READ
from huitong.kernel import MICROSECONDS_PER_SECOND, Text
from huitong.operations.cases import QueueFigures

_RECORDS_OF_A_MOMENT = 24
"""From so many uncounted records on the log is still being counted."""

_HOUR_US = 3_600 * MICROSECONDS_PER_SECOND
_FEW = 10
"""So many payments hide the amount of each in their sum."""


@dataclass(frozen=True, slots=True)
class Today:
    """What the overview knows.

    Attributes:
        day: The day shown, by the hour.
        before: The day before, by the hour.
        until_us: Up to when the day is known.
        outcomes: Outcomes, mildest first.
        stopping: Those that do not let a payment through at once.
        queue: What waits at the desk.
        held_up: The latest decisions that were not let through.
        health: Whether all is well.
        titles: What people call the policies that decide, by name.
        counted: How much of the log the counts know: records of how many.
        current: Whether the day is that of the clock.
        amount_grade: The highest grade of the amount of what is decided.
        same_us: When the day before had the same time of day; ``None`` for as long after its begin as the day is known.
    """

    day: Flow
    before: Flow
    until_us: int
    outcomes: Sequence[str]
    stopping: Sequence[str]
    queue: QueueFigures
    held_up: Sequence[Found]
    health: Health
    titles: Mapping[str, Text]
    counted: tuple[int, int]
    current: bool
    amount_grade: int = 1
    same_us: int | None = None

    @property
    def counting(self) -> bool:
        """Whether the counts still lack more of the log than what came a moment ago."""
        reached, total = self.counted
        return total - reached >= _RECORDS_OF_A_MOMENT

    @property
    def same_time(self) -> Flow:
        """The day before, up to the same time of day: whole hours, and of the hour that runs its share."""
        before = self.before
        elapsed = (self.until_us - self.day.since_us if self.same_us is None else self.same_us - before.since_us) / _HOUR_US

        def cut(of: Mapping[str, Sequence[int]]) -> dict[str, list[int]]:
            whole = int(elapsed)
            return {
                name: [*values[:whole], *([round(values[whole] * (elapsed - whole))] if whole < len(values) else [])]
                for name, values in of.items()
            }

        return Flow(before.since_us, before.until_us, cut(before.counts), cut(before.amounts_minor), before.known_from_us)

    def held(self, of: Flow, look: Look) -> str | None:
        """The money that was not let through at once.

        Whoever sees no amounts gets none from it: a sum of few is left out, and one of many is rounded, as what it grows by between two
        looks is one payment's.
        """
        number, money = (of.number(*self.stopping), of.sum_minor(*self.stopping)) if self.stopping else (0, 0)
        if self.amount_grade <= look.clearance.grade or not number:
            return look.money(money)
        if number < _FEW:
            return None
        rounded = look.money(round(money, 2 - len(str(money))))
        return look.pick("about ", "约 ") + re.sub(r"\.0+(?!\d)", "", rounded)


def hours_in(since_us: int, until_us: int) -> int:
    """Hours of a day: 23 or 25 on those when clocks change."""
    return round((until_us - since_us) / _HOUR_US)


@dataclass(frozen=True, slots=True)
class _Hour:
    """An hour of the day that is shown; of two that clocks show alike, both lead to what was decided in either.

    Attributes:
        place: Which part of the day it is.
        clock: What clocks show in it.
        again: Whether they showed it before.
        since: Where it begins, as the page of decisions is asked.
        until: Where it ends.
    """

    place: int
    clock: int
    again: bool
    since: str
    until: str

    def said(self, look: Look) -> str:
        """The hour, before what happened in it."""
        again = look.pick(" for the second time", "（第二次）") if self.again else ""
        return look.pick(f"{self.clock}:00–{self.clock + 1}:00{again}: ", f"{self.clock} 时{again}：")


def _hours(day: Flow, zone: str) -> list[_Hour]:
    begins = [moment(day.since_us + place * _HOUR_US, zone)[:16] for place in range(hours_in(day.since_us, day.until_us))]
    ends = [*begins[1:], moment(day.until_us, zone)[:16]]
    return [
        _Hour(place, int(since[11:13]), since in begins[:place], since, next(end for end in ends[place:] if end != since))
        for place, since in enumerate(begins)
    ]


def _by_clock(day: Flow, zone: str) -> Mapping[int, int]:
    """Decisions of a day by what clocks showed."""
    found: dict[int, int] = {}
    for hour in _hours(day, zone):
        found[hour.clock] = found.get(hour.clock, 0) + sum(values[hour.place] for values in day.counts.values())
    return found


def overview_view(known: Today, look: Look, contracts: Mapping[str, DataContract]) -> View:
    """The page.

    Args:
        known: What it knows.
        look: Who looks.
        contracts: Data contracts by kind of event.
    """
    if not known.day.number() and (counting := _counting(known, look)):
        return View(look.pick("Overview", "总览"), None, markup(counting, _health(known, look)))
    if not known.day.number():
        lead = look.pick(
            "Nothing was decided yet: systems ask at POST /v1/decisions, and each answer shows up here.",
            "尚未作出任何决策：业务系统通过 POST /v1/decisions 请求，答复会显示在此。",
        )
        return View(look.pick("Overview", "总览"), None, markup(nothing(look.pick("A quiet day", "暂无数据"), lead), _health(known, look)))
    body = markup(
        _counting(known, look),
        _counted_from(known, look),
        _figures(known, look),
        tag("div", _flow(known, look), _held_up(known, look), class_="columns"),
        _latest(known, look, contracts),
        _health(known, look),
    )
    return View(look.pick("Overview", "总览"), _answer(known, look), body)


def _answer(known: Today, look: Look) -> str:
    day, queue = known.day, known.queue
    clock = moment(known.until_us, look.zone)
    when_en, when_zh = (f"Today until {clock[11:16]},", f"今日截至 {clock[11:16]} ")
    if not known.current and known.counting:
        when_en, when_zh = f"Still counting, up to {clock[:16]} so far: that day", f"仍在统计，目前至 {clock[:16]}：当日"
    elif not known.current:
        when_en, when_zh = f"On {clock[:10]}, the last day with payments,", f"最近有支付的一天 {clock[:10]}，"
    en = f"{when_en} {plural(day.number(), 'payment was', 'payments were')} decided"
    zh = f"{when_zh}共决策 {look.count(day.number())} 笔支付"
    if (stopped := known.held(day, look)) is not None:
        en, zh = f"{en}, {stopped} not let through at once", f"{zh}，未直接放行{'' if stopped.startswith('约') else ' '}{stopped}"
    if queue.alerts:
        en = f"{en}; {plural(queue.alerts, 'alert waits', 'alerts wait')}, {queue.hours:.1f} hours of work"
        zh = f"{zh}；{queue.alerts:,} 条预警待处理，约需 {queue.hours:.1f} 小时"
    else:
        en, zh = f"{en}; no alert waits", f"{zh}；没有待处理的预警"
    return look.pick(f"{en}.", f"{zh}。")


def _counting(known: Today, look: Look) -> Markup | None:
    if not known.counting:
        return None
    done = share(ratio(*known.counted))
    said = look.pick(
        f"The log is still being counted: {done} of it so far. The figures grow until then.",
        f"日志仍在统计，已完成 {done}，数字将随之增长。",
    )
    return tag("p", said, class_="note", role="status")


def _counted_from(known: Today, look: Look) -> Markup | None:
    """Where the day before, or even the day, began before what is counted."""
    from_us = known.day.known_from_us
    if from_us is None or from_us <= known.before.since_us:
        return None
    since = look.minute(from_us)
    said = look.pick(f"Payments since {since} are counted; there are more in the log.", f"统计自 {since} 起的支付；日志中还有更早的支付。")
    return tag("p", said, class_="note", role="status")


def _figures(known: Today, look: Look) -> Markup:
    day, before, queue = known.day, known.same_time, known.queue
    since = moment(day.since_us, look.zone)[:10]

    reads = look.is_a(*ROLES_WHO_READ)

    def door(said: str, **query: str) -> Part:
        return said if not reads else link(f"/decisions?{urlencode({'since': since, 'until': since, **query})}", said)

    held, held_before = (of.number(*known.stopping) if known.stopping else 0 for of in (day, before))
    money, money_before = (known.held(of, look) for of in (day, before))
    hardest = known.outcomes[-1]
    hours = look.pick(f"{queue.hours:.1f} h", f"{queue.hours:.1f} 小时")
    wait = look.pick(f"{queue.late:,} past their deadline", f"{queue.late:,} 条已超时")
    return figures(
        (look.pick("Decided", "已决策"), door(look.count(day.number())), _against(look, look.count(before.number()))),
        (
            look.pick("Money not let through at once", "未直接放行金额"),
            look.hidden(known.amount_grade) if money is None else door(money, outcome=HELD_UP),
            "" if money_before is None else _against(look, money_before),
        ),
        (
            look.pick("Not let through at once", "未直接放行占比"),
            door(share(ratio(held, day.number())), outcome=HELD_UP),
            _against(look, share(ratio(held_before, before.number()))),
        ),
        (
            look.pick(f"Outcome: {outcome_word(hardest, look)}", f"结果为{outcome_word(hardest, look)}"),
            door(look.count(day.number(hardest)), outcome=hardest),
            _against(look, look.count(before.number(hardest))),
        ),
        (look.pick("Queue", "预警队列"), link("/alerts", hours) if reads else hours, wait),
    )


def _against(look: Look, said: str) -> str:
    return look.pick(f"{said} the day before by this time", f"前一日同一时刻 {said}")


def _flow(known: Today, look: Look) -> Markup:
    stacks, day_before = [], _by_clock(known.before, look.zone)
    for hour in _hours(known.day, look.zone):
        number, before = sum(values[hour.place] for values in known.day.counts.values()), day_before.get(hour.clock, 0)
        said = look.pick(f"{number:,} decided, {before:,} the day before", f"{number:,} 笔，前一日 {before:,} 笔")
        stacks.append(Stack(_tick(hour), {"series": number}, hour.said(look) + said, _hour_door(look, hour)))
    name = look.pick("Payments decided in each hour of the day", "当日各小时决策笔数")
    lead = _key("series", look.pick("all outcomes", "全部结果"))
    return section(look.pick("Decided, by the hour", "各小时决策笔数"), bars(name, stacks), _decisions_of(known, look), lead=lead)


def _held_up(known: Today, look: Look) -> Markup:
    title = look.pick("Not let through at once, by the hour", "各小时未直接放行笔数")
    if not known.stopping or not known.day.number(*known.stopping):
        return section(
            title, tag("p", look.pick("Everything was let through at once so far today.", "当日支付均已直接放行。"), class_="muted")
        )
    stacks = []
    for hour in _hours(known.day, look.zone):
        counts = {name: known.day.counts[name][hour.place] for name in known.stopping if name in known.day.counts}
        parts: dict[str, float] = {}
        for outcome, number in counts.items():
            parts[_colour(outcome)] = parts.get(_colour(outcome), 0.0) + number
        en = ", ".join(f"{number:,} {word(OUTCOMES, outcome)['en']}" for outcome, number in counts.items())
        zh = "，".join(f"{word(OUTCOMES, outcome)['zh']} {number:,} 笔" for outcome, number in counts.items())
        stacks.append(Stack(_tick(hour), parts, hour.said(look) + look.pick(en, zh), _hour_door(look, hour, outcome=HELD_UP)))
    name = look.pick("Payments not let through at once in each hour of the day", "当日各小时未直接放行笔数")
    lead = [_key(_colour(one), outcome_word(one, look)) for one in known.stopping]
    return section(title, bars(name, stacks), _decisions_of(known, look, outcome=HELD_UP), lead=lead)


def _hour_door(look: Look, hour: _Hour, **asked: str) -> str | None:
    """Address of the decisions of an hour; ``None`` for who may not look at decisions."""
    if not look.is_a(*ROLES_WHO_READ):
        return None
    return f"/decisions?{urlencode({**asked, 'since': hour.since, 'until': hour.until})}"


def _decisions_of(known: Today, look: Look, **asked: str) -> Markup | None:
    """The way to the decisions of the day that is shown; none for who may not look at decisions."""
    if not look.is_a(*ROLES_WHO_READ):
        return None
    day = moment(known.day.since_us, look.zone)[:10]
    href = f"/decisions?{urlencode({**asked, 'since': day, 'until': day})}"
    return tag("p", link(href, look.pick(f"These decisions of {day}", f"查看 {day} 的这些决策")), class_="meta")


def _key(colour: str, said: str) -> Markup:
    return tag("span", tag("span", "■ ", class_=f"mark-{colour}", aria_hidden="true"), said, class_="key")


def _colour(outcome: str) -> str:
    return outcome if outcome in ("review", "decline") else "held"


def _tick(hour: _Hour) -> str:
    return str(hour.clock) if hour.clock % 4 == 0 else ""


def _latest(known: Today, look: Look, contracts: Mapping[str, DataContract]) -> Markup | None:
    if not look.is_a(*ROLES_WHO_READ):
        return None
    title = look.pick("Not let through at once, the latest", "最近未直接放行")
    if not known.held_up:
        return section(title, tag("p", look.pick("Everything was let through at once today.", "今日支付均已直接放行。"), class_="muted"))
    more = link(f"/decisions?outcome={HELD_UP}", look.pick("All of them", "查看全部"), class_="button")
    return section(title, decisions_table(known.held_up, look, contracts, title), tag("div", more, class_="pages-of"))


def _health(known: Today, look: Look) -> Markup:
    title, health = look.pick("Health", "运行状况"), known.health
    versions = [
        tag("span", look.pick(" Decides: ", " 现行策略："), look.text(word(known.titles, name)), _versions(health, name, look))
        for name in health.policies
    ]
    if not health.findings:
        fine = look.pick("All is well: the log takes records, no call waits long.", "一切正常：日志可写，请求没有积压。")
        return section(title, tag("p", tag("span", "✓ ", class_="mark mark-approve", aria_hidden="true"), fine, versions))
    found = tag("ul", [tag("li", finding_line(one, look)) for one in health.findings], class_="plain")
    return section(title, found, tag("p", versions), lead=link("/system", look.pick("System", "系统")))


def _versions(health: Health, policy: str, look: Look) -> Markup:
    """The version that decides; while there is a canary both, each with its share."""
    both = [(short(version), percent_of(share_ppm)) for version, share_ppm in deciding(health, policy)]
    if len(both) == 1:
        return markup(" ", both[0][0])
    (live, rest), (canary, part) = both
    return markup(" ", live, look.pick(f" for {rest} %, ", f"（{rest}%）、"), canary, look.pick(f" for {part} %", f"（{part}%）"))
