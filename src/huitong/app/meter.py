"""What a bank decided since it was started, counted as it is answered; whoever asks for metrics reads it."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from huitong.app.calls import Call
from huitong.contracts import Decision
from huitong.kernel import HuitongError
from huitong.kernel.histogram import SIZES, Histogram

Counted = tuple[str, str, str, str]
"""Policy, the first digits of its version, outcome, tier."""
VERSION_DIGITS = 12
NS_PER_SECOND = 1e9
FAILING_SECONDS = 30
"""For so long a group that did not reach the disk speaks for the next one too."""


class DecisionMeter:
    """Counts decisions in the threads that answer, one for each version that decides; any thread reads.

    Args:
        now_s: The monotonic clock.

    Attributes:
        decided: How many decisions, by what tells them apart. Known only of policies and their own words: nothing of a person.
        deciding: Seconds from the call until it was decided, by policy.
        answering: Seconds from the call until it was answered, by policy: with the disk.
        groups: How many decisions shared a commit.
        appending: Seconds from when a group was handed to the log until it was durable.
        failures: How many groups did not reach the disk.
    """

    def __init__(self, now_s: Callable[[], float] = time.monotonic) -> None:
        self._now_s = now_s
        self._guard = threading.Lock()
        self.decided: dict[Counted, int] = {}
        self.deciding: dict[str, Histogram] = {}
        self.answering: dict[str, Histogram] = {}
        self.groups = Histogram(SIZES)
        self.appending = Histogram()
        self.failed: BaseException | None = None
        """Why the latest group did not reach the disk; ``None`` where it did."""
        self._failed_s = 0.0
        self.failures = 0

    def take(self, answered: Sequence[tuple[Call, Decision]], append_ns: int) -> None:
        """Counts a group of new decisions that is durable."""
        counts: Counter[Counted] = Counter()
        by_policy: dict[str, tuple[list[float], list[float]]] = {}
        for call, decision in answered:
            counts[decision.policy, decision.version[:VERSION_DIGITS], decision.outcome, decision.tier] += 1
            deciding, answering = by_policy.setdefault(decision.policy, ([], []))
            deciding.append(decision.latency_ns / NS_PER_SECOND)
            answering.append(call.elapsed_ns() / NS_PER_SECOND)
        with self._guard:
            self.failed = None
            self.groups.add(len(answered))
            self.appending.add(append_ns / NS_PER_SECOND)
            for named, count in counts.items():
                self.decided[named] = self.decided.get(named, 0) + count
            for policy, (deciding, answering) in by_policy.items():
                _of(self.deciding, policy).add_all(deciding)
                _of(self.answering, policy).add_all(answering)

    def fell(self, error: BaseException) -> None:
        """Notes that a group did not reach the disk. One that the log ends elsewhere for is only computed again."""
        if not (isinstance(error, HuitongError) and error.code == "store.elsewhere"):
            with self._guard:
                self.failed, self._failed_s = error, self._now_s()
                self.failures += 1

    @property
    def failing(self) -> bool:
        """Whether the latest group did not reach the disk, just now; later on only another group can tell whether it would."""
        with self._guard:
            return self.failed is not None and self._now_s() < self._failed_s + FAILING_SECONDS

    def counts(self) -> Mapping[Counted, int]:
        """How many decisions so far."""
        with self._guard:
            return dict(self.decided)


def _of(histograms: dict[str, Histogram], name: str) -> Histogram:
    found = histograms.get(name)
    if found is None:
        found = histograms[name] = Histogram()
    return found
