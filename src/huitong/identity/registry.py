"""The book of access with what acts on it need: ids, chance, the cost of a password."""

import os
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from huitong.contracts import Act, Actor, Command, Event, Role
from huitong.identity import passwords
from huitong.identity.openid.settings import OpenIdSettings
from huitong.identity.outside import OPEN_HOUSE, Outside
from huitong.identity.passwords import Hardness
from huitong.identity.state import Directory, Session, User
from huitong.identity.tokens import new_secret
from huitong.identity.users import founded
from huitong.kernel import DataError, EventId, ulid
from huitong.store import BookKeeper, RecordLog

T = TypeVar("T")
_HASHES_AT_ONCE = 2
_MINUTE_US = 60_000_000


@dataclass(frozen=True, slots=True)
class AccessSettings:
    """What an institution sets about access.

    Attributes:
        idle_us: A session that nobody used for this long has ended.
        life_us: A session ends after this at the latest.
        second_factor: Roles that nobody has without a code device.
        known_passwords: Passwords that are known to be in use elsewhere, in lower case.
        openid: The OpenID provider, if there is one.
        outside: How the bank is reached from outside.
    """

    idle_us: int = 30 * _MINUTE_US
    life_us: int = 12 * 60 * _MINUTE_US
    second_factor: frozenset[Role] = frozenset()
    known_passwords: frozenset[str] = frozenset()
    openid: OpenIdSettings | None = None
    outside: Outside = OPEN_HOUSE


@dataclass(slots=True)
class Registry:
    """The book of access of one bank.

    Attributes:
        keeper: Keeps the book.
        log: The log that the book is a fold of; it must conceal, for credentials stand in it.
        settings: What the institution sets.
        hardness: Cost of a password.
        random_bytes: Gives ``n`` random bytes.
        acts: How many acts were run here: whoever remembers an answer looks whether there were others since.

    Raises:
        DataError: If the log writes credentials in clear.
    """

    keeper: BookKeeper[Directory]
    log: RecordLog
    settings: AccessSettings = field(default_factory=AccessSettings)
    hardness: Hardness = field(default_factory=Hardness)
    random_bytes: Callable[[int], bytes] = os.urandom
    acts: int = 0
    _counting: threading.Lock = field(default_factory=threading.Lock)
    _hashing: threading.BoundedSemaphore = field(default_factory=lambda: threading.BoundedSemaphore(_HASHES_AT_ONCE))

    def __post_init__(self) -> None:
        """Looks whether the log conceals."""
        if not self.log.conceals:
            raise DataError(
                "access.log.open",
                {
                    "en": "this log has no master key: credentials would stand in it in clear",
                    "zh": "该日志没有主密钥：登录凭据将以明文写入",
                },
                {
                    "en": "open the log with a master key; docs/erasure.md says how",
                    "zh": "请使用主密钥打开日志；方法见 docs/zh/erasure.md",
                },
            )

    def ask(self, question: Callable[[Directory], T]) -> T:
        """What a question finds at the log's end."""
        return self.keeper.ask(question)

    def command(self, now_us: int) -> EventId:
        """A new command's id."""
        return ulid(now_us, self.random_bytes)

    def command_by(self, actor: Actor, now_us: int) -> Command:
        """A new command of somebody's."""
        return Command(self.command(now_us), actor, now_us)

    def order(self, command: Command, act: Act[Directory]) -> tuple[Event, ...]:
        """Runs an act on command; returns its events, durable. Of a command that was carried out before it returns the first event."""
        try:
            return self.keeper.act(command.id, act)
        finally:
            self._count()

    def act(self, act: Callable[[EventId], Act[Directory]], now_us: int) -> tuple[Event, ...]:
        """Runs an act as a new command; returns its events, durable.

        Args:
            act: From the command's id to the act.
            now_us: The clock's reading.
        """
        command = self.command(now_us)
        try:
            return self.keeper.act(command, act(command))
        finally:
            self._count()

    def _count(self) -> None:
        with self._counting:  # a count that went back would let what a former act ended hold again
            self.acts += 1

    def secret(self, now_us: int) -> str:
        """The secret under which the bank hashes tokens, hex; drawn where it has none yet."""
        fresh = new_secret(self.random_bytes)
        known = self.ask(lambda state: state.secret)
        if known is None:
            self.act(lambda command: lambda state: founded(state, command, 0, fresh, now_us), now_us)
        return self.ask(lambda state: state.secret) or fresh

    def hashed(self, password: str) -> str:
        """The hash of a password; few at a time, for each takes much memory."""
        with self._hashing:
            return passwords.hashed(password, self.hardness, self.random_bytes)

    def matches(self, password: str, kept: str | None) -> bool:
        """Whether a password is the one that was hashed."""
        with self._hashing:
            return passwords.matches(password, kept, self.hardness)

    def counts(self, now_us: int) -> Mapping[str, int]:
        """How many users and API keys there are, and how many sessions are open."""

        def counted(state: Directory) -> Mapping[str, int]:
            open_now = sum(self.is_open(one, state.users[one.user], now_us) for one in state.sessions.values())
            return {"users": len(state.users), "api_keys": len(state.api_keys), "sessions": open_now}

        return self.ask(counted)

    def is_open(self, session: Session, user: User, now_us: int) -> bool:
        """Whether a session still lets its user in."""
        ends_us = min(session.opened_us + self.settings.life_us, session.seen_us + self.settings.idle_us)
        return user.active and session.credential == user.credential and now_us < ends_us
