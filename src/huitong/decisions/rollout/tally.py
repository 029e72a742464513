"""What an arm of a roll-out did so far, counted: enough to tell whether it does harm, in memory that does not grow."""

from dataclasses import dataclass, field

from huitong.decisions.rollout.sequential import Counted

GROUPS_MAX = 64
"""Most groups of customers that are told apart; the rest count as one."""
OTHER_GROUPS = "…"


@dataclass(slots=True)
class Tally:
    """Counts of one arm since its stage began.

    Attributes:
        decided: Decisions.
        declined: Those with the severest outcome.
        alerts: Those that somebody has to look at.
        complaints: Those that a customer complained about, or that turned out to harm somebody honest.
        slow: Answers that took longer than ``slow_us`` of the settings.
        groups: Decided and declined, by group of customers.
    """

    decided: int = 0
    declined: int = 0
    alerts: int = 0
    complaints: int = 0
    slow: int = 0
    groups: dict[str, tuple[int, int]] = field(default_factory=dict)

    def add(self, *, declined: bool, alert: bool, slow: bool, group: str | None = None) -> None:
        """Counts a decision."""
        self.decided += 1
        self.declined += declined
        self.alerts += alert
        self.slow += slow
        if group is not None:
            name = group if group in self.groups or len(self.groups) < GROUPS_MAX else OTHER_GROUPS
            decided, refused = self.groups.get(name, (0, 0))
            self.groups[name] = decided + 1, refused + declined

    def complain(self) -> None:
        """Counts a complaint about a decision that was counted before."""
        self.complaints = min(self.complaints + 1, self.decided)

    def counted(self, events: int) -> Counted:
        """Some of the decisions, of all."""
        return Counted(events, self.decided)
