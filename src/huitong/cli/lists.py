"""The commands about lists that people keep: list, show, open, add, lift, confirm, import, export. Thin: the rules are the book's."""

from dataclasses import asdict, fields
from pathlib import Path
from typing import Annotated

import typer

from huitong.app import Bank, moment_us
from huitong.cli.access import ByOption, acting
from huitong.cli.lists_words import LISTS_WORDS
from huitong.cli.options import DEFAULT_BANK, ExistingBankOption, GroundCodeOption, JsonOption, LanguageOption
from huitong.cli.terminal import Terminal
from huitong.cli.usage import SpokenCommand, SpokenGroup
from huitong.contracts import Act, Event
from huitong.kernel import DataError, InputError, duration_us, refusal, time_text
from huitong.risk import lists
from huitong.risk.lists import ENTRY_PROPOSED, HOLDS, HOLDS_TITLES, LIST_KIND_TITLES, LIST_KINDS, Described, Entry, KeptList, Lists, Wanted

lists_app = typer.Typer(cls=SpokenGroup, help="Keep lists: who is blocked, trusted or watched. · 维护名单：封禁、可信与关注。")

NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="Name of the list. · 名单名称。")]
ReasonOption = Annotated[str | None, typer.Option("--reason", metavar="TEXT", help="What else is to be said. · 理由。", show_default=False)]
ProposalArgument = Annotated[str, typer.Argument(metavar="ID", help="Id of what waits. · 待复核事项的编号。")]


@lists_app.callback()
def _group(lang: LanguageOption = None) -> None:
    pass


@lists_app.command("list", cls=SpokenCommand)
def list_lists(bank: ExistingBankOption = DEFAULT_BANK, lang: LanguageOption = None, json: JsonOption = False) -> None:
    """Show every list, and what waits for a second person. · 列出全部名单与待复核事项。"""
    terminal = Terminal(lang, json)
    with Bank(bank) as opened:
        now_us = opened.clock.now_us()
        found = opened.lists.ask(lambda state: [(one, lists.count_of(one, now_us)) for _, one in sorted(state.lists.items())])
        waits = opened.lists.ask(lambda state: lists.waiting(state, now_us))
    heads = [_said(terminal, one) for one in ("name", "title", "for", "holds", "entries", "owner")]
    rows = [
        [
            one.name,
            terminal.text(one.title),
            terminal.text(LIST_KIND_TITLES[one.kind]),
            terminal.text(HOLDS_TITLES[one.holds]),
            f"{count:,}",
            one.owner,
        ]
        for one, count in found
    ]
    if found:
        terminal.table(heads, rows, figures=(4,))
    else:
        terminal.say(_said(terminal, "no_lists"))
    if waits:
        terminal.say("", terminal.word("wait_for_second"), style="bold")
        terminal.table(
            [_said(terminal, one) for one in ("name", "change", "value", "until", "by", "id")],
            [
                [
                    one.list,
                    _said(terminal, "lift" if one.changes[0].lifts else "add"),
                    one.changes[0].value + (f" (+{len(one.changes) - 1:,})" if len(one.changes) > 1 else ""),
                    time_text(one.expires_us),
                    one.changes[0].by,
                    one.id,
                ]
                for one in waits
            ],
            whole=(5,),
        )
    terminal.give(
        {
            "lists": [_document(one) | {"entries": count} for one, count in found],
            "waiting": [asdict(one) for one in waits],
        }
    )


def _document(kept: KeptList) -> dict[str, object]:
    """A list for machines, without its entries."""
    return {one.name: getattr(kept, one.name) for one in fields(kept) if one.name != "entries"}


@lists_app.command("show", cls=SpokenCommand)
def show(
    name: NameArgument,
    value: Annotated[str | None, typer.Option("--value", metavar="TEXT", help="Only of this value. · 仅此值。", show_default=False)] = None,
    past: Annotated[bool, typer.Option("--past", help="Also entries that are over. · 含已失效的条目。")] = False,
    bank: ExistingBankOption = DEFAULT_BANK,
    lang: LanguageOption = None,
    json: JsonOption = False,
) -> None:
    """Show the entries of a list, newest first. · 列出名单的条目，最新者在前。"""
    terminal = Terminal(lang, json)
    with Bank(bank) as opened:
        now_us = opened.clock.now_us()
        found = opened.lists.ask(lambda state: lists.entries_of(lists.list_of(state, name), now_us, over=past))
    shown = [one for one in found if value in (None, one.value)]
    heads = [_said(terminal, one) for one in ("value", "since", "until", "ground", "reason", "by", "second", "id")]
    terminal.table(heads, [_row(terminal, one) for one in shown], whole=(7,))
    if not shown:
        terminal.say(_said(terminal, "no_entries"))
    terminal.give({"entries": [asdict(one) | {"id": one.id, "holds": one.holds(now_us)} for one in shown]})


