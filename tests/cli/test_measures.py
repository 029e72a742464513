"""`huitong measures`: the whole round at a terminal, in both languages and for machines; its figures; the core system held to account."""

import io
import json
import shutil
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from huitong.app import Bank
from huitong.contracts import Actor, Role
from tests.cli.conftest import Ran, Run

LI, WANG, CHEN = ("--by", "li.wei"), ("--by", "wang.fang"), ("--by", "chen.jie")
PASSWORD = "the heron stands on one leg"  # noqa: S105 -- nobody's


@pytest.fixture(scope="module")
def staffed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bank with people: an investigator and two approvers."""
    root = tmp_path_factory.mktemp("staffed") / "bank"
    with Bank(root) as bank:
        office, desk, now_us = bank.people.office, bank.people.desk, bank.clock.now_us()
        registry = desk.registry
        admin = Actor("admin", frozenset[Role]({"admin"}))
        office.add_first(registry.command_by(admin, now_us), "admin", "Admin", [], PASSWORD)
        roles: dict[str, Role] = {"li.wei": "investigator", "wang.fang": "approver", "chen.jie": "approver"}
        for user, role in roles.items():
            once = office.add(registry.command_by(admin, now_us), user, user).shown_once
            granted = office.grant(registry.command_by(admin, now_us), user, role)
            if granted.waits:  # there is an approver by now, who has to agree
                office.confirm(registry.command_by(Actor("wang.fang", frozenset[Role]({"approver"})), now_us), granted.id)
            signed = desk.sign_in(user, once, "", "here", now_us).signed
            desk.set_password(signed, once, PASSWORD, now_us)
    return root


@pytest.fixture
def empty(staffed: Path, tmp_path: Path) -> Path:
    """A bank of one's own in which nothing is in force."""
    return shutil.copytree(staffed, tmp_path / "bank")


@pytest.fixture
def go(run: Run, empty: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Ran]:
    """Runs a command about measures on the bank; whoever it names knows their password."""

    def go(*arguments: str) -> Ran:
        monkeypatch.setattr("sys.stdin", io.StringIO(f"{PASSWORD}\n\n"))
        return run("measures", *arguments, "--bank", empty)

    return go


@pytest.fixture
def core() -> Iterator[tuple[str, list[dict[str, object]]]]:
    """A core system that takes every command but holds nothing: its address, and what it was told."""
    told: list[dict[str, object]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            told.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))) | {"token": self.headers["Authorization"]})
            self._say({})

        def do_GET(self) -> None:
            self._say({"measures": []})

        def _say(self, document: object) -> None:
            content = json.dumps(document).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}", told
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_freeze_takes_two_persons_to_impose_and_to_lift(go: Callable[..., Ran]) -> None:
    assert "nothing is in force" in go("list").out
    freeze = ("impose", "freeze", "account:A17", "--for", "30d", "--ground", "court_order")
    proposed = go(*freeze, *LI)
    assert proposed.code == 0
    assert "another person runs" in proposed.out
    (waiting,) = go("list", "--json").document["waiting"]
    alone = go("confirm", waiting["id"], *LI, "--lang", "zh")
    assert (alone.code, "审批人" in alone.err) == (4, True)
    assert go("confirm", waiting["id"], *WANG).code == 0
    (held,) = go("list", "--json").document["measures"]
    assert (held["kind"], held["subject"], held["in_force"]) == ("freeze", "A17", True)
    assert held["notice"]["zh"].startswith("应有权机关要求")
    shown = go("list", "--lang", "zh").out
    assert "冻结" in shown
    assert "有权机关要求" in shown
    assert "未接入" in shown, "the shipped settings name no core system"
    lifting = go("lift", held["id"], "--ground", "over", *WANG, "--json").document
    assert lifting["waits"]
    refused = go("confirm", lifting["id"], *LI)
    assert refused.code == 4
    assert go("confirm", lifting["id"], *CHEN).code == 0
    assert go("list", "--json").document == {"measures": [], "waiting": []}
    (past,) = go("list", "--of", "account:A17", "--past", "--json").document["measures"]
    assert (past["in_force"], past["ended_by"]["by"], past["ended_by"]["second"]) == (False, "wang.fang", "chen.jie")


def test_a_proposal_is_refused(go: Callable[..., Ran]) -> None:
    done = go("impose", "freeze", "customer:C1", "--for", "24h", "--ground", "investigation", *LI, "--json").document
    said = go("confirm", done["id"], *WANG, "--refuse", "--note", "known customer")
    assert said.code == 0
    assert go("list", "--json").document == {"measures": [], "waiting": []}


