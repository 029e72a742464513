"""A bank's book of access on a real log, with cheap passwords."""

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from huitong.contracts import Actor, Command, Event
from huitong.identity import (
    AccessBook,
    AccessDesk,
    AccessOffice,
    AccessSettings,
    Credentials,
    Directory,
    Hardness,
    Registry,
    access_contracts,
)
from huitong.identity.totp import code_at, step_of
from huitong.identity.users import LOCAL
from huitong.store import BookKeeper, RecordLog, make_master_key, open_log

HERE = Actor(LOCAL, frozenset({"admin"}))
CHEAP = Hardness(memory_kib=64)
MINUTE_US = 60_000_000
NOW_US = 1_795_000_000_000_000
GOOD = "the heron stands on one leg"
OTHER = "seven umbrellas in the rain"


class Turn:
    """No other writer here."""

    def __enter__(self) -> None:
        pass

    def __exit__(self, *_: object) -> None:
        pass


class World:
    """A bank that has users, and a clock that the test moves."""

    def __init__(self, log: RecordLog, settings: AccessSettings | None = None) -> None:
        self.log = log
        self.now_us = NOW_US
        self.registry = Registry(BookKeeper[Directory](AccessBook(), log, Turn()), log, settings or AccessSettings(), hardness=CHEAP)
        self.desk, self.office = AccessDesk(self.registry), AccessOffice(self.registry)

    def later(self, us: int = 30_000_000) -> int:
        """Moves the clock on."""
        self.now_us += us
        return self.now_us

    def by(self, actor: Actor) -> Command:
        """A command of somebody's, a little later."""
        return self.registry.command_by(actor, self.later())

    def first(self, user: str = "li.wei") -> Actor:
        """The first administrator."""
        self.office.add_first(self.by(HERE), user, "李伟", (), GOOD)
        return Actor(user, frozenset({"admin"}))

    def add(self, actor: Actor, user: str, *roles: str, password: str = OTHER) -> Actor:
        """A user with roles and a password of their own."""
        once = self.office.add(self.by(actor), user, f"name of {user}").shown_once
        signed = self.desk.sign_in(user, once, "", "192.0.2.9", self.later()).signed
        self.desk.set_password(signed, once, password, self.later())
        for role in roles:
            self.office.grant(self.by(actor), user, role)  # type: ignore[arg-type]  # a test names roles
        return Actor(user, frozenset(roles))  # type: ignore[arg-type]  # as above

    def sign_in(self, user: str, password: str = OTHER, code: str = "", address: str = "192.0.2.1") -> "tuple[str, Credentials]":
        """A session's token, and what a page of it sends to read."""
        token = self.desk.sign_in(user, password, code, address, self.now_us).token
        return token, Credentials(address, session_token=token, host="bank.example")

    def code(self, secret: str) -> str:
        """The code that a device shows now."""
        return code_at(base64.b32decode(secret), step_of(self.now_us))

    def kinds(self) -> list[str]:
        """Kinds of the log's events."""
        return [event.kind for event in self.events()]

    def events(self) -> list[Event]:
        """The log's events."""
        return [record.content for record in self.log.read() if isinstance(record.content, Event)]


@contextmanager
def world_in(folder: Path, settings: AccessSettings | None = None, address: str | None = None) -> Iterator[World]:
    """A world in a folder of its own, or with its log elsewhere."""
    master = make_master_key(folder / "master.key")
    with open_log(address or folder / "log.sqlite", master=master, contracts=access_contracts()) as log:
        yield World(log, settings)
