"""What people do over HTTP: the round of an alert and its case, of a measure with four eyes, of a version; each act once by its key."""

import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from huitong.app import Bank
from huitong.app.server import Served
from huitong.client import Client
from huitong.contracts import Actor, Role
from huitong.identity import Scope, Signed, this_machine
from huitong.identity.state import SCOPE_ROLES
from huitong.kernel import LANGUAGES, MICROSECONDS_PER_DAY, time_text
from huitong.operations.cases import FILE_BYTES_MAX
from tests.app.small_world import clock

PAYMENT: dict[str, object] = {
    "kind": "payment.requested",
    "time": "2025-12-05T09:30:00Z",
    "amount": "300000.00",
    "currency": "CNY",
    "channel": "online",
}
ROLES: dict[str, tuple[Role, ...]] = {
    "zhao": ("investigator",),
    "sun": ("investigator",),
    "wang": ("approver",),
    "chen": ("analyst",),
    "auditor": ("auditor",),
    "admin": ("admin",),
}


def known(headers: Mapping[str, str], _address: str, _method: str) -> Signed:
    """Persons by a header; a system by its scopes."""
    name = headers.get("x-user", "core")
    if name in ROLES:
        return Signed(Actor(name, frozenset(ROLES[name])), "session", name)
    scopes: tuple[Scope, ...] = ("cases", "measures", "policies") if name == "key" else ("decide",)
    return Signed(Actor(name, frozenset(SCOPE_ROLES[one] for one in scopes), person=False), "api_key", name, frozenset(scopes), 4)


@dataclass
class House:
    """A served bank, and its people at their work."""

    bank: Bank
    client: httpx.Client
    keys: int = 0

    def act(self, who: str, path: str, key: str | None = None, **body: object) -> httpx.Response:
        """An act under a new key, or under this one."""
        self.keys += 1
        return self.client.post(path, json=body, headers={"x-user": who, "idempotency-key": key or f"key-{self.keys}"})

    def done(self, who: str, path: str, key: str | None = None, **body: object) -> dict[str, str]:
        """An act that is carried out."""
        answer = self.act(who, path, key, **body)
        assert answer.status_code == 200, (path, answer.text)
        found: dict[str, str] = answer.json()
        return found

    def refused(self, who: str, path: str, status: int, key: str | None = None, **body: object) -> str:
        """The code of an act's refusal."""
        answer = self.act(who, path, key, **body)
        assert answer.status_code == status, (path, answer.text)
        problem = answer.json()
        assert all(problem[part][language] for part in ("cause", "remedy") for language in LANGUAGES)
        code: str = problem["code"]
        return code

    def get(self, who: str, path: str, purpose: str = "case:C-1", **asked: str) -> Any:  # noqa: ANN401 -- whatever JSON says
        """What a look-up shows."""
        answer = self.client.get(path, params=asked, headers={"x-user": who, "x-purpose": purpose})
        assert answer.status_code == 200, answer.text
        return answer.json()

    def pay(self, event_id: str, customer: str) -> dict[str, Any]:
        """A payment that is declined, held and has an alert."""
        answer = self.client.post("/v1/decisions", json=PAYMENT | {"id": event_id, "customer": customer, "account": f"A-{customer}"})
        found: dict[str, Any] = answer.json()
        assert found["outcome"] == "decline", answer.text
        return found

    def alert_of(self, customer: str) -> str:
        """The open alert of a customer."""
        items = self.get("wang", "/v1/alerts", limit="500")["items"]
        (found,) = (one["alert"]["id"] for one in items if one["alert"]["subject"] == customer)
        return str(found)

    def readings(self) -> int:
        """How many looks at personal data the log holds."""
        return sum(1 for _ in self.bank.log.read(0, ["access.read"]))


