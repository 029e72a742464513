"""The commands about users: add, list, grant, revoke, confirm, decline, lock, unlock, recover, password, totp, recovery-codes."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated

import typer

from huitong.app import Bank
from huitong.cli.access import ByOption, UserArgument, asked, asked_new, here, ordering, said, signed_in, tell
from huitong.cli.options import DEFAULT_BANK, BankOption, ExistingBankOption, GroundOption, JsonOption, LanguageOption
from huitong.cli.terminal import Terminal
from huitong.cli.usage import SpokenCommand, SpokenGroup
from huitong.contracts import ROLE_TITLES, Role
from huitong.identity import Asked, Listed, User
from huitong.identity.totp import app_address, new_secret
from huitong.identity.users import require_role_of_person
from huitong.kernel import time_text

users_app = typer.Typer(cls=SpokenGroup, help="Who may use the bank, and their roles. · 用户及其角色。")
RoleArgument = Annotated[
    str,
    typer.Argument(
        metavar="ROLE",
        help="analyst, investigator, approver, steward, auditor, operator or admin. "
        "· 角色：analyst、investigator、approver、steward、auditor、operator 或 admin。",
    ),
]
OptionalByOption = Annotated[
    str, typer.Option("--by", metavar="USER", envvar="HUITONG_USER", help="Who orders it. · 操作人。", show_default=False)
]
HereOption = Annotated[
    bool, typer.Option("--here", help="By whoever has this machine; written down as such. · 由本机操作者执行，并如实记录。")
]
RequestArgument = Annotated[str, typer.Argument(metavar="REQUEST", help="Id of what waits, as `users list` shows it. · 待复核申请的编号。")]


@users_app.callback()
def _group(lang: LanguageOption = None) -> None:
    pass


@users_app.command("add", cls=SpokenCommand)
def add(
    user: UserArgument,
    name: Annotated[str | None, typer.Option("--name", metavar="NAME", help="Name for people. · 姓名。", show_default=False)] = None,
    roles: Annotated[
        list[str] | None,
        typer.Option("--role", metavar="ROLE", help="A role; may be given several times. · 角色，可多次给出。", show_default=False),
    ] = None,
    first: Annotated[bool, typer.Option("--first", help="The first administrator of a bank without users. · 首位系统管理员。")] = False,
    by: OptionalByOption = "",
    bank: BankOption = DEFAULT_BANK,
    lang: LanguageOption = None,
    json: JsonOption = False,
) -> None:
    """Add a user with a one-time password; --first makes the first administrator. · 新增用户并给出一次性口令；--first 设置首位管理员。"""
    terminal = Terminal(lang, json)
    wanted = [require_role_of_person(role) for role in roles or []]
    if first:
        with Bank(bank) as opened:
            command = opened.people.desk.registry.command_by(here("admin"), opened.clock.now_us())
            ordered = opened.people.office.add_first(command, user, name or user, wanted, asked_new(terminal))
        terminal.say(said(terminal, "first", user=user), style="green")
        terminal.give({"id": ordered.id, "waiting": [], "shown_once": None})
        return
    with ordering(bank, by, terminal) as (office, command):
        added = office.add(command, user, name or user)
        granted = [office.grant(replace(command, id=command.id_of(number)), user, role) for number, role in enumerate(wanted, 1)]
    terminal.say(said(terminal, "one_time", secret=added.shown_once))
    for one in granted:
        if one.waits:
            terminal.say(said(terminal, "waits", id=one.id), style="yellow")
    terminal.give({"id": added.id, "waiting": [one.id for one in granted if one.waits], "shown_once": added.shown_once})


@users_app.command("list", cls=SpokenCommand)
def list_users(bank: ExistingBankOption = DEFAULT_BANK, lang: LanguageOption = None, json: JsonOption = False) -> None:
    """List users, their roles, and what waits for a second person. · 列出用户、角色与待复核的申请。"""
    terminal = Terminal(lang, json)
    with Bank(bank) as opened, opened.people.reading() as office:
        now_us = opened.clock.now_us()
        found = Listed((), ()) if office is None else office.listed(here("auditor"), now_us)
    terminal.give({"users": [_document(user, now_us) for user in found.users], "asked": [_asked_document(one) for one in found.asked]})
    if not found.users:
        terminal.say(said(terminal, "no_users"))
        return
    heads = [said(terminal, word) for word in ("user", "name", "roles", "state", "signs_in", "last")]
    terminal.table(heads, [_row(terminal, user, now_us) for user in found.users], whole=(0,))
    if found.asked:
        terminal.say("", said(terminal, "asked"))
    for one in found.asked:
        role = "" if one.role is None else terminal.text(ROLE_TITLES[one.role])
        terminal.say(f"  {one.id}  {said(terminal, one.what, by=one.by, user=one.user, role=role)}")


def _row(terminal: Terminal, user: User, now_us: int) -> tuple[str, ...]:
    state = "locked" if not user.active else "one_time_due" if user.until_us is not None else "active"
    text = said(terminal, state)
    if user.active and user.locked_until_us > now_us:
        text = said(terminal, "locked_out", until=time_text(user.locked_until_us))
    how = "openid" if user.issuer is not None else "password_and_code" if user.totp is not None else "password"
    granted, provided = (_titles(terminal, roles) for roles in (user.roles, user.provided))
    parts = [granted, said(terminal, "provided", roles=provided) if provided else ""]
    roles = ("；" if terminal.language == "zh" else "; ").join(filter(None, parts))
    return user.id, user.name, roles or "-", text, said(terminal, how), "-" if user.signed_in_us is None else time_text(user.signed_in_us)


def _titles(terminal: Terminal, roles: Sequence[Role]) -> str:
    return ("、" if terminal.language == "zh" else ", ").join(terminal.text(ROLE_TITLES[role]) for role in roles)


def _document(user: User, now_us: int) -> dict[str, object]:
    return {
        "user": user.id,
        "name": user.name,
        "roles": user.roles,
        "provided_roles": user.provided,
        "active": user.active,
        "locked_out": user.locked_until_us > now_us,
        "one_time_password": user.until_us is not None,
        "code_device": user.totp is not None,
        "recovery_codes": user.codes_left,
        "issuer": user.issuer,
        "signed_in": None if user.signed_in_us is None else time_text(user.signed_in_us),
    }


def _asked_document(one: Asked) -> dict[str, object]:
    return {"id": one.id, "what": one.what, "user": one.user, "role": one.role, "by": one.by, "asked": time_text(one.asked_us)}


@users_app.command("grant", cls=SpokenCommand)
def grant(
    user: UserArgument,
    role: RoleArgument,
    by: OptionalByOption = "",
    local: HereOption = False,
    bank: ExistingBankOption = DEFAULT_BANK,
    lang: LanguageOption = None,
    json: JsonOption = False,
) -> None:
    """Grant a role; whoever signs second takes a second person to make. · 授予角色；具有复核权限的角色须经第二人复核。"""
    terminal, wanted = Terminal(lang, json), require_role_of_person(role)
    with ordering(bank, by, terminal, local=local) as (office, command):
        tell(terminal, office.grant(command, user, wanted))


@users_app.command("revoke", cls=SpokenCommand)
def revoke(
    user: UserArgument,
    role: RoleArgument,
    by: ByOption,
    bank: ExistingBankOption = DEFAULT_BANK,
    lang: LanguageOption = None,
    json: JsonOption = False,
) -> None:
    """Remove a role, at once. · 立即收回角色。"""
    terminal, wanted = Terminal(lang, json), require_role_of_person(role)
    with ordering(bank, by, terminal) as (office, command):
        tell(terminal, office.revoke(command, user, wanted))


@users_app.command("confirm", cls=SpokenCommand)
def confirm(
    request: RequestArgument,
    by: ByOption,
    bank: ExistingBankOption = DEFAULT_BANK,
    lang: LanguageOption = None,
    json: JsonOption = False,
) -> None:
    """Confirm, as the second person, what another one asked for. · 作为第二人复核通过他人的申请。"""
    terminal = Terminal(lang, json)
    with ordering(bank, by, terminal) as (office, command):
        tell(terminal, office.confirm(command, request))


@users_app.command("decline", cls=SpokenCommand)
def decline(
    request: RequestArgument,
    by: ByOption,
    ground: GroundOption,
    bank: ExistingBankOption = DEFAULT_BANK,
    lang: LanguageOption = None,
    json: JsonOption = False,
) -> None:
    """Say no to what waits for a second person. · 驳回待复核的申请。"""
    terminal = Terminal(lang, json)
    with ordering(bank, by, terminal) as (office, command):
        tell(terminal, office.decline(command, request, ground))


@users_app.command("lock", cls=SpokenCommand)
def lock(
    user: UserArgument,
    by: ByOption,
    ground: GroundOption,
    bank: ExistingBankOption = DEFAULT_BANK,
    lang: LanguageOption = None,
    json: JsonOption = False,
) -> None:
    """Keep a user out; their sessions end at once. · 停用用户，其会话立即结束。"""
    terminal = Terminal(lang, json)
    with ordering(bank, by, terminal) as (office, command):
        tell(terminal, office.lock(command, user, ground))


@users_app.command("unlock", cls=SpokenCommand)
def unlock(
    user: UserArgument,
    by: OptionalByOption = "",
    local: HereOption = False,
    bank: ExistingBankOption = DEFAULT_BANK,
    lang: LanguageOption = None,
    json: JsonOption = False,
) -> None:
    """Let a locked user in again. · 恢复被停用或锁定的用户。"""
    terminal = Terminal(lang, json)
    with ordering(bank, by, terminal, local=local) as (office, command):
        tell(terminal, office.unlock(command, user))


@users_app.command("recover", cls=SpokenCommand)
def recover(
    user: UserArgument,
    by: OptionalByOption = "",
    local: HereOption = False,
    bank: ExistingBankOption = DEFAULT_BANK,
    lang: LanguageOption = None,
    json: JsonOption = False,
) -> None:
    """Give who cannot sign in a one-time password, and take their code device away. · 给无法登录者一次性口令，并解除其动态口令设备。"""
    terminal = Terminal(lang, json)
    with ordering(bank, by, terminal, local=local) as (office, command):
        tell(terminal, office.recover(command, user))


@users_app.command("password", cls=SpokenCommand)
def password(
    user: UserArgument,
    bank: ExistingBankOption = DEFAULT_BANK,
    lang: LanguageOption = None,
    json: JsonOption = False,
) -> None:
    """Set a password of one's own; asked for the old one, then the new one. · 设置自己的口令：先输入旧口令，再输入新口令。"""
    terminal = Terminal(lang, json)
    old = asked(terminal, "password_of", user=user)
    with Bank(bank) as opened, signed_in(opened, user, old, terminal) as signed:
        opened.people.desk.set_password(signed, old, asked_new(terminal), opened.clock.now_us())
    terminal.say(said(terminal, "done"), style="green")
    terminal.give({"user": user})


