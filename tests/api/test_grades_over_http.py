"""No route says what lies above its caller's grade, whoever calls with whatever purpose; and what was seen is written down."""

import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import msgspec
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from huitong.app import Bank
from huitong.app.server import Served
from huitong.contracts import Actor, Command
from huitong.identity import PERSON_ROLES, PURPOSE_KINDS, Signed
from huitong.identity.state import SCOPE_ROLES
from huitong.kernel import LANGUAGES
from huitong.risk import lists
from huitong.risk.lists import Described, Wanted
from tests.app.small_world import clock

EVENT = {
    "id": "E-grades",
    "kind": "payment.requested",
    "time": "2025-12-05T09:30:00Z",
    "amount": "731941.37",
    "currency": "CNY",
    "customer": "cust-7f3",
    "account": "acct-7f3",
    "counterparty": "payee-7f3",
    "device": "device-7f3",
    "terminal": "term-7f3",
    "channel": "online",
}
GRADE_OF = {"731941": 3, "cust-7f3": 3, "acct-7f3": 3, "payee-7f3": 3, "device-7f3": 3, "term-7f3": 2, "金额巨大": 3}
"""By what gives a field away, its grade in the data contract; the last is the reason of a rule over the amount."""
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
    "/v1/lists",
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
        yield Place(bank, client, caller)


def _put_on_lists(bank: Bank) -> None:
    """The event's customer on a list, with a reason that names an account; a device that waits; the terminal on a list of its own."""
    steward, now_us = Actor("chen", frozenset({"steward"})), bank.clock.now_us()
    opened: tuple[tuple[str, lists.Holds, bool], ...] = (
        ("suspects", "customer", False),
        ("tools", "device", True),
        ("places", "terminal", False),
    )
    for name, holds, second in opened:
        described = Described(name, {"zh": "名单", "en": "A list"}, holds, "block", "desk", "to try grades", second)
        command = Command(f"open-{name}", steward, now_us)
        bank.lists.act(command, lists.describe(command, described, anew=False))
    for name, value in (("suspects", "cust-7f3"), ("tools", "device-7f3"), ("places", "term-7f3")):
        command = Command(f"add-{name}", steward, now_us)
        wanted = Wanted(value, now_us + 86_400_000_000, "investigation", "see acct-7f3")
        bank.lists.act(command, lists.add(command, name, wanted, bank.lists.grounds))


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


def given_away(text: str) -> int:
    """The highest grade that a text gives away."""
    return max((grade for word, grade in GRADE_OF.items() if word in text), default=1)


@settings(max_examples=160, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(signed=persons | machines, purpose=purposes, path=st.sampled_from(LOOK_UPS))
def test_no_look_up_gives_away_what_is_above_the_grade(place: Place, signed: Signed, purpose: str | None, path: str) -> None:
    place.caller[:] = [signed]
    before = place.readings()
    answer = place.client.get(path, headers=headers_of(purpose))
    assert answer.status_code in (200, 403), answer.text
    named = path.partition("subject=")[2] or path.partition("value=")[2] or "\0"
    seen = given_away(answer.text.replace(named, ""))
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
