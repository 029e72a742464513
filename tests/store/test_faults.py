"""Faults that are nobody's in particular: a clock that goes back, a record of a later version, a disk that is full from the start."""

import os
import resource
import signal
import sqlite3
import traceback
from collections.abc import Callable
from pathlib import Path

import pytest

from huitong.kernel import DataError, Finding, FixedClock, HuitongError, Severity
from huitong.store import SqliteLog, check_log, encode_event, make_key
from huitong.store.checkpoint import signed_head
from tests.store.build import CONTRACT, batch, decision, event

HOUR_US = 3_600_000_000


def told(said: HuitongError | Finding) -> tuple[str, str]:
    """Cause and remedy in English, once both were found to be there in both languages."""
    cause = said.text if isinstance(said, Finding) else said.cause
    assert cause["zh"] != cause["en"]
    assert said.remedy["zh"] != said.remedy["en"]
    return cause["en"], said.remedy["en"]


def test_heads_never_go_back_when_the_clock_does(tmp_path: Path) -> None:
    signer, path = make_key(tmp_path / "key.pem"), tmp_path / "log.sqlite"
    now_us = 10 * HOUR_US
    times: list[int] = []
    for step_us in (0, -HOUR_US, -HOUR_US, 5 * HOUR_US, -HOUR_US):
        now_us += step_us
        with SqliteLog(path, signer=signer, clock=FixedClock(now_us)) as log:
            log.append_events([event(len(times))])
        with SqliteLog(path, writable=False) as log:
            head = log.head()
            assert head is not None
            assert head.size == len(times) + 1
            times.append(head.time_us)
    assert times == [10 * HOUR_US, 10 * HOUR_US, 10 * HOUR_US, 13 * HOUR_US, 13 * HOUR_US]
    assert check_log(path) == ()


def test_a_head_that_did_go_back_is_a_warning_that_names_it(tmp_path: Path) -> None:
    """As another program may have signed it; what it signs is right all the same."""
    signer, path = make_key(tmp_path / "key.pem"), tmp_path / "log.sqlite"
    for number in (1, 2):
        with SqliteLog(path, signer=signer, clock=FixedClock(number * HOUR_US)) as log:
            log.append_events([event(number)])
            early = signed_head(log.id, number, log.root(), 5, signer)
    change(path, "UPDATE head SET time_us = 5, note = ? WHERE size = 2", early.note)
    (finding,) = check_log(path)
    assert (finding.code, finding.where, finding.severity) == ("log.head.time", "head 2", Severity.WARNING)
    cause, remedy = told(finding)
    assert "1970-01-01T00:00:00.000005Z" in cause
    assert "clock" in remedy


def change(path: Path, statement: str, *parameters: object) -> None:
    """Changes the file as its tables forbid."""
    connection = sqlite3.connect(path)
    triggers = connection.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'").fetchall()
    for name, _ in triggers:
        connection.execute(f"DROP TRIGGER {name}")
    connection.execute(statement, parameters)
    for _, made in triggers:
        connection.execute(made)
    connection.commit()
    connection.close()


@pytest.fixture
def newer(tmp_path: Path) -> Path:
    """A log whose second record is of the next format, as a later version would write it."""
    path = tmp_path / "log.sqlite"
    with SqliteLog(path) as log:
        log.append_events([event(1), event(2), event(3)])
    payload = encode_event(event(2)).replace(b'"v":1', b'"v":2')
    assert payload != encode_event(event(2))
    change(path, "UPDATE record SET payload = ? WHERE position = 1", payload)
    return path


def test_a_record_of_a_later_version_is_named_wherever_it_is_read_and_no_other_is_harmed(newer: Path) -> None:
    with SqliteLog(newer) as log:
        for read in (lambda: log.event("p2"), lambda: list(log.read()), lambda: list(log.read_batches(CONTRACT))):
            with pytest.raises(DataError) as caught:
                read()
            cause, remedy = told(caught.value)
            assert caught.value.code == "record.unreadable"
            assert "format 2" in cause
            assert "version" in remedy
        assert log.event("p1") == event(1)
        assert log.append_events([event(3), event(4)]).new == 1
        assert [payload for payload in log.payloads() if b'"v":2' in payload] == [encode_event(event(2)).replace(b'"v":1', b'"v":2')]


def test_a_check_says_where_a_record_of_a_later_version_is(newer: Path) -> None:
    (finding,) = check_log(newer)
    assert (finding.code, finding.where) == ("log.record", "offset 1")
    cause, _ = told(finding)
    assert "format 2" in cause


def in_a_process(work: Callable[[], None]) -> None:
    """Does something in a process of its own, which may limit itself."""
    child = os.fork()
    if child:
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        return
    try:
        work()
    except BaseException:
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


def limit_files(size_bytes: int) -> None:
    """No file of this process may grow beyond a size: the disk is full."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, resource.RLIM_INFINITY))


@pytest.mark.parametrize("size_bytes", [0, 10_000])
def test_a_log_cannot_be_made_on_a_full_disk_and_can_once_there_is_room(tmp_path: Path, size_bytes: int) -> None:
    path = tmp_path / "log.sqlite"

    def work() -> None:
        limit_files(size_bytes)
        with pytest.raises(HuitongError) as caught:
            SqliteLog(path)
        assert caught.value.code in ("store.disk.full", "store.disk.failed", "store.refused")
        told(caught.value)
        limit_files(resource.RLIM_INFINITY)
        with SqliteLog(path) as log:
            assert log.append_events([event(1)]).new == 1

    in_a_process(work)
    assert check_log(path) == ()


def test_on_a_full_disk_readers_read_and_nothing_refused_is_there_after_opening_again(tmp_path: Path) -> None:
    path = tmp_path / "log.sqlite"
    signer = make_key(tmp_path / "key.pem")

    def work() -> None:
        with SqliteLog(path, signer=signer) as log:
            log.append_decision(event(0), decision(0))
            limit_files(path.stat().st_size + 30_000)
            written = 2

            def fill() -> None:
                nonlocal written
                for start in range(0, 1_000_000, 50):
                    written += log.append_batch(batch(50, start=start), CONTRACT).new

            with pytest.raises(HuitongError) as caught:
                fill()
            assert caught.value.code in ("store.disk.full", "store.disk.failed")
            told(caught.value)
            assert log.end() == written
            assert log.decision("d0") == decision(0)
        os.write(answers, str(written).encode())

    said, answers = os.pipe()
    in_a_process(work)
    written = int(os.read(said, 100))
    with SqliteLog(path, signer=signer) as log:
        assert log.end() == written
        assert log.append_batch(batch(2_000), CONTRACT).repeated == written - 1
    assert check_log(path) == ()
