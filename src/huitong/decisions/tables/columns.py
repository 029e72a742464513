"""Changes the columns and the hit policy of a decision table in the modeller's own file: what no change touches stays to the last byte.

How: one pass over the XML finds where the table, each condition and each row's cells begin and end; pieces are put in and taken out there.
What was written is read again and compared, so that nothing is kept that means something else.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from typing import TypeVar
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

from huitong.decisions.feel import policy_error
from huitong.decisions.tables.dmn import HIT_POLICY_NAMES, DmnInput, DmnTable
from huitong.decisions.tables.writing import blanks_before, table_in, unwritable
from huitong.kernel import PolicyError, Text

T = TypeVar("T")
ANYTHING = "-"
"""A cell that every value passes."""
_LABEL = re.compile(rb"""\slabel\s*=\s*("[^"]*"|'[^']*')""")
_HIT_POLICY = re.compile(rb"""\shitPolicy\s*=\s*("[^"]*"|'[^']*')""")
_AGGREGATION = re.compile(rb"""\saggregation\s*=\s*("[^"]*"|'[^']*')""")

_START_TAG = re.compile(rb"""(?:[^>"']|"[^"]*"|'[^']*')*>""")
"""Values of attributes may hold what ends a tag."""


@dataclass(slots=True)
class _Element:
    """Where an element stands: its first byte, the end of its start tag, its end."""

    start: int
    opened: int
    end: int = 0


@dataclass(slots=True)
class _Layout:
    """Where the parts of a table stand: its conditions, its first output, and of each row the same."""

    prefix: str = ""
    table: _Element | None = None
    inputs: list[_Element] = field(default_factory=list)
    output: int = 0
    rows: list[list[_Element]] = field(default_factory=list)
    row_outputs: list[int] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Piece:
    """Bytes of the file that others take the place of."""

    start: int
    end: int
    text: bytes


def with_column(content: bytes, file: str, table: str, expression: str, label: str = "") -> bytes:
    """The file with one more condition in a table, the last one, which every row leaves open.

    Args:
        content: The file, DMN in UTF-8.
        file: Its name, for messages.
        table: Name of the decision.
        expression: What the column looks at, in FEEL.
        label: What people call it; the expression where empty.

    Raises:
        PolicyError: If there is no such table, or the file cannot be written so that it reads as wanted.
    """
    before = table_in(content, file, table)
    found = _layout(content, before)
    expression, label = expression.strip(), label.strip()
    id_ = _fresh(content, f"{before.id or 'table'}_input", len(before.inputs) + 1)
    named = f" label={quoteattr(label)}" if label else ""
    head = (
        f'<{found.prefix}input id="{id_}"{named}><{found.prefix}inputExpression id="{id_}_expression">'
        f"<{found.prefix}text>{escape(expression)}</{found.prefix}text></{found.prefix}inputExpression></{found.prefix}input>"
    )
    pieces = [_put(content, found.inputs, found.output, head)]
    for number, (cells, output) in enumerate(zip(found.rows, found.row_outputs, strict=True), start=1):
        text = f"<{found.prefix}text>{ANYTHING}</{found.prefix}text>"
        cell = f'<{found.prefix}inputEntry id="{id_}_{number}">{text}</{found.prefix}inputEntry>'
        pieces.append(_put(content, cells, output, cell))
    added = DmnInput(id_, label or expression, expression, "", "")
    rules = tuple(replace(rule, inputs=(*rule.inputs, ANYTHING)) for rule in before.rules)
    return _checked(content, pieces, file, replace(before, inputs=(*before.inputs, added), rules=rules))


