"""Feature state that is kept while calls go on is a state of the log, so that a start after a crash takes it up."""

import shutil
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from huitong.app import Bank, Source
from huitong.app.live import Live
from huitong.app.lives import Lives
from huitong.app.turn import Turn
from huitong.contracts import Log, Pending
from huitong.features.snapshot import read_snapshot
from huitong.kernel import ExternalError
from huitong.store import RecordLog
from tests.app.small_world import clock
from tests.app.test_projections import codes, state_of
from tests.app.test_reproducing import payments


def test_what_was_kept_among_calls_is_taken_up_after_a_crash(root: Path, sources: Sequence[Source], tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    with Bank(root, clock=clock(), threads=2) as bank:
        live, events = bank.live("small"), payments(bank, sources, 120)
        with ThreadPoolExecutor(8) as pool:
            asked = [pool.submit(bank.decide, event, policy="small") for event in events]
            while not all(one.done() for one in asked):
                if live.keep():
                    shutil.copy(state_of(root), kept)
            assert bank.lives.keep(records_min=1) in (0, 1)
            assert bank.lives.keep(records_min=1) == 0, "nothing has come since"
            for one in asked:
                one.result()
        there = bank.log.end()
        bank.decide(payments(bank, sources, 121)[0], policy="small")
        assert bank.lives.keep(records_min=1_000_000) == 0, "too little has come to be worth it"
    path = state_of(root)
    shutil.copy(kept, path)  # as a crash would have left it
    assert 0 < read_snapshot(path)[0].log_offset <= there
    assert codes(root) == []
    with Bank(root, clock=clock(), threads=2) as bank:
        bank.decide(payments(bank, sources, 122)[0], policy="small")
    assert codes(root) == []


def test_a_state_that_holds_what_did_not_arrive_is_not_kept(root: Path, sources: Sequence[Source], monkeypatch: pytest.MonkeyPatch) -> None:
    with Bank(root, clock=clock(), threads=2) as bank:
        live, events = bank.live("small"), payments(bank, sources, 4)
        bank.decide(events[0], policy="small")
        assert live.keep()

        def refuse(*_: object) -> Pending:
            assert not kept(live), "it holds what is not handed to the log yet"
            raise ExternalError("store.full", {"en": "the disk is full", "zh": "磁盘已满"}, {"en": "make room", "zh": "请腾出空间"})

        with monkeypatch.context() as patch:
            patch.setattr(RecordLog, "append_answers", refuse)
            with pytest.raises(ExternalError):
                bank.decide(events[1], policy="small")
        assert not kept(live), "it holds what the log refused"
        bank.decide(events[2], policy="small")
        assert kept(live)
    assert codes(root) == []


def test_a_state_that_the_disk_refuses_keeps_no_other_from_being_kept() -> None:
    full = ExternalError("features.state.unwritable", {"en": "full", "zh": "满"}, {"en": "make room", "zh": "请清理"})
    kept: list[str] = []

    class Kept:
        def __init__(self, name: str) -> None:
            self.name, self.decider = name, SimpleNamespace()

        def keep(self, _records_min: int) -> bool:
            if self.name == "first":
                raise full
            kept.append(self.name)
            return True

    lives = Lives(Turn(), lambda name, _: cast("Live", Kept(name)), lambda: cast("Log", None))
    for name in ("first", "second", "third"):
        lives.of(name)
    with pytest.raises(ExternalError) as caught:
        lives.keep(1)
    assert (caught.value, kept) == (full, ["second", "third"])


def kept(live: Live) -> bool:
    """Whether the state would be kept now, whoever has the turn."""
    return live.decider.arrived()
