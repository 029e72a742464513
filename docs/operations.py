"""The list of feature operations for docs/features.md, made from the code: ``python -m docs.operations`` writes it into both pages."""

from pathlib import Path

from huitong.features import CALENDAR_PARTS, OPERATIONS
from huitong.features.graph import PATTERNS
from huitong.kernel import Language

DOCS = Path(__file__).resolve().parent
PAGES: dict[Language, Path] = {"en": DOCS / "features.md", "zh": DOCS / "zh" / "features.md"}
BEGIN, END = "<!-- operations: made by docs/operations.py -->", "<!-- operations end -->"

_HEADS: dict[Language, tuple[str, str, str]] = {
    "en": ("| operation | gives | other settings (**needed**) | example |", "Calendar parts", "Graph patterns"),
    "zh": ("| 运算 | 含义 | 其他设置（**必填**） | 示例 |", "日历成分", "图模式"),
}


def operation_lines(language: Language) -> str:
    """Tables of all operations, calendar parts and graph patterns."""
    head, parts, patterns = _HEADS[language]
    lines = [head, "|---|---|---|---|"]
    for operation in OPERATIONS.values():
        named = [f"**`{name}`**" if name in operation.needed else f"`{name}`" for name in sorted(operation.settings)]
        lines.append(f"| `{operation.name}` | {operation.text[language]} | {' '.join(named)} | `{operation.example}` |")
    lines += ["", f"{parts}: " + ", ".join(f"`{name}` ({text[language]})" for name, text in CALENDAR_PARTS.items()) + "."]
    lines += ["", f"{patterns}: " + ", ".join(f"`{name}`" for name in (*PATTERNS, "capped")) + "."]
    return "\n".join(lines)


def with_operations(page: str, language: Language) -> str:
    """The page with the list as the code has it."""
    before, rest = page.split(BEGIN)
    after = rest.split(END)[1]
    return f"{before}{BEGIN}\n\n{operation_lines(language)}\n\n{END}{after}"


if __name__ == "__main__":
    for name, path in PAGES.items():
        path.write_text(with_operations(path.read_text("utf-8"), name), "utf-8")
