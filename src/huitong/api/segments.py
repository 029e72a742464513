"""Parts of addresses that hold ids, told apart before they are decoded: a slash within an id is none between two parts.

A server decodes a path before it is matched, so that ``a%2Fproof`` and ``a/proof`` would be one. Under ``APART`` the path is matched as it
was sent, in one spelling, and each part is decoded by itself: its routes say ``{name:segment}``.
"""

from urllib.parse import quote, unquote

from starlette.convertors import Convertor, register_url_convertor
from starlette.types import Scope

APART = "/v1/decisions/"
"""Begins the addresses that are matched so: ids of events are their sources' own."""


class SegmentConvertor(Convertor[str]):
    """One part of such an address."""

    regex = "[^/]+"

    def convert(self, value: str) -> str:
        """What was sent."""
        return unquote(value)

    def to_string(self, value: str) -> str:
        """How it is sent."""
        return quote(value, safe="")


def tell_apart(scope: Scope) -> None:
    """Has a request matched by the parts of its path as they were sent, where ids stand in them."""
    if scope["path"].startswith(APART):
        raw: bytes = scope.get("raw_path") or quote(scope["path"]).encode()
        scope["path"] = "/".join(quote(unquote(part), safe="") for part in raw.decode("latin-1").split("/"))


register_url_convertor("segment", SegmentConvertor())
