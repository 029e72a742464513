"""What is missing from a segment, or altered, is found and named, by whoever it was done."""

import dataclasses
import sqlite3
from hashlib import sha256
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from huitong.kernel import DataError, FixedClock
from huitong.store import SqliteLog, check_log, make_key
from huitong.store.segments.manifest import Segment, SegmentFile
from tests.store.build import CONTRACT, batch, decision, event
from tests.store.sealed import CONTRACTS, filled, found, segment_files


@pytest.fixture
def sealed(tmp_path: Path) -> Path:
    """A closed log of 782 records, of which 600 are in two segments."""
    with SqliteLog(tmp_path / "log.sqlite", signer=make_key(tmp_path / "key.pem"), clock=FixedClock(5_000_000)) as log:
        filled(log)
        log.seal(CONTRACTS, keep_rows=log.end() - 600, segment_rows=300)
    assert check_log(tmp_path / "log.sqlite") == ()
    return tmp_path


def test_one_flipped_bit_is_found_and_named_and_never_read(sealed: Path) -> None:
    path = next(one for one in segment_files(sealed) if pq.read_table(one)["position"][0].as_py() == 0)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0x10
    path.chmod(0o600)
    path.write_bytes(content)
    (finding,) = check_log(sealed / "log.sqlite")
    assert (finding.code, finding.where) == ("log.segment", "offsets 0–299")
    with SqliteLog(sealed / "log.sqlite", writable=False) as log:
        for act in (lambda: list(log.read()), lambda: log.event("p1"), lambda: list(log.read_batches(CONTRACT))):
            with pytest.raises(DataError) as caught:
                act()
            assert caught.value.code == "store.segment.altered"
            for language in ("en", "zh"):
                assert path.name in caught.value.cause[language]
                assert path.name in finding.text[language]
        assert log.event("p400") == event(400)


def test_a_missing_file_is_found_and_named(sealed: Path) -> None:
    path = next(one for one in segment_files(sealed) if one.parent.name == "records")
    path.unlink()
    assert found(check_log(sealed / "log.sqlite")) == {("log.segment", "offsets 300–599")}
    with SqliteLog(sealed / "log.sqlite") as log:
        assert log.event("p1") == event(1)
        with pytest.raises(DataError) as caught:
            log.decision("d1")
        assert caught.value.code == "store.segment.missing"
        with pytest.raises(DataError):
            log.append_decision(None, decision(1, outcome="decline"))


def test_a_file_cut_short_or_swapped_for_another_is_found(sealed: Path) -> None:
    first, second = (one for one in segment_files(sealed) if one.parent.name.startswith("kind="))
    whole = first.read_bytes()
    for content in (whole[:-1], b"", second.read_bytes()):
        first.chmod(0o600)
        first.write_bytes(content)
        assert {one.code for one in check_log(sealed / "log.sqlite")} == {"log.segment"}
    first.write_bytes(whole)
    assert check_log(sealed / "log.sqlite") == ()


def rewrite(folder: Path, statement: str, *parameters: object) -> None:
    """Changes the database as somebody would who wants to change the past."""
    connection = sqlite3.connect(folder / "log.sqlite")
    triggers = connection.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'").fetchall()
    for name, _ in triggers:
        connection.execute(f"DROP TRIGGER {name}")
    connection.execute(statement, parameters)
    for _, made in triggers:
        connection.execute(made)
    connection.commit()
    connection.close()


def test_who_rewrites_a_segment_and_its_hash_is_convicted_by_the_tree(sealed: Path) -> None:
    connection = sqlite3.connect(sealed / "log.sqlite")
    first, stop, listed = connection.execute("SELECT first, stop, files FROM segment ORDER BY stop").fetchone()
    connection.close()
    segment = Segment.of_manifest(first, stop, listed)
    (file,) = segment.files
    (path,) = (sealed / "segments").glob(f"*/{file.name}")
    table = pq.read_table(path)
    amounts = table["amount"].to_pylist()
    amounts[17] += 1
    changed = table.set_column(table.schema.get_field_index("amount"), "amount", [amounts])
    writer = pq.ParquetWriter(path.with_suffix(".new"), changed.schema, store_schema=False)
    writer.add_key_value_metadata({b"huitong": pq.read_metadata(path).metadata[b"huitong"]})
    writer.write_table(changed)
    writer.close()
    path.unlink()
    path.with_suffix(".new").rename(path)
    made = _file_of(path, file)
    rewrite(sealed, "UPDATE segment SET files = ? WHERE stop = ?", Segment(first, stop, (made,)).manifest(), stop)
    assert found(check_log(sealed / "log.sqlite")) == {("log.record", "offset 17")}


