"""What a version still lacks before a step."""

from collections.abc import Iterator
from dataclasses import asdict, replace
from math import ceil

from huitong.decisions.rollout.book import Evidence, Found, Version
from huitong.decisions.rollout.sequential import Counted, RateInterval, difference_interval
from huitong.decisions.rollout.settings import RolloutSettings
from huitong.decisions.rollout.stages import EVIDENCE_TITLES, Stage
from huitong.kernel import MICROSECONDS_PER_SECOND, Text

_HOUR_US, _MINUTE_US = 3_600 * MICROSECONDS_PER_SECOND, 60 * MICROSECONDS_PER_SECOND
_HOURS: Text = {"en": "hours", "zh": "小时"}
_MINUTES: Text = {"en": "minutes", "zh": "分钟"}


def missing(version: Version, to: Stage, settings: RolloutSettings, now_us: int) -> list[Text]:
    """What is missing before a step, each in a sentence; empty where it may be taken.

    Args:
        version: The version.
        to: Where it should go; of a canary, ``"canary"`` is a larger share.
        settings: What is asked.
        now_us: When.
    """
    if version.stage not in ("shadow", "canary"):
        return list(_enough(version.found("replay"), "replay", settings.replay_decisions_min, 0, now_us))
    if version.stage == "shadow":
        least = settings.shadow_decisions_min, settings.shadow_time_min_us
        return list(_counted(version, "shadow", *least, now_us))
    found = version.found("canary")
    lacking = list(_counted(version, "canary", settings.canary_decisions_min, settings.canary_time_min_us, now_us))
    if to == "canary" or found is None:  # of a larger share, whose harm the stop rules end, no certainty about declines is asked
        return lacking
    return lacking + list(_no_worse(found, settings))


def with_found(version: Version, found: Found | None, now_us: int) -> Version:
    """A challenger with what was counted so far as its evidence: what a step forward writes down before it is judged."""
    if found is None or found.sort != version.stage:
        return version
    return replace(version, evidence=[*version.evidence, Evidence(**asdict(found), id="", time_us=now_us, by="")])


def declined_difference(found: Evidence, alpha: float) -> RateInterval:
    """Where the difference between the rates of declines lies, challenger minus champion, at every moment at once."""
    return difference_interval(Counted(found.against_declined, found.against_decided), Counted(found.declined, found.decided), alpha)


def _counted(version: Version, sort: str, decisions_min: int, time_min_us: int, now_us: int) -> Iterator[Text]:
    """What a shadow run or a canary lacks beside the version that is live now."""
    found, live = version.found(sort), version.comparison.against
    yield from _enough(found, sort, decisions_min, time_min_us, now_us, version.compared_since_us())
    if found is not None and found.against not in (None, live):
        name, other = EVIDENCE_TITLES[sort], str(found.against)[:12]
        yield {
            "en": f"the {name['en']} was compared with {other}, which is not live any more",
            "zh": f"{name['zh']}的对照版本是 {other}，该版本已不再生效",
        }


def _enough(found: Evidence | None, sort: str, decisions_min: int, time_min_us: int, now_us: int, since_us: int = 0) -> Iterator[Text]:
    name = EVIDENCE_TITLES[sort]
    if found is None:
        yield {"en": f"there is no evidence of a {name['en']}", "zh": f"缺少{name['zh']}的证据"}
        return
    if found.decided < decisions_min:
        pace = _pace(found.decided, decisions_min, now_us - since_us) if time_min_us else {"en": "", "zh": ""}
        events = f"{found.decided:,} event{'s' * (found.decided != 1)}"
        yield {
            "en": f"the {name['en']} decided {events}; {_asked(f'{decisions_min:,}')}{pace['en']}",
            "zh": f"{name['zh']}仅决策 {found.decided:,} 笔，要求不少于 {decisions_min:,} 笔{pace['zh']}",
        }
    if time_min_us and now_us - since_us < time_min_us:
        unit_us, unit = _unit(time_min_us)
        least, left = time_min_us / unit_us, ceil(10 * (time_min_us - (now_us - since_us)) / unit_us) / 10
        yield {
            "en": f"the {name['en']} has run for {least - left:.1f} {unit['en']}; {_asked(f'{least:g}')}, {left:.1f} are left",
            "zh": f"{name['zh']}仅运行 {least - left:.1f} {unit['zh']}，要求不少于 {least:g} {unit['zh']}，还需 {left:.1f} {unit['zh']}",
        }


def _asked(least: str) -> str:
    return f"{least} {'is' if least == '1' else 'are'} asked for"


def _pace(decided: int, decisions_min: int, run_us: int) -> Text:
    """How long the decisions that are lacking will take, as quickly as those before came."""
    if not decided or run_us <= 0:
        return {"en": "", "zh": ""}
    left_us = run_us * (decisions_min - decided) / decided
    if left_us < _MINUTE_US:
        return {"en": ", at this pace in less than a minute", "zh": "，按目前的速度还需不到 1 分钟"}
    unit_us, unit = _unit(left_us / 2)
    left = round(left_us / unit_us)
    en = f"{left:,} {unit['en']}" if left > 1 else "a minute"  # of hours there are always two or more
    return {"en": f", at this pace in about {en}", "zh": f"，按目前的速度约还需 {left:,} {unit['zh']}"}


def _unit(time_us: float) -> tuple[int, Text]:
    return (_HOUR_US, _HOURS) if time_us >= _HOUR_US else (_MINUTE_US, _MINUTES)


def _no_worse(found: Evidence, settings: RolloutSettings) -> Iterator[Text]:
    high = declined_difference(found, settings.alpha).high
    if high > settings.declined_rise_max:
        yield {
            "en": f"its rate of declines may lie up to {high * 100:.2f} percentage points above the live version's; "
            f"less than {settings.declined_rise_max * 100:.2f} must be certain",
            "zh": f"其拒绝率可能比生效版本高出 {high * 100:.2f} 个百分点，须确定低于 {settings.declined_rise_max * 100:.2f} 个",
        }
