"""Names by the page: hundreds of tokens with their names under one key, so that a replay need not open each name by itself.

A page is a cache and says nothing that the keys of its names do not say. It is made when records are sealed, holds names of one column in
the order of their first record, and lies in the key ring beside the keys. Whoever is forgotten is taken off every page in the transaction
that destroys their keys: a page that changes gets a new key, and what it was before is destroyed like a key. The key ring holds

* ``page``: number → the page's key, wrapped by the master key, and tokens and names, encrypted with it;
* ``paged``: number → the pseudonyms on it, so that a name's page is found without opening any;
* ``vault``: how many numbers were given, and up to which record sealed names are on pages.
"""

import base64
import os
from collections.abc import Callable, Iterator, Sequence
from itertools import compress
from typing import NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from huitong.kernel import DataError
from huitong.store.storage import KeyRing, Reader, Session
from huitong.store.vault.master import KEY_BYTES, MasterKey
from huitong.store.vault.tokens import PREFIX, PSEUDONYM_BYTES, pseudonym_of

PAGE_NAMES = 256
PAGE_CHARACTERS = 65_536
"""A page ends with whichever comes first: it is made anew for each name that is taken off, and the key ring is copied by thousands."""
FEW = 8
"""Fewer names are never looked for on pages."""
PAGES_FOR_NAME = 1
"""Nor are they where there are more pages for each name that is asked for: to look through them takes longer than to open the names."""
WANTED_SHARE = 1 / 32
"""A page is opened where so many of its names are asked for; of fewer, each is opened with its own key."""
_PAGES_AT_ONCE = 256
_GIVEN, _UPTO = b"pages", b"paged"
_NUMBER_BYTES, _LENGTH_BYTES = 8, 4
_KEY_FROM = 1_024
"""Where the key of a page begins in its entry, or after that: of what comes before, SQLite may leave copies when it makes room for others;
whatever comes after, it overwrites when the entry goes."""
_HEAD_BYTES, _PSEUDONYM_CHARACTERS = 8, PSEUDONYM_BYTES * 4 // 3
_HEAD = slice(len(PREFIX), len(PREFIX) + _HEAD_BYTES)
"""By what a name is looked for: the first characters of its token, 48 bits of the pseudonym. Whether it is that name, the page tells."""
_NONCE = bytes(12)  # that never changes: a key encrypts one page, once

Heads = npt.NDArray[np.uint64]


class Page(NamedTuple):
    """Tokens, and the name behind each."""

    tokens: list[str]
    names: list[str]

    def without(self, pseudonyms: frozenset[bytes]) -> "Page":
        """The page without some names."""
        rest = [(token, name) for token, name in zip(*self, strict=True) if pseudonym_of(token) not in pseudonyms]
        return Page([token for token, _ in rest], [name for _, name in rest])


_encoder, _decoder = msgspec.msgpack.Encoder(), msgspec.msgpack.Decoder(Page)


