"""Options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

BankOption = Annotated[Path, typer.Option("--bank", envvar="HUITONG_BANK", help="Folder of the bank. · 数据目录。")]
LanguageOption = Annotated[str | None, typer.Option("--lang", envvar="HUITONG_LANG", help="zh or en. · 语言。", show_default=False)]
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
