"""A change of a policy that is sent again, because its answer was lost, is carried out once, whatever was changed since."""

from dataclasses import replace
from pathlib import Path

import pytest

from huitong.app import Source, editing
from huitong.app.editing import Editing
from huitong.app.serving import BankService
from huitong.app.working import WorkBank
from huitong.console.forms import Given
from huitong.console.work.draft_acts import DRAFT_ACTS
from huitong.console.work.policy_acts import POLICY_ACTS, tag_of
from huitong.decisions.policy import content_of
from huitong.kernel import InputError
from tests.app.test_rollouts import LI, People, first_live, people
from tests.app.test_undrafted import edited

__all__ = ["people"]


class _Killed(BaseException):
    """The process ends here."""


def form(root: Path, **values: str) -> Given:
    """What a form of the editor sends, opened now."""
    seen = tag_of((root / "policies" / "small" / "policy.toml").read_bytes())
    given = {"policy": "small", "table": "", "reason": "a lower limit", "seen": seen, **values}
    return Given({name: (value,) for name, value in given.items()}, "Asia/Shanghai", "CNY")


def test_an_edit_sent_again_is_answered_as_the_first_time_also_once_others_went_on(
    people: People, sources: list[Source], root: Path
) -> None:
    first_live(people, sources)
    port, folder = WorkBank(people.bank, BankService(people.bank, "small")), root / "policies" / "small"
    text = edited(root, "a huge amount", "a very huge amount")["policy.toml"].decode()
    sent = {
        "policy.edit": form(root, rows='{"huge": "amount > 100000"}'),
        "policy.change": form(root, file="policy.toml", content=text),
    }
    for name, typed in sent.items():
        act, command = {**DRAFT_ACTS, **POLICY_ACTS}[name], people(LI)
        given = replace(typed, values={**typed.values, "seen": form(root).values["seen"]})
        done, as_it_is, end = act(port, command, given), content_of(folder), people.bank.log.end()
        assert act(port, command, given) == done
        with pytest.raises(InputError, match="changed by somebody else"):
            act(port, people(LI), given)
        assert (content_of(folder), people.bank.log.end()) == (as_it_is, end)
    assert DRAFT_ACTS["policy.edit"](port, people(LI), form(root, rows='{"huge": "amount > 90000"}')) != done
    last = content_of(folder)
    assert act(port, command, given) == done
    assert content_of(folder) == last, "what others drafted since stays"
    people.bank.close()


def test_a_version_taken_up_again_is_not_taken_up_over_what_was_drafted_since(people: People, sources: list[Source], root: Path) -> None:
    first = first_live(people, sources)
    editor, folder = Editing(people.bank), root / "policies" / "small"
    editor.change(people(LI), "small", edited(root, "amount > 200000", "amount > 300000"), "a higher limit")
    command = people(LI)
    assert editor.take_up(command, "small", first, "the higher one is too high") == first
    editor.change(people(LI), "small", edited(root, "amount > 200000", "amount > 250000"), "something between")
    last = content_of(folder)
    assert editor.take_up(command, "small", first, "the higher one is too high") == first
    assert content_of(folder) == last
    people.bank.close()


def test_what_a_process_that_ended_left_unwritten_is_written_when_the_edit_is_sent_again(
    people: People, sources: list[Source], root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first_live(people, sources)
    port, given, command = WorkBank(people.bank, BankService(people.bank, "small")), form(root, rows='{"huge": "amount > 1"}'), people(LI)

    def killed(*_: object) -> None:
        raise _Killed

    with monkeypatch.context() as ending:
        ending.setattr(editing, "_write", killed)
        with pytest.raises(_Killed):
            DRAFT_ACTS["policy.edit"](port, command, given)
    DRAFT_ACTS["policy.edit"](port, command, given)
    assert b'"amount > 1"' in (root / "policies" / "small" / "policy.toml").read_bytes()
    people.bank.close()
