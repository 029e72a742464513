"""What commands write: words for people in their language, JSON for machines, errors with cause and remedy."""

import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager

import msgspec
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text as RichText

from huitong.app import Progress, silent
from huitong.cli.progress import plain_progress, shown_progress
from huitong.cli.words import WORDS, preferred_language
from huitong.kernel import Finding, HuitongError, Severity, Text

SAID_EACH_MAX = 2
"""Most findings of one kind that are said in full."""
GAP_CELLS = 2
"""Between two columns of a table."""
COLUMN_CELLS_MIN = 10
"""A column narrower than that is read letter by letter, unless its cells are short."""
_TOGETHER = re.compile(r"[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef]|[^\s\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef]+")
"""What a line's end never divides: a word, or a Chinese character."""
PLACES_MAX = 10
"""Most places of further findings of one kind that are named."""


class Terminal:
    """One command's output.

    Args:
        language: ``zh``, ``en`` or ``None`` for the terminal's own.
        json: Whether machines read it: then there is one JSON document on standard output and nothing else.
    """

    def __init__(self, language: str | None, json: bool) -> None:
        self.language = preferred_language(language)
        self.json = json
        self.console = Console(highlight=False, soft_wrap=True)
        self._errors = Console(stderr=True, highlight=False, soft_wrap=True)

    def word(self, name: str) -> str:
        """One of the command line's own words."""
        return WORDS[name][self.language]

    @property
    def colon(self) -> str:
        """What stands between a word and what it says."""
        return "：" if self.language == "zh" else ": "

    def text(self, text: Text) -> str:
        """A bilingual text in the language of this terminal."""
        return text[self.language]

    def say(self, *lines: str, style: str | None = None) -> None:
        """Lines for people; nothing where machines read."""
        if not self.json:
            for line in lines:
                self.console.print(line, style=style, markup=False)

    def give(self, document: object) -> None:
        """The JSON document for machines; nothing where people read."""
        if self.json:
            sys.stdout.write(msgspec.json.encode(document, enc_hook=_plain).decode() + "\n")

    def give_first(self, document: object) -> None:
        """What a machine must know before it can answer: on standard error, since standard output has one document."""
        if self.json:
            sys.stderr.write(msgspec.json.encode(document, enc_hook=_plain).decode() + "\n")
            sys.stderr.flush()

    def table(self, heads: Sequence[str], rows: Iterable[Sequence[str]], *, figures: Sequence[int] = (), whole: Sequence[int] = ()) -> None:
        """A table for people; where its words do not fit side by side, each row line by line.

        Args:
            heads: What stands above the columns.
            rows: The cells of each row.
            figures: Columns that are right-aligned.
            whole: Columns that are never cut or broken.
        """
        if self.json:
            return
        lines = list(rows)
        widths = _widths(list(zip(heads, *lines, strict=True)), whole, self.console.width)
        if widths is None:
            self._row_by_row(heads, lines)
            return
        table = Table(header_style="bold", box=None, pad_edge=False)
        for place, head in enumerate(heads):
            table.add_column(head, justify="right" if place in figures else "left", width=widths[place], overflow="fold")
        for row in lines:
            table.add_row(*(RichText(cell) for cell in row))
        self.console.print(table, soft_wrap=False)

    def _row_by_row(self, heads: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
        """Each row as a block of its own, a line for each of its cells that says something."""
        for place, row in enumerate(rows):
            block = Table(show_header=False, box=None, pad_edge=False)
            block.add_column(style="bold", no_wrap=True)
            block.add_column(overflow="fold")
            for head, cell in zip(heads, row, strict=True):
                if cell:
                    block.add_row(RichText(head), RichText(cell))
            self.say(*([""] if place else []))
            self.console.print(block, soft_wrap=False)

    def findings(self, findings: Iterable[Finding]) -> None:
        """What a check found, each with its remedy; many of one kind are said once, with all their places."""
        kinds: dict[tuple[str, str], list[Finding]] = {}
        for finding in findings:
            kinds.setdefault((finding.code, finding.remedy["en"]), []).append(finding)
        for same in kinds.values():
            for finding in same if len(same) <= SAID_EACH_MAX else same[:1]:
                sign, style = ("✗", "red") if finding.severity is Severity.ERROR else ("!", "yellow")
                self.say(f"{sign} {finding.place(self.language)}{self.colon}{self.text(finding.text)}", style=style)
            if len(same) > SAID_EACH_MAX:
                named = [finding.place(self.language) for finding in same[1 : PLACES_MAX + 1]]
                places = ("；" if self.language == "zh" else "; ").join([*named, *(["…"] if len(same) > PLACES_MAX + 1 else [])])
                self.say(f"  {self.word('likewise').format(count=f'{len(same) - 1:,}', places=places)}", style="yellow")
            self.say(f"  → {self.text(same[0].remedy)}", style="dim")

    def error(self, error: HuitongError) -> int:
        """An error: cause, then remedy; returns the exit code that belongs to it."""
        if self.json:
            self.give({"error": {"code": error.code, "cause": error.cause, "remedy": error.remedy}})
            return error.exit_code
        self._errors.print(f"✗ {self.word('error')}{self.colon}{error.cause[self.language]}", style="bold red", markup=False)
        self._errors.print(f"→ {self.word('remedy')}{self.colon}{error.remedy[self.language]}", markup=False)
        return error.exit_code

    def warn(self, text: Text) -> None:
        """What a person should know about what machines read: on standard error, whoever reads standard output."""
        self._errors.print(f"! {self.text(text)}", style="yellow", markup=False)

    @contextmanager
    def progress(self) -> Iterator[Progress]:
        """Bars while long work runs; without a terminal a line on standard error every few seconds; silent for machines."""
        if self.json:
            yield silent
            return
        if not self.console.is_terminal:
            yield plain_progress(lambda line: self._errors.print(line, style="dim", markup=False), self.language)
            return
        with shown_progress(self.console, self.language) as report:
            yield report


def _widths(columns: Sequence[Sequence[str]], whole: Sequence[int], room: int) -> list[int] | None:
    """Widths of a table's columns in cells of the terminal, so that no line ends in the middle of a word; ``None`` where none are.

    What is left over goes to the columns that would wrap, to each as much as to any other or as much as it can use.
    """
    full = [max(map(cell_len, column)) for column in columns]
    words = [max(cell_len(part) for cell in column for part in _TOGETHER.findall(cell) or [""]) for column in columns]
    widths = [one if place in whole else max(words[place], min(one, COLUMN_CELLS_MIN)) for place, one in enumerate(full)]
    spare = room - sum(widths) - GAP_CELLS * (len(widths) - 1)
    if spare < 0:
        return None
    for done, place in enumerate(sorted(range(len(widths)), key=lambda one: full[one] - widths[one])):
        more = min(full[place] - widths[place], spare // (len(widths) - done))
        widths[place] += more
        spare -= more
    return widths


def _plain(value: object) -> object:
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, Mapping):  # read-only ones, which msgspec does not know
        return dict(value)
    raise NotImplementedError(f"{type(value)} is not JSON")
