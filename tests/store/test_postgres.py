"""The PostgreSQL log as it stands: addresses, schemas, rights, readers, what it sends and what it says."""

import os
import sys
import textwrap
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from subprocess import PIPE, Popen, run

import psycopg
import pytest

from huitong.kernel import DataError, ExternalError, FixedClock, HuitongError, InputError
from huitong.store import RecordLog, SqliteLog, make_key, open_log
from huitong.store.check import check_records
from huitong.store.journal import Journal
from huitong.store.postgres import PostgresLog
from huitong.store.postgres.address import Address
from huitong.store.postgres.reading import PostgresReader
from huitong.store.postgres.schema import SCHEMA_VERSION
from tests.store.build import CONTRACT, batch, decision, event
from tests.store.postgres_server import SERVER, ask, ask_in, drop_schemas, schema_of


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    yield schema_of(tmp_path)
    drop_schemas()


def name_of(url: str) -> str:
    return Address.of_url(url).schema


def code_of(caught: pytest.ExceptionInfo[HuitongError]) -> str:
    for language in ("en", "zh"):
        assert caught.value.cause[language]
        assert caught.value.remedy[language]
    return caught.value.code


def script(root: Path, url: str, body: str) -> list[str]:
    """A process of its own that may use the log and these tests' events."""
    head = f"""
    import os, sys
    sys.path[:0] = [{str(root)!r}, {str(root / "src")!r}]
    from huitong.store import open_log
    from tests.store.build import CONTRACT, batch, decision, event
    url = {url!r}
    """
    return [sys.executable, "-c", textwrap.dedent(head) + textwrap.dedent(body)]


@pytest.mark.parametrize(
    ("given", "schema", "where"),
    [
        ("postgresql://me:pass@db:5433/bank?schema=shard_1", "shard_1", "postgresql://me@db:5433/bank?schema=shard_1"),
        ("postgres://db/bank?sslmode=disable", "huitong", "postgresql://db/bank?schema=huitong"),
        ("postgresql://me@a,b/bank?schema=%E5%88%86%E7%89%87&password=pass", "分片", "postgresql://me@a,b/bank?schema=%E5%88%86%E7%89%87"),
    ],
)
def test_an_address_names_a_schema_and_is_shown_without_its_password(given: str, schema: str, where: str) -> None:
    address = Address.of_url(given)
    assert (address.schema, address.where) == (schema, where)
    assert "pass" not in repr(address)
    assert "schema=" not in address.conninfo


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ("postgresql://me:p%zz@db/bank", "store.address.unreadable"),
        ("postgresql://db/bank?no_such_option=1", "store.address.unreadable"),
        ("postgresql://db/bank?schema=", "store.address.schema"),
        ("postgresql://db/bank?schema=pg_catalog", "store.address.schema"),
        ("postgresql://db/bank?schema=" + "x" * 64, "store.address.schema"),
        ("mysql://db/bank", "store.address.unknown"),
        ("sqlite://relative", "store.address.unknown"),
    ],
)
def test_an_address_that_cannot_be_is_refused_without_repeating_a_password(given: str, code: str) -> None:
    with pytest.raises(InputError) as caught:
        open_log(given)
    assert code_of(caught) == code
    assert "p%zz" not in str(caught.value)


def test_the_address_says_in_what_a_log_is_kept(tmp_path: Path, url: str) -> None:
    for address in (tmp_path / "a.sqlite", str(tmp_path / "a.sqlite"), f"sqlite:///{tmp_path / 'a.sqlite'}"):
        with open_log(address) as log:
            assert isinstance(log, SqliteLog)
            log.append_events([event(1)])
            assert log.end() == 1
    with open_log(url.replace("postgresql://", "postgres://")) as log:
        assert isinstance(log, PostgresLog)


