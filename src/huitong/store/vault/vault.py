"""Personal data in records: names concealed on the way in, revealed on the way out, and destroyed on request."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from huitong.contracts import (
    NULL_CODE,
    Codes,
    DataContract,
    Decision,
    Event,
    EventBatch,
    Evidence,
    FieldSpec,
    Int32Array,
    ListHit,
    LogBatch,
    PatternEdge,
    Row,
    Value,
)
from huitong.kernel import EventId
from huitong.store.storage import KeyRing, Reader, Session
from huitong.store.vault.master import FindMaster, MasterKey
from huitong.store.vault.names import Name, Names, opens, reserved
from huitong.store.vault.tokens import PREFIX, is_token, pseudonym_of


@dataclass(frozen=True, slots=True)
class _Spaces:
    """Which fields of a kind identify somebody.

    Attributes:
        keys: Specs of the identifying fields that are keys, by role.
        texts: Specs of the identifying fields that are not, by name.
        space_of: The space of names of each of those keys.
        owners: Keys, and the key that names whose they are.
    """

    keys: Mapping[str, FieldSpec]
    texts: Mapping[str, FieldSpec]
    space_of: Mapping[str, str]
    owners: Sequence[tuple[str, str]]

    @classmethod
    def of(cls, contract: DataContract) -> "_Spaces":
        identifying = [spec for spec in contract.fields if spec.identifies_person]
        keys = {spec.key: spec for spec in identifying if spec.key is not None}
        return cls(
            keys,
            {spec.name: spec for spec in identifying if spec.key is None},
            {role: spec.space or role for role, spec in keys.items()},
            [(role, spec.person) for role, spec in keys.items() if spec.person in keys],
        )


@dataclass(frozen=True, slots=True)
class _Revealed:
    """A column's dictionary, read.

    Attributes:
        erasures: How often names had been erased by then.
        texts: The dictionary.
        codes: Place in ``names`` for each place in ``texts``, and ``NULL_CODE`` at its end; ``None`` where there was no token.
        names: The distinct names.
    """

    erasures: int
    texts: pa.StringArray
    codes: Int32Array | None
    names: pa.StringArray


def vault_of(reader: Reader, master: MasterKey | FindMaster | None, contracts: Mapping[str, DataContract] | None) -> "Vault | None":
    """The vault of a storage; ``None`` without a master key."""
    found = master(opens(reader)) if callable(master) else master
    return None if found is None else Vault(Names(reader, found), contracts or {})


class Vault:
    """Conceals and reveals what contracts mark as identifying.

    Args:
        names: Tokens for names and names for tokens.
        contracts: Data contracts by kind; events of other kinds are left as they are.
    """

    def __init__(self, names: Names, contracts: Mapping[str, DataContract]) -> None:
        self.names = names
        self._spaces = {kind: _Spaces.of(contract) for kind, contract in contracts.items()}

    @property
    def spaces(self) -> list[str]:
        """Spaces of names that stand for a person, those before all others that are somebody's."""
        specs = [(role, spec) for spaces in self._spaces.values() for role, spec in spaces.keys.items()]
        return list(dict.fromkeys(spec.space or role for role, spec in sorted(specs, key=lambda one: one[1].person is not None)))

    def conceal_many(self, session: Session, events: Sequence[Event], *, new: Callable[[Event], bool] = lambda _event: True) -> list[Event]:
        """Events with tokens in place of names: names that nobody has met are learnt at once, all others cost a look into a table.

        Args:
            session: The writer's side of the storage.
            events: The events.
            new: Whether names that nobody knows get a key, and the key ring notes whose names are whose. Not for a record that is there
                already, and of which nothing will be written: whoever was forgotten would come back by it.
        """
        for event in events:
            _require_none_taken_for_token((*event.keys.values(), *event.data.values()))
        kept = [event for event in events if new(event)]
        found = self._concealed(session, kept, new=True)
        if len(kept) == len(events):
            return found
        given = iter(found)
        return [next(given) if new(event) else self._concealed(session, [event], new=False)[0] for event in events]

    def _concealed(self, session: Session, events: Sequence[Event], *, new: bool) -> list[Event]:
        passing = self._learnt(session, events, new=new)
        pairs: list[tuple[str, str]] = []
        found = []
        for event in events:
            spaces = self._spaces.get(event.kind)
            if spaces is None:
                found.append(event)
                continue
            tokens = {role: passing[space][event.keys[role]] for role, space in spaces.space_of.items() if role in event.keys}
            pairs += [(tokens[role], tokens[owner]) for role, owner in spaces.owners if role in tokens and owner in tokens]
            data = event.data
            if spaces.texts:
                data, owned = self._texts_concealed(session, event.data, spaces, tokens, new=new)
                pairs += owned
            found.append(Event(event.id, event.kind, event.time_us, {**event.keys, **tokens}, data))
        if new:
            self.names.belong(session, pairs)
        return found

    def _learnt(self, session: Session, events: Sequence[Event], *, new: bool) -> dict[str, Mapping[str, str]]:
        """For each space the tokens of the events' names in it; those that get no key are in no table but this."""
        wanted: dict[str, list[str]] = {}
        for event in events:
            spaces = self._spaces.get(event.kind)
            for role, space in spaces.space_of.items() if spaces is not None else ():
                if role in event.keys:
                    wanted.setdefault(space, []).append(event.keys[role])
        tables: dict[str, Mapping[str, str]] = {}
        for space, texts in wanted.items():
            known = tables[space] = self.names.remembered(space)
            missing = [text for text in texts if text not in known]
            if missing:
                tables[space] = dict(zip(texts, self.names.tokens_in(session, space, texts, new=new), strict=True))
        return tables

    def _texts_concealed(
        self, session: Session, given: Mapping[str, Value], spaces: _Spaces, tokens: Mapping[str, str], *, new: bool
    ) -> tuple[dict[str, Value], list[tuple[str, str]]]:
        """Fields of an event with tokens for identifying texts that are no keys, and whose they are."""
        data, pairs = dict(given), list[tuple[str, str]]()
        for name, spec in spaces.texts.items():
            text = data.get(name)
            if isinstance(text, str):
                owner = tokens.get(spec.person or "")
                (token,) = self.names.tokens(session, [Name(name, text, b"" if owner is None else pseudonym_of(owner))], new=new)
                data[name] = token
                if owner is not None:
                    pairs.append((token, owner))
        return data, pairs

    def conceal_batch(self, session: Session, batch: EventBatch, contract: DataContract, *, new: bool = True) -> EventBatch:
        """The same for columns: a name is worked on once, however often it stands there."""
        for column in (*batch.keys.values(), *batch.data.values()):
            if isinstance(column, Codes) and pc.any(pc.starts_with(column.values, PREFIX)).as_py():
                _require_none_taken_for_token(_used(column).values.to_pylist())
        spaces = _Spaces.of(contract)
        keys = dict(batch.keys)
        for role, spec in spaces.keys.items():
            column = _used(batch.keys[role])
            tokens = self.names.tokens_in(session, spec.space or role, column.values.to_pylist(), new=new)
            keys[role] = Codes(column.codes, pa.array(tokens, pa.string()))
        for role, spec in spaces.keys.items():
            if new and spec.person in keys and spec.person != role:
                self.names.belong(session, _pairs(keys[role], keys[spec.person]))
        data = dict(batch.data)
        for name, spec in spaces.texts.items():
            texts = data[name]
            if isinstance(texts, Codes):
                data[name] = self._conceal_texts(session, name, texts, keys.get(spec.person or ""), new=new)
        return replace(batch, keys=keys, data=data)

    def _conceal_texts(self, session: Session, name: str, texts: Codes, owners: Codes | None, *, new: bool) -> Codes:
        if owners is None:
            owners = Codes.none(len(texts.codes))
        pairs, rows = np.unique(np.stack([texts.codes, owners.codes]), axis=1, return_inverse=True)
        given = [(int(text), int(owner)) for text, owner in pairs.T]
        owner_tokens, values = owners.values.to_pylist(), texts.values.to_pylist()
        names = [
            Name(name, values[text], b"" if owner == NULL_CODE else pseudonym_of(owner_tokens[owner]))
            for text, owner in given
            if text != NULL_CODE
        ]
        tokens = iter(self.names.tokens(session, names, new=new))
        column = [None if text == NULL_CODE else next(tokens) for text, _ in given]
        owned = [(token, owner_tokens[owner]) for token, (_, owner) in zip(column, given, strict=True) if token and owner != NULL_CODE]
        if new:
            self.names.belong(session, owned)
        return Codes.of_arrow(pa.array(column, pa.string()).take(pa.array(rows.reshape(-1))))

    def conceal_decisions(
        self, session: Session, decided: Sequence[tuple[Decision, Event, Event]], clear: Callable[[Iterable[EventId]], set[str]]
    ) -> list[Decision]:
        """Decisions with tokens in place of the names that their events, or a pattern's edges, gave them.

        Args:
            session: The writer's side of the storage.
            decided: Each decision with its event as it came, and as it stands in the log.
            clear: Texts that stand in clear in events of the log.
        """
        by_kind: dict[str, dict[str, None]] = {}
        for decision, event, _ in decided:
            if decision.evidence.patterns and event.kind in self._spaces:
                by_kind.setdefault(event.kind, {}).update(dict.fromkeys(_ends(decision)))
        tokens = {kind: self._tokens_of(session, self._spaces[kind], list(ends)) for kind, ends in by_kind.items()}
        return [
            self._decision_concealed(session, decision, event, concealed, tokens.get(event.kind, {}), clear)
            for decision, event, concealed in decided
        ]

    def _decision_concealed(
        self,
        session: Session,
        decision: Decision,
        event: Event,
        concealed: Event,
        of_ends: Mapping[str, str],
        clear: Callable[[Iterable[EventId]], set[str]],
    ) -> Decision:
        if event.kind not in self._spaces:
            return decision
        known = {text: token for role, text in event.keys.items() if (token := concealed.keys[role]) != text}
        if concealed.data is not event.data:
            for name, text in event.data.items():
                if isinstance(text, str) and concealed.data[name] != text:
                    known[text] = str(concealed.data[name])
        if decision.evidence.patterns:
            ends = _ends(decision)
            known |= {end: of_ends[end] for end in ends if end not in known and end in of_ends}
            unknown = {end: edge for end, edge in ends.items() if end not in known and not is_token(end)}
            if unknown:
                # Where no event says in clear what nobody knows, it names somebody who was forgotten since the edge was drawn.
                forgotten = sorted(unknown.keys() - clear(unknown.values()))
                tokens = self.names.tokens(session, [Name("", end) for end in forgotten], new=False)
                known |= dict(zip(forgotten, tokens, strict=True))
        return _renamed(decision, known)

    def _tokens_of(self, session: Session, spaces: _Spaces, ends: Sequence[str]) -> dict[str, str]:
        """Tokens of the ends of edges: names of earlier events, in the first of the spaces of this kind's keys that has them."""
        found: dict[str, str] = {}
        for space in dict.fromkeys(spaces.space_of.values()):
            remembered = self.names.remembered(space)
            found |= {end: remembered[end] for end in ends if end not in found and end in remembered}
            names = {self.names.lookup(Name(space, end)): Name(space, end) for end in ends if end not in found}
            there = [names[lookup] for lookup in session.kept("name", list(names))] if names else []
            found |= {name.text: token for name, token in zip(there, self.names.tokens(session, there), strict=True)}
        return found

    def agrees(self, session: Session, there: bytes, given: bytes) -> bool:
        """Whether a record given again differs from the one that is there in nothing but names that nobody can read any more."""
        differing = list(_differences(msgspec.json.decode(there), msgspec.json.decode(given)))
        names = [pseudonym_of(one) for one, other in differing if is_token(one) and is_token(other)]
        return len(names) == len(differing) and not session.kept("key", names)

    def reveal(self, event: Event, ring: KeyRing | None = None) -> Event:
        """The event with names where they can still be read; ``ring`` as in ``Names.texts``."""
        texts = [*event.keys.values(), *(value for value in event.data.values() if isinstance(value, str))]
        read = self._read(texts, ring)
        if not read:
            return event
        data = {name: read.get(value, value) if isinstance(value, str) else value for name, value in event.data.items()}
        return replace(event, keys={role: read.get(text, text) for role, text in event.keys.items()}, data=data)

    def reveal_decision(self, decision: Decision) -> Decision:
        """The decision with names where they can still be read."""
        read = self._read(list(_texts(decision)))
        return _renamed(decision, read) if read else decision

    def reveal_batches(self, parts: Iterable[LogBatch]) -> Iterator[LogBatch]:
        """The same for columns, part by part: what a part's column shares with the one before is read once."""
        before: dict[tuple[str, str], _Revealed] = {}
        for part in parts:
            batch = part.batch
            keys = {role: self._revealed(column, before, ("keys", role)) for role, column in batch.keys.items()}
            data = {
                name: self._revealed(column, before, ("data", name)) if isinstance(column, Codes) else column
                for name, column in batch.data.items()
            }
            yield replace(part, batch=replace(batch, keys=keys, data=data))

    def _revealed(self, column: Codes, before: dict[tuple[str, str], "_Revealed"], place: tuple[str, str]) -> Codes:
        last = before.get(place)
        if last is None or last.erasures != self.names.erasures or not last.texts.equals(column.values):
            last = before[place] = self._revealing(column.values)
        return column if last.codes is None else Codes(last.codes[column.codes], last.names)

    def _revealing(self, texts: pa.StringArray) -> "_Revealed":
        erasures = self.names.erasures  # first: whoever is forgotten meanwhile is asked for again
        tokens = pc.starts_with(texts, PREFIX)  # as in few columns: no text of the others need be looked at one by one
        if not pc.any(tokens).as_py():
            return _Revealed(erasures, texts, None, texts)
        found = self.names.texts(texts.filter(tokens).to_pylist())
        # A name that was once written in clear and once concealed is one name.
        names = pc.replace_with_mask(texts, tokens, pa.array(found, pa.string())).dictionary_encode()
        return _Revealed(erasures, texts, np.append(names.indices.to_numpy().astype(np.int32), np.int32(NULL_CODE)), names.dictionary)

    def _read(self, texts: Sequence[str], ring: KeyRing | None = None) -> dict[str, str]:
        tokens = [text for text in dict.fromkeys(texts) if text.startswith(PREFIX)]  # whether one is a token, `names` asks once
        return dict(zip(tokens, self.names.texts(tokens, ring), strict=True)) if tokens else {}


