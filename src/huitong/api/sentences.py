"""What the libraries find wrong with a request, in Chinese: they say it in English, by a kind or in one of a few sentences."""

import re
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

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
_OF_PARAMETERS: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "missing": lambda _: "缺少此项",
    "int_parsing": lambda _: "须为整数",
    "bool_parsing": lambda _: "须为 true 或 false",
    "greater_than_equal": lambda limits: f"不得小于 {limits['ge']}",
    "less_than_equal": lambda limits: f"不得大于 {limits['le']}",
    "string_too_short": lambda limits: f"不得少于 {limits['min_length']} 个字符",
    "string_too_long": lambda limits: f"不得超过 {limits['max_length']} 个字符",
    "literal_error": lambda limits: f"须为 {re.sub(', | or ', '、', limits['expected'])} 之一",
}
"""By the kind of what FastAPI finds wrong with a parameter."""
_PLACE = re.compile(r"(.*?)(?: - at `(.*)`)?", re.DOTALL)
_BROKEN = re.compile(r"JSON is malformed: .* \(byte ([0-9]+)\)", re.DOTALL)
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


def parameter_in_chinese(kind: str, limits: Mapping[str, Any]) -> str:
    """What is wrong with a parameter.

    Args:
        kind: What FastAPI calls it.
        limits: What it must keep to.
    """
    said = _OF_PARAMETERS.get(kind)
    return "不符合要求" if said is None else said(limits)


def shape_in_chinese(error: msgspec.ValidationError) -> str:
    """What is wrong with the shape of a body, with its place."""
    match = _PLACE.fullmatch(str(error))
    sentence, place = (match[1], match[2]) if match else (str(error), None)
    found = ((form.fullmatch(sentence), said) for form, said in _OF_BODIES)
    text = next((said(match) for match, said in found if match), "不符合要求")
    return text if place is None else f"{place} {text}"


def json_in_chinese(error: Exception) -> str:
    """What keeps bytes from being JSON, with its place."""
    if isinstance(error, msgspec.ValidationError):
        return shape_in_chinese(error)
    if isinstance(error, UnicodeDecodeError):
        return "不是 UTF-8"
    if isinstance(error, RecursionError):
        return "嵌套过深"
    broken = _BROKEN.fullmatch(str(error))
    return f"第 {broken[1]} 字节处有误" if broken else "内容不完整" if "truncated" in str(error) else "格式有误"


def _types(names: str) -> str:
    """Types as msgspec joins them."""
    return "或".join(_TYPES.get(name, f" {name} ") for name in names.split(" | "))
