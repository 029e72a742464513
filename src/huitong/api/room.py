"""How much of large bodies is held at once: batches, tables and files have room for so many bytes, and beyond it are told to come again.

A body of megabytes becomes many times as much in memory while it is read, decided and answered, so that callers who come at once must not
each get all they ask for. What a request declares is set aside before any of it is read; of one that declares nothing, each piece as it
comes. The room is given back when the request is over, however it ends.

All of it is done in the thread of the event loop.
"""

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass

from huitong.kernel import BusyError

BODIES_MAX = 256
"""Most bodies of requests that may be large, however small they are, from their first byte until they are answered."""
BYTES_MAX = 128 * 1024 * 1024
"""Most bytes of them together: two of the largest, or all the bodies that there may be, if none is above half a mebibyte."""
UNREAD_SECONDS_MAX = 120
"""How long a piece of an answer may wait for its reader, before whose request gives its room to others."""
ROOM = "huitong.room"
"""Where a request's scope holds its place in the room."""


class UnreadError(Exception):
    """Nobody reads an answer; its connection ends."""


@dataclass(slots=True)
class Room:
    """The room for large bodies.

    Attributes:
        bodies_max: Most bodies.
        bytes_max: Most bytes of them.
        bodies: How many there are.
        bytes: How many bytes they have set aside.
    """

    bodies_max: int = BODIES_MAX
    bytes_max: int = BYTES_MAX
    bodies: int = 0
    bytes: int = 0


class Place:
    """What one request takes of the room: nothing, until it has a body that may be large.

    Args:
        room: The room.
    """

    __slots__ = ("_bytes", "_entered", "_room")

    def __init__(self, room: Room) -> None:
        self._room, self._bytes, self._entered = room, 0, False

    @property
    def entered(self) -> bool:
        """Whether it takes any."""
        return self._entered

    def take(self, size: int) -> None:
        """Sets room aside for a body of so many bytes, or for what has come of it so far.

        Raises:
            BusyError: If there is none.
        """
        room, more = self._room, max(0, size - self._bytes)
        if room.bodies + (not self._entered) > room.bodies_max or room.bytes + more > room.bytes_max:
            raise full(room)
        room.bodies += not self._entered
        room.bytes += more
        self._bytes += more
        self._entered = True

    def leave(self) -> None:
        """Gives it back."""
        self._room.bodies -= self._entered
        self._room.bytes -= self._bytes
        self._bytes, self._entered = 0, False

    async def told(self, piece: Awaitable[None]) -> None:
        """Sends a piece of the answer; who takes nothing of it keeps no room from others.

        Raises:
            UnreadError: If it is not taken in time.
        """
        if not self._entered:
            await piece
            return
        try:
            async with asyncio.timeout(UNREAD_SECONDS_MAX):
                await piece
        except TimeoutError:
            raise UnreadError from None


def full(room: Room) -> BusyError:
    """The error for a large body that finds too many before it."""
    return BusyError(
        "http.bulk.full",
        {
            "en": f"{room.bodies:,} batches, tables or files with {room.bytes:,} bytes are being worked on already; nothing was done",
            "zh": f"已有 {room.bodies:,} 个批量请求、表格或文件（共 {room.bytes:,} 字节）正在处理；本次未作处理",
        },
        {
            "en": "send it again after the seconds in Retry-After; smaller batches find room sooner",
            "zh": "请按 Retry-After 所示秒数后重发；较小的批次更容易被受理",
        },
    )