class Pages:
    """The pages of a log.

    Args:
        reader: The readers' side of the storage.
        unwrap: Opens what a master key has wrapped in a context; says which one has.
        random_bytes: Gives ``n`` random bytes.
    """

    def __init__(
        self, reader: Reader, unwrap: Callable[[bytes, bytes], tuple[bytes, MasterKey]], random_bytes: Callable[[int], bytes] = os.urandom
    ) -> None:
        self._reader = reader
        self._unwrap = unwrap
        self._random = random_bytes

    def texts(self, tokens: Sequence[str], ring: KeyRing) -> dict[str, str]:
        """The names behind tokens as far as pages tell them sooner than their own keys would.

        Raises:
            DataError: If a page was altered.
        """
        if len(tokens) < FEW or PAGES_FOR_NAME * len(tokens) < given(ring):
            return {}
        wanted, found = set(tokens), dict[str, str]()
        hit = [number for number, _, asked in _looked_for(_heads(tokens), ring) if asked.mean() >= WANTED_SHARE]
        for number, value in _pages(ring, hit):
            found.update(pair for pair in zip(*self.opened(number, value), strict=True) if pair[0] in wanted)
        return found

    def unpaged(self, tokens: Sequence[str]) -> list[str]:
        """Those tokens that are on no page, as far as their heads tell."""
        heads = _heads(tokens)
        there = [on_it[asked] for _, on_it, asked in _looked_for(heads, self._reader)]
        new = np.isin(heads, np.concatenate(there), invert=True) if there else np.ones(len(heads), np.bool_)
        return list(compress(tokens, new))

    def put(self, session: Session, number: int, page: Page, master: MasterKey) -> None:
        """Writes a page with those of its names that have a key: nobody who was forgotten since they were read comes on it.

        Args:
            session: The writer's side of the storage.
            number: No other page's; the same call may be made again.
            page: What is to be on it.
            master: Wraps its key.
        """
        pseudonyms = [pseudonym_of(token) for token in page.tokens]
        known = session.kept("key", pseudonyms)
        self._write(session, _named(number), page.without(frozenset(pseudonyms) - known.keys()), master)
        session.keep("vault", {_GIVEN: _named(max(number + 1, given(session)))})

    def take_off(self, session: Session, pseudonyms: Sequence[bytes]) -> None:
        """Makes every page anew that holds one of some names. It keeps its number: whoever reads finds the one or the other, whole."""
        for number, value in _pages(session, _holding(session, pseudonyms)):
            try:
                page, master = self.opened(number, value), self._unwrap(_parts(value)[0], self._context(number))[1]
            except DataError:  # it was altered: what cannot be read cannot stay
                _give_up(session, [number])
            else:
                self._write(session, number, page.without(frozenset(pseudonyms)), master)

    def rewrap(self, session: Session, master: MasterKey) -> None:
        """Wraps the key of every page with another master key."""
        for number, value in _pages(session, _numbers(session)):
            wrapped, content = _parts(value)
            self._keep(session, number, self._unwrap(wrapped, self._context(number))[0], content, master)

    def opened(self, number: bytes, value: bytes) -> Page:
        """What is on a page.

        Raises:
            DataError: If it was altered: with another master key, no log opens.
        """
        wrapped, content = _parts(value)
        try:
            key, _ = self._unwrap(wrapped, self._context(number))
            return _decoder.decode(AESGCM(key).decrypt(_NONCE, content, number))
        except (DataError, InvalidTag, ValueError):
            raise DataError(
                "vault.page.altered",
                {
                    "en": f"page {int.from_bytes(number)} of names in the key ring of {self._reader.where} was altered",
                    "zh": f"{self._reader.where} 的密钥环中第 {int.from_bytes(number)} 页名称已被改动",
                },
                {"en": "restore the log from a backup", "zh": "请从备份恢复日志"},
            ) from None

    def _write(self, session: Session, number: bytes, page: Page, master: MasterKey) -> None:
        if not page.tokens:
            _drop(session, [number])
            return
        key = self._random(KEY_BYTES)
        self._keep(session, number, key, AESGCM(key).encrypt(_NONCE, _encoder.encode(page), number), master)
        session.keep("paged", {number: b"".join(pseudonym_of(token) for token in page.tokens)})

    def _keep(self, session: Session, number: bytes, key: bytes, content: bytes, master: MasterKey) -> None:
        wrapped = master.wrap(key, self._context(number))
        session.drop("page", [number])  # what it was before is as secret as a key that was destroyed
        filling = bytes(max(_KEY_FROM - len(content), 0))
        session.keep(
            "page", {number: content + filling + wrapped + len(content).to_bytes(_LENGTH_BYTES) + len(wrapped).to_bytes(_LENGTH_BYTES)}
        )

    def _context(self, number: bytes) -> bytes:
        """What a page's key is bound to: no other page's, nor another log's, can take its place."""
        return b"page" + number + self._reader.log_id.encode()


def given(ring: KeyRing) -> int:
    """How many numbers were given to pages: those from 0 on."""
    return int.from_bytes(ring.kept("vault", [_GIVEN]).get(_GIVEN, b""))


