"""PostgreSQL or NATS killed under load: nothing acknowledged is lost, nothing is doubled, and the service goes on by itself."""

import asyncio
import os
import shutil
import signal
import threading
import time
from pathlib import Path

import httpx
import msgspec
import nats
import pytest

from huitong.api.messages import Subjects, pack
from tests.api.own_servers import own_nats, own_postgres
from tests.api.serving import Callers, served, there

pytestmark = pytest.mark.skipif(os.name == "nt", reason="skipped: no signals that kill on Windows")
AWAY_SECONDS = 3
EVENTS = 60


@pytest.fixture
def root(trained_bank: Path, tmp_path: Path) -> Path:
    return shutil.copytree(trained_bank / "bank", tmp_path / "bank")


def well(address: str) -> bool:
    """Whether the service says within a while that it is well."""
    for _ in range(300):
        if httpx.get(f"{address}/v1/health", timeout=60).json()["status"] == "ok":
            return True
        threading.Event().wait(0.1)
    return False


def test_postgresql_killed_under_load_is_waited_for_and_nothing_is_lost_or_doubled(root: Path) -> None:
    with own_postgres() as (server, url):
        (root / "bank.toml").write_text(f'[log]\nurl = "{url}"\n', "utf-8")
        with served(root, "--no-console", "--fronts", "1", quiet=True) as (process, address):
            callers = Callers(address, "pg", again=True, patient=True)
            callers.wait_for(60)
            for _ in range(2):
                server.kill()
                told = len(callers.told)
                threading.Event().wait(AWAY_SECONDS)
                assert len(callers.told) <= told + 8, "nobody hears an answer that is not on the disk"
                server.start()
                callers.wait_for(told + 60)
            callers.end()
            assert well(address)
            process.send_signal(signal.SIGTERM)
            assert process.wait(timeout=60) == 0
        events, decisions = there(root)
    assert max(events.values()) == 1
    assert callers.told.items() <= decisions.items()
    assert events.keys() - callers.told.keys() == set(), "all of them asked until they were told"


async def sent(url: str, subject: str, first: int, count: int) -> None:
    """Sends events until the broker has acknowledged each."""
    client = await nats.connect(url)
    try:
        stream = client.jetstream()
        for number in range(first, first + count):
            given = {"time": f"2025-12-05T09:30:{number % 60:02d}Z", "amount": "128.50", "currency": "CNY", "customer": f"N{number % 7}"}
            await stream.publish(subject, pack([{"id": f"M-{number}", "kind": "payment.requested", **given}], "core"))
    finally:
        await client.close()


async def published(url: str, wanted: set[str]) -> set[str]:
    """Events on which a decision was published, waited for until those that are wanted are among them."""
    subjects, found, until = Subjects(), set[str](), time.monotonic() + 150
    client = await nats.connect(url)
    try:
        pulled = await client.jetstream().pull_subscribe(subjects.decisions, None, stream=subjects.stream)
        while not wanted <= found and time.monotonic() < until:
            try:
                for message in await pulled.fetch(10, timeout=1):
                    found |= {str(one["subject"]) for one in msgspec.json.decode(message.data)}
            except TimeoutError:  # of the client, or of asyncio, which it lets through
                continue
    finally:
        await client.close()
    return found


def test_nats_killed_under_load_is_waited_for_and_each_event_has_one_effect(root: Path, tmp_path: Path) -> None:
    subjects, wanted = Subjects(), {f"M-{number}" for number in range(2 * EVENTS)}
    with own_nats(tmp_path / "nats") as (server, url):
        (root / "bank.toml").write_text(f'[messages]\nnats = "{url}"\n', "utf-8")
        with served(root, "--no-console", "--fronts", "1", quiet=True) as (process, address):
            callers = Callers(address, "nats", again=True)
            callers.wait_for(20)
            asyncio.run(sent(url, subjects.events, 0, EVENTS))
            server.kill()
            callers.wait_for(len(callers.told) + 60)
            assert httpx.get(f"{address}/v1/health", timeout=60).json()["status"] != "ok", "that it is away is told"
            server.start()
            asyncio.run(sent(url, subjects.events, 0, 2 * EVENTS))  # what a sender is not sure of, it sends again
            assert wanted <= asyncio.run(published(url, wanted))
            callers.end()
            assert well(address)
            process.send_signal(signal.SIGTERM)
            assert process.wait(timeout=60) == 0
        events, decisions = there(root)
    assert max(events.values()) == 1
    assert decisions.keys() == callers.told.keys() | wanted
    assert callers.told.items() <= decisions.items()
