"""Whatever the service can be asked, the client asks."""

import inspect
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import pytest

from huitong.client import Client
from huitong.client.calling import Connection
from tests.api.conftest import Desk

FREE_WORDS = {"act"}
"""Parameters that are a word of the path: of acts on alerts and cases."""


class _Asked(Exception):  # noqa: N818 -- no error: it ends a call that would go on with an answer
    def __init__(self, method: str, path: str) -> None:
        super().__init__(method, path)
        self.method, self.path = method, path


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> set[tuple[str, str]]:
    """Method and path of what every method of the client sends first."""

    def send(_self: Connection, method: str, path: str, *_more: object, **_named: object) -> tuple[bytes, str]:
        raise _Asked(method, path)

    monkeypatch.setattr(Connection, "send", send)
    client = Client("http://127.0.0.1:1")
    found = set()
    for group in (client, client.work, client.webhooks):
        for name, method in inspect.getmembers(group, callable):
            if name.startswith("_") or name == "close" or isinstance(method, type):
                continue
            with pytest.raises(_Asked) as caught:
                _call(method)
            found.add((caught.value.method, caught.value.path))
    return found


def _call(method: Callable[..., Any]) -> None:
    given: dict[str, object] = {}
    for name, parameter in inspect.signature(method).parameters.items():
        if parameter.default is inspect.Parameter.empty and parameter.kind is not inspect.Parameter.VAR_KEYWORD:
            kind = parameter.annotation
            given[name] = "*" if name in FREE_WORDS else "x" if kind is str else b"x" if kind is bytes else ["x"] if _many(kind) else {}
    done = method(**given)
    if isinstance(done, Iterator):
        next(done)


def _many(kind: Any) -> bool:  # noqa: ANN401 -- an annotation
    origin = getattr(kind, "__origin__", kind)
    return (isinstance(origin, type) and issubclass(origin, Sequence | Iterator)) or "Iterable" in str(kind)


def test_every_operation_of_the_description_has_a_method(desk: Desk, asked: set[tuple[str, str]]) -> None:
    described: Mapping[str, Mapping[str, Any]] = desk.client.get("/v1/openapi.json").json()["paths"]
    patterns = [(verb, re.compile(re.escape(path).replace("%2A", r"[^/]+") + "$")) for verb, path in asked]
    lacking = [
        f"{verb} {path}"
        for path, verbs in described.items()
        for verb in verbs
        if not any(known == verb.upper() and pattern.match(re.sub(r"\{\w+\}", "x", path)) for known, pattern in patterns)
    ]
    assert lacking == []
