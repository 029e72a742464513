"""Which of a decision's reasons people are told first: one that asked for the outcome, and never one that asked for nothing.

A record keeps reasons by their contribution, and what was recorded stays as it is. By it a measure in force that is only told stands before
every share of a score, though the score alone decided. So whoever tells people why asks here, not for the first of the record.
"""

from collections.abc import Sequence
from enum import IntEnum
from typing import Protocol, TypeVar

GIVEN_WEIGHT = 10_000.0
"""From this contribution on a list, a rule or a measure asked for the outcome that was given."""
MEASURE_WEIGHT = 1_500.0
"""Contribution of a measure in force that asked for nothing; one that asked for an outcome that was not given has more."""


class Standing(IntEnum):
    """What part a reason had in the outcome, from the greatest to none."""

    ASKED = 0
    """A list or rule asked for the outcome, or a measure in force did and nothing else."""
    SCORED = 1
    """A share of the model's score: where nothing else asked for the outcome, the score did."""
    OVERRULED = 2
    """A list or rule asked for another outcome."""
    BESIDE = 3
    """A measure in force asked for another outcome, or for this one beside others."""
    NOTED = 4
    """To be known, and asked for nothing: a measure that is only told, a mark on the event's features (that it came late, say)."""


class _Standing(Protocol):
    @property
    def standing(self) -> Standing: ...


_Reason = TypeVar("_Reason", bound=_Standing)


def standing_of(source: str, contribution: float) -> Standing:
    """The part that a recorded reason had.

    Args:
        source: The stage that gave it.
        contribution: Its weight.
    """
    if source == "features":
        return Standing.NOTED
    if contribution >= GIVEN_WEIGHT:
        return Standing.ASKED
    if source == "measure":
        return Standing.BESIDE if contribution > MEASURE_WEIGHT else Standing.NOTED
    return Standing.SCORED if source == "model" else Standing.OVERRULED


def as_told(reasons: Sequence[_Reason]) -> tuple[_Reason, ...]:
    """Reasons in the order in which people are told them: by their part in the outcome, of equal parts as they are recorded."""
    return tuple(sorted(reasons, key=lambda reason: reason.standing))


def main_reason(reasons: Sequence[_Reason]) -> _Reason | None:
    """The reason that stands for the decision; ``None`` where there is none but what is only noted."""
    first = min(reasons, key=lambda reason: reason.standing, default=None)
    return None if first is None or first.standing is Standing.NOTED else first
