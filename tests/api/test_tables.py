"""Arrow streams: small ones that would become large are refused, and a cell that no calendar has is refused alone."""

import io
from datetime import UTC, date, datetime
from decimal import Decimal

import pyarrow as pa
import pytest

from huitong.api.tables import CELLS_MAX, COLUMNS_MAX, rows_of
from huitong.kernel import HuitongError, InputError
from tests.api.conftest import EVENT, Desk

TYPE = {"content-type": "application/vnd.apache.arrow.stream"}
KNOWN = datetime(2025, 12, 5, 9, 30, tzinfo=UTC)
LONG = "a" * 2**20


def stream(*tables: pa.Table | pa.RecordBatch, compression: str | None = None, version: str = "V5") -> bytes:
    sink = io.BytesIO()
    options = pa.ipc.IpcWriteOptions(compression=compression, metadata_version=pa.ipc.MetadataVersion[version])
    with pa.ipc.new_stream(sink, tables[0].schema, options=options) as writer:
        for table in tables:
            writer.write(table)
    return sink.getvalue()


def refusal(body: bytes) -> str:
    with pytest.raises(InputError) as refused:
        rows_of(body)
    return refused.value.code + ": " + refused.value.cause["en"]


@pytest.mark.parametrize("codec", ["zstd", "lz4"])
@pytest.mark.parametrize("version", ["V4", "V5"])
def test_compressed_buffers_are_refused_before_they_are_expanded(codec: str, version: str) -> None:
    plain = pa.table({"id": ["x" * 10_000]})
    assert refusal(stream(plain, compression=codec, version=version)).startswith("http.media_type: ")
    words = pa.table({"id": pa.array(["x" * 10_000]).dictionary_encode()})
    assert refusal(stream(words, compression=codec, version=version)).startswith("http.media_type: ")
    assert len(rows_of(stream(plain, version=version))) == 1


def test_a_long_word_of_a_dictionary_counts_on_each_row() -> None:
    def words(rows: int) -> pa.Table:
        return pa.table({"id": pa.DictionaryArray.from_arrays(pa.array([0, None] * rows, pa.int32()), pa.array([LONG, "b"]))})

    assert refusal(stream(words(65))).startswith("http.body.large: ")
    (first, second) = rows_of(stream(words(64))).part(0, 2)
    assert isinstance(first, HuitongError), "larger than an event may be"
    assert second == {}


def test_columns_without_a_buffer_of_their_own_have_a_limit() -> None:
    many = pa.table({f"c{number}": pa.nulls(CELLS_MAX // 100 + 1) for number in range(100)})
    assert refusal(stream(many)).startswith("http.body.large: ")
    assert "columns" in refusal(stream(pa.table({f"c{number}": pa.nulls(1) for number in range(COLUMNS_MAX + 1)})))
    assert "http.body.large: " in refusal(stream(pa.table({"c": pa.nulls(100_001)})))
    one = pa.RecordBatch.from_pydict({f"c{number}": [1] for number in range(100)})
    assert "batches" in refusal(stream(*[one] * 1_001))


@pytest.mark.parametrize(
    "column",
    [
        pa.array([["a"]]),
        pa.array([{"a": 1}]),
        pa.array([[("a", 1)]], pa.map_(pa.string(), pa.int32())),
        pa.array(["a"], pa.string_view()),
        pa.array([1], pa.duration("s")),
        pa.RunEndEncodedArray.from_arrays(pa.array([1], pa.int32()), pa.array(["a"])),
    ],
    ids=lambda column: str(column.type),
)
def test_what_no_field_is_is_refused_with_its_column(column: pa.Array) -> None:
    assert "column 'channel' is " in refusal(stream(pa.table({"channel": column})))


def test_two_columns_of_one_name_are_refused_and_nothing_is_decided(desk: Desk) -> None:
    columns = {name: [value] for name, value in EVENT.items() if name not in ("id", "kind")} | {"id": ["twice"]}
    table = pa.table(columns).append_column("amount", pa.array(["1.00"]))
    assert "two columns are called 'amount'" in refusal(stream(table))
    end = desk.bank.log.end()
    answer = desk.client.post("/v1/decisions/batch", content=stream(table), headers=TYPE)
    assert (answer.status_code, answer.json()["code"]) == (400, "http.body.unreadable")
    assert "'amount'" in answer.json()["cause"]["zh"]
    assert desk.bank.log.end() == end


def test_an_index_outside_its_dictionary_is_refused() -> None:
    words = pa.DictionaryArray.from_arrays(pa.array([7], pa.int32()), pa.array(["a"]), safe=False)
    assert "outside its dictionary" in refusal(stream(pa.table({"id": words})))


def test_cells_are_what_they_say() -> None:
    at = int(KNOWN.timestamp())
    table = pa.table(
        {
            "ns": pa.array([at * 10**9 + 1_999], pa.timestamp("ns", "UTC")),
            "s": pa.array([at], pa.timestamp("s", "Mars/Base")),
            "local": pa.array([at * 10**3], pa.timestamp("ms")),
            "words": pa.array([KNOWN], pa.timestamp("us", "Asia/Shanghai")).dictionary_encode(),
            "day": pa.array([date(2025, 12, 5)]),
            "day64": pa.array([date(2025, 12, 5)], pa.date64()),
            "amount": pa.array([Decimal("12.50")]),
            "none": pa.nulls(1),
            "far": pa.array([2**62], pa.timestamp("s", "UTC")),
            "far_day": pa.array([2**30], pa.date32()),
        }
    )
    assert rows_of(stream(table)).part(0, 9) == [
        {
            "ns": KNOWN.replace(microsecond=1),
            "s": KNOWN,
            "local": KNOWN.replace(tzinfo=None),
            "words": KNOWN,
            "day": date(2025, 12, 5),
            "day64": date(2025, 12, 5),
            "amount": Decimal("12.50"),
            "far": f"{2**62} s",
            "far_day": f"day {2**30}",
        }
    ]


def test_a_moment_that_no_calendar_has_is_refused_alone(desk: Desk) -> None:
    seconds = int(KNOWN.timestamp())
    for unit, times in (("s", [seconds, 2**62, seconds]), ("ns", [seconds * 10**9 + 123_456_789, -(2**63) + 1, seconds * 10**9 + 1])):
        ids = [f"{unit}-{row}" for row in range(3)]
        columns = {name: [value] * 3 for name, value in EVENT.items() if name not in ("id", "time", "kind")}
        table = pa.table({"id": ids, "time": pa.array(times, pa.timestamp(unit, "UTC")), **columns})
        answer = desk.client.post("/v1/decisions/batch", content=stream(table), headers=TYPE)
        assert answer.status_code == 200, answer.text
        rows = pa.ipc.open_stream(answer.content).read_all().to_pylist()
        assert [row["event"] for row in rows] == [ids[0], None, ids[2]]
        assert [row["error"] for row in rows] == [None, rows[1]["error"], None]
        assert rows[1]["error"] is not None


def test_rows_of_several_parts_are_answered_in_their_order(desk: Desk) -> None:
    ids = [f"part-{row}" if row % 500 else "x" * 300 for row in range(2_100)]
    columns = {name: [value] * len(ids) for name, value in EVENT.items() if name not in ("id", "kind")}
    answer = desk.client.post("/v1/decisions/batch", content=stream(pa.table({"id": ids, **columns})), headers=TYPE)
    rows = pa.ipc.open_stream(answer.content).read_all().to_pylist()
    assert [row["event"] for row in rows] == [None if len(one) == 300 else one for one in ids]