def _row(terminal: Terminal, one: Entry) -> list[str]:
    last, ended = one.last, one.ended_by
    ground, reason = terminal.text(last.ground_text), last.reason or ""
    if ended is not None:
        ground = _said(terminal, "lifted").format(ground=terminal.text(ended.ground_text), by=ended.by)
        reason = ended.reason or ""
    return [one.value, time_text(one.from_us), time_text(one.over_us), ground, reason, last.by, last.second or "", one.id]


@lists_app.command("open", cls=SpokenCommand)
def open_list(
    name: NameArgument,
    holds: Annotated[str, typer.Option("--holds", metavar="ROLE", help=f"What stands on it: {', '.join(HOLDS)}. · 所列对象。")],
    kind: Annotated[str, typer.Option("--for", metavar="KIND", help=f"What it is for: {', '.join(LIST_KINDS)}. · 用途。")],
    title_zh: Annotated[str, typer.Option("--title-zh", metavar="TEXT", help="Its name in Chinese. · 中文标题。")],
    title_en: Annotated[str, typer.Option("--title-en", metavar="TEXT", help="Its name in English. · 英文标题。")],
    owner: Annotated[str, typer.Option("--owner", metavar="TEXT", help="Who answers for it. · 负责人或部门。")],
    purpose: Annotated[str, typer.Option("--purpose", metavar="TEXT", help="Why it is kept. · 目的。")],
    by: ByOption,
    second: Annotated[
        bool, typer.Option("--second", help="Adding takes two persons; always so on an allow list. · 添加须双人；可信名单一律如此。")
    ] = False,
    again: Annotated[bool, typer.Option("--again", help="Describe one anew that is there. · 更改已有名单的说明。")] = False,
    bank: ExistingBankOption = DEFAULT_BANK,
    lang: LanguageOption = None,
    json: JsonOption = False,
) -> None:
    """Open a list, or describe it anew. · 建立名单，或更改其说明。"""
    terminal = Terminal(lang, json)
    known_holds = next((one for one in HOLDS if one == holds), None)
    known_kind = next((one for one in LIST_KINDS if one == kind), None)
    if known_holds is None or known_kind is None:
        raise InputError(
            "list.wrong",
            {"en": f"there are no {kind} lists of {holds}", "zh": f"没有以 {holds} 为对象的 {kind} 名单"},
            {
                "en": f"lists are {', '.join(LIST_KINDS)}, of {', '.join(HOLDS)}",
                "zh": f"用途可为 {'、'.join(LIST_KINDS)}，对象可为 {'、'.join(HOLDS)}",
            },
        )
    described = Described(name, {"zh": title_zh, "en": title_en}, known_holds, known_kind, owner, purpose, second)
    with acting(bank, by, terminal) as (opened, command):
        _tell(terminal, opened.lists.act(command, lists.describe(command, described, anew=again)))


@lists_app.command("add", cls=SpokenCommand)
def add(
    name: NameArgument,
    value: Annotated[str, typer.Argument(metavar="VALUE", help="What is put on it. · 列入的值。")],
    lasts: Annotated[str, typer.Option("--for", metavar="DURATION", help="How long: 24h, 30d, 365d. · 时长：24h、30d、365d。")],
    ground: GroundCodeOption,
    by: ByOption,
    reason: ReasonOption = None,
    customer: Annotated[
        str | None, typer.Option("--customer", metavar="NAME", help="Whose the value is. · 所属客户。", show_default=False)
    ] = None,
    bank: ExistingBankOption = DEFAULT_BANK,
    lang: LanguageOption = None,
    json: JsonOption = False,
) -> None:
    """Put a value on a list, or prolong it. · 列入名单，或延长其期限。"""
    terminal = Terminal(lang, json)
    with acting(bank, by, terminal) as (opened, command):
        wanted = Wanted(value, command.now_us + duration_us(lasts), ground, reason, customer)
        _tell(terminal, opened.lists.act(command, lists.add(command, name, wanted, opened.lists.grounds)))


@lists_app.command("lift", cls=SpokenCommand)
def lift(
    entry: Annotated[str, typer.Argument(metavar="ID", help="Id of the entry. · 条目编号。")],
    ground: GroundCodeOption,
    by: ByOption,
    reason: ReasonOption = None,
    bank: ExistingBankOption = DEFAULT_BANK,
    lang: LanguageOption = None,
    json: JsonOption = False,
) -> None:
    """Take an entry off its list. · 从名单中解除条目。"""
    terminal = Terminal(lang, json)
    with acting(bank, by, terminal) as (opened, command):
        _tell(terminal, opened.lists.act(command, lists.lift(command, entry, ground, opened.lists.grounds, reason)))


