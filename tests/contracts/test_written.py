"""Files of an institution, as the shape that is asked of them."""

from pathlib import Path
from typing import Annotated, Literal

import msgspec
import pytest

from huitong.contracts import read_written
from huitong.kernel import TomlError


class Wanted(msgspec.Struct, forbid_unknown_fields=True):
    count: int
    share: Annotated[float, msgspec.Meta(ge=0, le=1)] = 0.5
    kinds: dict[Literal["hold", "freeze"], str] = {}


@pytest.mark.parametrize(
    ("written", "en", "zh"),
    [
        ('count = "many"', "Expected `int`, got `str` - at `$.count`", "$.count 须为整数，而不是文本"),
        ("", "Object missing required field `count`", "缺少字段 count"),
        ("count = 1\ncuont = 2", "Object contains unknown field `cuont`", "含有未知字段 cuont"),
        ("count = 1\nshare = 2", "Expected `float` <= 1.0 - at `$.share`", "$.share 不得大于 1.0"),
        (
            'count = 1\nkinds = { held = "x" }',
            "Invalid enum value 'held' - at `key` in `$.kinds`",
            "$.kinds 的键不接受取值 'held'",
        ),
        ("count = = 1", "Invalid value (at line 1, column 9)", "第 1 行第 9 列不符合 TOML 语法"),
    ],
)
def test_what_a_file_says_otherwise_is_told_in_both_languages(tmp_path: Path, written: str, en: str, zh: str) -> None:
    path = tmp_path / "wanted.toml"
    path.write_text(written, "utf-8")

    with pytest.raises(TomlError) as refused:
        read_written(path, Wanted)

    assert refused.value.text == {"en": en, "zh": zh}


def test_a_file_that_is_not_there_is_told_like_one_that_is_wrong(tmp_path: Path) -> None:
    with pytest.raises(TomlError) as refused:
        read_written(tmp_path / "none.toml", Wanted)

    assert refused.value.text["en"] != refused.value.text["zh"]
