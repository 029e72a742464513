"""Sealed ranges: every byte comes back, whoever reads it, and a crash leaves nothing behind that counts."""

import dataclasses
import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import polars as pl
import psycopg
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from huitong.contracts import DataContract, Decision, Event
from huitong.kernel import DataError, ExternalError, FixedClock, InputError, Severity
from huitong.store import (
    DECISION_KIND,
    RecordLog,
    SqliteLog,
    check_log,
    encode_decision,
    encode_event,
    make_key,
    make_master_key,
    master_from,
    open_log,
    prove,
)
from huitong.store.journal import Journal
from huitong.store.segments import files, sealing
from huitong.store.segments.reading import SealedReader
from tests.store.build import CONTRACT, batch, decision, event
from tests.store.postgres_server import ask_in, drop_schemas, schema_of
from tests.store.sealed import CONTRACTS, filled, segment_files

Opener = Callable[..., RecordLog]


@pytest.fixture(params=["sqlite", "postgresql"])
def opener(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Opener]:
    """Opens the same log each time, its segments in the folder ``segments``."""

    def opened(**options: object) -> RecordLog:
        address = str(tmp_path / "log.sqlite") if request.param == "sqlite" else schema_of(tmp_path)
        return open_log(address, segments=tmp_path / "segments", **options)

    yield opened
    drop_schemas()


def test_a_sealed_log_reads_as_before(opener: Opener) -> None:
    with opener() as log:
        filled(log)
        everything, root, end = list(log.read()), log.tree().root(), log.end()
        made = log.seal(CONTRACTS, keep_rows=100, segment_rows=256)
        assert [(one.first, one.stop) for one in made] == [(0, 256), (256, 512), (512, 682)]
        for again in (log, opener(writable=False)):
            assert list(again.read()) == everything
            assert [list(again.read(first)) for first in (1, 255, 256, 600, end - 1)] == [
                everything[first:] for first in (1, 255, 256, 600, end - 1)
            ]
            labels = [one for one in everything if isinstance(one.content, Event) and one.content.kind == "payment.labelled"]
            assert list(again.read(kinds=["payment.labelled"])) == labels
            decisions = [one.payload for one in everything if isinstance(one.content, Decision)]
            assert list(again.payloads(kinds=[DECISION_KIND])) == decisions
            assert (again.tree().root(), again.end()) == (root, end)
            again.close() if again is not log else None
        assert log.check(lambda _done, _total: None) == ()
    with opener() as log:
        assert list(log.read()) == everything
        assert log.append_events([event(20_000)]).first_offset == end


def test_records_are_found_by_id_after_sealing_as_before(opener: Opener) -> None:
    with opener() as log:
        filled(log)
        log.seal(CONTRACTS, keep_rows=0, segment_rows=300)
        assert log.event("p3") == event(3)
        assert log.event("odd") is not None
        assert log.decision("d7") == decision(7)
        assert log.decisions_of("p7") == [decision(7)]
        assert log.positions("d7") == [515, 7]
        assert log.event("nobody") is None


def test_what_was_sealed_is_still_taken_and_other_content_is_refused_with_both(opener: Opener) -> None:
    with opener() as log:
        filled(log)
        end = log.end()
        log.seal(CONTRACTS, keep_rows=10, segment_rows=300)
        assert log.append_batch(batch(700), CONTRACT).repeated == 700
        slower = dataclasses.replace(decision(3), latency_ns=99)
        assert log.append_decision(event(10_003), slower) == decision(3)
        assert log.end() == end
        with pytest.raises(DataError) as caught:
            log.append_events([event(1, amount=99)])
        for language in ("en", "zh"):
            assert '"amount":1250' in caught.value.cause[language]
            assert '"amount":99' in caught.value.cause[language]
        assert log.append_events([event(1), event(30_000)]).new == 1


def test_columns_are_read_straight_from_segments_in_the_order_of_the_log(opener: Opener, monkeypatch: pytest.MonkeyPatch) -> None:
    with opener() as log:
        log.append_batch(batch(500), CONTRACT)
        log.append_decision(None, decision(1))
        log.append_batch(batch(300, start=500), CONTRACT)
        before = [one for part in log.read_batches(CONTRACT) for one in part.batch.events(CONTRACT)]
        log.seal(CONTRACTS, keep_rows=50, segment_rows=300)
        monkeypatch.setattr(files, "decode_batch", None)  # no JSON is read of a segment
        for rows in (7, 100, 1_000):
            parts = list(log.read_batches(CONTRACT, rows=rows))
            assert [one for part in parts for one in part.batch.events(CONTRACT)] == before
            assert all(len(part.batch) <= rows for part in parts)
            offsets = [offset for part in parts for offset in part.offsets.tolist()]
            assert offsets == [*range(500), *range(501, 801)]
            assert parts[-1].next_offset == log.end()
        (first, *_) = log.read_batches(CONTRACT, from_offset=499)
        assert first.batch.ids.to_pylist()[:2] == ["p499", "p500"]


