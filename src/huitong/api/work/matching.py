"""ETags of what people edit, and edits that hold only for what their author has seen (RFC 9110, sections 8.8.3 and 13.1.1).

A tag tells one state of an alert, a case, a measure, a roll-out or a file from every other. It says nothing of who looks: fields above the
reader's grade are marks, and the tag is the same, under a key of this process, so that nobody can try out what a mark stands for. An edit
that names a tag in ``If-Match`` is carried out on that state and on no other, looked at in the same turn in which the edit is written.
"""

import os
import re
from collections.abc import Callable
from hashlib import blake2b
from typing import Any

import msgspec

from huitong.kernel import InputError

MATCH_HEADER = "if-match"
_TAGS = re.compile(r'\s*(W/)?"([!#-~\x80-\xff]*)"\s*(?:,|$)')
_KEY = os.urandom(32)
Seen = Callable[[Any], object | None]
"""From a book's state to what an edit is about; ``None`` where it is not there, which the act itself then says."""


def etag_of(seen: object) -> str:
    """The strong tag of a state, for as long as this process lives; after that, whoever edits looks again."""
    return f'"{blake2b(msgspec.msgpack.encode(seen), digest_size=16, key=_KEY, person=b"etag").hexdigest()}"'


def expectation(if_match: str | None, seen: Seen | None) -> Callable[[Any], None] | None:
    """What an edit asks of the state that it finds; ``None`` where it takes any.

    Args:
        if_match: The header.
        seen: Finds in the state what the edit is about; ``None`` where that has no tag.

    Raises:
        InputError: If the header holds no tags, or names one where there is none.
    """
    if if_match is None or if_match.strip() == "*":
        return None
    tags = _tags_in(if_match)
    if seen is None:
        raise untagged()

    def expects(state: Any) -> None:  # noqa: ANN401 -- whichever book it is
        found = seen(state)
        if found is not None and etag_of(found) not in tags:
            raise stale()

    return expects


def _tags_in(header: str) -> frozenset[str]:
    found: list[str] = []
    place = 0
    while place < len(header):
        match = _TAGS.match(header, place)
        if match is None:
            raise InputError(
                "http.header",
                {"en": f"the header {MATCH_HEADER} holds no tags", "zh": f"请求头 {MATCH_HEADER} 中没有有效的标签"},
                {"en": "send the ETag of the look-up as it is, with its quotes", "zh": "请原样发送查询所得的 ETag，包括引号"},
            )
        if not match[1]:  # a weak tag matches nothing here
            found.append(f'"{match[2]}"')
        place = match.end()
    return frozenset(found)


def stale() -> InputError:
    """The error for an edit of something that somebody changed meanwhile."""
    return InputError(
        "http.stale",
        {"en": "it was changed since you looked; nothing was done", "zh": "自您查询之后内容已被修改；本次未作任何改动"},
        {
            "en": "look it up again, and repeat the edit with its new ETag if it still holds",
            "zh": "请重新查询；若仍需修改，请使用新的 ETag 重试",
        },
    )


def untagged() -> InputError:
    """The error for an act that names a tag, about something that has none: to carry it out would promise what nobody looked at."""
    return InputError(
        "http.match.untagged",
        {
            "en": "what this act is about has no ETag, and If-Match names one; nothing was done",
            "zh": "此操作的对象没有 ETag，而请求带有 If-Match；本次未作任何改动",
        },
        {"en": "send it without If-Match", "zh": "请去掉 If-Match 后重新发送"},
    )


def tag_needed() -> InputError:
    """The error for an edit that would write over whatever is there."""
    return InputError(
        "http.match.missing",
        {"en": "this edit replaces the whole and needs the header If-Match", "zh": "此操作会替换全部内容，须带请求头 If-Match"},
        {"en": "look it up first, and send its ETag in If-Match", "zh": "请先查询，并在 If-Match 中发送其 ETag"},
    )
