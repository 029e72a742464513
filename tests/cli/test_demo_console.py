"""The end of the demonstration: what decides is what it names, and what goes wrong is said whole."""

import json
import logging
from collections.abc import Callable
from contextlib import nullcontext
from types import SimpleNamespace
from typing import cast

import pytest

from huitong.app import Bank
from huitong.cli import demo_console
from huitong.cli.terminal import Terminal
from huitong.kernel import MICROSECONDS_PER_DAY


class _Traffic:
    """Traffic that has nothing to bring, and moves what the model has learned, so that another version decides."""

    left, last_us = 5, 0

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
    demo_console.show_console(terminal, cast("Bank", bank), "small", [], 0, lambda version: [f"small@{version}"], {})
    said = capsys.readouterr()
    assert "small@moved" in said.out
    assert "WARNING part in trouble code=disk.full part=sealing" in said.err
    assert "request" not in said.err


@pytest.mark.parametrize(
    ("left", "eager", "en", "zh"),
    [
        (1, False, "the last of them at 1970-01-08T00:00:00", "最后一笔在 1970-01-08T00:00:00"),
        (0, False, "ended (the last was of 1970-01-08T00:00:00", "合成支付已经用完（最后一笔属于 1970-01-08T00:00:00"),
        (0, True, "have ended", "已经用完"),
        (999, True, "only 999 synthetic payments", "只余 999 笔"),
        (5_000, True, "5,000 payments are still to come", "尚余 5,000 笔支付"),
    ],
)
def test_it_is_said_how_long_payments_come_and_when_they_have_ended(
    capsys: pytest.CaptureFixture[str], left: int, en: str, zh: str, *, eager: bool
) -> None:
    for language, words in (("en", en), ("zh", zh)):
        demo_console._say_what_comes(Terminal(language, json=False), left, 7 * MICROSECONDS_PER_DAY, eager=eager)
        said = capsys.readouterr().out
        assert words in said
        assert ("--bank" in said) == ("ended" in en or "only" in en)


def test_a_machine_is_told_of_report_and_console_in_one_document(capsys: pytest.CaptureFixture[str]) -> None:
    state = SimpleNamespace(users={"li.wei"})
    registry = SimpleNamespace(ask=lambda seen: seen(state))
    bank = SimpleNamespace(people=SimpleNamespace(desk=SimpleNamespace(registry=registry)))
    demo_console._say(Terminal("en", json=True), cast("Bank", bank), "http://here", {"report": "r.html"})
    told = json.loads(capsys.readouterr().out)
    assert (told["report"], told["address"], told["users"]) == ("r.html", "http://here", ["li.wei"])
