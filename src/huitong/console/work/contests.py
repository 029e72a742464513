"""Champion and challenger side by side: counts, rates, where their difference lies for certain, and the decisions that differ."""

from collections.abc import Callable, Sequence

from huitong.console.markup import Markup, Part, markup, short, tag
from huitong.console.parts.charts import PHONE_WIDTH, WIDTH, for_both, line_at, svg, text_at
from huitong.console.ports_work import Contest
from huitong.console.work.look import Look, mark, path_to, section, table
from huitong.console.work.parts import outcome
from huitong.decisions.rollout import Counted, Found, RateInterval, RolloutSettings, Tally, Version, difference_interval, with_found
from huitong.evaluation.words import share, signed

DIFFERING_SHOWN = 50
_HEIGHT, _MIDDLE, _END_ROOM = 84, 36, 52
"""Pixels: of the picture, its line, and what the value of an end takes beside it."""


def declined_rates(contest: Contest) -> tuple[Counted, Counted]:
    """Declines of champion and challenger."""
    live, other = contest.live, contest.challenger
    return live.counted(live.declined), other.counted(other.declined)


def with_counted(version: Version, contest: Contest | None, now_us: int) -> Version:
    """A challenger with what was counted so far as its evidence: what a step forward writes down before it is judged."""
    if contest is None or version.stage not in ("shadow", "canary"):
        return version
    one, other = declined_rates(contest)
    found = Found(version.stage, version.since_us(), now_us, other.trials, other.events, None, one.trials, one.events)
    return with_found(version, found, now_us)


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
        (look.pick("Complaints: declined, and honest", "投诉：被拒绝的正常客户"), lambda tally: tally.complaints, True),
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
        f"The challenger's rate of declines lies between {signed(low)} and {signed(high)} percentage points from the champion's, "
        f"certain at {level} however often one looks.",
        f"挑战者的拒绝率与生效版本相差 {signed(low)} 至 {signed(high)} 个百分点，无论查看多少次，置信度均为 {level}。",
    )
    allowed = look.pick(
        f"what is allowed for declines (up to {signed(limit)} points)", f"拒绝率的允许范围（最多 {signed(limit)} 个百分点）"
    )
    if high <= limit:
        verdict = mark(look.pick(f"certainly within {allowed}:", f"确定在{allowed}内："), "approve", "✓")
    elif low > limit:
        verdict = mark(look.pick(f"certainly beyond {allowed}:", f"确定超出{allowed}："), "decline", "✕")
    else:
        verdict = mark(look.pick(f"not certain yet to be within {allowed}:", f"尚不能确定是否在{allowed}内："), "review", "…")
    return markup(tag("p", verdict, " ", said), _drawn(low, high, limit, look))


def _drawn(low: float, high: float, limit: float, look: Look) -> Markup:
    """The interval on a line with its ends named, with zero and the limit."""
    label = look.pick(
        f"from {signed(low)} to {signed(high)} percentage points; limit {signed(limit)}",
        f"{signed(low)} 至 {signed(high)} 个百分点；上限 {signed(limit)}",
    )
    return for_both(lambda phone: _interval(low, high, limit, label, look, PHONE_WIDTH if phone else WIDTH))


def _interval(low: float, high: float, limit: float, label: str, look: Look, width: float) -> Markup:
    reach = max(abs(low), abs(high), limit) * 1.15

    def at(value: float) -> float:
        return round((value + reach) / (2 * reach) * width, 1)

    def upright(value: float) -> Markup:
        return line_at(at(value), 16, at(value), _HEIGHT - 16, "axis")

    def end(value: float, *, left: bool) -> Markup:
        """The value of an end outside of the bar; inside of the picture, where there is no room outside."""
        room = at(value) - _END_ROOM >= 0 if left else at(value) + _END_ROOM <= width
        x = at(value) if room else 0 if left else width
        return text_at(x, _MIDDLE + 20, signed(value), anchor="end" if left is room else "start", class_="strong")

    bar = tag("rect", x=at(low), y=_MIDDLE - 6, width=max(at(high) - at(low), 2), height=12, class_="series")
    zero = text_at(at(0), _HEIGHT - 2, "0", anchor="middle")
    named = look.pick(f"limit {signed(limit)}", f"上限 {signed(limit)}")
    allowed = text_at(min(max(at(limit), 40), width - 40), 11, named, anchor="middle", class_="strong")
    axis = line_at(0, _MIDDLE, width, _MIDDLE, "axis")
    parts = (axis, upright(0), upright(limit), bar, zero, allowed, end(low, left=True), end(high, left=False))
    return svg(label, width, _HEIGHT, *parts)


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
