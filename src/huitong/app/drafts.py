"""What somebody writes in the editor before it is a version: looked at while it is typed, and tried on what was paid lately."""

import re
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from shutil import copytree

import numpy as np

from huitong.app import replaying
from huitong.app.bank import Bank
from huitong.app.editing import Editing
from huitong.app.judgeable import customer_codes, numbers
from huitong.app.progress import silent
from huitong.console.ports_draft import CONDITION, Alone, CellProblem, FeelName, Tried, TriedPayment
from huitong.contracts import NULL_INT, Int32Array
from huitong.decisions.feel import FUNCTION_NAMES, Kind, Place, Scope, Symbols, native_expression
from huitong.decisions.policy import LoadedPolicy, content_of
from huitong.decisions.policy.inputs import scope_of
from huitong.decisions.policy.tables import CombineTable
from huitong.decisions.replay import Replayed
from huitong.decisions.tables import (
    DmnTable,
    TableChange,
    WrittenRow,
    edited,
    label_words,
    load_tables,
    outdated_reasons,
    read_dmn,
    table_in,
)
from huitong.features import FeaturePlan
from huitong.kernel import MICROSECONDS_PER_DAY, Finding, HuitongError, InputError, PolicyError, Severity, Text

EXAMPLES_MAX = 40
"""Most payments that a trial names, of each direction."""
_ROW = re.compile(r"\brow (\d+)")
_CELL = re.compile(r"\bcell '([^']*)'")
_CHARACTER = re.compile(r"\bcolumn (\d+)")
_FRAUD, _HONEST = 1, 0


