"""The end of the demonstration: what decides is what it names, and what goes wrong is said whole."""

import logging
from collections.abc import Callable
from contextlib import nullcontext
from types import SimpleNamespace
from typing import cast

import pytest

from huitong.app import Bank
from huitong.cli import demo_console
from huitong.cli.terminal import Terminal


class _Traffic:
    """Traffic that has nothing to bring, and moves what the model has learned, so that another version decides."""

    def __init__(self, bank: SimpleNamespace, *_: object, **__: object) -> None:
        bank.decides = "moved"

    def catch_up(self, _progress: object) -> int:
        return 0

    def __enter__(self) -> None: ...
    def __exit__(self, *_: object) -> None: ...


def test_a_demonstration_names_what_decides_and_says_which_part_is_in_trouble(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    bank = SimpleNamespace(decides="trained")
    bank.live = lambda _policy: SimpleNamespace(loaded=SimpleNamespace(program=SimpleNamespace(version=bank.decides)))

    def served(*_: object, **__: object) -> None:
        logging.getLogger("huitong.parts").warning("part in trouble", extra={"part": "sealing", "code": "disk.full"})
        logging.getLogger("huitong.requests").info("request")

    nothing: Callable[..., None] = lambda *_, **__: None  # noqa: E731 -- stands in for what is not looked at
    for name, stand_in in (("Traffic", _Traffic), ("serve", served), ("make_demo_users", nothing), ("open_demo_lists", nothing)):
        monkeypatch.setattr(demo_console, name, stand_in)
    terminal = Terminal("en", json=False)
    monkeypatch.setattr(terminal, "progress", lambda: nullcontext(nothing))
    monkeypatch.setattr(logging.getLogger(), "handlers", [])  # what another test left there writes on the same stream
    demo_console.show_console(terminal, cast("Bank", bank), "small", [], 0, lambda version: [f"small@{version}"])
    said = capsys.readouterr()
    assert "small@moved" in said.out
    assert "WARNING part in trouble code=disk.full part=sealing" in said.err
    assert "request" not in said.err
