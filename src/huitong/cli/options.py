"""Options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

from huitong.kernel import InputError


def known_language(choice: str | None) -> str | None:
    """The language asked for, where it is one of ours; ``zh_CN`` and ``en-GB`` are.

    Raises:
        InputError: If it is another one.
    """
    if choice is None or choice.lower()[:2] in ("zh", "en"):
        return choice
    raise InputError(
        "cli.language.unknown",
        {"en": f"{choice!r} is no language of ours", "zh": f"不支持语言 {choice!r}"},
        {"en": "give --lang zh or --lang en", "zh": "请使用 --lang zh 或 --lang en"},
    )


BankOption = Annotated[Path, typer.Option("--bank", envvar="HUITONG_BANK", help="Folder of the bank. · 数据目录。")]
LanguageOption = Annotated[
    str | None,
    typer.Option("--lang", envvar="HUITONG_LANG", help="zh or en. · 语言。", show_default=False, callback=known_language),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for machines. · 输出 JSON。")]
InputsOption = Annotated[
    list[Path] | None,
    typer.Option("--input", "-i", help="Table to read; may be given several times. · 输入数据表，可多次给出。", show_default=False),
]
MappingsOption = Annotated[
    list[str] | None,
    typer.Option("--mapping", "-m", help="Mapping of each table, by name or file. · 各数据表的映射（名称或文件）。", show_default=False),
]
PolicyArgument = Annotated[str, typer.Argument(help="Policy: name, folder or NAME@HASH. · 策略：名称、文件夹或 名称@哈希。")]

DEFAULT_BANK = Path("bank")
