"""TOML that people write, and TOML that is meant to break its reader."""

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


def test_a_document_may_be_as_deep_as_the_limit_says_and_no_deeper() -> None:
    def nested(depth: int) -> str:
        return "x = " + "[" * depth + "]" * depth

    assert read_toml(nested(TOML_DEPTH_MAX - 1))["x"]
    with pytest.raises(TomlError, match=f"more than {TOML_DEPTH_MAX} deep"):
        read_toml(nested(TOML_DEPTH_MAX))
