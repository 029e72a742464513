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


def test_nobody_has_a_role_or_a_scope_because_they_say_so(trained_bank: Path, tmp_path: Path) -> None:
    root = shutil.copytree(trained_bank / "bank", tmp_path / "bank")
    with (
        Bank(root, clock=clock(), threads=2) as bank,
        Served(bank, policy="small") as address,
        httpx.Client(base_url=address, timeout=30) as client,
    ):
        core = key(bank, "decide")
        measure = {"role": "account", "subject": "A1", "measure": "watch", "until": "2026-02-01T00:00:00Z", "ground": "investigation"}
        act = {"idempotency-key": "forged", "x-purpose": "audit:tests"}
        plain = client.post("/v1/measures", json=measure, headers=core | act)
        assert plain.status_code == 403
        claims = [
            ({"x-role": "admin", "x-roles": "approver,admin", "x-scopes": "measures"}, {}),
            ({"cookie": "role=admin; session=admin; huitong_session=li.wei"}, {}),
            ({"x-forwarded-user": "li.wei", "x-remote-user": "li.wei", "remote-user": "li.wei"}, {}),
            ({}, {"by": "li.wei", "actor": {"id": "li.wei", "roles": ["admin", "approver"]}, "roles": ["admin"]}),
        ]
        for headers, more in claims:
            answer = client.post("/v1/measures", json=measure | more, headers=core | act | headers)
            assert (answer.status_code, answer.json()["code"]) == (403, plain.json()["code"]), (headers, more)
        for forged in ("Bearer eyJhbGciOiJub25lIn0.eyJyb2xlcyI6WyJhZG1pbiJdfQ.", core["authorization"][:-1] + "_", "Basic bGkud2VpOnh4"):
            assert client.post("/v1/decisions", json=EVENT, headers={"authorization": forged}).status_code == 401
        assert bank.log.event("E-1") is None
