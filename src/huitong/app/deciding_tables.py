"""A table's events decided one after the other, each as if it had just come in."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from huitong.app.bank import Bank
from huitong.app.conflicts import Conflict, keep
from huitong.app.deciding import other_kind
from huitong.app.progress import Progress, silent
from huitong.app.sources import Source, Taken
from huitong.kernel import DataError


@dataclass(frozen=True, slots=True)
class DecidedTable:
    """What became of a table's events.

    Attributes:
        policy: Name of the policy that decided.
        version: Its version today; what was decided before keeps the version that answered then.
        outcomes: How many events have each outcome, those that were decided before among them.
        new: How many were decided now.
        before: How many had been decided by this policy before; they keep their first answer.
        left_out: How many events of other kinds the tables hold, by kind: nothing was done with them.
        taken: What was read, and what was set aside: rows with findings, and events whose id is in the log with other content.
    """

    policy: str
    version: str
    outcomes: Mapping[str, int]
    new: int
    before: int
    left_out: Mapping[str, int]
    taken: Taken


def decide_tables(bank: Bank, sources: Sequence[Source], *, policy: str | None = None, progress: Progress = silent) -> DecidedTable:
    """Decides the events of tables in the order of their time, each durable before the next; cut off, it can be repeated.

    Args:
        bank: The bank.
        sources: Tables of events that the policy decides; events of other kinds in them are left out.
        policy: Name of the policy; not needed where the bank has only one.
        progress: Told how far it is.

    Raises:
        InputError: If a table is not there, cannot be read, or holds nothing that the policy decides.
        ExternalError: If the disk refuses; what was decided before stays.
    """
    taken = bank.take_in(sources, None, progress)
    live = bank.live(policy, progress=progress)
    kind, contract = live.loaded.plan.decides, live.loaded.contract
    left_out = {other: len(batch) for other, batch in taken.batches.items() if other != kind and len(batch)}
    if kind not in taken.batches and left_out:
        other = next(iter(left_out))
        raise other_kind(next(taken.batches[other].events(bank.contracts[other])), live.loaded)
    outcomes, conflicts = Counter[str](), list[Conflict]()
    new = before = 0
    batch = taken.batches[kind].in_time_order() if kind in taken.batches else None
    for number, event in enumerate(() if batch is None else batch.events(contract)):
        progress("deciding", number, len(batch or ()))
        end = bank.log.end()
        try:
            outcomes[live.decide(event).outcome] += 1
        except DataError as error:
            there = bank.log.event(event.id)
            if error.code != "store.conflict" or there is None:
                raise
            conflicts.append(Conflict(event, there))
            continue
        grown = bank.log.end() > end
        new, before = new + grown, before + (not grown)
    total = len(batch or ())
    progress("deciding", total, total)
    if conflicts:
        findings = tuple(one.finding(contract) for one in conflicts)
        taken = replace(taken, conflicts=findings, conflicts_kept=keep(conflicts, bank.workspace.root / "quarantine"))
    program = live.loaded.program
    return DecidedTable(program.settings.name, program.version, dict(outcomes), new, before, left_out, taken)
