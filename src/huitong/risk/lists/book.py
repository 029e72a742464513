"""The book of lists: a fold over the events of lists, and what is asked of it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import ClassVar, Literal, cast

from huitong.contracts import Event, Value
from huitong.kernel import MICROSECONDS_PER_DAY, InputError, Text
from huitong.risk.lists.entry import (
    CONFIRMED,
    ENTRY_CHANGED,
    ENTRY_PROPOSED,
    LIST_EVENTS,
    OPENED,
    REFUSED,
    Change,
    Entry,
    Holds,
    KeptList,
    ListKind,
    change_of,
)

KEPT_US = 400 * MICROSECONDS_PER_DAY
"""How long the book remembers what is over, by the event clock; the log remembers for ever."""
SWEPT_PER_CHANGE = 2
"""Values looked at with each change: more than one, so that forgetting gains on remembering."""
ProposalState = Literal["open", "confirmed", "refused"]


@dataclass(slots=True)
class Proposal:
    """Changes that wait, or waited, for a second person: one, or all of an import.

    Attributes:
        id: Id of the command that proposed them.
        changes: What is to be done; it takes effect when it is confirmed, not at its own time.
        expires_us: Until when it can be confirmed.
        state: What became of it.
        second: Who decided.
        decided_us: When.
        note: Why it was refused.
    """

    id: str
    changes: list[Change]
    expires_us: int
    state: ProposalState = "open"
    second: str | None = None
    decided_us: int | None = None
    note: str | None = None

    @property
    def list(self) -> str:
        """Name of the list."""
        return self.changes[0].list

    def waits(self, now_us: int) -> bool:
        """Whether it can still be confirmed."""
        return self.state == "open" and now_us < self.expires_us


@dataclass(slots=True)
class Lists:
    """State of the book.

    Attributes:
        lists: By name.
        place_of: List and value of each entry, by its id.
        proposals: By id.
    """

    lists: dict[str, KeptList] = field(default_factory=dict)
    place_of: dict[str, tuple[str, str]] = field(default_factory=dict)
    proposals: dict[str, Proposal] = field(default_factory=dict)


class ListsBook:
    """The book of lists; ``BookKeeper`` keeps it over a log."""

    name: ClassVar[str] = "lists"
    version: ClassVar[int] = 1
    kinds: ClassVar[tuple[str, ...]] = LIST_EVENTS
    state: ClassVar[type[Lists]] = Lists

    def blank(self) -> Lists:
        return Lists()

    def enter(self, state: Lists, event: Event) -> None:
        if event.kind == OPENED:
            _open(state, event)
        elif event.kind == ENTRY_CHANGED:
            _change(state, change_of(event))
        elif event.kind == ENTRY_PROPOSED:
            _propose(state, change_of(event), event.data)
        elif event.kind in (CONFIRMED, REFUSED):
            _decide(state, event)


def _open(state: Lists, event: Event) -> None:
    data, name = event.data, str(event.data["list"])
    known = state.lists.get(name)
    title: Text = {"zh": str(data["title_zh"]), "en": str(data["title_en"])}
    owner, purpose, second = str(data["owner"]), str(data["purpose"]), data["second"] is True
    if known is None:
        holds, kind = cast("Holds", data["holds"]), cast("ListKind", data["for"])  # the data contract's one_of
        state.lists[name] = KeptList(name, title, holds, kind, owner, purpose, second, event.time_us, str(data["by"]), event.id)
        return
    known.title, known.owner, known.purpose, known.second, known.edited = title, owner, purpose, second, event.id


def _change(state: Lists, change: Change) -> None:
    entries = state.lists[change.list].entries.setdefault(change.value, [])
    held = entries[-1] if entries and entries[-1].over_us > change.time_us else None
    if change.lifts:
        if held is not None:
            held.over_us, held.ended_by = change.time_us, change
    elif held is None:
        entries.append(Entry(change.value, [change], change.until_us))
        state.place_of[change.id] = change.list, change.value
    else:
        held.changes.append(change)
        held.over_us = max(held.over_us, change.until_us)
    _sweep(state, state.lists[change.list], change.time_us)


def _sweep(state: Lists, kept: KeptList, now_us: int) -> None:
    """Forgets entries that are over for long, a few in turn, so that the state is no larger than what it is asked about."""
    for value in list(islice(kept.entries, SWEPT_PER_CHANGE)):
        entries = kept.entries.pop(value)
        stay = [one for one in entries if one.over_us + KEPT_US >= now_us]
        for one in entries:
            if one not in stay:
                del state.place_of[one.id]
        if stay:
            kept.entries[value] = stay  # behind all others
    for proposal_id in list(islice(state.proposals, SWEPT_PER_CHANGE)):
        proposal = state.proposals.pop(proposal_id)
        if proposal.expires_us + KEPT_US >= now_us:
            state.proposals[proposal_id] = proposal


def _propose(state: Lists, change: Change, data: Mapping[str, Value]) -> None:
    expires = data.get("expires")
    proposal = state.proposals.get(change.batch)
    if proposal is None:
        state.proposals[change.batch] = Proposal(change.batch, [change], expires if isinstance(expires, int) else change.time_us)
    else:
        proposal.changes.append(change)


def _decide(state: Lists, event: Event) -> None:
    proposal = state.proposals.get(str(event.data["batch"]))
    if proposal is None:
        return
    note = event.data.get("note")
    proposal.state = "confirmed" if event.kind == CONFIRMED else "refused"
    proposal.second, proposal.decided_us = str(event.data["by"]), event.time_us
    proposal.note = note if isinstance(note, str) else None


def list_of(state: Lists, name: str) -> KeptList:
    """A list by its name.

    Raises:
        InputError: If there is none.
    """
    known = state.lists.get(name)
    if known is None:
        raise InputError(
            "list.unknown",
            {"en": f"there is no list {name!r}", "zh": f"没有名单 {name!r}"},
            {"en": "choose one of the lists that there are, or open it first", "zh": "请选择已有名单，或先建立该名单"},
        )
    return known


def entries_of(kept: KeptList, at_us: int, *, over: bool = False) -> list[Entry]:
    """The entries of a list that hold at a moment, newest first; with ``over`` also those that are remembered."""
    found = [one for entries in kept.entries.values() for one in entries if over or one.holds(at_us)]
    return sorted(found, key=lambda one: (-one.from_us, one.id))


def count_of(kept: KeptList, at_us: int) -> int:
    """How many entries hold at a moment."""
    return sum(1 for entries in kept.entries.values() if entries[-1].holds(at_us))


def entry_of(state: Lists, entry_id: str) -> tuple[KeptList, Entry]:
    """An entry with its list, by the id of the change that added it.

    Raises:
        InputError: If there is none.
    """
    name, value = state.place_of.get(entry_id, ("", ""))
    for one in state.lists[name].entries.get(value, ()) if name else ():
        if one.id == entry_id:
            return state.lists[name], one
    raise InputError(
        "list.entry.unknown",
        {"en": f"there is no entry {entry_id!r}", "zh": f"没有编号为 {entry_id!r} 的名单条目"},
        {"en": "take its id from the entries of the list", "zh": "请从该名单的条目中取用编号"},
    )


def holding(state: Lists, value: str, at_us: int) -> Iterator[tuple[KeptList, Entry]]:
    """Every list on which a value stands at a moment, with its entry."""
    for kept in state.lists.values():
        entries = kept.entries.get(value)
        if entries and entries[-1].holds(at_us):
            yield kept, entries[-1]


def waiting(state: Lists, now_us: int, name: str | None = None) -> list[Proposal]:
    """What waits for a second person, oldest first; of one list, or of all."""
    found = [one for one in state.proposals.values() if one.waits(now_us) and name in (None, one.list)]
    return sorted(found, key=lambda one: (one.changes[0].time_us, one.id))


def refused(state: Lists, since_us: int, name: str | None = None) -> list[Proposal]:
    """What was refused or taken back since a moment, the latest first; of one list, or of all."""
    found = [(one.decided_us or 0, one) for one in state.proposals.values() if one.state == "refused" and name in (None, one.list)]
    return [one for at_us, one in sorted(found, key=lambda pair: (-pair[0], pair[1].id)) if at_us >= since_us]


def still_meant(kept: KeptList, lifting: Change, now_us: int) -> bool:
    """Whether the entry that a proposed lifting is about holds still, and nothing was added to it since the lifting was proposed."""
    entries = kept.entries.get(lifting.value)
    held = entries[-1] if entries and entries[-1].holds(max(now_us, entries[-1].from_us)) else None
    return held is not None and lifting.entry in (None, held.id) and held.last.time_us <= lifting.time_us


def proposal_of(state: Lists, proposal_id: str) -> Proposal:
    """A proposal.

    Raises:
        InputError: If there is none.
    """
    proposal = state.proposals.get(proposal_id)
    if proposal is None:
        raise InputError(
            "list.proposal.unknown",
            {"en": f"nothing waits under {proposal_id!r}", "zh": f"没有编号为 {proposal_id!r} 的待复核事项"},
            {"en": "take its id from what waits for a second person", "zh": "请从待复核事项中取用编号"},
        )
    return proposal
