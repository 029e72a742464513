"""What stands where a page could not be built: one frame around another page."""

from types import SimpleNamespace
from typing import cast

import pytest

from huitong.console.ports import BankPort
from huitong.console.visit import Visit
from huitong.contracts import Actor
from huitong.identity import Signed
from huitong.kernel import Language

nicegui = pytest.importorskip("nicegui")
shell = pytest.importorskip("huitong.console.shell")


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