def test_without_the_driver_the_error_says_what_to_install(root: Path) -> None:
    body = """
    sys.modules["psycopg"] = None
    try:
        open_log(url)
    except Exception as error:
        print(error.code, error.remedy["zh"])
    """
    done = run(script(root, "postgresql://db/bank", body), capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "store.driver.missing 请运行 pip install huitong[postgres]", done.stderr


def test_a_server_that_does_not_answer_is_named_at_once_and_without_the_password(url: str) -> None:
    for writable in (True, False):
        with pytest.raises(ExternalError, match=r"root@127\.0\.0\.1:1/") as caught:
            PostgresLog("postgresql://root:s3cret@127.0.0.1:1/test", writable=writable)
        assert code_of(caught) == "store.unreachable"
        with pytest.raises(ExternalError, match="no_such_database"):
            PostgresLog(url.replace("/test?", "/no_such_database?"), writable=writable)
        assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize("table", ["record", "event_id", "decision_id", "tile", "head"])
@pytest.mark.parametrize("statement", ["UPDATE {} SET {} = {}", "DELETE FROM {}", "TRUNCATE {}"])
def test_the_database_itself_refuses_to_change_or_lose_a_record(url: str, tmp_path: Path, table: str, statement: str) -> None:
    with PostgresLog(url, signer=make_key(tmp_path / "key.pem")) as log:
        log.append_batch(batch(256), CONTRACT)
        log.append_decision(None, decision(1))
    column = {"tile": "place", "head": "size"}.get(table, "position")
    with pytest.raises(psycopg.errors.RestrictViolation, match="append-only"):
        ask_in(url, statement.format(table, column, column))
    with closing(PostgresReader(Address.of_url(url), 1)) as reader:
        assert check_records(reader, lambda _done, _total: None) == ()


@pytest.mark.parametrize(("relaxed", "expected"), [(False, "on"), (True, "off")])
def test_commits_wait_for_the_disk_whatever_the_user_s_settings_unless_relaxed_and_then_records_say_so(
    url: str, relaxed: bool, expected: str
) -> None:
    with PostgresLog(f"{url}&options=-c%20synchronous_commit%3Doff", relaxed=relaxed) as log:
        log.append_decision(event(1), decision(1))
        assert log._writer is not None
        asked = log._writer.submit(lambda journal: journal.session._connection.execute("SHOW synchronous_commit").fetchall())  # type: ignore[attr-defined]  # the protocol has no connection
        assert asked.result() == [(expected,)]
        assert [record.relaxed for record in log.read()] == [relaxed, relaxed]


def test_a_schema_of_another_program_is_refused_and_left_alone(url: str) -> None:
    ask(f"CREATE SCHEMA {name_of(url)}; CREATE TABLE {name_of(url)}.log (line text)")
    for writable in (True, False):
        with pytest.raises(DataError) as caught:
            PostgresLog(url, writable=writable)
        assert code_of(caught) == "store.foreign"
    tables = ask("SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace WHERE nspname = %s", (name_of(url),))
    assert tables == [(1,)]


def test_a_log_of_a_later_version_is_refused_and_an_empty_schema_is_taken(url: str) -> None:
    ask(f"CREATE SCHEMA {name_of(url)}")
    with pytest.raises(InputError) as missing:
        PostgresLog(url, writable=False)
    assert code_of(missing) == "store.missing"
    PostgresLog(url).close()
    ask_in(url, "INSERT INTO migration SELECT max(version) + 1, 0 FROM migration")
    for writable in (True, False):
        with pytest.raises(DataError, match=f"schema {SCHEMA_VERSION + 1}") as caught:
            PostgresLog(url, writable=writable)
        assert code_of(caught) == "store.schema.newer"


def test_a_log_of_the_first_schema_is_brought_up_to_date_by_who_writes_next(url: str) -> None:
    with PostgresLog(url) as log:
        log.append_events([event(number) for number in range(5)])
        before = log.id, log.root()
    ask_in(url, "DROP INDEX record_kind")
    ask_in(url, "DELETE FROM migration WHERE version = 2")
    with pytest.raises(DataError) as caught:
        PostgresLog(url, writable=False)
    assert code_of(caught) == "store.schema.older"
    with PostgresLog(url) as log:
        assert (log.id, log.root()) == before
        assert [record.content for record in log.read(kinds=["payment.requested"])] == [event(number) for number in range(5)]
    assert ask_in(url, "SELECT version FROM migration ORDER BY version") == [(1,), (2,)]
    with PostgresLog(url, writable=False) as log:
        assert list(log.check(lambda _done, _total: None)) == []


def test_a_database_that_cannot_hold_every_text_is_refused(url: str) -> None:
    other = f"{name_of(url)}_latin"
    ask(f"CREATE DATABASE {other} ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0")
    try:
        with pytest.raises(DataError, match="LATIN1") as caught:
            PostgresLog(url.replace("/test?", f"/{other}?"))
        assert code_of(caught) == "store.database.encoding"
    finally:
        ask(f"DROP DATABASE {other}")


def test_a_role_that_may_only_read_reads_and_is_refused_as_a_writer(url: str) -> None:
    with PostgresLog(url) as log:
        log.append_events([event(1)])
    role = f"{name_of(url)}_reader"
    ask(f"CREATE ROLE {role} LOGIN; GRANT USAGE ON SCHEMA {name_of(url)} TO {role}")
    ask(f"GRANT SELECT ON ALL TABLES IN SCHEMA {name_of(url)} TO {role}")
    try:
        theirs = url.replace("//root@", f"//{role}@")
        with PostgresLog(theirs, writable=False) as log:
            assert log.event("p1") == event(1)
            with pytest.raises(InputError) as refused:
                log.append_events([event(2)])
            assert code_of(refused) == "store.read_only"
        with pytest.raises(ExternalError) as caught:
            PostgresLog(theirs)
        assert code_of(caught) == "store.refused"
    finally:
        ask(f"DROP OWNED BY {role}; DROP ROLE {role}")


def test_a_closed_log_refuses(url: str) -> None:
    log = PostgresLog(url)
    log.close()
    log.close()
    for attempt in (lambda: log.append_events([event(1)]), log.end):
        with pytest.raises(InputError) as caught:
            attempt()
        assert code_of(caught) == "store.closed"


def test_readers_in_another_process_see_a_prefix_that_only_grows(url: str, root: Path) -> None:
    body = """
    log = open_log(url, writable=False)
    print("ready", flush=True)
    size, seen = 0, set()
    while size < 3_000:
        size = log.end()
        offsets = [record.offset for record in log.read(max(0, size - 50))]
        assert offsets == list(range(max(0, size - 50), offsets[-1] + 1)) if offsets else size == 0
        assert len(offsets) >= min(50, size)
        seen.add(size)
    print(len(seen), log.event("p7") == event(7))
    log.close()
    """
    with PostgresLog(url) as log, Popen(script(root, url, body), stdout=PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        for start in range(0, 3_000, 10):
            log.append_batch(batch(10, start=start), CONTRACT)
        looks, found = process.stdout.read().split()
    assert int(looks) > 3
    assert found == "True"


@pytest.mark.parametrize("kept_in", ["sqlite", "postgresql"])
def test_a_reader_that_waits_wakes_soon_after_a_commit(tmp_path: Path, kept_in: str, url: str) -> None:
    address = tmp_path / "log.sqlite" if kept_in == "sqlite" else url
    woken: list[float] = []

    def wait(log: RecordLog) -> None:
        for size in range(1, 11):
            assert log.wait_for(size, 10)
            woken.append(time.monotonic())

    with open_log(address) as log, open_log(address, writable=False) as reader:
        assert not reader.wait_for(1, 0.05)
        waiter = threading.Thread(target=wait, args=(reader,))
        waiter.start()
        written = []
        for number in range(10):
            time.sleep(0.03)
            log.append_events([event(number)])
            written.append(time.monotonic())
        waiter.join()
        delays = sorted(after - before for before, after in zip(written, woken, strict=True))
        assert delays[5] < 0.03
        assert reader.wait_for(10, 0)


def test_many_commits_share_a_notice(url: str) -> None:
    with psycopg.connect(SERVER, autocommit=True) as listener, PostgresLog(url) as log:
        listener.execute(f"LISTEN {Address.of_url(url).channel}".encode())
        began = time.monotonic()
        for number in range(200):
            log.append_events([event(number)])
        took_s = time.monotonic() - began
        notices = len(list(listener.notifies(timeout=0.3)))
    assert 1 <= notices <= took_s / 0.005 + 2


@pytest.mark.parametrize("instead", [{}, {b"b": b"wrapped anew"}])
def test_what_is_dropped_from_the_key_ring_leaves_its_file_even_beside_an_old_snapshot(url: str, instead: dict[bytes, bytes]) -> None:
    kept, dropped = os.urandom(24), os.urandom(24)

    def forget(journal: Journal) -> None:
        journal.session.drop("key", [b"b"])
        journal.session.keep("key", instead)  # as where the master key is turned
        journal.scrub = True

    def in_file(secret: bytes) -> bool:
        ask("CHECKPOINT")
        query = "SELECT position(%s IN pg_read_binary_file(pg_relation_filepath(%s))) > 0"
        return bool(ask(query, (secret, f"{name_of(url)}.keyring"))[0][0])

    with PostgresLog(url) as log, psycopg.connect(SERVER) as old:
        assert log._writer is not None
        log._writer.submit(lambda journal: journal.session.keep("key", {b"a": b"first", b"b": dropped})).result()
        log._writer.submit(lambda journal: journal.session.keep("key", {b"a": kept})).result()
        assert in_file(dropped)
        old.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        old.execute("SELECT count(*) FROM pg_class")
        log._writer.submit(forget).result()
        assert log._reader.kept("key") == {b"a": kept} | instead
        assert log._writer.submit(lambda journal: journal.session.kept("key", [b"a", b"b"])).result() == {b"a": kept} | instead
        assert not in_file(dropped)
        assert in_file(kept)


def test_a_scrub_that_was_hindered_is_done_when_the_log_is_opened_again(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huitong.store.postgres.session.SCRUB_WAIT_S", 1)
    noted = "SELECT scrub FROM writer"

    def forget(journal: Journal) -> None:
        journal.session.drop("key", [b"a"])
        journal.scrub = True

    with PostgresLog(url) as log, closing(Address.of_url(url).connect()) as other:
        assert log._writer is not None
        log._writer.submit(lambda journal: journal.session.keep("key", {b"a": b"secret"})).result()
        other.execute("BEGIN")
        other.execute("SELECT * FROM keyring")
        log._writer.submit(forget).result()
        assert ask_in(url, noted) == [(True,)]
    PostgresLog(url).close()
    assert ask_in(url, noted) == [(False,)]


CHANGED = "UPDATE record SET payload = convert_to(replace(convert_from(payload, 'UTF8'), ':1250', ':1251'), 'UTF8')"


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("SELECT 1", set()),
        (f"{CHANGED} WHERE position = 3", {("log.record", "offset 3")}),
        (f"{CHANGED} WHERE position = 299", {("log.head", "head 300"), ("log.head", "head 302")}),
        ("DELETE FROM record WHERE position = 7", {("log.gap", "offset 7")}),
        ("UPDATE event_id SET id = 'other' WHERE position = 4", {("log.record", "offset 4")}),
        ("DELETE FROM tile", {("log.tree", "tile 0/0")}),
        ("UPDATE head SET note = 'huitong/x' WHERE size = 300", {("log.head", "head 300")}),
    ],
)
def test_what_was_tampered_with_is_found(url: str, tmp_path: Path, statement: str, expected: set[tuple[str, str]]) -> None:
    signer = make_key(tmp_path / "key.pem")
    with PostgresLog(url, signer=signer, clock=FixedClock(1_000_000)) as log:
        log.append_batch(batch(300), CONTRACT)
    with PostgresLog(url, signer=signer, clock=FixedClock(9_000_000)) as log:
        log.append_decision(event(1_000), decision(1_000))
    tables = ("record", "event_id", "tile", "head")
    ask_in(url, "; ".join([*(f"ALTER TABLE {one} DISABLE TRIGGER USER" for one in tables), statement]))
    with closing(PostgresReader(Address.of_url(url), 1)) as reader:
        assert {(found.code, found.where) for found in check_records(reader, lambda _done, _total: None)} == expected


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("SELECT 1", []),
        ("CREATE INDEX of_the_keeper ON record (kind)", []),
        ("DROP TRIGGER head_never_changes ON head", [("trigger", "head_never_changes")]),
        ("ALTER TABLE tile DISABLE TRIGGER tile_never_changes", [("trigger", "tile_never_changes")]),
        (
            "DROP TRIGGER record_never_changes ON record; "
            "CREATE TRIGGER record_never_changes BEFORE TRUNCATE ON record EXECUTE FUNCTION refuse_change()",
            [("trigger", "record_never_changes")],
        ),
        (
            "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
            [("function", "refuse_change")],
        ),
        ("CREATE TRIGGER more AFTER INSERT ON record EXECUTE FUNCTION refuse_change()", [("trigger", "more")]),
        ("DROP INDEX decision_subject", [("index", "decision_subject")]),
        ("ALTER TABLE event_id DROP CONSTRAINT event_id_pkey", [("index", "event_id_pkey")]),
    ],
)
def test_guards_that_were_taken_away_are_found(url: str, statement: str, expected: list[tuple[str, str]]) -> None:
    with PostgresLog(url) as log:
        log.append_events([event(1)])
    ask_in(url, statement)
    with PostgresLog(url, writable=False) as log:
        assert log.reader.altered() == expected
        assert [one.code for one in log.check(lambda _done, _total: None)] == ["log.schema"] * len(expected)