@pytest.fixture(scope="module")
def house(trained_bank: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    root = shutil.copytree(trained_bank / "bank", tmp_path_factory.mktemp("work") / "bank")
    with (
        Bank(root, clock=clock(), threads=2) as bank,
        Served(bank, policy="small", authenticate=known) as address,
        httpx.Client(base_url=address, timeout=30) as client,
    ):
        yield House(bank, client)


def test_an_alert_is_worked_off_and_its_verdict_labels_its_payments(house: House) -> None:
    house.pay("w-1", "Zhou")
    alert = house.alert_of("Zhou")
    house.done("wang", f"/v1/alerts/{alert}/assign", to="sun")
    assert house.refused("zhao", f"/v1/alerts/{alert}/begin", 403) == "alert.assigned"
    house.done("sun", f"/v1/alerts/{alert}/begin")
    assert house.refused("admin", f"/v1/alerts/{alert}/close", 403, verdict="genuine", reason="no") == "access.role"
    house.done("sun", f"/v1/alerts/{alert}/close", verdict="genuine", reason="the customer said so")
    (label,) = (one.content for one in house.bank.log.read(0, ["payment.labelled"]) if one.content.data.get("payment") == "w-1")  # type: ignore[union-attr]  # events only
    assert label.data["fraud"] is False  # type: ignore[union-attr]  # an event
    assert house.refused("sun", f"/v1/alerts/{alert}/escalate", 422, reason="late") == "alert.closed"
    house.done("sun", f"/v1/alerts/{alert}/reopen", reason="a complaint")
    until = time_text(house.bank.clock.now_us() + MICROSECONDS_PER_DAY)
    house.done("sun", f"/v1/alerts/{alert}/snooze", until=until, reason="waits")
    assert alert not in [one["alert"]["id"] for one in house.get("sun", "/v1/alerts", limit="500")["items"]]
    house.done("sun", f"/v1/alerts/{alert}/escalate", reason="beyond my limit")
    shown = house.get("sun", f"/v1/alerts/{alert}")
    assert (shown["escalated"], shown["verdict"], shown["subject"]) == ("beyond my limit", None, "Zhou")


def test_an_alert_says_who_should_have_it(house: House) -> None:
    house.pay("w-5", "Shen")
    alert = house.alert_of("Shen")
    assert house.get("wang", f"/v1/alerts/{alert}")["proposed_assignee"] is None  # the bank knows no users
    command = house.bank.measures.command(this_machine().actor)
    house.bank.people.office.add_first(command, "sun", "Sun", ("investigator",), "replay-every-decision")
    assert house.get("wang", f"/v1/alerts/{alert}")["proposed_assignee"] == "sun"
    queue = house.get("wang", "/v1/alerts", limit="500")["items"]
    assert [one["alert"]["proposed_assignee"] for one in queue if one["alert"]["id"] == alert] == ["sun"]


def test_a_case_is_closed_by_two_and_closes_its_alerts(house: House) -> None:
    house.pay("w-2", "Qian")
    alert = house.alert_of("Qian")
    case = house.done("zhao", "/v1/cases", alert=alert, title="A mule")["id"]
    house.done("zhao", f"/v1/cases/{case}/note", note="the payee is known")
    assert house.refused("zhao", f"/v1/cases/{case}/propose", 403, verdict="fraud", reason="clear") == "case.checklist.left"
    for item in ("evidence_seen", "customer_contacted", "measures_reviewed"):
        house.done("zhao", f"/v1/cases/{case}/check", item=item)
    house.done("zhao", f"/v1/cases/{case}/propose", verdict="genuine", reason="not clear")
    passed = house.get("sun", f"/v1/cases/{case}")["proposal"]
    house.done("zhao", f"/v1/cases/{case}/propose", verdict="fraud", reason="clear")
    for who in ("zhao", "key"):
        assert house.refused(who, f"/v1/cases/{case}/close", 403) == "access.four_eyes"
    assert house.refused("sun", f"/v1/cases/{case}/close", 422) == "case.proposal.unnamed"
    assert house.refused("sun", f"/v1/cases/{case}/close", 403, proposal=passed) == "case.proposal.other"
    stands = house.get("sun", f"/v1/cases/{case}")["proposal"]
    closed = house.done("sun", f"/v1/cases/{case}/close", "close-1", proposal=stands)
    assert house.done("sun", f"/v1/cases/{case}/close", "close-1", proposal=stands) == closed
    assert house.refused("sun", f"/v1/cases/{case}/close", 409, "close-1", proposal=passed) == "act.key_used"
    shown = house.get("zhao", f"/v1/cases/{case}")
    assert (shown["closed_by"], shown["proposed"], shown["alerts"]) == ("sun", "fraud", [alert])
    assert [one["kind"] for one in shown["timeline"]][:2] == ["case.opened", "case.noted"]
    assert "the payee is known" in [one["text"] for one in shown["timeline"]]
    assert house.get("zhao", f"/v1/alerts/{alert}")["verdict"] == "fraud"
    assert case in [one["id"] for one in house.get("zhao", "/v1/cases", limit="1")["items"]]
    house.done("zhao", f"/v1/cases/{case}/reopen", reason="new evidence")
    house.pay("w-3", "Feng")
    other = house.done("zhao", "/v1/cases", alert=house.alert_of("Feng"), title="Another")["id"]
    house.done("zhao", f"/v1/cases/{case}/link", other=other)
    assert house.get("zhao", f"/v1/cases/{case}")["links"] == [other]


def test_a_measure_is_imposed_and_lifted_with_four_eyes(house: House) -> None:
    until = time_text(house.bank.clock.now_us() + MICROSECONDS_PER_DAY)
    wanted = {"role": "account", "subject": "A-freeze", "measure": "freeze", "until": until, "ground": "court_order"}
    assert house.refused("zhao", "/v1/measures", 422, **(wanted | {"ground": "none"})).startswith("measure.")
    proposed = house.done("zhao", "/v1/measures", "freeze-1", **wanted)
    assert proposed["kind"] == "measure.proposed"
    assert house.refused("zhao", f"/v1/measures/waiting/{proposed['id']}/confirm", 403) == "access.role"
    assert house.refused("key", f"/v1/measures/waiting/{proposed['id']}/confirm", 403) == "access.role"
    (waiting,) = (one for one in house.get("wang", "/v1/measures/waiting")["items"] if one["measure"]["subject"] == "A-freeze")
    assert (waiting["measure"]["id"], waiting["lifts"]) == (proposed["id"], False)
    house.done("wang", f"/v1/measures/waiting/{proposed['id']}/confirm")
    (held,) = house.get("wang", "/v1/measures", role="account", subject="A-freeze")["items"]
    assert (held["kind"], held["second"], held["by"]) == ("freeze", "wang", "zhao")
    assert held["id"] in [one["id"] for one in house.get("wang", "/v1/measures", limit="500")["items"]]

    lifting = house.done("zhao", f"/v1/measures/{held['id']}/lift", "lift-1", ground="court_order", note="paid")
    assert lifting == house.done("zhao", f"/v1/measures/{held['id']}/lift", "lift-1", ground="court_order", note="paid")
    assert house.refused("zhao", f"/v1/measures/{held['id']}/lift", 409, "lift-1", ground="court_order") == "act.key_used"
    house.done("wang", f"/v1/measures/waiting/{lifting['id']}/refuse", note="not yet")
    again = house.done("zhao", f"/v1/measures/{held['id']}/lift", ground="court_order")
    house.done("wang", f"/v1/measures/waiting/{again['id']}/confirm")
    assert house.get("wang", "/v1/measures", role="account", subject="A-freeze")["items"] == []  # by a clock that stands still


def test_a_version_is_drafted_moved_and_given_up_by_whom_it_may(house: House) -> None:
    path = "/v1/policies/small/rollout"
    assert house.get("chen", path)["versions"] == []
    assert house.refused("zhao", f"{path}/drafts", 403, reason="a try") == "access.role"
    house.done("chen", f"{path}/drafts", reason="a try")
    (drafted,) = house.get("wang", path)["versions"]
    assert (drafted["author"], drafted["stage"], drafted["steps"]) == ("chen", "draft", [])
    assert all(text[language] for text in drafted["missing"] for language in LANGUAGES)
    version = drafted["version"]
    assert house.refused("wang", f"{path}/forward", 422, version=version, to="live").startswith("rollout.")
    assert house.refused("wang", f"{path}/back", 422, ground="harm").startswith("rollout.")
    assert house.refused("chen", f"{path}/retire", 422, version="00000000", ground="-") == "rollout.version"
    house.done("chen", f"{path}/retire", "r-1", version=version[:12], ground="not needed")
    house.done("chen", f"{path}/retire", "r-1", version=version[:12], ground="not needed")
    (step,) = house.get("wang", path)["versions"][0]["steps"]
    assert (step["stage"], step["by"], step["ground"]) == ("retired", "chen", "not needed")
    assert house.refused("chen", "/v1/policies/none/rollout/drafts", 404, reason="x") == "bank.policy.unknown"


def test_the_same_key_is_the_same_act_and_no_other(house: House) -> None:
    house.pay("w-4", "Wei")
    alert = house.alert_of("Wei")
    first = house.done("zhao", f"/v1/alerts/{alert}/assign", "k", to="sun")
    end = house.bank.log.end()
    assert house.done("zhao", f"/v1/alerts/{alert}/assign", "k", to="sun") == first
    assert house.bank.log.end() == end
    assert house.refused("zhao", f"/v1/alerts/{alert}/assign", 409, "k", to="zhao") == "act.key_used"
    assert house.refused("zhao", f"/v1/alerts/{alert}/escalate", 409, "k", reason="sun") == "act.key_used"
    assert house.done("wang", f"/v1/alerts/{alert}/assign", "k", to="wang") != first  # another person's key
    nameless = house.client.post(f"/v1/alerts/{alert}/begin", json={}, headers={"x-user": "zhao"})
    assert (nameless.status_code, nameless.json()["code"]) == (400, "http.header")
    for body in ({"to": 7}, {"to": "x", "more": 1}, {"to": ""}, {}):
        headers = {"x-user": "zhao", "idempotency-key": "wrong"}
        answer = house.client.post(f"/v1/alerts/{alert}/assign", json=body, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (422, "http.body")
    assert house.refused("core", f"/v1/alerts/{alert}/begin", 403) == "access.scope"


def test_the_queue_goes_page_by_page(house: House) -> None:
    for number in range(4):
        house.pay(f"q-{number}", f"Q{number}")
    whole = [one["alert"]["id"] for one in house.get("wang", "/v1/alerts", limit="500")["items"]]
    found: list[str] = []
    cursor = ""
    while True:
        page = house.get("wang", "/v1/alerts", limit="3", **({"cursor": cursor} if cursor else {}))
        found += [one["alert"]["id"] for one in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert found == whole
    assert page["waiting"] == len(whole)
    wrong = house.client.get("/v1/alerts", params={"cursor": "AAAA"}, headers={"x-user": "wang"})
    assert (wrong.status_code, wrong.json()["code"]) == (422, "http.cursor")


@pytest.mark.parametrize("purpose", ["case:C-1", "audit:1"])
def test_the_queue_goes_on_while_it_is_worked_off(house: House, purpose: str) -> None:
    for number in range(5):
        house.pay(f"edge-{purpose[:4]}-{number}", f"Edge{purpose[:4]}{number}")
    whole = [one["alert"]["id"] for one in house.get("wang", "/v1/alerts", purpose, limit="500")["items"]]
    page = house.get("wang", "/v1/alerts", purpose, limit="2")
    house.done("wang", f"/v1/alerts/{whole[0]}/close", verdict="genuine", reason="the customer said so")
    until = time_text(house.bank.clock.now_us() + MICROSECONDS_PER_DAY)
    house.done("wang", f"/v1/alerts/{whole[1]}/snooze", until=until, reason="waits")
    after = house.get("wang", "/v1/alerts", purpose, limit="500", cursor=page["next"])["items"]
    assert [one["alert"]["id"] for one in after] == whole[2:]


def test_the_client_goes_on_while_the_queue_is_worked_off(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huitong.client.acting.PAGE", "2")
    for number in range(5):
        house.pay(f"client-edge-{number}", f"ClientEdge{number}")
    with Client(str(house.client.base_url), headers={"x-user": "wang"}, purpose="case:C-1") as client:
        for one in client.work.alerts():
            if one.alert.assignee is None and one.alert.case is None:
                client.work.on_alert(one.alert.id, "close", verdict="genuine", reason="the customer said so")
        left = [one for one in client.work.alerts() if one.alert.assignee is None and one.alert.case is None]
        assert left == []


def test_what_waits_goes_on_while_it_is_decided(house: House) -> None:
    until = time_text(house.bank.clock.now_us() + MICROSECONDS_PER_DAY)
    for number in range(4):
        wanted = {"role": "account", "subject": f"A-edge{number}", "measure": "freeze", "until": until, "ground": "court_order"}
        house.done("zhao", "/v1/measures", **wanted)
    whole = [one["measure"]["id"] for one in house.get("wang", "/v1/measures/waiting", limit="500")["items"]]
    page = house.get("wang", "/v1/measures/waiting", limit="2")
    house.done("wang", f"/v1/measures/waiting/{whole[0]}/refuse")
    house.done("wang", f"/v1/measures/waiting/{whole[1]}/confirm")
    after = house.get("wang", "/v1/measures/waiting", limit="500", cursor=page["next"])["items"]
    assert [one["measure"]["id"] for one in after] == whole[2:]
    for proposal in whole[2:]:
        house.done("wang", f"/v1/measures/waiting/{proposal}/refuse")


@pytest.mark.parametrize(
    "path", ["/v1/alerts", "/v1/alerts/{alert}", "/v1/cases", "/v1/cases/{case}", "/v1/measures", "/v1/measures/waiting"]
)
@pytest.mark.parametrize(
    ("who", "purpose", "grade"),
    [("zhao", "", 2), ("zhao", "alert:1", 3), ("zhao", "audit:1", 2), ("auditor", "", 2), ("auditor", "audit:1", 4), ("chen", "case:1", 2)],
)
def test_look_ups_of_work_show_no_more_than_the_grade(house: House, path: str, who: str, purpose: str, grade: int) -> None:
    if house.bank.log.event("g-1") is None:
        house.pay("g-1", "Secret-77")
        house.done("zhao", "/v1/cases", "g-case", alert=house.alert_of("Secret-77"), title="About Secret-77")
        until = time_text(house.bank.clock.now_us() + MICROSECONDS_PER_DAY)
        wanted = {"role": "customer", "subject": "Secret-77", "measure": "freeze", "until": until, "ground": "court_order"}
        house.done("zhao", "/v1/measures", **wanted, note="Secret-77 again")
        house.done("zhao", "/v1/measures", **(wanted | {"measure": "watch"}))
    case = house.done("zhao", "/v1/cases", "g-case", alert=house.alert_of("Secret-77"), title="About Secret-77")["id"]
    alert = house.alert_of("Secret-77")
    before = house.readings()
    headers = {"x-user": who} | ({"x-purpose": purpose} if purpose else {})
    answer = house.client.get(path.format(case=case, alert=alert), headers=headers)
    assert answer.status_code == 200, answer.text
    assert ("Secret-77" in answer.text) is (grade >= 3)
    assert ('"grade":3' in answer.text) is (grade < 3)
    assert house.readings() - before == (1 if grade >= 3 else 0)
    unseen = house.client.get("/v1/measures", params={"role": "customer", "subject": "Secret-77"}, headers=headers)
    assert unseen.status_code == (200 if grade >= 3 else 403)
    assert house.client.get("/v1/alerts", headers={"x-user": "admin"}).json()["code"] == "access.role"


PDF = b"%PDF-1.7 what the branch wrote"


def file_added(house: House, case: str, name: str, content: bytes, key: str, who: str = "zhao", **headers: str) -> httpx.Response:
    """The answer to a file that is added."""
    sent = {"x-user": who, "idempotency-key": key, "content-type": "application/octet-stream", **headers}
    return house.client.post(f"/v1/cases/{case}/files", params={"name": name}, content=content, headers=sent)


def test_a_file_is_added_to_a_case_once_and_read_by_whom_it_may_be(house: House) -> None:
    house.pay("f-1", "Files")
    case = house.done("zhao", "/v1/cases", alert=house.alert_of("Files"), title="With a file")["id"]
    added = file_added(house, case, "对账单 5.pdf", PDF, "file-1")
    assert (added.status_code, added.json()["kind"]) == (200, "case.filed")
    assert file_added(house, case, "对账单 5.pdf", PDF, "file-1").json() == added.json()
    for other in (("another.pdf", PDF), ("对账单 5.pdf", PDF + b" and more")):
        used = file_added(house, case, *other, "file-1")
        assert (used.status_code, used.json()["code"]) == (409, "act.key_used")
    (stored,) = (house.bank.workspace.root / "case-files").iterdir()
    stored.unlink()
    assert file_added(house, case, "对账单 5.pdf", PDF, "file-1").json() == added.json(), "a file that was lost is put back"
    entry = house.get("zhao", f"/v1/cases/{case}")["timeline"][-1]
    assert (entry["id"], entry["text"]) == (added.json()["id"], "对账单 5.pdf")
    assert len(list((house.bank.workspace.root / "case-files").iterdir())) == 1

    path, before = f"/v1/cases/{case}/files/{entry['id']}", house.readings()
    read = house.client.get(path, headers={"x-user": "sun", "x-purpose": "case:C-1"})
    assert (read.status_code, read.content, read.headers["content-type"]) == (200, PDF, "application/octet-stream")
    assert read.headers["content-disposition"].startswith("attachment; ")
    assert "%E5%AF%B9%E8%B4%A6%E5%8D%95%205.pdf" in read.headers["content-disposition"]
    assert (read.headers["x-content-type-options"], read.headers["cache-control"]) == ("nosniff", "no-store")
    assert house.readings() == before + 1
    for headers, status, code in [
        ({"x-user": "sun"}, 403, "access.grade"),
        ({"x-user": "admin", "x-purpose": "case:C-1"}, 403, "access.role"),
        ({"x-user": "core", "x-purpose": "case:C-1"}, 403, "access.scope"),
    ]:
        refused = house.client.get(path, headers=headers)
        assert (refused.status_code, refused.json()["code"]) == (status, code)
    unknown = house.client.get(f"/v1/cases/{case}/files/none", headers={"x-user": "sun", "x-purpose": "case:C-1"})
    assert (unknown.status_code, unknown.json()["code"]) == (404, "case.file.unknown")
    assert house.readings() == before + 1, "what is refused is not read"


def test_the_client_adds_and_reads_a_file(house: House) -> None:
    house.pay("f-3", "Typed")
    with Client(str(house.client.base_url), headers={"x-user": "zhao"}, purpose="case:C-1") as client:
        case = client.work.open_case(house.alert_of("Typed"), "With a file").id
        added = client.work.add_case_file(case, "a b&c.csv", b"a,b\n1,2\n", match=client.work.case(case).etag, key="typed-1")
        assert client.work.add_case_file(case, "a b&c.csv", b"a,b\n1,2\n", key="typed-1") == added
        assert client.work.case_file(case, added.id) == b"a,b\n1,2\n"
        assert client.work.case(case).value.timeline[-1].text == "a b&c.csv"


def test_what_is_no_file_of_a_case_is_refused(house: House) -> None:
    house.pay("f-2", "NoFiles")
    case = house.done("zhao", "/v1/cases", alert=house.alert_of("NoFiles"), title="Without a file")["id"]
    headers = {"x-user": "zhao", "x-purpose": "case:C-1"}
    tag = house.client.get(f"/v1/cases/{case}", headers=headers).headers["etag"]
    house.done("zhao", f"/v1/cases/{case}/note", note="somebody was faster")
    for answer, status, code in [
        (file_added(house, case, "page.html", b"<p>", "no-1"), 422, "case.file.kind"),
        (file_added(house, case, "a.txt", b"", "no-2"), 422, "case.file.size"),
        (file_added(house, case, "a.txt", b"x" * (FILE_BYTES_MAX + 1), "no-3"), 413, "http.body.large"),
        (file_added(house, "none", "a.txt", b"x", "no-4"), 404, "case.unknown"),
        (file_added(house, case, "a.txt", b"x", "no-5", who="auditor"), 403, "access.role"),
        (file_added(house, case, "a.txt", b"x", "no-6", **{"content-type": "text/html"}), 415, "http.media_type"),
        (file_added(house, case, "a.txt", b"x", "no-7", **{"if-match": tag}), 412, "http.stale"),
        (file_added(house, case, "", b"x", "no-8"), 422, "http.parameter"),
        (house.client.post(f"/v1/cases/{case}/files?name=a.txt", content=b"x", headers={"x-user": "zhao"}), 400, "http.header"),
    ]:
        assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert "case.filed" not in [one["kind"] for one in house.get("zhao", f"/v1/cases/{case}")["timeline"]]
    assert file_added(house, case, "a.txt", b"x" * FILE_BYTES_MAX, "yes-1").status_code == 200