@users_app.command("totp", cls=SpokenCommand)
def totp(
    user: UserArgument,
    bank: ExistingBankOption = DEFAULT_BANK,
    lang: LanguageOption = None,
    json: JsonOption = False,
) -> None:
    """Set up a code device: shows its secret, then asks for a code of it. · 设置动态口令设备：显示密钥，然后输入一个动态口令。"""
    terminal, secret = Terminal(lang, json), new_secret()
    given = asked(terminal, "password_of", user=user)
    with Bank(bank) as opened, signed_in(opened, user, given, terminal) as signed:
        terminal.say(said(terminal, "app"), secret, app_address(secret, user))
        terminal.give_first({"user": user, "secret": secret, "address": app_address(secret, user)})
        codes = opened.people.desk.set_totp(signed, given, secret, asked(terminal, "code_of"), opened.clock.now_us())
    terminal.say(said(terminal, "done"), style="green")
    _tell_codes(terminal, user, codes)


@users_app.command("recovery-codes", cls=SpokenCommand)
def recovery_codes(
    user: UserArgument,
    bank: ExistingBankOption = DEFAULT_BANK,
    lang: LanguageOption = None,
    json: JsonOption = False,
) -> None:
    """Make recovery codes of one's own anew; those before open nothing any more. · 重新生成自己的恢复码；原有恢复码随即失效。"""
    terminal = Terminal(lang, json)
    given = asked(terminal, "password_of", user=user)
    with Bank(bank) as opened, signed_in(opened, user, given, terminal) as signed:
        codes = opened.people.desk.renew_codes(signed, given, opened.clock.now_us())
    _tell_codes(terminal, user, codes)


def _tell_codes(terminal: Terminal, user: str, codes: Sequence[str]) -> None:
    terminal.say(said(terminal, "recovery_codes"), *codes)
    terminal.give({"user": user, "recovery_codes": list(codes)})
