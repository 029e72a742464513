"""Events that came too late to be put in their place: kept in the log, marked here, reported."""

from dataclasses import dataclass, field

from huitong.contracts import NULL_INT
from huitong.kernel import Finding, Severity, Text, time_text

SHOWN_MAX = 100
"""Events named one by one; the rest is counted."""


LATE = "features.late"
"""Code of the finding on such an event, and of the mark that a decision on it bears."""
_HOUR_US = 3_600_000_000


def too_late_us(time_us: int, newest_us: int, lateness_us: int) -> int:
    """How far an event lies behind the newest one, where that is beyond the bound, in µs; else 0.

    Args:
        time_us: Time of the event.
        newest_us: Time of the newest event before it; ``NULL_INT`` where there is none.
        lateness_us: The bound.
    """
    behind_us = 0 if newest_us == NULL_INT else newest_us - time_us
    return behind_us if behind_us > lateness_us else 0


def late_text(behind_us: int) -> Text:
    """What a decision says of an event that came so far behind the newest one."""
    hours = f"{behind_us / _HOUR_US:,.1f}"
    return {
        "en": f"the event came too late, {hours} h behind the newest one: it was decided without windows, histories and graph",
        "zh": f"事件迟到过久，比最新事件早 {hours} 小时：决策时没有窗口、历史与图特征",
    }


@dataclass(frozen=True, slots=True)
class LateEvent:
    """An event beyond the lateness bound."""

    id: str
    kind: str
    time_us: int
    behind_us: int


@dataclass(slots=True)
class LateEvents:
    """What came too late.

    Attributes:
        count: How many events.
        shown: The first ``SHOWN_MAX`` of them.
    """

    count: int = 0
    shown: list[LateEvent] = field(default_factory=list)

    def add(self, event: LateEvent) -> None:
        """Notes one."""
        self.count += 1
        if len(self.shown) < SHOWN_MAX:
            self.shown.append(event)

    def findings(self) -> list[Finding]:
        """One finding for each event shown, and one that counts the others."""
        found = [
            Finding(
                LATE,
                f"event {event.id} ({event.kind})",
                {
                    "en": f"{time_text(event.time_us)} lies {event.behind_us / _HOUR_US:.1f} h behind the newest event, beyond the bound",
                    "zh": f"其时间 {time_text(event.time_us)} 比最新事件早 {event.behind_us / _HOUR_US:.1f} 小时，超出允许的迟到上限",
                },
                _REMEDY,
                Severity.WARNING,
            )
            for event in self.shown
        ]
        if self.count > len(self.shown):
            more = self.count - len(self.shown)
            found.append(Finding(LATE, "…", {"en": f"{more} more events", "zh": f"另有 {more} 个事件"}, _REMEDY, Severity.WARNING))
        return found


_REMEDY: Text = {
    "en": "it is kept in the log but in no window; raise settings.lateness if the source is often this late",
    "zh": "事件仍保存在日志中，但不计入任何窗口；若来源经常如此迟到，请调大 settings.lateness",
}
