"""Copies a log from anywhere to anywhere: the same records at the same places, the same keys, heads and proofs.

Nothing is decrypted, signed or made anew. A log only grows, so a copy that was cut off, or is older, is a beginning of the log: it goes on
where it stopped. Until it is whole it says so of itself, and opens for nobody else: without its keys, names in it could not be read.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, islice

import msgspec

from huitong.store import errors
from huitong.store.journal import Journal
from huitong.store.log import RecordLog
from huitong.store.merkle import Tree
from huitong.store.moving.keys import copy_keys
from huitong.store.opening import open_log
from huitong.store.starting import COPY_SPACE
from huitong.store.storage import Head, Reader, Records, Stored, TakenError
from huitong.verifier import BadProofError, read_note

COPY_ROWS = 8_192
"""Records in one commit of a copy."""
HEADS_AT_ONCE = 1_024
_MARK = {b"unfinished": b"1"}

Told = Callable[[str, int, int | None], None]
"""Told of a stage (``"copying"``, ``"keys"``), what is done and what there is to do."""


class _Named(msgspec.Struct):
    """What a record's bytes say of its place in the index."""

    type: str
    id: str
    event: str | None = None


@dataclass(frozen=True, slots=True)
class Copied:
    """What a copy holds.

    Attributes:
        where: Its path or address, without a password.
        log_id: Identity of the log.
        size: Number of records.
        new: How many of them this call wrote.
        root: Root of the tree over them.
        head: The latest signed head among them.
    """

    where: str
    log_id: str
    size: int
    new: int
    root: bytes
    head: Head | None


def silent(_stage: str, _done: int, _total: int | None) -> None:
    """Tells nobody."""


def copy_log(source: RecordLog, address: str, told: Told = silent, *, by_heads: bool = False) -> Copied:
    """Copies a log, up to its end as it now is; whoever writes to it may go on.

    Args:
        source: The log.
        address: Where to: see ``open_log``. Nothing is there yet, or a beginning of the same log.
        told: How far it is.
        by_heads: Whether the signed heads vouch for the records that are copied, up to the last of them, and not the log's own tree: where
            what is there already is known to be right, and the log is damaged in that part.

    Raises:
        DataError: If something else is there, or the log does not hold what its tree and its heads say.
        ExternalError: If another process writes there, or a disk or database refuses; the same call goes on later.
    """
    with open_log(address, copy_of=source.id) as target:
        return _Copy(source, target, told, by_heads=by_heads).made()


