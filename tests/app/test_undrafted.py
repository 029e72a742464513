"""What stands in a policy's folder and is no version: nobody goes on from it from a page, so that whose work it is stands in the book."""

from pathlib import Path

import pytest

from huitong.app import Source, editing
from huitong.app.editing import Editing
from huitong.contracts import Actor
from huitong.decisions.policy import content_of, load
from huitong.decisions.policy.version import version_of
from huitong.kernel import InputError, PolicyError
from tests.app.test_rollouts import LI, People, change, first_live, people

__all__ = ["people"]
BOTH, ZHAO = Actor("chen", frozenset({"analyst", "approver"})), Actor("zhao", frozenset({"analyst"}))


class _Killed(BaseException):
    """The process ends here."""


def edited(root: Path, before: str, after: str) -> dict[str, bytes]:
    text = (root / "policies" / "small" / "policy.toml").read_text("utf-8")
    assert before in text
    return {"policy.toml": text.replace(before, after).encode()}


def test_what_nobody_drafted_is_no_part_of_the_next_editors_version(people: People, sources: list[Source], root: Path) -> None:
    office, editor, folder = people.bank.rollouts, Editing(people.bank), root / "policies" / "small"
    first_live(people, sources)
    change(root, "amount > 200000", "amount > 9000000")
    by_hand, versions = content_of(folder), len(office.status("small").versions)
    with pytest.raises(InputError) as refused:
        editor.change(people(ZHAO), "small", edited(root, "a huge amount", "a very huge amount"), "a clearer word")
    assert refused.value.code == "policy.folder.undrafted"
    assert (content_of(folder), len(office.status("small").versions)) == (by_hand, versions), "nothing was changed"

    office.draft(people(BOTH), "small", "a higher limit")
    third = editor.change(people(ZHAO), "small", edited(root, "a huge amount", "a very huge amount"), "a clearer word")
    assert office.status("small").authors_of(third) == {"chen", "zhao"}
    office.replayed(people(LI), "small", people.bank.replay("small", sources))
    with pytest.raises(PolicyError):
        office.forward(people(BOTH), "small", third, "shadow")


def test_a_process_that_ends_before_a_change_is_drafted_leaves_the_folder_as_it_was(
    people: People, sources: list[Source], root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first_live(people, sources)
    as_it_was = content_of(root / "policies" / "small")

    def killed(*_: object) -> None:
        raise _Killed

    with monkeypatch.context() as ending:

        def ended(*_: object) -> None:
            ending.setattr(editing, "write_whole", killed)  # nothing is put back either
            raise _Killed

        ending.setattr(people.bank.rollouts, "_act", ended)
        with pytest.raises(_Killed):
            Editing(people.bank).change(people(BOTH), "small", edited(root, "amount > 200000", "amount > 9000000"), "a higher limit")
    assert content_of(root / "policies" / "small") == as_it_was


def test_after_a_process_ended_before_it_wrote_what_was_drafted_the_next_editor_goes_on_from_what_stands_there(
    people: People, sources: list[Source], root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    office, editor = people.bank.rollouts, Editing(people.bank)
    first = first_live(people, sources)
    higher, command = edited(root, "amount > 200000", "amount > 9000000"), people(BOTH)

    def killed(*_: object) -> None:
        raise _Killed

    with monkeypatch.context() as ending:
        ending.setattr(editing, "write_whole", killed)
        with pytest.raises(_Killed):
            editor.change(command, "small", higher, "a higher limit")
    second = office.status("small").folder
    assert second not in (None, first)
    third = editor.change(people(ZHAO), "small", edited(root, "a huge amount", "a very huge amount"), "a clearer word")
    assert office.status("small").versions[third].edited_from == first
    assert office.status("small").authors_of(third) == {"zhao"}
    assert editor.take_up(people(LI), "small", str(second), "it was lost") == second
    assert content_of(root / "policies" / "small")["policy.toml"] == higher["policy.toml"]
    assert editor.change(command, "small", edited(root, "amount > 9000000", "amount > 8000000"), "the same command again") == second
    assert content_of(root / "policies" / "small")["policy.toml"] == higher["policy.toml"], "nothing undrafted stays behind"


def test_after_an_update_of_the_software_what_was_drafted_is_taken_up_and_edited(
    people: People, sources: list[Source], root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    office, editor, first = people.bank.rollouts, Editing(people.bank), first_live(people, sources)
    monkeypatch.setattr(load, "version_of", lambda content, engines: version_of(content, {**engines, "tzdata": "2099z"}))
    today = editor.take_up(people(LI), "small", first, "as it was signed")
    assert office.status("small").versions[today].edited_from == first
    third = editor.change(people(ZHAO), "small", edited(root, "a huge amount", "a very huge amount"), "a clearer word")
    assert office.status("small").versions[third].edited_from == today