@lists_app.command("confirm", cls=SpokenCommand)
def confirm(
    proposal: ProposalArgument,
    by: ByOption,
    refuse: Annotated[bool, typer.Option("--refuse", help="Say no. · 不同意。")] = False,
    note: Annotated[str | None, typer.Option("--note", metavar="TEXT", help="Why not. · 说明。", show_default=False)] = None,
    bank: ExistingBankOption = DEFAULT_BANK,
    lang: LanguageOption = None,
    json: JsonOption = False,
) -> None:
    """Give the second signature to what waits, or refuse it. · 以第二人身份复核：同意或不同意。"""
    terminal = Terminal(lang, json)
    with acting(bank, by, terminal) as (opened, command):
        act: Act[Lists] = lists.refuse(command, proposal, note) if refuse else lists.confirm(command, proposal)
        _tell(terminal, opened.lists.act(command, act))


@lists_app.command("import", cls=SpokenCommand)
def import_table(
    name: NameArgument,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV with the column value. · 含 value 列的 CSV 文件。")],
    by: ByOption,
    until: Annotated[
        str | None, typer.Option("--until", metavar="TIME", help="The end where a row names none. · 行内未写时的截止。", show_default=False)
    ] = None,
    ground: Annotated[
        str | None,
        typer.Option("--ground", metavar="CODE", help="Ground where a row names none. · 行内未写时的依据。", show_default=False),
    ] = None,
    bank: ExistingBankOption = DEFAULT_BANK,
    lang: LanguageOption = None,
    json: JsonOption = False,
) -> None:
    """Put the rows of a CSV file on a list; rows that cannot be are told. · 将 CSV 各行列入名单，并说明不能列入的行。"""
    terminal = Terminal(lang, json)
    try:
        table = file.read_bytes().decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        why = (
            refusal(error)
            if isinstance(error, OSError)
            else {"en": f"no UTF-8: {error}", "zh": f"不是 UTF-8：第 {error.start + 1} 字节处有误"}
        )
        raise InputError(
            "list.import.file",
            {"en": f"{file} cannot be read: {why['en']}", "zh": f"{file} 无法读取：{why['zh']}"},
            {"en": "give a CSV file in UTF-8", "zh": "请提供 UTF-8 编码的 CSV 文件"},
        ) from None
    with acting(bank, by, terminal) as (opened, command):
        grounds = opened.lists.grounds
        read = lists.read_table(table, command.now_us, grounds, until_us=moment_us(until), ground=ground)
        terminal.findings(read.findings)
        events = opened.lists.act(command, lists.take_in(command, name, read.rows, len(read.findings), grounds))
    terminal.say(_said(terminal, "imported").format(rows=len(read.rows), refused=len(read.findings)))
    _tell(terminal, events, rows=len(read.rows), findings=[asdict(one) for one in read.findings])
    if read.findings:
        raise typer.Exit(DataError.exit_code)


@lists_app.command("export", cls=SpokenCommand)
def export(
    name: NameArgument,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Where to write. · 写入的文件。")],
    bank: ExistingBankOption = DEFAULT_BANK,
    lang: LanguageOption = None,
    json: JsonOption = False,
) -> None:
    """Write the entries that hold now as CSV. · 将生效中的条目写成 CSV。"""
    terminal = Terminal(lang, json)
    with Bank(bank) as opened:
        now_us = opened.clock.now_us()
        found = opened.lists.ask(lambda state: lists.entries_of(lists.list_of(state, name), now_us))
    try:
        file.write_text(lists.write_table(found), "utf-8")
    except OSError as error:
        why = refusal(error)
        raise InputError(
            "list.export.file",
            {"en": f"{file} cannot be written: {why['en']}", "zh": f"{file} 无法写入：{why['zh']}"},
            {"en": "name another file", "zh": "请指定其他文件"},
        ) from None
    terminal.say(_said(terminal, "exported").format(rows=len(found), file=file))
    terminal.give({"rows": len(found), "file": str(file)})


def _said(terminal: Terminal, name: str) -> str:
    return terminal.text(LISTS_WORDS[name])


def _tell(terminal: Terminal, events: tuple[Event, ...], **more: object) -> None:
    waits = any(event.kind == ENTRY_PROPOSED for event in events)
    said = _said(terminal, "proposed_now") if waits else terminal.word("done_now")
    terminal.say(said.format(id=events[0].id), style="yellow" if waits else "green")
    terminal.give({"id": events[0].id, "waits": waits, **more})
