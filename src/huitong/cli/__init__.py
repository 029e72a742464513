"""The command line. Exit codes: 0 done, 1 a fault of ours, 2 input, 3 data, 4 policy, 5 disk or network, 130 interrupted.

For whom: the analyst at a terminal, and scripts (``--json``). Where it fails: one command at a time writes to a bank.
"""

import os
import sys

import typer

from huitong.cli import demo, work
from huitong.cli.inspect import features_app, log_app, policy_app
from huitong.cli.terminal import Terminal
from huitong.kernel import HuitongError

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

INTERRUPTED = 130


def main(arguments: list[str] | None = None) -> None:
    """Runs a command and ends the process with its exit code."""
    given = sys.argv[1:] if arguments is None else arguments
    try:
        app(given, standalone_mode=True)
    except HuitongError as error:
        Terminal(_language(given), "--json" in given).error(error)
        sys.exit(error.exit_code)
    except BrokenPipeError:
        # The reader went away, as `head` does; writing on would only fail again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)


def _language(arguments: list[str]) -> str | None:
    for place, word in enumerate(arguments):
        if word == "--lang" and place + 1 < len(arguments):
            return arguments[place + 1]
        if word.startswith("--lang="):
            return word.removeprefix("--lang=")
    return None
