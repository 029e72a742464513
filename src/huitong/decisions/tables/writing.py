"""Writes rows of a decision table back into the modeller's own file: every byte that no change touches stays where it is.

How: one pass over the XML finds where each row and the text of each of its cells begin and end; a changed cell is replaced there, a new row
is written as its neighbours are. What was written is read again and compared, so that nothing is kept that means something else.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from xml.parsers import expat
from xml.sax.saxutils import escape

from huitong.decisions.feel import Place, policy_error
from huitong.decisions.tables.dmn import DmnTable, read_dmn
from huitong.kernel import PolicyError, in_one_line

_ENTRIES = ("inputEntry", "outputEntry", "annotationEntry")
_INDENT = "  "


@dataclass(frozen=True, slots=True)
class WrittenRow:
    """A row as it is to stand in the file.

    Attributes:
        origin: Which row of the file it was, counted from 0; ``None`` for a new one.
        inputs: Texts of its conditions.
        outputs: Texts of its outputs.
        annotations: Texts of its annotations.
    """

    origin: int | None
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    annotations: tuple[str, ...]

    @property
    def cells(self) -> tuple[tuple[str, ...], ...]:
        """The three kinds of cells, in the order of the file."""
        return self.inputs, self.outputs, self.annotations


@dataclass(slots=True)
class _Span:
    """Where a row stands: its bytes, and the text of each cell by kind of entry; ``None`` where a cell has no text element."""

    start: int
    end: int = 0
    cells: dict[str, list[tuple[int, int] | None]] = field(default_factory=lambda: {name: [] for name in _ENTRIES})


@dataclass(slots=True)
class _Found:
    rows: list[_Span] = field(default_factory=list)
    closes: int = 0
    prefix: str = ""


def with_rows(content: bytes, file: str, table: str, rows: Sequence[WrittenRow]) -> bytes:
    """The file with these rows in one of its tables.

    A cell of several lines that is given in one, as fields of a page have it, is unchanged and stays as it is.

    Args:
        content: The file, DMN in UTF-8.
        file: Its name, for messages.
        table: Name of the decision.
        rows: The rows, in their order.

    Raises:
        PolicyError: If the file is no DMN, has no such table, a row lacks cells or has too many, or the file cannot be written so that it
            reads as wanted.
    """
    before = table_in(content, file, table)
    _require_shape(before, rows)
    rows = [_as_it_was(before, row) for row in rows]
    found = _found(content, before)
    after = _spliced(content, before, found, rows)
    again = table_in(after, file, table)
    if [(rule.inputs, rule.outputs, rule.annotations) for rule in again.rules] != [tuple(map(_trimmed, row.cells)) for row in rows]:
        raise unwritable(before)
    return after


def unwritable(table: DmnTable) -> PolicyError:
    """The error for a file that would not read as it was meant."""
    return policy_error(
        "table.unwritable",
        table.place,
        None,
        {"en": "the file cannot be changed from a page", "zh": "无法在页面上修改该文件"},
        {"en": "change the table in a DMN modeller", "zh": "请在 DMN 建模工具中修改"},
    )


def _as_it_was(table: DmnTable, row: WrittenRow) -> WrittenRow:
    """The row with cells as the file has them where they say the same: those of several lines, and those that it has not and are empty."""
    if row.origin is None:
        return row
    rule = table.rules[row.origin]
    pairs = zip((rule.inputs, rule.outputs, rule.annotations), row.cells, strict=True)
    return WrittenRow(row.origin, *(_unbroken(there, given) for there, given in pairs))


def _unbroken(there: tuple[str, ...], given: tuple[str, ...]) -> tuple[str, ...]:
    known = [was if cell.strip() == in_one_line(was) else cell for was, cell in zip(there, given, strict=False)]
    more = given[len(there) :]
    return (*known, *(more if any(cell.strip() for cell in more) else ()))


def _trimmed(cells: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(cell.strip() for cell in cells)


def table_in(content: bytes, file: str, table: str) -> DmnTable:
    """A table of a file, by the name of its decision.

    Raises:
        PolicyError: If the file is no DMN, or has no such table.
    """
    found = next((one for one in read_dmn(content, file) if one.name == table), None)
    if found is None:
        raise policy_error(
            "table.unknown",
            Place(file),
            None,
            {"en": f"there is no decision table {table!r}", "zh": f"没有决策表“{table}”"},
            {"en": "reload the page", "zh": "请刷新页面"},
        )
    return found


def _require_shape(table: DmnTable, rows: Sequence[WrittenRow]) -> None:
    wanted = (len(table.inputs), len(table.outputs), len(table.annotations))
    for number, row in enumerate(rows, start=1):
        known = row.origin is None or 0 <= row.origin < len(table.rules)
        if tuple(map(len, row.cells)) != wanted or not known:
            raise policy_error(
                "table.row.shape",
                table.place.at(row=number),
                None,
                {"en": "the row does not fit the table's columns", "zh": "该行与表的列不符"},
                {"en": "reload the page: the table has changed meanwhile", "zh": "请刷新页面：该表已被修改"},
            )


def _found(content: bytes, table: DmnTable) -> _Found:
    """Where the rows of a table stand in its file."""
    parser = expat.ParserCreate()
    found, path = _Found(), list[str]()
    state: dict[str, object] = {"inside": False, "text": None}

    def started(tag: str, attributes: dict[str, str]) -> None:
        prefix, colon, local = tag.rpartition(":")
        path.append(local)
        if local == "decision":
            state["inside"] = (attributes.get("name", ""), attributes.get("id", "")) == (table.name, table.id)
        if not state["inside"]:
            return
        if local == "decisionTable":
            found.prefix = prefix + colon
        elif local == "rule" and path[-2] == "decisionTable":
            found.rows.append(_Span(parser.CurrentByteIndex))
        elif local in _ENTRIES and path[-2] == "rule":
            found.rows[-1].cells[local].append(None)
        elif local == "text" and path[-2] in _ENTRIES and path[-3] == "rule":
            opened = content.index(b">", parser.CurrentByteIndex) + 1
            state["text"] = None if content[opened - 2 : opened] == b"/>" else opened

    def ended(tag: str) -> None:
        local = tag.rpartition(":")[2]
        path.pop()
        if not state["inside"]:
            return
        if local == "text" and isinstance(state["text"], int) and path[-1] in _ENTRIES and path[-2] == "rule":
            found.rows[-1].cells[path[-1]][-1] = (state["text"], parser.CurrentByteIndex)
            state["text"] = None
        elif local == "rule" and path[-1] == "decisionTable":
            found.rows[-1].end = content.index(b">", parser.CurrentByteIndex) + 1
        elif local == "decisionTable":
            found.closes = parser.CurrentByteIndex
        elif local == "decision":
            state["inside"] = False

    parser.StartElementHandler, parser.EndElementHandler = started, ended
    parser.Parse(content, True)
    return found


def _spliced(content: bytes, table: DmnTable, found: _Found, rows: Sequence[WrittenRow]) -> bytes:
    spans = found.rows
    first = spans[0].start if spans else found.closes
    gap = blanks_before(content, first) if spans else b"\n" + _INDENT.encode()
    begins = first - len(gap) if spans else first
    ids = _fresh_ids(content, table)
    written = [_lead(content, found, row, gap) + _row(content, table, found, row, gap, ids) for row in _once(rows)]
    rest = content[spans[-1].end :] if spans else b"\n" + content[found.closes :]
    return content[:begins] + b"".join(written) + rest


def _once(rows: Sequence[WrittenRow]) -> list[WrittenRow]:
    """Rows of which none stands for the same one of the file as an earlier one: a copy is a row of its own."""
    seen: set[int | None] = set()
    kept = []
    for row in rows:
        kept.append(replace(row, origin=None) if row.origin in seen else row)
        seen.add(row.origin)
    return kept


def _lead(content: bytes, found: _Found, row: WrittenRow, gap: bytes) -> bytes:
    """What stands before a row: a comment there goes with it."""
    return content[found.rows[row.origin - 1].end : found.rows[row.origin].start] if row.origin else gap


def blanks_before(content: bytes, start: int) -> bytes:
    """The blanks before a place of a file."""
    at = start
    while at > 0 and content[at - 1 : at] in (b" ", b"\t", b"\n", b"\r"):
        at -= 1
    return content[at:start]


def _row(content: bytes, table: DmnTable, found: _Found, row: WrittenRow, gap: bytes, ids: Iterator[str]) -> bytes:
    if row.origin is None:
        return _new_row(found.prefix, row, next(ids), gap)
    span, rule = found.rows[row.origin], table.rules[row.origin]
    parts, at = [], span.start
    for name, before, after in zip(_ENTRIES, (rule.inputs, rule.outputs, rule.annotations), row.cells, strict=True):
        for place, cell in enumerate(after):
            if place < len(before) and before[place] == cell.strip():
                continue
            where = span.cells[name][place] if place < len(span.cells[name]) else None
            if where is None:
                return _new_row(found.prefix, row, rule.id or next(ids), gap)
            parts += [content[at : where[0]], escape(cell.strip()).encode()]
            at = where[1]
    return b"".join([*parts, content[at : span.end]])


def _fresh_ids(content: bytes, table: DmnTable) -> Iterator[str]:
    """Ids that nothing in the file has: rows are numbered on."""
    stem = table.id or "table"
    for number in count(len(table.rules) + 1):
        if f'"{stem}_rule_{number}"'.encode() not in content:
            yield f"{stem}_rule_{number}"


def _new_row(prefix: str, row: WrittenRow, id_: str, gap: bytes) -> bytes:
    inner = gap.decode() + _INDENT
    cells = [
        f"{inner}<{prefix}{name}{_cell_id(name, id_, place)}><{prefix}text>{escape(cell.strip())}</{prefix}text></{prefix}{name}>"
        for name, texts in zip(_ENTRIES, row.cells, strict=True)
        for place, cell in enumerate(texts, start=1)
    ]
    return f'<{prefix}rule id="{id_}">{"".join(cells)}{gap.decode()}</{prefix}rule>'.encode()


def _cell_id(name: str, row: str, place: int) -> str:
    """Cells of conditions and outputs have ids in the schema, annotations have none."""
    return "" if name == "annotationEntry" else f' id="{row}_{name}_{place}"'
