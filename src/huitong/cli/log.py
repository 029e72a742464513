"""The commands about the log as a whole: check, seal, rebuild, copy, backup, restore, upgrade."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from huitong.app import disk_refused, moving
from huitong.app.stored_files import CopiedFiles
from huitong.cli.opening import opened_bank
from huitong.cli.options import DEFAULT_BANK, BankOption, ExistingBankOption, JsonOption, LanguageOption
from huitong.cli.terminal import Terminal
from huitong.cli.usage import SpokenCommand, SpokenGroup, whole_number
from huitong.kernel import DataError, Finding, Severity
from huitong.store import TAIL_ROWS
from huitong.store.moving import Copied, read_pseudonyms

ROWS_MAX = 2**31 - 1
"""Most rows that anyone may wish to keep."""
log_app = typer.Typer(cls=SpokenGroup, help="Check, copy, keep and restore the log. · 检查、复制、备份与恢复日志。")


@log_app.callback()
def _group(lang: LanguageOption = None) -> None:
    pass


@log_app.command("check", cls=SpokenCommand)
def check_log(
    witness: Annotated[
        Path | None,
        typer.Option("--witness", metavar="FILE", help="Heads that a witness kept. · 见证方保存的签名头。", show_default=False),
    ] = None,
    bank: ExistingBankOption = DEFAULT_BANK,
    lang: LanguageOption = None,
    json: JsonOption = False,
) -> None:
    """Read the whole log, compare what is folded from it, and say what is wrong. · 通读日志，核对由其构建的状态，并报告问题。"""
    terminal = Terminal(lang, json)
    with opened_bank(terminal, bank) as opened, terminal.progress() as progress:
        findings = [*opened.check_log(progress), *(opened.logbook.check_witnessed(witness) if witness is not None else ())]
    terminal.findings(findings)
    if not findings:
        terminal.say(terminal.word("no_findings"), style="green")
    terminal.give(_of_findings(findings))
    _fail_for(findings)


@log_app.command("seal", cls=SpokenCommand)
def seal(
    keep: Annotated[
        int,
        typer.Option(
            "--keep",
            metavar="ROWS",
            help="How many of the newest records stay as rows. · 保留为行的最新记录数。",
            parser=whole_number("--keep", 0, ROWS_MAX),
        ),
    ] = TAIL_ROWS,
    bank: ExistingBankOption = DEFAULT_BANK,
    lang: LanguageOption = None,
    json: JsonOption = False,
) -> None:
    """Turn all but the newest records into Parquet segments; proofs stay the same. · 将较早的记录封存为 Parquet 段；证明不变。"""
    terminal = Terminal(lang, json)
    with opened_bank(terminal, bank) as opened, terminal.progress() as progress:
        made = opened.log.seal(opened.contracts, keep_rows=keep, told=lambda done, total: progress("sealing", done, total))
    records = sum(segment.stop - segment.first for segment in made)
    terminal.say(f"{terminal.word('sealed')}{terminal.colon}{records:,}", style="green")
    terminal.give({"records": records, "segments": [{"first": segment.first, "stop": segment.stop} for segment in made]})


@log_app.command("rebuild", cls=SpokenCommand)
def rebuild(
    name: Annotated[
        str | None, typer.Argument(metavar="NAME", help="A policy, or a book; all by default. · 策略或账簿，默认全部。", show_default=False)
    ] = None,
    bank: ExistingBankOption = DEFAULT_BANK,
    lang: LanguageOption = None,
    json: JsonOption = False,
) -> None:
    """Throw kept feature state and books away and fold them again from the log. · 丢弃保存的特征状态与账簿，并由日志重新构建。"""
    terminal = Terminal(lang, json)
    with opened_bank(terminal, bank) as opened, terminal.progress() as progress:
        done = opened.rebuild(name, progress)
    heads = [terminal.word("projection"), terminal.word("version"), terminal.word("offset")]
    terminal.table(heads, [(one.name, one.version[:12], f"{one.offset:,}") for one in done], figures=(2,))
    terminal.give([{"policy": one.name, "version": one.version, "offset": one.offset} for one in done])


@log_app.command("copy", cls=SpokenCommand)
def copy(
    to: Annotated[
        str,
        typer.Option(
            "--to",
            metavar="ADDRESS",
            help="Where to: a file, or postgresql://user@host/database?schema=NAME; ${NAME} stands for an environment variable. "
            "· 目标：文件，或 postgresql://user@host/database?schema=名称；${变量名} 表示环境变量。",
        ),
    ],
    use: Annotated[bool, typer.Option("--use", help="Use the copy from here on. · 此后使用该副本。")] = False,
    bank: ExistingBankOption = DEFAULT_BANK,
    lang: LanguageOption = None,
    json: JsonOption = False,
) -> None:
    """Copy the log with the same heads and proofs; run again, it goes on. · 复制日志，签名头与证明不变；中断后再次运行即可继续。"""
    terminal = Terminal(lang, json)
    with opened_bank(terminal, bank) as opened, terminal.progress() as progress:
        done = moving.copy_to(opened, to, use=use, progress=progress)
    _tell_copied(terminal, done)
    terminal.give(_of_copied(done))
    if use:
        terminal.say(terminal.word("used"))


@log_app.command("backup", cls=SpokenCommand)
def backup(
    target: Annotated[
        str,
        typer.Argument(metavar="FILE", help="File or folder; an earlier backup is brought up to date. · 文件或文件夹；已有备份将被更新。"),
    ],
    bank: ExistingBankOption = DEFAULT_BANK,
    lang: LanguageOption = None,
    json: JsonOption = False,
) -> None:
    """Copy the log and the files of cases while in use, and verify the copy. · 在使用中备份日志与案件附件，并验证副本。"""
    terminal = Terminal(lang, json)
    with opened_bank(terminal, bank) as opened, terminal.progress() as progress:
        done, files = moving.backup(opened, _place(target), progress)
    _tell_copied(terminal, done)
    _tell_files(terminal, files)
    terminal.say(terminal.word("keys_apart"), style="dim")
    terminal.give({**_of_copied(done), "case_files": _of_files(files)})
    _fail_for(files.findings)


def _place(target: str) -> Path:
    """Where a backup goes; what ends like a folder is one, made where it is missing."""
    path = Path(target)
    if target.endswith(("/", os.sep)):
        try:
            path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise disk_refused(path, error) from error
    return path


def _tell_copied(terminal: Terminal, done: Copied) -> None:
    terminal.say(terminal.word("copied").format(size=done.size, new=done.new, where=done.where), style="green")
    if done.head is not None:
        terminal.say(f"{terminal.word('head')}{terminal.colon}{done.head.size:,} · {done.head.note.splitlines()[2]}")


def _of_copied(done: Copied) -> dict[str, object]:
    head = None if done.head is None else done.head.note
    return {"where": done.where, "log": done.log_id, "records": done.size, "new": done.new, "root": done.root.hex(), "head": head}


def _tell_files(terminal: Terminal, files: CopiedFiles) -> None:
    if files.new or files.there:
        terminal.say(terminal.word("files_copied").format(new=files.new, there=files.there))
    terminal.findings(files.findings)


def _of_files(files: CopiedFiles) -> dict[str, object]:
    return {"new": files.new, "there": files.there, "findings": _of_findings(files.findings)}


def _of_findings(findings: Sequence[Finding]) -> list[dict[str, object]]:
    return [
        {"code": one.code, "where": one.where, "text": one.text, "remedy": one.remedy, "severity": str(one.severity)} for one in findings
    ]


def _fail_for(findings: Sequence[Finding]) -> None:
    if any(one.severity is Severity.ERROR for one in findings):
        raise typer.Exit(DataError.exit_code)


@log_app.command("restore", cls=SpokenCommand)
def restore(
    kept: Annotated[Path, typer.Argument(metavar="FILE", help="The backup. · 备份文件。")],
    replace: Annotated[
        bool,
        typer.Option(
            "--replace",
            help="Also where the log may hold more than can be kept; it is put aside. · 即使日志可能含有无法保留的内容，仍予替换并另存。",
        ),
    ] = False,
    forgotten: Annotated[
        Path | None,
        typer.Option(
            "--forgotten",
            metavar="FILE",
            help="Pseudonyms of persons forgotten since the backup, one a line. · 备份之后被遗忘者的假名，每行一个。",
            show_default=False,
        ),
    ] = None,
    bank: BankOption = DEFAULT_BANK,
    lang: LanguageOption = None,
    json: JsonOption = False,
) -> None:
    """Restore log and files of cases; what the log still holds beyond the backup is kept. · 恢复日志与案件附件；较新的内容予以保留。"""
    terminal = Terminal(lang, json)
    persons = [] if forgotten is None else read_pseudonyms(forgotten)
    with opened_bank(terminal, bank) as opened, terminal.progress() as progress:
        done, files = moving.restore(opened, kept, replace=replace, persons=persons, progress=progress)
    terminal.say(terminal.word("restored").format(size=done.log.size, where=done.log.where), style="green")
    if done.rescued:
        terminal.say(terminal.word("rescued").format(count=done.rescued))
    if done.forgotten:
        terminal.say(f"{terminal.word('forgotten_again')}{terminal.colon}{done.forgotten:,}")
    if done.aside is not None:
        terminal.say(terminal.word("aside").format(path=done.aside))
    if done.gave_up:
        terminal.say(terminal.word("gave_up"), style="yellow")
    if done.unread:
        terminal.say(terminal.word("erasures_unread"), style="yellow")
    _tell_files(terminal, files)
    aside = None if done.aside is None else str(done.aside)
    terminal.give(
        {
            **_of_copied(done.log),
            "rescued": done.rescued,
            "forgotten_again": done.forgotten,
            "aside": aside,
            "gave_up": done.gave_up,
            "erasures_unread": done.unread,
            "case_files": _of_files(files),
        }
    )
    _fail_for(files.findings)


@log_app.command("upgrade", cls=SpokenCommand)
def upgrade(bank: ExistingBankOption = DEFAULT_BANK, lang: LanguageOption = None, json: JsonOption = False) -> None:
    """Bring a log of an earlier version up to this one. · 将早期版本的日志升级到当前版本。"""
    terminal = Terminal(lang, json)
    with opened_bank(terminal, bank) as opened, terminal.progress() as progress:
        was = moving.upgrade(opened, progress)
    if was is None:
        terminal.say(terminal.word("up_to_date"))
    else:
        terminal.say(f"{terminal.text(was)} → {terminal.word('upgraded')}", style="green")
    terminal.give({"upgraded": was is not None})
