"""Tables on their way in: which file under which mapping, and what became of them together."""

import hashlib
import itertools
from collections import Counter
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

import pyarrow as pa

from huitong.app.folding import columns_of_log
from huitong.app.house import CURRENCY, house_contracts, require_foreign
from huitong.app.known_settings import KnownSettings
from huitong.app.progress import Progress
from huitong.app.workspace import Workspace, disk_refused
from huitong.contracts import DataContract, EventBatch, Int64Array, Log
from huitong.data import Quarantine, TableMapping, fitting_mappings, read_mended, read_table
from huitong.decisions.policy import LoadedPolicy
from huitong.kernel import Clock, Finding, InputError

Table: TypeAlias = str | Path | pa.Table


@dataclass(frozen=True, slots=True)
class Source:
    """A table, or a mended quarantine file, and the mapping that reads it: its name or path; ``None`` for the one that fits the columns."""

    table: Path | pa.Table
    mapping: str | None = None

    @property
    def name(self) -> str:
        """What to call the table."""
        return self.table.name if isinstance(self.table, Path) else "table"


def sources_of(table: Table | Sequence[Source], mapping: str | None) -> Sequence[Source]:
    """Tables with their mappings; of one table alone, with this one."""
    if isinstance(table, str | Path | pa.Table):
        return [Source(Path(table) if isinstance(table, str) else table, mapping)]
    return table


@dataclass(frozen=True, slots=True)
class Taken:
    """Everything that came in.

    Attributes:
        batches: Events by kind.
        rows: Rows read.
        repeated: Rows dropped because they were there before with the same content.
        findings: How many findings of each code.
        quarantines: Rows set aside, by the file in which they are kept.
        hashes: SHA-256 of each file, by its label.
        arrival: Place of each row in the log, by kind, where the events come from a log; by default they come by time.
        sources: The tables.
        conflicts: Events that were set aside because the log holds their id with other content.
        conflicts_kept: The file in which they are kept, each with what the log holds.
    """

    batches: Mapping[str, EventBatch]
    rows: int
    repeated: int
    findings: Mapping[str, int]
    quarantines: Mapping[Path, Quarantine] = field(default_factory=dict)
    hashes: Mapping[str, str] = field(default_factory=dict)
    arrival: Mapping[str, Int64Array] | None = None
    sources: Sequence[Source] = ()
    conflicts: tuple[Finding, ...] = ()
    conflicts_kept: Path | None = None

    @property
    def quarantined(self) -> int:
        """Rows set aside."""
        return sum(len(quarantine) for quarantine in self.quarantines.values())


def take_in(
    sources: Sequence[Source], workspace: Workspace, contracts: Mapping[str, DataContract], clock: Clock, progress: Progress
) -> Taken:
    """Reads, checks and joins tables; what cannot be taken in is kept in the bank's quarantine.

    Raises:
        InputError: If there is no source, a file is missing or unreadable, or a mapping makes a kind without a contract.
        DataError: If a file is damaged.
        PolicyError: If a mapping does not fit its contract.
        ExternalError: If the disk refuses.
    """
    if not sources:
        raise InputError(
            "source.none",
            {"en": "no table was given", "zh": "没有给出数据表"},
            {"en": "give --input FILE --mapping NAME", "zh": "请给出 --input 文件 --mapping 名称"},
        )
    parts: dict[str, list[EventBatch]] = {}
    rows = repeated = 0
    findings: Counter[str] = Counter()
    quarantines: dict[Path, Quarantine] = {}
    hashes: dict[str, str] = {}
    for number, source in enumerate(sources):
        progress("reading", number, len(sources))
        table = opened(source.table)
        mapping = TableMapping.load(workspace.file("mappings", source.mapping or fitting_mapping(workspace, table)))
        labels = mapping.labels.kind if mapping.labels else None
        for kind in (mapping.kind, labels or mapping.kind):
            require_foreign(kind)
        intake = read_table(table, mapping, contract_of(contracts, mapping.kind), contract_of(contracts, labels) if labels else None, clock)
        for batch in (intake.events, intake.labels):
            if batch is not None:
                parts.setdefault(batch.kind, []).append(batch)
        rows, repeated = rows + intake.rows, repeated + intake.repeated
        findings.update(intake.findings)
        if len(intake.quarantine):
            quarantines[_kept(intake.quarantine, workspace.root / "quarantine", source.name)] = intake.quarantine
        if isinstance(source.table, Path):
            hashes[label(source.table, hashes)] = file_hash(source.table)
    progress("reading", len(sources), len(sources))
    batches = {kind: batches[0] if len(batches) == 1 else EventBatch.concat(batches) for kind, batches in parts.items()}
    return Taken(batches, rows, repeated, dict(findings), quarantines, hashes, sources=sources)


