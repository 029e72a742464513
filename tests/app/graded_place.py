"""The bank whose pages ``test_grades_on_pages`` looks at: what is planted there, and what a text gives away of it."""

import json
import re
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from hashlib import sha256
from html import unescape
from itertools import product
from pathlib import Path
from urllib.parse import unquote

import httpx
import pytest

from huitong.app import Bank
from huitong.app.case_files import CaseFiles
from huitong.app.labelling import labels_in_bank
from huitong.app.server import Served
from huitong.contracts import Actor, Command, Event, Role
from huitong.evaluation.words import exact_money, money
from huitong.identity import Signed
from huitong.kernel import LANGUAGES, time_us
from huitong.operations import cases
from huitong.risk import lists
from huitong.risk.disposition import Subject, Wanted, in_force, waiting
from huitong.risk.lists import Described
from tests.app.graded_paths import paths_of
from tests.app.small_world import clock

LISTED = '\n[lists.payers]\nfile = "payers.csv"\nof = "account"\noutcome = "review"\nreason = { zh = "名单", en = "listed" }\n'
AMOUNTS = {"E-7f3/1": ("cust-7f3", 731_941_37), "E-7f3/2": ("next-7f3", 412_345_67), "E-7f3/3": ("last-7f3", 298_765_43)}
LIMIT_MINOR, SMALL_MINOR = 55_512_34, 1_234_56
WORDS = {
    **dict.fromkeys(("cust-7f3", "next-7f3", "last-7f3", "small-7f3", "acct-7f3", "payee-7f3", "device-7f3", "waits-7f3"), 3),
    "term-7f3": 2,
    **dict.fromkeys(("title-7f3", "note-7f3", "file-7f3", "why-7f3", "up-7f3", "closed-7f3", "measure-7f3", "proposal-7f3"), 3),
    **dict.fromkeys(("listing-7f3", "listed-7f3"), 3),
}
"""By what gives a planted value away, its grade in the data contract."""
NAMES = {"cust-7f3": "customer", "acct-7f3": "account", "payee-7f3": "counterparty", "device-7f3": "device", "waits-7f3": "device"}
"""As what the access log names them."""
REASONS = ("金额巨大", "a huge amount", "rule.huge", "Rule.huge")
"""Of a rule over the amount, hence of grade 3 where it stands for a payment; a policy says them openly."""


@dataclass
class Place:
    """A served bank, who its reader is said to be, and what is planted there."""

    bank: Bank
    client: httpx.Client
    caller: list[Signed]
    paths: Mapping[str, Sequence[str]] = field(default_factory=dict)
    grades: Mapping[str, int] = field(default_factory=dict)
    trial: Mapping[str, str] = field(default_factory=dict)

    def look(self, signed: Signed, purpose: str | None, path: str, language: str = "en") -> tuple[httpx.Response, str, list[Event]]:
        """What somebody gets at an address, the text of it, and what was written down meanwhile."""
        self.caller[:] = [signed]
        cookie = f"huitong_language={language}" + ("" if purpose is None else f"; huitong_purpose={signed.actor.id}:{purpose}:7")
        begun = self.bank.log.end()
        headers = {"cookie": cookie}
        if path.startswith("/ask/"):
            answer = self.client.post(path, data=dict(self.trial), headers=headers)
        else:
            answer = self.client.get(path, headers=headers)
        read = [one.content for one in self.bank.log.read(begun, ["access.read"])]
        text = unescape(unescape(answer.text.encode().decode("unicode_escape").encode("latin-1", "ignore").decode("utf-8", "ignore")))
        return answer, answer.text + text, [one for one in read if isinstance(one, Event)]

    def given_away(self, text: str, path: str) -> Mapping[str, int]:
        """What a text gives away of what is planted, with its grade."""
        reasons = {} if path.startswith(("/policies", "/replay", "/ask")) else dict.fromkeys(REASONS, 3)
        return {word: grade for word, grade in {**self.grades, **reasons}.items() if word in text}


def person(*roles: Role, name: str = "li-5c1") -> Signed:
    return Signed(Actor(name, frozenset(roles)), "session", "s")


