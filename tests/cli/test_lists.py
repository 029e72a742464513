"""`huitong lists`: opened, added to, confirmed, lifted, imported and exported at a terminal."""

import io
import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from huitong.app import Bank
from huitong.contracts import Actor, Role
from tests.cli.conftest import Ran, Run

PASSWORD = "the heron stands on one leg"  # noqa: S105 -- nobody's
ROLES: dict[str, Role] = {"li.wei": "investigator", "chen.jie": "analyst", "wang.fang": "approver"}


@pytest.fixture(scope="module")
def staffed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bank with an investigator, an analyst and an approver."""
    root = tmp_path_factory.mktemp("listed") / "bank"
    with Bank(root) as bank:
        office, desk, now_us = bank.people.office, bank.people.desk, bank.clock.now_us()
        admin = Actor("admin", frozenset[Role]({"admin"}))
        office.add_first(desk.registry.command_by(admin, now_us), "admin", "Admin", [], PASSWORD)
        for user, role in ROLES.items():
            once = office.add(desk.registry.command_by(admin, now_us), user, user).shown_once
            office.grant(desk.registry.command_by(admin, now_us), user, role)
            desk.set_password(desk.sign_in(user, once, "", "here", now_us).signed, once, PASSWORD, now_us)
    return root


@pytest.fixture
def go(run: Run, staffed: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Ran]:
    """Runs a command about lists on the bank; whoever it names knows their password."""

    def go(*arguments: str) -> Ran:
        monkeypatch.setattr("sys.stdin", io.StringIO(f"{PASSWORD}\n\n"))
        return run("lists", *arguments, "--bank", staffed)

    return go


def test_a_list_is_kept_at_a_terminal_from_its_opening_to_the_lifting(go: Callable[..., Ran], tmp_path: Path) -> None:
    described = ("--title-zh", "可信账户", "--title-en", "Trusted", "--owner", "desk", "--purpose", "to try")
    assert go("open", "trusted", "--holds", "account", "--for", "allow", *described, "--by", "chen.jie").code == 0
    added = go("add", "trusted", "X1", "--for", "30d", "--ground", "verified", "--by", "li.wei", "--json")
    waits = json.loads(added.out)
    assert waits["waits"] is True
    for language in ("en", "zh"):
        said = go("add", "trusted", f"Y-{language}", "--for", "30d", "--ground", "verified", "--by", "li.wei", "--lang", language).out
        told = re.search(r"huitong lists confirm (\S+)", said)
        assert told is not None, said
        assert go("confirm", told[1], "--refuse", "--by", "wang.fang").code == 0
    assert "X1" in go("list", "--lang", "en").out
    assert go("confirm", waits["id"], "--by", "wang.fang").code == 0
    (entry,) = json.loads(go("show", "trusted", "--json").out)["entries"]
    assert (entry["value"], entry["holds"], entry["changes"][0]["second"]) == ("X1", True, "wang.fang")
    table, written = tmp_path / "in.csv", tmp_path / "out.csv"
    table.write_text("value,reason\nX2,=1\n,none\n", "utf-8")
    taken = go("import", "trusted", str(table), "--until", "2099-01-01T00:00:00Z", "--ground", "verified", "--by", "li.wei", "--json")
    assert taken.code != 0  # nothing that can be taken in: the end lies too far away
    table.write_bytes(b"value\n\xff\n")
    unread = go("import", "trusted", str(table), "--by", "li.wei", "--lang", "zh")
    assert (unread.code, "不是 UTF-8：第 7 字节处有误" in unread.err) == (2, True)
    assert go("lift", entry["id"], "--ground", "mistaken", "--by", "li.wei").code == 0
    assert json.loads(go("show", "trusted", "--json").out)["entries"] == []
    assert "X1" in go("show", "trusted", "--past").out
    assert go("export", "trusted", str(written)).code == 0
    assert written.read_text("utf-8").startswith("value,from,until")
