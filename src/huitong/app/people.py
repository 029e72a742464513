"""Who may use a bank: its book of access with the desk that lets callers in and the office that takes an administrator's orders."""

import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager

from huitong.app.logbook import Logbook
from huitong.identity import AccessBook, AccessDesk, AccessOffice, AccessSettings, Outside, Registry, Signed, credentials_of
from huitong.identity.openid import OpenIdProvider, sealing_key
from huitong.kernel import Clock
from huitong.store import BookKeeper, RecordLog

ASKED_AT_ONCE = 4
"""Questions to the book of access that may wait at once; a thread of its own for each, so that they wait for nothing else."""


class People:
    """The book of access of a bank, opened at its first use.

    It is folded from the log at each start and never kept in a file: hashes of passwords stand in its state.

    Args:
        logbook: The bank's log.
        turn: Held by whoever writes to it.
        settings: What the institution sets about access.
        clock: Tells the present.
    """

    def __init__(self, logbook: Logbook, turn: AbstractContextManager[object], settings: AccessSettings, clock: Clock) -> None:
        self._logbook = logbook
        self._turn = turn
        self._settings = settings
        self._clock = clock
        self._opening = threading.RLock()
        self._desk: AccessDesk | None = None
        self._provider: OpenIdProvider | None = None
        self._asking = ThreadPoolExecutor(ASKED_AT_ONCE, "huitong-callers")

    @property
    def desk(self) -> AccessDesk:
        """Lets callers in.

        Raises:
            ExternalError: If another process has the log open, or the disk refuses.
        """
        with self._opening:
            if self._desk is None:
                self._desk = AccessDesk(self._registry(self._logbook.log))
            return self._desk

    @property
    def office(self) -> AccessOffice:
        """Takes an administrator's orders.

        Raises:
            ExternalError: As ``desk``.
        """
        return AccessOffice(self.desk.registry)

    def caller(self, headers: Mapping[str, str], address: str, method: str) -> Signed:
        """Who makes a request.

        Args:
            headers: Its headers.
            address: Address of the other end of the connection.
            method: HTTP method.

        Raises:
            PolicyError: As ``AccessDesk.authenticate``.
        """
        given = credentials_of(headers, address=address, method=method, outside=self.outside)
        return self.desk.authenticate(given, self._clock.now_us())

    def calling(self, headers: Mapping[str, str], address: str, method: str) -> "Signed | Future[Signed]":
        """As ``caller``, without waiting: at once where it is known who calls, else from a thread in which the book of access is asked.

        Raises:
            PolicyError: If it is known that nobody may come in so; the future may raise it too.
        """
        given = credentials_of(headers, address=address, method=method, outside=self.outside)
        desk, now_us = self._desk, self._clock.now_us()
        signed = None if desk is None else desk.known(given, now_us)
        if desk is None or signed is None:
            return self._asking.submit(lambda: self.desk.authenticate(given, self._clock.now_us()))
        if desk.ages(given, now_us):  # an error is left to who asks once it is forgotten
            self._asking.submit(desk.ask_again, given, now_us)
        return signed

    def close(self) -> None:
        """Ends the threads in which the book is asked."""
        self._asking.shutdown()

    @property
    def outside(self) -> Outside:
        """How the bank is reached from outside."""
        return self._settings.outside

    @property
    def provider(self) -> OpenIdProvider | None:
        """The OpenID provider, where there is one.

        Raises:
            InputError: If the extra ``openid`` is not installed.
            ExternalError: As ``desk``.
        """
        with self._opening:
            if self._provider is None and self._settings.openid is not None:
                self._provider = OpenIdProvider(self._settings.openid, sealing_key(self.desk.registry.secret(self._clock.now_us())))
            return self._provider

    @contextmanager
    def reading(self) -> Iterator[AccessOffice | None]:
        """The office to look and not to order, which needs no turn among writers; ``None`` where nothing was ever written."""
        if self._desk is not None:
            yield self.office
            return
        with self._logbook.reading() as log:
            yield None if log is None or not log.conceals else AccessOffice(self._registry(log))

    def _registry(self, log: RecordLog) -> Registry:
        return Registry(BookKeeper(AccessBook(), log, self._turn), log, self._settings)
