"""A reason that says what its row no longer does is told while one types, and of the draft for as long as it differs from what is live."""

from pathlib import Path

import pytest

from huitong.app import Bank
from huitong.app.drafts import Drafts
from huitong.app.editing import Editing
from huitong.app.policy_folders import PolicyFolders
from huitong.contracts import Actor, Command
from huitong.decisions.rollout import PolicyRollout, Version
from huitong.decisions.tables import WrittenRow, table_in

LI = Actor("li.wei", frozenset({"analyst"}))


def test_in_the_editor_and_of_the_draft(bank: Bank, monkeypatch: pytest.MonkeyPatch) -> None:
    file = bank.workspace.policy_folder("small") / "velocity.dmn"
    file.write_text(file.read_text("utf-8").replace("the fourth payment", "payment 4 or more"), "utf-8")
    live = bank.rollouts.draft(Command("c1", LI, bank.clock.now_us()), "small", "first")
    bank.workspace.freeze("small", live, bank.load("small").program.content)
    status = PolicyRollout({live: Version(live, "li.wei", "first", None, 0, "live")}, [live])
    monkeypatch.setattr(bank.rollouts, "status", lambda _: status)
    drafts = Drafts(bank, Editing(bank))
    assert problems(drafts, file, ">= 4") == []
    assert problems(drafts, file, ">= 3") == [(2, False, "the reason still says 4, which stands in no condition any more")]
    assert told(bank) == []
    file.write_text(file.read_text("utf-8").replace("&gt;= 4", "&gt;= 3"), "utf-8")
    assert problems(drafts, file, ">= 3") == [(2, False, "the reason still says 4, which stands in no condition any more")], (
        "of the live one"
    )
    assert told(bank) == ["table.reason.outdated"]


def problems(drafts: Drafts, file: Path, second: str) -> list[tuple[int | None, bool, str]]:
    table = table_in(file.read_bytes(), "velocity.dmn", "velocity")
    rows = [
        WrittenRow(place, (second, one.inputs[1]) if place == 1 else one.inputs, one.outputs, one.annotations)
        for place, one in enumerate(table.rules)
    ]
    return [(one.row, one.error, one.text["en"]) for one in drafts.table_problems("small", "velocity.dmn", "velocity", rows)]


def told(bank: Bank) -> list[str]:
    return [one.code for one in PolicyFolders(bank).files("small").findings if one.code == "table.reason.outdated"]
