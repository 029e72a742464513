"""A real server killed in the middle of its work, and one that is asked to end: nothing acknowledged is lost, nothing is there twice."""

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import msgspec
import pytest

from huitong.app import Bank
from huitong.contracts import Decision, Event
from tests.api.conftest import EVENT
from tests.app.small_world import clock

CALLERS = 8
ROOT = Path(__file__).resolve().parents[2]
SERVE = "import sys; from huitong.cli import main; main(sys.argv[1:])"


@contextmanager
def served(root: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A server of the small bank in a process of its own, and its address."""
    command = [sys.executable, "-c", SERVE, "serve", "--bank", str(root), "--policy", "small", "--port", "0", "--no-console", "--json"]
    environment = os.environ | {"PYTHONPATH": str(ROOT / "src")}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        try:
            assert process.stdout is not None
            yield process, json.loads(process.stdout.readline())["address"]
        finally:
            process.kill()


class Callers:
    """Callers that ask for decisions of their own events until the server is gone, and note what they were told."""

    def __init__(self, address: str, run: str) -> None:
        self.told: dict[str, str] = {}
        self._address, self._run = address, run
        self._threads = [threading.Thread(target=self._ask, args=(number,)) for number in range(CALLERS)]
        for thread in self._threads:
            thread.start()

    def _ask(self, caller: int) -> None:
        with httpx.Client(base_url=self._address, timeout=30) as client:
            for number in range(10_000):
                event = EVENT | {"id": f"{self._run}-{caller}-{number}", "customer": f"C{caller}", "account": f"A{caller}"}
                try:
                    answer = client.post("/v1/decisions", content=msgspec.json.encode(event), headers={"content-type": "application/json"})
                except httpx.TransportError:
                    return
                if answer.status_code == 503:  # the server is stopping
                    return
                assert answer.status_code == 200, answer.text
                self.told[str(event["id"])] = answer.json()["id"]

    def wait_for(self, answers: int) -> None:
        """Until so many answers were heard."""
        heard = threading.Event()
        for _ in range(3_000):
            if len(self.told) >= answers:
                return
            heard.wait(0.02)
        raise AssertionError(f"only {len(self.told)} answers were heard")

    def join(self) -> None:
        for thread in self._threads:
            thread.join()


def there(root: Path) -> tuple[Counter[str], dict[str, str]]:
    """How often each event stands in the log, and the decision on each; the log is whole and every decision comes out again."""
    with Bank(root, clock=clock(), threads=2) as bank:
        records = [row.content for row in bank.log.read(0)]
        assert bank.check_log() == ()
        found = bank.replay("small").reproduced
    decisions = {one.event: one.id for one in records if isinstance(one, Decision)}
    assert found is not None
    assert (found.decisions, found.differing) == (len(decisions), ())
    return Counter(one.id for one in records if isinstance(one, Event) and one.kind == "payment.requested"), decisions


@pytest.fixture
def root(trained_bank: Path, tmp_path: Path) -> Path:
    return shutil.copytree(trained_bank / "bank", tmp_path / "bank")


def test_a_server_killed_under_load_has_lost_nothing_that_it_acknowledged_and_doubled_nothing(root: Path) -> None:
    told: dict[str, str] = {}
    for run in ("first", "second"):
        with served(root) as (process, address):
            callers = Callers(address, run)
            callers.wait_for(150)
            process.kill()
            callers.join()
        told |= callers.told
        events, decisions = there(root)
        assert max(events.values()) == 1
        assert told.items() <= decisions.items()
        assert set(decisions) == set(events)


def test_a_server_that_is_asked_to_end_answers_what_it_accepted(root: Path) -> None:
    with served(root) as (process, address):
        callers = Callers(address, "calm")
        callers.wait_for(100)
        process.send_signal(signal.SIGTERM)
        callers.join()
        assert process.wait(timeout=60) == 0
    events, decisions = there(root)
    assert max(events.values()) == 1
    assert callers.told == decisions, "who was not answered was not decided"
