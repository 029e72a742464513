"""What each customer paid of late, decided or not: columns in memory that follow the log's end, up to a bound.

Folded again where a person was forgotten.
"""

import threading
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from huitong.app.names_kept import NOBODY, names_left
from huitong.console.ports import Past
from huitong.contracts import NULL_INT, DataContract, LogBatch
from huitong.store import RecordLog

SPAN = 3_000_000
"""Most payments that are kept, and offsets before the log's end at which reading begins: some 90 MB."""
_PARTS_MAX = 32


class Pasts:
    """The events of one kind, by the name under one key role.

    Args:
        log: The log.
        contract: Contract of the kind.
        role: The key role.
        span: How many offsets before the log's end are read at first, and how many payments are kept; older ones go once there are a
            quarter more.
    """

    def __init__(self, log: Callable[[], RecordLog], contract: DataContract, role: str = "customer", span: int = SPAN) -> None:
        self._log, self._contract, self._role, self._span = log, contract, role, span
        self._following, self._guard = threading.Lock(), threading.Lock()
        self._forgotten = 0
        """How often all was let go: what was read before that is not to come back."""
        self.forget()

    def forget(self) -> None:
        """Lets go of everything, so that the next ``follow`` reads the log anew."""
        with self._guard:
            self._forgotten += 1
            self._reached = self._rows = 0
            self._parts: list[npt.NDArray[np.int64]] = []
            self._names: dict[str, int] = {}

    def follow(self, told: Callable[[int, int], None] = lambda _done, _of: None) -> None:
        """Takes in what the log has more."""
        if not self._following.acquire(blocking=False):
            return
        try:
            log = self._log()
            end = log.end()
            with self._guard:
                forgotten, reached = self._forgotten, self._reached
            for part in log.read_batches(self._contract, reached or max(end - self._span, 0)):
                if not self._added(part, forgotten):
                    return
                told(part.next_offset, end)
            with self._guard:
                if len(self._parts) > _PARTS_MAX:
                    self._parts = [np.concatenate(self._parts, axis=1)]
        finally:
            self._following.release()

    def _added(self, part: LogBatch, forgotten: int) -> bool:
        """Takes in what was read, unless all was let go since."""
        with self._guard:
            if self._forgotten != forgotten:
                return False
            column = part.batch.keys.get(self._role)
            codes = np.full(len(part.batch), NOBODY, np.int64)
            if column is not None:
                known = [self._names.setdefault(str(name), len(self._names)) for name in column.values.to_pylist()]
                codes = np.array([*known, NOBODY], np.int64)[np.where(column.codes < 0, len(known), column.codes)]
            amount = part.batch.data.get("amount")
            amounts = amount if isinstance(amount, np.ndarray) else np.full(len(codes), NULL_INT)
            self._parts.append(np.stack([codes, part.batch.time_us, amounts]))
            self._rows += len(codes)
            self._reached = part.next_offset
            if self._rows > self._span + self._span // 4:
                self._drop_before(self._rows - self._span)
            return True

    def _drop_before(self, row: int) -> None:
        """Under the guard: lets go of the first rows, and of the names that only they have."""
        kept = np.concatenate(self._parts, axis=1)[:, row:]
        self._names, kept[0] = names_left(self._names, kept[0])
        self._parts, self._rows = [kept], kept.shape[1]

    def of(self, name: str, before_us: int, limit: int) -> list[Past]:
        """The latest payments of a customer up to a moment, oldest first."""
        with self._guard:
            code = self._names.get(name)
            if code is None or not self._parts:
                return []
            found = np.concatenate([part[:, (part[0] == code) & (part[1] <= before_us)] for part in self._parts], axis=1)
        order = np.argsort(found[1], kind="stable")[-limit:]
        return [Past(int(time_us), None if amount == NULL_INT else int(amount)) for time_us, amount in found[1:, order].T]
