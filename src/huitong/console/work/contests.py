"""Champion and challenger side by side: counts, rates, where their difference lies for certain, and the decisions that differ."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from huitong.console.markup import Markup, Part, markup, tag
from huitong.console.ports_work import Contest
from huitong.console.work.look import Look, mark, path_to, section, short, table
from huitong.console.work.parts import outcome
from huitong.decisions.rollout import Counted, Evidence, RateInterval, RolloutSettings, Tally, Version, difference_interval
from huitong.evaluation.words import share

DIFFERING_SHOWN = 50
_WIDTH, _HEIGHT, _MIDDLE = 640, 72, 36


def declined_rates(contest: Contest) -> tuple[Counted, Counted]:
    """Declines of champion and challenger."""
    live, other = contest.live, contest.challenger
    return live.counted(live.declined), other.counted(other.declined)


def with_counted(version: Version, contest: Contest | None, now_us: int) -> Version:
    """A challenger with what was counted so far as its evidence: what a step forward writes down before it is judged."""
    if contest is None or version.stage not in ("shadow", "canary"):
        return version
    one, other = declined_rates(contest)
    since_us = version.since_us()
    found = Evidence(
        version.stage, since_us, now_us, other.trials, other.events, None, one.trials, one.events, id="", time_us=now_us, by=""
    )
    return replace(version, evidence=[*version.evidence, found])


def contest_of(contest: Contest, live: Version, challenger: Version, settings: RolloutSettings, look: Look) -> Markup:
    """The two side by side."""
    one, other = declined_rates(contest)
    between = difference_interval(one, other, settings.alpha) if one.trials and other.trials else None
    return markup(
        _counts(contest, live, challenger, look),
        _difference(between, settings, look)
        if between is not None
        else tag("p", look.pick("Nothing was decided yet.", "尚无决策。"), class_="muted"),
        _differing(contest, challenger, look),
    )


def _counts(contest: Contest, live: Version, challenger: Version, look: Look) -> Markup:
    heads = [
        look.pick("What", "项目"),
        f"{look.pick('Champion', '生效版本')} {live.hash[:8]}",
        f"{look.pick('Challenger', '挑战者')} {challenger.hash[:8]}",
    ]
    names: Sequence[tuple[str, Callable[[Tally], int], bool]] = (
        (look.pick("Decisions", "决策数"), lambda tally: tally.decided, False),
        (look.pick("Declined", "拒绝"), lambda tally: tally.declined, True),
        (look.pick("Alerts", "预警"), lambda tally: tally.alerts, True),
        (look.pick("Complaints: declined, and honest", "投诉：被拒绝的无辜客户"), lambda tally: tally.complaints, True),
        (look.pick("Slow answers", "应答超时"), lambda tally: tally.slow, True),
    )
    rows: list[list[Part]] = []
    for name, of, rated in names:
        cells: list[Part] = [name]
        for tally in (contest.live, contest.challenger):
            cells.append(_count(tally, of(tally), look, rated=rated))
        rows.append(cells)
    return table(look.pick("Champion and challenger", "生效版本与挑战者"), heads, rows, figures_in=(1, 2))


def _count(tally: Tally, number: int, look: Look, *, rated: bool) -> str:
    if not rated:
        return look.count(number)
    rate = tally.counted(number).rate
    return f"{look.count(number)} ({share(rate)})" if look.language == "en" else f"{look.count(number)}（{share(rate)}）"


def _difference(between: RateInterval, settings: RolloutSettings, look: Look) -> Markup:
    low, high, limit = between.low * 100, between.high * 100, settings.declined_rise_max * 100
    level = f"{1 - settings.alpha:.0%}"
    said = look.pick(
        f"The challenger's rate of declines lies between {_points(low)} and {_points(high)} percentage points from the champion's, "
        f"certain at {level} however often one looks. Up to {_points(limit)} is allowed.",
        f"挑战者的拒绝率与生效版本相差 {_points(low)} 至 {_points(high)} 个百分点，"
        f"无论查看多少次，置信度均为 {level}。允许上限为 {_points(limit)}。",
    )
    if high <= limit:
        verdict = mark(look.pick("certainly no worse", "确定未变差"), "approve", "✓")
    elif low > limit:
        verdict = mark(look.pick("certainly worse", "确定变差"), "decline", "✕")
    else:
        verdict = mark(look.pick("not certain yet", "尚不能确定"), "review", "…")
    return markup(tag("p", verdict, " ", said), _drawn(low, high, limit, look))


def _points(value: float) -> str:
    return f"{value:+.2f}".replace("-", "−")


def _drawn(low: float, high: float, limit: float, look: Look) -> Markup:
    """The interval on a line, with zero and the limit."""
    reach = max(abs(low), abs(high), limit) * 1.15

    def at(value: float) -> float:
        return round((value + reach) / (2 * reach) * _WIDTH, 1)

    bar = tag("rect", x=at(low), y=_MIDDLE - 6, width=max(at(high) - at(low), 2), height=12, class_="series")
    axis = tag("line", x1=0, y1=_MIDDLE, x2=_WIDTH, y2=_MIDDLE, class_="axis")
    zero = markup(
        tag("line", x1=at(0), y1=14, x2=at(0), y2=_HEIGHT - 14, class_="axis"),
        tag("text", "0", x=at(0), y=_HEIGHT, text_anchor="middle"),
    )
    allowed = markup(
        tag("line", x1=at(limit), y1=14, x2=at(limit), y2=_HEIGHT - 14, class_="axis", stroke_dasharray="4 3"),
        tag("text", look.pick("limit", "上限"), x=at(limit), y=10, text_anchor="middle", class_="strong"),
    )
    label = look.pick(
        f"from {_points(low)} to {_points(high)} percentage points; limit {_points(limit)}",
        f"{_points(low)} 至 {_points(high)} 个百分点；上限 {_points(limit)}",
    )
    return tag("svg", axis, bar, zero, allowed, viewBox=f"0 0 {_WIDTH} {_HEIGHT}", class_="chart interval", role="img", aria_label=label)


def _differing(contest: Contest, challenger: Version, look: Look) -> Markup:
    if challenger.stage == "canary":
        why = look.pick(
            "As canary the two decide for different customers, so that no payment has both decisions.",
            "灰度期间两个版本为不同客户决策，因此没有同一笔支付的两种决策。",
        )
        return tag("p", why, class_="muted")
    if not contest.challenger.decided:
        return Markup("")
    if not contest.differing:
        return tag(
            "p", look.pick("So far the two decide every payment the same way.", "目前两个版本对每笔支付的决策相同。"), class_="muted"
        )
    shown = contest.differing[:DIFFERING_SHOWN]
    rows: list[list[Part]] = [
        [look.moment(one.time_us), short(one.event), outcome(one.live, look), outcome(one.challenger, look)] for one in shown
    ]
    heads = [look.pick("Time", "时间"), look.pick("Payment", "支付"), look.pick("Champion", "生效版本"), look.pick("Challenger", "挑战者")]
    hrefs = [path_to("decisions", one.event) for one in shown]
    return section(
        look.pick("Decided differently", "决策不同的支付"),
        table(look.pick("Decided differently", "决策不同的支付"), heads, rows, hrefs=hrefs),
        lead=look.pick(f"The latest {len(shown):,}.", f"最近 {len(shown):,} 笔。"),
    )
