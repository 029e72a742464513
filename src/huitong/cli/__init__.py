"""The command line. Exit codes: 0 done, 1 a fault of ours, 2 input, 3 data, 4 policy, 5 disk or network, 130 interrupted.

For whom: the analyst at a terminal, and scripts (``--json``). Where it fails: one command at a time writes to a bank.
"""

import sys
import traceback
from collections.abc import Callable
from itertools import zip_longest
from pathlib import Path
from typing import NoReturn

import typer

from huitong.app import disk_refused
from huitong.cli import deciding, demo, persons, proving, serving, work
from huitong.cli.api_keys import api_keys_app
from huitong.cli.inspect import features_app, policy_app
from huitong.cli.lists import lists_app
from huitong.cli.log import log_app
from huitong.cli.measures import measures_app
from huitong.cli.options import MainLanguageOption, VersionOption, require_language
from huitong.cli.rollout import rollout_app
from huitong.cli.terminal import Terminal
from huitong.cli.usage import SpokenCommand, SpokenGroup, UsageError, help_wanted, not_understood, speak
from huitong.cli.users import users_app
from huitong.cli.webhooks import webhooks_app
from huitong.kernel import HuitongError

app = typer.Typer(
    name="huitong",
    cls=SpokenGroup,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Huitong: every decision can be replayed. · 汇通：每一个决策都可以回放。",
)
for act in (
    demo.demo,
    work.train,
    work.replay,
    deciding.decide,
    work.explain,
    work.ingest,
    proving.prove,
    proving.bundle,
    proving.verify,
    persons.forget,
    persons.hold,
    serving.serve,
):
    app.command(cls=SpokenCommand)(act)
app.add_typer(policy_app, name="policy")
app.add_typer(features_app, name="features")
app.add_typer(log_app, name="log")
app.add_typer(lists_app, name="lists")
app.add_typer(measures_app, name="measures")
app.add_typer(proving.keys_app, name="keys")
app.add_typer(rollout_app, name="rollout")
app.add_typer(users_app, name="users")
app.add_typer(api_keys_app, name="api-keys")
app.add_typer(webhooks_app, name="webhooks")

INTERRUPTED = 130
"""Exit code of Typer after Ctrl-C."""


@app.callback()
def _main(lang: MainLanguageOption = None, version: VersionOption = False) -> None:
    pass


def main(arguments: list[str] | None = None) -> None:
    """Runs a command and ends the process with its exit code."""
    given = sys.argv[1:] if arguments is None else arguments
    language = _language(given)
    terminal = Terminal(language, "--json" in given)
    command = speak(typer.main.get_command(app), terminal.language)

    def act() -> int | None:
        if language is not None and not language.startswith("-"):  # also where only help is asked for
            require_language(language)
        try:
            code: int | None = command.main(given, prog_name="huitong", standalone_mode=False)
        except UsageError as error:
            wrong, wanted = not_understood(error, command, given), help_wanted(error)
            if wanted is None or terminal.json:
                return terminal.error(wrong)
            sys.stderr.write(f"{wanted}\n")  # who types only `huitong` asks what there is
            return wrong.exit_code
        if code == INTERRUPTED:
            sys.stderr.write(f"{terminal.word('interrupted')}\n")
        return code

    ended_with(terminal, act)


def ended_with(terminal: Terminal, act: Callable[[], int | None]) -> NoReturn:
    """Ends the process with the exit code of what comes of an act; an error is told.

    Args:
        terminal: Where it is told.
        act: The act; its exit code.
    """
    try:
        code = act()
    except HuitongError as error:
        sys.exit(terminal.error(error))
    except OSError as error:
        sys.exit(terminal.error(disk_refused(Path(error.filename or "."), error)))
    except Exception as error:  # a fault of ours: the trace is what a report of it needs
        traceback.print_exception(error)
        sys.exit(terminal.error(_fault(error)))
    sys.exit(code)


def _fault(error: Exception) -> HuitongError:
    return HuitongError(
        "fault",
        {"en": f"a fault of ours: {type(error).__name__}: {error}", "zh": f"程序自身的错误：{type(error).__name__}：{error}"},
        {
            "en": "please report it with the trace above; nothing that was written before is lost",
            "zh": "请连同上方的跟踪信息一并反馈；此前写入的内容未丢失",
        },
    )


def _language(arguments: list[str]) -> str | None:
    """The language asked for last, also on a line that cannot be taken."""
    chosen = None
    for word, following in zip_longest(arguments, arguments[1:]):
        if word == "--lang":
            chosen = following
        elif word.startswith("--lang="):
            chosen = word.removeprefix("--lang=")
    return chosen
