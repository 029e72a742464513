"""Whether a log is whole: the order, each record against its own bytes, and the tree, its tiles and its heads against all of them."""

from collections.abc import Callable, Iterator, Sequence
from itertools import islice

import msgspec

from huitong.contracts import Decision, Event
from huitong.kernel import DataError, Finding, HuitongError, Severity, Text, time_text
from huitong.store.merkle import HASH_BYTES, TILE_WIDTH, Frontier, Tile
from huitong.store.records import FORMAT, decode, encode_decision, encode_event
from huitong.store.segments.checking import damaged, leftovers, offsets
from huitong.store.segments.reading import SealedReader
from huitong.store.storage import DECISION_KIND, Head, Reader, Stored
from huitong.verifier import BadProofError, Note, leaf_hash, origin_of, read_note, signed_time, verified_note

FINDINGS_MAX = 1_000
"""Most findings that a check lists."""
CHECK_ROWS = 16_384

_REMEDY: Text = {"en": "restore the log from a backup, then send again what came later", "zh": "请从备份恢复日志，再重发其后的内容"}
_UPDATE: Text = {"en": "a later version wrote it: update Huitong", "zh": "它由更新的版本写入：请升级 Huitong"}
_SIGNED_OTHERWISE: Text = {
    "en": "if keys/public.pem holds every public key that the bank ever had, restore the log from a backup",
    "zh": "若 keys/public.pem 中已有银行用过的全部公钥，请从备份恢复日志",
}
_COPY: Text = {
    "en": "ask who changed the database; `huitong log copy --to ADDRESS --use` makes a whole one of what is found to be right",
    "zh": "请查明何人改动了数据库；核对无误后，`huitong log copy --to 地址 --use` 可重建完整的库",
}
_KINDS = {"table": "表", "index": "索引", "trigger": "触发器", "view": "视图", "function": "函数"}

Told = Callable[[int, int], None]


def check_schema(reader: Reader) -> Iterator[Finding]:
    """What no longer guards the records: whoever changes one has to take its trigger away first.

    Args:
        reader: Of any storage.

    Raises:
        HuitongError: As the storage says.
    """
    for kind, name in reader.altered():
        text: Text = {
            "en": f"the {kind} {name} of the schema is missing, was changed, or is none of ours",
            "zh": f"库结构中的{_KINDS.get(kind, kind)} {name} 缺失、被改动或并非汇通所建",
        }
        yield Finding.at("log.schema", {"en": "schema", "zh": "库结构"}, text, _COPY)


def check_records(reader: Reader, told: Told) -> tuple[Finding, ...]:
    """What is wrong with what ``reader`` reads; empty where all is well. Reads every record and changes nothing.

    Args:
        reader: Of any storage.
        told: How many records of how many were read.

    Raises:
        DataError: If it cannot be read at all.
        ExternalError: If the system refuses.
    """
    return tuple(islice(_Check(SealedReader.over(reader), told).findings(), FINDINGS_MAX))


