"""Names of persons, each under a key of its own: where they stand in records, and how to read and to destroy them.

A name is a text that identifies somebody, in its space (``account``, ``customer``, …). The log holds a token in its place: a pseudonym
drawn by chance and the name encrypted with a key that exists for this name only. One name has one token, so equal names stay equal
before and after the key is gone, and records keep canonical bytes. The key ring holds, wrapped by the master key:

* ``vault``: the secret under which names are looked up, and whose keys were destroyed last;
* ``name``: keyed hash of space and name → pseudonym;
* ``key``: pseudonym → keyed hash and wrapped key;
* ``owner`` and ``owned``: whose account or device a pseudonym is, and which are a person's;
* ``page`` and ``paged``: many names under one key, for a replay (``pages``).
"""

import hmac
import os
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from cryptography.exceptions import InvalidTag

from huitong.kernel import DataError, InputError
from huitong.store.storage import KeyRing, Reader, Session
from huitong.store.vault.master import KEY_BYTES, MasterKey, Opens, wrong_master
from huitong.store.vault.pages import Page, Pages
from huitong.store.vault.tokens import PREFIX, PSEUDONYM_BYTES, opened, pseudonym_of, raws_of, sealed, split

LOOKUP_BYTES = 16
CACHED_MAX = 500_000
"""Names that are remembered, so that a known one costs no look into the key ring."""
_LOOKUP_SECRET, ERASED = b"lookup", b"erased"


class Name(NamedTuple):
    """A text that identifies somebody.

    Attributes:
        space: The set of names that it belongs to.
        text: The name.
        scope: Pseudonym of the person within whose records the name has this key, for texts that many may share (a family name); empty for
            keys, which have to be equal wherever they stand.
    """

    space: str
    text: str
    scope: bytes = b""


