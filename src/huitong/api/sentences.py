"""What the libraries find wrong with a request, in Chinese: they say it in English, by a kind or in one of a few sentences."""

import re
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from huitong.contracts import shape_in_chinese

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
_BROKEN = re.compile(r"JSON is malformed: .* \(byte ([0-9]+)\)", re.DOTALL)


def parameter_in_chinese(kind: str, limits: Mapping[str, Any]) -> str:
    """What is wrong with a parameter.

    Args:
        kind: What FastAPI calls it.
        limits: What it must keep to.
    """
    said = _OF_PARAMETERS.get(kind)
    return "不符合要求" if said is None else said(limits)


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