def _require_none_taken_for_token(texts: Iterable[object]) -> None:
    """Refuses what would be read as somebody's name, wherever it stands: only the log itself writes tokens.

    Raises:
        InputError: If there is one.
    """
    for text in texts:
        if isinstance(text, str) and text.startswith(PREFIX) and is_token(text):
            raise reserved(text)


def _differences(there: object, given: object) -> Iterator[tuple[str, str]]:
    """Texts that differ, place by place; of what differs otherwise, what it says."""
    if isinstance(there, dict) and isinstance(given, dict) and there.keys() == given.keys():
        pairs = [(there[name], given[name]) for name in there]
    elif isinstance(there, list) and isinstance(given, list) and len(there) == len(given):
        pairs = list(zip(there, given, strict=True))
    else:
        if there != given or type(there) is not type(given):
            yield (there, given) if isinstance(there, str) and isinstance(given, str) else ("", "")
        return
    for one, other in pairs:
        yield from _differences(one, other)


def _used(column: Codes) -> Codes:
    """The column with a dictionary of what stands in it only: nobody else gets a key."""
    used = np.unique(column.codes[column.codes != NULL_CODE])
    if len(used) == len(column.values):
        return column
    places = np.full(len(column.values) + 1, NULL_CODE, np.int32)
    places[used] = np.arange(len(used), dtype=np.int32)
    return Codes(places[column.codes], column.values.take(pa.array(used)))


