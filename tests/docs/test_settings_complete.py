"""Every setting of a file that people write stands in the documentation, in both languages; the settings are read from the code."""

import ast
from collections.abc import Iterator

import pytest

from tests.docs.test_pages_complete import LANGUAGES, words
from tests.sources import python_files, short, tree_of

# Where the code refuses what it does not know, it lists what it knows: as an argument of one of these functions, or under such a name.
_REFUSERS = {"_only", "_known", "only_known"}


def texts_in(node: ast.expr) -> set[str]:
    return {part.value for part in ast.walk(node) if isinstance(part, ast.Constant) and isinstance(part.value, str)}


def literals(tree: ast.Module) -> dict[str, ast.expr]:
    """Lists, tuples and sets written out under a name, anywhere in the file."""
    assigned = [node for node in ast.walk(tree) if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)]
    return {target.id: node.value for node in assigned if isinstance(target := node.targets[0], ast.Name)}


def known_settings(tree: ast.Module) -> Iterator[str]:
    named = literals(tree)
    for name, value in named.items():
        if (name == "known" and isinstance(value, ast.Set)) or name.endswith("_SETTINGS"):
            yield from texts_in(value)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and node.args:
            name = node.func.attr if isinstance(node.func, ast.Attribute) else node.func.id if isinstance(node.func, ast.Name) else ""
            for argument in node.args[1:] if name in _REFUSERS else ():
                listed = named.get(argument.id) if isinstance(argument, ast.Name) else argument
                if isinstance(listed, ast.List | ast.Tuple | ast.Set):
                    yield from texts_in(listed)
                    spread = [part.value.id for part in listed.elts if isinstance(part, ast.Starred) and isinstance(part.value, ast.Name)]
                    yield from (text for inner in spread if inner in named for text in texts_in(named[inner]))
        elif isinstance(node, ast.ClassDef) and node.name.endswith("Setting") and "Struct" in ast.unparse(ast.Tuple(node.bases)):
            yield from (field.target.id for field in node.body if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name))


def settings() -> list[tuple[str, str]]:
    """Each setting with the file of the code that knows it."""
    return sorted({(name, short(path)) for path in python_files("src") for name in known_settings(tree_of(path))})


def test_the_settings_are_found_where_the_code_lists_them() -> None:
    source = """
self._only(table, ['file', 'of'], place)
costs = ['loss']
_known(table, [*costs, *outcomes], '[place]')
known = {'kind'}
X_SETTINGS = frozenset(['unit'])
other = {'no'}
class TrainingSetting(msgspec.Struct):
    seed: int = 1
class OtherSetting:
    no: int
"""
    assert sorted(known_settings(ast.parse(source))) == ["file", "kind", "loss", "of", "seed", "unit"]
    assert len(settings()) > 40


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_setting_is_told(language: str) -> None:
    told = words(language)
    missing = [
        f"{name} ({file})" for name, file in settings() if f"`{name}`" not in told and f"{name} =" not in told and f"[{name}" not in told
    ]
    assert missing == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_operation_of_features_is_told(language: str) -> None:
    operations = pytest.importorskip("huitong.features.operations")
    names = [*operations.OPERATIONS, *operations.CALENDAR_PARTS, *operations.UNITS_US]
    told = words(language)
    assert [name for name in names if f"`{name}`" not in told and f'"{name}"' not in told] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_function_of_feel_is_told(language: str) -> None:
    types = pytest.importorskip("huitong.decisions.feel.types")
    told = words(language)
    assert [name for name in sorted(types.FUNCTION_NAMES) if f"`{name}" not in told] == []
