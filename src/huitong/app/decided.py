"""What was decided of late, by columns in memory: which decisions a page lists, how they flow through the day, all of one subject.

Only a fold of the log's end, which it follows: it is never kept, grows to a bound and no further, and is folded again where a person was
forgotten. What is older is looked for in the log itself (``searching``).
"""

import threading
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from huitong.app.flows import QuarterHours
from huitong.app.names_kept import NOBODY, names_left
from huitong.console.ports import DecisionSearch, Flow
from huitong.contracts import Decision, Event
from huitong.kernel import EventId
from huitong.store import DECISION_KIND, FORGOTTEN_KIND, RecordLog, decode

STRETCH = 8_192
"""Offsets of the log that are read at once."""
SPAN = 6_000_000
"""Offsets before the log's end whose decisions have rows: two to three million decisions, some 250 MB."""
_FIRST_ROWS = 4_096
_NOBODY = np.int32(NOBODY)


class DecidedIndex:
    """Columns of the latest decisions of a log. Any number of threads may ask; one of them follows the log at a time.

    Args:
        log: The log, asked for at each use: it is opened when it is first needed.
        on_forgotten: Called where a person was forgotten, for whoever else holds names.
        span: How many offsets before the log's end have rows; older ones go once there are a quarter more.
    """

    def __init__(self, log: Callable[[], RecordLog], on_forgotten: Callable[[], None] = lambda: None, span: int = SPAN) -> None:
        self._log = log
        self._on_forgotten = on_forgotten
        self._span = span
        self._following, self._guard = threading.Lock(), threading.Lock()
        self._known_from_us: int | None
        self._blank(0)

    def _blank(self, first: int) -> None:
        """Begins anew at an offset."""
        self._first = self._reached = first
        self._begun_late, self._known_from_us = first > 0, None
        self._rows = 0
        self._columns = {name: np.zeros(_FIRST_ROWS, np.int64) for name in ("offset", "time_us", "outcome", "policy")}
        self._words: dict[str, int] = {}
        self._keys: dict[str, npt.NDArray[np.int32]] = {}
        self._names: dict[str, int] = {}
        self._flows = QuarterHours()

    def follow(self, told: Callable[[int, int], None] = lambda _done, _of: None, wait_seconds: float = 0.0) -> None:
        """Takes in what the log has more.

        Args:
            told: How many offsets of how many are read.
            wait_seconds: How long to wait for another thread that is at it.
        """
        if not self._following.acquire(timeout=wait_seconds):
            return  # another thread is at it; what it has by now is what there is to see
        try:
            log = self._log()
            begun, end = self._reached, log.end()
            if begun == 0:
                with self._guard:
                    self._blank(max(end - self._span, 0))
            while self._reached < end:
                stop = min(self._reached + STRETCH, end)
                found, forgotten = _read(log, self._reached, stop)
                with self._guard:
                    if forgotten and begun > 0:  # what was folded before may hold the name
                        self._blank(max(end - self._span, 0))
                        self._on_forgotten()
                        begun = 0
                        continue
                    for position, decision, event in found:
                        self._add(position, decision, event)
                    self._reached = stop
                    if stop - self._first > self._span + self._span // 4:
                        self._drop_before(stop - self._span)
                told(stop, end)
        finally:
            self._following.release()

    def _add(self, position: int, decision: Decision, event: Event) -> None:
        row = self._rows
        if row == len(self._columns["offset"]):
            more = max(row, _FIRST_ROWS)
            self._columns = {name: np.concatenate([column, np.zeros(more, np.int64)]) for name, column in self._columns.items()}
            self._keys = {role: np.concatenate([column, np.full(more, _NOBODY)]) for role, column in self._keys.items()}
        values = {
            "offset": position,
            "time_us": event.time_us,
            "outcome": self._word(decision.outcome),
            "policy": self._word(decision.policy),
        }
        for name, value in values.items():
            self._columns[name][row] = value
        for role, name in event.keys.items():
            if role not in self._keys:
                self._keys[role] = np.full(len(self._columns["offset"]), _NOBODY)
            self._keys[role][row] = self._names.setdefault(name, len(self._names))
        if self._begun_late and self._known_from_us is None:
            self._known_from_us = event.time_us
        amount = event.data.get("amount")
        self._flows.add(event.time_us, decision.outcome, amount if isinstance(amount, int) and amount > 0 else 0)
        self._rows += 1

    def _word(self, word: str) -> int:
        return self._words.setdefault(word, len(self._words))

    def _drop_before(self, first: int) -> None:
        """Under the guard: lets go of the rows before an offset, and of the names that only they have."""
        start = int(np.searchsorted(self._columns["offset"][: self._rows], first))
        kept = slice(start, self._rows)
        self._first, self._rows = first, self._rows - start
        self._columns = {name: column[kept].copy() for name, column in self._columns.items()}
        codes = np.array([column[kept] for column in self._keys.values()], np.int32)
        self._names, codes = names_left(self._names, codes)
        self._keys = dict(zip(self._keys, codes, strict=True))

    @property
    def reached(self) -> int:
        """How far in the log it has read."""
        return self._reached

    @property
    def first(self) -> int:
        """Offset in the log from which on decisions have rows."""
        return self._first

    def __len__(self) -> int:
        return self._rows

    def newest_us(self) -> int | None:
        """Time of the event decided last; ``None`` where there is none."""
        with self._guard:
            return int(self._columns["time_us"][self._rows - 1]) if self._rows else None

    def oldest_us(self) -> int | None:
        """Time of the event of the first row, where there may be decisions before it; else ``None``."""
        with self._guard:
            return int(self._columns["time_us"][0]) if self._rows and self._first > 0 else None

    def outcomes(self) -> list[str]:
        """Outcomes that occurred."""
        with self._guard:
            used = set(self._columns["outcome"][: self._rows].tolist())
            return [word for word, code in self._words.items() if code in used]

    def page(self, wanted: DecisionSearch, roles: frozenset[str] | None) -> tuple[list[int], int, int | None]:
        """Offsets of a page of decisions, newest first; how many of them have rows; before which offset there may be older ones.

        Args:
            wanted: Which.
            roles: Key roles under which the subject may be looked for; ``None`` for any.
        """
        with self._guard:
            rows = self._matching(wanted, roles)
            offsets, first = self._columns["offset"][rows], self._first
        stop = len(offsets) if wanted.before is None else int(np.searchsorted(offsets, wanted.before))
        start = max(stop - wanted.limit, 0)
        before = int(offsets[start]) if start > 0 else first or None
        return offsets[start:stop][::-1].tolist(), len(offsets), before

    def _matching(self, wanted: DecisionSearch, roles: frozenset[str] | None) -> npt.NDArray[np.intp]:
        rows = np.arange(self._rows) if wanted.subject is None else self._of_subject(wanted.subject, roles)
        kept = np.ones(len(rows), np.bool_)
        if wanted.outcomes:
            kept &= np.isin(self._columns["outcome"][rows], [self._words.get(word, -1) for word in wanted.outcomes])
        if wanted.policy is not None:
            kept &= self._columns["policy"][rows] == self._words.get(wanted.policy, -1)
        if wanted.since_us is not None:
            kept &= self._columns["time_us"][rows] >= wanted.since_us
        if wanted.until_us is not None:
            kept &= self._columns["time_us"][rows] < wanted.until_us
        found: npt.NDArray[np.intp] = rows[kept]
        return found

    def _of_subject(self, name: str, roles: frozenset[str] | None) -> npt.NDArray[np.intp]:
        code = self._names.get(name)
        if code is None:
            return np.arange(0)
        mine = np.zeros(self._rows, np.bool_)
        for role, column in self._keys.items():
            if roles is None or role in roles:
                mine |= column[: self._rows] == code
        return np.flatnonzero(mine)

    def flow(self, since_us: int, until_us: int, parts: int) -> Flow:
        """Counts and amounts by outcome in equal parts of a stretch of event time."""
        with self._guard:
            return self._flows.flow(since_us, until_us, parts, self._known_from_us)

    def of(self, offsets: Sequence[int]) -> list[tuple[int, Decision, Event]]:
        """The decisions at offsets, with these and their events; without those whose events are gone."""
        log = self._log()
        decisions = [(offset, decode(log.payload(offset))) for offset in offsets]
        known = [(offset, one) for offset, one in decisions if isinstance(one, Decision)]
        events: dict[EventId, Event] = log.events([one.event for _, one in known])
        # What a person's key conceals is read with it: the log's own way to a decision, not the bytes alone.
        return [(offset, log.decision(one.id) or one, events[one.event]) for offset, one in known if one.event in events]


def _read(log: RecordLog, start: int, stop: int) -> tuple[list[tuple[int, Decision, Event]], bool]:
    """The decisions of a stretch with their places and events, and whether a person was forgotten in it."""
    found: list[tuple[int, Decision]] = []
    forgotten = False
    for row in log.reader.stretch(start, stop, [DECISION_KIND, FORGOTTEN_KIND]):
        content = decode(row.payload)
        if isinstance(content, Decision):
            found.append((row.position, content))
        else:
            forgotten = True
    events = log.events([decision.event for _, decision in found])
    return [(position, decision, events[decision.event]) for position, decision in found if decision.event in events], forgotten
