"""Documentation pages and their code blocks.

How a block is run (tests/docs/test_pages_run.py):

* ```` ```python ```` blocks run in order; the blocks of one page share a name space and a temporary folder that is the working folder.
* A block of any language whose first line is a comment naming a file (``# policies/cards/policy.toml``, ``<!-- tables/limits.dmn -->``),
  or whose info string says ``title="payments.csv"``, is written to that file.
* A ```` ```bash ```` block right after the line ``<!-- run -->`` is run: each ``huitong …`` line in process; it has to end with 0,
  or with 2 after ``<!-- run 2 -->``.
* A comment ``<!-- setup`` … ``-->`` holds Python that runs where it stands but is not shown.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.sources import ROOT

DOCS = ROOT / "docs"
_FENCE = re.compile(
    r"(?:<!-- run(?: (?P<exit>\d+))? -->(?P<run>\s*\n))?"
    r"(?P<indent>[ ]*)(?P<fence>```+) *(?P<info>[^\n`]*)\n(?P<code>.*?)\n?(?P=indent)(?P=fence)[ ]*$"
    r"|<!-- setup\n(?P<setup>.*?)\n-->",
    re.MULTILINE | re.DOTALL,
)
_NAMES_A_FILE = re.compile(r"(?:#|//|<!--) *(?P<name>[\w./-]+\.\w+)(?: *-->)?\s*")
_TITLE = re.compile(r'title="(?P<name>[^"]+)"')


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block: language, text, line in the page, file it is to be written to, exit code that its commands must have."""

    language: str
    code: str
    line: int
    file: str | None = None
    exit_code: int | None = None


def pages() -> list[Path]:
    """Every page that a reader sees, in a fixed order."""
    top = [path for path in ROOT.glob("*.md") if path.name != "CHANGELOG.md"]
    return sorted([*top, *DOCS.rglob("*.md")])


def blocks(text: str) -> Iterator[Block]:
    """The blocks of a page in order."""
    for match in _FENCE.finditer(text):
        line = text.count("\n", 0, match.start()) + 1
        if match["setup"] is not None:
            yield Block("python", match["setup"], line)
            continue
        language = re.split(r"[ {]", match["info"], maxsplit=1)[0].lower()
        code = re.sub(rf"^{match['indent']}", "", match["code"], flags=re.MULTILINE)
        named = _NAMES_A_FILE.fullmatch(code.split("\n", 1)[0]) if language not in {"python", "bash", ""} else None
        title = _TITLE.search(match["info"])
        file = title["name"] if title else named["name"] if named else None
        if named and not title and language in {"xml", "dmn", "html", "json", "csv"}:
            code = code.split("\n", 1)[-1]  # XML forbids a comment before its declaration; JSON and CSV know none
        yield Block(language, code, line, file, (int(match["exit"] or 0) if match["run"] else None))
