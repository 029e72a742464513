"""TOML that people write, and TOML that is meant to break its reader."""

import re

import pytest

from huitong.kernel import TOML_DEPTH_MAX, TomlError, read_toml

HOSTILE = {
    "lists": "x = " + "[" * 3_000 + "]" * 3_000,
    "lists without an end": "x = " + "[" * 3_000,
    "tables": "x = " + "{a = " * 3_000 + "1" + "}" * 3_000,
    "dotted keys": ".".join(["a"] * 3_000) + " = 1",
    "a header": f"[{'.'.join(['a'] * 3_000)}]",
    "a number": "x = " + "9" * 10_000,
    "a comma": "x = [1,,2]",
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_what_cannot_be_taken_is_one_kind_of_error(text: str) -> None:
    with pytest.raises(TomlError):
        read_toml(text)


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_it_says_why_in_both_languages(text: str) -> None:
    with pytest.raises(TomlError) as wrong:
        read_toml(text)
    assert str(wrong.value) == wrong.value.text["en"]
    assert re.search("[\u4e00-\u9fff]", wrong.value.text["zh"])


@pytest.mark.parametrize(
    ("content", "en", "zh"),
    [
        (b"a = 1\nb = [1,,2]", "line 2, column 8", "第 2 行第 8 列不符合 TOML 语法"),
        (b"a = [1", "end of document", "在文件末尾不符合 TOML 语法"),
        (b"a = 1 # caf\xe9", "byte 12 is not UTF-8", "第 12 个字节不是 UTF-8 编码"),
    ],
    ids=["line", "end", "bytes"],
)
def test_it_says_where_in_both_languages(content: bytes, en: str, zh: str) -> None:
    with pytest.raises(TomlError, match=en) as wrong:
        read_toml(content)
    assert wrong.value.text["zh"] == zh


def test_a_byte_order_mark_at_the_beginning_is_passed_over() -> None:
    assert read_toml(b"\xef\xbb\xbfa = 1") == {"a": 1}


def test_a_document_may_be_as_deep_as_the_limit_says_and_no_deeper() -> None:
    def nested(depth: int) -> str:
        return "x = " + "[" * depth + "]" * depth

    assert read_toml(nested(TOML_DEPTH_MAX - 1))["x"]
    with pytest.raises(TomlError, match=f"more than {TOML_DEPTH_MAX} deep"):
        read_toml(nested(TOML_DEPTH_MAX))
