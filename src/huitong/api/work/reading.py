"""What look-ups of the books share: who looks, pages by cursor, and the note of what was shown."""

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import Annotated, Any, TypeVar

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
Cursor = Annotated[str | None, Query(description="`next` of the page before.", max_length=400)]
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


def page_of(items: Sequence[T], cursor: str | None, limit: int, id_of: Callable[[T], str]) -> tuple[Sequence[T], str | None]:
    """A page of items in their order, from behind the one that the cursor names; and the cursor of the next.

    Raises:
        InputError: If the cursor is none, or what it names is no longer there.
    """
    start = 0
    if cursor is not None:
        try:
            named = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
        except (binascii.Error, ValueError):
            named = ""
        start = next((place + 1 for place, item in enumerate(items) if id_of(item) == named), 0)
        if start == 0:
            raise InputError(
                "http.cursor",
                {"en": "the cursor names nothing that is there now", "zh": "游标所指的内容现已不存在"},
                {"en": "begin with the first page again", "zh": "请从第一页重新开始"},
            )
    page = items[start : start + limit]
    more = start + limit < len(items)
    return page, base64.urlsafe_b64encode(id_of(page[-1]).encode()).decode().rstrip("=") if more else None
