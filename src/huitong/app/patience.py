"""HTTP that does not wait for ever: a connection on which no request comes, or one whose head drips, ends after its time.

Bodies have a time of their own, see ``huitong.api.reading``; behind fronts whole requests are the fronts' to wait for.
"""

import asyncio
from asyncio import BaseTransport, Transport
from typing import cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from huitong.fronts.answers import REQUEST_SECONDS_MAX, STATUS_LINES, refusal_of, slow


class PatientProtocol(HttpToolsProtocol):
    """The server's protocol, with a time for the head of a request."""

    _waiting: asyncio.TimerHandle | None = None
    _begun = False

    def connection_made(self, transport: BaseTransport) -> None:
        """Waits for the first request."""
        super().connection_made(cast("Transport", transport))
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """Waits for nothing more."""
        self._wait_no_more()
        super().connection_lost(exc)

    def on_message_begin(self) -> None:
        """A head begins: from now on its time counts."""
        super().on_message_begin()
        self._begun = True
        self._wait()

    def on_headers_complete(self) -> None:
        """It is there."""
        self._begun = False
        self._wait_no_more()
        super().on_headers_complete()

    def _wait(self) -> None:
        self._wait_no_more()
        self._waiting = self.loop.call_later(REQUEST_SECONDS_MAX, self._over)

    def _wait_no_more(self) -> None:
        if self._waiting is not None:
            self._waiting.cancel()

    def _over(self) -> None:
        """Says so where a request was begun, and ends the connection; while an answer is on its way, its reader is no slow caller."""
        if self.cycle is not None and not self.cycle.response_complete:
            self._wait()
            return
        if self._begun:
            answer = refusal_of(slow(), 408, "")
            self.transport.write(b"".join((STATUS_LINES[answer.status], answer.head, b"connection: close\r\n\r\n", answer.body)))
        self.transport.close()