class Drafts:
    """What is not yet a version. One trial at a time.

    Args:
        bank: The bank.
        editing: Its editor.
    """

    def __init__(self, bank: Bank, editing: Editing) -> None:
        self._bank = bank
        self._editing = editing
        self._turn = threading.Lock()

    def names(self, policy: str) -> Sequence[FeelName]:
        """The names that a cell or a rule may use."""
        features = [FeelName(one.name, one.title, function=False) for one in self._plan(policy).features]
        functions = [FeelName(f"{name}(", {"en": "function", "zh": "函数"}, function=True) for name in sorted(FUNCTION_NAMES)]
        return [*features, *functions]

    def with_table(self, policy: str, file: str, table: str, rows: Sequence[WrittenRow], changes: Sequence[TableChange] = ()) -> bytes:
        """The file of a table with other rows, once its shape is changed.

        Raises:
            PolicyError: As ``edited``.
        """
        return edited(self._content(policy, file), file, table, changes, rows)

    def version(self, policy: str, files: Mapping[str, bytes]) -> str:
        """The version that a policy would be with changed files; its hash.

        Raises:
            PolicyError: If it could no longer mean what it says.
        """
        with self._beside(policy, files) as folder:
            return self._bank.load(str(folder)).program.version

    def with_conditions(self, policy: str, conditions: Mapping[str, str]) -> bytes:
        """``policy.toml`` with other conditions of its rules.

        Raises:
            HuitongError: As ``Editing.conditions``.
        """
        return self._editing.conditions(policy, conditions)

    def with_thresholds(self, policy: str, thresholds: Mapping[str, float], expects: Callable[[Mapping[str, float]], None]) -> bytes:
        """``policy.toml`` with other thresholds of its score.

        Raises:
            HuitongError: As ``Editing.thresholds``.
        """
        return self._editing.thresholds(policy, thresholds, expects)

    def table_problems(
        self, policy: str, file: str, table: str, rows: Sequence[WrittenRow], changes: Sequence[TableChange] = ()
    ) -> Sequence[CellProblem]:
        """What speaks against a table with these rows: cells that are no FEEL, overlaps, rows that never decide, gaps."""
        try:
            content = self.with_table(policy, file, table, rows, changes)
        except PolicyError as error:
            return [_of_error(error)]
        symbols = Symbols()
        scope = scope_of(self._plan(policy).features, symbols)
        settings = self._bank.policies_say.of(policy)
        setting = next((one for one in settings.tables if one.file == file), None)
        if setting is not None and setting.name == settings.combine:
            scope = CombineTable.scope(symbols)
        found = load_tables({file: content}, scope, self._bank.workspace.root / "cache").findings
        outdated = outdated_reasons(table_in(content, file, table), self._before(policy, file, table))
        problems = [_of_finding(one) for one in (*(one for one in found if table in one.where), *outdated)]
        if not problems:
            return []
        labels = {label_words(label)["en"]: label for label in _labels(content, file)}
        return [replace(one, cell=labels.get(one.cell or "", one.cell)) for one in problems]

    def rule_problems(self, policy: str, conditions: Mapping[str, str]) -> Sequence[CellProblem]:
        """What speaks against the conditions of rules, by the rule's id."""
        scope = scope_of(self._plan(policy).features, Symbols())
        found = []
        for number, (rule, when) in enumerate(conditions.items(), start=1):
            problem = _unreadable(when, scope, rule)
            if problem is not None:
                found.append(CellProblem(number, CONDITION, problem.character, problem.text, problem.remedy))
        return found

    def tried(self, policy: str, files: Mapping[str, bytes], days: int) -> Tried:
        """What a change would have done: the log's last days decided as they would have been, beside what decides now.

        Args:
            policy: Name of the policy.
            files: Changed files.
            days: How many days back from the latest payment.

        Raises:
            PolicyError: If the policy could no longer mean what it says, or another trial runs.
            InputError: If there is nothing to try it on.
        """
        if not self._turn.acquire(blocking=False):
            raise PolicyError(
                "policy.trial.busy",
                {"en": "another trial runs", "zh": "已有试算正在运行"},
                {"en": "try again in a moment", "zh": "请稍后重试"},
            )
        try:
            with self._beside(policy, files) as folder:
                draft = self._bank.load(str(folder))
            live = self._bank.rollouts.status(policy).live
            now = self._bank.load(policy if live is None else f"{policy}@{live.hash}")
            folder_now = self._differing(policy, now)
            rivals = [now] if folder_now is None else [now, folder_now]
            taken = self._bank.take_in(None, None, silent, draft, *rivals)
            replayed = replaying.replay_policies(draft, rivals, self._bank.engine, taken, threads=self._bank.threads, progress=silent)
            label = replaying.labelled(replayed, taken, draft.program.settings).label
        finally:
            self._turn.release()
        found = _counted(replayed, label, draft, days)
        found = replace(found, examples=[replace(one, decided=bool(self._bank.log.decisions_of(one.event))) for one in found.examples])
        if folder_now is None or live is None:
            return found
        return replace(found, alone=_alone(replayed, label, found.since_us, policy, live.hash))

    def _differing(self, policy: str, now: LoadedPolicy) -> LoadedPolicy | None:
        """What stands in the folder without the change, where that is neither what decides now nor something that cannot be read."""
        with suppress(HuitongError):
            folder = self._bank.load(policy)
            return None if folder.program.version == now.program.version else folder
        return None

    def _before(self, policy: str, file: str, table: str) -> Iterator[DmnTable]:
        """The table as the folder has it, and as the live version has it."""
        yield table_in(self._content(policy, file), file, table)
        live = self._bank.rollouts.status(policy).live
        with suppress(HuitongError, KeyError):  # a version from before the table, or one whose files are gone
            if live is not None:
                yield table_in(content_of(self._bank.workspace.policy_folder(f"{policy}@{live.hash}"))[file], file, table)

    def _plan(self, policy: str) -> FeaturePlan:
        return self._bank.load(policy, trained=False).plan

    def _content(self, policy: str, file: str) -> bytes:
        content = content_of(self._bank.workspace.policy_folder(policy))
        if file not in content:
            raise InputError(
                "policy.file.unknown",
                {"en": f"the policy has no file {file}", "zh": f"该策略没有文件 {file}"},
                {"en": "reload the page", "zh": "请刷新页面"},
            )
        return content[file]

    @contextmanager
    def _beside(self, policy: str, files: Mapping[str, bytes]) -> Iterator[Path]:
        folder = self._bank.workspace.policy_folder(policy)
        with tempfile.TemporaryDirectory() as scratch:
            beside = Path(scratch) / folder.name
            copytree(folder, beside)
            for file, content in files.items():
                self._content(policy, file)
                (beside / file).write_bytes(content)
            yield beside


def _unreadable(when: str, scope: Scope, rule: str) -> CellProblem | None:
    try:
        native_expression(when, scope, Place("policy.toml", rule, cell="when"), expected=Kind.BOOLEAN)
    except HuitongError as error:
        return _of_error(error)
    return None


def _labels(content: bytes, file: str) -> list[str]:
    """What the columns are called as the editor knows them; errors say it in the reader's language."""
    try:
        return [column.label for table in read_dmn(content, file) for column in table.inputs]
    except PolicyError:
        return []


