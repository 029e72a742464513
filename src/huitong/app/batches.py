"""A part of a batch: its rows, and their outcomes to come."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from huitong.app.asking import Outcome
from huitong.contracts import Decision, Event
from huitong.kernel import HuitongError


@dataclass(slots=True)
class BatchPart:
    """A part of a batch: what is known of each of its rows, and what is asked.

    Attributes:
        found: For each row its decision or what it was refused for; the event while it is asked.
        asked: Places of rows, and their outcomes to come.
    """

    found: list[Event | Decision | BaseException]
    asked: list[tuple[list[int], "asyncio.Future[list[Outcome]]"]] = field(default_factory=list)

    def refuse(self, places: Sequence[int], error: HuitongError) -> None:
        """None of these rows could be asked."""
        for place in places:
            self.found[place] = error

    async def outcomes(self) -> list[Decision | HuitongError]:
        """Waits for all of them; raises what nobody foresaw."""
        for places, answered in self.asked:
            for place, outcome in zip(places, await answered, strict=True):
                self.found[place] = outcome
        done: list[Decision | HuitongError] = []
        for one in self.found:
            if isinstance(one, Event):
                raise TypeError(f"event {one.id} was never asked")
            if not isinstance(one, Decision | HuitongError):
                raise one
            done.append(one)
        return done