class _Check:
    """Reads the log once.

    Where a record does not give the hash that the tree holds for it, the tree's hash is taken, so that one change is one finding; and
    what was signed convicts whoever changed the tree as well.
    """

    def __init__(self, reader: SealedReader, told: Told) -> None:
        self._reader = reader
        self._told = told
        self._frontier = Frontier()
        self._expected = self._entered_stop = self._unread_stop = 0
        self._tile_index = -1
        self._tile: Tile | None = None

    def findings(self) -> Iterator[Finding]:
        ids = self._reader.ids()  # before the records, to which a writer may add meanwhile
        size, heads = self._reader.size(), _Heads(self._reader)
        while True:
            first, leaves = self._expected, list[bytes]()
            try:
                yield from self._entered(first)
            except DataError as error:  # what is listed of a segment cannot be read, so nobody knows where it ends
                yield Finding.at("log.segment", offsets(first), error.cause, _REMEDY)
                break
            if first < self._unread_stop:
                self._expected = min(first + CHECK_ROWS, self._unread_stop)
                leaves += [self._held(position) or leaf_hash(b"") for position in range(first, self._expected)]
            elif page := self._reader.page(first, CHECK_ROWS):
                self._expected = page[-1].position + 1
                yield from self._named(page)
                yield from self._leaves(first, page, leaves)
            else:
                break
            for piece in heads.cut(first, leaves):
                yield from self._grown(piece)
                yield from heads.signed_wrongly(self._frontier)
            self._told(self._expected, size)
        yield from heads.beyond(self._frontier.size)
        yield from leftovers(self._reader)
        yield from self._astray(ids - self._frontier.size)

    def _astray(self, count: int) -> Iterator[Finding]:
        if count > 0:
            text: Text = {"en": f"{count} ids lead to no record", "zh": f"有 {count} 个编号找不到记录"}
            yield Finding.at("log.index", {"en": "index", "zh": "索引"}, text, _REMEDY)

    def _entered(self, position: int) -> Iterator[Finding]:
        """What is wrong with the files of a segment that begins; none of it is read then, and the tree's hashes are taken for it."""
        if position < self._entered_stop:
            return
        segment = self._reader.segment(position)
        if segment is not None:
            self._entered_stop = segment.stop
            if wrong := damaged(self._reader, segment):
                self._unread_stop = segment.stop
                yield from wrong

    def _leaves(self, first: int, page: Sequence[Stored], leaves: list[bytes]) -> Iterator[Finding]:
        """Collects the leaves of a page, and says where records are missing or changed."""
        for row in page:
            yield from self._missing(first + len(leaves), row.position, leaves)
            leaf, held = leaf_hash(row.payload), self._held(row.position)
            if held is not None and held != leaf:
                yield _of_record(row, "its bytes do not give the hash that the tree holds", "其内容与证明树中的哈希不符")
            leaves.append(held or leaf)

    def _missing(self, first: int, stop: int, leaves: list[bytes]) -> Iterator[Finding]:
        if first == stop:
            return
        yield Finding.at("log.gap", offsets(first, stop), {"en": "missing", "zh": "缺失"}, _REMEDY)
        # Without its hash a missing record stands for itself as a leaf that nothing else can equal.
        leaves += [self._held(position) or leaf_hash(b"") for position in range(first, stop)]

    def _held(self, position: int) -> bytes | None:
        """The hash that the tree holds for a record, once its tile is full."""
        index, place = divmod(position, TILE_WIDTH)
        if self._tile_index != index:
            self._tile_index, self._tile = index, self._reader.tile(0, index)
        return None if self._tile is None else self._tile.hashes[place * HASH_BYTES : (place + 1) * HASH_BYTES]

    def _named(self, page: Sequence[Stored]) -> Iterator[Finding]:
        """Each record against its own bytes, and against what the index of ids says of it."""
        read = [(row, *_content(row)) for row in page]
        for decisions in (False, True):
            group = [(row, said) for row, said, _ in read if said is not None and (row.kind == DECISION_KIND) == decisions]
            index = self._reader.tail.stored([said for _, said in group], decisions=decisions)
            subjects = {said: _subject(row) for row, said in group} if decisions else {}
            decided = self._reader.subjects(sorted(set(subjects.values()))) if subjects else set()
            for row, said in group:
                found = index.get(said)
                if found is None or found.position != row.position:
                    yield _of_record(row, f"the index does not lead to record {said!r}", f"索引无法找到记录 {said!r}")
                elif decisions and (subjects[said], row.position) not in decided:
                    yield _of_record(row, "the index does not lead to it from the event that it decided", "索引无法由其所决策的事件找到它")
        for row, _, wrong in read:
            if wrong is not None:
                yield Finding.at("log.record", offsets(row.position), wrong, _UPDATE if _is_later(row.payload) else _REMEDY)

    def _grown(self, leaves: Sequence[bytes]) -> Iterator[Finding]:
        for tile in self._frontier.extend(leaves):
            stored = self._reader.tile(tile.level, tile.index)
            if stored != tile:
                yield _of_tile(tile, stored)


