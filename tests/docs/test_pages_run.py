"""The code in the documentation runs as it stands."""

import shlex
from pathlib import Path

import pytest

from tests.docs.pages import Block, blocks, pages
from tests.sources import short

RUNNABLE = [
    page for page in pages() if any(block.language == "python" or block.exit_code is not None for block in blocks(page.read_text("utf-8")))
]


def write(block: Block, folder: Path) -> None:
    assert block.file is not None
    target = (folder / block.file).resolve()
    assert target.is_relative_to(folder.resolve()), f"{block.file} would leave the page's folder"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(block.code + "\n", "utf-8")


def command_lines(code: str) -> list[str]:
    """The ``huitong`` lines of a shell block; a line that ends with a backslash goes on."""
    return [line.strip() for line in code.replace("\\\n", " ").splitlines() if line.strip().startswith("huitong ")]


def run_commands(block: Block) -> None:
    from typer.testing import CliRunner  # noqa: PLC0415  # most pages need no command line

    from huitong.cli import app  # noqa: PLC0415  # the same

    for line in command_lines(block.code):
        result = CliRunner().invoke(app, shlex.split(line, comments=True)[1:], catch_exceptions=False)
        assert result.exit_code == block.exit_code, f"{line}\n{result.output}"


@pytest.mark.parametrize("page", RUNNABLE, ids=short)
def test_the_code_of_a_page_runs(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {"__name__": "__page__"}
    for block in blocks(page.read_text("utf-8")):
        if block.file is not None:
            write(block, tmp_path)
        elif block.language == "python":
            padded = "\n" * block.line + block.code  # so that a traceback tells the line of the page
            exec(compile(padded, str(page), "exec"), names)  # noqa: S102  # running the page is the point
        elif block.exit_code is not None:
            run_commands(block)


PAGE = """
Words.

```python
answer = 6 * 7
```

```toml
# policies/a.toml
x = 1
```

```csv title="rows.csv"
a,b
```

<!-- run 2 -->
```bash
$ ls
huitong decide \\
  --json  # a comment
```

<!-- setup
hidden = True
-->

```bash
huitong demo
```
"""


def test_a_page_is_read_as_its_author_meant_it() -> None:
    read = [(block.language, block.file, block.exit_code) for block in blocks(PAGE)]
    assert read == [
        ("python", None, None),
        ("toml", "policies/a.toml", None),
        ("csv", "rows.csv", None),
        ("bash", None, 2),
        ("python", None, None),
        ("bash", None, None),
    ]
    bash = [block for block in blocks(PAGE) if block.exit_code == 2]
    assert [shlex.split(line, comments=True) for line in command_lines(bash[0].code)] == [["huitong", "decide", "--json"]]