def _file_of(path: Path, like: SegmentFile) -> SegmentFile:
    content = path.read_bytes()
    return dataclasses.replace(like, sha256=sha256(content).hexdigest(), bytes=len(content))


def test_nonsense_with_the_right_hash_is_a_finding(sealed: Path) -> None:
    connection = sqlite3.connect(sealed / "log.sqlite")
    first, stop, listed = connection.execute("SELECT first, stop, files FROM segment ORDER BY stop").fetchone()
    connection.close()
    (file,) = Segment.of_manifest(first, stop, listed).files
    (path,) = (sealed / "segments").glob(f"*/{file.name}")
    other, *_ = (sealed / "segments").glob("*/records/*")
    path.chmod(0o600)
    for content in (b"nonsense", other.read_bytes()):
        path.write_bytes(content)
        rewrite(sealed, "UPDATE segment SET files = ? WHERE stop = ?", Segment(first, stop, (_file_of(path, file),)).manifest(), stop)
        assert found(check_log(sealed / "log.sqlite")) == {("log.segment", "offsets 0–299")}


def test_a_segment_that_the_database_forgot_is_a_gap(sealed: Path) -> None:
    rewrite(sealed, "DELETE FROM segment WHERE stop = 300")
    findings = found(check_log(sealed / "log.sqlite"))
    assert ("log.gap", "offsets 0–299") in findings


@pytest.mark.parametrize(
    ("listed", "code"), [("{", "store.segment.unlisted"), ('{"format":2,"files":[]}', "store.segment.newer")], ids=["unreadable", "newer"]
)
def test_a_list_of_files_that_cannot_be_read_is_a_finding(sealed: Path, listed: str, code: str) -> None:
    rewrite(sealed, "UPDATE segment SET files = ? WHERE stop = 300", listed)
    assert "log.segment" in {one.code for one in check_log(sealed / "log.sqlite")}
    with SqliteLog(sealed / "log.sqlite", writable=False) as log, pytest.raises(DataError) as caught:
        list(log.read())
    assert caught.value.code == code


def test_rows_may_be_deleted_only_once_they_are_sealed(tmp_path: Path) -> None:
    with SqliteLog(tmp_path / "log.sqlite") as log:
        log.append_batch(batch(20), CONTRACT)
        log.seal(CONTRACTS, keep_rows=10)
    connection = sqlite3.connect(tmp_path / "log.sqlite")
    for statement in (
        "DELETE FROM record WHERE position = 10",
        "UPDATE record SET kind = 'x'",
        "DELETE FROM segment",
        "UPDATE segment SET files = ''",
        "INSERT INTO segment VALUES (20, 11, '')",
        "INSERT INTO segment VALUES (20, 0, '')",
        "DELETE FROM event_id WHERE position = 1",
    ):
        with pytest.raises(sqlite3.IntegrityError):
            connection.execute(statement)
    connection.close()


def test_a_record_that_does_not_give_its_hash_is_not_sealed(tmp_path: Path) -> None:
    with SqliteLog(tmp_path / "log.sqlite") as log:
        log.append_batch(batch(600), CONTRACT)
    rewrite(tmp_path, "UPDATE record SET payload = CAST(replace(CAST(payload AS TEXT), ':1250', ':1251') AS BLOB) WHERE position = 300")
    with SqliteLog(tmp_path / "log.sqlite") as log:
        with pytest.raises(DataError) as caught:
            log.seal(CONTRACTS, keep_rows=0, segment_rows=250)
        assert caught.value.code == "store.segment.unsealable"
        assert "300" in caught.value.cause["en"]
        assert log.end() == 600
        assert log.unneeded_segment_files() == []
    assert found(check_log(tmp_path / "log.sqlite")) == {("log.record", "offset 300")}
