"""The acts on persons whom a log names: forget, hold, and turn the master key; each in one commit with a record of it."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Protocol, TypeVar

from huitong.contracts import Event, Value
from huitong.kernel import EventId
from huitong.store import errors
from huitong.store.journal import Journal, records_of
from huitong.store.storage import Reader
from huitong.store.vault import MasterKey, Vault, forgetting
from huitong.store.vault.forgetting import Forgotten, Hold
from huitong.store.vault.names import Name, Names
from huitong.store.vault.tokens import is_token, pseudonym_of

T = TypeVar("T")
FORGOTTEN_KIND, HELD_KIND = "person.forgotten", "person.held"
"""Kinds of the records of an erasure, and of a hold that forbids one."""


class Submit(Protocol):
    """Runs work in a commit."""

    def __call__(self, work: Callable[[Journal], T], /) -> T:
        """The work's answer, once it is durable."""
        ...


class LogPersons:
    """The persons whom a log names.

    Args:
        vault: Their names.
        reader: The readers' side of the storage.
        submit: Runs work in a commit.
    """

    def __init__(self, vault: Vault, reader: Reader, submit: Submit) -> None:
        self._vault = vault
        self._reader = reader
        self._submit = submit

    def known_as(self, text: str) -> list[str]:
        """Spaces of names (``account``, ``customer``, …) in which the log knows a name and can still read it."""
        vault = self._vault
        lookups = {vault.names.lookup(Name(space, text)): space for space in vault.spaces}
        found = self._reader.kept("name", list(lookups))
        return [space for lookup, space in lookups.items() if lookup in found]

    @property
    def last_erased(self) -> bytes:
        """Pseudonym of whoever was forgotten last; empty where nobody was."""
        return self._vault.names.last_erased()

    def require_free(self, name: Name, now_us: int) -> None:
        """Whether no hold forbids to forget a person.

        Raises:
            InputError: If nobody is known by that name, or a hold is not over.
        """
        forgetting.require_free(forgetting.holds(self._reader, forgetting.pseudonym(self._reader, self._vault.names, name)), name, now_us)

    def forget(self, name: Name, ground: str, record_id: EventId, now_us: int) -> Forgotten:
        """Destroys the keys of a person, and writes down that it was done, in one commit.

        Args:
            name: The person.
            ground: Why.
            record_id: Id of the record of it.
            now_us: When.

        Raises:
            InputError: If nobody is known by that name, or a hold is not over.
        """
        try:
            return self._submit(partial(_forget, name, ground, record_id, now_us))
        finally:
            self._vault.names.blank()

    def hold(self, name: Name, hold: Hold | None, record_id: EventId, now_us: int) -> None:
        """Forbids to forget a person before a date, or lifts what forbids it (``None``); writes that down in the same commit.

        Raises:
            InputError: If nobody is known by that name.
        """
        self._submit(partial(_hold, name, hold, record_id, now_us))

    def rotate_master(self, master: MasterKey) -> int:
        """Wraps every key with another master key, in one commit and without touching a record; returns how many."""
        return self._submit(partial(_rewrap, master))


def _names(journal: Journal) -> Names:
    if journal.vault is None:
        raise errors.no_vault(journal.where)
    return journal.vault.names


def _forget(name: Name, ground: str, record_id: EventId, now_us: int, journal: Journal) -> Forgotten:
    names = _names(journal)
    done = forgetting.forget(journal.session, names, name, now_us)
    data: dict[str, Value] = {"ground": ground, "names": done.names, "pseudonym": done.pseudonym, "shared": done.shared}
    journal.append(records_of([Event(record_id, FORGOTTEN_KIND, now_us, {}, data)]))
    names.renew()
    journal.scrub = True
    return done


def _hold(name: Name, hold: Hold | None, record_id: EventId, now_us: int, journal: Journal) -> None:
    data: dict[str, Value]
    if hold is None:
        data = {"lifted": True, "pseudonym": forgetting.lift(journal.session, _names(journal), name).hex()}
    else:
        person = forgetting.hold(journal.session, _names(journal), name, hold)
        data = {"ground": hold.ground, "pseudonym": person.hex(), "until_us": hold.until_us}
    journal.append(records_of([Event(record_id, HELD_KIND, now_us, {}, data)]))


def _rewrap(master: MasterKey, journal: Journal) -> int:
    journal.scrub = True  # what the master key before has wrapped is not to lie about
    return _names(journal).rewrap(journal.session, master)


def readable(reader: Reader, texts: Sequence[str]) -> set[str]:
    """Those of some texts of a log that are no tokens, or tokens whose key was not destroyed; the master key is not needed.

    Args:
        reader: Of any storage.
        texts: As they stand in records.
    """
    tokens = {text: pseudonym_of(text) for text in texts if is_token(text)}
    living = reader.kept("key", list(dict.fromkeys(tokens.values())))
    return {text for text in texts if text not in tokens or tokens[text] in living}
