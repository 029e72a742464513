"""A real server of the small bank in processes of its own, and callers that note what they were told."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import msgspec

from huitong.app import Bank
from huitong.contracts import Decision, Event
from tests.api.conftest import EVENT
from tests.app.small_world import clock

CALLERS = 8
ROOT = Path(__file__).resolve().parents[2]
SERVE = "import sys; from huitong.cli import main; main(sys.argv[1:])"
JSON = {"content-type": "application/json"}


@contextmanager
def served(root: Path, *options: str, quiet: bool = False) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A server of the small bank, and its address; what it says on its error stream is read by nobody where it is to be ``quiet``."""
    command = [sys.executable, "-c", SERVE, "serve", "--bank", str(root), "--policy", "small", "--port", "0", "--json", *options]
    environment = os.environ | {"PYTHONPATH": str(ROOT / "src")}
    errors = subprocess.DEVNULL if quiet else None
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True, env=environment) as process:
        try:
            assert process.stdout is not None
            yield process, json.loads(process.stdout.readline())["address"]
        finally:
            process.kill()


def processes_under(parent: int, what: str) -> list[int]:
    """Processes that another one started, by a word of their command line."""
    shown = subprocess.run(["ps", "-A", "-ww", "-o", "pid=,ppid=,args="], stdout=subprocess.PIPE, text=True, check=True).stdout
    rows = [line.split(None, 2) for line in shown.splitlines()]
    return [int(pid) for pid, above, line in rows if int(above) == parent and what in line]


def killed(pid: int) -> None:
    """Kills a process."""
    os.kill(pid, signal.SIGKILL)


@dataclass
class Callers:
    """Callers that ask for decisions of their own events, and note what they were told.

    Attributes:
        address: Of the server.
        run: Begins the ids of their events.
        again: Whether they ask the same again when they get no answer; else they stop.
        patient: Whether they also ask again where the service says that it cannot answer now.
    """

    address: str
    run: str
    again: bool = False
    patient: bool = False

    def __post_init__(self) -> None:
        self.told: dict[str, str] = {}
        self.broken = 0
        self._over = threading.Event()
        self._failed: list[BaseException] = []
        self._threads = [threading.Thread(target=self._ask_all, args=(number,)) for number in range(CALLERS)]
        for thread in self._threads:
            thread.start()

    def _ask_all(self, caller: int) -> None:
        try:
            with httpx.Client(base_url=self.address, timeout=90, headers=JSON | {"deadline-ms": "60000"}) as client:
                for number in range(10_000):
                    event = EVENT | {"id": f"{self.run}-{caller}-{number}", "customer": f"C{caller}", "account": f"A{caller}"}
                    if self._over.is_set() or not self._ask(client, event):
                        return
        except BaseException as error:
            self._failed.append(error)

    def _ask(self, client: httpx.Client, event: dict[str, object]) -> bool:
        while True:
            try:
                answer = client.post("/v1/decisions", content=msgspec.json.encode(event))
            except httpx.TransportError:
                self.broken += 1
                if not self.again:
                    return False
                continue
            if answer.status_code == 503 and not self.again and not self.patient:  # the server is stopping
                return False
            if answer.status_code == 503 and self.patient:
                time.sleep(0.2)
                continue
            assert answer.status_code == 200, answer.text
            self.told[str(event["id"])] = answer.json()["id"]
            return True

    def wait_for(self, answers: int) -> None:
        """Until so many answers were heard."""
        heard = threading.Event()
        for _ in range(6_000):
            if len(self.told) >= answers or self._failed:
                return
            heard.wait(0.02)
        raise AssertionError(f"only {len(self.told)} answers were heard")

    def end(self) -> None:
        """Has them stop, each after the answer that it waits for."""
        self._over.set()
        self.join()

    def join(self) -> None:
        """Waits until they have stopped."""
        for thread in self._threads:
            thread.join()
        if self._failed:
            raise self._failed[0]


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
