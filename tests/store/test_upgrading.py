"""A log of an earlier schema is brought up to date by whoever writes next: ids, order and proofs right, once and for all or not at all."""

import sqlite3
from pathlib import Path

import pytest

from huitong.kernel import DataError
from huitong.store import SqliteLog, check_log, encode_event, make_key
from huitong.store.merkle import Frontier
from huitong.store.sqlite import schema
from huitong.verifier import leaf_hash
from tests.store.build import decision, event
from tests.store.schema_1 import write_schema_1

EVENTS = [event(number) for number in range(600)]
DECISIONS = [decision(1), decision(2)]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "log.sqlite"


def root_of(payloads: list[bytes]) -> bytes:
    frontier = Frontier()
    frontier.extend([leaf_hash(payload) for payload in payloads])
    return frontier.root()


def test_everything_is_there_in_its_order_and_proved(path: Path, tmp_path: Path) -> None:
    payloads = write_schema_1(path, EVENTS, DECISIONS)
    signer = make_key(tmp_path / "key.pem")
    with SqliteLog(path, signer=signer) as log:
        assert list(log.payloads()) == payloads
        assert log.root() == root_of(payloads)
        assert [row.relaxed for row in log.rows()] == [0] * len(payloads)
        assert log.append_events(EVENTS[:3]).repeated == 3
        assert log.append_decision(None, DECISIONS[0]) == DECISIONS[0]
        assert log.decisions_of("p2") == [DECISIONS[1]]
        assert log.append_events([event(9_999)]).first_offset == len(payloads)
    assert check_log(path) == ()


def test_it_is_told_how_far_it_is(path: Path) -> None:
    payloads, told = write_schema_1(path, EVENTS, DECISIONS), list[tuple[int, int]]()
    for _ in range(2):
        SqliteLog(path, upgrading=lambda done, total: told.append((done, total))).close()
    assert told == [(len(payloads), len(payloads))], "once, for all"


def test_it_is_done_once(path: Path) -> None:
    write_schema_1(path, EVENTS, DECISIONS)
    ids, roots = set(), set()
    for _ in range(3):
        with SqliteLog(path) as log:
            ids.add(log.id)
            roots.add(log.root())
    assert (len(ids), len(roots)) == (1, 1)
    with sqlite3.connect(path) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (schema.SCHEMA_VERSION,)
        assert [version for (version,) in connection.execute("SELECT version FROM migration")] == [schema.SCHEMA_VERSION]
    connection.close()


def test_a_reader_does_not_do_it_and_says_who_does(path: Path) -> None:
    write_schema_1(path, EVENTS, DECISIONS)
    before = path.read_bytes()
    with pytest.raises(DataError) as caught:
        SqliteLog(path, writable=False)
    assert caught.value.code == "store.schema.older"
    assert "huitong log upgrade" in caught.value.remedy["en"]
    assert path.read_bytes() == before


def test_cut_off_in_the_middle_nothing_has_changed(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    payloads = write_schema_1(path, EVENTS, DECISIONS)

    def cut(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(schema, "_grow_tree", cut)
        with pytest.raises(KeyboardInterrupt):
            SqliteLog(path)
    with sqlite3.connect(path) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (1,)
        assert [payload for (payload,) in connection.execute("SELECT payload FROM record ORDER BY position")] == payloads
    connection.close()
    with SqliteLog(path) as log:
        assert log.root() == root_of(payloads)


def test_an_empty_log_of_the_first_schema_is_an_empty_log(path: Path) -> None:
    write_schema_1(path, [], [])
    with SqliteLog(path) as log:
        assert log.end() == 0
        log.append_events([event(1)])
        assert list(log.payloads()) == [encode_event(event(1))]


@pytest.mark.parametrize(("version", "without"), [(2, ["tile_root", "record_kind"]), (3, ["record_kind"])])
def test_a_log_of_a_schema_with_fewer_indices_stays_the_log_it_is(path: Path, version: int, without: list[str]) -> None:
    with SqliteLog(path) as log:
        log.append_events(EVENTS)
        before = log.id, log.root()
    with sqlite3.connect(path) as connection:
        for index in without:
            connection.execute(f"DROP INDEX {index}")
        connection.execute(f"PRAGMA user_version = {version}")
        connection.execute("UPDATE migration SET version = ?", (version,))
    connection.close()
    with pytest.raises(DataError, match=f"schema {version}"):
        SqliteLog(path, writable=False)
    with SqliteLog(path) as log:
        assert (log.id, log.root()) == before
        assert log.append_events([event(9_999)]).first_offset == len(EVENTS)
    assert check_log(path) == ()
    with sqlite3.connect(path) as connection:
        found = [number for (number,) in connection.execute("SELECT version FROM migration ORDER BY version")]
        assert found == [version, schema.SCHEMA_VERSION]
        (there,) = connection.execute("SELECT count(*) FROM sqlite_schema WHERE name IN ('tile_root', 'record_kind')").fetchone()
        assert there == 2
    connection.close()
