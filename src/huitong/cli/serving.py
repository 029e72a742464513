"""The command that serves a bank over HTTP."""

import logging
import os
import sys
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from huitong.app import Bank
from huitong.app.front import console_installed
from huitong.app.occurrences import Form, default_form, write_occurrences
from huitong.app.server import serve as serve_bank
from huitong.app.settings import FRONTS_MAX, read_settings_of
from huitong.cli.options import DEFAULT_BANK, BankOption, JsonOption, LanguageOption, PortOption
from huitong.cli.terminal import Terminal
from huitong.cli.work import ready
from huitong.fronts.sockets import HOST, sockets_at
from huitong.fronts.supervisor import SupervisorSpec
from huitong.kernel import InputError, Language


class Serving(msgspec.Struct, frozen=True):
    """How a bank is to be served.

    Attributes:
        bank: Its folder.
        policy: Policy for callers that name none.
        console: Whether with pages for people.
        language: Of what is said.
        log: Form of the lines on the error stream.
        json: Whether machines read it.
    """

    bank: str
    policy: str | None
    console: bool
    language: Language
    log: Form
    json: bool


_log = logging.getLogger("huitong.serve")


def serve(
    policy: Annotated[
        str | None,
        typer.Option(metavar="POLICY", help="Policy for callers that name none. · 调用方未指明时使用的策略。"),
    ] = None,
    host: Annotated[str, typer.Option(metavar="ADDRESS", help="Address to listen at. · 监听地址。")] = HOST,
    port: PortOption = 8000,
    fronts: Annotated[
        int | None,
        typer.Option(
            metavar="NUMBER",
            min=0,
            max=FRONTS_MAX,
            help="Processes that take connections before the bank's own, which is then started again if it ends; 0 for one process. "
            "· 在业务进程之前接收连接的进程数，业务进程意外结束时自动重启；0 表示单进程。",
        ),
    ] = None,
    console: Annotated[
        bool | None,
        typer.Option(
            "--console/--no-console",
            help="With pages for people; by default where they are installed. · 同时提供控制台；默认已安装即提供。",
        ),
    ] = None,
    log: Annotated[
        Form | None,
        typer.Option(
            help="Lines on the error stream; by default text at a terminal, else JSON. · 错误输出的格式；终端默认为文本，否则为 JSON。"
        ),
    ] = None,
    bank: BankOption = DEFAULT_BANK,
    lang: LanguageOption = None,
    json: JsonOption = False,
) -> None:
    """Serve the bank over HTTP until SIGTERM or Ctrl-C. · 以 HTTP 提供服务，直至收到 SIGTERM 或 Ctrl-C。"""
    terminal = Terminal(lang, json)
    with_console = console_installed() if console is None else console
    serving = Serving(str(bank), policy, with_console, terminal.language, log or default_form(), json)
    number = _fronts(fronts, bank)
    if number:
        _supervised(serving, host, port, number)
    write_occurrences(serving.log)
    with ready(terminal, bank) as opened:
        with terminal.progress() as progress:
            opened.live(policy, progress=progress)
        serve_bank(
            opened,
            policy=policy,
            host=host,
            port=port,
            console=with_console,
            ready=lambda address: say_served(terminal, opened, address, console=with_console),
        )
        _log.info("stopped")


def _fronts(asked: int | None, bank: Path) -> int:
    """How many fronts: as asked, as the bank's settings say, or none.

    Raises:
        InputError: If there can be none on this system.
    """
    number = asked if asked is not None else read_settings_of(bank).fronts or 0
    if number and sys.platform == "win32":
        raise InputError(
            "fronts.system",
            {"en": "Windows has no sockets that processes can share like this", "zh": "Windows 不支持进程间以此方式共享套接字"},
            {"en": "serve with --fronts 0", "zh": "请使用 --fronts 0"},
        )
    return number


def _supervised(serving: Serving, host: str, port: int, fronts: int) -> None:
    """Becomes the supervisor, which needs nothing of what this process has loaded."""
    hung_seconds = read_settings_of(Path(serving.bank)).hung_seconds
    sockets = sockets_at(host, port, fronts)
    numbers = [one.detach() for one in sockets]
    for number in numbers:
        os.set_inheritable(number, True)
    bank = [sys.executable, "-m", "huitong.cli.behind", msgspec.json.encode(serving).decode()]
    spec = SupervisorSpec(bank, fronts, numbers, serving.language, serving.log, hung_seconds)
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, "-m", "huitong.fronts.supervisor", msgspec.json.encode(spec).decode()])  # noqa: S606 -- our own words


def say_served(terminal: Terminal, bank: Bank, address: str, *, console: bool) -> None:
    """Says where a bank is served, to systems and to people, and as long as it has no users, to whom."""
    alone = bank.people.desk.registry.ask(lambda state: state.empty)
    pages = [f"{terminal.word('console_at')}{terminal.colon}{address}/"] if console else []
    terminal.say(f"{terminal.word('serving')}{terminal.colon}{address}/v1", *pages, *([terminal.word("local_only")] if alone else []))
    terminal.give({"address": address})
    _log.info("serving", extra={"address": address})
    sys.stdout.flush()
