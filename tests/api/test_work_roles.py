"""The roles that acts over HTTP ask for, of whoever gives them and of whoever repeats them."""

import re
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest

from huitong.api.work.acts import ActRoute
from huitong.api.work.desk import DESK_ACTS
from huitong.api.work.lists import LIST_ACTS
from huitong.api.work.measures import MEASURE_ACTS
from huitong.api.work.rollouts import ROLLOUT_ACTS
from huitong.api.work.webhooks import WEBHOOK_ACTS
from huitong.app import Bank
from huitong.app.server import Served
from huitong.contracts import ROLES, Actor, Role
from huitong.identity import Signed
from tests.app.small_world import clock

ACTS: Mapping[str, ActRoute[Any]] = {act.name: act for act in (*DESK_ACTS, *MEASURE_ACTS, *LIST_ACTS, *ROLLOUT_ACTS, *WEBHOOK_ACTS)}
LI_HAS: set[Role] = {"steward"}
"""What the person has that these tests call by."""


def _known(headers: Mapping[str, str], _address: str, _method: str) -> Signed:
    role = next((one for one in ROLES if one == headers.get("x-role")), None)
    return Signed(Actor("li", frozenset(LI_HAS if role is None else {role})), "session", "li")


@pytest.fixture(scope="module")
def client(trained_bank: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    root = shutil.copytree(trained_bank / "bank", tmp_path_factory.mktemp("roles") / "bank")
    with (
        Bank(root, clock=clock(), threads=2) as bank,
        Served(bank, policy="small", authenticate=_known) as address,
        httpx.Client(base_url=f"{address}/v1", timeout=30) as client,
    ):
        yield client


@pytest.mark.parametrize("name", ACTS)
def test_an_act_asks_for_its_role_before_it_says_anything_of_what_it_is_about(client: httpx.Client, name: str) -> None:
    act = ACTS[name]
    address = re.sub(r"\{\w+(:path)?\}", "x", act.path)
    for role in ROLES:
        answer = client.request(act.method, address, json={}, headers={"x-role": role, "idempotency-key": "k"})
        refused = answer.status_code == 403 and answer.json()["code"] == "access.role"
        assert refused is (role not in act.roles), (role, answer.text)


def test_who_lost_a_role_is_not_told_again_what_they_did_by_it(client: httpx.Client) -> None:
    opened = {
        "name": "stolen",
        "title_zh": "被盗",
        "title_en": "Stolen",
        "holds": "card",
        "kind": "block",
        "owner": "li",
        "purpose": "cards",
    }

    def asked() -> httpx.Response:
        return client.post("/lists", json=opened, headers={"idempotency-key": "stolen"})

    first = asked()
    assert first.status_code == 200, first.text
    assert asked().json() == first.json()
    LI_HAS.clear()
    LI_HAS.add("auditor")
    assert (asked().status_code, asked().json()["code"]) == (403, "access.role")
    table = {"idempotency-key": "table", "content-type": "text/csv"}
    assert client.post("/lists/stolen/table", content=b"value\n", headers=table).json()["code"] == "access.role"
