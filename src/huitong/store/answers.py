"""Answers as work on the journal: events, the decisions on them and what follows, in one commit and at one place."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice

from huitong.contracts import Answered, Decision, Event, Row
from huitong.kernel import DecisionId, EventId
from huitong.store import errors
from huitong.store.appending import clear_texts, events_there
from huitong.store.journal import Journal, records_of
from huitong.store.records import encode_decision
from huitong.store.storage import DECISION_KIND, Records, Session
from huitong.store.vault import Vault, is_token
from huitong.store.vault.tokens import pseudonym_of


@dataclass(frozen=True, slots=True)
class WrittenDecision:
    """A decision as its record reads. One that names nobody reads so whatever the key ring holds.

    Attributes:
        id: Of the decision.
        event: The event decided.
        latency_ns: Time that it took.
        payload: Canonical bytes.
    """

    id: DecisionId
    event: EventId
    latency_ns: int
    payload: bytes

    @classmethod
    def of(cls, decision: Decision) -> "WrittenDecision":
        """A decision that holds no name, or tokens for names.

        Raises:
            InputError: As ``encode_decision``.
        """
        return cls(decision.id, decision.event, decision.latency_ns, encode_decision(decision))


@dataclass(frozen=True, slots=True)
class WrittenAnswer:
    """What is to be appended together: as ``Answered``, but that decisions which name nobody are written down already."""

    events: Sequence[Event]
    decisions: Sequence[Decision | WrittenDecision]
    consequences: Sequence[Event]


def written(answers: Sequence[Answered]) -> list[WrittenAnswer]:
    """Answers with what can be written down without the key ring: there are many who ask and one who writes, and bytes travel lighter.

    Raises:
        InputError: As ``encode_decision``.
    """
    return [
        WrittenAnswer(
            one.events,
            [decision if _names_anybody(decision) else WrittenDecision.of(decision) for decision in one.decisions],
            one.consequences,
        )
        for one in answers
    ]


def append_answers(answers: Sequence[WrittenAnswer], at: int, journal: Journal) -> int:
    """Appends answers where the log ends at an offset; gives the offset after them.

    Args:
        answers: What to append.
        at: Where.
        journal: Where to.

    Raises:
        DataError: If the log ends elsewhere.
    """
    if journal.size != at:
        raise errors.elsewhere(journal.where, at, journal.size)
    events = [event for one in answers for event in one.events]
    if journal.vault is not None:  # all at once: the key ring is asked for the names of a group, not for those of each event
        events = journal.vault.conceal_many(journal.session, events)
    concealed = iter(events)
    for one in answers:
        _append(journal, one, list(islice(concealed, len(one.events))))
    return journal.size


def _append(journal: Journal, one: WrittenAnswer, events: Sequence[Event]) -> None:
    """Appends one answer; ``events`` are its own as the log will hold them."""
    session, vault = journal.session, journal.vault
    before = journal.size
    journal.append(records_of(events))
    concealed = one.decisions if vault is None else _decisions_concealed(journal, vault, one, events)
    decisions = [decision if isinstance(decision, WrittenDecision) else WrittenDecision.of(decision) for decision in concealed]
    journal.append(
        Records(
            [DECISION_KIND] * len(decisions),
            [decision.id for decision in decisions],
            [decision.event for decision in decisions],
            [decision.latency_ns for decision in decisions],
            [decision.payload for decision in decisions],
        )
    )
    follows = list(one.consequences) if vault is None else _follows(vault, session, one.consequences)
    journal.append(records_of(follows))
    if journal.size - before != len(events) + len(decisions) + len(follows):
        raise errors.answered_twice([event.id for event in one.events])


def _follows(vault: Vault, session: Session, events: Sequence[Event]) -> list[Event]:
    """What follows, with tokens for names; who was forgotten, so that the log itself gave a token, stays that token.

    A token that can still be read is refused, as everywhere: else whoever sends one would be shown the name behind it.
    """
    tokens = list(dict.fromkeys(text for event in events for text in event.keys.values() if is_token(text)))
    if not tokens:
        return vault.conceal_many(session, events)
    living = session.kept("key", [pseudonym_of(text) for text in tokens])
    gone = {text for text in tokens if pseudonym_of(text) not in living}
    given = [replace(event, keys={role: text for role, text in event.keys.items() if text not in gone}) for event in events]
    concealed = vault.conceal_many(session, given)
    return [
        replace(made, keys={**made.keys, **{role: text for role, text in event.keys.items() if text in gone}})
        for event, made in zip(events, concealed, strict=True)
    ]


def _decisions_concealed(journal: Journal, vault: Vault, one: WrittenAnswer, events: Sequence[Event]) -> list[Decision | WrittenDecision]:
    """The decisions with tokens for what their events, as they stand in the log, have tokens for."""
    decisions = list(one.decisions)
    given = {event.id: (event, concealed) for event, concealed in zip(one.events, events, strict=True)}
    named: list[tuple[Decision, Event, Event]] = []
    places: list[int] = []
    for place, decision in enumerate(decisions):
        if isinstance(decision, WrittenDecision):
            continue
        if decision.event in given:
            event, concealed = given[decision.event]
        else:
            there = events_there(journal, [decision.event]).get(decision.event)
            if there is None:
                continue
            event, concealed = vault.reveal(there, journal.session), there
        named.append((decision, event, concealed))
        places.append(place)
    found = vault.conceal_decisions(journal.session, named, partial(clear_texts, journal)) if named else []
    for place, decision in zip(places, found, strict=True):
        decisions[place] = decision
    return decisions


def _names_anybody(decision: Decision) -> bool:
    """Whether any place of a decision could hold a name: most decisions let something pass and name nobody."""
    evidence = decision.evidence
    if evidence.lists or evidence.patterns or decision.measures:
        return True
    features = evidence.features
    return bool(features.texts()) if isinstance(features, Row) else any(isinstance(value, str) for value in features.values())
