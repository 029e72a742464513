"""Erasure: a person's keys are destroyed, unless a hold forbids it. What was logged stays, provable; nobody can read whom it names."""

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from huitong.kernel import InputError, Text, time_text
from huitong.store.storage import KeyRing, Session
from huitong.store.vault.names import ERASED, LOOKUP_BYTES, Name, Names
from huitong.store.vault.pages import Pages, drop_holding
from huitong.store.vault.tokens import split


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What an erasure destroyed.

    Attributes:
        pseudonym: What stands for the person in the log, in hex.
        names: Number of names whose keys are destroyed: the person's own, and accounts, devices and texts that were only theirs.
        shared: Number of names that stay because they are another person's as well.
    """

    pseudonym: str
    names: int
    shared: int


class Hold(msgspec.Struct, frozen=True):
    """A date before which a person cannot be forgotten.

    Attributes:
        until_us: First moment at which the hold is over, µs UTC.
        ground: Why: an investigation, a statute.
    """

    until_us: int
    ground: str


def pseudonym(ring: KeyRing, names: Names, name: Name) -> bytes:
    """What stands for a name in the log.

    Raises:
        InputError: If no record names it, or it was forgotten before.
    """
    found = ring.kept("name", [names.lookup(name)])
    if not found:
        raise InputError(
            "vault.person.unknown",
            {
                "en": f"the log knows no {name.space} {name.text!r}, or has forgotten it",
                "zh": f"日志中没有 {name.space} {name.text!r}，或已被遗忘",
            },
            {"en": "check the name and what it is a name of (`--as`)", "zh": "请核对名称及其类别（`--as`）"},
        )
    return next(iter(found.values()))


def holds(ring: KeyRing, person: bytes) -> list[Hold]:
    """The holds on a person, those that are over included: their own, those on names that would go with theirs, and on whose they are."""
    concerned = [*_going(ring, person)[0], *split(ring.kept("owner", [person]).get(person, b""))]
    return [one for found in ring.kept("hold", concerned).values() for one in msgspec.json.decode(found, type=list[Hold])]


def _going(ring: KeyRing, person: bytes) -> tuple[list[bytes], dict[bytes, bytes]]:
    """The names that go with a person, theirs first; and those that are somebody else's as well, each with who stays its owner."""
    going, shared, looked_at = [person], dict[bytes, bytes](), 0
    while looked_at < len(going):  # what is an account's, whose only owner it is, is the person's too
        gone = frozenset(going)
        owned = [one for value in ring.kept("owned", going[looked_at:]).values() for one in split(value) if one not in gone]
        looked_at = len(going)
        for name, value in ring.kept("owner", list(dict.fromkeys(owned))).items():
            others = [owner for owner in split(value) if owner not in gone]
            if others:
                shared[name] = b"".join(others)
            else:
                shared.pop(name, None)
                going.append(name)
    return going, shared


def hold(session: Session, names: Names, name: Name, new: Hold) -> bytes:
    """Forbids to forget a person before a date; returns the pseudonym.

    Raises:
        InputError: As ``pseudonym``.
    """
    person = pseudonym(session, names, name)
    there = msgspec.json.decode(session.kept("hold", [person]).get(person, b"[]"), type=list[Hold])
    session.keep("hold", {person: msgspec.json.encode([*there, new])})
    return person


def lift(session: Session, names: Names, name: Name) -> bytes:
    """Takes every hold from a person; returns the pseudonym.

    Raises:
        InputError: As ``pseudonym``.
    """
    person = pseudonym(session, names, name)
    session.drop("hold", [person])
    return person


def forget(session: Session, names: Names, name: Name, now_us: int) -> Forgotten:
    """Destroys the keys of a person.

    Raises:
        InputError: If nobody is known by that name, or a hold is not over.
    """
    person = pseudonym(session, names, name)
    require_free(holds(session, person), name, now_us)
    return destroy(session, person, names.pages)


def destroy(session: Session, person: bytes, pages: Pages | None = None) -> Forgotten:
    """Destroys the keys of a person by pseudonym; does nothing where they are gone.

    Args:
        session: The writer's side of the storage.
        person: The pseudonym.
        pages: Makes the pages of their names anew; without them, for want of a master key, those pages are destroyed as well.
    """
    destroyed, shared = _going(session, person)
    session.keep("owner", shared)
    entries = session.kept("key", destroyed)
    session.drop("name", [entry[:LOOKUP_BYTES] for entry in entries.values()])
    for space in ("key", "owner", "owned", "hold"):
        session.drop(space, destroyed)
    if pages is None:
        drop_holding(session, destroyed)
    else:
        pages.take_off(session, destroyed)
    if entries:
        session.keep("vault", {ERASED: person})  # for whoever remembers names that it has read
    return Forgotten(person.hex(), len(entries), len(shared))


def require_free(held: Sequence[Hold], name: Name, now_us: int) -> None:
    """Whether nothing forbids to forget.

    Raises:
        InputError: If a hold is not over; the error names the latest.
    """
    last = max(held, key=lambda one: one.until_us, default=None)
    if last is None or last.until_us <= now_us:
        return
    until = time_text(last.until_us)
    cause: Text = {
        "en": f"{name.space} {name.text!r} must be kept until {until}: {last.ground}",
        "zh": f"{name.space} {name.text!r} 须保留至 {until}：{last.ground}",
    }
    remedy: Text = {"en": "ask again after that date, or have the hold lifted", "zh": "请在该日期之后再提出，或先解除保留"}
    raise InputError("vault.person.held", cause, remedy)
