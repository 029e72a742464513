"""Sealed ranges: every byte comes back, whoever reads it, and a crash leaves nothing behind that counts."""

import dataclasses
import shutil
from collections.abc import Callable
from pathlib import Path

import duckdb
import polars as pl
import psycopg
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from huitong.contracts import DataContract, Decision, Event
from huitong.kernel import DataError, FixedClock
from huitong.store import (
    DECISION_KIND,
    RecordLog,
    SqliteLog,
    check_log,
    encode_decision,
    encode_event,
    make_key,
    open_log,
    prove,
)
from huitong.store.segments import files, sealing
from tests.store.build import CONTRACT, batch, decision, event
from tests.store.postgres_server import ask_in, drop_schemas, schema_of
from tests.store.sealed import CONTRACTS, filled, segment_files

Opener = Callable[..., RecordLog]


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


@pytest.mark.parametrize("kinds", [None, [DECISION_KIND], [CONTRACT.kind], ["payment.labelled", DECISION_KIND], ["none"]])
def test_a_stretch_is_read_whole_across_row_groups_and_segments(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kinds: list[str] | None
) -> None:
    for name in ("RECORDS_BYTES", "WAITING_BYTES", "GROUP_BYTES"):
        monkeypatch.setattr(sealing, name, 1)  # a row group for each reading
    monkeypatch.setattr(sealing, "READ_ROWS", 50)
    with open_log(tmp_path / "log.sqlite") as log:
        filled(log)
        borders = [0, 1, 255, 256, 257, 540, 600, log.end() - 1, log.end(), log.end() + 9]
        spans = [(first, stop) for first in borders for stop in borders]
        before = [list(log.reader.stretch(*span, kinds)) for span in spans]
        rows = [row for row in log.rows() if kinds is None or row.kind in kinds]
        assert before == [[row for row in rows if first <= row.position < stop] for first, stop in spans]
        log.seal(CONTRACTS, keep_rows=100, segment_rows=256)
        assert [[row[:2] for row in log.reader.stretch(*span, kinds)] for span in spans] == [[row[:2] for row in one] for one in before]


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
