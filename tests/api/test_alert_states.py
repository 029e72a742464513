"""Alerts over HTTP that are not in the queue: asleep, closed, waiting for a second look; and whom the queue proposes."""

import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from huitong.app import Bank
from huitong.app.server import Served
from huitong.client import Client
from huitong.kernel import MICROSECONDS_PER_DAY, time_text
from huitong.operations import cases
from tests.api.test_work import House, known
from tests.app.small_world import clock

SETTINGS = """
review_share = 1.0
[skills]
"rule.huge" = "large"
[people.sun]
skills = ["large"]
[people.wu]
skills = ["large"]
"""


@pytest.fixture(scope="module")
def house(trained_bank: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    root = shutil.copytree(trained_bank / "bank", tmp_path_factory.mktemp("states") / "bank")
    (root / "cases").mkdir(exist_ok=True)
    (root / "cases" / "desk.toml").write_text(SETTINGS, "utf-8")
    with (
        Bank(root, clock=clock(), threads=2) as bank,
        Served(bank, policy="small", authenticate=known) as address,
        httpx.Client(base_url=address, timeout=30) as client,
    ):
        yield House(bank, client)


def ids(house: House, **asked: str) -> list[str]:
    """All alerts of a state, page after page of two."""
    found: list[str] = []
    cursor: str | None = None
    while True:
        page = house.get("wang", "/v1/alerts", limit="2", **asked, **({} if cursor is None else {"cursor": cursor}))
        found += [one["alert"]["id"] for one in page["items"]]
        cursor = page["next"]
        if cursor is None:
            return found


def test_alerts_are_found_by_how_they_stand(house: House) -> None:
    for number in range(6):
        house.pay(f"state-{number}", f"State{number}")
    alerts = [house.alert_of(f"State{number}") for number in range(6)]
    house.done("wang", f"/v1/alerts/{alerts[0]}/assign", to="zhao")
    until = time_text(house.bank.clock.now_us() + MICROSECONDS_PER_DAY)
    house.done("wang", f"/v1/alerts/{alerts[1]}/snooze", until=until, reason="waits")
    for alert in alerts[2:5]:
        house.done("zhao", f"/v1/alerts/{alert}/close", verdict="genuine", reason="the customer said so")
    house.done("wang", f"/v1/alerts/{alerts[2]}/review", verdict="genuine")
    assert set(ids(house)) == set(ids(house, state="open")) == {alerts[0], alerts[5]}
    assert ids(house, assignee="zhao", state="all") == [alerts[0]]
    assert ids(house, state="snoozed") == [alerts[1]]
    assert set(ids(house, state="closed")) == set(alerts[2:5])
    assert set(ids(house, state="review")) == set(alerts[3:5])
    assert sorted(ids(house, state="all")) == sorted(alerts)
    closed = house.get("wang", "/v1/alerts", state="closed")
    assert closed["waiting"] == 2
    assert [one["late"] for one in closed["items"]] == [False] * 3
    wrong = house.client.get("/v1/alerts", params={"state": "lost"}, headers={"x-user": "wang"})
    assert wrong.status_code == 422, wrong.text


def test_whoever_looks_a_second_time_goes_through_all_of_them(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huitong.client.acting.PAGE", "2")
    for number in range(5):
        house.pay(f"look-{number}", f"Look{number}")
        house.done("zhao", f"/v1/alerts/{house.alert_of(f'Look{number}')}/close", verdict="genuine", reason="a gift")
    with Client(str(house.client.base_url), headers={"x-user": "wang"}, purpose="case:C-1") as client:
        for one in client.work.alerts(state="review"):
            client.work.on_alert(one.alert.id, "review", verdict="genuine")
        assert list(client.work.alerts(state="review")) == []
        again = client.work.alerts(state="closed")
        first = next(again)
        client.work.on_alert(first.alert.id, "reopen", reason="doubt")  # what leaves them meanwhile is where it was
        assert len({one.alert.id for one in again}) == len(list(client.work.alerts(state="closed")))


def test_what_nobody_has_is_proposed_to_all_who_can_do_it_and_others_are_warned_of(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    people = [cases.Investigator("sun", frozenset({"large"})), cases.Investigator("wu", frozenset({"large"})), cases.Investigator("zhou")]
    monkeypatch.setattr("huitong.app.acting.investigators_of", lambda *_: people)
    for number in range(4):
        house.pay(f"whose-{number}", f"Whose{number}")
    found = [one["alert"] for one in house.get("wang", "/v1/alerts", limit="500")["items"]]
    proposed = Counter(one["proposed_assignee"] for one in found if one["assignee"] is None)
    assert set(proposed) == {"sun", "wu"}
    assert abs(proposed["sun"] - proposed["wu"]) <= 1
    path = f"/v1/alerts/{house.alert_of('Whose0')}/assign"
    assert house.act("wang", path, to="sun").json()["findings"] == []
    (warned,) = house.act("wang", path, to="zhou").json()["findings"]
    assert (warned["code"], warned["where"]) == ("alert.unskilled", "to")
