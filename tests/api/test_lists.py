"""Lists over HTTP: opened, added to by one or by two persons, taken in as a table, lifted, looked at; each act once by its key."""

import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

import httpx
import pytest

from huitong.app import Bank
from huitong.app.server import Served
from huitong.client import Client
from huitong.contracts import Actor, Role
from huitong.identity import Signed
from huitong.kernel import MICROSECONDS_PER_DAY, HuitongError, InputError, time_text
from tests.api.test_work import House
from tests.app.small_world import clock

ROLES: dict[str, tuple[Role, ...]] = {
    "zhao": ("investigator",),
    "wang": ("approver",),
    "chen": ("steward",),
    "admin": ("admin",),
    "auditor": ("auditor",),
}


def known(headers: Mapping[str, str], _address: str, _method: str) -> Signed:
    """Persons by a header."""
    name = headers.get("x-user", "admin")
    return Signed(Actor(name, frozenset(ROLES[name])), "session", name)


@pytest.fixture(scope="module")
def house(trained_bank: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    root = shutil.copytree(trained_bank / "bank", tmp_path_factory.mktemp("lists") / "bank")
    with (
        Bank(root, clock=clock(), threads=2) as bank,
        Served(bank, policy="small", authenticate=known) as address,
        httpx.Client(base_url=address, timeout=30) as client,
    ):
        yield House(bank, client)


def opened(house: House, name: str, kind: str = "block", holds: str = "card", second: bool = False) -> str:
    texts = {"title_zh": "名单", "title_en": "A list", "owner": "fraud.desk", "purpose": "to try lists"}
    house.done("chen", "/v1/lists", name=name, kind=kind, holds=holds, second=second, **texts)
    return name


def until(house: House, days: int = 30) -> str:
    return time_text(house.bank.clock.now_us() + days * MICROSECONDS_PER_DAY)


def test_a_card_goes_on_a_list_once_by_its_key_and_comes_off_again(house: House) -> None:
    name = opened(house, "stolen")
    asked = {"value": "K-1", "until": until(house), "ground": "customer_report", "reason": "at the counter", "customer": "Zhou"}
    done = house.done("zhao", f"/v1/lists/{name}/entries", "same", **asked)
    assert done["kind"] == "list.entry_changed"
    assert house.done("zhao", f"/v1/lists/{name}/entries", "same", **asked) == done
    assert house.refused("zhao", f"/v1/lists/{name}/entries", 409, "same", **asked | {"value": "K-2"}) == "act.key_used"
    (entry,) = house.get("zhao", f"/v1/lists/{name}/entries")["items"]
    assert (entry["value"], entry["by"], entry["reason"], entry["customer"]) == ("K-1", "zhao", "at the counter", "Zhou")
    (found,) = house.get("zhao", "/v1/lists/entries", holds="card", value="K-1")["items"]
    assert found == entry
    house.done("zhao", f"/v1/lists/entries/{entry['id']}/lift", ground="verified", reason="found again")
    assert house.get("zhao", f"/v1/lists/{name}/entries")["items"] == []
    (over,) = house.get("zhao", f"/v1/lists/{name}/entries", over="true")["items"]
    assert (over["id"], over["lifted_by"], over["lifted_ground"], over["lifted_reason"]) == (entry["id"], "zhao", "verified", "found again")


def test_pages_go_on_while_entries_are_lifted_and_proposals_decided(house: House) -> None:
    name, waits = opened(house, "edge"), opened(house, "edge_second", kind="allow")
    for number in range(4):
        house.done("zhao", f"/v1/lists/{name}/entries", value=f"P-{number}", until=until(house), ground="verified")
        house.done("zhao", f"/v1/lists/{waits}/entries", value=f"P-{number}", until=until(house), ground="verified")
    entries = [one["id"] for one in house.get("zhao", f"/v1/lists/{name}/entries")["items"]]
    page = house.get("zhao", f"/v1/lists/{name}/entries", limit="2")
    for entry in entries[:2]:
        house.done("zhao", f"/v1/lists/entries/{entry}/lift", ground="verified")
    after = house.get("zhao", f"/v1/lists/{name}/entries", cursor=page["next"])["items"]
    assert [one["id"] for one in after] == entries[2:]
    proposals = [one["id"] for one in house.get("wang", "/v1/lists/waiting", limit="500")["items"]]
    page = house.get("wang", "/v1/lists/waiting", limit="2")
    house.done("wang", f"/v1/lists/waiting/{proposals[0]}/refuse")
    house.done("wang", f"/v1/lists/waiting/{proposals[1]}/confirm")
    after = house.get("wang", "/v1/lists/waiting", limit="500", cursor=page["next"])["items"]
    assert [one["id"] for one in after] == proposals[2:]
    for proposal in proposals[2:]:
        house.done("wang", f"/v1/lists/waiting/{proposal}/refuse")


def test_an_allow_list_takes_two_persons(house: House) -> None:
    name = opened(house, "trusted", kind="allow", holds="account")
    done = house.done("zhao", f"/v1/lists/{name}/entries", value="X-1", until=until(house), ground="verified")
    assert done["kind"] == "list.entry_proposed"
    (waits,) = (one for one in house.get("wang", "/v1/lists/waiting")["items"] if one["list"] == name)
    assert (waits["id"], waits["count"], waits["entries"][0]["value"]) == (done["id"], 1, "X-1")
    assert house.refused("zhao", f"/v1/lists/waiting/{done['id']}/confirm", 403) == "access.role"
    house.done("wang", f"/v1/lists/waiting/{done['id']}/confirm")
    (entry,) = house.get("wang", f"/v1/lists/{name}/entries")["items"]
    assert (entry["by"], entry["second"]) == ("zhao", "wang")
    other = house.done("zhao", f"/v1/lists/{name}/entries", value="X-2", until=until(house), ground="verified")
    house.done("wang", f"/v1/lists/waiting/{other['id']}/refuse", note="unknown")
    assert len(house.get("wang", f"/v1/lists/{name}/entries")["items"]) == 1


def test_a_table_is_taken_in_once_and_bad_rows_are_told(house: House) -> None:
    name = opened(house, "bulk")
    table = f"value,until,reason\nK-1,{until(house)},=cmd\nK-2,never,\nK-3,,\n"
    headers = {"x-user": "chen", "content-type": "text/csv", "idempotency-key": "table-1"}

    def sent(body: str = table, ground: str = "court_order") -> httpx.Response:
        return house.client.post(f"/v1/lists/{name}/table", params={"ground": ground}, content=body.encode(), headers=headers)

    answer = sent().json()
    assert (answer["rows"], answer["refused"], answer["waits"]) == (1, 2, False)
    assert [(one["line"], one["code"]) for one in answer["findings"]] == [("row 3", "time.unreadable"), ("row 4", "list.import.blank")]
    assert sent().json() == answer
    assert sent("value,until\nK-9," + until(house) + "\n").json()["code"] == "act.key_used"
    assert house.get("chen", f"/v1/lists/{name}")["entries"] == 1
    written = house.client.get(f"/v1/lists/{name}/table", headers={"x-user": "chen", "x-purpose": "request:R-1"})
    assert written.headers["content-type"].startswith("text/csv")
    assert "'=cmd" in written.text
    assert house.client.get(f"/v1/lists/{name}/table", headers={"x-user": "admin"}).json()["code"] == "access.grade"
    headers["idempotency-key"] = "table-2"
    assert sent("nothing\n").json()["code"] == "list.import.table"
    assert sent("value,until\nK,never\n").json()["code"] == "list.import.empty"


def test_a_key_that_was_used_for_another_table_is_refused(house: House) -> None:
    name, end = opened(house, "twice"), until(house)

    def sent(card: str) -> httpx.Response:
        table = f"value,until,ground\n{card},{end},customer_report\n"
        headers = {"x-user": "zhao", "idempotency-key": "table", "content-type": "text/csv"}
        return house.client.post(f"/v1/lists/{name}/table", content=table, headers=headers)

    first = sent("K-11")
    assert (first.status_code, sent("K-11").json()) == (200, first.json())
    other = sent("K-22")
    assert (other.status_code, other.json()["code"]) == (409, "act.key_used")
    assert [entry["value"] for entry in house.get("zhao", f"/v1/lists/{name}/entries")["items"]] == ["K-11"]


def test_lists_are_found_and_entries_come_in_pages(house: House) -> None:
    name = opened(house, "many", holds="device", second=False)
    for number in range(5):
        house.done("zhao", f"/v1/lists/{name}/entries", value=f"D-{number}", until=until(house), ground="investigation")
    seen, cursor = [], None
    while True:
        page = house.get("zhao", f"/v1/lists/{name}/entries", limit="2", **({} if cursor is None else {"cursor": cursor}))
        seen += [one["value"] for one in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert sorted(seen) == [f"D-{number}" for number in range(5)]
    assert [one["name"] for one in house.get("auditor", "/v1/lists", holds="device", kind="block")["items"]] == ["many"]
    assert house.get("admin", "/v1/lists", text="no such words")["items"] == []
    house.done("chen", f"/v1/lists/{name}/describe", title_zh="设备", title_en="Devices", owner="card.desk", purpose="another one")
    assert house.get("auditor", f"/v1/lists/{name}")["owner"] == "card.desk"
    for path in ("none", "none/entries", "none/table"):
        missing = house.client.get(f"/v1/lists/{path}", headers={"x-user": "chen"})
        assert (missing.status_code, missing.json()["code"]) == (404, "list.unknown"), path
    assert house.refused("zhao", "/v1/lists/none/entries", 404, value="V", until=until(house), ground="over") == "list.unknown"
    assert house.refused("zhao", "/v1/lists/entries/none/lift", 404, ground="verified") == "list.entry.unknown"
    assert house.refused("wang", "/v1/lists/waiting/none/confirm", 404) == "list.proposal.unknown"
    assert house.refused("wang", "/v1/lists/waiting/none/refuse", 404) == "list.proposal.unknown"
    assert house.refused("wang", f"/v1/lists/{name}/entries", 403, value="V", until=until(house), ground="over") == "access.role"


def test_whoever_is_forgotten_is_on_lists_without_a_name(house: House) -> None:
    name = opened(house, "persons", holds="customer")
    house.done("zhao", f"/v1/lists/{name}/entries", value="Gone", until=until(house), ground="investigation", reason="Gone said so")
    house.bank.persons.forget("Gone", "GDPR 17", space="customer")
    (entry,) = house.get("zhao", f"/v1/lists/{name}/entries")["items"]
    assert "Gone" not in str(entry)
    house.done("zhao", f"/v1/lists/entries/{entry['id']}/lift", ground="over")


def test_the_typed_client_keeps_lists(house: House) -> None:
    name, address = "by_client", str(house.client.base_url)
    with Client(address, headers={"x-user": "chen"}, purpose="request:R-2") as chen, Client(address, headers={"x-user": "wang"}) as wang:
        assert chen.work.open_list(name, "名单", "A list", "card", "block", "desk", "to try", second=True).kind == "list.opened"
        done = chen.work.import_list(name, "value\nK-1\nK-2\n K\u0000\n", until=until(house), ground="investigation")
        assert (done.rows, done.refused, done.waits) == (2, 1, True)
        assert wang.work.confirm_entry(done.id).kind == "list.confirmed"
        assert [one.value for one in chen.work.entries(name)] == ["K-1", "K-2"]
        seen = chen.work.kept_list(name)
        assert (seen.value.entries, seen.value.second) == (2, True)
        chen.work.describe_list(name, "卡", "Cards", "desk", "try", match=seen.etag)
        anew = chen.work.kept_list(name)
        assert (anew.value.title, anew.value.second, anew.etag != seen.etag) == ({"zh": "卡", "en": "Cards"}, True, True)
        with pytest.raises(HuitongError) as refused:
            chen.work.describe_list(name, "卡", "Cards", "desk", "try", second=False)
        assert refused.value.code == "list.second"
        (entry,) = chen.work.listed("card", "K-2")
        waits = chen.work.lift_from_list(entry.id, "verified")
        assert waits.kind == "list.entry_proposed"
        assert wang.work.refuse_entry(waits.id, "not yet").kind == "list.refused"
        assert chen.work.add_to_list(name, "K-9", until=until(house), ground="verified").kind == "list.entry_proposed"
        assert name in [one.name for one in chen.work.lists(holds="card")]


def test_a_list_of_one_person_becomes_one_of_two_where_that_is_said(house: House) -> None:
    name = opened(house, "grown")
    with Client(str(house.client.base_url), headers={"x-user": "chen"}) as chen:
        for said, then in ((None, False), (True, True), (None, True)):
            chen.work.describe_list(name, "名单", "A list", "desk", "to try", second=said)
            assert chen.work.kept_list(name).value.second is then


def test_an_end_is_a_time_with_its_offset_in_a_table_and_beside_it(house: House) -> None:
    name = opened(house, "dated")
    document = house.client.get("/v1/openapi.json", headers={"x-user": "chen"}).json()
    parameters = {one["name"]: one.get("description", "") for one in document["paths"]["/v1/lists/{name}/table"]["post"]["parameters"]}
    assert "2027-06-30T00:00:00+08:00" in parameters["until"]
    with Client(str(house.client.base_url), headers={"x-user": "chen"}) as chen:
        offset = until(house).replace("Z", "+00:00")
        done = chen.work.import_list(name, f"value,until\nK-1,{offset}\nK-2,{offset[:10]}\nK-3,\n", until=offset, ground="investigation")
        assert (done.rows, [one["line"] for one in done.findings]) == (2, ["row 3"])
        with pytest.raises(InputError) as refused:
            chen.work.import_list(name, "value\nK-4\n", until=offset[:10], ground="investigation")
        assert refused.value.code == "time.unreadable"
