"""Every error and finding in the code speaks both languages, through the one error tree."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from huitong.kernel import DataError, ExternalError, Finding, HuitongError, InputError, PolicyError
from tests.sources import python_files, short, tree_of

TREE = {error.__name__ for error in (HuitongError, InputError, DataError, PolicyError, ExternalError)}
# What ends a program or an iteration, and two for what only a mistake in our own code can reach.
OTHER_RAISES = {"Exit", "Abort", "BadParameter", "StopIteration", "KeyboardInterrupt", "SystemExit", "TypeError", "NotImplementedError"}
# Guards against a text without its translation: they cannot speak through the tree that they guard.
GUARDS = {
    "src/huitong/kernel/errors.py",
    "src/huitong/kernel/findings.py",
    "src/huitong/console/words.py",
    "src/huitong/evaluation/report/markup.py",
}
CHINESE = re.compile(r"[\u3400-\u9fff]")
SOURCES = python_files("src")


def name_of(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


@cache
def own_errors() -> set[str]:
    """The tree, and every class in the code that is derived from it."""
    known = set(TREE)
    classes = [node for path in SOURCES for node in ast.walk(tree_of(path)) if isinstance(node, ast.ClassDef)]
    for _ in range(3):
        known |= {node.name for node in classes if known & {name_of(base) for base in node.bases}}
    return known


@cache
def caught() -> set[str]:
    """Exceptions of our own that some ``except`` of ours names: signals between two functions, not messages."""
    handlers = [node for path in SOURCES for node in ast.walk(tree_of(path)) if isinstance(node, ast.ExceptHandler) and node.type]
    names = {name_of(part) for handler in handlers for part in ast.walk(handler.type or ast.Constant(None)) if isinstance(part, ast.expr)}
    return names & {node.name for path in SOURCES for node in ast.walk(tree_of(path)) if isinstance(node, ast.ClassDef)}


def raised_names(path: Path) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Raise) and node.exc is not None:
            yield node.lineno, name_of(node.exc.func if isinstance(node.exc, ast.Call) else node.exc)


def literal_text(node: ast.expr) -> str:
    """The fixed words of a text literal or f-string."""
    parts = (part.value for part in ast.walk(node) if isinstance(part, ast.Constant) and isinstance(part.value, str))
    return "".join(parts)


def texts(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """Every dict literal in the file with the key "en" or "zh" and words as its values."""
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Dict):
            pairs = zip(node.keys, node.values, strict=True)
            entries = {str(key.value): value for key, value in pairs if isinstance(key, ast.Constant)}
            if {"en", "zh"} & set(entries) and all(
                isinstance(value, ast.Constant | ast.JoinedStr | ast.BinOp) for value in entries.values()
            ):
                yield node.lineno, {key: literal_text(value) for key, value in entries.items()}


@pytest.mark.parametrize("path", SOURCES, ids=short)
def test_what_is_raised_belongs_to_the_error_tree(path: Path) -> None:
    if short(path) in GUARDS:
        pytest.skip("skipped: the guard itself raises ValueError when a translation is missing")
    known = own_errors() | caught() | OTHER_RAISES
    # A lower-case name is a function that builds the error or a caught error that goes on; both are checked where they are made.
    assert [(line, name) for line, name in raised_names(path) if name[:1].isupper() and name not in known] == []


@pytest.mark.parametrize("path", SOURCES, ids=short)
def test_a_text_is_given_in_both_languages_each_in_its_own_script(path: Path) -> None:
    for line, text in texts(path):
        assert set(text) >= {"zh", "en"}, f"{short(path)}:{line} lacks a language"
        assert not CHINESE.search(text["en"]), f"{short(path)}:{line} has Chinese in its English text"
        assert CHINESE.search(text["zh"]) or not re.search(r"[a-z]{3,} [a-z]{2,} ", text["zh"]), f"{short(path)}:{line} is English in zh"


@pytest.mark.parametrize("path", SOURCES, ids=short)
def test_no_error_is_swallowed(path: Path) -> None:
    """A broad ``except`` raises again or hands the error on; else it hides what it should tell, and ``except:`` even Ctrl-C."""
    broad = [
        node.lineno
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or name_of(node.type) in {"Exception", "BaseException"})
        and not any(isinstance(inner, ast.Raise) or (isinstance(inner, ast.Name) and inner.id == node.name) for inner in ast.walk(node))
    ]
    assert broad == []


@pytest.mark.parametrize("text", [{"en": "only English"}, {"en": "", "zh": "空"}, {}])
def test_an_error_or_finding_without_both_languages_cannot_be_made(text: dict[str, str]) -> None:
    both = {"en": "cause", "zh": "原因"}
    with pytest.raises(ValueError, match="lacks"):
        InputError("some.code", text, both)  # type: ignore[arg-type]  # the wrong shape is the point
    with pytest.raises(ValueError, match="lacks"):
        Finding("some.code", "row 1", both, text)  # type: ignore[arg-type]  # the wrong shape is the point
