"""Events whose id is in the log with other content: set aside with what is there, so that the rest of a table can go in."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import msgspec

from huitong.app.workspace import write_whole
from huitong.contracts import DataContract, Event, Log
from huitong.kernel import DataError, Finding, Text, time_text

FIELDS_SHOWN_MAX = 8


@dataclass(frozen=True, slots=True)
class Conflict:
    """An event that was given, and the one of that id that is in the log."""

    given: Event
    there: Event

    def finding(self, contract: DataContract) -> Finding:
        """What differs, in words.

        Args:
            contract: Of the event's kind.
        """
        differing = list(_differing(self.given, self.there, contract))
        shown = differing[:FIELDS_SHOWN_MAX]
        text: Text = {
            "en": "already in the log with other content: " + "; ".join(f"{name} {there} ≠ {given}" for name, there, given in shown),
            "zh": "日志中已有相同编号但内容不同：" + "；".join(f"{name} {there} ≠ {given}" for name, there, given in shown),
        }
        return Finding(
            "store.conflict",
            self.given.id,
            text,
            {
                "en": "send a new id for a new fact; a written record never changes",
                "zh": "新的事实请使用新的编号；已写入的记录不会改变",
            },
        )


def _differing(given: Event, there: Event, contract: DataContract) -> Iterable[tuple[str, str, str]]:
    """Name, what is in the log and what was given, for each part that differs."""
    if given.kind != there.kind:
        yield "kind", there.kind, given.kind
    if given.time_us != there.time_us:
        yield "time", time_text(there.time_us), time_text(given.time_us)
    for spec in contract.fields:
        before, now = (one.keys.get(spec.key) if spec.key is not None else one.data.get(spec.name) for one in (there, given))
        if before != now:
            yield spec.name, contract.shown(spec.name, before), contract.shown(spec.name, now)


def conflicts_in(log: Log, events: Sequence[Event]) -> tuple[list[Event], list[Conflict]]:
    """Events that may be written, and those that the log holds with other content; one by one, for the rare call that was refused."""
    fine, conflicts, seen = [], [], dict[str, Event]()
    for event in events:
        there = seen.setdefault(event.id, event) if event.id in seen else log.event(event.id)
        if there is not None and there != event and not _agrees(log, event):
            conflicts.append(Conflict(event, there))
        else:
            seen[event.id] = event
            fine.append(event)
    return fine, conflicts


def _agrees(log: Log, event: Event) -> bool:
    """Whether an event of the log differs in nothing but names that nobody can read any more, as the log alone can tell."""
    try:
        return log.append_events([event]).new == 0
    except DataError as error:
        if error.code != "store.conflict":
            raise
        return False


def keep(conflicts: Sequence[Conflict], folder: Path) -> Path:
    """Writes events that were set aside, each with what the log holds in its place, as lines of JSON.

    Raises:
        ExternalError: If the disk refuses.
    """
    lines = [msgspec.json.encode({"given": one.given, "there": one.there}) for one in conflicts]
    content = b"\n".join(lines) + b"\n"
    path = folder / f"conflicts-{sha256(content).hexdigest()[:12]}.jsonl"
    write_whole(path, content)
    return path
