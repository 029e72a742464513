"""Sealing against the world: crashes between its steps, places that refuse, readers and writers meanwhile."""

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from huitong.contracts import DataContract, Event
from huitong.kernel import ExternalError, InputError, Severity
from huitong.store import (
    RecordLog,
    SqliteLog,
    check_log,
    make_master_key,
    master_from,
    open_log,
)
from huitong.store.journal import Journal
from huitong.store.segments import sealing
from huitong.store.segments.reading import SealedReader
from tests.store.build import CONTRACT, batch, event
from tests.store.postgres_server import drop_schemas, schema_of
from tests.store.sealed import CONTRACTS, filled, segment_files

Opener = Callable[..., RecordLog]


class CrashError(BaseException):
    """The process is gone."""


def crash(*_: object) -> None:
    raise CrashError


@pytest.mark.parametrize("step", ["keep", "kept", "open", "put_segment", "drop_sealed"])
def test_a_crash_between_two_steps_loses_and_doubles_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    with SqliteLog(tmp_path / "log.sqlite") as log:
        filled(log)
        everything = list(log.read())
        log.seal(CONTRACTS, keep_rows=500)
        with monkeypatch.context() as patch:
            if step == "keep":
                patch.setattr("huitong.store.segments.places.Folder.keep", crash)
            elif step == "kept":
                patch.setattr("huitong.store.segments.sealing._Files.finished", finish_and_crash)
            elif step == "open":
                patch.setattr(SealedReader, "open", crash)
            else:
                patch.setattr(f"huitong.store.sqlite.storage.SqliteSession.{step}", crash)
            with pytest.raises(CrashError):
                log.seal(CONTRACTS, keep_rows=0)
    findings = check_log(tmp_path / "log.sqlite")
    assert {(one.code, one.severity) for one in findings} <= {("log.segment.unneeded", Severity.WARNING)}
    assert bool(findings) == (step in ("kept", "open", "put_segment"))
    with SqliteLog(tmp_path / "log.sqlite") as log:
        assert list(log.read()) == everything
        assert len(log.unneeded_segment_files(remove=True)) == len(findings)
        log.seal(CONTRACTS, keep_rows=0)
        assert list(log.read()) == everything
        assert log.reader.tail.page(0, 1) == []
    assert check_log(tmp_path / "log.sqlite") == ()


def test_a_row_that_a_crash_left_is_never_read(opener: Opener, monkeypatch: pytest.MonkeyPatch) -> None:
    with opener() as log:
        log.append_batch(batch(50), CONTRACT)
        with monkeypatch.context() as patch:
            for session in ("sqlite.storage.SqliteSession", "postgres.session.PostgresSession"):
                patch.setattr(f"huitong.store.{session}.drop_sealed", crash)
            with pytest.raises(CrashError):
                log.seal(CONTRACTS, keep_rows=10)
        assert log.reader.tail.page(0, 1)[0].position == 0
        monkeypatch.setattr(type(log.reader.tail), "page", lambda *_: [])
        assert [one.content for one in log.read()] == [event(number) for number in range(40)]
        assert log.event("p3") == event(3)


def finish_and_crash(under_way: "sealing._Files") -> None:
    for file in under_way._columns.values():
        file.finish("kind=x", columns=True)
    raise CrashError


def test_a_segment_is_in_the_list_and_its_rows_gone_in_one_commit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with SqliteLog(tmp_path / "log.sqlite") as log:
        filled(log)
        everything = list(log.read())
        with monkeypatch.context() as patch:
            segment = sealing.make_segment(log.reader, 0, 100, CONTRACTS, lambda _: None)
            patch.setattr(Journal, "commit", crash)
            with pytest.raises(CrashError):
                log._sealer.give_up(segment)
        assert list(log.read()) == everything
    with SqliteLog(tmp_path / "log.sqlite") as log:
        assert list(log.read()) == everything


def test_the_same_segment_given_up_twice_is_one(opener: Opener) -> None:
    """A commit without an answer is run again."""
    with opener() as log:
        filled(log)
        everything = list(log.read())
        (segment,) = log.seal(CONTRACTS, keep_rows=400)
        log._sealer.give_up(segment)
        assert list(log.read()) == everything


def test_a_reader_meanwhile_sees_every_record_once(opener: Opener) -> None:
    with opener() as log, opener(writable=False) as other:
        filled(log)
        everything = list(log.read())
        reading = other.read()
        seen = [next(reading) for _ in range(10)]
        log.seal(CONTRACTS, keep_rows=20, segment_rows=100)
        assert seen + list(reading) == everything
        batches = other.read_batches(CONTRACT, rows=50)
        assert next(batches).batch.ids.to_pylist() == [f"p{number}" for number in range(50)]
        log.seal(CONTRACTS, keep_rows=0)
        labels = dataclasses.replace(CONTRACT, kind="payment.labelled", fields=())
        assert [part.batch.ids.to_pylist() for part in other.read_batches(labels)] == [["l1"]]
        assert next(batches).batch.ids.to_pylist() == [f"p{number}" for number in range(50, 100)]
        assert other.event("p699") == event(699)


