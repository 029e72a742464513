"""`huitong measures`: the whole round at a terminal, in both languages and for machines; its figures; the core system held to account."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from huitong.app import Bank
from tests.cli.conftest import Run

LI = ("--by", "li.wei", "--role", "investigator")
WANG = ("--by", "wang.fang", "--role", "approver")


@pytest.fixture
def empty(tmp_path: Path) -> Path:
    """A new bank's folder."""
    with Bank(tmp_path / "bank"):
        return tmp_path / "bank"


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


def test_a_freeze_takes_two_persons_to_impose_and_to_lift(run: Run, empty: Path) -> None:
    place = ("--bank", empty)
    assert "nothing is in force" in run("measures", "list", *place).out
    freeze = ("measures", "impose", "freeze", "account:A17", "--for", "30d", "--ground", "court_order")
    proposed = run(*freeze, *LI, *place)
    assert proposed.code == 0
    assert "another person runs" in proposed.out
    (waiting,) = run("measures", "list", *place, "--json").document["waiting"]
    alone = run("measures", "confirm", waiting["id"], "--by", "li.wei", "--role", "approver", *place, "--lang", "zh")
    assert (alone.code, "首次签署人为 li.wei" in alone.err) == (4, True)
    assert run("measures", "confirm", waiting["id"], *WANG, *place).code == 0
    (held,) = run("measures", "list", *place, "--json").document["measures"]
    assert (held["kind"], held["subject"], held["in_force"]) == ("freeze", "A17", True)
    assert held["notice"]["zh"].startswith("应有权机关要求")
    shown = run("measures", "list", *place, "--lang", "zh").out
    assert "冻结" in shown
    assert "有权机关要求" in shown
    lifting = run("measures", "lift", held["id"], "--ground", "over", *WANG, *place, "--json").document
    assert lifting["waits"]
    refused = run("measures", "confirm", lifting["id"], *LI, *place)
    assert refused.code == 4
    assert run("measures", "confirm", lifting["id"], "--by", "chen.jie", "--role", "approver", *place).code == 0
    assert run("measures", "list", *place, "--json").document == {"measures": [], "waiting": []}
    (past,) = run("measures", "list", "--of", "account:A17", "--past", *place, "--json").document["measures"]
    assert (past["in_force"], past["ended_by"]["by"], past["ended_by"]["second"]) == (False, "wang.fang", "chen.jie")


def test_a_proposal_is_refused(run: Run, empty: Path) -> None:
    place = ("--bank", empty)
    done = run("measures", "impose", "freeze", "customer:C1", "--for", "24h", "--ground", "investigation", *LI, *place, "--json").document
    said = run("measures", "confirm", done["id"], *WANG, "--refuse", "--note", "known customer", *place)
    assert said.code == 0
    assert run("measures", "list", *place, "--json").document == {"measures": [], "waiting": []}


def test_a_limit_names_its_amount_and_its_scope(run: Run, empty: Path) -> None:
    place = ("--bank", empty)
    limit = ("measures", "impose", "limit", "account:A17", "--for", "24h", "--ground", "investigation", *LI, *place)
    assert run(*limit).code == 2
    assert run(*limit, "--amount", "2000.005").code == 2
    assert run(*limit, "--amount", "2000.50", "--channel", "online", "--counterparty", "A9", "--customer", "C1", "--note", "x").code == 0
    (held,) = run("measures", "list", *place, "--json").document["measures"]
    assert (held["amount_minor"], held["channel"], held["counterparty"]) == (200_050, "online", "A9")
    assert "2,000.50 (online, A9)" in run("measures", "list", *place).out


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("impose", "jail", "account:A17", "--for", "24h", "--ground", "investigation", *LI), "measure.kind"),
        (("impose", "hold", "A17", "--for", "24h", "--ground", "investigation", *LI), "measure.subject.unreadable"),
        (
            ("impose", "hold", "account:A17", "--for", "24h", "--ground", "investigation", "--by", "li", "--role", "boss"),
            "access.role.unknown",
        ),
        (("lift", "nothing", "--ground", "verified", *LI), "measure.unknown"),
        (("confirm", "nothing", *WANG), "measure.proposal.unknown"),
        (("reconcile", "--core", "ftp://core"), "measure.core.address"),
        (("reconcile", "--core", "http://127.0.0.1:9"), "measure.core.silent"),
    ],
)
def test_what_cannot_be_is_refused_with_cause_and_remedy(run: Run, empty: Path, arguments: tuple[str, ...], code: str) -> None:
    error = run("measures", *arguments, "--bank", empty, "--json").document["error"]
    assert error["code"] == code
    assert all(error[part][language] for part in ("cause", "remedy") for language in ("zh", "en"))


def test_what_the_core_system_does_not_hold_is_found(
    run: Run, empty: Path, core: tuple[str, list[dict[str, object]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    address, told = core
    monkeypatch.setenv("HUITONG_CORE_TOKEN", "t0ken")
    place = ("--bank", empty)
    run("measures", "impose", "hold", "account:A17", "--for", "24h", "--ground", "investigation", *LI, *place)
    waits = run("measures", "reconcile", "--core", address, *place, "--json")
    assert (waits.code, [one["severity"] for one in waits.document["findings"]]) == (0, ["warning"])
    sent = run("measures", "reconcile", "--core", address, "--send", *place, "--json")
    assert (sent.code, sent.document["sent"], sent.document["findings"][0]["code"]) == (
        3,
        {"taken": 1, "refused": 0, "unanswered": 0},
        "measure.core.missing",
    )
    assert [(one["subject"], one["measure"], one["token"]) for one in told] == [("A17", "hold", "Bearer t0ken")]
    assert "核心系统中没有" in run("measures", "reconcile", "--core", address, *place, "--lang", "zh").out


def test_figures_are_told_in_both_languages(run: Run, empty: Path) -> None:
    place = ("--bank", empty)
    run("measures", "impose", "hold", "account:A17", "--for", "24h", "--ground", "investigation", *LI, *place)
    assert run("measures", "figures", *place, "--since", "2020-01-01", "--long", "48", "--json").document["unknown"] == 1
    assert "of it, wrongly held" in run("measures", "figures", *place).out
    assert "其中误拦的金额" in run("measures", "figures", *place, "--lang", "zh").out