class _Copy:
    """One copy under way.

    Args:
        source: The log.
        target: A beginning of it.
        told: How far it is.
        by_heads: See ``copy_log``.
    """

    def __init__(self, source: RecordLog, target: RecordLog, told: Told, *, by_heads: bool) -> None:
        self._source, self._target, self._told = source, target, told
        self._tree = None if by_heads else source.tree()
        vouched = source.head() if by_heads else None
        self._end = self._tree.size if self._tree is not None else 0 if vouched is None else vouched.size
        self._begun = target.end()
        _require_beginning(target, source, self._end, self._tree)
        last = target.head()
        self._heads = _heads(source.reader, 0 if last is None else last.size + 1, self._end)
        self._head = next(self._heads, None)
        self._rows = source.rows(self._begun)

    def made(self) -> Copied:
        """Copies what is missing, and looks whether all is there."""
        target = self._target
        target.write(lambda journal: journal.session.keep(COPY_SPACE, _MARK))
        first = self._begun
        while first < self._end:
            rows = self._page(first)
            self._place(first, rows)
            first += len(rows)
            self._told("copying", first, self._end)
        self._place(self._end, ())
        copy_keys(self._source.reader, target, self._told)
        head = self._verified()
        target.write(lambda journal: journal.session.drop(COPY_SPACE, list(_MARK)))
        return Copied(target.reader.where, target.id, self._end, self._end - self._begun, target.root(self._end), head)

    def _page(self, first: int) -> list[Stored]:
        """Rows from ``first`` on to the next multiple of ``COPY_ROWS``, where the tree's root costs little, or to a head that vouches."""
        stop = min(self._end, (first // COPY_ROWS + 1) * COPY_ROWS)
        if self._tree is None and self._head is not None and self._head.size > first:
            stop = min(stop, self._head.size)
        rows = list(islice(self._rows, stop - first))
        if [row.position for row in rows] != list(range(first, stop)):
            en, zh = f"records are missing between offsets {first} and {stop - 1}", f"偏移 {first} 与 {stop - 1} 之间缺少记录"
            raise errors.copy_differs(self._source.reader.where, en, zh)
        return rows

    def _place(self, first: int, rows: Sequence[Stored]) -> None:
        stop, heads = first + len(rows), []
        while self._head is not None and self._head.size <= stop:
            heads.append(self._head)
            self._head = next(self._heads, None)
        runs = list(self._runs(rows))
        where, expected = self._source.reader.where, self._expected(stop, heads)

        def work(journal: Journal) -> None:
            for records, relaxed in runs:
                try:
                    journal.place(records, relaxed=relaxed)
                except TakenError:
                    raise errors.copy_differs(where, f"an id is there twice by offset {stop}", f"偏移 {stop} 之前有重复的编号") from None
            if expected is not None and journal.root() != expected:
                en = f"the records up to offset {stop - 1} do not give the hash that the log holds for them"
                raise errors.copy_differs(where, en, f"偏移 {stop - 1} 及之前的记录与日志保存的哈希不符")
            journal.place_heads(heads)

        self._target.write(work)

    def _expected(self, stop: int, heads: Sequence[Head]) -> bytes | None:
        """The root that the first ``stop`` records must give; ``None`` where no head says."""
        if self._tree is not None:
            return self._tree.root(stop)
        return _signed(heads[-1]) if heads and heads[-1].size == stop else None

    def _runs(self, rows: Sequence[Stored]) -> Iterator[tuple[Records, bool]]:
        """Neighbours that can be written together: all events or all decisions, all relaxed or none."""
        named = [(row, self._named(row)) for row in rows]
        for (decisions, relaxed), run in groupby(named, lambda one: (one[1].event is not None, bool(one[0].relaxed))):
            pairs = list(run)
            yield (
                Records(
                    [row.kind for row, _ in pairs],
                    [name.id for _, name in pairs],
                    [name.event or "" for _, name in pairs] if decisions else None,
                    [row.latency_ns for row, _ in pairs],
                    [row.payload for row, _ in pairs],
                ),
                relaxed,
            )

    def _named(self, row: Stored) -> _Named:
        try:
            return msgspec.json.decode(row.payload, type=_Named)
        except (msgspec.DecodeError, UnicodeDecodeError):
            en = f"the record at offset {row.position} cannot be read"
            raise errors.copy_differs(self._source.reader.where, en, f"偏移 {row.position} 处的记录无法读取") from None

    def _verified(self) -> Head | None:
        """The last head, once the copy's own tree gives its root."""
        head, where = self._target.head(), self._source.reader.where
        if self._tree is None and (head is None or head.size != self._end):
            raise errors.copy_differs(where, "no signed head vouches for its last records", "没有签名头可证明其最后的记录")
        if head is not None and self._target.root(head.size) != _signed(head):
            en = f"its first {head.size} records do not give the root that was signed for them"
            raise errors.copy_differs(where, en, f"其前 {head.size} 条记录与当时签名的根不符")
        return head


def _signed(head: Head) -> bytes:
    """The root that a head signs; no root at all where it is no head of that size."""
    try:
        note = read_note(head.note)
    except BadProofError:
        return b""
    return note.root if note.size == head.size else b""


def _require_beginning(copy: RecordLog, log: RecordLog, end: int, tree: Tree | None) -> None:
    """Refuses what is another log, longer, or as far as its tree tells, another past."""
    size, where = copy.end(), copy.reader.where
    if copy.id != log.id:
        raise errors.copy_elsewhere(where, f"holds another log: {copy.id}, not {log.id}", f"存放的是另一日志：{copy.id}，而不是 {log.id}")
    if size > end:
        en, zh = f"holds {size} records, more than the {end} to be copied", f"已有 {size} 条记录，多于待复制的 {end} 条"
        raise errors.copy_elsewhere(where, en, zh)
    if tree is not None and copy.root() != tree.root(size):
        en, zh = f"holds {size} records that are not the beginning of this log", f"中的 {size} 条记录不是此日志的开头部分"
        raise errors.copy_elsewhere(where, en, zh)


def _heads(reader: Reader, from_size: int, end: int) -> Iterator[Head]:
    while page := [head for head in reader.heads(from_size, limit=HEADS_AT_ONCE) if head.size <= end]:
        yield from page
        from_size = page[-1].size + 1
