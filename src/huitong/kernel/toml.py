"""TOML as everybody here reads it: what cannot be read, or is nested beyond any use, is one kind of error.

For whom: whoever reads a file that people write. How: the standard library's reader, which calls itself for each level of a list and leaves
numbers to ``int``: what breaks there is told like a comma too many. Where it fails: nowhere known.
"""

import re
import tomllib
from codecs import BOM_UTF8
from collections.abc import Mapping
from typing import Any

from huitong.kernel.errors import Text

TOML_DEPTH_MAX = 64
"""Most levels of tables and lists within each other: who looks through a document calls itself for each."""


_PLACE = re.compile(r"\(at (?:line (\d+), column (\d+)|end of document)\)$")
"""Where the standard library's reader stopped, at the end of what it says."""


class TomlError(ValueError):
    """A text that is no TOML, or none that is taken.

    Args:
        text: What is wrong and where, as a part of a sentence.
    """

    def __init__(self, text: Text) -> None:
        super().__init__(text["en"])
        self.text = text


def read_toml(text: str | bytes) -> dict[str, Any]:
    r"""A TOML document.

    Args:
        text: The document, or the content of its file.

    Raises:
        TomlError: If it is none, is not UTF-8, holds a number that is too long, or is nested too deep.

    >>> read_toml("[a]\nb = 1")
    {'a': {'b': 1}}
    """
    try:
        document = tomllib.loads(text if isinstance(text, str) else text.removeprefix(BOM_UTF8).decode())
    except RecursionError:
        raise _too_deep() from None
    except UnicodeDecodeError as error:
        raise TomlError({"en": f"byte {error.start + 1} is not UTF-8", "zh": f"第 {error.start + 1} 个字节不是 UTF-8 编码"}) from None
    except ValueError as error:
        raise TomlError({"en": str(error), "zh": _chinese(str(error))}) from None
    level: list[Any] = [document]
    for _ in range(TOML_DEPTH_MAX):
        level = [inner for outer in level for inner in _within(outer) if isinstance(inner, Mapping | list)]
        if not level:
            return document
    raise _too_deep()


def _within(value: Any) -> Any:  # noqa: ANN401 - TOML holds anything
    return value.values() if isinstance(value, Mapping) else value


def _chinese(said: str) -> str:
    place = _PLACE.search(said)
    if place is None:
        return "不符合 TOML 语法"
    line, column = place.groups()
    return f"第 {line} 行第 {column} 列不符合 TOML 语法" if line else "在文件末尾不符合 TOML 语法"


def _too_deep() -> TomlError:
    return TomlError(
        {
            "en": f"lists or tables are nested more than {TOML_DEPTH_MAX} deep",
            "zh": f"列表或表的嵌套超过 {TOML_DEPTH_MAX} 层",
        }
    )
