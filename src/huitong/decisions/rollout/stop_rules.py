"""When a challenger steps back by itself: where what was counted leaves no doubt that it does harm."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from huitong.decisions.rollout.sequential import Counted, difference_above, rate_above, rate_interval
from huitong.decisions.rollout.settings import StopSettings
from huitong.decisions.rollout.tally import Tally
from huitong.kernel import Text

RULES = 5
"""Number of rules; each may be wrong with its part of the error probability, so that all together are within it."""


@dataclass(frozen=True, slots=True)
class Broken:
    """A stop rule that a challenger broke.

    Attributes:
        code: Stable name (``"stop.declined"``).
        text: What happened, with figures, in zh and en: the ground of the step back.
    """

    code: str
    text: Text


def broken_rules(champion: Tally, challenger: Tally, settings: StopSettings, alpha: float) -> list[Broken]:
    """Every stop rule that the challenger broke, for certain at ``1 - alpha``, however often this is asked.

    Args:
        champion: What the live version did meanwhile, on customers drawn at random.
        challenger: What the challenger did.
        settings: The limits.
        alpha: Probability that a harmless challenger is ever stopped.
    """
    each = alpha / RULES
    rises: tuple[tuple[str, Text, Callable[[Tally], int], float], ...] = (
        ("stop.declined", {"en": "declines", "zh": "拒绝率"}, lambda tally: tally.declined, settings.declined_rise_max),
        ("stop.alerts", {"en": "alerts", "zh": "预警率"}, lambda tally: tally.alerts, settings.alerts_rise_max),
        ("stop.complaints", {"en": "complaints", "zh": "投诉率"}, lambda tally: tally.complaints, settings.complaints_rise_max),
    )
    found = []
    for code, what, of, limit in rises:
        one, other = champion.counted(of(champion)), challenger.counted(of(challenger))
        if difference_above(one, other, limit, each):
            found.append(Broken(code, _rise(what, one, other, limit)))
    usual, slow = champion.counted(champion.slow), challenger.counted(challenger.slow)
    # Under a load that slows both down it is not the challenger that does harm.
    if rate_above(slow, settings.slow_share_max, each) and difference_above(usual, slow, 0.0, each):
        found.append(Broken("stop.latency", _slow(usual, slow, settings)))
    found += _unfair(challenger, settings.accepted_ratio_min, each)
    return found


def _unfair(tally: Tally, ratio_min: float, alpha: float) -> Iterator[Broken]:
    """Groups of which one is accepted so much more seldom than another that chance cannot be why."""
    if len(tally.groups) < 2:
        return
    part = alpha / len(tally.groups)
    accepted = {name: Counted(decided - declined, decided) for name, (decided, declined) in tally.groups.items()}
    intervals = {name: rate_interval(counted, part) for name, counted in accepted.items()}
    best = max(intervals, key=lambda name: intervals[name].low)
    worst = min(intervals, key=lambda name: intervals[name].high)
    if intervals[worst].high < ratio_min * intervals[best].low:
        yield Broken(
            "stop.fairness",
            {
                "en": f"of group {worst} {_percent(accepted[worst])} were accepted, of group {best} {_percent(accepted[best])}; "
                f"the ratio must be at least {ratio_min:.2f}",
                "zh": f"{worst} 群体的通过率为 {_percent(accepted[worst])}，"
                f"{best} 群体为 {_percent(accepted[best])}；两者之比不得低于 {ratio_min:.2f}",
            },
        )


def _rise(what: Text, one: Counted, other: Counted, limit: float) -> Text:
    return {
        "en": f"{what['en']}: {_percent(other)} against {_percent(one)} of the live version; "
        f"it may rise by {limit * 100:.1f} percentage points",
        "zh": f"{what['zh']}：{_percent(other)}，生效版本为 {_percent(one)}；上升不得超过 {limit * 100:.1f} 个百分点",
    }


def _slow(usual: Counted, slow: Counted, settings: StopSettings) -> Text:
    limit_ms = settings.slow_us / 1_000
    return {
        "en": f"{_percent(slow)} of answers took longer than {limit_ms:g} ms, of the live version's {_percent(usual)}; "
        f"{settings.slow_share_max:.1%} at most is allowed, or as many as of the live version's",
        "zh": f"{_percent(slow)} 的应答超过 {limit_ms:g} 毫秒，生效版本为 {_percent(usual)}；"
        f"不得超过 {settings.slow_share_max:.1%} 且高于生效版本",
    }


def _percent(counted: Counted) -> str:
    return "—" if counted.rate is None else f"{counted.rate:.1%}"
