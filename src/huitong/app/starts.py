"""What takes a while and is done beside the event loop, which goes on for all others.

A policy that decides nothing yet is started there, and where it is not known which of its versions decide, the log is asked there.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from huitong.api.service import Told
from huitong.app.bank import Bank
from huitong.app.live import Live
from huitong.app.rollouts import Arms
from huitong.contracts import Event

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Started:
    """A policy that can be asked at once.

    Attributes:
        live: The version that decides.
        arms: Which versions decide for whom.
        lives: Those versions, by name.
    """

    live: Live
    arms: Arms
    lives: Mapping[str, Live]

    def deciding(self, event: Event) -> Live:
        """Who decides an event; see ``RolloutOffice.deciding``."""
        return self.lives[self.arms.of(event)]


def started(bank: Bank, policy: str) -> Started | None:
    """A policy that can be asked at once; ``None`` where a version has to be started, or the log to be asked which it is. Never waits."""
    found = bank.rollouts.known_arms(policy)
    live = None if found is None else bank.lives.known(found.live)
    arms = None if live is None else bank.rollouts.known_arms(live.loaded.program.settings.name)
    if live is None or arms is None:
        return None
    names = [arms.live] if arms.canary is None else [arms.live, arms.canary]
    lives = {name: one for name in names if (one := bank.lives.known(name)) is not None}
    return Started(live, arms, lives) if len(lives) == len(names) else None


class Starts:
    """What is being started, by policy.

    Args:
        bank: The bank.
    """

    def __init__(self, bank: Bank) -> None:
        self._bank = bank
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def of(self, policy: str) -> "Started | asyncio.Task[None]":
        """In the loop: a policy that can be asked at once, or what makes it one."""
        known = started(self._bank, policy)
        if known is not None:
            return known
        task = self._tasks.get(policy)
        if task is None:
            task = self._tasks[policy] = asyncio.create_task(asyncio.to_thread(self._bank.rollouts.start, policy))
            task.add_done_callback(lambda _: self._tasks.pop(policy, None))
        return task

    async def ready(self, policy: str) -> Started:
        """A policy once it can be asked at once."""
        while not isinstance(known := self.of(policy), Started):
            await asyncio.shield(known)  # others wait for it too: one who goes away takes it from none of them
        return known


def ask_after(done_first: "asyncio.Future[T]", ask: Callable[[], None], told: Told) -> None:
    """Asks once something else is done; whoever asks hears why it could not be."""

    def done(first: "asyncio.Future[T]") -> None:
        try:
            first.result()
            ask()
        except Exception as error:
            told(error)

    done_first.add_done_callback(done)
