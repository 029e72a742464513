"""What fronts and the bank's process say to each other: requests and answers, all of one turn of a loop in one frame.

A frame is four bytes of length, most significant first, and a msgpack array. Both ends run the same version; nothing of it is kept.
"""

from collections.abc import Sequence

import msgspec

_LENGTH_BYTES = 4
CALLS_SOCKET = "calls"
"""Name of the socket for frames in the folder that fronts and bank share."""
HOT = ("POST", "/v1/decisions")
"""What is asked most, and goes a way of its own."""
BEAT_SECONDS = 1.0
"""How often the bank's loop says on each link that it turns, by a frame without answers."""
LINKS_OF_A_FRONT = 2
"""One for decisions, one for everything else, so that a large batch holds up no decision."""
PASSED_SOCKET = "passed"
"""Name of the socket for connections that are passed through."""


class Asked(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """A request, whole.

    Attributes:
        number: By which the answer names it.
        method: HTTP method.
        path: Path as it was sent, still percent-encoded.
        query: Query, without its mark.
        headers: Name in lower case and value, as they came.
        body: Body.
        client: Address and port of the other end of the connection; never what a header says.
        server: Address and port that it came to.
        arrived_ns: When it came, on the performance counter, which all processes of a machine share.
    """

    number: int
    method: str
    path: str
    query: bytes
    headers: list[tuple[bytes, bytes]]
    body: bytes
    client: tuple[str, int]
    server: tuple[str, int]
    arrived_ns: int

    @property
    def language(self) -> str:
        """What the caller reads, as the header says; of several the last."""
        said = [value.decode("latin-1") for name, value in self.headers if name == b"accept-language"]
        return said[-1] if said else ""


class Answer(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """The answer to a request.

    Attributes:
        number: Of the request.
        status: HTTP status.
        head: Its header lines, each with its line end.
        body: Body.
    """

    number: int
    status: int
    head: bytes
    body: bytes


_encode = msgspec.msgpack.Encoder().encode
decode_asked = msgspec.msgpack.Decoder(list[Asked]).decode
decode_answers = msgspec.msgpack.Decoder(list[Answer]).decode


def frame_of(items: Sequence[Asked] | Sequence[Answer]) -> bytes:
    """Requests or answers as one frame."""
    content = _encode(items)
    return len(content).to_bytes(_LENGTH_BYTES, "big") + content


class Frames:
    """Cuts what comes over a connection into the contents of frames."""

    def __init__(self) -> None:
        self._held = bytearray()

    def feed(self, data: bytes) -> list[bytes]:
        """The contents of all frames that are whole by now.

        Args:
            data: What came.
        """
        held = self._held
        held += data
        whole: list[bytes] = []
        at = 0
        while len(held) - at >= _LENGTH_BYTES:
            end = at + _LENGTH_BYTES + int.from_bytes(held[at : at + _LENGTH_BYTES], "big")
            if len(held) < end:
                break
            whole.append(bytes(held[at + _LENGTH_BYTES : end]))
            at = end
        if at:
            del held[:at]
        return whole
