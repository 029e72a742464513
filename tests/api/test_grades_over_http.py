"""No route says what lies above its caller's grade, whoever calls with whatever purpose; and what was seen is written down."""

import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import msgspec
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from huitong.api.work.queue import order_of
from huitong.api.work.reading import page_of
from huitong.api.work.showing import Showing
from huitong.app import Bank
from huitong.app.acting import BankWork
from huitong.app.house import house_contracts
from huitong.app.server import Served
from huitong.client import Client
from huitong.contracts import Actor, Command, Event
from huitong.identity import PERSON_ROLES, PURPOSE_KINDS, Clearance, FieldGrades, Scope, Signed
from huitong.identity.state import SCOPE_ROLES
from huitong.kernel import LANGUAGES, time_us
from huitong.operations import cases
from huitong.risk import lists
from huitong.risk.lists import Described, Wanted
from tests.app.small_world import clock

EVENT = {
    "id": "E-grades",
    "kind": "payment.requested",
    "time": "2025-12-31T09:30:00Z",
    "amount": "731941.37",
    "currency": "CNY",
    "customer": "cust-7f3",
    "account": "acct-7f3",
    "counterparty": "payee-7f3",
    "device": "device-7f3",
    "terminal": "term-7f3",
    "channel": "online",
}
IN_BOOKS = {
    "owner-5c1": ("list.opened", "owner"),
    "purpose-5c1": ("list.opened", "purpose"),
    '"block"': ("list.opened", "for"),
    "chen-5c1": ("list.entry_changed", "by"),
    '"court_order"': ("list.entry_changed", "ground"),
    "2026-06-06T07:31:07": ("list.entry_changed", "until"),
    "see acct-7f3": ("list.entry_changed", "reason"),
    '"hold"': ("measure.changed", "measure"),
    '"automatic":true': ("measure.changed", "source"),
    '"automatic":false': ("measure.changed", "source"),
    "small@": ("measure.changed", "by"),
    '"role":"': ("alert.raised", "subject_role"),
    '"due":"': ("alert.raised", "due"),
    "case-5c1": ("case.opened", "title"),
}
"""What gives away a field of the books, and which."""
GRADE_OF = {"731941": 3, "cust-7f3": 3, "acct-7f3": 3, "payee-7f3": 3, "device-7f3": 3, "term-7f3": 2, "金额巨大": 3, '"rule.huge"': 3}
"""By what gives a field away, its grade in the data contract; the last two are the reason of a rule over the amount, and its code."""
BOOK_PATHS = ("/v1/measures", "/v1/lists", "/v1/alerts", "/v1/cases")
GRADE_IN_BOOKS = {word: FieldGrades.of(house_contracts()[kind]).of_field(field) for word, (kind, field) in IN_BOOKS.items()}
LINES = {"content-type": "application/x-ndjson"}
ARROW = {"content-type": "application/vnd.apache.arrow.stream"}
LOOK_UPS = (
    "/v1/decisions?limit=5",
    "/v1/decisions?since=2025-12-01T00:00:00Z&outcome=decline",
    "/v1/decisions?subject=cust-7f3",
    "/v1/decisions?subject=term-7f3",
    "/v1/decisions?role=terminal&subject=term-7f3",
    "/v1/decisions/E-grades",
    "/v1/decisions/E-grades/explanation",
    "/v1/decisions/E-grades/proof",
    "/v1/policies",
    "/v1/policies/small",
    "/v1/policies/small/versions",
    "/v1/policies/small/diff?against=small",
    "/v1/health",
    "/metrics",
    "/v1/openapi.json",
    "/v1/measures",
    "/v1/measures?role=customer&subject=cust-7f3",
    "/v1/measures/waiting",
    "/v1/alerts",
    "/v1/alerts?assignee=chen-5c1",
    "/v1/cases",
    "/v1/lists",
    "/v1/lists?text=purpose-5c1",
    "/v1/lists?kind=block",
    "/v1/lists/waiting",
    "/v1/lists/suspects",
    "/v1/lists/suspects/entries?over=true",
    "/v1/lists/suspects/entries?value=cust-7f3",
    "/v1/lists/suspects/table",
    "/v1/lists/entries?holds=customer&value=cust-7f3",
    "/v1/lists/places/entries",
)


@dataclass
class Place:
    """A served bank, and who its caller is said to be."""

    bank: Bank
    client: httpx.Client
    caller: list[Signed] = field(default_factory=list)

    def readings(self) -> int:
        """How many looks at personal data the log holds."""
        return sum(1 for _ in self.bank.log.read(0, ["access.read"]))


