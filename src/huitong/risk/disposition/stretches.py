"""From the changes of a place to the stretches of time in which it holds; and which of several measures counts."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from huitong.contracts import MeasureKind, Role
from huitong.risk.disposition.measure import ALL_PAYMENTS, Change, Place, rank


@dataclass(frozen=True, slots=True)
class Stretch:
    """One measure, from when it was imposed until it was over.

    Attributes:
        place: Whose, which, how far.
        changes: What imposed it, then what prolonged it.
        over_us: When it is over: its end, or when it was lifted. It holds at ``from_us <= t < over_us``.
        ended_by: What lifted it; ``None`` where it ends by itself.
    """

    place: Place
    changes: tuple[Change, ...]
    over_us: int
    ended_by: Change | None = None

    @property
    def id(self) -> str:
        """By which it is called: the id of the change that began it."""
        return self.changes[0].id

    @property
    def from_us(self) -> int:
        """When it began."""
        return self.changes[0].time_us

    @property
    def kind(self) -> MeasureKind:
        """What is done."""
        return self.place.kind

    @property
    def amount_minor(self) -> int | None:
        """The amount that was named last; see ``Change``. ``None`` of what concerns every payment."""
        last = next((change.amount_minor for change in reversed(self.changes) if change.amount_minor is not None), None)
        return None if last == ALL_PAYMENTS and self.kind != "limit" else last

    @property
    def customer(self) -> str | None:
        """Whose the subject is, where that is known."""
        if self.place.subject.role == "customer":
            return self.place.subject.id
        return next((change.customer for change in reversed(self.changes) if change.customer is not None), None)

    @property
    def tells_core(self) -> bool:
        """Whether the core system was to be told."""
        return any(change.tells_core for change in self.changes)

    def holds(self, at_us: int) -> bool:
        """Whether it is in force at a moment; its first moment counts, its last no longer."""
        return self.from_us <= at_us < self.over_us

    def still(self, at_us: int) -> tuple[Change, ...]:
        """The changes whose own end is still to come."""
        return tuple(change for change in self.changes if change.until_us > at_us)

    def lift_roles(self, at_us: int, otherwise: tuple[Role, ...]) -> tuple[tuple[Role, ...], ...]:
        """The roles that lifting it takes: one of each of these, since every change that is still to end has its own.

        Args:
            at_us: When it is lifted.
            otherwise: The roles of a change that names none.
        """
        return tuple(dict.fromkeys(change.may_lift or otherwise for change in self.still(at_us)))

    def lift_second(self, at_us: int) -> bool:
        """Whether lifting it takes a second person, by any change that is still to end."""
        return any(change.lift_second for change in self.still(at_us))

    def weakened_by(self, amount_minor: int | None) -> bool:
        """Whether to name this amount would lift it in part: more may be paid, or fewer payments are concerned."""
        return amount_minor is not None and amount_minor > (self.amount_minor or 0)

    def concerns(self, amount_minor: int | None, channel: str | None, counterparty: str | None) -> bool:
        """Whether a payment falls under it; a limit concerns every payment in its scope, since each draws on it."""
        if not self.place.scope.covers(channel, counterparty):
            return False
        least = None if self.kind == "limit" else self.amount_minor
        return least is None or (amount_minor is not None and amount_minor >= least)

    def covers(self, change: Change) -> bool:
        """Whether what a change asks for is in force by it: it ends no earlier, is no weaker, and who may lift it is the same."""
        ours, theirs = self.amount_minor or 0, change.amount_minor or 0
        return ours <= theirs and any(
            one.until_us >= change.until_us and (one.may_lift, one.lift_second) == (change.may_lift, change.lift_second)
            for one in self.changes
        )


def stretches(changes: Sequence[Change]) -> list[Stretch]:
    """The stretches in which a place holds.

    Args:
        changes: Changes of one place, by time, equal times in the order of arrival.

    Returns:
        By time; no two overlap.
    """
    return [stretch for stretch in imposed(changes) if stretch.over_us > stretch.from_us]


def imposed(changes: Sequence[Change]) -> list[Stretch]:
    """As ``stretches``, with those that were lifted in the microsecond in which they began, and so never held."""
    found: list[Stretch] = []
    held, over_us = list[Change](), 0
    """The changes of the stretch that holds, made into one only once it is over: a place may be prolonged thousands of times."""
    for change in changes:
        if held and change.time_us >= over_us:
            found.append(Stretch(held[0].place, tuple(held), over_us))
            held = []
        if not change.ends:
            over_us = max(over_us, change.until_us) if held else change.until_us
            held.append(change)
        elif held:
            found.append(Stretch(held[0].place, tuple(held), change.time_us, change))
            held = []
    if held:
        found.append(Stretch(held[0].place, tuple(held), over_us))
    return found


def over_before(changes: Sequence[Change], moment_us: int) -> int:
    """How many changes of a place, from the first on, belong to stretches that were over before a moment: what comes after holds without.

    Args:
        changes: Changes of one place, by time, equal times in the order of arrival.
        moment_us: The moment.
    """
    count = over_us = 0
    for number, change in enumerate(changes):
        if change.time_us >= over_us and over_us < moment_us:
            count = number
        if change.time_us >= moment_us:
            return count
        over_us = change.time_us if change.ends else max(over_us, change.until_us)
    return len(changes) if over_us < moment_us else count


def weight(measure: Stretch) -> tuple[int, bool, int, str]:
    """How much a measure counts beside others: its kind; of equal kinds the wider scope, then the later end, then the id."""
    return rank(measure.kind), measure.place.scope.word == "whole", measure.over_us, measure.id


def strongest(measures: Iterable[Stretch]) -> Stretch | None:
    """The one that counts, in whatever order they are given."""
    return max(measures, key=weight, default=None)
