"""Persons in a bank: forgetting them everywhere that is ours, and saying where they still stand."""

import os
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from huitong.app.logbook import Logbook
from huitong.app.progress import Progress, silent
from huitong.app.settings import Settings
from huitong.app.sources import contract_of
from huitong.app.sweeping import still_named, sweep_quarantine, sweep_states, sweep_uploads
from huitong.contracts import DataContract, Event, LogBatch
from huitong.kernel import MICROSECONDS_PER_DAY, Clock, Finding, InputError, Text, ulid
from huitong.store import FORGOTTEN_KIND, Forgotten, Hold, Name, RecordLog, is_token, require_free


@dataclass(frozen=True, slots=True)
class Erasure:
    """What an erasure did.

    Attributes:
        name: Whom it concerned.
        forgotten: What was destroyed in the log.
        states: Number of kept feature states and books that were thrown away; they are folded again from the log.
        quarantined: Number of rows set aside that named the person, and are gone.
        findings: Files of the bank that still name the person.
    """

    name: Name
    forgotten: Forgotten
    states: int
    quarantined: int
    findings: tuple[Finding, ...]


def name_of(log: RecordLog, person: str, space: str | None) -> Name:
    """The name that a person is known by in the log.

    Args:
        log: The log.
        person: The text.
        space: What it is a name of (``customer``, ``account``); needed where the log knows several.

    Raises:
        InputError: If nobody is known by it, or several are.
    """
    if space is not None:
        return Name(space, person)
    spaces = log.persons.known_as(person)
    if len(spaces) == 1:
        return Name(spaces[0], person)
    if not spaces:
        raise InputError(
            "vault.person.unknown",
            {"en": f"the log knows nobody called {person!r}, or has forgotten them", "zh": f"日志中没有 {person!r}，或已被遗忘"},
            {"en": "check the name as it stands in the source", "zh": "请核对其在数据来源中的写法"},
        )
    raise InputError(
        "vault.person.several",
        {"en": f"{person!r} is known as {', '.join(spaces)}", "zh": f"{person!r} 同时是 {'、'.join(spaces)}"},
        {"en": f"say which with --as {spaces[0]}", "zh": f"请用 --as {spaces[0]} 指明"},
    )


def retained(
    log: RecordLog, name: Name, contracts: Mapping[str, DataContract], retention: Mapping[str, tuple[int, str]], progress: Progress
) -> list[Hold]:
    """Until when statutes keep a person, by the kinds of events that name them: counted from the last of each.

    Args:
        log: The log.
        name: The person.
        contracts: Data contracts by kind.
        retention: Days after an event of a kind, and the ground, by kind.
        progress: Told how far it is.

    Raises:
        InputError: If a statute counts from events of a kind that the bank does not know.
    """
    end, holds = log.end(), []
    for kind, (days, ground) in retention.items():
        last_us: int | None = None
        contract = contract_of(contracts, kind)  # a kind that nobody knows is a slip of the pen, and no reason to keep nobody
        for part in log.read_batches(contract):
            found = _last_us(part, contract, name)
            last_us = last_us if found is None else max(found, last_us or found)
            progress("reading", part.next_offset, end)
        if last_us is not None:
            holds.append(Hold(last_us + days * MICROSECONDS_PER_DAY, ground))
    return holds


def _last_us(part: LogBatch, contract: DataContract, name: Name) -> int | None:
    latest: int | None = None
    for spec in contract.fields:
        column = part.batch.keys.get(spec.key) if spec.key is not None and (spec.space or spec.key) == name.space else None
        if column is None:
            continue
        code = pc.index(column.values, pa.scalar(name.text, pa.string())).as_py()
        rows = np.flatnonzero(column.codes == code) if code >= 0 else np.array([], np.intp)
        if len(rows):
            latest = max(int(part.batch.time_us[rows].max()), latest or 0)
    return latest


def erased_in(event: Event, log: RecordLog, contract: DataContract | None) -> Text | None:
    """What can no longer be read in an event, and why; ``None`` where all can.

    Args:
        event: The event.
        log: The log that it is in.
        contract: Data contract of its kind, which says what its fields are called.
    """
    titles = {spec.key or spec.name: spec.title for spec in (() if contract is None else contract.fields)}
    fields = [role for role, text in event.keys.items() if is_token(text)]
    fields += [name for name, value in event.data.items() if isinstance(value, str) and is_token(value)]
    unread = [titles.get(name, {"en": name, "zh": name}) for name in fields]
    if not unread:
        return None
    acts = [record.content for record in log.read(kinds=[FORGOTTEN_KIND]) if isinstance(record.content, Event)]
    grounds = sorted({str(act.data.get("ground")) for act in acts})
    return {
        "en": f"no longer readable: {', '.join(title['en'] for title in unread)}; the keys were destroyed ({'; '.join(grounds) or '-'})",
        "zh": f"已无法读取：{'、'.join(title['zh'] for title in unread)}；其密钥已销毁（{'；'.join(grounds) or '-'}）",
    }


class Persons:
    """The acts on persons of a bank.

    Args:
        logbook: The bank's log.
        root: The bank's folder.
        settings: Its settings: what statutes keep.
        contracts: Data contracts by kind.
        clock: Tells the present.
        settled: Refuses whom another system still has something against, which it could be told of nobody any more.
        still: While it is held nothing is decided, and no feature state is in memory.
        turn: Held by whoever writes to the log.
    """

    def __init__(
        self,
        logbook: Logbook,
        root: Path,
        settings: Settings,
        contracts: Mapping[str, DataContract],
        clock: Clock,
        settled: Callable[[str], None],
        still: Callable[[], AbstractContextManager[None]],
        turn: AbstractContextManager[object],
    ) -> None:
        self._logbook = logbook
        self._root = root
        self._settings = settings
        self._contracts = contracts
        self._clock = clock
        self._settled, self._still = settled, still
        self._turn = turn

    def forget(self, person: str, ground: str, *, space: str | None = None, progress: Progress = silent) -> Erasure:
        """Destroys the keys of a person's names: no record can say any more whom it concerns, and every proof still holds.

        Args:
            person: The name, as it stands in the source.
            ground: Why; it is written down with the act.
            space: What it is a name of (``customer``, ``account``); needed where the log knows several.
            progress: Told how far it is.

        Raises:
            InputError: If nobody is known by that name, or a hold, a statute or a measure of the core system keeps them.
        """
        log = self._logbook.log
        name, now_us = name_of(log, person, space), self._clock.now_us()
        require_free(retained(log, name, self._contracts, self._settings.retention, progress), name, now_us)
        log.persons.require_free(name, now_us)
        self._settled(person)
        with self._still():  # feature state holds names
            # Before the key goes: cut off in between, the person is still known, and can be forgotten again.
            sweep_uploads(self._root)
            rows, states = sweep_quarantine(self._root, person), sweep_states(self._root)
            forgotten = log.persons.forget(name, ground, ulid(now_us, os.urandom), now_us)
            states += sweep_states(self._root, log.persons.last_erased)  # what another process kept meanwhile
        return Erasure(name, forgotten, states, rows, tuple(still_named(self._root, person)))

    def hold(self, person: str, hold: Hold | None, *, space: str | None = None) -> Name:
        """Forbids to forget a person before a date, or lifts what forbids it (``None``).

        Raises:
            InputError: If nobody is known by that name.
        """
        name, now_us = name_of(self._logbook.log, person, space), self._clock.now_us()
        with self._turn:  # else it could come between a state that decisions rest on and their place
            self._logbook.log.persons.hold(name, hold, ulid(now_us, os.urandom), now_us)
        return name
