"""The bank's process behind fronts, as the supervisor starts it: ``python -m huitong.cli.behind SERVING BEHIND``."""

import sys
from pathlib import Path

import msgspec

from huitong.app.behind import Behind
from huitong.app.occurrences import write_occurrences
from huitong.app.server import serve as serve_bank
from huitong.cli import ended_with
from huitong.cli.serving import Serving, say_served
from huitong.cli.terminal import Terminal
from huitong.cli.work import ready
from huitong.fronts.pulse import Heart
from huitong.fronts.supervisor import BehindSpec


def run(serving: Serving, spec: BehindSpec) -> None:
    """Serves a bank behind its fronts.

    Args:
        serving: How.
        spec: What the supervisor says.
    """
    heart = Heart(spec.pulse)
    write_occurrences(serving.log)
    terminal = Terminal(serving.language, serving.json)
    with ready(terminal, Path(serving.bank)) as bank:
        with terminal.progress() as progress:
            bank.live(serving.policy, progress=progress)
        serve_bank(
            bank,
            policy=serving.policy,
            host=spec.host,
            port=spec.port,
            console=serving.console,
            ready=lambda address: None if spec.again else say_served(terminal, bank, address, console=serving.console),
            behind=Behind(Path(spec.folder), spec.lifeline, heart, spec.fronts),
        )


def main() -> None:
    """Runs the process, and ends with the exit code of what came of it."""
    serving = msgspec.json.decode(sys.argv[1], type=Serving)
    spec = msgspec.json.decode(sys.argv[2], type=BehindSpec)
    ended_with(Terminal(serving.language, serving.json), lambda: run(serving, spec))


if __name__ == "__main__":
    main()
