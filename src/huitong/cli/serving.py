"""The command that serves a bank over HTTP."""

import logging
import sys
from typing import Annotated

import typer

from huitong.app.front import console_installed
from huitong.app.occurrences import Form, default_form, write_occurrences
from huitong.app.server import serve as serve_bank
from huitong.cli.options import DEFAULT_BANK, BankOption, JsonOption, LanguageOption, PortOption
from huitong.cli.terminal import Terminal
from huitong.cli.work import ready

_log = logging.getLogger("huitong.serve")


def serve(
    policy: Annotated[
        str | None,
        typer.Option(metavar="POLICY", help="Policy for callers that name none. · 调用方未指明时使用的策略。"),
    ] = None,
    host: Annotated[str, typer.Option(metavar="ADDRESS", help="Address to listen at. · 监听地址。")] = "127.0.0.1",
    port: PortOption = 8000,
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
    write_occurrences(log or default_form())
    with ready(terminal, bank) as opened:
        with terminal.progress() as progress:
            opened.live(policy, progress=progress)
        serve_bank(
            opened,
            policy=policy,
            host=host,
            port=port,
            console=console_installed() if console is None else console,
            ready=lambda address: _say(terminal, address),
        )
        _log.info("stopped")


def _say(terminal: Terminal, address: str) -> None:
    terminal.say(f"{terminal.word('serving')}: {address}/v1", terminal.word("local_only"))
    terminal.give({"address": address})
    _log.info("serving", extra={"address": address})
    sys.stdout.flush()
