"""Messages that a receiver refused, as who keeps the bank sees and settles them at the command line."""

import io
from collections.abc import Callable
from pathlib import Path

import pytest

from huitong.app import Bank
from huitong.contracts import Actor, Command
from huitong.kernel import Text
from huitong.operations.webhooks import Aside
from huitong.operations.webhooks.acts import set_aside, trouble
from huitong.operations.webhooks.state import noted
from tests.cli.conftest import Ran, Run

PASSWORD = "the heron stands on one leg"  # noqa: S105 -- of a test


@pytest.fixture
def go(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Ran]:
    """Runs a command on a bank; whoever orders gives their password."""

    def go(*arguments: str, by: str = "li.wei") -> Ran:
        monkeypatch.setattr("sys.stdin", io.StringIO(f"{PASSWORD}\n\n"))
        return run(*arguments, *(("--by", by) if by else ()), "--bank", tmp_path / "bank")

    return go


def test_messages_that_were_set_aside_are_listed_sent_again_and_dropped(go: Callable[..., Ran], tmp_path: Path) -> None:
    assert go("users", "add", "li.wei", "--name", "李伟", "--first", by="").code == 0
    made = go("webhooks", "add", "core", "https://core.example/", "--of", "decision", "--json").document["id"]
    with Bank(tmp_path / "bank") as bank:
        for at, record in enumerate(("d-1", "d-2"), bank.log.end()):
            command = Command(f"aside-{at}", Actor("machine", frozenset({"machine"}), person=False), bank.clock.now_us())
            bank.log.append_events(set_aside(command, made, Aside(record, at, 422, command.now_us), 0))
    shown = go("webhooks", "list", "--lang", "zh", by="")
    assert [part in shown.out for part in ("d-1", "d-2", "422", "拒收")] == [True] * 4
    assert go("webhooks", "again", made, "--record", "d-3").code == 2
    assert go("webhooks", "again", made, "--record", "d-1").code == 0
    assert go("webhooks", "drop", made, "--record", "d-2", "--ground", "booked by hand").code == 0
    (listed,) = go("webhooks", "list", "--json", by="").document
    assert [(one["record"], one["status"], one["due"]) for one in listed["aside"]] == [("d-1", 422, True)]
    assert "to be sent again" in go("webhooks", "list", "--lang", "en", by="").out


def test_what_is_wrong_is_said_in_the_reader_s_language_and_in_json_in_both(go: Callable[..., Ran], tmp_path: Path) -> None:
    assert go("users", "add", "li.wei", "--name", "李伟", "--first", by="").code == 0
    made = go("webhooks", "add", "core", "https://core.example/", "--of", "decision", "--json").document["id"]
    stopped = go("webhooks", "add", "old", "https://old.example/", "--of", "decision", "--json").document["id"]
    assert go("webhooks", "stop", stopped, "--ground", "moves · 搬迁").code == 0
    said = {"en": "the receiver answered 500", "zh": "接收方返回 500"}
    why: Text = {"en": said["en"], "zh": said["zh"]}
    with Bank(tmp_path / "bank") as bank:
        command = Command("trouble-1", Actor("machine", frozenset({"machine"}), person=False), bank.clock.now_us())
        bank.log.append_events(trouble(command, made, noted(why), noted({"en": "look", "zh": "请检查"})))
    shown = {language: go("webhooks", "list", "--lang", language, by="").out for language in ("en", "zh")}
    for language, other in (("en", "zh"), ("zh", "en")):
        assert (said[language] in shown[language], said[other] in shown[language]) == (True, False)
        assert "moves · 搬迁" in shown[language], "what a person wrote stays as it is"
    found = {one["name"]: one for one in go("webhooks", "list", "--json", by="").document}
    assert (found["core"]["failing"], found["core"]["stopped"]) == (why, None)
    assert found["old"]["stopped"] == {"en": "moves · 搬迁", "zh": "moves · 搬迁"}


def test_one_is_changed_and_removed(go: Callable[..., Ran]) -> None:
    assert go("users", "add", "li.wei", "--name", "李伟", "--first", by="").code == 0
    made = go("webhooks", "add", "core", "https://core.example/", "--of", "decision", "--json").document["id"]
    assert go("webhooks", "change", made, "core", "https://core.example/", "--of", "decision").code == 2, "nothing is another"
    assert go("webhooks", "change", made, "kernel", "https://kernel.example/", "--of", "case", "--grade", "3").code == 0
    (listed,) = go("webhooks", "list", "--json", by="").document
    assert [listed[name] for name in ("id", "name", "url", "occurrences", "grade")] == [
        made,
        "kernel",
        "https://kernel.example/",
        ["case"],
        3,
    ]
    assert go("webhooks", "remove", made, "--ground", "gone").code == 0
    assert go("webhooks", "list", "--json", by="").document == []
