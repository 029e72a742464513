"""The SQLite log against the world: other processes, full disks, foreign files, later versions, threads in a hurry."""

import os
import sqlite3
import sys
import textwrap
import threading
import time
from pathlib import Path
from subprocess import PIPE, Popen, run

import pytest

from huitong.kernel import DataError, ExternalError, HuitongError, InputError
from huitong.store import GroupCommit, SqliteLog
from huitong.store.journal import Journal
from huitong.store.sqlite.schema import SCHEMA_VERSION, open_writer
from huitong.store.sqlite.storage import SqliteSession
from huitong.store.writer import Call, Writer
from tests.store.build import CONTRACT, batch, decision, event


def script(root: Path, body: str) -> list[str]:
    """A process of its own that may use the log and these tests' events."""
    head = f"""
    import os, sys, resource
    sys.path[:0] = [{str(root)!r}, {str(root / "src")!r}]
    from pathlib import Path
    from huitong.kernel import HuitongError
    from huitong.store import SqliteLog
    from tests.store.build import CONTRACT, batch, event
    """
    return [sys.executable, "-c", textwrap.dedent(head) + textwrap.dedent(body)]


def code_of(caught: pytest.ExceptionInfo[HuitongError]) -> str:
    for language in ("en", "zh"):
        assert caught.value.cause[language]
        assert caught.value.remedy[language]
    return caught.value.code


@pytest.mark.parametrize(
    "statement", ["UPDATE record SET payload = x'00'", "DELETE FROM record", "UPDATE event_id SET id = 'x'", "DELETE FROM event_id"]
)
def test_the_file_itself_refuses_to_change_or_lose_a_record(tmp_path: Path, statement: str) -> None:
    with SqliteLog(tmp_path / "log.sqlite") as log:
        log.append_events([event(1)])
    connection = sqlite3.connect(tmp_path / "log.sqlite")
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        connection.execute(statement)
    connection.close()


@pytest.mark.parametrize(("relaxed", "synchronous"), [(False, 2), (True, 1)])  # FULL, NORMAL
def test_every_commit_is_synchronous_in_write_ahead_mode_unless_relaxed_and_then_records_say_so(
    tmp_path: Path, relaxed: bool, synchronous: int
) -> None:
    connection = open_writer(tmp_path / "log.sqlite", 0, lambda: "L", relaxed=relaxed)
    assert connection.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
    assert connection.execute("PRAGMA synchronous").fetchone()[0] == synchronous
    connection.close()
    with SqliteLog(tmp_path / "log.sqlite", relaxed=relaxed) as log:
        log.append_decision(event(1), decision(1))
        assert [record.relaxed for record in log.read()] == [relaxed, relaxed]