def _of_error(error: HuitongError) -> CellProblem:
    return _problem(error.cause["en"], error.cause, error.remedy, error=True)


def _of_finding(found: Finding) -> CellProblem:
    return _problem(f"{found.where}, {found.text['en']}", found.text, found.remedy, error=found.severity is Severity.ERROR)


def _problem(place: str, text: Text, remedy: Text, *, error: bool) -> CellProblem:
    """A problem with its place, which is written as ``Place.text`` writes it."""
    row, cell, character = (pattern.search(place) for pattern in (_ROW, _CELL, _CHARACTER))
    return CellProblem(
        int(row[1]) if row else None, cell[1] if cell else None, int(character[1]) if character else None, text, remedy, error=error
    )


def _counted(replayed: Replayed, label: np.ndarray, draft: LoadedPolicy, days: int) -> Tried:
    events, fraud, honest = replayed.events, label == _FRAUD, label == _HONEST
    if not len(events):
        raise InputError(
            "policy.trial.empty",
            {"en": "the log holds no payments to try it on", "zh": "日志中没有可用于试算的支付"},
            {"en": "take payments in first: huitong ingest", "zh": "请先导入支付：huitong ingest"},
        )
    until_us = int(events.time_us.max())
    since_us = until_us - days * MICROSECONDS_PER_DAY
    rows = events.time_us > since_us
    after, before = (one.outcome for one in replayed.policies[:2])
    words = draft.program.settings.outcomes
    harder, milder = rows & (after > before), rows & (after < before)
    amounts, customers = numbers(events, "amount"), customer_codes(events)
    money = np.where(amounts == NULL_INT, 0, amounts)

    # What may speak against the change first: fraud that it lets go, then those it hurts who did no wrong.
    urgency = np.select([fraud & milder, honest & harder, ~fraud & harder], [0, 1, 2], 3)

    def first(places: np.ndarray) -> np.ndarray:
        return places[np.lexsort((-money[places], urgency[places]))]

    def named() -> list[TriedPayment]:
        order = first(np.concatenate([first(np.flatnonzero(which))[:EXAMPLES_MAX] for which in (harder, milder)]))
        names = events.keys.get("customer")
        return [
            TriedPayment(
                event=str(events.ids[int(row)].as_py()),
                time_us=int(events.time_us[row]),
                customer=None if names is None or customers[row] < 0 else str(names.values[int(customers[row])].as_py()),
                amount_minor=None if amounts[row] == NULL_INT else int(amounts[row]),
                before=words[int(before[row])],
                after=words[int(after[row])],
                fraud=None if label[row] < 0 else bool(fraud[row]),
            )
            for row in order.tolist()
        ]

    return Tried(
        since_us=since_us,
        until_us=until_us,
        payments=int(rows.sum()),
        before={word: int((rows & (before == rank)).sum()) for rank, word in enumerate(words)},
        after={word: int((rows & (after == rank)).sum()) for rank, word in enumerate(words)},
        harder=int(harder.sum()),
        milder=int(milder.sum()),
        fraud_stopped_minor=int(money[rows & fraud & (before == 0) & (after > 0)].sum()),
        fraud_missed_minor=int(money[rows & fraud & (before > 0) & (after == 0)].sum()),
        hurt=_persons(customers, harder & honest),
        spared=_persons(customers, milder & honest),
        hurt_unknown=_persons(customers, harder & ~honest & ~fraud),
        spared_unknown=_persons(customers, milder & ~honest & ~fraud),
        examples=named(),
        kind=draft.program.settings.decides,
    )


def _persons(customers: Int32Array, which: np.ndarray) -> int:
    found = customers[which]
    return len(np.unique(found[found >= 0]))


def _alone(replayed: Replayed, label: np.ndarray, since_us: int, policy: str, live: str) -> Alone:
    rows, customers = replayed.events.time_us > since_us, customer_codes(replayed.events)
    after, before, folder = (one.outcome for one in replayed.policies)
    harder = rows & (after > folder)
    return Alone(
        policy=policy,
        live=live,
        harder=int(harder.sum()),
        milder=int((rows & (after < folder)).sum()),
        of_folder=int((rows & (after != before) & (after == folder)).sum()),
        hurt=_persons(customers, harder & (label == _HONEST)),
        hurt_unknown=_persons(customers, harder & (label < 0)),
    )