def opened(table: Path | pa.Table) -> Path | pa.Table:
    """What to read a table from: a quarantine file stands for the rows that were mended in it."""
    return read_mended(table) if isinstance(table, Path) and table.suffix.lower() == ".jsonl" else table


def contracts_in(workspace: Workspace) -> dict[str, DataContract]:
    """The bank's data contracts, and those of what Huitong itself writes, by kind of event.

    Raises:
        PolicyError: If one cannot mean what it says.
    """
    return _own_contracts(workspace) | house_contracts(house_currency(workspace))


def house_currency(workspace: Workspace) -> str:
    """The currency of what the bank's policies decide, in which limits and what is drawn on them are counted.

    Where they decide in several, it is the one in which the contracts of Huitong's own events are written.
    """
    own = _own_contracts(workspace)
    currencies = {own[kind].currency for kind in KnownSettings(workspace).decided_kinds() if kind in own}
    return currencies.pop() if len(currencies) == 1 else CURRENCY


def _own_contracts(workspace: Workspace) -> dict[str, DataContract]:
    loaded = [DataContract.load(path) for path in sorted((workspace.root / "contracts").glob("*.toml"))]
    return {contract.kind: contract for contract in loaded}


def label(path: Path, taken: Container[str]) -> str:
    """The file's name, with a number where an earlier file has the same one."""
    numbers = itertools.chain([""], (f" ({number})" for number in itertools.count(2)))
    return next(name for number in numbers if (name := path.name + number) not in taken)


def _kept(quarantine: Quarantine, folder: Path, name: str) -> Path:
    """Writes the rows to a file named by the source and their content, so that another day's rows never take its place."""
    draft = folder / f".{name}.tmp"
    try:
        quarantine.write(draft)
        target = folder / f"{name}-{file_hash(draft)[:12]}.jsonl"
        draft.replace(target)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise disk_refused(folder, error) from error
    return target


def fitting_mapping(workspace: Workspace, table: Path | pa.Table) -> str:
    """The mapping to read a table by, where nobody said: the one whose columns are all there.

    Raises:
        InputError: If none or several fit, or the table cannot be read.
    """
    mappings = {path.stem: TableMapping.load(path) for path in sorted((workspace.root / "mappings").glob("*.toml"))}
    names = fitting_mappings(table, mappings)
    if len(names) == 1:
        return names[0]
    known = ", ".join(names or mappings)
    raise InputError(
        "source.mapping.which",
        {
            "en": f"{'several mappings fit' if names else 'no mapping fits'} the columns of the table",
            "zh": f"{'有多个映射' if names else '没有映射'}与该数据表的列相符",
        },
        {"en": f"name one of {known}, or write one: docs/data.md", "zh": f"请指定 {known} 之一，或新写一个：docs/zh/data.md"},
    )


def contract_of(contracts: Mapping[str, DataContract], kind: str) -> DataContract:
    """The data contract of a kind.

    Raises:
        InputError: If there is none.
    """
    if kind in contracts:
        return contracts[kind]
    raise InputError(
        "contract.unknown",
        {"en": f"there is no data contract for events of kind {kind!r}", "zh": f"没有事件类型 {kind!r} 的数据契约"},
        {
            "en": f"add one to contracts/; known: {', '.join(sorted(contracts))}",
            "zh": f"请在 contracts/ 中添加；已有：{'、'.join(sorted(contracts))}",
        },
    )


def file_hash(path: Path) -> str:
    """SHA-256 of a file, as hex.

    Raises:
        ExternalError: If it cannot be read.
    """
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise disk_refused(path, error) from error


def read_by(policies: Sequence[LoadedPolicy], contracts: Mapping[str, DataContract]) -> dict[str, DataContract]:
    """The contracts of the events that policies have to do with: what their features read, and labels. Each kind is a pass over the log."""
    wanted = {kind for one in policies for kind in (*one.plan.kinds, one.program.settings.labels_kind)}
    return {kind: contract for kind, contract in contracts.items() if kind in wanted}


def from_log(log: Log | None, contracts: Mapping[str, DataContract], progress: Progress) -> Taken:
    """Every event of these kinds in the log (``None`` where there is none yet), in the order in which it came.

    Raises:
        InputError: If the log is empty.
    """
    batches, arrival = ({}, {}) if log is None else columns_of_log(log, list(contracts.values()), progress)
    rows = sum(len(batch) for batch in batches.values())
    if log is None or not log.end():
        raise InputError(
            "log.empty",
            {"en": "the log holds no events yet", "zh": "日志中还没有事件"},
            {
                "en": "`huitong ingest` a table first, or give --input FILE --mapping NAME",
                "zh": "请先用 `huitong ingest` 写入数据，或给出 --input 文件 --mapping 名称",
            },
        )
    return Taken(batches, rows, 0, {}, arrival=arrival)
