"""Answers of the book of access that are remembered for a moment: it is asked at every decision, and asking may wait for the disk."""

from dataclasses import dataclass
from typing import Generic, TypeVar

from huitong.identity.registry import Registry
from huitong.kernel import MICROSECONDS_PER_SECOND

T = TypeVar("T")
REMEMBERED_US = MICROSECONDS_PER_SECOND
"""How long an answer holds at most, for another process may act on the book too."""
AGAIN_US = REMEMBERED_US // 2
"""How old it is when it is worth asking again beforehand, so that nobody has to wait once it is forgotten."""
ANSWERS_MAX = 10_000
"""Answers that are remembered; beyond it all are forgotten."""


@dataclass(slots=True)
class _Answer(Generic[T]):
    content: T
    acts: int
    asked_us: int
    ends_us: int
    again: bool = False


class Remembered(Generic[T]):
    """Answers by what was asked for. Any number of threads may ask; none of them waits.

    Each holds for a moment, and no longer than until the next act on the book here.

    Args:
        registry: The book of access.
    """

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._answers: dict[str, _Answer[T]] = {}

    def known(self, name: str, now_us: int) -> T | None:
        """The answer, if it still holds."""
        answer = self._answers.get(name)
        if answer is None or answer.acts != self._registry.acts or not answer.asked_us <= now_us < answer.ends_us:
            return None
        return answer.content

    def ages(self, name: str, now_us: int) -> bool:
        """Whether an answer should be asked for again before it is forgotten; says so once."""
        answer = self._answers.get(name)
        if answer is None or answer.again or now_us < answer.asked_us + AGAIN_US:
            return False
        answer.again = True
        return True

    def note(self, name: str, content: T, acts: int, now_us: int, ends_us: int | None = None) -> None:
        """Remembers an answer.

        Args:
            name: What was asked for.
            content: The answer.
            acts: How many acts there had been before it was asked for: one meanwhile may have changed it.
            now_us: The clock's reading.
            ends_us: When it ends by itself, where it does.
        """
        if len(self._answers) >= ANSWERS_MAX:
            self._answers.clear()
        until_us = now_us + REMEMBERED_US
        self._answers[name] = _Answer(content, acts, now_us, until_us if ends_us is None else min(until_us, ends_us))

    def forget(self, name: str) -> None:
        """Forgets an answer that holds no more."""
        self._answers.pop(name, None)