class Names:
    """Tokens for names and names for tokens.

    Args:
        reader: The readers' side of the storage.
        master: Wraps the keys.
        random_bytes: Gives ``n`` random bytes.
    """

    def __init__(self, reader: Reader, master: MasterKey, random_bytes: Callable[[int], bytes] = os.urandom) -> None:
        self._reader = reader
        self._masters: tuple[MasterKey, ...] = (master,)  # all that this process has seen, the latest first
        self._wrapping: MasterKey | None = None
        self._random = random_bytes
        self._secret: bytes | None = None
        self._tokens: dict[str, dict[str, str]] = {}  # of names without a scope, by space: the many
        self._scoped: dict[Name, str] = {}
        self._remembered = 0
        self._texts: dict[str, str] = {}
        self._pairs: set[tuple[str, str]] = set()
        self._turn = threading.Lock()
        self.erasures = 0
        """How often this process forgot the names that it had read."""

        self.noted = 0
        """How many names this process gave a key or an owner."""
        self._erased: bytes | None = None
        self.pages = Pages(reader, self._unwrap, random_bytes)
        """Names of sealed records, many under one key."""

    def found(self, session: Session) -> None:
        """Draws the secret of a new log; checks the master key of one that has it.

        Raises:
            DataError: If the master key does not open this log.
        """
        kept, context = session.kept("vault", [_LOOKUP_SECRET]), _secret_context(self._reader)
        if kept:
            self._secret, self._wrapping = self._open_secret(kept[_LOOKUP_SECRET])
        else:
            self._secret, self._wrapping = self._random(KEY_BYTES), self._masters[0]
            session.keep("vault", {_LOOKUP_SECRET: self._wrapping.wrap(self._secret, context)})

    def check(self) -> None:
        """For a process that only reads: whether the master key opens this log.

        Raises:
            DataError: If it does not.
        """
        for wrapped in self._reader.kept("vault", [_LOOKUP_SECRET]).values():
            self._secret, _ = self._open_secret(wrapped)

    def _open_secret(self, wrapped: bytes) -> tuple[bytes, MasterKey]:
        try:
            return self._unwrap(wrapped, _secret_context(self._reader))
        except DataError:
            if any(_opens(master, wrapped, _LOOKUP_SECRET) for master in self._masters):
                raise _unreleased(self._reader.where) from None
            raise

    def _unwrap(self, wrapped: bytes, context: bytes) -> tuple[bytes, MasterKey]:
        """The secret, and which master key wraps it: around a rotation it may be the one before, or the one that was to come."""
        for master in self._masters:
            try:
                return master.unwrap(wrapped, context), master
            except DataError:
                continue
        raise wrong_master()

    def put_page(self, session: Session, number: int, page: Page) -> None:
        """See ``Pages.put``."""
        self.pages.put(session, number, page, self._master(session))

    def _master(self, session: Session) -> MasterKey:
        """The master key that wraps the key ring as this transaction sees it."""
        if self._wrapping is None:
            self.found(session)
        assert self._wrapping is not None  # noqa: S101 -- found just now
        return self._wrapping

    def renew(self) -> None:
        """For the writer's thread: forgets what it remembers of the key ring, as when something was taken back or destroyed."""
        self._wrapping = None
        self._tokens.clear()
        self._scoped.clear()
        self._remembered = 0
        self._pairs.clear()

    def blank(self) -> None:
        """For any thread: forgets the names that it has read, as after keys were destroyed."""
        with self._turn:
            self._texts.clear()
            self.erasures += 1

    def last_erased(self) -> bytes:
        """Pseudonym of whoever's keys were destroyed last; empty where nobody's were."""
        return self._reader.kept("vault", [ERASED]).get(ERASED, b"")

    def follow(self) -> None:
        """Forgets the names that it has read where somebody, in another process or thread, destroyed keys since it last asked."""
        erased = self.last_erased()
        if erased != self._erased:
            self.blank()
            self._erased = erased  # afterwards: another thread must not take the names for forgotten already

    def lookup(self, name: Name) -> bytes:
        """Where a name stands in the key ring; nowhere (``b""``) where the log had no name when a reader opened it, and has none now."""
        if self._secret is None:
            self.check()
            if self._secret is None:
                return b""
        said = b"\x00".join((name.space.encode(), name.scope.hex().encode(), name.text.encode()))
        return hmac.digest(self._secret, said, "sha256")[:LOOKUP_BYTES]

    def tokens(self, session: Session, names: Sequence[Name], *, new: bool = True) -> list[str]:
        """The tokens of names.

        Args:
            session: The writer's side of the storage.
            names: The names.
            new: Whether those that nobody knows get a key. Else they get a token of no use: its key is nowhere.

        Raises:
            InputError: If a name looks like a token.
            DataError: If the key ring contradicts itself.
        """
        self._bound()
        missing = [name for name in dict.fromkeys(names) if self._token(name) is None]
        passing = self._learn(session, missing, new=new) if missing else {}
        return [self._token(name) or passing[name] for name in names]

    def _token(self, name: Name) -> str | None:
        return self._scoped.get(name) if name.scope else self._tokens.get(name.space, {}).get(name.text)

    def tokens_in(self, session: Session, space: str, texts: Sequence[str], *, new: bool = True) -> list[str]:
        """The same for many names of one space."""
        self._bound()
        known = self._tokens.setdefault(space, {})
        missing = dict.fromkeys(text for text in texts if text not in known)
        passing = self._learn(session, [Name(space, text) for text in missing], new=new) if missing else {}
        return [known.get(text) or passing[Name(space, text)] for text in texts]

    def remembered(self, space: str) -> Mapping[str, str]:
        """Tokens of a space's names that cost no look into the key ring; it grows by what is learnt, an erasure begins a new one."""
        return self._tokens.setdefault(space, {})

    def _bound(self) -> None:
        if self._remembered > CACHED_MAX:
            self.renew()

    def _learn(self, session: Session, names: Sequence[Name], *, new: bool) -> dict[Name, str]:
        """Remembers the tokens of names; returns those of names that get no key."""
        lookups = self._lookups(names)
        pseudonyms = session.kept("name", lookups)
        keys = self._own_keys(session, pseudonyms)
        new_names: dict[bytes, bytes] = {}
        new_keys: dict[bytes, bytes] = {}
        passing: dict[Name, str] = {}
        for name, lookup in zip(names, lookups, strict=True):
            pseudonym = pseudonyms.get(lookup)
            if pseudonym is None:
                pseudonym, key = self._random(PSEUDONYM_BYTES), self._random(KEY_BYTES)
                if not new:
                    passing[name] = sealed(pseudonym, key, name.text)
                    continue
                wrapped = self._master(session).wrap(key, pseudonym + lookup)
                new_names[lookup], new_keys[pseudonym] = pseudonym, lookup + wrapped
            else:
                key = keys[pseudonym]
            token = sealed(pseudonym, key, name.text)
            if name.scope:
                self._scoped[name] = token
            else:
                self._tokens.setdefault(name.space, {})[name.text] = token
        self._remembered += len(names) - len(passing)
        self.noted += len(new_names)
        if new_names:
            session.keep("name", new_names)
            session.keep("key", new_keys)
        return passing

    def _lookups(self, names: Sequence[Name]) -> list[bytes]:
        for name in names:
            if name.text.startswith(PREFIX):
                raise reserved(name.text)
        return [self.lookup(name) for name in names]

    def _keys(self, ring: KeyRing, pseudonyms: Sequence[bytes]) -> dict[bytes, bytes]:
        return self._unwrapped(ring.kept("key", pseudonyms))

    def _unwrapped(self, entries: Mapping[bytes, bytes]) -> dict[bytes, bytes]:
        """Keys of entries, each bound to its pseudonym and its name: no entry can be put in another's place."""
        unwrap = self._unwrap
        return {pseudonym: unwrap(one[LOOKUP_BYTES:], pseudonym + one[:LOOKUP_BYTES])[0] for pseudonym, one in entries.items()}

    def _own_keys(self, session: Session, pseudonyms: Mapping[bytes, bytes]) -> dict[bytes, bytes]:
        """Keys by pseudonym, each of the one name that it was made for: one that encrypted two names, with one nonce, would give both away.

        Args:
            session: The writer's side of the storage.
            pseudonyms: Where each name stands in the key ring, and its pseudonym.

        Raises:
            DataError: If one is missing or was made for another name.
        """
        kept = session.kept("key", list(pseudonyms.values()))
        if any(kept.get(pseudonym, b"")[:LOOKUP_BYTES] != lookup for lookup, pseudonym in pseudonyms.items()):
            raise DataError(
                "vault.ring.altered",
                {
                    "en": f"the key ring of {self._reader.where} was altered: a name leads to a key that is not its own",
                    "zh": f"{self._reader.where} 的密钥环已被改动：某个名称指向的并非其自己的密钥",
                },
                {"en": "restore the log from a backup", "zh": "请从备份恢复日志"},
            )
        return self._unwrapped(kept)

    def belong(self, session: Session, pairs: Iterable[tuple[str, str]]) -> None:
        """Notes whose names are whose: pairs of tokens, what is owned and its owner."""
        unseen = {pair for pair in pairs if pair not in self._pairs and pair[0] != pair[1]}
        if not unseen:
            return
        self._pairs |= unseen
        new = sorted((pseudonym_of(owned), pseudonym_of(owner)) for owned, owner in unseen)
        self._join(session, "owner", new)
        self._join(session, "owned", [(owner, owned) for owned, owner in new])

    def _join(self, session: Session, space: str, pairs: Sequence[tuple[bytes, bytes]]) -> None:
        """Adds to each name's entry in the key ring what it does not hold yet."""
        there = {name: split(value) for name, value in session.kept(space, list(dict.fromkeys(name for name, _ in pairs))).items()}
        changed: dict[bytes, list[bytes]] = {}
        for name, value in pairs:
            values = there.setdefault(name, [])
            if value not in values:
                values.append(value)
                changed[name] = values
        self.noted += len(changed)
        session.keep(space, {name: b"".join(values) for name, values in changed.items()})

    def texts(self, tokens: Sequence[str], ring: KeyRing | None = None) -> list[str]:
        """The names behind tokens; a token whose key is gone, and what is no token, comes back as it is.

        Args:
            tokens: The tokens.
            ring: Where their keys are: the writer's session knows those of its transaction too; by default what is committed.
        """
        with self._turn:
            if len(self._texts) > CACHED_MAX:
                self._texts.clear()
            known = self._texts
            missing = [token for token in tokens if token not in known] if known else tokens
            if missing:
                self._find(missing, ring or self._reader)
            return [known.get(token, token) for token in tokens]

    def _find(self, tokens: Sequence[str], ring: KeyRing) -> None:
        found = self.pages.texts(tokens, ring)
        self._texts.update(found)
        if rest := [token for token in tokens if token not in found] if found else tokens:
            self._open(raws_of(rest), ring)

    def _open(self, raws: Mapping[str, bytes], ring: KeyRing) -> None:
        """Remembers the names behind tokens whose keys are there. A replay opens every name there is, so no step here is idle."""
        keys = self._keys(ring, [raw[:PSEUDONYM_BYTES] for raw in raws.values()])
        for token, raw in raws.items():
            pseudonym = raw[:PSEUDONYM_BYTES]
            if pseudonym in keys:
                try:
                    self._texts[token] = opened(raw, keys[pseudonym])
                except InvalidTag:
                    continue  # somebody's own text, which looks like a token

    def rewrap(self, session: Session, master: MasterKey) -> int:
        """Wraps every key with another master key; returns how many."""
        assert self._secret is not None  # noqa: S101 -- found when the log was opened
        before = session.kept("key")
        again = {
            pseudonym: (lookup := before[pseudonym][:LOOKUP_BYTES]) + master.wrap(key, pseudonym + lookup)
            for pseudonym, key in self._unwrapped(before).items()
        }
        secret = {_LOOKUP_SECRET: master.wrap(self._secret, _secret_context(self._reader))}
        for space, entries in ("key", again), ("vault", secret):
            session.drop(space, list(entries))  # what the master key before has wrapped is as secret as what was destroyed
            session.keep(space, entries)
        self.pages.rewrap(session, master)
        # Whether this is committed the key ring tells; until then, and for readers of what was before, the others stay at hand.
        self._masters, self._wrapping = (master, *(one for one in self._masters if one is not master)), master
        return len(again)


