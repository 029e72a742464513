"""TOML as everybody here reads it: what cannot be read, or is nested beyond any use, is one kind of error.

For whom: whoever reads a file that people write. How: the standard library's reader, which calls itself for each level of a list and leaves
numbers to ``int``: what breaks there is told like a comma too many. Where it fails: nowhere known.
"""

import tomllib
from collections.abc import Mapping
from typing import Any

TOML_DEPTH_MAX = 64
"""Most levels of tables and lists within each other: who looks through a document calls itself for each."""


class TomlError(ValueError):
    """A text that is no TOML, or none that is taken; it says where, in English, as the reader does."""


def read_toml(text: str) -> dict[str, Any]:
    r"""A TOML document.

    Raises:
        TomlError: If it is none, holds a number that is too long, or is nested too deep.

    >>> read_toml("[a]\nb = 1")
    {'a': {'b': 1}}
    """
    try:
        document = tomllib.loads(text)
    except RecursionError:
        raise _too_deep() from None
    except ValueError as error:
        raise TomlError(str(error)) from None
    level: list[Any] = [document]
    for _ in range(TOML_DEPTH_MAX):
        level = [inner for outer in level for inner in _within(outer) if isinstance(inner, Mapping | list)]
        if not level:
            return document
    raise _too_deep()


def _within(value: Any) -> Any:  # noqa: ANN401 - TOML holds anything
    return value.values() if isinstance(value, Mapping) else value


def _too_deep() -> TomlError:
    return TomlError(f"lists or tables are nested more than {TOML_DEPTH_MAX} deep")