@pytest.fixture(scope="module")
def place(trained_bank: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    root = shutil.copytree(trained_bank / "bank", tmp_path_factory.mktemp("graded") / "bank")
    caller: list[Signed] = [Signed(Actor("core", frozenset({"machine"}), person=False), "api_key", "k", frozenset({"decide"}), 4)]
    with (
        Bank(root, clock=clock(), threads=2) as bank,
        Served(bank, policy="small", authenticate=lambda _headers, _address, _method: caller[0]) as address,
        httpx.Client(base_url=address, timeout=30) as client,
    ):
        assert client.post("/v1/decisions", json=EVENT).json()["outcome"] == "decline"
        _put_on_lists(bank)
        _open_a_case(bank)
        yield Place(bank, client, caller)


def _put_on_lists(bank: Bank) -> None:
    """The event's customer on a list, with a reason that names an account; a device that waits; the terminal on a list of its own."""
    steward, now_us = Actor("chen-5c1", frozenset({"steward"})), bank.clock.now_us()
    opened: tuple[tuple[str, lists.Holds, bool], ...] = (
        ("suspects", "customer", False),
        ("tools", "device", True),
        ("places", "terminal", False),
    )
    for name, holds, second in opened:
        described = Described(name, {"zh": "名单", "en": "A list"}, holds, "block", "owner-5c1", "purpose-5c1", second)
        command = Command(f"open-{name}", steward, now_us)
        bank.lists.act(command, lists.describe(command, described, anew=False))
    for name, value in (("suspects", "cust-7f3"), ("tools", "device-7f3"), ("places", "term-7f3")):
        command = Command(f"add-{name}", steward, now_us)
        wanted = Wanted(value, time_us("2026-06-06T07:31:07Z"), "court_order", "see acct-7f3")
        bank.lists.act(command, lists.add(command, name, wanted, bank.lists.grounds))


def _open_a_case(bank: Bank) -> None:
    """A case of the event's alert."""
    command = Command("open-case", Actor("chen-5c1", frozenset({"investigator"})), bank.clock.now_us())
    (alert,) = bank.books.desk.ask(lambda desk: list(desk.alerts))
    bank.books.desk.act(command, lambda desk: cases.open_case(desk, command, alert, "case-5c1"))


persons = st.sets(st.sampled_from(PERSON_ROLES)).map(lambda roles: Signed(Actor("li.wei", frozenset(roles)), "session", "s"))
machines = st.builds(
    lambda scopes, grade: Signed(
        Actor("key:core", frozenset(SCOPE_ROLES[one] for one in scopes), person=False), "api_key", "k", frozenset(scopes), grade
    ),
    st.sets(st.sampled_from(sorted(SCOPE_ROLES)), min_size=1),
    st.integers(1, 4),
)
purposes = st.none() | st.sampled_from(PURPOSE_KINDS)


def headers_of(purpose: str | None) -> dict[str, str]:
    return {} if purpose is None else {"x-purpose": f"{purpose}:7"}


def grade_of(signed: Signed, purpose: str | None) -> int:
    """What the caller may see, by the table of docs/access.md."""
    if signed.grade_max is not None:
        return signed.grade_max
    best = {"alert": {"investigator": 3, "approver": 3}, "case": {"investigator": 4, "approver": 4}, "audit": {"auditor": 4}}
    best |= {"policy": {"analyst": 3, "approver": 3}, "request": {"investigator": 3, "steward": 4}, "data": {"steward": 3}}
    plain = max((1 if role in ("operator", "admin") else 2 for role in signed.actor.roles), default=1)
    more: Mapping[str, int] = best.get(purpose or "", {})
    lit = 2 if purpose == "operation" and signed.actor.roles & {"operator", "admin"} else 1
    return max([plain, lit, *(grade for role, grade in more.items() if role in signed.actor.roles)])


def given_away(text: str, grades: Mapping[str, int] = GRADE_OF) -> int:
    """The highest grade that a text gives away."""
    return max((grade for word, grade in grades.items() if word in text), default=1)


@settings(max_examples=160, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(signed=persons | machines, purpose=purposes, path=st.sampled_from(LOOK_UPS))
def test_no_look_up_gives_away_what_is_above_the_grade(place: Place, signed: Signed, purpose: str | None, path: str) -> None:
    place.caller[:] = [signed]
    before = place.readings()
    answer = place.client.get(path, headers=headers_of(purpose))
    assert answer.status_code in (200, 403), answer.text
    named = path.rpartition("=")[2] if "7f3" in path or "5c1" in path else "\0"
    seen = given_away(answer.text.replace(named, ""))
    if path.startswith(BOOK_PATHS):
        assert given_away(answer.text.replace(named, ""), GRADE_IN_BOOKS) <= grade_of(signed, purpose), (path, answer.text)
    assert seen <= grade_of(signed, purpose), (path, answer.text)
    if "/lists/" in path and answer.status_code == 200 and grade_of(signed, purpose) >= 3 and "7f3" in answer.text:
        assert place.readings() - before == 1
    if "/decisions" in path and answer.status_code == 200:
        assert place.readings() - before == (1 if seen >= 3 or (grade_of(signed, purpose) >= 3 and "E-grades" in answer.text) else 0)
    if path.startswith("/v1/decisions/E-grades") and answer.status_code == 200:
        assert seen == min(grade_of(signed, purpose), 3)


@settings(max_examples=40, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(signed=machines, form=st.sampled_from(["one", "lines", "arrow", "conflict", "conflict_lines", "ingest"]))
def test_no_answer_to_what_is_sent_gives_away_what_is_above_the_grade(place: Place, signed: Signed, form: str) -> None:
    place.caller[:] = [signed]
    client, line = place.client, msgspec.json.encode(EVENT)
    other = msgspec.json.encode(EVENT | {"amount": "5.00", "customer": "X", "account": "X", "counterparty": "X", "device": "X"})
    if form == "arrow":
        table = pa.Table.from_pylist([{name: value for name, value in EVENT.items() if name != "kind"}])
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, table.schema) as writer:
            writer.write_table(table)
        answer = client.post("/v1/decisions/batch", content=sink.getvalue().to_pybytes(), headers=ARROW)
        codes = pa.ipc.open_stream(answer.content).read_all()["reasons"].to_pylist() if answer.status_code == 200 else []
        assert all(("rule.huge" in some) == (signed.grade_max in {3, 4}) for some in codes)
        return
    path, content, headers = {
        "one": ("/v1/decisions", line, {}),
        "lines": ("/v1/decisions/batch", line, LINES),
        "conflict": ("/v1/decisions", other, {}),
        "conflict_lines": ("/v1/decisions/batch", other, LINES),
        "ingest": ("/v1/events", other, {}),
    }[form]
    answer = client.post(path, content=content, headers=headers)
    assert answer.status_code in (200, 403, 409), answer.text
    if "conflict" in form or form == "ingest":
        assert given_away(answer.text) <= 1  # also to who would see it: an answer to a sender is no look-up, and is not written down
    elif answer.status_code == 200:
        assert given_away(answer.text) == (3 if (signed.grade_max or 0) >= 3 else 1)


def test_who_may_see_all_sees_each_field_of_the_books(place: Place) -> None:
    scopes: frozenset[Scope] = frozenset({"read", "cases", "measures", "lists"})
    place.caller[:] = [Signed(Actor("key:x", frozenset(SCOPE_ROLES[one] for one in scopes), person=False), "api_key", "k", scopes, 4)]
    paths = (*BOOK_PATHS, "/v1/lists/suspects/entries")
    said = "".join(place.client.get(path).text for path in paths)
    assert [word for word in (*IN_BOOKS, '"rule.huge"') if word not in said] == ['"automatic":false']


def test_that_nothing_is_known_of_somebody_named_is_written_down(place: Place) -> None:
    place.caller[:] = [Signed(Actor("key:x", frozenset({"auditor"}), person=False), "api_key", "k", frozenset({"read"}), 3)]
    for path, nobody in (
        ("/v1/measures?role=customer&subject={}", "nobody-1"),
        ("/v1/lists/entries?holds=customer&value={}", "nobody-2"),
        ("/v1/lists/suspects/entries?value={}", "nobody-3"),
        ("/v1/decisions?role=customer&subject={}", "nobody-4"),
        ("/v1/decisions?subject={}", "nobody-5"),
    ):
        before = place.readings()
        assert place.client.get(path.format(nobody)).json()["items"] == []
        read = [one.content for one in place.bank.log.read(0, ["access.read"])][before:]
        assert [(one.keys["customer"], one.data["count"]) for one in read if isinstance(one, Event)] == [(nobody, 0)]


def test_a_name_that_was_looked_for_under_every_role_is_written_down_as_what_the_log_knows_it(place: Place) -> None:
    place.caller[:] = [Signed(Actor("key:x", frozenset({"auditor"}), person=False), "api_key", "k", frozenset({"read"}), 3)]
    for name, role in (("acct-7f3", "account"), ("device-7f3", "device"), ("cust-7f3", "customer")):
        answer = place.client.get(f"/v1/decisions?subject={name}&until=2020-01-01T00:00:00Z")
        assert answer.json()["items"] == []
        *_, read = (one.content for one in place.bank.log.read(0, ["access.read"]))
        assert isinstance(read, Event)
        assert {one: text for one, text in read.keys.items() if one != "user"} == {role: name}, "so that it goes when they are forgotten"
    looks = place.readings()
    assert place.client.get("/v1/decisions?role=terminal&subject=nowhere").json()["items"] == []
    assert place.readings() == looks, "a terminal is nobody"


def test_who_reads_a_policy_s_list_of_names_is_written_down(place: Place) -> None:
    folder, other = (place.bank.workspace.policy_folder("small").with_name(name) for name in ("small", "other"))
    listed = '\n[lists.payers]\nfile = "payers.csv"\nof = "account"\noutcome = "review"\nreason = { zh = "名单", en = "listed" }\n'
    before = (folder / "policy.toml").read_text("utf-8")
    (folder / "policy.toml").write_text(before + listed, "utf-8")
    shutil.copytree(folder, other)
    (other / "policy.toml").write_text((before + listed).replace('name = "small"', 'name = "other"'), "utf-8")
    (other / "payers.csv").write_text("value\nacct-other\n", "utf-8")
    (folder / "payers.csv").write_text("value\nacct-other\nacct-listed\n", "utf-8")
    try:
        for grade in (2, 3):
            place.caller[:] = [Signed(Actor("key:x", frozenset({"auditor"}), person=False), "api_key", "k", frozenset({"read"}), grade)]
            for path in ("files/payers.csv", "diff?against=other"):
                looks = place.readings()
                answer = place.client.get(f"/v1/policies/small/{path}")
                assert ("acct-listed" in answer.text) == (grade == 3)
                if path.startswith("files") and grade < 3:
                    assert answer.json()["cause"]["zh"].endswith("该密钥的级别为 2")
                    assert "X-Purpose" not in answer.text
                assert place.readings() - looks == (grade == 3)
    finally:
        (folder / "policy.toml").write_text(before, "utf-8")
        (folder / "payers.csv").unlink()
        shutil.rmtree(other)


def test_a_purpose_in_chinese_is_written_down_as_it_was_meant(place: Place) -> None:
    place.caller[:] = [Signed(Actor("zhao.min", frozenset({"investigator"})), "session", "s")]
    for sent in ("case:案件7".encode(), b"case:%E6%A1%88%E4%BB%B67"):
        assert place.client.get("/v1/decisions/E-grades", headers={b"x-purpose": sent}).status_code == 200
        *_, read = (one.content for one in place.bank.log.read(0, ["access.read"]))
        assert isinstance(read, Event)
        assert read.data["reference"] == "案件7"
    with Client(str(place.client.base_url), purpose="case:案件7 100%") as typed:
        assert typed.decision("E-grades").decision.event == "E-grades"
    *_, read = (one.content for one in place.bank.log.read(0, ["access.read"]))
    assert isinstance(read, Event)
    assert read.data["reference"] == "案件7 100%"


def test_the_queue_s_order_tells_nobody_what_they_may_not_see(place: Place) -> None:
    def waits(name: str, raised_us: int, due_us: int, value: float) -> cases.Waiting:
        return cases.Waiting(cases.Alert(name, "customer", "C", "p", raised_us, raised_us, due_us), 1.0, value, late=False)

    found = [waits("dear", 3, 2, 9.0), waits("late", 2, 1, 5.0), waits("old", 1, 3, 1.0)]

    def shown(grade: int) -> list[str]:
        showing = Showing(BankWork(place.bank, "small"), Clearance(grade))
        page, _ = page_of(found, None, 3, order_of(showing, {one.alert.id: one for one in found}.__getitem__))
        return [one.alert.id for one in page]

    assert [shown(grade) for grade in (1, 2, 3)] == [["old", "late", "dear"], ["late", "dear", "old"], ["dear", "late", "old"]]


def test_a_key_is_for_what_it_was_made_for(place: Place) -> None:
    for method, path, scope in [
        ("POST", "/v1/decisions", "decide"),
        ("POST", "/v1/decisions/batch", "decide"),
        ("POST", "/v1/events", "ingest"),
        ("POST", "/v1/feedback", "feedback"),
        ("GET", "/v1/decisions", "read"),
        ("GET", "/v1/decisions/E-grades/explanation", "read"),
        ("GET", "/v1/policies", "policies"),
    ]:
        for known in ("decide", "ingest", "feedback", "read", "policies", "metrics"):
            place.caller[:] = [Signed(Actor("key:x", frozenset({SCOPE_ROLES[known]}), person=False), "api_key", "k", frozenset({known}), 4)]
            answer = place.client.request(method, path, content=b"{}" if method == "POST" else None)
            may = known == scope or (known, scope) == ("read", "policies")
            assert (answer.json().get("code") == "access.scope") is not may, (path, known, answer.text)


def test_labels_among_events_need_a_key_that_may_bring_labels(place: Place) -> None:
    label = {"id": "l-1", "kind": "payment.labelled", "time": "2025-12-20T00:00:00Z", "payment": "E-grades", "fraud": True}
    lines = b"\n".join(map(msgspec.json.encode, (EVENT | {"id": "l-2", "kind": "payment.requested"}, label)))
    known: Sequence[tuple[frozenset[Scope], list[str]]] = (
        (frozenset({"ingest"}), ["access.scope"]),
        (frozenset({"ingest", "feedback"}), []),
    )
    for scopes, refused in known:
        place.caller[:] = [Signed(Actor("key:x", frozenset({"machine"}), person=False), "api_key", "k", scopes, 4)]
        answer = place.client.post("/v1/events", content=lines, headers={"content-type": "application/x-ndjson"})
        assert [one["problem"]["code"] for one in answer.json()["refused"]] == refused
    place.caller[:] = [Signed(Actor("li", frozenset({"investigator"})), "session", "s", None, 4)]
    refusal = place.client.post("/v1/feedback", content=msgspec.json.encode(label), headers={"content-type": "application/json"})
    assert refusal.json()["code"] == "access.role"


def test_entries_of_lists_are_graded_in_differences_of_versions(place: Place) -> None:
    version = place.bank.load("small").program.version
    blocked = place.bank.workspace.policy_folder("small") / "blocked.csv"
    before = blocked.read_bytes()
    blocked.write_bytes(before.rstrip(b"\n") + b"\nterm-listed,,\n")
    try:
        for grade, seen in ((1, False), (2, True)):
            place.caller[:] = [Signed(Actor("key:x", frozenset({"auditor"}), person=False), "api_key", "k", frozenset({"read"}), grade)]
            answer = place.client.get("/v1/policies/small/diff", params={"against": f"small@{version}"})
            assert answer.json()["items"], answer.text
            assert ("term-listed" in answer.text) is seen
    finally:
        blocked.write_bytes(before)


def test_a_mark_says_why_in_both_languages_and_a_wrong_purpose_is_refused(place: Place) -> None:
    place.caller[:] = [Signed(Actor("zhao.min", frozenset({"investigator"})), "session", "s")]
    hidden = place.client.get("/v1/decisions/E-grades").json()["event"]["keys"]["customer"]
    assert (hidden["grade"], set(hidden["why"])) == (3, set(LANGUAGES))
    for purpose, code in (("gossip:1", "access.purpose.unknown"), ("case:", "access.purpose.reference")):
        answer = place.client.get("/v1/decisions/E-grades", headers={"x-purpose": purpose})
        assert (answer.status_code, answer.json()["code"]) == (422, code)
        assert all(answer.json()["cause"][language] for language in LANGUAGES)
    for path in ("/v1/decisions/E-grades/proof", "/v1/decisions?subject=cust-7f3"):
        place.caller[:] = [Signed(Actor("k", frozenset({"auditor"})), "api_key", "k", frozenset({"read"}), 1)]
        problem = place.client.get(path).json()
        assert problem["code"] == "access.grade"
        assert all(problem[part][language] for part in ("cause", "remedy") for language in LANGUAGES)
    place.caller[:] = [Signed(Actor("zhao.min", frozenset({"investigator"})), "session", "s")]
    for role, count in (("terminal", 1), ("merchant", 0)):
        assert len(place.client.get("/v1/decisions", params={"subject": "term-7f3", "role": role}).json()["items"]) == count
