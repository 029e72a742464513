"""The command that decides: one event as JSON, or a table of them."""

import codecs
import sys
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from huitong.api.sentences import json_in_chinese
from huitong.app import Source
from huitong.app.deciding_tables import decide_tables
from huitong.cli.decisions import show_decision
from huitong.cli.options import DEFAULT_BANK, BankOption, InputsOption, JsonOption, LanguageOption, MappingsOption
from huitong.cli.terminal import Terminal
from huitong.cli.words import OUTCOMES
from huitong.cli.work import ready, show_aside, sources_of
from huitong.kernel import DataError, InputError, refusal


def decide(
    event: Annotated[
        str | None,
        typer.Argument(
            metavar="EVENT",
            help="Event as JSON: a file, - for standard input, or the text. · 事件 JSON：文件、- 或文本。",
            show_default=False,
        ),
    ] = None,
    inputs: InputsOption = None,
    mappings: MappingsOption = None,
    policy: Annotated[
        str | None, typer.Option(metavar="POLICY", help="Policy; the bank's only one by default. · 策略；默认为数据目录中唯一的策略。")
    ] = None,
    bank: BankOption = DEFAULT_BANK,
    lang: LanguageOption = None,
    json: JsonOption = False,
) -> None:
    """Decide an event, or every event of a table, and write both to the log. · 对一个事件或整张数据表决策，并写入日志。"""
    terminal = Terminal(lang, json)
    sources = sources_of(inputs, mappings)
    if (event is None) == (sources is None):
        raise InputError(
            "cli.decide.what",
            {"en": "either an event or a table is decided", "zh": "须给出一个事件，或给出数据表"},
            {"en": "give EVENT, or --input FILE --mapping NAME", "zh": "请给出 EVENT，或 --input 文件 --mapping 名称"},
        )
    if event is not None:
        _decide_one(terminal, bank, _document(event), policy)
    elif sources is not None:
        _decide_tables(terminal, bank, sources, policy)


def _decide_one(terminal: Terminal, bank: Path, raw: dict[str, object], policy: str | None) -> None:
    with ready(terminal, bank) as opened:
        with terminal.progress() as progress:
            live = opened.live(policy, progress=progress)
        end = opened.log.end()
        decision = opened.decide(raw, policy=policy)
        fact = opened.log.event(decision.event)
        if fact is not None:
            show_decision(terminal, decision, fact, live.loaded)
        if opened.log.end() == end:
            terminal.say("", terminal.word("decided_before"), style="dim")
    terminal.give(decision)


def _decide_tables(terminal: Terminal, bank: Path, sources: list[Source], policy: str | None) -> None:
    with ready(terminal, bank) as opened, terminal.progress() as progress:
        done = decide_tables(opened, sources, policy=policy, progress=progress)
    taken = done.taken
    aside = taken.quarantined + len(taken.conflicts)
    counted = {"decided_now": done.new, "decided_earlier": done.before, "quarantined": aside}
    told = " · ".join(f"{terminal.word(name)} {count:,}" for name, count in counted.items())
    terminal.say(f"{done.policy}@{done.version[:12]} · {told}")
    for outcome, count in sorted(done.outcomes.items()):
        title = OUTCOMES.get(outcome)
        said = outcome if title is None or terminal.language == "en" else f"{terminal.text(title)} {outcome}"
        terminal.say(f"  {said}{terminal.colon}{count:,}")
    for kind, count in done.left_out.items():
        terminal.say(f"! {kind}{terminal.colon}{count:,} {terminal.word('left_out')}", style="yellow")
    show_aside(terminal, taken)
    terminal.give(
        {
            "policy": done.policy,
            "version": done.version,
            "outcomes": done.outcomes,
            "new": done.new,
            "before": done.before,
            "left_out": done.left_out,
            "conflicts": [{"id": one.where, "text": one.text} for one in taken.conflicts],
            "quarantined": taken.quarantined,
            "quarantine": [str(kept) for kept in taken.quarantines],
            "findings": dict(taken.findings),
        }
    )
    if taken.conflicts:
        raise typer.Exit(DataError.exit_code)


def _document(event: str) -> dict[str, object]:
    try:
        document = msgspec.json.decode(_event_text(event).removeprefix(codecs.BOM_UTF8))
    except (UnicodeDecodeError, RecursionError, msgspec.DecodeError) as error:
        raise _no_event(f"the event is no JSON: {error}", f"事件不是 JSON：{json_in_chinese(error)}") from None
    if not isinstance(document, dict):
        raise _no_event("the event must be a JSON object, with braces around names and values", "事件须为 JSON 对象，即花括号中的名称与值")
    return document


def _event_text(event: str) -> bytes:
    """What an argument stands for: standard input, the text itself, or a file."""
    if event == "-":
        return sys.stdin.buffer.read()
    path = Path(event)
    if not event.strip():
        raise _no_event("the event is empty", "事件为空")
    if event.lstrip()[:1] in {"{", "["} or (_is_json(event) and not path.exists()):
        return event.encode("utf-8", "surrogateescape")
    try:
        return path.read_bytes()
    except (OSError, ValueError) as error:  # a path may not hold a null character
        why = refusal(error) if isinstance(error, OSError) else {"en": str(error), "zh": "路径含有空字符"}
        raise _no_event(f"there is no file {event!r} that can be read: {why['en']}", f"没有可读取的文件 {event!r}：{why['zh']}") from None


def _is_json(text: str) -> bool:
    try:
        msgspec.json.decode(text)
    except (UnicodeError, msgspec.DecodeError):
        return False
    return True


def _no_event(en: str, zh: str) -> InputError:
    return InputError(
        "cli.event.unreadable",
        {"en": en, "zh": zh},
        {
            "en": 'give a JSON object such as {"id": "P1", "time": "2026-01-05T09:30:00Z", …}, its file, or - for standard input',
            "zh": '请给出 JSON 对象，例如 {"id": "P1", "time": "2026-01-05T09:30:00Z", …}，或含有它的文件，或用 - 表示标准输入',
        },
    )
