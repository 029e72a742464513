"""Options that several commands share."""

import sys
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer

from huitong.cli.usage import whole_number
from huitong.kernel import InputError, Text


def known_language(context: typer.Context, choice: str | None) -> str | None:
    """The language asked for, where it is one of ours; ``zh_CN`` and ``en-GB`` are. Else the one that was asked for before the command.

    Raises:
        InputError: If it is another one.
    """
    if choice is None:
        return None if context.parent is None else context.parent.params.get("lang")
    require_language(choice)
    return choice


def require_language(choice: str) -> None:
    """Whether a language is one of ours.

    Raises:
        InputError: If it is not.
    """
    if choice.lower()[:2] in ("zh", "en"):
        return
    raise InputError(
        "cli.language.unknown",
        {"en": f"{choice!r} is no language of ours", "zh": f"不支持语言 {choice!r}"},
        {"en": "give --lang zh or --lang en", "zh": "请使用 --lang zh 或 --lang en"},
    )


BankOption = Annotated[Path, typer.Option("--bank", metavar="FOLDER", envvar="HUITONG_BANK", help="Folder of the bank. · 数据目录。")]


def existing_bank(folder: Path) -> Path:
    """The folder of a bank that is there: whoever only looks does not want a new one.

    Raises:
        InputError: If there is none.
    """
    if (folder / "policies").is_dir() or folder.is_file():  # what a file is, opening it tells
        return folder
    raise InputError(
        "bank.missing",
        {"en": f"there is no bank in {folder}", "zh": f"{folder} 中没有数据目录"},
        {
            "en": "name its folder with --bank; `huitong demo`, `train`, `replay` and `ingest` make one where there is none",
            "zh": "请用 --bank 指明其文件夹；`huitong demo`、`train`、`replay` 与 `ingest` 会在没有时新建",
        },
    )


ExistingBankOption = Annotated[
    Path,
    typer.Option("--bank", metavar="FOLDER", envvar="HUITONG_BANK", help="Folder of the bank. · 数据目录。", callback=existing_bank),
]


def said_ground(ground: str) -> None:
    """Whether somebody says why.

    Raises:
        InputError: If they do not.
    """
    if not ground.strip():
        raise InputError(
            "cli.ground",
            {"en": "the ground is empty", "zh": "依据为空"},
            {
                "en": "say why, with the number of the request or the case: it is written down for ever",
                "zh": "请写明依据及请求或案件编号：它将永久记录",
            },
        )


GroundOption = Annotated[str, typer.Option("--ground", metavar="TEXT", help="Why; it is written down. · 依据，将被记录。")]
GroundCodeOption = Annotated[
    str, typer.Option("--ground", metavar="CODE", help="Ground, by its code in measures.toml. · 依据代码，见 measures.toml。")
]


def report_place(path: Path | None) -> Path | None:
    """Where a report may go, looked at before the work and not after it.

    Raises:
        InputError: If the folder is not there, or the place is that of a folder.
    """
    if path is None or (path.parent.is_dir() and not path.is_dir()):
        return path
    if path.is_dir():
        cause: Text = {"en": f"the report's path {path} is a folder", "zh": f"报告路径 {path} 是文件夹"}
    else:
        cause = {"en": f"there is no folder {path.parent} for the report", "zh": f"没有可放置报告的文件夹 {path.parent}"}
    raise InputError(
        "cli.report.place",
        cause,
        {"en": "give --report a file in a folder that is there", "zh": "请让 --report 指向现有文件夹中的文件"},
    )


ReportOption = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE", help="Write the report to this HTML file. · 报告写入此 HTML 文件。", show_default=False, callback=report_place
    ),
]
_LANGUAGE = {"metavar": "LANGUAGE", "help": "zh (中文) or en. · zh（中文）或 en。", "show_default": False, "callback": known_language}
MainLanguageOption = Annotated[str | None, typer.Option("--lang", envvar="HUITONG_LANG", **_LANGUAGE)]


def tell_version(wanted: bool) -> None:
    """Prints the version, and that is all."""
    if wanted:
        sys.stdout.write(f"huitong {version('huitong')}\n")
        raise typer.Exit


VersionOption = Annotated[
    bool, typer.Option("--version", help="Show the version. · 显示版本。", callback=tell_version, is_eager=True, show_default=False)
]
LanguageOption = Annotated[str | None, typer.Option("--lang", **_LANGUAGE)]
"""After the command; outweighs the one before it."""
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for machines. · 输出 JSON。")]
InputsOption = Annotated[
    list[Path] | None,
    typer.Option(
        "--input", "-i", metavar="FILE", help="Table to read; may be given several times. · 输入数据表，可多次给出。", show_default=False
    ),
]
MappingsOption = Annotated[
    list[str] | None,
    typer.Option(
        "--mapping",
        "-m",
        metavar="NAME",
        help="Mapping of each table, by name or file. · 各数据表的映射（名称或文件）。",
        show_default=False,
    ),
]
PolicyArgument = Annotated[
    str, typer.Argument(metavar="POLICY", help="Policy: name, folder or NAME@HASH. · 策略：名称、文件夹或 名称@哈希。")
]

SEED_MAX = 2**31 - 1
"""Greatest seed that LightGBM takes."""
TrainingSeedOption = Annotated[
    int | None,
    typer.Option(
        "--seed",
        help="Seed of the training. · 训练种子。",
        metavar="INTEGER",
        parser=whole_number("--seed", 0, SEED_MAX),
        show_default=False,
    ),
]
WHEN_EN = "a day like 2025-11-01 (its midnight in the policy's time zone) or a time with its offset like 2025-11-01T09:30:00+08:00"
WHEN_ZH = "日期如 2025-11-01（策略所用时区的零点），或带时区偏移的时间如 2025-11-01T09:30:00+08:00"
FromOption = Annotated[
    str | None,
    typer.Option(
        "--from",
        metavar="TIME",
        help=f"Judge from this moment on, the moment included: {WHEN_EN}. · 自此时刻起评估（含该时刻）：{WHEN_ZH}。",
        show_default=False,
    ),
]
UntilOption = Annotated[
    str | None,
    typer.Option(
        "--until",
        metavar="TIME",
        help=f"Learn from what is earlier than this moment, the moment excluded: {WHEN_EN}. "
        f"· 只学习早于此时刻的数据（不含该时刻）：{WHEN_ZH}。",
        show_default=False,
    ),
]
PrequentialOption = Annotated[
    str | None,
    typer.Option(
        "--prequential",
        metavar="TIME",
        help=(
            "Also train and test week by week from this moment on, beside the book's figures: a day like 2018-07-25 (its midnight UTC) "
            "or a time with its offset. · 自此时刻起逐周前推检验，并列书中结果：日期如 2018-07-25（UTC 零点），或带时区偏移的时间。"
        ),
        show_default=False,
    ),
]

DEFAULT_BANK = Path("bank")
PortOption = Annotated[
    int, typer.Option("--port", metavar="PORT", min=0, max=65_535, help="Port; 0 for any free one. · 端口；0 为任一空闲端口。")
]
