"""Real processes, really killed, at any instant; ``python -m tests.simulation.kills --kills 10000`` kills more."""

import os
import sys
from pathlib import Path
from subprocess import run

import pytest

from tests.store.postgres_server import SERVER, ask, reachable

KILLS = {"sqlite": 200, "postgresql": 200}
KILLS_IN_FULL = 10_000


def kill(root: Path, folder: Path, adapter: str, kills: int) -> None:
    command = [sys.executable, "-m", "tests.simulation.kills", "--kills", str(kills)]
    command += ["--folder", str(folder)] if adapter == "sqlite" else ["--postgres", SERVER, "--schema", f"test_kills_{os.getpid()}"]
    paths = os.pathsep.join([str(root), str(root / "src")])
    done = run(command, cwd=root, env={**os.environ, "PYTHONPATH": paths}, capture_output=True, text=True, check=False)
    assert "nothing lost, nothing doubled" in done.stdout, done.stdout + done.stderr[-4_000:]
    killed, writing = [int(word) for word in done.stdout.replace(",", " ").split() if word.isdigit()][:2]
    assert killed >= kills
    assert writing >= kills / 2  # the others were killed while they opened the log, or before the first answer


@pytest.fixture(params=KILLS)
def adapter(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    if name == "postgresql" and not reachable():
        pytest.skip(f"skipped: no PostgreSQL server at {SERVER}")
    return name


def test_killed_at_any_instant_a_log_loses_and_doubles_nothing(root: Path, tmp_path: Path, adapter: str) -> None:
    kill(root, tmp_path, adapter, KILLS[adapter])
    if adapter == "postgresql":
        left = "SELECT count(*) FROM information_schema.schemata WHERE schema_name LIKE %s"
        assert ask(left, (f"test_kills_{os.getpid()}%",)) == [(0,)]


@pytest.mark.full
def test_killed_thousands_of_times_too(root: Path, tmp_path: Path, adapter: str) -> None:
    kill(root, tmp_path, adapter, KILLS_IN_FULL)
