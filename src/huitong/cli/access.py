"""What the commands about access share: who orders, signed in at the terminal, and secrets that are asked for and never arguments."""

import getpass
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from huitong.app import Bank
from huitong.cli.access_words import ACCESS_WORDS
from huitong.cli.terminal import Terminal
from huitong.contracts import Actor, Command
from huitong.identity import AccessOffice, Ordered, Signed
from huitong.kernel import LANGUAGES, InputError

ByOption = Annotated[
    str,
    typer.Option("--by", metavar="USER", envvar="HUITONG_USER", help="Who orders it; asked for their password. · 操作人；须输入其口令。"),
]
UserArgument = Annotated[str, typer.Argument(metavar="USER", help="Id of the user, like li.wei. · 用户名，例如 li.wei。")]
_ADDRESS = "terminal"


def said(terminal: Terminal, name: str, **values: str) -> str:
    """Words of these commands in the language of the terminal."""
    return terminal.text(ACCESS_WORDS[name]).format(**values)


def asked(terminal: Terminal, name: str, **values: str) -> str:
    """A secret: typed unseen at a terminal, else the next line of standard input."""
    if sys.stdin.isatty():
        return getpass.getpass(f"{said(terminal, name, **values)}{terminal.colon}", sys.stderr)
    return sys.stdin.readline().rstrip("\r\n")


def asked_new(terminal: Terminal) -> str:
    """A new password, typed twice at a terminal.

    Raises:
        InputError: If it was typed differently.
    """
    given = asked(terminal, "new_password")
    if sys.stdin.isatty() and asked(terminal, "again") != given:
        raise InputError(
            "cli.password.differs",
            {"en": "the two are not the same", "zh": "两次输入不一致"},
            {"en": "run the command again", "zh": "请重新运行该命令"},
        )
    return given


@contextmanager
def signed_in(bank: Bank, user: str, password: str, terminal: Terminal) -> Iterator[Signed]:
    """Somebody signed in at the terminal, for one command."""
    desk = bank.people.desk
    opened = desk.sign_in(user, password, asked(terminal, "code_of"), _ADDRESS, bank.clock.now_us())
    signed = opened.signed
    if opened.codes_left is not None:
        terminal.warn({language: ACCESS_WORDS["codes_left"][language].format(left=opened.codes_left, user=user) for language in LANGUAGES})
    try:
        yield signed
    finally:
        desk.sign_out(signed, bank.clock.now_us())


@contextmanager
def acting(folder: Path, by: str, terminal: Terminal) -> Iterator[tuple[Bank, Command]]:
    """A bank, and a command of who signs in.

    Raises:
        InputError: If they have to set a password of their own first.
    """
    with Bank(folder) as bank, signed_in(bank, by, asked(terminal, "password_of", user=by), terminal) as signed:
        if signed.due:
            raise InputError(
                "cli.access.due",
                {"en": f"{by} has to set a password or a code device first", "zh": f"{by} 须先设置自己的口令或动态口令设备"},
                {
                    "en": f"huitong users password {by}; huitong users totp {by}",
                    "zh": f"请运行 huitong users password {by}；huitong users totp {by}",
                },
            )
        yield bank, bank.people.desk.registry.command_by(signed.actor, bank.clock.now_us())


@contextmanager
def ordering(folder: Path, by: str, terminal: Terminal, *, local: bool = False) -> Iterator[tuple[AccessOffice, Command]]:
    """The office, and a command of who signs in.

    Args:
        folder: The bank's folder.
        by: Who orders.
        terminal: Where they sign in.
        local: Whether whoever has this machine orders instead, and nobody signs in.

    Raises:
        InputError: If nobody is said to order, or as ``acting``.
    """
    if local:
        with Bank(folder) as bank:
            yield bank.people.office, bank.people.desk.registry.command_by(here("admin"), bank.clock.now_us())
        return
    if not by:
        raise InputError(
            "cli.access.by",
            {"en": "it is not said who orders it", "zh": "未指明操作人"},
            {
                "en": "give --by USER, an administrator; --help tells of --first and --here",
                "zh": "请用 --by 指明系统管理员；--first 与 --here 见 --help",
            },
        )
    with acting(folder, by, terminal) as (bank, command):
        yield bank.people.office, command


def tell(terminal: Terminal, ordered: Ordered, shown: str = "one_time") -> None:
    """What became of an order."""
    terminal.say(said(terminal, "waits", id=ordered.id) if ordered.waits else said(terminal, "done"), style="green")
    if ordered.shown_once:
        terminal.say(said(terminal, shown, secret=ordered.shown_once))
    terminal.give({"id": ordered.id, "waits": ordered.waits, "shown_once": ordered.shown_once or None})


def here(*roles: str) -> Actor:
    """Whoever works on the bank's own machine: its files are open to them anyway."""
    return Actor("local", frozenset(role for role in ("admin", "auditor") if role in roles))
