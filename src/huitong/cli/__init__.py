"""The command line. Exit codes: 0 done, 1 a fault of ours, 2 input, 3 data, 4 policy, 5 disk or network, 130 interrupted.

For whom: the analyst at a terminal, and scripts (``--json``). Where it fails: one command at a time writes to a bank.
"""

import sys
import traceback
from pathlib import Path

import typer

from huitong.app import disk_refused
from huitong.cli import demo, work
from huitong.cli.inspect import features_app, log_app, policy_app
from huitong.cli.terminal import Terminal
from huitong.kernel import HuitongError, InputError

app = typer.Typer(
    name="huitong",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Huitong: every decision can be replayed. · 汇通：每一个决策都可以回放。",
)
app.command()(demo.demo)
app.command()(work.train)
app.command()(work.replay)
app.command()(work.decide)
app.command()(work.explain)
app.command()(work.ingest)
app.add_typer(policy_app, name="policy")
app.add_typer(features_app, name="features")
app.add_typer(log_app, name="log")

USAGE = 2
"""Exit code of Typer for a command line that it does not understand."""
INTERRUPTED = 130
"""Exit code of Typer after Ctrl-C."""


def main(arguments: list[str] | None = None) -> None:
    """Runs a command and ends the process with its exit code."""
    given = sys.argv[1:] if arguments is None else arguments
    terminal = Terminal(_language(given), "--json" in given)
    try:
        app(given)
    except SystemExit as end:
        if end.code == USAGE and terminal.json:
            terminal.error(_not_understood())
        if end.code == INTERRUPTED:
            sys.stderr.write(f"{terminal.word('interrupted')}\n")
        raise
    except HuitongError as error:
        sys.exit(terminal.error(error))
    except OSError as error:
        sys.exit(terminal.error(disk_refused(Path(error.filename or "."), error)))
    except Exception as error:  # a fault of ours: the trace is what a report of it needs
        traceback.print_exception(error)
        sys.exit(terminal.error(_fault(error)))


def _not_understood() -> InputError:
    return InputError(
        "cli.usage",
        {"en": "the command line is not understood; standard error says why", "zh": "无法理解该命令行；原因见标准错误输出"},
        {"en": "`huitong COMMAND --help` lists arguments and options", "zh": "`huitong 命令 --help` 列出参数与选项"},
    )


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
    for place, word in enumerate(arguments):
        if word == "--lang" and place + 1 < len(arguments):
            return arguments[place + 1]
        if word.startswith("--lang="):
            return word.removeprefix("--lang=")
    return None
