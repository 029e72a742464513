"""What groupings say that never had an entry: the same of every event that has their keys, so that no event needs to ask each of them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from huitong.contracts import Float64Array
from huitong.features.columns import CodeColumn
from huitong.features.grouping import Grouping
from huitong.features.plan import FeaturePlan


@dataclass(frozen=True, slots=True)
class Nothing:
    """What blank groupings say.

    Attributes:
        blank: Which groupings they are, by their place in the plan.
        row: A row of features in which they have spoken, NaN elsewhere, shape ``(f,)``.
        asked: The keys by which some of them are asked, with their columns: NaN where an event lacks one of the keys.
    """

    blank: frozenset[int]
    row: Float64Array
    asked: tuple[tuple[tuple[CodeColumn, ...], npt.NDArray[np.intp]], ...]


class NothingSaid:
    """Keeps what the blank groupings of an engine say; one that has an entry is never blank again.

    Args:
        plan: The engine's plan.
        states: Its groupings.
    """

    def __init__(self, plan: FeaturePlan, states: Sequence[Grouping]) -> None:
        self._plan, self._states = plan, states
        self._others = [place for place, each in enumerate(plan.groupings) if each.key.kind != plan.decides]
        self._now = self._of(self._others)

    def now(self) -> Nothing:
        """What they say by now."""
        if not all(self._states[place].blank for place in self._now.blank):
            self._now = self._of([place for place in self._now.blank if self._states[place].blank])
        return self._now

    def _of(self, blank: Sequence[int]) -> Nothing:
        row = np.full(len(self._plan.features), np.nan)
        asked: dict[tuple[CodeColumn, ...], list[int]] = {}
        for place in blank:
            program = self._states[place].program
            row[program.outs] = program.of_nothing
            asked.setdefault(self._plan.groupings[place].key.asked, []).extend(program.outs.tolist())
        return Nothing(frozenset(blank), row, tuple((roles, np.array(outs, np.intp)) for roles, outs in asked.items()))
