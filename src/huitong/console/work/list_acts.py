"""Acts on lists, from forms."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import cast

from huitong.console.acting import Act, Done
from huitong.console.forms import Given
from huitong.console.ports_work import WorkPort
from huitong.console.work.list_forms import changes_nothing, seen_of
from huitong.console.work.look import path_to
from huitong.console.work.measure_forms import both_said
from huitong.contracts import Command, Event
from huitong.evaluation.words import plural
from huitong.kernel import InputError, Text
from huitong.risk import lists
from huitong.risk.lists import ENTRY_PROPOSED, HOLDS, LIST_KINDS, Described, Holds, ListKind, Lists, Wanted

FINDINGS_SAID_MAX = 3
_WAITS: Text = {"en": "It waits for a second person.", "zh": "已提交，待第二人复核。"}


def _described(given: Given) -> Described:
    return Described(
        given.text("name"),
        {"zh": given.text("title_zh"), "en": given.text("title_en")},
        cast("Holds", given.one_of("holds", HOLDS)),
        cast("ListKind", given.one_of("kind", LIST_KINDS)),
        given.text("owner"),
        given.text("purpose"),
        given.text("second") == "yes",
    )


def _open(bank: WorkPort, command: Command, given: Given) -> Done:
    described = _described(given)
    bank.lists.act(command, lists.describe(command, described, anew=False))
    said: Text = {"en": "The list is open.", "zh": "名单已建立。"}
    return Done(_read_by_some(bank, said, described.name, described.holds), path_to("lists", described.name))


def _read_by_some(bank: WorkPort, said: Text, name: str, holds: str) -> Text:
    """What was done, and behind it that no policy reads the list, where that is so."""
    return both_said(said, changes_nothing(read=bank.reads_list(name, holds)))


def _of_list(bank: WorkPort, said: Text, name: str) -> Text:
    kept = bank.lists.ask(lambda state: lists.list_of(state, name))
    return _read_by_some(bank, said, name, kept.holds)


def _describe(bank: WorkPort, command: Command, given: Given) -> Done:
    described = _described(given)

    def expects(state: Lists) -> None:
        if given.text("seen") != seen_of(lists.list_of(state, described.name)):
            raise _changed_meanwhile(described.name)

    bank.lists.act(replace(command, expects=expects), lists.describe(command, described, anew=True))
    return Done({"en": "Described anew.", "zh": "说明已修改。"})


def _changed_meanwhile(name: str) -> InputError:
    return InputError(
        "list.changed",
        {"en": f"somebody else described {name} anew since you opened this page", "zh": f"名单 {name} 的说明在您打开本页之后已被他人修改"},
        {"en": "open the page anew in another tab, and bring your change over", "zh": "请在新标签页重新打开，再作修改"},
    )


def _add(bank: WorkPort, command: Command, given: Given) -> Done:
    wanted = Wanted(given.text("value"), given.moment_us("until"), given.text("ground"), given.optional("reason"))
    done = bank.lists.act(command, lists.add(command, given.text("list"), wanted, bank.lists.grounds))
    return Done(_of_list(bank, _took_effect(done, {"en": "It is on the list.", "zh": "已列入名单。"}), given.text("list")))


def _took_effect(done: Sequence[Event], at_once: Text) -> Text:
    return _WAITS if any(one.kind == ENTRY_PROPOSED for one in done) else at_once


def _import(bank: WorkPort, command: Command, given: Given) -> Done:
    upload = given.files.get("table")
    if upload is None:
        raise InputError(
            "list.import.file", {"en": "no file was given", "zh": "未选择文件"}, {"en": "choose the table", "zh": "请选择要导入的表格"}
        )
    until_us = given.moment_us("until") if given.text("until") else None
    grounds = bank.lists.grounds
    read = lists.read_table(_text_of(upload.content), command.now_us, grounds, until_us=until_us, ground=given.optional("ground"))
    if read.findings:
        said = read.findings[:FINDINGS_SAID_MAX]
        more = len(read.findings) - len(said)
        en = "; ".join(f"{one.place('en')}: {one.text['en']}" for one in said) + (f" (and {more:,} more)" if more else "")
        zh = "；".join(f"{one.place('zh')}：{one.text['zh']}" for one in said) + (f"（另有 {more:,} 行）" if more else "")
        raise InputError("list.import.rows", {"en": en, "zh": zh}, said[0].remedy)
    done = bank.lists.act(command, lists.take_in(command, given.text("list"), read.rows, 0, grounds))
    count = len(read.rows)
    at_once = _took_effect(done, {"en": f"{plural(count, 'entry is', 'entries are')} on the list.", "zh": f"{count:,} 个条目已列入名单。"})
    return Done(_of_list(bank, at_once, given.text("list")))


def _text_of(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InputError(
            "list.import.encoding",
            {"en": "the table is not UTF-8", "zh": "表格不是 UTF-8 编码"},
            {"en": "save it as CSV UTF-8", "zh": "请另存为 CSV UTF-8"},
        ) from None


def _lift(bank: WorkPort, command: Command, given: Given) -> Done:
    act = lists.lift(command, given.text("entry"), given.text("ground"), bank.lists.grounds, given.optional("reason"))
    return Done(_took_effect(bank.lists.act(command, act), {"en": "It is off the list.", "zh": "已解除。"}))


def _confirm(bank: WorkPort, command: Command, given: Given) -> Done:
    proposal = given.text("proposal")
    bank.lists.act(command, lists.confirm(command, proposal))
    confirmed = bank.lists.ask(lambda state: lists.proposal_of(state, proposal))
    if confirmed.changes[0].lifts:
        return Done({"en": "Confirmed: it is off the list.", "zh": "已复核同意，已从名单解除。"})
    return Done(_of_list(bank, {"en": "Confirmed: it counts from now on.", "zh": "已复核同意，即刻生效。"}, confirmed.list))


def _refuse(bank: WorkPort, command: Command, given: Given) -> Done:
    bank.lists.act(command, lists.refuse(command, given.text("proposal"), given.optional("note")))
    return Done({"en": "It is off the table.", "zh": "该提议已终止。"})


LIST_ACTS: Mapping[str, Act[WorkPort]] = {
    "list.open": _open,
    "list.describe": _describe,
    "list.add": _add,
    "list.import": _import,
    "list.lift": _lift,
    "list.confirm": _confirm,
    "list.refuse": _refuse,
}
