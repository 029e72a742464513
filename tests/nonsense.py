"""A service that is none: each request is answered with the same bytes."""

import re
import socket
import threading
import time
from contextlib import suppress


class Nonsense:
    """Answers as long as a ``with`` block lasts.

    Args:
        answer: The bytes; they may be changed meanwhile.
        pause_s: How long each answer is waited for.
        drip_s: How long each byte of an answer is waited for.
    """

    def __init__(self, answer: bytes, pause_s: float = 0.0, drip_s: float = 0.0) -> None:
        self.answer, self.pause_s, self.drip_s = answer, pause_s, drip_s
        self.requests: list[bytes] = []
        self._server = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self._server.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    @property
    def asked(self) -> int:
        """How often it was asked."""
        return len(self.requests)

    def __enter__(self) -> "Nonsense":
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._server.accept()
            except OSError:  # it is over
                return
            with connection:
                self.requests.append(_request(connection))
                if self.pause_s:
                    time.sleep(self.pause_s)
                with suppress(OSError):  # whoever asked has given up
                    for place in range(len(self.answer)) if self.drip_s else ():
                        connection.sendall(self.answer[place : place + 1])
                        time.sleep(self.drip_s)
                    if not self.drip_s:
                        connection.sendall(self.answer)


def _request(connection: socket.socket) -> bytes:
    """A whole request: what is closed before all was read is reset, answer and all."""
    read = b""
    while part := connection.recv(65_536):
        read += part
        head, blank, body = read.partition(b"\r\n\r\n")
        announced = re.search(rb"(?i)content-length: (\d+)", head)
        if blank and len(body) >= (int(announced[1]) if announced else 0):
            break
    return read