def without_column(content: bytes, file: str, table: str, place: int) -> bytes:
    """The file without a condition of a table, and without its cell in each row.

    Args:
        content: The file, DMN in UTF-8.
        file: Its name, for messages.
        table: Name of the decision.
        place: Which condition, counted from 0.

    Raises:
        PolicyError: As ``with_column``; or if there is no such condition, or no other.
    """
    before = _with_place(content, file, table, place)
    if len(before.inputs) == 1:
        raise _misfit(
            before,
            "table.column.last",
            {"en": "it is the table's only condition", "zh": "这是该表唯一的条件列"},
            {"en": "add another condition first, or take the table out of the policy", "zh": "请先添加其他条件列，或从策略中移除该表"},
        )
    found = _layout(content, before)
    gone = [found.inputs[place], *(cells[place] for cells in found.rows if place < len(cells))]
    pieces = [_Piece(one.start - len(blanks_before(content, one.start)), one.end, b"") for one in gone]
    rules = tuple(replace(rule, inputs=_without(rule.inputs, place)) for rule in before.rules)
    return _checked(content, pieces, file, replace(before, inputs=_without(before.inputs, place), rules=rules))


def with_label(content: bytes, file: str, table: str, place: int, label: str) -> bytes:
    """The file with another name for a condition of a table.

    Args:
        content: The file, DMN in UTF-8.
        file: Its name, for messages.
        table: Name of the decision.
        place: Which condition, counted from 0.
        label: What people call it.

    Raises:
        PolicyError: As ``without_column``.
    """
    before = _with_place(content, file, table, place)
    label = label.strip()
    piece = _attribute(content, _layout(content, before).inputs[place], _LABEL, "label", label)
    named = replace(before.inputs[place], label=label or before.inputs[place].expression)
    inputs = (*before.inputs[:place], named, *before.inputs[place + 1 :])
    return _checked(content, [piece], file, replace(before, inputs=inputs))


def with_hit_policy(content: bytes, file: str, table: str, letter: str) -> bytes:
    """The file with another hit policy of a table.

    Args:
        content: The file, DMN in UTF-8.
        file: Its name, for messages.
        table: Name of the decision.
        letter: U, A, P, F, R, O or C.

    Raises:
        PolicyError: As ``with_column``; or if there is no such hit policy.
    """
    before = table_in(content, file, table)
    name = HIT_POLICY_NAMES.get(letter)
    if name is None:
        raise _misfit(
            before,
            "table.hit_policy",
            {"en": f"there is no hit policy {letter!r}", "zh": f"没有命中策略 {letter!r}"},
            {"en": f"choose one of {', '.join(HIT_POLICY_NAMES)}", "zh": f"请选择其一：{'、'.join(HIT_POLICY_NAMES)}"},
        )
    element = _layout(content, before).table
    if element is None:  # what was read as a table has one
        raise unwritable(before)
    pieces = [_attribute(content, element, _HIT_POLICY, "hitPolicy", name)]
    aggregated = _AGGREGATION.search(content, element.start, element.opened)
    if aggregated is not None:
        pieces.append(_Piece(*aggregated.span(), b""))
    return _checked(content, pieces, file, replace(before, hit_policy=letter, aggregation=""))


def _with_place(content: bytes, file: str, table: str, place: int) -> DmnTable:
    found = table_in(content, file, table)
    if not 0 <= place < len(found.inputs):
        raise _misfit(
            found,
            "table.column.unknown",
            {"en": f"the table has no condition {place + 1}", "zh": f"该表没有第 {place + 1} 个条件列"},
            {"en": "reload the page: the table has changed meanwhile", "zh": "请刷新页面：该表已被修改"},
        )
    return found


def _misfit(table: DmnTable, code: str, cause: Text, remedy: Text) -> PolicyError:
    return policy_error(code, table.place, None, cause, remedy)


def _without(cells: tuple[T, ...], place: int) -> tuple[T, ...]:
    return (*cells[:place], *cells[place + 1 :])


def _fresh(content: bytes, stem: str, number: int) -> str:
    """An id that nothing in the file begins with."""
    return next(f"{stem}_{at}" for at in count(number) if f'"{stem}_{at}'.encode() not in content)