def test_events_that_do_not_fit_their_contract_are_kept_whole_and_read_in_their_place(opener: Opener) -> None:
    old = [Event(f"old{number}", CONTRACT.kind, number, {"account": "A"}, {"amount": number, "gone": 2}) for number in range(100)]
    mixed = [one for number, before in enumerate(old) for one in (before, event(number))]
    with opener() as log:
        log.append_events(mixed)
        before = list(log.payloads())
        (read,) = log.read_batches(CONTRACT)
        (segment,) = log.seal(CONTRACTS, keep_rows=0)
        assert [(dict(file.kinds), file.columns) for file in segment.files] == [({CONTRACT.kind: 100}, True), ({CONTRACT.kind: 100}, False)]
        assert list(log.payloads()) == before
        parts = list(log.read_batches(CONTRACT, rows=30))
        assert [one for part in parts for one in part.batch.events(CONTRACT)] == list(read.batch.events(CONTRACT))
        assert [offset for part in parts for offset in part.offsets.tolist()] == list(range(200))


def test_a_later_contract_reads_columns_that_an_earlier_one_wrote(opener: Opener) -> None:
    title = {"en": "x", "zh": "某"}
    later = DataContract.of_table(
        {
            "kind": CONTRACT.kind,
            "version": 2,
            "title": title,
            "currency": "CNY",
            "fields": {
                "amount": {"type": "money", "title": title},
                "country": {"type": "string", "title": title},
                "fee": {"type": "money", "title": title},
                "payer": {"type": "string", "title": title, "key": "account"},
                "shop": {"type": "string", "title": title, "key": "merchant"},
            },
        },
        "test",
    )
    other = dataclasses.replace(later, fields=(dataclasses.replace(later.fields[1], name="amount"),))
    with opener() as log:
        log.append_batch(batch(3), CONTRACT)
        (before,) = log.read_batches(later)
        log.seal(CONTRACTS, keep_rows=0)
        (after,) = log.read_batches(later)
        assert list(after.batch.events(later)) == list(before.batch.events(later))
        assert [dict(one.keys) for one in after.batch.events(later)] == [{"account": f"A{number}"} for number in range(3)]
        with pytest.raises(DataError) as caught:
            list(log.read_batches(other))
        assert caught.value.code == "record.contract"


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8) | st.sampled_from(['"', "\\", "\x00", "\u2028", "é", "😀", ""])
INT = st.integers(-(2**63), 2**63 - 1)
SOME_EVENT = st.builds(
    Event,
    TEXT,
    st.sampled_from([CONTRACT.kind, "other"]),
    INT,
    st.dictionaries(st.sampled_from(["account", "device", "strange"]), TEXT),
    st.dictionaries(st.sampled_from(["amount", "channel", "present", "count", "strange"]), INT | TEXT | st.booleans() | st.none()),
)


@given(st.lists(SOME_EVENT, min_size=1, max_size=30, unique_by=lambda one: one.id), st.integers(1, 40))
@settings(deadline=None, max_examples=60)
def test_any_record_comes_back_byte_for_byte(tmp_path_factory: pytest.TempPathFactory, events: list[Event], segment_rows: int) -> None:
    folder = tmp_path_factory.mktemp("any")
    with SqliteLog(folder / "log.sqlite") as log:
        log.append_events(events)
        log.append_decision(None, decision(1))
        log.append_events([event(5)] if all(one.id != "p5" for one in events) else [])
        before = list(log.read())
        log.seal(CONTRACTS, keep_rows=0, segment_rows=segment_rows)
        assert list(log.read()) == before
        assert [one.payload for one in before][: len(events)] == [encode_event(one) for one in events]
        assert [log.event(one.id) for one in events] == [one.content for one in before[: len(events)]]
        assert log.append_events(events).new == 0
    assert check_log(folder / "log.sqlite") == ()
    shutil.rmtree(folder)


def test_how_a_record_was_acknowledged_and_how_long_a_decision_took_is_kept(tmp_path: Path) -> None:
    with SqliteLog(tmp_path / "log.sqlite", relaxed=True) as log:
        log.append_decision(event(1), decision(1))
    with SqliteLog(tmp_path / "log.sqlite") as log:
        log.append_decision(event(2), decision(2))
        log.seal(CONTRACTS, keep_rows=0)
        assert [one.relaxed for one in log.read()] == [True, True, False, False]
        assert (first := log.decision("d1")) is not None
        assert first.latency_ns == 1234


def test_proofs_from_before_sealing_equal_those_after(tmp_path: Path) -> None:
    signer = make_key(tmp_path / "key.pem")
    with SqliteLog(tmp_path / "log.sqlite", signer=signer, clock=FixedClock(5_000_000)) as log:
        filled(log)
        log.sign_head()
        before = [prove(log, one) for one in ("p1", "d3", "p699")]
        log.seal(CONTRACTS, keep_rows=0, segment_rows=300)
        assert [prove(log, one) for one in ("p1", "d3", "p699")] == before


