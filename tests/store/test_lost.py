"""A log's file that goes away: nothing is acknowledged to nowhere, and no empty log is begun in its place."""

import os
from pathlib import Path

import pytest

from huitong.kernel import ExternalError
from huitong.store import RecordLog, check_log, open_log
from huitong.store.apart import Opening
from huitong.store.journal import Journal
from huitong.store.moving import Forgetting, restore_log
from tests.store.build import event
from tests.store.moved import copied


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "log.sqlite"


def refused(log: RecordLog, number: int) -> str:
    with pytest.raises(ExternalError) as caught:
        log.append_events([event(number)])
    return caught.value.code


def test_what_is_written_after_the_file_went_is_refused_until_it_is_back(file: Path) -> None:
    with open_log(file) as log:
        log.append_events([event(1)])
        file.rename(file.with_name("elsewhere"))
        assert refused(log, 2) == "store.vanished"
        with pytest.raises(ExternalError, match="gone from its place"):
            log.end()
        file.write_bytes(b"")
        assert refused(log, 2) == "store.vanished", "another file in its place"
        file.with_name("elsewhere").replace(file)
        assert log.append_events([event(1), event(2)]).repeated == 1
        assert log.end() == 2
    assert check_log(file) == ()


def test_the_group_that_is_committed_when_the_file_goes_is_not_acknowledged(file: Path) -> None:
    def leave(_: Journal) -> None:
        file.rename(file.with_name("elsewhere"))

    with open_log(file) as log:
        log.append_events([event(1)])
        with pytest.raises(ExternalError, match="gone from its place"):
            log.write(leave)
        file.with_name("elsewhere").replace(file)
        assert log.append_events([event(2)]).new == 1
    assert check_log(file) == ()


def test_a_writer_in_a_process_of_its_own_refuses_as_well(file: Path) -> None:
    with open_log(file) as log:
        log.write_apart(Opening(file, {}))
        log.append_events([event(1)])
        file.unlink()
        assert refused(log, 2) == "store.vanished"


def test_no_empty_log_is_begun_beside_the_write_ahead_file_of_a_lost_one(file: Path) -> None:
    with open_log(file) as log:
        log.append_events([event(1)])
        left, content = os.open(file, os.O_RDONLY), file.with_name("log.sqlite-wal").read_bytes()
        file.unlink()
    wal = file.with_name("log.sqlite-wal")
    assert wal.read_bytes() == content
    for writable in (True, False):
        with pytest.raises(ExternalError) as caught:
            open_log(file, writable=writable)
        assert caught.value.code == "store.lost"
        assert wal.read_bytes() == content
    with open(left, "rb") as kept:  # noqa: PTH123 -- as the error says: from whoever has it open
        file.write_bytes(kept.read())
    with open_log(file) as log:
        assert log.append_events([event(1), event(2)]).repeated == 1
    assert check_log(file) == ()


def test_a_backup_takes_the_place_of_a_lost_log_and_nothing_of_its_write_ahead_file(file: Path, tmp_path: Path) -> None:
    backup = tmp_path / "backup.sqlite"
    with open_log(file) as log:
        log.append_events([event(1)])
        copied(str(file), str(backup))
        log.append_events([event(2)])
        file.unlink()
    done = restore_log(backup, str(file), Forgetting((), 0, lambda: "again"))
    assert (done.log.size, done.aside) == (1, None)
    assert check_log(file) == ()
    (aside,) = tmp_path.glob("log.sqlite.replaced-*-wal")
    assert aside.stat().st_size
