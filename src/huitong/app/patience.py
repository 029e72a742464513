"""HTTP that does not wait for ever: a connection on which no request comes, or one whose head drips or does not end, ends after its time.

Bodies have limits of their own, see ``huitong.api.reading``; behind fronts whole requests are the fronts' to wait for. What is no HTTP is
told so by a problem document, like everything else that is refused. A wish to go on in a protocol that is not spoken here (HTTP/2, which
Java's own client asks for with each request) is no reason to refuse: RFC 9110, 7.8.
"""

import asyncio
from asyncio import BaseTransport, Transport
from typing import cast

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from huitong.fronts.answers import HEAD_BYTES_MAX, REQUEST_SECONDS_MAX, STATUS_LINES, broken, long_head, refusal_of, slow
from huitong.kernel import HuitongError


class PatientProtocol(HttpToolsProtocol):
    """The server's protocol, with a time and a size for the head of a request."""

    _waiting: asyncio.TimerHandle | None = None
    _begun = False
    _silent_bytes = 0
    """How much came of which nothing but headers came out: of a head that is not there yet, or of headers behind a body."""
    _too_long = False

    def connection_made(self, transport: BaseTransport) -> None:
        """Waits for the first request."""
        super().connection_made(cast("Transport", transport))
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """Waits for nothing more."""
        self._wait_no_more()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Reads on, as long as what it reads is no head without an end."""
        self._silent_bytes += len(data)
        self._unset_keepalive_if_required()
        self._read(data)
        if self._silent_bytes > HEAD_BYTES_MAX and not self.transport.is_closing():
            self._refuse(long_head(), 400)

    def _read(self, data: bytes) -> None:
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as wish:
            if self._should_upgrade():
                self.handle_websocket_upgrade()
            else:
                self._read_without_wish(data[wish.args[0] :])
        except httptools.HttpParserError:
            self._refuse(long_head() if self._too_long else broken(), 400)

    def _read_without_wish(self, rest: bytes) -> None:
        """Reads a request again without its wish: the parser takes what follows a head with one for another protocol's."""
        kept = [b"".join((name, b": ", value, b"\r\n")) for name, value in self.headers if name not in (b"upgrade", b"http2-settings")]
        head = b"".join((self.parser.get_method(), b" ", self.url, b" HTTP/", self.parser.get_http_version().encode(), b"\r\n", *kept))
        self.parser = httptools.HttpRequestParser(self)
        self._read(head + b"\r\n" + rest)

    def _wishes(self) -> bool:
        """Whether a head asks for a protocol that is not spoken here."""
        return self.parser.should_upgrade() and not self._should_upgrade()

    def on_message_begin(self) -> None:
        """A head begins: from now on its time counts."""
        super().on_message_begin()
        self._begun = True
        self._wait()

    def on_headers_complete(self) -> None:
        """It is there."""
        self._begun = False
        self._wait_no_more()
        if self._silent_bytes > HEAD_BYTES_MAX and self._head_bytes() > HEAD_BYTES_MAX:
            self._too_long = True
            raise long_head()  # which ends the parser, and comes back as something to refuse
        self._silent_bytes = 0
        if not self._wishes():
            super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Some of it is there."""
        self._silent_bytes = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        """All of it is."""
        self._silent_bytes = 0
        if not self._wishes():
            super().on_message_complete()

    def _head_bytes(self) -> int:
        """Size of a head as it is usually written."""
        return len(self.url) + sum(len(name) + len(value) + len(b": \r\n") for name, value in self.headers)

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
            self._refuse(slow(), 408)
        self.transport.close()

    def _refuse(self, error: HuitongError, status: int) -> None:
        """Says what is wrong with a request that is not whole, unless an answer is on its way, and ends the connection."""
        cycle = self.cycle
        if cycle is None or cycle.response_complete or not cycle.response_started:
            said = [value for name, value in self.headers or () if name == b"accept-language"]
            answer = refusal_of(error, status, said[-1].decode("latin-1") if said else "")
            self.transport.write(b"".join((STATUS_LINES[answer.status], answer.head, b"connection: close\r\n\r\n", answer.body)))
        self.transport.close()
