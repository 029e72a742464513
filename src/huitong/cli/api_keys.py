"""The commands about API keys: make, list, revoke."""

from typing import Annotated

import typer

from huitong.app import Bank
from huitong.cli.access import ByOption, here, ordering, said, tell
from huitong.cli.options import DEFAULT_BANK, ExistingBankOption, JsonOption, LanguageOption
from huitong.cli.terminal import Terminal
from huitong.cli.usage import SpokenCommand, SpokenGroup, whole_number
from huitong.identity import ApiKey
from huitong.identity.api_keys import require_scope_of
from huitong.kernel import MICROSECONDS_PER_DAY, time_text

api_keys_app = typer.Typer(cls=SpokenGroup, help="Keys with which systems call. · 业务系统调用所用的接口密钥。")


@api_keys_app.callback()
def _group(lang: LanguageOption = None) -> None:
    pass


@api_keys_app.command("make", cls=SpokenCommand)
def make(
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="Of the system that calls, like core-banking. · 业务系统名，如 core-banking。")
    ],
    scopes: Annotated[
        list[str],
        typer.Option(
            "--scope",
            metavar="SCOPE",
            help="decide, ingest, feedback, read, policies, lists, measures, cases or metrics; may be given several times. "
            "· 权限范围，可多次给出。",
        ),
    ],
    by: ByOption,
    grade: Annotated[
        int,
        typer.Option(
            "--grade", metavar="1-4", help="Highest data grade that it sees. · 可见的最高数据分级。", parser=whole_number("--grade", 1, 4)
        ),
    ] = 3,
    days: Annotated[
        int, typer.Option("--days", metavar="DAYS", help="How long it is good for. · 有效天数。", parser=whole_number("--days", 1, 366))
    ] = 90,
    bank: ExistingBankOption = DEFAULT_BANK,
    lang: LanguageOption = None,
    json: JsonOption = False,
) -> None:
    """Make a key; it is shown once. · 生成接口密钥，仅显示一次。"""
    terminal, wanted = Terminal(lang, json), [require_scope_of(scope) for scope in scopes]
    with ordering(bank, by, terminal) as (office, command):
        made = office.make_api_key(command, name, wanted, grade, command.now_us + days * MICROSECONDS_PER_DAY)
        tell(terminal, made, "api_key")


@api_keys_app.command("list", cls=SpokenCommand)
def list_keys(bank: ExistingBankOption = DEFAULT_BANK, lang: LanguageOption = None, json: JsonOption = False) -> None:
    """List keys, what they are for, and when they were last used. · 列出接口密钥、权限范围与最近使用时间。"""
    terminal = Terminal(lang, json)
    with Bank(bank) as opened, opened.people.reading() as office:
        now_us = opened.clock.now_us()
        found = () if office is None else office.api_keys(here("auditor"))
    terminal.give([_document(key, now_us) for key in found])
    if not found:
        terminal.say(said(terminal, "no_keys"))
        return
    heads = [said(terminal, word) for word in ("key", "name", "scopes", "grade", "expires", "used", "state")]
    terminal.table(heads, [_row(terminal, key, now_us) for key in found], figures=(3,), whole=(0,))


def _state(key: ApiKey, now_us: int) -> str:
    return "revoked" if key.revoked_us is not None else "active" if key.valid(now_us) else "ended"


def _row(terminal: Terminal, key: ApiKey, now_us: int) -> tuple[str, ...]:
    used = "-" if key.used_us is None else time_text(key.used_us)
    return key.id, key.name, " ".join(key.scopes), str(key.grade), time_text(key.expires_us), used, said(terminal, _state(key, now_us))


def _document(key: ApiKey, now_us: int) -> dict[str, object]:
    return {
        "id": key.id,
        "name": key.name,
        "scopes": key.scopes,
        "grade": key.grade,
        "made": time_text(key.made_us),
        "expires": time_text(key.expires_us),
        "used": None if key.used_us is None else time_text(key.used_us),
        "state": _state(key, now_us),
    }


@api_keys_app.command("revoke", cls=SpokenCommand)
def revoke(
    key: Annotated[str, typer.Argument(metavar="KEY", help="Id of the key, as `api-keys list` shows it. · 密钥编号。")],
    by: ByOption,
    bank: ExistingBankOption = DEFAULT_BANK,
    lang: LanguageOption = None,
    json: JsonOption = False,
) -> None:
    """End a key at once. · 立即吊销密钥。"""
    terminal = Terminal(lang, json)
    with ordering(bank, by, terminal) as (office, command):
        tell(terminal, office.revoke_api_key(command, key))