def test_a_head_vouches_for_all_that_is_sealed(tmp_path: Path) -> None:
    with SqliteLog(tmp_path / "log.sqlite", signer=make_key(tmp_path / "key.pem"), clock=FixedClock(5_000_000)) as log:
        log.append_batch(batch(10), CONTRACT)
        log.append_batch(batch(20), CONTRACT)
        (segment,) = log.seal(CONTRACTS, keep_rows=0)
        head = log.head()
        assert head is not None
        assert head.size >= segment.stop


def test_the_newest_records_stay_as_rows_and_progress_is_told(opener: Opener) -> None:
    with opener() as log:
        log.append_batch(batch(400), CONTRACT)
        told: list[tuple[int, int]] = []
        assert log.seal(CONTRACTS, keep_rows=400) == []
        assert log.seal(CONTRACTS) == []
        log.seal(CONTRACTS, keep_rows=100, segment_rows=200, told=lambda done, total: told.append((done, total)))
        assert told == [(200, 300), (300, 300)]
        assert log.seal(CONTRACTS, keep_rows=100) == []
        log.append_batch(batch(450), CONTRACT)
        assert [(one.first, one.stop) for one in log.seal(CONTRACTS, keep_rows=100)] == [(300, 350)]


def test_a_segment_ends_early_where_its_records_are_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealing, "READ_ROWS", 50)
    monkeypatch.setattr(sealing, "SEGMENT_BYTES_MAX", 10_000)
    with SqliteLog(tmp_path / "log.sqlite") as log:
        log.append_batch(batch(300), CONTRACT)
        made = log.seal(CONTRACTS, keep_rows=0)
        assert [one.stop for one in made] == [100, 200, 300]
        assert log.end() == 300


def test_row_groups_of_any_size_read_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealing, "READ_ROWS", 13)
    monkeypatch.setattr(sealing, "GROUP_ROWS", 32)
    with SqliteLog(tmp_path / "log.sqlite") as log:
        filled(log)
        everything = list(log.read())
        parts = list(log.read_batches(dataclasses.replace(CONTRACT, kind="payment.labelled", fields=())))
        assert [part.offsets.tolist() for part in parts] == [[580]]
        log.seal(CONTRACTS, keep_rows=7)
        assert list(log.read()) == everything
        assert [log.event(f"p{number}") for number in range(0, 700, 31)] == [event(number) for number in range(0, 700, 31)]
        (path,) = segment_files(tmp_path)[:1]
        assert pq.read_metadata(path).num_row_groups > 5


def asked(select: str, files: str, rest: str = "") -> list[tuple[object, ...]]:
    """What DuckDB answers of files."""
    return duckdb.execute(f"{select} FROM '{files}' {rest}").fetchall()


def test_duckdb_and_polars_read_the_files_as_they_are(tmp_path: Path) -> None:
    with SqliteLog(tmp_path / "log.sqlite") as log:
        filled(log)
        log.seal(CONTRACTS, keep_rows=0, segment_rows=400)
    payments = f"{tmp_path}/segments/*/kind=payment.requested/*.parquet"
    rows = asked("SELECT position, id, time_us, account, device, amount, present, relaxed", payments, "ORDER BY position")
    assert rows[3] == (3, "p3", 3_000_000, "A0", None, 1250, True, False)
    assert asked("SELECT count(*), sum(amount), any_value(kind)", payments) == [(740, 740 * 1250, "payment.requested")]
    frame = pl.read_parquet(payments, hive_partitioning=False).sort("position")
    assert frame.schema == {
        "position": pl.Int64,
        "id": pl.String,
        "time_us": pl.Int64,
        "amount": pl.Int64,
        "channel": pl.String,
        "present": pl.Boolean,
        "count": pl.Int64,
        "account": pl.String,
        "device": pl.String,
        "relaxed": pl.Boolean,
    }
    assert frame["id"].to_list()[:500] == [f"p{number}" for number in range(500)]
    others = f"{tmp_path}/segments/*/records/*.parquet"
    outcomes = asked("SELECT id, subject, latency_ns, payload->>'$.outcome'", others, "WHERE kind = 'decision' ORDER BY position")
    assert outcomes[5] == ("d5", "p5", 1234, "approve")
    bytes_of = dict(pl.read_parquet(others).select("id", "payload").iter_rows())
    assert bytes_of["d5"].encode() == encode_decision(decision(5))


def test_postgresql_deletes_rows_only_once_they_are_sealed(tmp_path: Path) -> None:
    url = schema_of(tmp_path)
    try:
        with open_log(url, segments=tmp_path / "segments") as log:
            log.append_batch(batch(20), CONTRACT)
            log.seal(CONTRACTS, keep_rows=10)
        assert ask_in(url, "SELECT min(position), count(*) FROM record") == [(10, 10)]
        for statement in (
            "DELETE FROM record WHERE position = 10",
            "TRUNCATE record",
            "UPDATE record SET kind = 'x'",
            "DELETE FROM segment",
            "INSERT INTO segment VALUES (20, 11, '')",
            "INSERT INTO segment VALUES (20, 0, '')",
        ):
            with pytest.raises(psycopg.Error):
                ask_in(url, statement)
    finally:
        drop_schemas()


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