class _Heads:
    """The signed heads, met in order while the tree grows again."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._waiting: list[Head] = reader.heads(0, limit=CHECK_ROWS)
        self._before: Head | None = None

    def cut(self, first: int, leaves: Sequence[bytes]) -> Iterator[Sequence[bytes]]:
        """Leaves from position ``first`` on in pieces that end where a head was signed, or at the end."""
        start = 0
        while start < len(leaves):
            stop = len(leaves)
            if self._waiting:
                stop = min(stop, max(self._waiting[0].size - first, start + 1))
            yield leaves[start:stop]
            start = stop

    def signed_wrongly(self, frontier: Frontier) -> Iterator[Finding]:
        """What is wrong with the head of the tree as it has grown so far."""
        if not self._waiting or self._waiting[0].size != frontier.size:
            return
        head = self._waiting.pop(0)
        if not self._waiting:
            self._waiting = self._reader.heads(head.size + 1, limit=CHECK_ROWS)
        where = _head(head.size)
        try:
            note = read_note(head.note)
        except BadProofError as error:
            yield Finding.at("log.head", where, error.text, _REMEDY)
            return
        yield from _misnamed(head, note, where, self._reader.log_id)
        if (note.size, note.root) != (head.size, frontier.root()):
            text: Text = {
                "en": f"the records up to offset {head.size - 1} do not give the signed root: one of them, or the head, was changed",
                "zh": f"偏移 {head.size - 1} 及之前的记录与已签名的根不符：其中某条记录或该签名头被改动过",
            }
            yield Finding.at("log.head", where, text, _REMEDY)
        if self._before is not None and head.time_us < self._before.time_us:
            text = {
                "en": f"signed {time_text(head.time_us)}, before the head before it",
                "zh": f"签名时间 {time_text(head.time_us)} 早于前一个签名头",
            }
            yield Finding.at("log.head.time", where, text, {"en": "check the clock", "zh": "请检查时钟"}, Severity.WARNING)
        self._before = head

    def beyond(self, size: int) -> Iterator[Finding]:
        """Heads that say more than there is."""
        if self._waiting:
            signed = self._waiting[-1].size
            text: Text = {"en": f"{signed} records were signed; {size} are there", "zh": f"已签名 {signed} 条记录，实际只有 {size} 条"}
            yield Finding.at("log.head", _head(signed), text, _REMEDY)


def _head(size: int) -> Text:
    return {"en": f"head {size}", "zh": f"签名头 {size}"}


def _misnamed(head: Head, note: Note, where: Text, log_id: str) -> Iterator[Finding]:
    """Where a head is of another log, or its row says another time than was signed."""
    if note.origin != origin_of(log_id):
        text: Text = {"en": f"it is of {note.origin}; this log is {log_id}", "zh": f"它属于 {note.origin}，而本日志为 {log_id}"}
        yield Finding.at("log.head", where, text, _REMEDY)
    signed = signed_time(note)
    if signed not in ("-", time_text(head.time_us)):
        text = {
            "en": f"it was signed {signed}; its row says {time_text(head.time_us)}",
            "zh": f"其签名时间为 {signed}，而登记为 {time_text(head.time_us)}",
        }
        yield Finding.at("log.head", where, text, _REMEDY)


def check_signatures(reader: Reader, keys: Sequence[bytes]) -> Iterator[Finding]:
    """Heads that no key of the log signed, which an outsider would refuse.

    Args:
        reader: Of any storage.
        keys: The log's public keys, those before a rotation among them, 32 bytes each.
    """
    size = 0
    while page := reader.heads(size, limit=CHECK_ROWS):
        for head in page:
            try:
                verified_note(head.note, keys)
            except BadProofError as error:
                yield Finding.at("log.head.signature", _head(head.size), error.text, _SIGNED_OTHERWISE)
        size = page[-1].size + 1


def _is_later(payload: bytes) -> bool:
    """Whether a record says that it is of a format that this version does not know yet."""
    try:
        document = msgspec.json.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return False
    return isinstance(document, dict) and isinstance(document.get("v"), int) and document["v"] > FORMAT


def _content(row: Stored) -> tuple[str | None, Text | None]:
    """The id that a record's bytes say, and what is wrong with it."""
    try:
        content = decode(row.payload)
        again = encode_event(content) if isinstance(content, Event) else encode_decision(content)
    except HuitongError as error:
        return None, error.cause
    kind = content.kind if isinstance(content, Event) else DECISION_KIND
    if again != row.payload:
        return content.id, {"en": f"record {content.id!r} is not in canonical form", "zh": f"记录 {content.id!r} 不是规范形式"}
    if kind != row.kind:
        return content.id, {
            "en": f"record {content.id!r} stands under another kind than its bytes say",
            "zh": f"记录 {content.id!r} 登记的种类与其内容不符",
        }
    return content.id, None


def _subject(row: Stored) -> str:
    """The event that a record's bytes say was decided."""
    decision = decode(row.payload)
    assert isinstance(decision, Decision)  # noqa: S101 -- asked of decisions only
    return decision.event


def _of_record(row: Stored, en: str, zh: str) -> Finding:
    return Finding.at("log.record", offsets(row.position), {"en": en, "zh": zh}, _REMEDY)


def _of_tile(tile: Tile, stored: Tile | None) -> Finding:
    """A tile that is not what the tiles below it, or its own hashes, give."""
    text: Text = {"en": "a tile of the tree is missing", "zh": "证明树缺少一块"}
    if stored is not None:
        text = {"en": "a tile of the tree was changed", "zh": "证明树有一块被改动过"}
    return Finding.at("log.tree", {"en": f"tile {tile.level}/{tile.index}", "zh": f"瓦片 {tile.level}/{tile.index}"}, text, _REMEDY)