def opens(reader: Reader) -> Opens | None:
    """How to try a master key on a log; ``None`` where it holds no name yet."""
    wrapped = reader.kept("vault", [_LOOKUP_SECRET]).get(_LOOKUP_SECRET)
    if wrapped is None:
        return None

    return lambda master: _opens(master, wrapped, _secret_context(reader))


def _opens(master: MasterKey, wrapped: bytes, context: bytes) -> bool:
    try:
        master.unwrap(wrapped, context)
    except DataError:
        return False
    return True


def _unreleased(where: str) -> DataError:
    return DataError(
        "vault.unreleased",
        {
            "en": f"the names in {where} were written by a version before the first release, whose keys were bound to no log",
            "zh": f"{where} 中的名称由首次发布之前的版本写入，其密钥未与日志绑定",
        },
        {"en": "begin a new log and ingest the data again; the master key is right", "zh": "请新建日志并重新导入数据；主密钥本身正确"},
    )


def reserved(text: str) -> InputError:
    """The error for a text that is, or could be taken for, a token."""
    return InputError(
        "vault.name.reserved",
        {"en": f"{text!r} cannot be written: {PREFIX!r} marks what is encrypted", "zh": f"{text!r} 不能写入：{PREFIX!r} 用于标记加密内容"},
        {"en": "send the name itself, not what the log holds", "zh": "请发送名称本身，而不是日志中的内容"},
    )


def _secret_context(reader: Reader) -> bytes:
    """What the log's own secret is bound to: no other log's can take its place."""
    return _LOOKUP_SECRET + reader.log_id.encode()
