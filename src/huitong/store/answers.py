"""Answers as work on the journal: events, the decisions on them and what follows, in one commit and at one place."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

from huitong.contracts import Answered, Decision, Event
from huitong.store import errors
from huitong.store.appending import clear_texts, events_there
from huitong.store.journal import Journal, records_of
from huitong.store.records import encode_decision
from huitong.store.storage import DECISION_KIND, Records, Session
from huitong.store.vault import Vault, is_token
from huitong.store.vault.tokens import pseudonym_of


def answers_at(vault: Vault | None, answers: Sequence[Answered], at: int, where: str) -> Callable[[Journal], int]:
    """The work that appends answers where the log ends at an offset; it gives the offset after them.

    Args:
        vault: Conceals names; without one they are written as they come.
        answers: What to append.
        at: Where.
        where: The log's path or address, for messages.
    """

    def work(journal: Journal) -> int:
        if journal.size != at:
            raise errors.elsewhere(where, at, journal.size)
        for one in answers:
            _append(journal, vault, one)
        return journal.size

    return work


def _append(journal: Journal, vault: Vault | None, one: Answered) -> None:
    session = journal.session
    events = list(one.events) if vault is None else [vault.conceal(session, event) for event in one.events]
    before = journal.size
    journal.append(records_of(events))
    decisions = list(one.decisions)
    if vault is not None:
        given = {event.id: (event, concealed) for event, concealed in zip(one.events, events, strict=True)}
        decisions = [_concealed(journal, vault, decision, given) for decision in decisions]
    journal.append(
        Records(
            [DECISION_KIND] * len(decisions),
            [decision.id for decision in decisions],
            [decision.event for decision in decisions],
            [decision.latency_ns for decision in decisions],
            [encode_decision(decision) for decision in decisions],
        )
    )
    follows = list(one.consequences) if vault is None else [_follows(vault, session, event) for event in one.consequences]
    journal.append(records_of(follows))
    if journal.size - before != len(events) + len(decisions) + len(follows):
        raise errors.answered_twice([event.id for event in one.events])


def _follows(vault: Vault, session: Session, event: Event) -> Event:
    """What follows, with tokens for names; who was forgotten, so that the log itself gave a token, stays that token.

    A token that can still be read is refused, as everywhere: else whoever sends one would be shown the name behind it.
    """
    tokens = {role: text for role, text in event.keys.items() if is_token(text)}
    if not tokens:
        return vault.conceal(session, event)
    living = session.kept("key", [pseudonym_of(text) for text in tokens.values()])
    gone = {role: text for role, text in tokens.items() if pseudonym_of(text) not in living}
    concealed = vault.conceal(session, replace(event, keys={role: text for role, text in event.keys.items() if role not in gone}))
    return replace(concealed, keys={**concealed.keys, **gone})


def _concealed(journal: Journal, vault: Vault, decision: Decision, given: dict[str, tuple[Event, Event]]) -> Decision:
    """The decision with tokens for what its event, as it stands in the log, has tokens for."""
    if not _names_anybody(decision):
        return decision
    if decision.event in given:
        event, concealed = given[decision.event]
    else:
        there = events_there(journal, [decision.event]).get(decision.event)
        if there is None:
            return decision
        event, concealed = vault.reveal(there, journal.session), there
    return vault.conceal_decision(journal.session, decision, event, concealed, partial(clear_texts, journal))


def _names_anybody(decision: Decision) -> bool:
    """Whether any place of a decision could hold a name: most decisions let something pass and name nobody."""
    evidence = decision.evidence
    if evidence.lists or evidence.patterns or decision.measures:
        return True
    return any(isinstance(value, str) for value in evidence.features.values())
