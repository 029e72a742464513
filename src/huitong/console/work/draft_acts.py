"""What comes of typing in the editor: problems found, trials, versions."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

import msgspec

from huitong.console.acting import Act, Done
from huitong.console.answering import Ask, Shown
from huitong.console.forms import Given
from huitong.console.ports_work import WorkPort
from huitong.console.visit import Visit
from huitong.console.work.look import Look, look_of, path_to
from huitong.console.work.policy_acts import SETTINGS_FILE, drafted, seen
from huitong.console.work.showing import work_of
from huitong.console.work.table_forms import TABLE_ACT
from huitong.console.work.trial import note_trial, problems_shown, trial_view
from huitong.contracts import Command
from huitong.decisions.tables import WrittenRow, with_column, with_hit_policy, with_label, without_column
from huitong.kernel import InputError

T = TypeVar("T")
TRIED_DAYS = 7


class _Row(msgspec.Struct):
    origin: int | None
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    annotations: tuple[str, ...]


def _rows(given: Given) -> Sequence[WrittenRow]:
    rows = _typed(given, list[_Row])
    return [WrittenRow(one.origin, one.inputs, one.outputs, one.annotations) for one in rows]


def _conditions(given: Given) -> Mapping[str, str]:
    return _typed(given, dict[str, str])


def _typed(given: Given, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(given.text("rows"), type=kind)
    except msgspec.DecodeError as error:
        raise InputError(
            "console.rows",
            {"en": f"the rows cannot be read: {error}", "zh": f"无法读取表格内容：{error}"},
            {"en": "reload the page", "zh": "请刷新页面"},
        ) from None


def _changed(bank: WorkPort, given: Given) -> tuple[str, bytes]:
    """The file that was changed, and its content."""
    policy, table = given.text("policy"), given.text("table")
    file = given.text("file") if table else SETTINGS_FILE
    seen(given)({file: bank.file_of(policy, file).encode()})
    if not table:
        return file, bank.drafts.with_conditions(policy, _conditions(given))
    return file, bank.drafts.with_table(policy, file, table, _rows(given))


def _save(bank: WorkPort, command: Command, given: Given) -> Done:
    policy = given.text("policy")
    file, content = _changed(bank, given)
    version = bank.change_file(replace(command, expects=seen(given)), policy, file, content, given.text("reason"))
    return Done(drafted(version), path_to("policies", policy))


def _shaped(bank: WorkPort, command: Command, given: Given) -> Done:
    """A version with other columns or another hit policy of a table."""
    policy, file, table = given.text("policy"), given.text("file"), given.text("table")
    content = bank.file_of(policy, file).encode()
    how = given.one_of("how", ("add", "remove", "rename", "hit"))
    if how == "add":
        after = with_column(content, file, table, given.text("expression"), given.text("label"))
    elif how == "remove":
        after = without_column(content, file, table, given.number("place"))
    elif how == "rename":
        after = with_label(content, file, table, given.number("place"), given.text("label"))
    else:
        after = with_hit_policy(content, file, table, given.text("hit"))
    version = bank.change_file(replace(command, expects=seen(given)), policy, file, after, given.text("reason"))
    return Done(drafted(version), path_to("policies", policy, "tables", table))


def _look(visit: Visit, given: Given) -> Look:
    return look_of(visit, "policy", given.text("policy")[:128])


def _check(visit: Visit, given: Given) -> Shown:
    bank, policy, table = work_of(visit), given.text("policy"), given.text("table")
    found = (
        bank.drafts.table_problems(policy, given.text("file"), table, _rows(given))
        if table
        else bank.drafts.rule_problems(policy, _conditions(given))
    )
    return problems_shown(found, _look(visit, given), of_rules=not table)


def _trial(visit: Visit, given: Given) -> Shown:
    bank, look = work_of(visit), _look(visit, given)
    file, content = _changed(bank, given)
    tried = bank.drafts.tried(given.text("policy"), {file: content}, TRIED_DAYS)
    note_trial(visit, look, tried)
    return Shown(trial_view(tried, visit, look))


DRAFT_ACTS: Mapping[str, Act[WorkPort]] = {"policy.edit": _save, TABLE_ACT: _shaped}
DRAFT_ASKS: Mapping[str, Ask] = {"policy.check": _check, "policy.trial": _trial}
