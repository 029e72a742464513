"""How decisions flow through event time: counts and amounts by quarter of an hour, which stay few however many decisions there are."""

from huitong.console.ports import Flow

QUARTER_US = 15 * 60 * 1_000_000
"""Clocks everywhere differ by whole quarters, so that each day and hour of any zone begins with one."""


class QuarterHours:
    """Counts and sums of what was decided, by quarter and outcome."""

    def __init__(self) -> None:
        self._by_outcome: dict[str, dict[int, list[int]]] = {}

    def add(self, time_us: int, outcome: str, amount_minor: int) -> None:
        """Counts a decision.

        Args:
            time_us: Time of its event, µs UTC.
            outcome: Its outcome.
            amount_minor: The amount; 0 where there is none.
        """
        tally = self._by_outcome.setdefault(outcome, {}).setdefault(time_us // QUARTER_US, [0, 0])
        tally[0] += 1
        tally[1] += amount_minor

    def flow(self, since_us: int, until_us: int, parts: int, known_from_us: int | None = None) -> Flow:
        """Counts and sums of a stretch in equal parts; each quarter is in the part in which it begins.

        Args:
            since_us: Where the stretch begins, µs UTC: with a quarter.
            until_us: Where it ends.
            parts: How many parts.
            known_from_us: From when on all that was decided is counted; ``None`` for from ever on.
        """
        counts: dict[str, tuple[int, ...]] = {}
        amounts: dict[str, tuple[int, ...]] = {}
        span_us = max(until_us - since_us, 1)
        for outcome, quarters in self._by_outcome.items():
            number, total = [0] * parts, [0] * parts
            for quarter in range(since_us // QUARTER_US, -(-until_us // QUARTER_US)):
                tally = quarters.get(quarter)
                if tally is not None:
                    part = max(quarter * QUARTER_US - since_us, 0) * parts // span_us
                    number[part] += tally[0]
                    total[part] += tally[1]
            if any(number):
                counts[outcome], amounts[outcome] = tuple(number), tuple(total)
        return Flow(since_us, until_us, counts, amounts, known_from_us)
