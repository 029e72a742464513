"""What the log must be: plain lists and dicts of what was acknowledged, with each name's key alive or destroyed."""

from collections.abc import Iterator, Sequence
from copy import copy
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import msgspec

from huitong.contracts import Appended, DataContract, Decision, Event
from huitong.kernel import HuitongError
from huitong.store import encode_decision, encode_event
from huitong.store.vault import is_token

Place = str
Key = tuple[str, str, int | None]
"""A name: its space, its text, and the name that it belongs to, where many may share the text."""

BANK = Path(__file__).parent / "bank"
"""Contracts, mappings and policies of the bank that is simulated."""
PAYMENT, LABEL = (DataContract.load(BANK / "contracts" / f"payment.{name}.toml") for name in ("requested", "labelled"))
GONE = "~"
"""Stands before the number of a name that was forgotten."""
SPACES = {"customer": "customer", "account": "account", "counterparty": "account"}


class RefusedError(Exception):
    """The log must refuse the call with this code, and nothing of it is written."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Entry:
    """A record: its content in clear, and at each place the number of the name that stands there."""

    content: Event | Decision
    names: dict[Place, int]


@dataclass
class Model:
    """The log in plain words.

    Attributes:
        vaulted: Whether names are concealed.
    """

    vaulted: bool
    entries: list[Entry] = field(default_factory=list)
    events: dict[str, int] = field(default_factory=dict)
    decisions: dict[str, int] = field(default_factory=dict)
    names: dict[Key, int] = field(default_factory=dict)
    keys: dict[int, Key] = field(default_factory=dict)
    owners: dict[int, tuple[int, ...]] = field(default_factory=dict)
    holds: dict[int, int] = field(default_factory=dict)
    next_name: int = 0

    def copy(self) -> "Model":
        other = copy(self)
        other.entries, other.events, other.decisions = list(self.entries), dict(self.events), dict(self.decisions)
        other.names, other.keys, other.owners, other.holds = dict(self.names), dict(self.keys), dict(self.owners), dict(self.holds)
        return other

    def append(self, events: Sequence[Event]) -> Appended:
        """Appends what is new.

        Raises:
            RefusedError: If an id is there with other content.
        """
        first = len(self.entries)
        for event, names in [(event, {} if event.id in self.events else self._conceal(event)) for event in events]:
            place = self.events.get(event.id)
            if place is None:
                self.events[event.id] = len(self.entries)
                self.entries.append(Entry(event, names))
            elif not self._same(self.entries[place], event):
                raise RefusedError("store.conflict")
        new = len(self.entries) - first
        return Appended(first, new, len(events) - new)

    def _same(self, entry: Entry, event: Event) -> bool:
        """Whether an event is what was written, but for names that nobody can read any more."""
        there, given = _places(entry.content), _places(event)
        forgotten = {place for place, name in entry.names.items() if name not in self.keys}
        return there.keys() == given.keys() and all(there[place] == given[place] for place in there.keys() - forgotten)

    def _conceal(self, event: Event) -> dict[Place, int]:
        if not self.vaulted:
            return {}
        gone = {role: int(text[1:]) for role, text in event.keys.items() if text.startswith(GONE)}  # they stay as they are
        found = {role: self._name((SPACES[role], event.keys[role], None)) for role in SPACES if role in event.keys.keys() - gone.keys()}
        owner = found.get("customer")
        if isinstance(event.data.get("holder"), str):
            found["holder"] = self._name(("holder", str(event.data["holder"]), owner))
        for role in ("account", "holder"):
            if owner is not None and role in found and owner not in self.owners.get(found[role], ()):
                self.owners[found[role]] = (*self.owners.get(found[role], ()), owner)
        return {**found, **gone}

    def _name(self, key: Key) -> int:
        if key not in self.names:
            self.names[key] = self.next_name
            self.keys[self.next_name] = key
            self.next_name += 1
        return self.names[key]

    def decide(self, event: Event | None, decision: Decision) -> Decision:
        """Appends an event and the decision on it; gives the decision that was first.

        Raises:
            RefusedError: As ``append``.
        """
        if event is not None:
            self.append([event])
        place = self.decisions.get(decision.id)
        if place is None:
            self.decisions[decision.id] = len(self.entries)
            self.entries.append(Entry(decision, self._named_in(decision, event)))
            return decision
        there = self.entries[place].content
        assert isinstance(there, Decision)
        if encode_decision(there) != encode_decision(decision):
            raise RefusedError("store.conflict")
        return there

    def answer(self, events: Sequence[Event], decisions: Sequence[Decision], follows: Sequence[Event]) -> None:
        """Appends new events, the new decisions on them, and what follows from those.

        Args:
            events: The events; none where the decision is on one that is there.
            decisions: The decisions.
            follows: What follows.
        """
        self.append(events)
        given: Sequence[Event | None] = events or [None]
        for event, decision in zip(given, decisions, strict=True):
            self.decisions[decision.id] = len(self.entries)
            self.entries.append(Entry(decision, self._named_in(decision, event)))
        self.append(follows)

    def _named_in(self, decision: Decision, event: Event | None) -> dict[Place, int]:
        """The names that a decision may hold: those of its event, as it came or is read, and of the ends of edges."""
        entry = self.entries[self.events[decision.event]]
        texts = _places(event or self.reading(entry))
        named = {texts[place]: name for place, name in entry.names.items()}
        for edges in decision.evidence.patterns.values():
            for end in {text for edge in edges for text in (edge.source, edge.target)} - named.keys():
                found = int(end[1:]) if end.startswith(GONE) else self.names.get(("account", end, None))
                if found is not None:
                    named[end] = found
        return named

    def conflicts(self, event: Event) -> bool:
        """Whether an event of that id is there with other content."""
        place = self.events.get(event.id)
        return place is not None and not self._same(self.entries[place], event)

    def decisions_on(self, event_id: str, policy: str) -> list[Decision]:
        """A policy's decisions on an event."""
        given = [self.entries[place].content for place in self.decisions.values()]
        return [one for one in given if isinstance(one, Decision) and (one.event, one.policy) == (event_id, policy)]

    def facts(self) -> list[Event]:
        """The events of the log as they read now."""
        return [self.reading(entry) for entry in self.entries if isinstance(entry.content, Event)]

    def reading(self, entry: Entry) -> Event:
        """An event as it reads now: with a mark and a number in place of each name that was forgotten."""
        event, gone = entry.content, {place: f"{GONE}{name}" for place, name in entry.names.items() if name not in self.keys}
        assert isinstance(event, Event)
        if not gone:
            return event
        keys = {role: gone.get(role, text) for role, text in event.keys.items()}
        return replace(event, keys=keys, data={name: gone.get(name, value) for name, value in event.data.items()})

    def person(self, customer: str) -> int:
        """Number of a living person.

        Raises:
            RefusedError: If there is none of that name.
        """
        found = self.names.get(("customer", customer, None))
        if found is None:
            raise RefusedError("vault.person.unknown")
        return found

    def forget(self, customer: str, now_us: int) -> tuple[int, int]:
        """Destroys a person's keys; gives how many, and how many stay because they are others' as well.

        Raises:
            RefusedError: If there is no such person, or a hold.
        """
        person = self.person(customer)
        if self.holds.get(person, 0) > now_us:
            raise RefusedError("vault.person.held")
        owned = [name for name, owners in self.owners.items() if person in owners]
        gone = [person, *(name for name in owned if self.owners[name] == (person,))]
        for name in owned:
            self.owners[name] = tuple(owner for owner in self.owners[name] if owner != person)
        for name in gone:
            del self.names[self.keys.pop(name)]
            self.owners.pop(name, None)
        self.holds.pop(person, None)
        return len(gone), len(owned) + 1 - len(gone)


