"""Files that an institution writes, as the shape that is asked of them; what is wrong with a shape, in Chinese as well.

For whom: readers of settings, and whoever takes bodies of requests. How: ``msgspec`` checks types and limits and says what is wrong in one
of a few English sentences, each of which has a Chinese one here. Where it fails: a sentence that is none of them is told as what it is
about, without its limit.
"""

import re
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import msgspec

from huitong.kernel import TomlError, read_toml, refusal

T = TypeVar("T")
_TYPES = {
    "str": "文本",
    "int": "整数",
    "float": "数值",
    "bool": "布尔值",
    "null": "空值",
    "object": "对象",
    "array": "数组",
    "bytes": "二进制内容",
}
_PLACE = re.compile(r"(.*?)(?: - at (`key` in )?`(.*)`)?", re.DOTALL)
_OF_BODIES: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], str]], ...] = (
    (re.compile(r"Expected `(.+)`, got `(.+)`"), lambda said: f"须为{_types(said[1])}，而不是{_types(said[2])}"),
    (re.compile(r"Expected `.+` of length >= (\d+)"), lambda said: f"长度不得小于 {said[1]}"),
    (re.compile(r"Expected `.+` of length <= (\d+)"), lambda said: f"长度不得超过 {said[1]}"),
    (re.compile(r"Expected `.+` >= (\S+)"), lambda said: f"不得小于 {said[1]}"),
    (re.compile(r"Expected `.+` <= (\S+)"), lambda said: f"不得大于 {said[1]}"),
    (re.compile(r"Object contains unknown field `(.*)`", re.DOTALL), lambda said: f"含有未知字段 {said[1]}"),
    (re.compile(r"Object missing required field `(.*)`"), lambda said: f"缺少字段 {said[1]}"),
    (re.compile(r"Invalid enum value (.*)", re.DOTALL), lambda said: f"不接受取值 {said[1]}"),
    (re.compile(r"Number out of range"), lambda _: "数值超出范围"),
)
"""By the sentence that msgspec says of a body of another shape."""


def read_written(path: Path, shape: type[T]) -> T:
    """A TOML file as a shape.

    Args:
        path: The file.
        shape: A type that ``msgspec`` can make of plain values.

    Raises:
        TomlError: If the file cannot be read, is no TOML, or is not of that shape.
    """
    try:
        return msgspec.convert(read_toml(path.read_bytes()), shape)
    except OSError as error:
        raise TomlError(refusal(error)) from None
    except msgspec.ValidationError as error:
        raise TomlError({"en": str(error), "zh": shape_in_chinese(error)}) from None


def shape_in_chinese(error: msgspec.ValidationError) -> str:
    """What is wrong with the shape of a body, with its place."""
    match = _PLACE.fullmatch(str(error))
    sentence, key, place = (match[1], match[2], match[3]) if match else (str(error), None, None)
    found = ((form.fullmatch(sentence), said) for form, said in _OF_BODIES)
    text = next((said(match) for match, said in found if match), "不符合要求")
    return text if place is None else f"{place} {'的键' if key else ''}{text}"


def _types(names: str) -> str:
    """Types as msgspec joins them."""
    return "或".join(_TYPES.get(name, f" {name} ") for name in names.split(" | "))
