"""Challengers looked at while the bank is served: round after round, in a thread of its own, so that harm ends by itself within seconds."""

import threading
from collections.abc import Sequence
from types import TracebackType
from typing import Self

from huitong.app.rollouts import RolloutOffice
from huitong.decisions.rollout import Broken
from huitong.kernel import HuitongError

PAUSE_SECONDS = 1.0
"""Between two rounds."""


class Guard:
    """Looks at the challengers of policies from its start to its end.

    Args:
        rollouts: The bank's roll-outs.
        policies: Names of the policies.
        pause_seconds: Between two rounds.
    """

    def __init__(self, rollouts: RolloutOffice, policies: Sequence[str], pause_seconds: float = PAUSE_SECONDS) -> None:
        self._rollouts = rollouts
        self._policies = policies
        self._pause_seconds = pause_seconds
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="rollout-guard")
        self.stopped: list[tuple[str, Broken]] = []
        """What was taken back since the start, and for what."""
        self.error: HuitongError | None = None
        """Why the last round could not be gone through, for a page of health; the next one tries again."""

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._over.wait(self._pause_seconds):
            try:
                self.stopped += [(policy, broken) for policy in self._policies for broken in self._rollouts.look(policy)]
                self.error = None
            except HuitongError as error:
                self.error = error
