"""A process that lives says so; one that does nothing any more is killed and started again."""

import asyncio
import os
import signal
import sys
import threading
import time
from pathlib import Path

import pytest

from huitong.fronts.keeping import Kept, Told
from huitong.fronts.pulse import BEAT_SECONDS, Heart, Pulse

pytestmark = pytest.mark.skipif(os.name == "nt", reason="skipped: no signals that stop a process on Windows")
LIFE = """
import asyncio, os, signal, sys
from pathlib import Path
from huitong.fronts.pulse import Heart

async def live():
    heart, told = Heart(int(sys.argv[1])), Path(sys.argv[2])
    starts = len(told.read_text()) if told.exists() else 0
    told.write_text("x" * (starts + 1))
    stops = sys.argv[3].split(",")[starts]
    if stops == "deaf":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if stops == "before":
        os.kill(os.getpid(), signal.SIGSTOP)
    heart.say_ready()
    if stops == "after":
        os.kill(os.getpid(), signal.SIGSTOP)
    await asyncio.sleep(60)

asyncio.run(live())
"""


def lived(tmp_path: Path, stops: str, hung_seconds: float = 2.0, *, tries_first: bool = False) -> tuple[int, int, int]:
    """The last exit code, how often the process was ready, and how often it was started."""
    readies: list[int] = []
    told = tmp_path / "starts"
    ends = len([when for when in stops.split(",") if when != "before"]) or 1

    async def live() -> int:
        kept = Kept(
            {"en": "a process", "zh": "进程"},
            lambda pulse, _again: ([sys.executable, "-c", LIFE, str(pulse), str(told), stops], []),
            Told("en", "text"),
            hung_seconds,
            lambda: readies.append(1),
            tries_first=tries_first,
        )
        keeping = asyncio.get_running_loop().create_task(kept.keep())
        while not keeping.done() and len(readies) < ends:
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.3)  # by now it has stopped
        kept.end()
        return await keeping

    return asyncio.run(live()), len(readies), len(told.read_text())


def test_a_process_that_stops_is_killed_and_started_again(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert lived(tmp_path, "after,never") == (-signal.SIGTERM, 2, 2)
    said = capfd.readouterr().err
    assert "a process has said nothing for 2 s" in said
    assert "a process ended by itself (SIGKILL)" in said


def test_a_process_that_stops_in_the_middle_of_its_first_start_ends_it(tmp_path: Path) -> None:
    assert lived(tmp_path, "before") == (-signal.SIGKILL, 0, 1)


def test_a_front_whose_first_start_comes_to_nothing_is_started_again(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert lived(tmp_path, "before,never", tries_first=True) == (-signal.SIGTERM, 1, 2)
    assert "a process ended by itself (SIGKILL)" in capfd.readouterr().err


def test_a_system_that_refuses_a_process_is_asked_again_for_a_front_and_ends_what_is_started_first(tmp_path: Path) -> None:
    async def live(*, tries_first: bool) -> tuple[int, int]:
        asked: list[bool] = []

        def arguments(_pulse: int, again: bool) -> tuple[list[str], list[int]]:
            asked.append(again)
            return [str(tmp_path / "nothing")], []

        kept = Kept({"en": "a process", "zh": "进程"}, arguments, Told("en", "text"), 2.0, tries_first=tries_first)
        keeping = asyncio.get_running_loop().create_task(kept.keep())
        while not keeping.done() and len(asked) < 2:
            await asyncio.sleep(0.01)
        kept.end()
        return await keeping, len(asked)

    assert asyncio.run(live(tries_first=True)) == (71, 2)
    with pytest.raises(FileNotFoundError):
        asyncio.run(live(tries_first=False))


def test_a_process_that_stops_and_is_told_to_end_does_not_hold_up_the_end(tmp_path: Path) -> None:
    assert lived(tmp_path, "after") == (-signal.SIGKILL, 1, 1)


def test_a_process_that_does_not_end_when_told_to_is_killed_though_it_says_that_it_lives(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("huitong.fronts.keeping.ENDS_SECONDS_MAX", 0.5)
    assert lived(tmp_path, "deaf", hung_seconds=0) == (-signal.SIGKILL, 1, 1)
    assert "0.5 s after it was told to" in capfd.readouterr().err


def test_a_loop_that_does_not_turn_stops_the_pulse_after_its_time_and_one_that_was_held_up_has_it_back() -> None:
    heard, said = os.pipe()
    held_up, go_on = threading.Event(), threading.Event()

    async def work() -> None:
        Heart(said, stuck_seconds=3.0, beat_seconds=0.05).say_ready()
        await asyncio.sleep(0.2)
        held_up.set()
        go_on.wait()  # what a loop must not do
        await asyncio.sleep(2.0)

    worker = threading.Thread(target=lambda: asyncio.run(work()))
    worker.start()

    async def hear() -> tuple[float, bool]:
        with Pulse(heard) as pulse:
            assert await pulse.ready()
            assert await asyncio.to_thread(held_up.wait, 30)
            began = time.monotonic()
            await asyncio.wait_for(pulse.stops(2.0), 30)
            after = time.monotonic() - began
            go_on.set()
            try:
                await asyncio.wait_for(pulse.stops(BEAT_SECONDS), 1.5 * BEAT_SECONDS)
            except TimeoutError:
                return after, True
            return after, False

    try:
        after, back = asyncio.run(hear())
    finally:
        go_on.set()
        worker.join()
        for thread in threading.enumerate():
            if thread.name == "huitong-pulse":  # nobody listens any more
                thread.join()
        os.close(said)
    assert after >= 3.0, "as long as its time lasted it was still heard"
    assert back
