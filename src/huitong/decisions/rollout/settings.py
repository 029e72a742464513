"""What an institution asks of a version before each step, and when a version steps back by itself."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from huitong.kernel import MICROSECONDS_PER_DAY


@dataclass(frozen=True, slots=True)
class StopSettings:
    """When a challenger has done harm: each limit is held against the end of an interval that speaks for the challenger.

    Attributes:
        declined_rise_max: By how much its rate of declines may lie above the champion's.
        alerts_rise_max: By how much its rate of alerts may.
        complaints_rise_max: By how much its rate of complaints may.
        slow_us: From which latency on an answer is slow, µs.
        slow_share_max: Share of slow answers that is borne, as long as the champion's are fewer: 0.01 makes ``slow_us`` a limit on the
            99th percentile.
        accepted_ratio_min: Least ratio between the rates at which two groups of customers are not declined; a smaller one is borne, as
            long as the champion's is no larger.
    """

    declined_rise_max: float = 0.02
    alerts_rise_max: float = 0.05
    complaints_rise_max: float = 0.002
    slow_us: int = 50_000
    slow_share_max: float = 0.01
    accepted_ratio_min: float = 0.8


@dataclass(frozen=True, slots=True)
class RolloutSettings:
    """What is asked before each step; the defaults suit a bank of some ten thousand payments a day.

    Attributes:
        replay_decisions_min: Fewest decisions of a replay that counts as evidence.
        shadow_decisions_min: Fewest decisions of a shadow run before a canary.
        shadow_time_min_us: Shortest shadow run before a canary, µs.
        canary_decisions_min: Fewest decisions of a canary at its present share, before that grows and before its version becomes live.
        canary_time_min_us: Shortest time at that share, µs.
        declined_rise_max: By how much the canary's rate of declines may lie above the champion's, by the upper end of the interval.
        alpha: Probability that an interval is ever wrong; all stop rules together have as much again.
        stop: When a challenger steps back by itself.
        groups: By policy, the field of its events by which customers are told apart for fairness; nobody is for a policy without one.
    """

    replay_decisions_min: int = 1_000
    shadow_decisions_min: int = 1_000
    shadow_time_min_us: int = MICROSECONDS_PER_DAY
    canary_decisions_min: int = 1_000
    canary_time_min_us: int = MICROSECONDS_PER_DAY
    declined_rise_max: float = 0.02
    alpha: float = 0.05
    stop: StopSettings = field(default_factory=StopSettings)
    groups: Mapping[str, str] = field(default_factory=dict)