def test_a_second_writer_is_refused_and_told_who_holds_the_log_while_readers_may_read(tmp_path: Path, root: Path) -> None:
    path = tmp_path / "log.sqlite"
    body = f"""
    log = SqliteLog(Path({str(path)!r}))
    log.append_events([event(1)])
    print("ready", flush=True)
    sys.stdin.read()
    """
    with Popen(script(root, body), stdin=PIPE, stdout=PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        with pytest.raises(ExternalError, match=f"process {process.pid} on") as caught:
            SqliteLog(path)
        assert code_of(caught) == "store.held"
        with SqliteLog(path, writable=False) as reader:
            assert reader.event("p1") == event(1)
            with pytest.raises(InputError) as refused:
                reader.append_events([event(2)])
            assert code_of(refused) == "store.read_only"
        process.kill()
    # The lock file is still there, but its holder is dead.
    assert (tmp_path / "log.sqlite.lock").exists()
    with SqliteLog(path) as log:
        assert log.append_events([event(1), event(2)]).new == 1


def test_the_same_process_cannot_open_it_twice_either(tmp_path: Path) -> None:
    with SqliteLog(tmp_path / "log.sqlite"), pytest.raises(ExternalError, match=f"process {os.getpid()} on"):
        SqliteLog(tmp_path / "log.sqlite")
    SqliteLog(tmp_path / "log.sqlite").close()


def test_a_full_database_refuses_clearly_and_takes_more_once_there_is_room(tmp_path: Path) -> None:
    path = tmp_path / "log.sqlite"
    log = SqliteLog(path)

    def limit(pages: int) -> None:
        assert log._writer is not None
        log._writer.submit(lambda journal: session(journal).connection.execute(f"PRAGMA max_page_count = {pages}")).result()

    limit(path.stat().st_size // 4096 + 20)
    log.append_events([event(1)])
    with pytest.raises(ExternalError) as caught:
        log.append_batch(batch(5_000, start=10), CONTRACT)
    assert code_of(caught) == "store.disk.full"
    assert log.end() == 1
    limit(1_000_000)
    assert log.append_batch(batch(5_000, start=10), CONTRACT).new == 5_000
    log.close()


def test_a_disk_that_refuses_loses_nothing_acknowledged(tmp_path: Path, root: Path) -> None:
    """The file size limit of the process stands for a disk that is full in the middle of writing."""
    path = tmp_path / "log.sqlite"
    body = f"""
    import signal
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    log = SqliteLog(Path({str(path)!r}))
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, resource.RLIM_INFINITY))
    written = 0
    try:
        for start in range(0, 100_000, 100):
            written += log.append_batch(batch(100, start=start), CONTRACT).new
    except HuitongError as error:
        print(error.code, written, log.end())
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    print(log.append_batch(batch(500, start=200_000), CONTRACT).new, log.end())
    log.close()
    """
    done = run(script(root, body), capture_output=True, text=True, check=False)
    first, second = done.stdout.splitlines() or pytest.fail(done.stderr)
    code, written, end = first.split()
    assert code in ("store.disk.full", "store.disk.failed")
    assert int(written) == int(end) > 0
    assert second == f"500 {int(end) + 500}"
    with SqliteLog(path, writable=False) as log:
        assert sum(1 for _ in log.read()) == int(end) + 500


def test_whatever_was_acknowledged_before_a_kill_is_there(tmp_path: Path, root: Path) -> None:
    path = tmp_path / "log.sqlite"
    body = f"""
    from huitong.store import decode
    import dataclasses
    from tests.store.build import decision
    log = SqliteLog(Path({str(path)!r}))
    number = log.end() * 10
    while True:
        number += 1
        log.append_decision(event(number), decision(number))
        os.write(1, f"{{number}}\\n".encode())
    """
    acknowledged: list[int] = []
    for wait_s in (0.05, 0.12, 0.3):
        with Popen(script(root, body), stdout=PIPE, text=True) as process:
            assert process.stdout is not None
            acknowledged.append(int(process.stdout.readline()))
            time.sleep(wait_s)
            process.kill()
            acknowledged += [int(line) for line in process.stdout.read().split("\n")[:-1]]
    with SqliteLog(path) as log:
        contents = [record.content for record in log.read()]
        for number in acknowledged:
            assert log.event(f"p{number}") == event(number)
            assert log.decisions_of(f"p{number}") == [decision(number)]
        # Events and their decisions come in pairs: no half of a commit survives.
        assert len(contents) % 2 == 0
        assert len(contents) // 2 - len(acknowledged) in range(4)


def test_a_file_that_is_no_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "log.sqlite"
    path.write_bytes(b"these are not the records you are looking for" * 100)
    for writable in (True, False):
        with pytest.raises(DataError) as caught:
            SqliteLog(path, writable=writable)
        assert code_of(caught) == "store.damaged"
    assert path.read_bytes().startswith(b"these are not")


def test_a_database_of_another_program_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "log.sqlite"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE other (x)")
    connection.close()
    before = path.read_bytes()
    for writable in (True, False):
        with pytest.raises(DataError) as caught:
            SqliteLog(path, writable=writable)
        assert code_of(caught) == "store.foreign"
    assert path.read_bytes() == before


def test_a_log_of_a_later_version_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "log.sqlite"
    SqliteLog(path).close()
    connection = sqlite3.connect(path)
    connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    connection.close()
    for writable in (True, False):
        with pytest.raises(DataError, match=f"schema {SCHEMA_VERSION + 1}") as caught:
            SqliteLog(path, writable=writable)
        assert code_of(caught) == "store.schema.newer"


@pytest.mark.parametrize("missing_bytes", [1, 4_096, 65_536])
@pytest.mark.parametrize("writable", [True, False])
def test_a_cut_off_log_is_refused(tmp_path: Path, missing_bytes: int, writable: bool) -> None:
    path = tmp_path / "log.sqlite"
    with SqliteLog(path) as log:
        log.append_batch(batch(2_000), CONTRACT)
    content = path.read_bytes()
    path.write_bytes(content[:-missing_bytes])
    with pytest.raises(DataError) as caught:
        SqliteLog(path, writable=writable)
    assert code_of(caught) == "store.damaged"


def test_another_program_that_looks_at_an_open_log_takes_nothing_from_it(tmp_path: Path) -> None:
    path = tmp_path / "log.sqlite"
    with SqliteLog(path) as log, SqliteLog(path, writable=False) as reader:
        log.append_events([event(1)])
        beside = path.with_name("log.sqlite-wal")
        before = beside.stat().st_ino

        looked = "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.execute('SELECT 1 FROM log').fetchone(); c.close()"
        run([sys.executable, "-c", looked, str(path)], check=True)

        assert beside.stat().st_ino == before  # it would be deleted by who believes to be the last
        log.append_events([event(2)])
        assert reader.end() == 2


def test_a_missing_log_and_a_missing_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        SqliteLog(tmp_path / "none.sqlite", writable=False)
    assert code_of(caught) == "store.missing"
    with pytest.raises(ExternalError) as refused:
        SqliteLog(tmp_path / "none" / "log.sqlite")
    assert code_of(refused) == "store.refused"


def test_a_folder_that_may_not_be_written_refuses_writers_and_serves_readers(tmp_path: Path, root: Path) -> None:
    folder = tmp_path / "sealed"
    folder.mkdir()
    path = folder / "log.sqlite"
    with SqliteLog(path) as log:
        log.append_events([event(1)])
    for step in (tmp_path, *tmp_path.parents[:3]):  # with xdist there is one more
        if step.stat().st_mode & 0o1000:  # the common folder of temporary files
            break
        step.chmod(0o755)
    path.chmod(0o444)
    folder.chmod(0o555)
    body = f"""
    if os.geteuid() == 0:
        os.setuid(65534)  # root may write everything, so somebody else has to try
    try:
        SqliteLog(Path({str(path)!r}))
    except HuitongError as error:
        print(error.code)
    print(SqliteLog(Path({str(path)!r}), writable=False).event("p1") == event(1))
    """
    done = run(script(root, body), capture_output=True, text=True, check=False)
    folder.chmod(0o755)
    assert done.stdout.split() == ["store.refused", "True"], done.stderr


def test_a_closed_log_refuses(tmp_path: Path) -> None:
    log = SqliteLog(tmp_path / "log.sqlite")
    log.close()
    log.close()
    for attempt in (lambda: log.append_events([event(1)]), log.end):
        with pytest.raises(InputError) as caught:
            attempt()
        assert code_of(caught) == "store.closed"


def session(journal: Journal) -> SqliteSession:
    assert isinstance(journal.session, SqliteSession)
    return journal.session


def test_calls_that_wait_share_a_commit_and_one_bad_call_harms_no_other(tmp_path: Path) -> None:
    log = SqliteLog(tmp_path / "log.sqlite", bounds=GroupCommit(calls_max=4))
    writer, commits = log._writer, list[str]()
    assert isinstance(writer, Writer)
    gate = threading.Event()

    def first(journal: Journal) -> bool:
        session(journal).connection.set_trace_callback(lambda said: commits.append(said) if said == "COMMIT" else None)
        return gate.wait()

    opened = writer.submit(first)
    while writer._calls:
        time.sleep(0.001)
    calls: list[Call[int]] = [writer.submit(lambda _, number=number: 10 // number) for number in (1, 0, 2, 5, 10)]  # type: ignore[misc]  # mypy cannot type a default of a lambda
    gate.set()
    assert [call.result() for call in (calls[0], *calls[2:])] == [10, 5, 2, 1]
    assert opened.result()
    assert isinstance(calls[1].error(), ZeroDivisionError)
    assert len(commits) == 3  # the first alone, then four, then one
    log.close()


def test_a_call_beyond_the_longest_queue_waits_for_room(tmp_path: Path) -> None:
    with SqliteLog(tmp_path / "log.sqlite", bounds=GroupCommit(queue_max=2)) as log:
        writer, gate, late_answers = log._writer, threading.Event(), list[int]()
        assert isinstance(writer, Writer)
        opened = writer.submit(lambda _: gate.wait())
        while writer._calls:
            time.sleep(0.001)
        queued = [writer.submit(lambda _: 1) for _ in range(2)]
        late = threading.Thread(target=lambda: late_answers.append(writer.submit(lambda _: 2).result()))
        late.start()
        late.join(0.05)
        assert late.is_alive()
        assert len(writer._calls) == 2
        gate.set()
        late.join()
        assert (opened.result(), [call.result() for call in queued], late_answers) == (True, [1, 1], [2])


def test_a_lone_call_waits_no_longer_than_the_bound(tmp_path: Path) -> None:
    with SqliteLog(tmp_path / "log.sqlite", bounds=GroupCommit(delay_us_max=20_000)) as log:
        log.append_decision(event(1), decision(1))
        assert log.end() == 2


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="skipped: no /proc to count descriptors in")
def test_readers_of_threads_that_ended_are_let_go(tmp_path: Path) -> None:
    def open_files() -> int:
        return sum(1 for _ in Path("/proc/self/fd").iterdir())

    with SqliteLog(tmp_path / "log.sqlite") as log:
        log.append_events([event(1)])
        before = open_files()
        for _ in range(20):
            reading = threading.Thread(target=log.end)
            reading.start()
            reading.join()
        assert open_files() <= before + 4  # those of the last one, a file and its write-ahead file, and of this thread


def test_a_reader_is_closed_while_other_threads_read(tmp_path: Path) -> None:
    path = tmp_path / "log.sqlite"
    with SqliteLog(path) as log:
        log.append_batch(batch(2_000), CONTRACT)
    ids = [f"e{number}" for number in range(2_000)]
    refused: list[str] = []

    def read(reader: SqliteLog, begun: threading.Event) -> None:
        try:
            while True:
                reader.events(ids)
                begun.set()
        except InputError as error:
            refused.append(error.code)

    for _ in range(20):  # a connection that is closed in use ends the process
        reader = SqliteLog(path, writable=False)
        begun = [threading.Event() for _ in range(3)]
        threads = [threading.Thread(target=read, args=(reader, one)) for one in begun]
        for thread in threads:
            thread.start()
        for one in begun:
            assert one.wait(30)
        reader.close()
        for thread in threads:
            thread.join(30)
    assert refused == ["store.closed"] * 60