class TokensError(AssertionError):
    """A record does not read as it must."""


@dataclass
class Tokens:
    """What stands for each name in the records that were read so far."""

    of: dict[int, str] = field(default_factory=dict)
    latency_ns: dict[str, int] = field(default_factory=dict)

    def require(self, model: Model, position: int, content: Event | Decision, payload: bytes) -> None:
        """Whether a record reads as the model says; learns the tokens that it shows."""
        entry = model.entries[position]
        if not entry.names:
            expected = entry.content
            encoded = encode_event(expected) if isinstance(expected, Event) else encode_decision(expected)
            if "pseudonym" in getattr(expected, "data", {}):
                self._require_equal(position, _anonymous(content), _anonymous(expected))
                return
            self._require_equal(position, payload, encoded)
            if isinstance(expected, Decision) and isinstance(content, Decision):
                self._require_latency(position, expected, content)
                expected = replace(expected, latency_ns=content.latency_ns)
            self._require_equal(position, content, expected)
            return
        if isinstance(entry.content, Decision) and isinstance(content, Decision):
            self._require_decision(model, position, entry, content)
            return
        there, wanted = _places(content), _places(entry.content)
        for place, value in wanted.items():
            name = entry.names.get(place)
            self._require_place(model, position, name, there.get(place), value)
        if set(there) != set(wanted):
            raise TokensError(f"offset {position}: {there} where {wanted} was written")

    def _require_decision(self, model: Model, position: int, entry: Entry, there: Decision) -> None:
        assert isinstance(entry.content, Decision)
        for wanted, found in _texts_of(entry.content, there, position):
            self._require_place(model, position, entry.names.get(wanted), found, wanted)
        self._require_latency(position, entry.content, there)

    def _require_latency(self, position: int, wanted: Decision, there: Decision) -> None:
        """The time that a decision took is known from when it is first read."""
        if wanted.latency_ns >= 0:
            self._require_equal(position, there.latency_ns, wanted.latency_ns)
        else:
            self._require_equal(position, there.latency_ns, self.latency_ns.setdefault(there.id, there.latency_ns))

    def wrong(self, model: Model, due: Decision, said: Decision) -> str:
        """What is wrong with a decision, as it reads now; empty where it is the one that was due."""
        place = model.decisions[due.id]
        try:
            Tokens(dict(self.of), dict(self.latency_ns))._require_decision(model, place, model.entries[place], said)
        except TokensError as error:
            return str(error)
        return ""

    def _require_place(self, model: Model, position: int, name: int | None, there: object, wanted: object) -> None:
        if name is None or name in model.keys:
            self._require_equal(position, there, wanted)
        elif not isinstance(there, str) or not is_token(there):
            raise TokensError(f"offset {position}: {there!r} can be read though it was forgotten")
        elif self.of.setdefault(name, there) != there:
            raise TokensError(f"offset {position}: {there!r} and {self.of[name]!r} stand for one name")

    def _require_equal(self, position: int, there: object, wanted: object) -> None:
        if there != wanted:
            raise TokensError(f"offset {position}: {there!r} where {wanted!r} was written")


