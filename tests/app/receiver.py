"""A receiver of webhooks: a real server that keeps what it is told and answers as a test wants."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ssl import SSLContext
from typing import Any

import msgspec


@dataclass
class Receiver:
    """What came, and how it is answered.

    Attributes:
        status: Of the answers; or what makes it from the number of the request, from 1 on.
        drip_s: Pause after each byte of an answer.
        took: Called before each answer.
        headers: Headers of what came, by lower-case name.
        bodies: Bodies of it.
    """

    status: int | Callable[[int], int] = 200
    drip_s: float = 0.0
    took: Callable[[int], None] = lambda _: None
    headers: list[dict[str, str]] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    url: str = ""

    @property
    def ids(self) -> list[str]:
        """Ids of the messages that came."""
        return [one["webhook-id"] for one in self.headers]

    def events(self) -> list[dict[str, Any]]:
        """What they said."""
        return [msgspec.json.decode(body) for body in self.bodies]


@contextmanager
def receiving(tls: SSLContext | None = None, **given: Any) -> Iterator[Receiver]:  # noqa: ANN401 -- fields of Receiver
    """A receiver at work."""
    receiver, guard = Receiver(**given), threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            with guard:
                receiver.headers.append({name.lower(): value for name, value in self.headers.items()})
                receiver.bodies.append(body)
                number = len(receiver.bodies)
            receiver.took(number)
            status = receiver.status if isinstance(receiver.status, int) else receiver.status(number)
            answer = (
                f"HTTP/1.1 {status} X\r\nlocation: {receiver.url}elsewhere\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok".encode()
            )
            try:
                for place in range(len(answer)) if receiver.drip_s else ():
                    self.wfile.write(answer[place : place + 1])
                    time.sleep(receiver.drip_s)
                if not receiver.drip_s:
                    self.wfile.write(answer)
            except OSError:
                return

        def log_message(self, *_: object) -> None:
            return

    class Server(ThreadingHTTPServer):
        def handle_error(self, *_: object) -> None:
            return

    with Server(("127.0.0.1", 0), Handler) as server:
        if tls is not None:
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        receiver.url = f"http{'s' if tls else ''}://127.0.0.1:{server.server_address[1]}/"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield receiver
        finally:
            server.shutdown()
            thread.join()