def _pairs(owned: Codes, owners: Codes) -> Iterator[tuple[str, str]]:
    both = (owned.codes != NULL_CODE) & (owners.codes != NULL_CODE)
    pairs = np.unique(owned.codes[both].astype(np.int64) << 32 | owners.codes[both])
    names, of = owned.values.to_pylist(), owners.values.to_pylist()
    return ((names[pair >> 32], of[pair & 0xFFFFFFFF]) for pair in pairs.tolist())


def _texts(decision: Decision) -> Iterator[str]:
    evidence = decision.evidence
    yield from (value for value in evidence.features.values() if isinstance(value, str))
    yield from (hit.value for hit in evidence.lists)
    yield from (measure.subject for measure in decision.measures)
    yield from (end for edges in evidence.patterns.values() for edge in edges for end in (edge.source, edge.target))


def _ends(decision: Decision) -> dict[str, EventId]:
    """The ends of the edges of a decision's patterns, each with an event that names it."""
    return {end: edge.event for edges in decision.evidence.patterns.values() for edge in edges for end in (edge.source, edge.target)}


def _renamed(decision: Decision, names: Mapping[str, str]) -> Decision:
    evidence, features = decision.evidence, decision.evidence.features
    texts = features.texts() if isinstance(features, Row) else features.values()
    if any(text in names for text in texts if isinstance(text, str)):
        features = {name: names.get(value, value) if isinstance(value, str) else value for name, value in features.items()}
    lists = tuple(ListHit(hit.list, names.get(hit.value, hit.value), hit.note) for hit in evidence.lists)
    patterns = {name: tuple(_edge_renamed(edge, names) for edge in edges) for name, edges in evidence.patterns.items()}
    again = Evidence(features, evidence.rules, lists, patterns, evidence.contributions, evidence.base)
    measures = tuple(replace(measure, subject=names.get(measure.subject, measure.subject)) for measure in decision.measures)
    return replace(decision, evidence=again, measures=measures)


def _edge_renamed(edge: PatternEdge, names: Mapping[str, str]) -> PatternEdge:
    ends = names.get(edge.source, edge.source), names.get(edge.target, edge.target)
    return PatternEdge(edge.event, *ends, edge.time_us, edge.amount_minor)
