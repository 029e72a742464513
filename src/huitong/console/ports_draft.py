"""What the editor of policies asks of a bank about what is not yet a version."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from huitong.decisions.tables import TableChange, WrittenRow
from huitong.kernel import Text


@dataclass(frozen=True, slots=True)
class FeelName:
    """A name that a cell or rule may use: of a feature, or of a function with its opening parenthesis."""

    name: str
    title: Text
    function: bool


CONDITION = "when"
"""The cell of a rule that holds its condition."""


@dataclass(frozen=True, slots=True)
class CellProblem:
    """What speaks against a cell, a row or a whole table.

    Attributes:
        row: Number of the row, counted from 1; ``None`` for the whole.
        cell: Label of the column; ``None`` for the whole row.
        character: Where in the cell's text, counted from 1.
        text: What is wrong.
        remedy: What to do about it.
        error: Whether the table can't be used like that; else it is a warning.
    """

    row: int | None
    cell: str | None
    character: int | None
    text: Text
    remedy: Text
    error: bool = True


@dataclass(frozen=True, slots=True)
class TriedPayment:
    """A payment that a change would decide differently.

    Attributes:
        event: Its id.
        time_us: When.
        customer: Whose.
        amount_minor: How much, in minor units.
        before: Outcome by what decides now.
        after: Outcome with the change.
        fraud: Whether it was fraud; ``None`` where that is not known.
        decided: Whether the log holds a decision on it: what was paid before the bank decided here has none.
    """

    event: str
    time_us: int
    customer: str | None
    amount_minor: int | None
    before: str
    after: str
    fraud: bool | None
    decided: bool = True


@dataclass(frozen=True, slots=True)
class Alone:
    """What a change does by itself, where its folder differs from what decides now already.

    Attributes:
        policy: Name of the policy.
        live: Hash of what decides now.
        harder: Decided more severely than by the folder without the change.
        milder: Likewise more mildly.
        of_folder: How many of the payments that are decided otherwise than now would be so without the change, too.
        hurt: Customers with an honest payment that would be decided more severely than by the folder without the change.
        hurt_unknown: Likewise those with a payment of which nobody knows yet.
    """

    policy: str
    live: str
    harder: int
    milder: int
    of_folder: int
    hurt: int = 0
    hurt_unknown: int = 0


@dataclass(frozen=True, slots=True)
class Tried:
    """What a change would have done.

    Attributes:
        since_us: From when on, µs UTC.
        until_us: Until when.
        payments: How many were decided.
        before: Outcomes by what decides now.
        after: Outcomes with the change.
        harder: Decided more severely.
        milder: Decided more mildly.
        fraud_stopped_minor: Known fraud that is let through now, with the mildest outcome, and would not be.
        fraud_missed_minor: Known fraud that is not let through now and would be.
        hurt: Customers with an honest payment that would be decided more severely.
        spared: Likewise more mildly.
        hurt_unknown: Customers with a payment that would be decided more severely and of which nobody knows yet.
        spared_unknown: Likewise more mildly.
        examples: Some of the payments that differ: first fraud decided more mildly, then others decided more severely, the largest first.
        alone: What the change does by itself; ``None`` where its folder is what decides now.
        kind: Kind of event that was decided.
    """

    since_us: int
    until_us: int
    payments: int
    before: Mapping[str, int]
    after: Mapping[str, int]
    harder: int
    milder: int
    fraud_stopped_minor: int
    fraud_missed_minor: int
    hurt: int
    spared: int
    hurt_unknown: int
    spared_unknown: int
    examples: Sequence[TriedPayment]
    alone: Alone | None = None
    kind: str = ""


class DraftPort(Protocol):
    """What a bank does for the editor."""

    def names(self, policy: str) -> Sequence[FeelName]:
        """The names that a cell or a rule may use."""
        ...

    def with_table(self, policy: str, file: str, table: str, rows: Sequence[WrittenRow], changes: Sequence[TableChange] = ()) -> bytes:
        """The file of a table with other rows, once its shape is changed."""
        ...

    def version(self, policy: str, files: Mapping[str, bytes]) -> str:
        """The version that a policy would be with changed files; its hash."""
        ...

    def with_conditions(self, policy: str, conditions: Mapping[str, str]) -> bytes:
        """``policy.toml`` with other conditions of its rules, by the rule's id."""
        ...

    def with_thresholds(self, policy: str, thresholds: Mapping[str, float], expects: Callable[[Mapping[str, float]], None]) -> bytes:
        """``policy.toml`` with other thresholds of its score, by outcome, unless what holds is refused by ``expects``."""
        ...

    def table_problems(
        self, policy: str, file: str, table: str, rows: Sequence[WrittenRow], changes: Sequence[TableChange] = ()
    ) -> Sequence[CellProblem]:
        """What speaks against a table with these rows."""
        ...

    def rule_problems(self, policy: str, conditions: Mapping[str, str]) -> Sequence[CellProblem]:
        """What speaks against the conditions of rules, by the rule's id."""
        ...

    def tried(self, policy: str, files: Mapping[str, bytes], days: int) -> Tried:
        """What a change would have done on the log's last days, beside what decides now."""
        ...
