"""Style is a test: length, dead modules, large blobs, the changelog's shape. The allow lists are ratchets: they may only fall."""

import ast
import re
from pathlib import Path

import pytest

from tests.sources import ROOT, imported_modules, module_name, python_files, short, tracked_files, tree_of

FILE_LINES_MAX = 400
FUNCTION_LINES_MAX = 60
BLOB_BYTES_MAX = 300_000

# Longer than the limit for a reason that the file or function itself gives. A figure may fall, never rise; no new entry without a reason.
LONG_FILES: dict[str, int] = {}
LONG_FUNCTIONS: dict[str, int] = {}

ENTRY_POINTS = {
    "huitong.cli",
    "huitong.__main__",
    "huitong.cli.behind",
    "huitong.client",
    "huitong.store.apart.maker",
    "huitong.store.apart.process",
}
CHANGE_KINDS = {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}
SOURCES = python_files("src", "tests", "benchmarks", "scripts")


def ratchet(measured: dict[str, int], limit: int, allowed: dict[str, int]) -> list[str]:
    """What breaks the limit or its allow list, with what to do."""
    complaints = []
    for name, lines in measured.items():
        if lines > allowed.get(name, limit):
            complaints.append(f"{name} has {lines} lines, {allowed.get(name, limit)} are allowed: look for the second concept")
        elif name in allowed and lines < allowed[name]:
            complaints.append(f"{name} fell to {lines} lines: lower its figure, or drop it at {limit}")
    return complaints + [f"{name} is gone: drop it from the allow list" for name in allowed if name not in measured]


def function_lengths() -> dict[str, int]:
    lengths = {}
    for path in SOURCES:
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                documented = ast.get_docstring(node, clean=False)
                first = node.body[1] if documented is not None and len(node.body) > 1 else node.body[0]
                lengths[f"{short(path)}:{node.name}"] = (node.end_lineno or 0) - first.lineno + 1
    return lengths


def test_files_are_short() -> None:
    assert ratchet({short(path): len(path.read_text("utf-8").splitlines()) for path in SOURCES}, FILE_LINES_MAX, LONG_FILES) == []


def test_function_bodies_are_short() -> None:
    assert ratchet(function_lengths(), FUNCTION_LINES_MAX, LONG_FUNCTIONS) == []


def test_the_ratchet_complains_of_growth_of_shrinkage_and_of_what_is_gone() -> None:
    measured, allowed = {"long": 500, "grown": 450, "fallen": 410}, {"grown": 440, "fallen": 420, "gone": 500}
    assert [complaint.split()[0] for complaint in ratchet(measured, 400, allowed)] == ["long", "grown", "fallen", "gone"]


def test_every_module_is_imported_by_another() -> None:
    imports: set[str] = set()
    for path in python_files("src"):
        imports |= set(imported_modules(path)) - {module_name(path)}
    modules = [module_name(path) for path in python_files("src") if path.name != "__init__.py"]
    assert [name for name in modules if name not in imports | ENTRY_POINTS] == []


def test_no_large_blob_is_tracked() -> None:
    sizes = {short(path): path.stat().st_size for path in tracked_files()}
    assert {name: size for name, size in sizes.items() if size > BLOB_BYTES_MAX} == {}


def test_nothing_is_left_for_later_in_a_comment() -> None:
    marks = re.compile(r"\b(" + "|".join(["TO" + "DO", "FIX" + "ME", "HA" + "CK"]) + r")\b")
    suffixes = {".py", ".md", ".toml", ".sh", ".yml", ".html", ".js", ".css", ".dmn", ""}
    texts = {short(path): path.read_text("utf-8", "ignore") for path in tracked_files() if path.suffix in suffixes}
    assert [name for name, text in texts.items() if marks.search(text)] == []


@pytest.mark.parametrize("path", [path for path in python_files("src") if not module_name(path).startswith("huitong.cli")], ids=short)
def test_a_library_module_does_not_print(path: Path) -> None:
    calls = [node.func for node in ast.walk(tree_of(path)) if isinstance(node, ast.Call)]
    assert [call.lineno for call in calls if isinstance(call, ast.Name) and call.id == "print"] == []


def changelog_complaints(text: str) -> list[str]:
    complaints = [] if text.startswith("# Changelog\n") else ["the first line is '# Changelog'"]
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith("## ") and not re.fullmatch(r"## (Unreleased|\d+\.\d+\.\d+ - \d{4}-\d{2}-\d{2})", line):
            complaints.append(f"line {number}: '## Unreleased' or '## 1.2.3 - 2026-01-31'")
        elif line.startswith("### ") and line[4:] not in CHANGE_KINDS:
            complaints.append(f"line {number}: one of {sorted(CHANGE_KINDS)}")
        elif line.startswith("-") and not re.fullmatch(r"- \S.*[.:]", line):
            complaints.append(f"line {number}: an entry is one line, '- ' and a sentence")
    return complaints


def test_the_changelog_has_its_shape_and_names_the_version_or_what_is_unreleased() -> None:
    text = (ROOT / "CHANGELOG.md").read_text("utf-8")
    assert changelog_complaints(text) == []
    assert "## Unreleased" in text


def test_a_changelog_out_of_shape_is_complained_of() -> None:
    assert len(changelog_complaints("Changes\n## soon\n### Stuff\n-no blank\n")) == 4