def upto(ring: KeyRing) -> int:
    """The position up to which the names of sealed records are on pages."""
    return int.from_bytes(ring.kept("vault", [_UPTO]).get(_UPTO, b""))


def reach(session: Session, position: int) -> None:
    """Notes up to which position the names of sealed records are on pages."""
    session.keep("vault", {_UPTO: _named(position)})


def _drop(session: Session, numbers: Sequence[bytes]) -> None:
    for space in ("page", "paged"):
        session.drop(space, numbers)


def drop_holding(session: Session, pseudonyms: Sequence[bytes]) -> None:
    """Destroys every page that holds one of some names, for which no master key is needed; the next sealing makes them anew."""
    if numbers := _holding(session, pseudonyms):
        _give_up(session, numbers)


def drop_all(session: Session) -> None:
    """Destroys every page; the next sealing makes them anew."""
    _give_up(session, _numbers(session))


def _give_up(session: Session, numbers: Sequence[bytes]) -> None:
    _drop(session, numbers)
    reach(session, 0)


def _numbers(ring: KeyRing) -> list[bytes]:
    return [_named(number) for number in range(given(ring))]


def _holding(ring: KeyRing, pseudonyms: Sequence[bytes]) -> list[bytes]:
    return [number for number, _, _ in _looked_for(_heads_of(b"".join(pseudonyms)), ring)]


def _looked_for(heads: Heads, ring: KeyRing) -> Iterator[tuple[bytes, Heads, npt.NDArray[np.bool_]]]:
    """The pages that hold any of some names: number, heads of its names, and which of those are among the ones looked for."""
    wanted = pa.array(heads)
    for paged in _asked(ring, "paged", _numbers(ring)):
        on_them = _heads_of(b"".join(paged.values()))
        asked = pc.is_in(pa.array(on_them), wanted).to_numpy(zero_copy_only=False)
        stops = np.cumsum([len(value) // PSEUDONYM_BYTES for value in paged.values()])[:-1]
        for number, some, of_them in zip(paged, np.split(on_them, stops), np.split(asked, stops), strict=True):
            if of_them.any():
                yield number, some, of_them


def _pages(ring: KeyRing, numbers: Sequence[bytes]) -> Iterator[tuple[bytes, bytes]]:
    for found in _asked(ring, "page", numbers):
        yield from found.items()


def _asked(ring: KeyRing, space: str, numbers: Sequence[bytes]) -> Iterator[dict[bytes, bytes]]:
    """Entries of pages, some at a time; of pages that are there."""
    for start in range(0, len(numbers), _PAGES_AT_ONCE):
        if found := ring.kept(space, numbers[start : start + _PAGES_AT_ONCE]):
            yield found


def _heads(tokens: Sequence[str]) -> Heads:
    heads = [token[_HEAD] for token in tokens]
    joined = "".join(heads).encode()
    if len(joined) != _HEAD_BYTES * len(heads):  # some are no tokens, and on no page
        joined = b"".join(one if len(one) == _HEAD_BYTES else bytes(_HEAD_BYTES) for one in (head.encode() for head in heads))
    return np.frombuffer(joined, np.uint64)


def _heads_of(pseudonyms: bytes) -> Heads:
    """Heads of the tokens of joined pseudonyms."""
    characters = np.frombuffer(base64.urlsafe_b64encode(pseudonyms), np.uint64)
    return characters[:: _PSEUDONYM_CHARACTERS // _HEAD_BYTES]


def _named(number: int) -> bytes:
    return number.to_bytes(_NUMBER_BYTES)


def _parts(value: bytes) -> tuple[bytes, bytes]:
    """The wrapped key of a page, and what it encrypts."""
    lengths = len(value) - 2 * _LENGTH_BYTES
    content, wrapped = (int.from_bytes(value[place : place + _LENGTH_BYTES]) for place in (lengths, lengths + _LENGTH_BYTES))
    return value[max(lengths - wrapped, 0) : max(lengths, 0)], value[:content]
