"""What comes of typing in the editor: problems found, trials, versions."""

from collections.abc import Mapping, Sequence
from typing import TypeVar

import msgspec

from huitong.console.acting import Act, Done
from huitong.console.answering import Ask, Shown
from huitong.console.forms import Given
from huitong.console.markup import markup
from huitong.console.ports_work import WorkPort
from huitong.console.visit import Visit
from huitong.console.work.editor import TRIED_DAYS, Edited, shaped_table
from huitong.console.work.look import Look, look_of, path_to
from huitong.console.work.policy_acts import draft_file, drafted, seen
from huitong.console.work.showing import work_of
from huitong.console.work.table_forms import SHAPE_ASK, shape_dialogs
from huitong.console.work.thresholds import scores_of, thresholds_fine, thresholds_seen
from huitong.console.work.trial import nothing_wrong, problems_shown, trial_view
from huitong.contracts import Command
from huitong.decisions.policy import SETTINGS_FILE
from huitong.decisions.tables import TableChange, WrittenRow, reshaped, rows_after, rows_without_last, table_in
from huitong.identity import ROLES_OF_ALL, ROLES_WHO_READ
from huitong.kernel import InputError

T = TypeVar("T")
CHANGES_MAX = 50
"""Most changes of a table's shape that are collected before they are drafted."""


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


def _changes(given: Given) -> Sequence[TableChange]:
    changes = _typed(given, list[TableChange], "shape") if given.text("shape", None) else []
    if len(changes) > CHANGES_MAX:
        raise InputError(
            "console.changes",
            {"en": f"more than {CHANGES_MAX} columns are changed at once", "zh": f"一次修改的列超过 {CHANGES_MAX} 处"},
            {"en": "draft what is changed so far", "zh": "请先登记已作的修改"},
        )
    return changes


def _typed(given: Given, kind: type[T], name: str = "rows") -> T:
    try:
        return msgspec.json.decode(given.text(name, None), type=kind)
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
    if given.text("thresholds"):
        return file, _thresholds(bank, given, scores_of(given))
    if not table:
        return file, bank.drafts.with_conditions(policy, _conditions(given))
    return file, bank.drafts.with_table(policy, file, table, _rows(given), _changes(given))


def _thresholds(bank: WorkPort, given: Given, scores: Mapping[str, float]) -> bytes:
    return bank.drafts.with_thresholds(given.text("policy"), scores, thresholds_seen(given, scores))


def _save(bank: WorkPort, command: Command, given: Given) -> Done:
    policy = given.text("policy")
    version = bank.drafted_before(command, policy)  # sent again, it finds its own change in the file
    if version is None:
        file, content = _changed(bank, given)
        version = draft_file(bank, command, given, file, content)
    return Done(drafted(version), path_to("policies", policy))


def _look(visit: Visit, given: Given) -> Look:
    return look_of(visit, "policy", given.text("policy")[:128])


def _check(visit: Visit, given: Given) -> Shown:
    bank, look, policy, table, file = work_of(visit), _look(visit, given), given.text("policy"), given.text("table"), given.text("file")
    if given.text("thresholds"):
        scores = scores_of(given)
        _thresholds(bank, given, scores)
        return problems_shown((), thresholds_fine(scores, look), look)
    if not table:
        fine = look.pick("Every condition can be read.", "所有条件均可解析。")
        return problems_shown(bank.drafts.rule_problems(policy, _conditions(given)), fine, look)
    rows, changes = _rows(given), _changes(given)
    found = bank.drafts.table_problems(policy, file, table, rows, changes)
    if found:
        return problems_shown(found, "", look)
    one = table_in(reshaped(bank.file_of(policy, file).encode(), file, table, changes), file, table)
    return problems_shown((), nothing_wrong(one, look), look)


def _trial(visit: Visit, given: Given) -> Shown:
    bank, look = work_of(visit), _look(visit, given)
    file, content = _changed(bank, given)
    days = given.one_of("days", [str(one) for one in TRIED_DAYS]) if given.text("days") else TRIED_DAYS[0]
    tried = bank.drafts.tried(given.text("policy"), {file: content}, int(days))
    return Shown(trial_view(tried, look))


def _shape(visit: Visit, given: Given) -> Shown:
    """The table in the editor once its shape is changed, or the last change is taken back; cells keep what was typed into them."""
    bank, look = work_of(visit), _look(visit, given)
    policy, file, table = given.text("policy"), given.text("file"), given.text("table")
    changes, rows = _changes(given), _rows(given)
    content = bank.file_of(policy, file).encode()
    seen(given)({file: content})
    if given.text("how") == "undo":
        if changes:
            rows, changes = rows_without_last(content, file, table, changes, rows), changes[:-1]
    else:
        change = _change_of(given)
        rows, changes = rows_after(rows, change), [*changes, change]
    one = table_in(reshaped(content, file, table, changes), file, table)
    known = Edited(policy, bank.policy_files(policy), bank.drafts.names(policy), given.text("seen"), live=True)
    return Shown(markup(shaped_table(one, rows, changes, known, look), shape_dialogs(one, known.names, look)))


def _change_of(given: Given) -> TableChange:
    how = given.one_of("how", ("add", "remove", "rename", "hit"))
    if how == "add":
        return TableChange("add", expression=given.text("expression"), label=given.text("label"))
    if how == "hit":
        return TableChange("hit", hit=given.text("hit"))
    if how == "remove":
        return TableChange("remove", place=given.number("place"))
    return TableChange("rename", place=given.number("place"), label=given.text("label"))


DRAFT_ACTS: Mapping[str, Act[WorkPort]] = {"policy.edit": _save}
DRAFT_ASKS: Mapping[str, Ask] = {
    "policy.check": Ask(_check, ROLES_OF_ALL),
    "policy.trial": Ask(_trial, ROLES_WHO_READ),
    SHAPE_ASK: Ask(_shape, ROLES_OF_ALL),
}
