"""Pieces of HTML: escaped text, words in both languages, tables, figures."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape

from huitong.evaluation.words import NARROW_SPACE, joined
from huitong.kernel import Language

_KEPT = frozenset({"\n", "\t", "\u3000", "\u00a0", NARROW_SPACE})
"""Blanks that part words and lines; files and notes that people write hold them."""


def esc(text: object) -> str:
    """Text made safe for HTML, in elements and attributes; control characters, which could hide or turn text, are dropped."""
    return escape("".join(one for one in str(text) if one.isprintable() or one in _KEPT), quote=True)


def both(en: str, zh: str) -> str:
    """Plain text in both languages; the page shows one of them.

    Raises:
        ValueError: If one language is missing.
    """
    if not en.strip() or not zh.strip():
        raise ValueError(f"a text lacks a language: en={en!r}, zh={zh!r}")
    return esc(en) if en == zh else f'<span lang="en">{esc(en)}</span><span lang="zh">{esc(joined(zh))}</span>'


def words(text: Mapping[Language, str]) -> str:
    """A bilingual text."""
    return both(text["en"], text["zh"])


_TERMS: Mapping[str, tuple[str, str]] = {
    "bank": ("bank", "银行"),
    "data": ("data", "数据"),
    "features": ("features", "特征"),
    "freeze": ("freeze", "冻结"),
    "hold": ("hold", "暂缓"),
    "limit": ("limit", "限额"),
    "model": ("model", "模型"),
    "policy": ("policy", "策略"),
    "step_up": ("step up", "加强验证"),
    "training": ("training", "训练"),
    "watch": ("watch", "关注"),
}


def term(name: str) -> str:
    """A measure or artefact by its name for people; anything else, such as a file, by its own name."""
    return both(*_TERMS.get(name, (name, name)))


def outcome_mark(name: str, title: Mapping[Language, str]) -> str:
    """An outcome as a word with its colour and its sign: never colour alone."""
    known = name if name in ("approve", "review", "decline", "held", "freeze") else "other"
    return f'<span class="mark mark-{known}">{words(title)}</span>'


@dataclass(frozen=True, slots=True)
class Cell:
    """A table cell: HTML, the value it is sorted by, whether it is a figure."""

    html: str
    sort: float | str | None = None
    figure: bool = False
    style: str = ""


ROWS_SHOWN = 30
"""Longer tables scroll inside their own box, and print no more rows than these."""

Row = list[Cell | str]
"""A row of a table: cells, or HTML of plain ones."""


def number_cell(html: str, sort: float | None) -> Cell:
    """A figure, right-aligned, sorted by its value."""
    return Cell(html, sort, figure=True)


def table(
    heads: Sequence[str], rows: Iterable[Sequence[Cell | str]], *, caption: str, sortable: bool = False, filterable: bool = False
) -> str:
    """A table that scrolls sideways inside its own box where the page is narrow.

    Args:
        heads: Column heads, as HTML.
        rows: Cells, or HTML of plain cells.
        caption: What it lists, as HTML; read out by screen readers, not shown.
        sortable: Whether a click on a head sorts.
        filterable: Whether a search field stands above it.
    """
    body = [[cell if isinstance(cell, Cell) else Cell(cell) for cell in row] for row in rows]
    figures = [bool(body) and all(row[place].figure for row in body) for place in range(len(heads))]
    head = "".join(_head(text, figure, sortable) for text, figure in zip(heads, figures, strict=True))
    lines = "".join(f"<tr>{''.join(_cell(cell) for cell in row)}</tr>" for row in body)
    marks = f"{' data-sortable' if sortable else ''}{' data-filterable' if filterable else ''}"
    inner = f'<caption class="unseen">{caption}</caption><thead><tr>{head}</tr></thead><tbody>{lines}</tbody>'
    box = "scroll tall" if len(body) > ROWS_SHOWN else "scroll"
    return f'<div class="{box}" tabindex="0"><table{marks}>{inner}</table></div>'


def _head(text: str, figure: bool, sortable: bool) -> str:
    inner = f'<button type="button">{text}</button>' if sortable else text
    return f'<th scope="col"{" class=n" if figure else ""}>{inner}</th>'


def _cell(cell: Cell) -> str:
    sort = "" if cell.sort is None else f' data-sort="{esc(cell.sort)}"'
    style = f' style="{cell.style}"' if cell.style else ""
    return f"<td{' class=n' if cell.figure else ''}{sort}{style}>{cell.html}</td>"


def chart(name: str, title: str, fallback: str, *, note: str = "", data: str = "") -> str:
    """A chart: its title, the place where the script draws it, and the same figures as a table.

    Args:
        name: Which drawing of the script.
        title: HTML.
        fallback: HTML of a table with the same figures, opened at will and by printing without scripts.
        note: HTML of a line that says how to read it.
        data: Attribute for the drawing (which sample, which group).
    """
    more = f' data-of="{esc(data)}"' if data else ""
    explained = f'<p class="note">{note}</p>' if note else ""
    details = f'<details class="as-table"><summary>{both("as a table", "以表格查看")}</summary>{fallback}</details>' if fallback else ""
    inner = f'<figcaption>{title}</figcaption>{explained}<div class="plot"></div>{details}'
    return f'<figure class="chart" data-chart="{name}"{more}>{inner}</figure>'


def section(anchor: str, title: str, lead: str, *content: str) -> str:
    """A section that can be linked to; its first line says what it shows."""
    heading = f'<h2><a class="anchor" href="#{anchor}">{title}</a></h2>'
    return f'<section id="{anchor}">{heading}<p class="lead">{lead}</p>{"".join(content)}</section>'


def empty(what: str, why: str, todo: str) -> str:
    """A designed absence: what is not here, why, what to do."""
    return f'<div class="empty"><strong>{what}</strong><p>{why}</p><p>{todo}</p></div>'


def script_json(document: bytes) -> str:
    """JSON that no HTML parser can take for the end of its script: ``<``, ``>``, ``&`` and the two line separators are escaped.

    Source:
        OWASP, Cross Site Scripting Prevention, "Output encoding for JavaScript contexts"; HTML standard, 4.12.1.3.
    """
    text = document.decode("utf-8")
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text
