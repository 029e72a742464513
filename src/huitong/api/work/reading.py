"""What look-ups of the books share: who looks, pages by cursor, and the note of what was shown."""

import base64
import binascii
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Generic, TypeVar

from fastapi import Query, Request
from starlette.responses import Response

from huitong.api.callers import allowed, clearance_in
from huitong.api.shapes import encoded
from huitong.api.work.matching import etag_of
from huitong.api.work.port import WorkService
from huitong.api.work.showing import Showing
from huitong.contracts import Role
from huitong.identity import ROLES_WHO_READ, Clearance, Scope, Signed
from huitong.kernel import InputError

S = TypeVar("S")
T = TypeVar("T")
TAGGED: dict[int | str, dict[str, Any]] = {
    200: {"headers": {"ETag": {"description": "Tells this state from every other; for If-Match.", "schema": {"type": "string"}}}}
}
"""What a look-up of something that people edit says of its answer."""
Cursor = Annotated[str | None, Query(description="`next` of the page before.", max_length=1_000)]
Limit = Annotated[int, Query(ge=1, le=500)]


def seen(request: Request, service: WorkService, scope: Scope, roles: Sequence[Role] = ROLES_WHO_READ) -> tuple[Signed, Clearance, Showing]:
    """Who looks, up to which grade they see, and what shows it to them."""
    signed = allowed(request, ["read", scope], roles)
    clearance = clearance_in(request, signed)
    return signed, clearance, Showing(service, clearance)


def told(request: Request, signed: Signed, showing: Showing, shape: object, etag: str | None = None) -> Response:
    """The answer, once it is written down who reads what of it; with the tag of what it shows, where people edit that."""
    showing.note(request, signed)
    return answer(shape, etag)


def answer(shape: object, etag: str | None = None) -> Response:
    """An answer that shows nothing of a person."""
    return Response(encoded(shape), media_type="application/json", headers=None if etag is None else {"etag": etag})


def tagged(found: S, shape: Callable[[S], T]) -> tuple[T, str]:
    """What is shown of something, and the tag of its state."""
    return shape(found), etag_of(found)


@dataclass(frozen=True, slots=True)
class Order(Generic[T]):
    """The order of a look-up: a page goes on behind the last of the page before, also where that one has left the order meanwhile.

    A cursor names that last one by its id, not by its place, which could say more than its reader may see.

    Attributes:
        id_of: Id of an item.
        place: What items are sorted by.
        named: The item of an id, as it stood in this order, also one that has left it; an ``InputError`` if nothing is known of it.
        falling: Whether the largest comes first.
    """

    id_of: Callable[[T], str]
    place: Callable[[T], Any]
    named: Callable[[str], T]
    falling: bool = False

    def behind(self, items: Sequence[T], last: str) -> int:
        """Where items go on behind the one of an id.

        Raises:
            InputError: If nothing is known of that one.
        """
        for number, item in enumerate(items, 1):
            if self.id_of(item) == last:
                return number
        left = self.place(self.named(last))
        places = map(self.place, items)
        return next((number for number, one in enumerate(places) if (one < left if self.falling else one > left)), len(items))


def page_of(items: Iterable[T], cursor: str | None, limit: int, order: Order[T]) -> tuple[Sequence[T], str | None]:
    """A page of items in an order, from behind the one that the cursor names; and the cursor of the next.

    Raises:
        InputError: If the cursor is none, or nothing is known of what it names.
    """
    found = sorted(items, key=order.place, reverse=order.falling)
    start = 0
    if cursor is not None:
        try:
            start = order.behind(found, base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode())
        except (binascii.Error, ValueError, InputError):
            raise InputError(
                "http.cursor",
                {"en": "the cursor names nothing that is known", "zh": "游标所指的内容不存在"},
                {"en": "begin with the first page again", "zh": "请从第一页重新开始"},
            ) from None
    page = found[start : start + limit]
    more = start + limit < len(found)
    return page, base64.urlsafe_b64encode(order.id_of(page[-1]).encode()).decode().rstrip("=") if more else None
