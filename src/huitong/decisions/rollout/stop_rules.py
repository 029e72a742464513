"""When a challenger steps back by itself: where what was counted leaves no doubt that it does harm."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import permutations

from huitong.decisions.rollout.sequential import Counted, RateInterval, difference_above, rate_above, rate_interval
from huitong.decisions.rollout.settings import StopSettings
from huitong.decisions.rollout.tally import Tally
from huitong.kernel import Text

RULES = 6
"""Number of rules; each may be wrong with its part of the error probability, so that all together are within it."""
GROUP_SIZES = 10
"""Classes of groups that are decided together: of one event, of two or three, of four to seven, and so on; the last from 512 on."""


@dataclass(frozen=True, slots=True)
class Broken:
    """A stop rule that a challenger broke.

    Attributes:
        code: Stable name (``"stop.declined"``).
        text: What happened, with figures, in zh and en: the ground of the step back.
    """

    code: str
    text: Text


def broken_rules(
    champion: Tally,
    challenger: Tally,
    settings: StopSettings,
    alpha: float,
    champion_own: Sequence[Counted] = (),
    challenger_own: Sequence[Counted] = (),
) -> list[Broken]:
    """Every stop rule that the challenger broke, for certain at ``1 - alpha``, however often this is asked.

    Args:
        champion: What the live version did meanwhile, on customers drawn at random.
        challenger: What the challenger did.
        settings: The limits.
        alpha: Probability that a harmless challenger is ever stopped.
        champion_own: For each class of ``GROUP_SIZES``, groups that the live version was slow to decide meanwhile, of all. Both take
            turns: callers of either wait for a slow one, so that of answers alone nobody could tell which of the two it is.
        challenger_own: The same of the challenger.
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
    answers = (champion.counted(champion.slow), challenger.counted(challenger.slow), _ANSWERS, each)
    groups = ((usual, slow, _GROUPS, each / GROUP_SIZES) for usual, slow in _of_a_size(champion_own, challenger_own))
    for usual, slow, what, error in (answers, *groups):
        # Under a load that slows both down it is not the challenger that does harm.
        if rate_above(slow, settings.slow_share_max, error) and difference_above(usual, slow, 0.0, error):
            found.append(Broken("stop.latency", _slow(what, usual, slow, settings)))
            break
    found += _unfair(champion, challenger, settings.accepted_ratio_min, each)
    return found


def _of_a_size(champion: Sequence[Counted], challenger: Sequence[Counted]) -> Iterator[tuple[Counted, Counted]]:
    """The challenger's groups of each size, after the champion's of at least as many events.

    Whoever decides for more customers has larger groups, which take longer: beside smaller ones a harmless challenger would look slow.
    """
    for size, slow in enumerate(challenger):
        larger = champion[size + 1 if size else 0 :]
        yield Counted(sum(one.events for one in larger), sum(one.trials for one in larger)), slow


def _unfair(champion: Tally, challenger: Tally, ratio_min: float, alpha: float) -> Iterator[Broken]:
    """Two groups of which one is accepted so much more seldom that chance cannot be why, and more seldom than by the live version.

    Of groups ``one`` and ``other`` the ratio is the rate at which the challenger accepts ``one``, by that of ``other``. It harms where
    its ratio lies below the least one and below the champion's: whom both decline alike, the challenger harms no more than they are.
    Every rate has a confidence sequence, wrong with ``alpha / 2`` divided by ``k (k + 1)`` for the k-th group that an arm saw. These sum
    up to ``alpha`` at most, however many groups there come to be, so that with ``1 - alpha`` all rates lie in all intervals at every
    moment; then what the ends of the intervals say of any two groups is so, and it may be asked of all pairs at once.
    """
    now, before = _accepted(challenger, alpha / 2), _accepted(champion, alpha / 2)
    found = [
        (now[one].high / now[other].low, one, other)
        for one, other in permutations([name for name in now if name in before], 2)
        if now[one].high < ratio_min * now[other].low and now[one].high * before[other].high < before[one].low * now[other].low
    ]
    if found:
        _, one, other = min(found)
        yield Broken("stop.fairness", _uneven(champion, challenger, one, other, ratio_min))


def _accepted(tally: Tally, alpha: float) -> dict[str, RateInterval]:
    """Where the rate lies at which each group of an arm is accepted."""
    rates = ((name, _rate_of(tally, name)) for name in tally.groups)
    return {name: rate_interval(rate, alpha / (place * (place + 1))) for place, (name, rate) in enumerate(rates, start=1)}


def _rate_of(tally: Tally, group: str) -> Counted:
    decided, declined = tally.groups[group]
    return Counted(decided - declined, decided)


def _uneven(champion: Tally, challenger: Tally, one: str, other: str, ratio_min: float) -> Text:
    now, usual = ([_percent(_rate_of(tally, group)) for group in (one, other)] for tally in (challenger, champion))
    return {
        "en": f"of group {one} {now[0]} were accepted, of group {other} {now[1]}; by the live version {usual[0]} and {usual[1]}; "
        f"the ratio must be at least {ratio_min:.2f}, or no worse than the live version's",
        "zh": f"{one} 群体的通过率为 {now[0]}，{other} 群体为 {now[1]}；生效版本分别为 {usual[0]} 与 {usual[1]}；"
        f"两者之比不得低于 {ratio_min:.2f}，或不得差于生效版本",
    }


def _rise(what: Text, one: Counted, other: Counted, limit: float) -> Text:
    return {
        "en": f"{what['en']}: {_percent(other)} against {_percent(one)} of the live version; "
        f"it may rise by {limit * 100:.1f} percentage points",
        "zh": f"{what['zh']}：{_percent(other)}，生效版本为 {_percent(one)}；上升不得超过 {limit * 100:.1f} 个百分点",
    }


_ANSWERS: Text = {"en": "answers took", "zh": "应答"}
_GROUPS: Text = {"en": "groups of events took it", "zh": "批次的自身决策用时"}


def _slow(what: Text, usual: Counted, slow: Counted, settings: StopSettings) -> Text:
    limit_ms = settings.slow_us / 1_000
    return {
        "en": f"{_percent(slow)} of {what['en']} longer than {limit_ms:g} ms, of the live version's {_percent(usual)}; "
        f"{settings.slow_share_max:.1%} at most is allowed, or as many as of the live version's",
        "zh": f"{_percent(slow)} 的{what['zh']}超过 {limit_ms:g} 毫秒，生效版本为 {_percent(usual)}；"
        f"不得超过 {settings.slow_share_max:.1%} 且高于生效版本",
    }


def _percent(counted: Counted) -> str:
    return "—" if counted.rate is None else f"{counted.rate:.1%}"
