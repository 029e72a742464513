"""Segments made by a process of its own: the same records, whoever ends first, and nothing that counts left behind."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from multiprocessing import Pipe
from pathlib import Path

import pytest

from huitong.contracts import Event, EventBatch
from huitong.kernel import ExternalError
from huitong.store import DECISION_KIND, RecordLog, check_log, open_log
from huitong.store.apart import Opening, maker
from huitong.store.apart import sealing as apart_sealing
from huitong.store.apart.wire import Link
from huitong.store.segments.manifest import Segment, SegmentFile
from huitong.store.segments.places import Folder
from huitong.store.segments.reading import SealedReader
from huitong.store.starting import LogOptions
from tests.simulation.model import PAYMENT
from tests.store.build import CONTRACT, batch, event
from tests.store.sealed import CONTRACTS, filled
from tests.store.test_pages import PAYMENTS, on_pages
from tests.store.test_vault import CONTRACTS as NAMED
from tests.store.test_vault import MASTER

pytestmark = pytest.mark.skipif(os.name == "nt", reason="skipped: no sockets to hand over on Windows")
MAKER = "huitong.store.apart.maker"
ROWS = 40_000
"""Enough for a process to tell more than once how far it is."""


def written_apart(file: Path, hung_seconds: float = 30.0, **options: object) -> RecordLog:
    log = open_log(file)
    log.write_apart(Opening(file, LogOptions(**options), hung_seconds=hung_seconds))  # type: ignore[typeddict-item]
    return log


def makers() -> list[int]:
    """Processes that make segments for this one."""
    shown = subprocess.run(["ps", "-A", "-ww", "-o", "pid=,ppid=,args="], stdout=subprocess.PIPE, text=True, check=True).stdout
    rows = [line.split(None, 2) for line in shown.splitlines()]
    return [int(pid) for pid, above, line in rows if int(above) == os.getpid() and MAKER in line]


def once(act: Callable[[], None]) -> Callable[[int, int], None]:
    """Does something when it is first told how far a sealing is."""
    done: list[None] = []

    def told(_done: int, _total: int) -> None:
        if not done:
            done.append(None)
            act()

    return told


def kill(number: signal.Signals) -> Callable[[int, int], None]:
    """Sends the process that makes the segment a signal."""

    def act() -> None:
        for pid in makers():
            os.kill(pid, number)

    return once(act)


def test_a_log_that_is_written_apart_seals_as_any_other(tmp_path: Path) -> None:
    file = tmp_path / "log.sqlite"
    with written_apart(file) as log:
        filled(log)
        everything, seen = list(log.read()), list[int]()
        assert log.sealed == 0
        made = log.seal(CONTRACTS, keep_rows=100, segment_rows=256, told=lambda done, _: seen.append(done))
        assert [(one.first, one.stop) for one in made] == [(0, 256), (256, 512), (512, 682)]
        assert (log.sealed, seen[-1], makers()) == (682, 682, [])
        assert list(log.read()) == everything
        assert log.append_events([event(20_000)]).new == 1, "the process that writes goes on after the sealed ones"
        assert log.append_events([event(3)]).repeated == 1, "and knows what is sealed"
    assert check_log(file) == ()


def test_names_of_sealed_records_are_put_on_pages(tmp_path: Path) -> None:
    file = tmp_path / "log.sqlite"
    options = LogOptions(master=MASTER, contracts=NAMED)
    with open_log(file, **options) as log:
        log.write_apart(Opening(file, options))
        log.append_batch(EventBatch.of_events(PAYMENTS, PAYMENT), PAYMENT)
        log.seal(NAMED, keep_rows=0)
        assert len(on_pages(log.reader)) > 1_000
        assert [one for part in log.read_batches(PAYMENT) for one in part.batch.events(PAYMENT)] == PAYMENTS


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP])
def test_a_process_that_ends_or_hangs_leaves_rows_as_they_are(tmp_path: Path, number: signal.Signals) -> None:
    with written_apart(tmp_path / "log.sqlite", hung_seconds=2.0) as log:
        log.append_batch(batch(ROWS), CONTRACT)
        with pytest.raises(ExternalError) as caught:
            log.seal(CONTRACTS, keep_rows=0, told=kill(number))
        assert caught.value.code == "store.apart.unmade"
        assert (log.sealed, makers(), log.unneeded_segment_files()) == (0, [], [])
        log.seal(CONTRACTS, keep_rows=0)
        assert log.sealed == log.end() == ROWS
    assert check_log(tmp_path / "log.sqlite") == ()


def test_whoever_is_told_can_end_it(tmp_path: Path) -> None:
    def enough() -> None:
        raise KeyboardInterrupt

    with written_apart(tmp_path / "log.sqlite") as log:
        log.append_batch(batch(ROWS), CONTRACT)
        with pytest.raises(KeyboardInterrupt):
            log.seal(CONTRACTS, keep_rows=0, told=once(enough))
        assert (log.sealed, makers(), log.unneeded_segment_files()) == (0, [], [])
        assert log.append_events([event(ROWS)]).new == 1


def test_a_file_that_takes_long_to_hand_over_is_waited_for_and_told_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keep, kept, told = Folder.keep, list[str](), list[int]()

    def slowly(place: Folder, path: Path, name: str) -> None:
        time.sleep(1.0)
        keep(place, path, name)
        kept.append(name)

    def started(_module: str, _where: str) -> tuple[subprocess.Popen[bytes], Link]:
        ours, theirs = Pipe()
        threading.Thread(target=maker.make, args=[Link(theirs)]).start()
        return subprocess.Popen([sys.executable, "-c", ""]), Link(ours)

    monkeypatch.setattr(Folder, "keep", slowly)
    monkeypatch.setattr(maker, "BEAT_SECONDS", 0.05)
    monkeypatch.setattr(apart_sealing, "started", started)
    with open_log(tmp_path / "log.sqlite") as log:
        filled(log)
        opening = Opening(tmp_path / "log.sqlite", LogOptions(), hung_seconds=0.4)
        made = apart_sealing.make_apart(opening, log.reader, 0, 300, CONTRACTS, told.append)
        assert (made.first, made.stop, sorted(file.name for file in made.files)) == (0, 300, sorted(kept))
        assert told.count(300) > 2


def test_a_place_that_refuses_is_told_with_its_remedy(tmp_path: Path) -> None:
    with written_apart(tmp_path / "log.sqlite", segments=tmp_path / "taken") as log:
        (tmp_path / "taken").write_text("no folder")
        filled(log)
        with pytest.raises(ExternalError) as caught:
            log.seal(CONTRACTS, keep_rows=0)
        assert caught.value.code == "store.segment.failed"
        assert log.sealed == 0


def test_who_looks_for_rare_kinds_opens_no_file_of_decisions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[SegmentFile] = []

    def note(reader: SealedReader, segment: Segment, file: SegmentFile) -> object:
        opened.append(file)
        return opening(reader, segment, file)

    with written_apart(tmp_path / "log.sqlite") as log:
        filled(log)
        log.seal(CONTRACTS, keep_rows=0)
        opening = SealedReader.open
        monkeypatch.setattr(SealedReader, "open", note)
        (label,) = log.read(kinds=["payment.labelled"])
        assert isinstance(label.content, Event)
        assert label.content.id == "l1"
        assert {DECISION_KIND in file.kinds for file in opened} == {False}
