"""What stands where a page or a file could not be built: one frame around another page, and a page in place of a file."""

import asyncio
from types import SimpleNamespace
from typing import cast

import pytest
from starlette.requests import Request

from huitong.console.ports import BankPort
from huitong.console.visit import Visit
from huitong.contracts import Actor
from huitong.identity import ROLES_OF_ALL, Signed
from huitong.kernel import Language

nicegui = pytest.importorskip("nicegui")
mounting, shell = pytest.importorskip("huitong.console.mounting"), pytest.importorskip("huitong.console.shell")


def visit(language: Language = "en") -> Visit:
    signed = Signed(Actor("li", frozenset({"auditor"})), "session", "s")
    return Visit(cast("BankPort", SimpleNamespace()), signed, language, "auto", "/", {}, {}, None, {})


def test_a_page_that_is_built_in_place_of_another_has_one_frame() -> None:
    client = nicegui.Client(nicegui.ui.page("/one"), request=None)

    def frame() -> list[str]:
        return [name for one in client.layout.default_slot.children for name in one.classes if name.startswith("frame-")]

    for title in ("First", "Second"):
        with client.content, shell.shell(visit(), shell.Head(title)):
            shell.put(title)
        assert frame() == ["frame-top", "frame-pages"]
        shell.clear(client)
        assert frame() == []
    client.delete()


@pytest.mark.parametrize(("language", "said"), [("en", "Something in Huitong itself went wrong"), ("zh", "系统自身发生错误")])
def test_a_file_that_fails_as_nobody_foresaw_is_answered_by_a_page(language: Language, said: str) -> None:
    def broken(_visit: Visit) -> str:
        raise RuntimeError("what it was")

    answer = mounting._document("/download/keys", mounting.Document(broken, ROLES_OF_ALL))
    request = Request({"type": "http", "path_params": {}, mounting.VISIT: visit(language)})
    response = asyncio.run(answer(request))
    assert (response.status_code, response.media_type) == (500, "text/html")
    page = response.body.decode()
    assert said in page
    assert "what it was" not in page
