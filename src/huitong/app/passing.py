"""Callers whose connections fronts pass through: who they really are."""

from asyncio import BaseTransport, Transport
from typing import Any, cast

from huitong.app.patience import PatientProtocol

_LINE_BYTES_MAX = 256


class _Told:
    """A transport whose ends are those of the caller's connection with a front."""

    def __init__(self, transport: Transport, ends: dict[str, tuple[str, int]]) -> None:
        self._transport = transport
        self._ends = ends

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 -- everything else is the transport's
        return getattr(self._transport, name)

    def get_extra_info(self, name: str, default: object = None) -> object:
        """See ``BaseTransport``."""
        if name == "socket":
            return default
        return self._ends.get(name) or self._transport.get_extra_info(name, default)


class PassedProtocol(PatientProtocol):
    """HTTP over a connection whose first line says who calls: see ``huitong.fronts.tunnel``."""

    _before: Transport | None = None
    _line = b""

    def connection_made(self, transport: BaseTransport) -> None:
        """Waits for the line."""
        self._before = cast("Transport", transport)

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing was asked, if the line never came."""
        if self._before is None:
            super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Reads the line, then what any server reads."""
        if self._before is None:
            super().data_received(data)
            return
        self._line += data
        line, mark, rest = self._line.partition(b"\r\n")
        words = line.split(b" ")
        if not mark and len(line) <= _LINE_BYTES_MAX:
            return
        if len(words) != 6 or words[0] != b"PROXY":
            self._before.abort()
            return
        _, _, host, to_host, port, to_port = (word.decode("ascii") for word in words)
        ends = {"peername": (host, int(port)), "sockname": (to_host, int(to_port))}
        transport, self._before = self._before, None
        super().connection_made(_Told(transport, ends))  # type: ignore[arg-type]  # a transport in all that the server asks of one
        if rest:
            super().data_received(rest)