def test_ids_sealed_and_sent_again_in_one_commit_are_known(opener: Opener) -> None:
    with opener() as log:
        log.append_batch(batch(50), CONTRACT)
        segment = sealing.make_segment(log.reader, 0, 30, CONTRACTS, lambda _: None)

        def both(journal: Journal) -> int:
            journal.session.put_segment(segment)
            known = journal.stored(["p3", "p40", "p77"], decisions=False)
            return len([one for one in known.values() if one.payload])

        assert log._submit(both) == 2
        assert log.append_batch(batch(50), CONTRACT).repeated == 50


def test_a_place_that_refuses_leaves_the_log_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "segments").write_text("no folder")
    with SqliteLog(tmp_path / "log.sqlite") as log:
        filled(log)
        with pytest.raises(ExternalError) as caught:
            log.seal(CONTRACTS, keep_rows=0)
        assert caught.value.code == "store.segment.failed"
        assert log.end() == 782
        assert log.event("p1") == event(1)


def test_a_full_disk_leaves_no_file_and_no_record_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    with SqliteLog(tmp_path / "log.sqlite") as log:
        filled(log)
        monkeypatch.setattr(pq.ParquetWriter, "write_table", full)
        with pytest.raises(ExternalError) as caught:
            log.seal(CONTRACTS, keep_rows=0)
        assert "No space left" in caught.value.cause["en"]
        assert log.unneeded_segment_files() == []
        assert log.event("p1") == event(1)


def test_who_only_reads_seals_nothing(tmp_path: Path) -> None:
    with SqliteLog(tmp_path / "log.sqlite") as log:
        log.append_batch(batch(5), CONTRACT)
    with SqliteLog(tmp_path / "log.sqlite", writable=False) as log:
        for act in (lambda: log.seal(CONTRACTS), log.unneeded_segment_files):
            with pytest.raises(InputError) as caught:
                act()
            assert caught.value.code == "store.read_only"


def test_a_log_in_postgresql_has_to_be_told_where_its_segments_are(tmp_path: Path) -> None:
    url = schema_of(tmp_path)
    try:
        with open_log(url) as log:
            log.append_batch(batch(300), CONTRACT)
            with pytest.raises(InputError) as caught:
                log.seal(CONTRACTS, keep_rows=0)
            assert caught.value.code == "store.segment.nowhere"
        with open_log(f"{url}&segments={tmp_path / 'there'}") as log:
            log.seal(CONTRACTS, keep_rows=50)
            assert log.event("p1") == event(1)
        with open_log(url) as log:
            assert log.event("p299") == event(299)
            with pytest.raises(InputError):
                log.event("p1")
            assert {one.code for one in log.check(lambda _done, _total: None)} == {"log.segment"}
    finally:
        drop_schemas()


def test_a_place_without_a_driver_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        SqliteLog(tmp_path / "log.sqlite", segments="nonsense://x/y")
    assert caught.value.code == "store.segment.driver"
    assert "nonsense" in caught.value.cause["zh"]


def test_what_a_file_says_of_its_columns_suffices_to_write_the_bytes_again(tmp_path: Path) -> None:
    """As the docs describe the format: without this package's own code."""
    with SqliteLog(tmp_path / "log.sqlite") as log:
        log.append_events([dataclasses.replace(event(1), data={**event(1).data, "channel": 'q"\\\n\x01é'})])
        (payload,) = log.payloads()
        log.seal(CONTRACTS, keep_rows=0)
    (path,) = segment_files(tmp_path)
    layout = json.loads(pq.read_metadata(path).metadata[b"huitong"])
    (row,) = pq.read_table(path).to_pylist()
    parts: dict[str, dict[str, object]] = {"data": {}, "keys": {}}
    for column in layout["columns"]:
        if row[column["column"]] is not None:
            parts[column["part"]][column["name"]] = row[column["column"]]
    said = {**parts, "id": row["id"], "kind": layout["kind"], "time_us": row["time_us"], "type": "event", "v": layout["record"]}
    assert json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode() == payload


def test_names_under_keys_are_tokens_in_segments_too(tmp_path: Path) -> None:
    make_master_key(tmp_path / "master")
    title = {"en": "x", "zh": "某"}
    fields = {
        "amount": {"type": "money", "title": title},
        "customer": {"type": "string", "title": title, "key": "customer", "identifies_person": True},
    }
    contract = DataContract.of_table({"kind": "k", "version": 1, "title": title, "currency": "CNY", "fields": fields}, "test")
    events = [Event(f"e{number}", "k", number, {"customer": f"Zhang-{number}"}, {"amount": number}) for number in range(40)]
    with SqliteLog(tmp_path / "log.sqlite", master=master_from(f"file:{tmp_path / 'master'}"), contracts={"k": contract}) as log:
        log.append_events(events)
        log.seal({"k": contract}, keep_rows=0)
        assert [one.content for one in log.read()] == events
        (part,) = log.read_batches(contract)
        assert list(part.batch.events(contract)) == events
        assert log.append_events(events).repeated == 40
    (path,) = segment_files(tmp_path)
    assert not any("Zhang" in text for text in pq.read_table(path)["customer"].to_pylist())
