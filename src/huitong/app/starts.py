"""What takes a while and is done beside the event loop, which goes on for all others: a policy that decides nothing yet is started."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

from huitong.api.service import Told
from huitong.app.bank import Bank

T = TypeVar("T")


class Starts:
    """What is being started, by policy.

    Args:
        bank: The bank.
    """

    def __init__(self, bank: Bank) -> None:
        self._bank = bank
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def of(self, policy: str) -> "asyncio.Task[None] | None":
        """In the loop: what has the versions of a policy started that decide; ``None`` where it can be asked at once."""
        arms = self._bank.rollouts.arms(policy)
        if all(arm is None or self._bank.lives.started(arm) for arm in (arms.live, arms.canary)):
            return None
        task = self._tasks.get(policy)
        if task is None:
            task = self._tasks[policy] = asyncio.create_task(asyncio.to_thread(self._bank.rollouts.start, policy))
            task.add_done_callback(lambda _: self._tasks.pop(policy, None))
        return task


def ask_after(done_first: "asyncio.Future[T]", ask: Callable[[], None], told: Told) -> None:
    """Asks once something else is done; whoever asks hears why it could not be."""

    def done(first: "asyncio.Future[T]") -> None:
        try:
            first.result()
            ask()
        except Exception as error:
            told(error)

    done_first.add_done_callback(done)