def _put(content: bytes, beside: Sequence[_Element], otherwise: int, text: str) -> _Piece:
    """A piece behind the last of some elements, set as that one is; before a place where there are none."""
    if beside:
        last = beside[-1]
        return _Piece(last.end, last.end, blanks_before(content, last.start) + text.encode())
    return _Piece(otherwise, otherwise, text.encode() + blanks_before(content, otherwise))


def _attribute(content: bytes, element: _Element, pattern: re.Pattern[bytes], name: str, value: str) -> _Piece:
    """An attribute of an element with another value, or a new one behind its others."""
    written = f" {name}={quoteattr(value)}".encode()
    known = pattern.search(content, element.start, element.opened)
    if known is not None:
        return _Piece(*known.span(), written)
    at = element.opened - (2 if content[element.opened - 2 : element.opened] == b"/>" else 1)
    return _Piece(at, at, written)


def _checked(content: bytes, pieces: Sequence[_Piece], file: str, wanted: DmnTable) -> bytes:
    """The file with its pieces, where it reads as wanted."""
    parts, at = [], 0
    for piece in sorted(pieces, key=lambda one: one.start):
        parts += [content[at : piece.start], piece.text]
        at = piece.end
    after = b"".join([*parts, content[at:]])
    if _meaning(table_in(after, file, wanted.name)) != _meaning(wanted):
        raise unwritable(wanted)
    return after


def _meaning(table: DmnTable) -> tuple[object, ...]:
    """What a table says, without ids."""
    inputs = [(one.label, one.expression, one.type_ref, one.values) for one in table.inputs]
    rules = [(rule.inputs, rule.outputs, rule.annotations, rule.description) for rule in table.rules]
    return table.hit_policy, table.aggregation, inputs, table.outputs, table.annotations, rules


def _layout(content: bytes, table: DmnTable) -> _Layout:
    """Where the parts of a table stand in its file."""
    parser = expat.ParserCreate()
    found, path, inside = _Layout(), list[str](), [False]
    opening: list[_Element] = []

    def element() -> _Element:
        start = parser.CurrentByteIndex
        tag = _START_TAG.match(content, start)
        return _Element(start, start if tag is None else tag.end())

    def started(tag: str, attributes: dict[str, str]) -> None:
        prefix, colon, local = tag.rpartition(":")
        parent = path[-1] if path else ""
        path.append(local)
        if local == "decision":
            inside[0] = (attributes.get("name", ""), attributes.get("id", "")) == (table.name, table.id)
        if not inside[0]:
            return
        if local == "decisionTable":
            found.prefix, found.table = prefix + colon, element()
        elif (parent, local) in _KEPT:
            opening.append(element())
            _KEPT[parent, local](found).append(opening[-1])
        elif (parent, local) == ("decisionTable", "output") and not found.output:
            found.output = parser.CurrentByteIndex
        elif (parent, local) == ("decisionTable", "rule"):
            found.rows.append([])
            found.row_outputs.append(0)
        elif (parent, local) == ("rule", "outputEntry") and not found.row_outputs[-1]:
            found.row_outputs[-1] = parser.CurrentByteIndex

    def ended(_tag: str) -> None:
        local = path.pop()
        if inside[0] and path and (path[-1], local) in _KEPT:
            one = opening.pop()
            one.end = one.opened if content[one.opened - 2 : one.opened] == b"/>" else content.index(b">", parser.CurrentByteIndex) + 1
        elif local == "decision":
            inside[0] = False

    parser.StartElementHandler, parser.EndElementHandler = started, ended
    parser.Parse(content, True)
    return found


_KEPT: dict[tuple[str, str], Callable[[_Layout], list[_Element]]] = {
    ("decisionTable", "input"): lambda found: found.inputs,
    ("rule", "inputEntry"): lambda found: found.rows[-1],
}
"""Elements whose places are kept, by parent and name, and where."""
