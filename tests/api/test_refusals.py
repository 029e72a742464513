"""What refusals of acts quote of the log: no more than whoever asks may see, and nothing to who has no part in the work."""

import random
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import httpx

from huitong.api.problems import _UNQUOTED, GRADE_OF_WORK, problem_of
from huitong.app import Bank
from huitong.app.house import house_contracts
from huitong.app.server import Served
from huitong.contracts import ROLES, Actor, Command, Event, Role
from huitong.identity import Signed
from huitong.kernel import LANGUAGES, HuitongError
from huitong.operations import cases as ca
from tests.api.test_work import House
from tests.app.small_world import clock
from tests.operations.desk import HOUR, SETTINGS, TestDesk, labels_of

PEOPLE = [
    *(Actor(name, frozenset({"investigator"})) for name in ("ouyang", "zhuge")),
    *(Actor(name, frozenset({"approver"})) for name in ("sima", "shangguan")),
    Actor("key:backoffice", frozenset({"investigator"}), person=False),
]
STRANGERS = [Actor(f"x-{role}", frozenset({role})) for role in ROLES if role not in (*ca.WORKING, "machine")]
NAMES = [one.id for one in PEOPLE]
WORKERS = [ca.Worker(one.id, one.id, one.roles) for one in PEOPLE]
NEVER_QUOTED = (*NAMES, "fraud", "genuine", *SETTINGS.checklist)
Acted = Callable[[Command], Sequence[Event]]


def _acts(desk: TestDesk, chance: random.Random) -> Iterator[tuple[Acted, Sequence[str]]]:
    """Every act on some alert or case, with what is sent."""
    state = desk.state
    alert, case = chance.choice(list(state.alerts)), chance.choice([*list(state.cases)[:2], "none"])
    verdict: ca.Verdict = chance.choice(("fraud", "genuine", "unclear"))
    to, item, until_us = chance.choice(NAMES), chance.choice(SETTINGS.checklist), desk.now_us + HOUR
    stands = state.cases[case].proposal if case in state.cases else None
    proposal = chance.choice([stands, stands, stands, "other", None])
    file = ca.KeptFile("ab" * 32, "cd" * 32, "ef" * 32, "application/pdf", 9)
    yield lambda c: ca.assign(state, c, alert, to, WORKERS), [to]
    yield lambda c: ca.begin(state, c, alert), []
    yield lambda c: ca.snooze(state, c, alert, until_us, "later", SETTINGS), []
    yield lambda c: ca.close(state, c, alert, verdict, "why", labels_of), [verdict]
    yield lambda c: ca.reopen(state, c, alert, "why"), []
    yield lambda c: ca.review(state, c, alert, verdict, SETTINGS), [verdict]
    yield lambda c: ca.open_case(state, c, alert, "title"), []
    yield lambda c: ca.link(state, c, case, alert), []
    yield lambda c: ca.note(state, c, case, "note"), []
    yield lambda c: ca.add_file(state, c, case, "a.pdf", file), []
    yield lambda c: ca.check(state, c, case, item, SETTINGS), [item]
    yield lambda c: ca.propose(state, c, case, verdict, "why", SETTINGS), [verdict]
    yield lambda c: ca.close_case(state, c, case, proposal, labels_of), []
    if chance.random() < 0.1:
        yield lambda c: ca.escalate(state, c, alert, "why"), []
        yield lambda c: ca.refuse_case(state, c, case, proposal, "why"), []
        yield lambda c: ca.reopen_case(state, c, case, "why"), []


def _refused(seed: int) -> Iterator[tuple[Actor, HuitongError, Sequence[str]]]:
    """The refusals in a life of a desk: to whom, what, and what they had sent."""
    desk, chance = TestDesk(), random.Random(seed)
    for step in range(300):
        desk.now_us += HOUR // 7
        if step % 20 == 0:
            desk.decided(f"p{step}", f"C{chance.randrange(6)}", pattern=chance.choice(("rule.x", "rule.y")))
        for act, sent in _acts(desk, chance):
            who = chance.choice([*PEOPLE, *STRANGERS])
            if who in PEOPLE and chance.random() < 0.6:
                continue
            try:
                desk.act(act, who)
            except HuitongError as error:
                yield who, error, sent


