"""A small bank behind a real server, in a thread of its own."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from huitong.app import Bank
from huitong.app.server import Served
from tests.app.small_world import clock

EVENT: dict[str, object] = {
    "id": "E-1",
    "kind": "payment.requested",
    "time": "2025-12-05T09:30:00Z",
    "amount": "128.50",
    "currency": "CNY",
    "customer": "C000070",
    "account": "A000070",
    "terminal": "T00263",
    "channel": "online",
}


@dataclass(frozen=True)
class Desk:
    """A bank and somebody who calls it from its own machine."""

    bank: Bank
    client: httpx.Client


@pytest.fixture(scope="module")
def desk(trained_bank: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """One for all tests of a module: each uses events of its own."""
    root = shutil.copytree(trained_bank / "bank", tmp_path_factory.mktemp("served") / "bank")
    with (
        Bank(root, clock=clock(), threads=2) as bank,
        Served(bank, policy="small") as address,
        httpx.Client(base_url=address, timeout=30, headers={"x-purpose": "audit:tests"}) as client,
    ):
        yield Desk(bank, client)
