"""Who gets in at the door of a served bank: this machine while there are no users, then keys and nobody else."""

import shutil
from pathlib import Path

import httpx

from huitong.app import Bank
from huitong.app.server import Served
from huitong.contracts import Actor
from huitong.identity import Scope
from tests.app.small_world import clock

EVENT = {
    "id": "E-1",
    "kind": "payment.requested",
    "time": "2025-12-05T09:30:00Z",
    "amount": "128.50",
    "currency": "CNY",
    "customer": "C000070",
    "terminal": "T00263",
    "channel": "online",
}
ADMIN = Actor("li.wei", frozenset({"admin"}))


def key(bank: Bank, *scopes: Scope) -> dict[str, str]:
    """Headers of a caller with a key of these scopes."""
    now_us = bank.clock.now_us()
    command = bank.people.desk.registry.command_by(ADMIN, now_us)
    made = bank.people.office.make_api_key(command, "core", scopes, 3, now_us + 86_400_000_000)
    return {"authorization": f"Bearer {made.shown_once}"}


def test_a_served_bank_opens_to_keys_by_what_they_are_for(trained_bank: Path, tmp_path: Path) -> None:
    root = shutil.copytree(trained_bank / "bank", tmp_path / "bank")
    with (
        Bank(root, clock=clock(), threads=2) as bank,
        Served(bank, policy="small") as address,
        httpx.Client(base_url=address, timeout=30) as client,
    ):
        assert client.post("/v1/decisions", json=EVENT).status_code == 200
        assert client.post("/v1/decisions", json=EVENT, headers={"host": "bank.example"}).json()["code"] == "access.local_only"
        assert client.post("/v1/decisions", json=EVENT, headers={"origin": "https://evil.example"}).status_code == 403

        core, watcher = key(bank, "decide"), key(bank, "read")
        assert client.post("/v1/decisions", json=EVENT).json()["code"] == "access.signed_out"
        assert client.post("/v1/decisions", json=EVENT, headers=core).status_code == 200
        assert client.post("/v1/decisions", json=EVENT, headers=watcher).json()["code"] == "access.scope"
        assert client.get("/v1/decisions/E-1", headers=watcher).status_code == 200
        assert client.get("/v1/decisions/E-1", headers={"authorization": "Bearer huitong_x"}).json()["code"] == "access.key.refused"
        assert client.get("/v1/health").status_code == 200