def acting(bank: Bank, role: Role, id_: str, name: str = "chen-5c1") -> Command:
    return Command(id_, Actor(name, frozenset({role})), bank.clock.now_us())


@pytest.fixture(scope="module", name="place")
def graded_place(trained_bank: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """The small bank with its console; each reader is whoever a test says."""
    pytest.importorskip("nicegui")
    root = shutil.copytree(trained_bank / "bank", tmp_path_factory.mktemp("graded") / "bank")
    (root / "cases" / "desk.toml").write_text("stopping = []\n", "utf-8")  # expected losses to look for
    caller: list[Signed] = [Signed(Actor("core", frozenset({"machine"}), person=False), "api_key", "k", frozenset({"decide"}), 4)]
    with pytest.MonkeyPatch.context() as patched, Bank(root, clock=clock(), threads=2) as bank:
        folder = bank.workspace.policy_folder("small")
        (folder / "policy.toml").write_text((folder / "policy.toml").read_text("utf-8") + LISTED, "utf-8")
        (folder / "payers.csv").write_text("value,note\nsomebody,\n", "utf-8")
        before = bank.load("small").program.version
        patched.setattr(bank.people, "caller", lambda *_: caller[0])
        with (
            Served(bank, policy="small", authenticate=lambda _headers, _address, _method: caller[0], console=True) as address,
            httpx.Client(base_url=address, timeout=60) as client,
        ):
            found = Place(bank, client, caller)
            for number, (event, (customer, amount)) in enumerate(AMOUNTS.items()):
                sent = _event(event, customer, amount, minute=number)
                assert client.post("/v1/decisions", json=sent).json()["outcome"] == "decline"
            client.post("/v1/decisions", json=_event("E-7f3/4", "small-7f3", SMALL_MINOR, minute=9)).raise_for_status()
            _plant(found, before)
            yield found


def _event(id_: str, customer: str, amount_minor: int, minute: int) -> Mapping[str, str]:
    return {
        "id": id_,
        "kind": "payment.requested",
        "time": f"2025-12-31T09:3{minute}:00Z",
        "amount": f"{amount_minor / 100:.2f}",
        "currency": "CNY",
        "customer": customer,
        "account": "acct-7f3",
        "counterparty": "payee-7f3",
        "device": "device-7f3",
        "terminal": "term-7f3",
        "channel": "online",
    }


def _plant(place: Place, before: str) -> None:
    """Alerts, a case, measures and lists with words that are told from all others, and a replay."""
    bank = place.bank
    of = bank.books.desk.ask(lambda desk: {one.subject: one.id for one in desk.alerts.values()})
    first, second, third = (of[customer] for customer, _ in AMOUNTS.values())
    case = _plant_on_desk(bank, first, second)
    (file,) = bank.books.desk.ask(lambda desk: [one.id for one in desk.cases[case].timeline if one.kind == "case.filed"])
    decision = bank.books.desk.ask(lambda desk: desk.alerts[first].decisions[0])
    _plant_measures(bank)
    _plant_lists(bank)
    (measure, *_) = bank.measures.ask(
        lambda ledger: [one.id for one in in_force(ledger, bank.clock.now_us()) if one.place.subject.id == "cust-7f3"]
    )
    (limit,) = bank.measures.ask(lambda ledger: [one.id for one in in_force(ledger, bank.clock.now_us()) if one.kind == "limit"])
    folder = bank.workspace.policy_folder("small")
    (folder / "payers.csv").write_text("value,note\nsomebody,\nlisted-7f3,\n", "utf-8")
    job = _replayed(place)
    place.trial = {
        "policy": "small",
        "table": "",
        "rows": json.dumps({"huge": "amount > 1"}),
        "seen": sha256((folder / "policy.toml").read_bytes()).hexdigest(),
    }
    place.grades = {**WORDS, **_amounts(bank, [first, second, third])}
    place.paths = paths_of(first, second, third, case=case, file=file, decision=decision, measures=(measure, limit), job=job, before=before)


def _plant_on_desk(bank: Bank, first: str, second: str) -> str:
    """The first alert in a case that waits for a second person, with note and file; the second closed by an approver."""
    desk, settings = bank.books.desk, bank.desk_settings
    command = acting(bank, "investigator", "open-case")
    desk.act(command, lambda state: cases.open_case(state, command, first, "title-7f3"))
    (case,) = desk.ask(lambda state: list(state.cases))
    note = acting(bank, "investigator", "note-case")
    desk.act(note, lambda state: cases.note(state, note, case, "note-7f3"))
    for item in settings.checklist:
        ticked = acting(bank, "investigator", f"check-{item}")
        desk.act(ticked, partial(cases.check, command=ticked, case_id=case, item=item, settings=settings))
    proposal = acting(bank, "investigator", "propose-case")
    desk.act(proposal, lambda state: cases.propose(state, proposal, case, "fraud", "why-7f3", settings))
    up = acting(bank, "investigator", "escalate")
    desk.act(up, lambda state: cases.escalate(state, up, second, "up-7f3"))
    closing = acting(bank, "approver", "close")
    desk.act(closing, lambda state: cases.close(state, closing, second, "genuine", "closed-7f3", labels_in_bank(bank, "small")))
    CaseFiles(bank).add(acting(bank, "investigator", "file-case"), case, "file-7f3.txt", b"what the customer said")
    return case


def _plant_measures(bank: Bank) -> None:
    until_us = bank.clock.now_us() + 3_600_000_000
    limit = Wanted(
        Subject("account", "acct-7f3"), "limit", until_us, "investigation", None, ("payee-7f3",), LIMIT_MINOR, "measure-7f3", "cust-7f3"
    )
    freeze = Wanted(Subject("device", "waits-7f3"), "freeze", until_us, "investigation", note="proposal-7f3")
    for name, wanted in (("limit", limit), ("freeze", freeze)):
        bank.measures.impose(acting(bank, "investigator", f"impose-{name}"), wanted)
    assert bank.measures.ask(lambda ledger: len(waiting(ledger, bank.clock.now_us()))) == 1


def _plant_lists(bank: Bank) -> None:
    opened: tuple[tuple[str, lists.Holds, bool, str], ...] = (
        ("suspects", "customer", False, "cust-7f3"),
        ("tools", "device", True, "waits-7f3"),
        ("places", "terminal", False, "term-7f3"),
    )
    for name, holds, second, value in opened:
        described = Described(name, {"zh": "名单", "en": "A list"}, holds, "block", "chen-5c1", "stolen things", second)
        command = acting(bank, "steward", f"open-{name}")
        bank.lists.act(command, lists.describe(command, described, anew=False))
        adding = acting(bank, "steward", f"add-{name}")
        wanted = lists.Wanted(value, time_us("2026-06-06T07:31:07Z"), "court_order", "listing-7f3")
        bank.lists.act(adding, lists.add(adding, name, wanted, bank.lists.grounds))


def _replayed(place: Place) -> str:
    """The log replayed on the page of the policy; its report."""
    place.caller[:] = [person("analyst")]
    asked = {"policy": "small", "version": "", "against": "", "days": "0", "command": "c1"}
    answer = place.client.post("/act/replay.start", data=asked).json()
    assert answer.get("goto") == "/policies/small", answer
    for _ in range(600):
        found = re.search('"?/replays/([^"\\\\?&<>]+)', unescape(place.client.get("/replay").text))
        if found is not None:
            return unquote(found[1])
        time.sleep(0.1)
    raise AssertionError("the replay did not end")


def _amounts(bank: Bank, alerts: Sequence[str]) -> Mapping[str, int]:
    """Sums of single payments and alerts, as pages write them."""
    found = [amount for _, amount in AMOUNTS.values()] + [LIMIT_MINOR, SMALL_MINOR]
    known = bank.books.desk.ask(lambda desk: [(desk.alerts[id_], desk.alerts[id_].pattern) for id_ in alerts])
    for alert, pattern in known:
        minutes = bank.books.desk.ask(partial(cases.minutes_of, pattern=pattern, settings=bank.desk_settings))
        found += [alert.expected_loss_minor, round(alert.expected_loss_minor / minutes)]
    shown = [say(minor, "CNY", language) for minor, say, language in product(found, (exact_money, money), LANGUAGES) if minor > 1_000_00]
    return dict.fromkeys([*shown, *(f"{minor / 100:.2f}" for minor in found if minor > 1_000_00)], 3)