def test_a_refusal_of_work_quotes_no_field_above_the_grade_of_who_asked_and_all_to_who_sees_it() -> None:
    codes: set[str] = set()
    for seed in range(4):
        for who, error, sent in _refused(seed):
            for language in LANGUAGES:
                problem = problem_of(error, language, GRADE_OF_WORK - 1)
                said = f"{problem.cause} {problem.detail.removesuffix(problem.remedy[language])}"
                told = [name for name in NEVER_QUOTED if name in said and name not in (who.id, *sent)]
                assert told == [], (error.code, said)
                assert problem_of(error, language, GRADE_OF_WORK).cause == error.cause
            codes.add(error.code)
    assert codes >= {code for code in _UNQUOTED if code != "store.conflict"}, "each of them was refused once"


def test_who_has_no_part_in_the_work_is_told_nothing_but_that() -> None:
    strangers = {one.id for one in STRANGERS}
    codes = {error.code for seed in range(2) for who, error, _ in _refused(seed) if who.id in strangers}
    assert codes == {"access.role", "case.unknown"}


def test_what_refusals_quote_of_work_has_the_grade_that_the_contracts_give_it() -> None:
    contracts = house_contracts()
    quoted = [
        ("alert.assigned", "to"),
        *(("alert.closed", field) for field in ("by", "verdict")),
        *(("case.proposed", field) for field in ("by", "verdict")),
        ("case.closed", "by"),
        ("case.checked", "item"),
    ]
    grades = {spec.grade for kind, name in quoted for spec in contracts[kind].fields if spec.name == name}
    assert grades == {GRADE_OF_WORK}


def _known(headers: Mapping[str, str], _address: str, _method: str) -> Signed:
    who = headers.get("x-user", "core")
    if who.startswith("key"):
        return Signed(Actor("key:low", frozenset({"investigator"}), person=False), "api_key", who, frozenset({"cases"}), int(who[-1]))
    roles: frozenset[Role] = frozenset({"admin"} if who == "admin" else {"machine", "approver"} if who == "core" else {"investigator"})
    return Signed(Actor(who, roles), "session", who)


def test_over_http_a_key_reads_from_a_refusal_no_more_than_from_the_alert(trained_bank: Path, tmp_path: Path) -> None:
    root = shutil.copytree(trained_bank / "bank", tmp_path / "bank")
    with (
        Bank(root, clock=clock(), threads=2) as bank,
        Served(bank, policy="small", authenticate=_known) as address,
        httpx.Client(base_url=address, timeout=30) as client,
    ):
        house = House(bank, client)
        house.pay("r-1", "Refused")
        (alert,) = bank.books.desk.ask(lambda desk: [one.id for one in desk.alerts.values() if one.subject == "Refused"])
        house.done("core", f"/v1/alerts/{alert}/assign", to="zhuge")
        begun = {key: house.act(key, f"/v1/alerts/{alert}/begin") for key in ("key-1", "key-2")}
        assert {answer.json()["code"] for answer in begun.values()} == {"alert.assigned"}
        assert {key: "zhuge" in answer.text for key, answer in begun.items()} == {"key-1": False, "key-2": True}
        house.done("zhuge", f"/v1/alerts/{alert}/close", verdict="genuine", reason="called")
        closed = {who: house.act(who, f"/v1/alerts/{alert}/close", verdict="fraud", reason="no") for who in ("key-1", "key-2", "admin")}
        assert {who: answer.json()["code"] for who, answer in closed.items()} == {
            "key-1": "alert.closed",
            "key-2": "alert.closed",
            "admin": "access.role",
        }
        assert [who for who, answer in closed.items() if "zhuge" in answer.text] == ["key-2"]
