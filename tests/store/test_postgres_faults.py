"""The PostgreSQL log when things go wrong: two writers, stale writers, connections cut at any word, a server that is away, kills."""

import os
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from subprocess import PIPE, Popen

import pytest

from huitong.contracts import Appended
from huitong.kernel import ExternalError, HuitongError
from huitong.store import RecordLog, make_key
from huitong.store.check import check_records
from huitong.store.postgres import PostgresLog
from huitong.store.postgres.address import Address
from huitong.store.postgres.reading import PostgresReader
from tests.store.build import CONTRACT, batch, decision, event
from tests.store.postgres_server import Wire, ask, ask_in, backend_of, drop_schemas, schema_of
from tests.store.test_postgres import code_of, script

COMMIT = b"COMMIT\x00"  # the whole statement: BEGIN … READ COMMITTED is another


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    yield schema_of(tmp_path)
    drop_schemas()


@pytest.fixture
def wire(url: str) -> Iterator[Wire]:
    with Wire(url) as made:
        yield made


def require_whole(url: str, size: int) -> None:
    with closing(PostgresReader(Address.of_url(url), 1)) as reader:
        assert reader.size() == size
        assert check_records(reader, lambda _done, _total: None) == ()


def test_a_second_writer_is_refused_and_told_who_holds_the_log(url: str, root: Path) -> None:
    body = """
    log = open_log(url)
    log.append_events([event(1)])
    print("ready", flush=True)
    sys.stdin.read()
    """
    with Popen(script(root, url, body), stdin=PIPE, stdout=PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        with pytest.raises(ExternalError, match=f"process {process.pid} on") as caught:
            PostgresLog(url)
        assert code_of(caught) == "store.held"
        with PostgresLog(url, writable=False) as reader:
            assert reader.event("p1") == event(1)
        process.kill()
    with PostgresLog(url) as log:  # the holder is dead, its lock gone
        assert log.append_events([event(1), event(2)]).new == 1
        with pytest.raises(ExternalError, match=f"process {os.getpid()} on"):
            PostgresLog(url)


def test_logs_in_two_schemas_of_one_database_have_a_writer_each(url: str, tmp_path: Path) -> None:
    with PostgresLog(url) as log, PostgresLog(schema_of(tmp_path / "other")) as other:
        log.append_events([event(1)])
        other.append_events([event(2)])
        assert (log.event("p2"), other.event("p1")) == (None, None)
        assert log.id != other.id


def test_a_writer_that_lost_its_lock_to_another_cannot_append_even_when_that_one_has_gone(url: str) -> None:
    with PostgresLog(url) as stale:
        stale.append_events([event(1)])
        ask("SELECT pg_terminate_backend(%s)", (backend_of(url),))
        with PostgresLog(url) as fresh:
            for attempt in (1, 2):
                with pytest.raises(ExternalError, match=f"taken over by process {os.getpid()} on") as caught:
                    stale.append_events([event(10 + attempt)])
                assert code_of(caught) == "store.fenced"
            assert fresh.append_events([event(2)]) == Appended(1, 1, 0)
            assert stale.end() == 2  # it may still read
        with pytest.raises(ExternalError) as caught:
            stale.append_decision(event(13), decision(13))
        assert code_of(caught) == "store.fenced"
    require_whole(url, 2)


def test_an_epoch_that_grew_under_a_living_connection_fences_too(url: str) -> None:
    """As with a pooler that lost the session's lock: the row of the epoch is what counts."""
    with PostgresLog(url) as stale:
        stale.append_events([event(1)])
        ask_in(url, "UPDATE writer SET epoch = epoch + 1")
        with pytest.raises(ExternalError) as caught:
            stale.append_events([event(2)])
        assert code_of(caught) == "store.fenced"
    require_whole(url, 1)


def test_a_writer_that_lost_its_connection_to_nobody_goes_on(url: str) -> None:
    with PostgresLog(url) as log:
        log.append_events([event(1)])
        ask("SELECT pg_terminate_backend(%s)", (backend_of(url),))
        assert log.append_events([event(1), event(2)]) == Appended(1, 1, 1)
    require_whole(url, 2)


@pytest.mark.parametrize("arrives", [False, True])
@pytest.mark.parametrize(
    "statement", [b"BEGIN", b"INSERT INTO event_id", b"INSERT INTO decision_id", b"INSERT INTO record", b"INSERT INTO head", COMMIT]
)
def test_a_connection_cut_at_any_word_loses_nothing_and_doubles_nothing(
    wire: Wire, url: str, statement: bytes, arrives: bool, tmp_path: Path
) -> None:
    with PostgresLog(wire.url, signer=make_key(tmp_path / "key.pem")) as log:
        wire.break_at(statement, arrives=arrives)

        def write(number: int) -> Appended:
            log.append_decision(event(100 + number), decision(number))
            return log.append_events([event(number)])

        with ThreadPoolExecutor(6) as pool:
            appended = list(pool.map(write, range(6)))
        assert wire.broken
        assert [(one.new, one.repeated) for one in appended] == [(1, 0)] * 6
        assert log.append_events([event(number) for number in range(6)]).repeated == 6
    require_whole(url, 18)


@pytest.mark.parametrize("arrives", [False, True])
@pytest.mark.parametrize("statement", [b"SAVEPOINT", b"COPY record", b"INSERT INTO tile", b"RELEASE", COMMIT])
def test_a_large_batch_cut_at_any_word_is_there_once(wire: Wire, url: str, statement: bytes, arrives: bool) -> None:
    with PostgresLog(wire.url) as log:
        wire.break_at(statement, arrives=arrives)
        assert log.append_batch(batch(3_000), CONTRACT) == Appended(0, 3_000, 0)
        assert wire.broken
        assert log.append_batch(batch(3_001), CONTRACT) == Appended(3_000, 1, 3_000)
    require_whole(url, 3_001)


def test_the_head_alone_in_a_commit_without_an_answer_is_there_once(wire: Wire, url: str, tmp_path: Path) -> None:
    with PostgresLog(wire.url, signer=make_key(tmp_path / "key.pem")) as log:
        log.append_events([event(1)])
        log.append_events([event(2)])  # within the second: not signed
        wire.break_at(COMMIT, arrives=True)
        head = log.sign_head()
        assert wire.broken
        assert head is not None
        assert head.size == 2
    require_whole(url, 2)


def test_connections_ended_by_the_server_again_and_again_lose_nothing_and_double_nothing(url: str) -> None:
    acknowledged: list[int] = []
    over = time.monotonic() + 3
    name = f"huitong_ended_{os.getpid()}"  # of these connections alone: other tests, and other people's, go on beside

    def write(thread: int, log: RecordLog) -> None:
        number = thread * 1_000_000
        while time.monotonic() < over:
            number += 1
            log.append_decision(event(number), decision(number))
            acknowledged.append(number)

    with PostgresLog(f"{url}&application_name={name}") as log:
        threads = [threading.Thread(target=write, args=(thread, log)) for thread in range(8)]
        for thread in threads:
            thread.start()
        ended = 0
        while time.monotonic() < over:
            time.sleep(0.03)
            query = "SELECT count(*) FILTER (WHERE pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = %s"
            ended += ask(query, (name,))[0][0]
        for thread in threads:
            thread.join()
        assert ended > 5
        assert len(acknowledged) > 20
        assert log.end() == 2 * len(acknowledged)
        for number in acknowledged:
            assert log.decision(f"d{number}") == decision(number)
    require_whole(url, 2 * len(acknowledged))


def test_a_server_away_for_a_while_is_waited_for_by_writers_and_readers(wire: Wire, url: str) -> None:
    with PostgresLog(wire.url) as log, ThreadPoolExecutor(3) as pool:
        log.append_events([event(1)])
        wire.cut()
        appended = pool.submit(log.append_events, [event(1), event(2)])
        read = pool.submit(log.event, "p1")
        grown = pool.submit(log.wait_for, 2, 10)
        time.sleep(1)
        assert not any(one.done() for one in (appended, read, grown))
        wire.mend()
        assert appended.result(10) == Appended(1, 1, 1)
        assert read.result(10) == event(1)
        assert grown.result(10)
    require_whole(url, 2)


def test_a_server_away_for_longer_is_a_clear_error_and_then_the_log_goes_on(wire: Wire, url: str) -> None:
    with PostgresLog(wire.url, patience_s=0.5) as log:
        log.append_events([event(1)])
        wire.cut()
        for attempt in (lambda: log.append_decision(event(2), decision(2)), lambda: log.event("p1")):
            began = time.monotonic()
            with pytest.raises(ExternalError) as caught:
                attempt()
            assert code_of(caught) == "store.gone"
            assert 0.5 <= time.monotonic() - began < 3
        wire.mend()
        assert log.append_decision(event(2), decision(2)) == decision(2)
        assert log.decisions_of("p2") == [decision(2)]
    require_whole(url, 3)


def test_a_commit_whose_answer_never_came_before_patience_ended_is_answered_when_it_is_sent_again(wire: Wire, url: str) -> None:
    with PostgresLog(wire.url, patience_s=0.5) as log:
        wire.break_at(COMMIT, arrives=True, stays_up=False)
        with pytest.raises(ExternalError) as caught:
            log.append_events([event(1)])
        assert code_of(caught) == "store.gone"
        wire.mend()
        assert log.append_events([event(1), event(2)]) == Appended(1, 1, 1)
    require_whole(url, 2)


@pytest.mark.parametrize(
    ("sqlstate", "code"),
    [
        ("53100", "store.disk.full"),
        ("53200", "store.resources"),
        ("42501", "store.refused"),
        ("25006", "store.database.read_only"),
        ("57014", "store.busy"),
        ("XX001", "store.damaged"),
        ("22000", "store.failed"),
    ],
)
@pytest.mark.parametrize("count", [1, 2_000])
def test_a_server_that_refuses_in_the_middle_is_a_clear_error_that_writes_nothing(url: str, sqlstate: str, code: str, count: int) -> None:
    with PostgresLog(url) as log:
        log.append_events([event(10_000)])
        create = f"""
            CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS
              $$BEGIN IF NEW.position > 0 THEN RAISE 'no more' USING ERRCODE = '{sqlstate}'; END IF; RETURN NEW; END$$;
            CREATE TRIGGER fail BEFORE INSERT ON record FOR EACH ROW EXECUTE FUNCTION fail()"""
        ask_in(url, create)
        with pytest.raises(HuitongError) as caught:
            log.append_batch(batch(count), CONTRACT)
        assert code_of(caught) == code
        assert log.end() == 1
        ask_in(url, "DROP TRIGGER fail ON record")
        assert log.append_batch(batch(count), CONTRACT).new == count
    require_whole(url, count + 1)


def test_whatever_was_acknowledged_before_a_kill_is_there(url: str, root: Path) -> None:
    body = """
    log = open_log(url)
    number = log.end() * 10
    while True:
        number += 1
        log.append_decision(event(number), decision(number))
        os.write(1, f"{number}\\n".encode())
    """
    acknowledged: list[int] = []
    for wait_s in (0.05, 0.12, 0.3):
        with Popen(script(root, url, body), stdout=PIPE, text=True) as process:
            assert process.stdout is not None
            acknowledged.append(int(process.stdout.readline()))
            time.sleep(wait_s)
            process.kill()
            acknowledged += [int(line) for line in process.stdout.read().split("\n")[:-1]]
    with PostgresLog(url) as log:
        end = log.end()
        for number in acknowledged:
            assert log.event(f"p{number}") == event(number)
            assert log.decisions_of(f"p{number}") == [decision(number)]
    assert end % 2 == 0  # events and their decisions come in pairs: no half of a commit survives
    assert end // 2 - len(acknowledged) in range(4)
    require_whole(url, end)
