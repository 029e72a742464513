"""What groups of calls share: one thing with its tag, all of many page after page, and acts that happen once.

Each act is named by a key, by default a new one for each call, so that a connection that breaks within it makes nothing happen twice. Where
nobody knows whether it was carried out (a time-out, 503), the remedy of the error tells the key: the call repeated with it is the same act.
What was looked up comes with its ``etag``: an act that names it in ``match`` is refused (``http.stale``) where somebody changed the thing
meanwhile.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Generic, TypeVar
from urllib.parse import quote
from uuid import uuid4

import msgspec

from huitong.client.calling import KEY, Connection, decoded

T = TypeVar("T")
PAGE = "500"


class Acted(msgspec.Struct, frozen=True):
    """What an act led to: its event in the log; ``measure.proposed`` waits for a second person."""

    id: str
    kind: str


class Seen(msgspec.Struct, Generic[T], frozen=True):
    """What was looked up, and the tag of the state in which it was."""

    value: T
    etag: str


class Page(msgspec.Struct, Generic[T], frozen=True):
    """A part of many, and the cursor of the next one."""

    items: list[T]
    next: str | None = None


class Group:
    """Calls that belong together.

    Args:
        connection: To the service.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def _one(self, path: str, shape: type[T]) -> Seen[T]:
        said, etag = self._connection.send("GET", path, {}, None, {})
        return Seen(decoded(said, shape), etag)

    def _all(self, path: str, shape: type[Page[T]], query: Mapping[str, str | None]) -> Iterator[T]:
        cursor: str | None = None
        while True:
            page = self._connection.ask("GET", path, shape, {**query, "cursor": cursor, "limit": PAGE})
            yield from page.items
            cursor = page.next
            if cursor is None:
                return

    def _act(self, path: str, body: Mapping[str, Any], match: str | None, key: str | None, method: str = "POST") -> Acted:
        return self._asked(path, body, match, key, Acted, method)

    def _asked(self, path: str, body: Mapping[str, Any], match: str | None, key: str | None, shape: type[T], method: str = "POST") -> T:
        headers = {KEY: key or uuid4().hex} | ({} if match is None else {"if-match": match})
        sent = msgspec.json.encode({name: value for name, value in body.items() if value is not None})
        return self._connection.ask(method, path, shape, {}, sent, headers)


def part(text: str) -> str:
    """A part of a path; ids hold colons and slashes."""
    return quote(text, safe="")