def test_a_limit_names_its_amount_and_its_scope(go: Callable[..., Ran]) -> None:
    limit = ("impose", "limit", "account:A17", "--for", "24h", "--ground", "investigation", *LI)
    assert go(*limit).code == 2
    assert go(*limit, "--amount", "2000.005").code == 2
    assert go(*limit, "--amount", "2000.50", "--channel", "online", "--counterparty", "A9", "--customer", "C1", "--note", "x").code == 0
    (held,) = go("list", "--json").document["measures"]
    assert (held["amount_minor"], held["channel"], held["counterparty"]) == (200_050, "online", "A9")
    assert "2,000.50 (online, A9)" in go("list").out


def test_a_channel_over_which_no_payment_comes_is_warned_of_at_once(go: Callable[..., Ran]) -> None:
    freeze = ("impose", "watch", "account:A18", "--for", "24h", "--ground", "investigation", *LI)
    known = go(*freeze, "--channel", "online", "--json").document
    assert [one["code"] for one in known["findings"]] == ["measure.subject.unnamed"]
    typed = go(*freeze, "--channel", "onlin", "--json")
    assert (typed.code, [one["code"] for one in typed.document["findings"]]) == (0, ["measure.channel.unknown"])
    told = go(*freeze, "--channel", "onlin", "--lang", "zh")
    assert "没有支付来自渠道“onlin”" in told.out
    assert "online (网上支付)" in told.out


def test_a_subject_of_which_no_policy_looks_at_measures_is_warned_of(go: Callable[..., Ran]) -> None:
    hold = ("--for", "24h", "--ground", "investigation", *LI, "--json")
    go("impose", "hold", "account:A17", *hold)
    assert go("impose", "watch", "account:A17", *hold).document["findings"] == []
    (found,) = go("impose", "hold", "terminal:T17", *hold).document["findings"]
    assert found["code"] == "measure.role.unread"


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("impose", "jail", "account:A17", "--for", "24h", "--ground", "investigation", *LI), "measure.kind"),
        (("impose", "hold", "A17", "--for", "24h", "--ground", "investigation", *LI), "measure.subject.unreadable"),
        (("impose", "hold", "account:A17", "--for", "24h", "--ground", "because", *LI), "measure.ground"),
        (("confirm", "nothing", "--by", "nobody"), "access.sign_in.refused"),
        (("lift", "nothing", "--ground", "verified", *LI), "measure.unknown"),
        (("confirm", "nothing", *WANG), "measure.proposal.unknown"),
        (("reconcile",), "measure.core.none"),
        (("reconcile", "--core", "ftp://core"), "measure.core.address"),
        (("reconcile", "--core", "http://127.0.0.1:9"), "measure.core.silent"),
    ],
)
def test_what_cannot_be_is_refused_with_cause_and_remedy(go: Callable[..., Ran], arguments: tuple[str, ...], code: str) -> None:
    error = go(*arguments, "--json").document["error"]
    assert error["code"] == code
    assert all(error[part][language] for part in ("cause", "remedy") for language in ("zh", "en"))


def test_what_the_core_system_does_not_hold_is_found(
    go: Callable[..., Ran], core: tuple[str, list[dict[str, object]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    address, told = core
    monkeypatch.setenv("HUITONG_CORE_TOKEN", "t0ken")
    go("impose", "hold", "account:A17", "--for", "24h", "--ground", "investigation", *LI)
    waits = go("reconcile", "--core", address, "--json")
    assert (waits.code, [one["severity"] for one in waits.document["findings"]]) == (0, ["warning"])
    sent = go("reconcile", "--core", address, "--send", "--json")
    assert (sent.code, sent.document["sent"], sent.document["findings"][0]["code"]) == (
        3,
        {"taken": 1, "refused": 0, "unanswered": 0},
        "measure.core.missing",
    )
    assert go("list", "--json").document["measures"][0]["core"] == "taken"
    assert "已执行" in go("list", "--lang", "zh").out
    assert [(one["subject"], one["measure"], one["token"]) for one in told] == [("A17", "hold", "Bearer t0ken")]
    assert "核心系统中没有" in go("reconcile", "--core", address, "--lang", "zh").out


def test_figures_are_told_in_both_languages(go: Callable[..., Ran]) -> None:
    go("impose", "hold", "account:A17", "--for", "24h", "--ground", "investigation", *LI)
    assert go("figures", "--since", "2020-01-01", "--long", "48", "--json").document["unknown"] == 1
    assert "of these, genuine after all" in go("figures").out
    assert "其中证实为正常的金额" in go("figures", "--lang", "zh").out
