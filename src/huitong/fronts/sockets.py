"""The sockets of the service's port."""

import socket
import sys
from typing import Any

from huitong.kernel import ExternalError, refusal

BACKLOG = 2_048
HOST = "127.0.0.1"
"""Where is listened unless somebody says otherwise: this machine alone reaches it."""


def sockets_at(host: str, port: int, count: int) -> list[socket.socket]:
    """Sockets of one port that listen: one for each front where the system spreads connections over them, else one for all.

    Args:
        host: Address, or name.
        port: Port; 0 for any free one.
        count: How many fronts.

    Raises:
        ExternalError: If the address cannot be listened at.
    """
    found: list[socket.socket] = []
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        found.append(_listening(family, kind, address, shared=False))
        if count > 1 and sys.platform == "linux":
            # Alone first: else a second service at the same port would take a share of the first one's callers, unnoticed.
            address = found[0].getsockname()
            found.pop().close()
            for _ in range(count):
                found.append(_listening(family, kind, address, shared=True))
    except OSError as error:
        for one in found:
            one.close()
        raise cannot_listen(host, port, error) from error
    return found


def require_free(host: str, port: int) -> None:
    """Asks whether a port can be listened at, before the work that ends in listening there.

    Raises:
        ExternalError: If it cannot.
    """
    for one in sockets_at(host, port, 1):
        one.close()


def _listening(family: int, kind: int, address: Any, *, shared: bool) -> socket.socket:  # noqa: ANN401 -- as the system gives it
    one = socket.socket(family, kind)
    try:
        if sys.platform != "win32":  # where it would let two processes listen at one port
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if shared:
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        one.bind(address)
        one.listen(BACKLOG)
    except OSError:
        one.close()
        raise
    return one


def cannot_listen(host: str, port: int, error: OSError) -> ExternalError:
    """The error for an address that is taken, or not this machine's."""
    why = refusal(error)
    return ExternalError(
        "fronts.address",
        {"en": f"cannot listen at {host}, port {port}: {why['en']}", "zh": f"无法监听 {host} 端口 {port}：{why['zh']}"},
        {"en": "choose another with --host or --port", "zh": "请用 --host 或 --port 另选"},
    )