def _places(event: Event | Decision) -> dict[Place, Any]:
    assert isinstance(event, Event)
    return {"id": event.id, "kind": event.kind, "time_us": event.time_us, **event.keys, **event.data}


def _texts_of(wanted: Decision, there: Decision, position: int) -> Iterator[tuple[str, str]]:
    """Texts of two decisions that must be alike in all else."""
    yield from _leaves(msgspec.json.decode(encode_decision(wanted)), msgspec.json.decode(encode_decision(there)), position)


def _leaves(wanted: object, there: object, position: int) -> Iterator[tuple[str, str]]:
    if isinstance(wanted, str) and isinstance(there, str):
        yield wanted, there
    elif isinstance(wanted, dict) and isinstance(there, dict) and wanted.keys() == there.keys():
        for name in wanted:
            yield from _leaves(wanted[name], there[name], position)
    elif isinstance(wanted, list) and isinstance(there, list) and len(wanted) == len(there):
        for one, other in zip(wanted, there, strict=True):
            yield from _leaves(one, other, position)
    elif wanted != there or type(wanted) is not type(there):
        raise TokensError(f"offset {position}: {there!r} where {wanted!r} was written")


def _anonymous(content: Event | Decision) -> object:
    assert isinstance(content, Event)
    return content.id, content.kind, content.time_us, {name: value for name, value in content.data.items() if name != "pseudonym"}


def code_of(error: BaseException) -> str:
    """Code of an error of the tree, which says cause and remedy in both languages; of another error what it is."""
    if isinstance(error, HuitongError):
        assert all(error.cause[language] and error.remedy[language] for language in ("en", "zh"))
        return error.code
    return f"{type(error).__name__}: {error}"


def code(outcome: object) -> str:
    """Code of an error; empty for an answer."""
    return code_of(outcome) if isinstance(outcome, BaseException) else ""


def short(outcome: object) -> str:
    """An outcome in a few words."""
    return code(outcome) or str(outcome)[:60]
