"""Files of every kind: whole, shuffled, cut off, of another schema, empty, no file at all."""

import gzip
import os
import sys
import textwrap
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from subprocess import run

import numpy as np
import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet as pq
import pytest
from pyarrow import csv as arrow_csv

from huitong.data import Intake, read_table
from huitong.data.csv_source import FIELD_LENGTH_MAX, ROW_BYTES_MAX
from huitong.kernel import DataError, ExternalError, HuitongError, InputError
from tests.data.build import FIELDS as _FIELDS
from tests.data.build import GOOD, NOW, TITLE, codes, contract, mapping, table, take_in


def take_file(path: Path) -> Intake:
    return read_table(path, mapping(), contract(), None, NOW)


def write_stream(rows: pa.Table, path: Path) -> None:
    with pa.OSFile(str(path), "wb") as file, pa.ipc.new_stream(file, rows.schema) as stream:
        stream.write_table(rows)


def write_gz(rows: pa.Table, path: Path) -> None:
    plain = path.with_suffix("")
    arrow_csv.write_csv(rows, plain)
    path.write_bytes(gzip.compress(plain.read_bytes()))


WRITERS: list[tuple[str, Callable[[pa.Table, Path], object]]] = [
    ("a.csv", arrow_csv.write_csv),
    ("a.tsv", lambda rows, path: arrow_csv.write_csv(rows, path, arrow_csv.WriteOptions(delimiter="\t"))),
    ("semicolon.csv", lambda rows, path: arrow_csv.write_csv(rows, path, arrow_csv.WriteOptions(delimiter=";"))),
    ("a.csv.gz", write_gz),
    ("a.parquet", pq.write_table),
    ("a.feather", pyarrow.feather.write_feather),
    ("a.arrow", write_stream),
]
HEAD = "id,time,amount,customer,note\n"
ROWS = table({}, {"amount": "x"}, {"customer": "李明"}, {"amount": "0.01"})


@pytest.mark.parametrize(("name", "write"), WRITERS, ids=[name for name, _ in WRITERS])
@pytest.mark.parametrize("order", [[0, 1, 2, 3], [3, 1, 0, 2]], ids=["as is", "shuffled"])
def test_every_kind_of_file_gives_the_same_events_whatever_the_order_of_its_columns(
    tmp_path: Path, name: str, write: Callable[[pa.Table, Path], object], order: list[int]
) -> None:
    write(ROWS.select(order), tmp_path / name)
    intake, expected = take_file(tmp_path / name), take_in(ROWS)
    assert list(intake.events.events(contract())) == list(expected.events.events(contract()))
    assert codes(intake) == [(2, "field.type", "amount")]


@pytest.mark.parametrize(("name", "write"), WRITERS[3:], ids=[name for name, _ in WRITERS[3:]])
def test_a_cut_off_file_is_refused_whole(tmp_path: Path, name: str, write: Callable[[pa.Table, Path], object]) -> None:
    rng = np.random.default_rng(1)
    write(table(*({"amount": str(n)} for n in rng.integers(1, 10**6, 2000).tolist())), tmp_path / name)
    content = (tmp_path / name).read_bytes()
    (tmp_path / name).write_bytes(content[: len(content) // 2])
    with pytest.raises(DataError, match="damaged, cut off") as caught:
        take_file(tmp_path / name)
    assert "已损坏" in caught.value.message("zh")


@pytest.mark.parametrize("name", ["a.parquet", "a.feather", "a.csv.gz"])
def test_a_file_that_is_not_what_its_name_says_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"id,time\n1,2\n" * 20)
    with pytest.raises(DataError) as caught:
        take_file(tmp_path / name)
    assert caught.value.code == "table.damaged"


@pytest.mark.parametrize("name", ["a.parquet", "a.csv", "a.arrow"])
def test_a_table_of_another_schema_is_refused_with_what_it_has_and_the_nearest_names(tmp_path: Path, name: str) -> None:
    rows = ROWS.rename_columns(["id", "time", "amuont", "client"])
    dict(WRITERS)[name](rows, tmp_path / name)
    with pytest.raises(
        InputError, match=r"no column amount, customer; it has id, time, amuont, client; nearest: amount ≈ amuont"
    ) as caught:
        take_file(tmp_path / name)
    assert caught.value.code == "table.columns"


def test_a_column_that_is_there_twice_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id,time,amount,amount,customer\n1,2024-05-01T08:00:00Z,1,2,C\n")
    with pytest.raises(InputError, match="column amount twice"):
        take_file(tmp_path / "a.csv")


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty.csv").touch()
    (tmp_path / "folder.csv").mkdir()
    (tmp_path / "a.xlsx").write_text("x")
    for name, code in {"none.csv": "missing", "empty.csv": "empty", "folder.csv": "folder", "a.xlsx": "kind"}.items():
        with pytest.raises(InputError) as caught:
            take_file(tmp_path / name)
        assert caught.value.code == f"table.{code}"


def test_a_file_that_may_not_be_read_is_refused(tmp_path: Path, root: Path) -> None:
    secret = tmp_path / "secret.csv"
    secret.write_text("id\n1\n")
    secret.chmod(0)
    if os.geteuid() != 0:
        with pytest.raises(ExternalError, match="Permission denied"):
            take_file(secret)
        return
    # Root may read everything, so somebody else has to try.
    script = f"""
    import os, sys
    sys.path[:0] = [{str(root)!r}, {str(root / "src")!r}]
    from pathlib import Path
    from tests.data.test_sources import take_file
    from huitong.kernel import ExternalError
    os.setuid(65534)
    try:
        take_file(Path({str(secret)!r}))
    except ExternalError as error:
        print(error.code)
    """
    done = run([sys.executable, "-c", textwrap.dedent(script)], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "table.refused", done.stderr


HEADER = "id,time,amount,customer"
LINE = "p{},2024-05-01T08:00:00Z,12.50,C1"


def write_lines(path: Path, *lines: str | bytes) -> Path:
    path.write_bytes(b"\n".join(line if isinstance(line, bytes) else line.encode() for line in lines) + b"\n")
    return path


def test_broken_utf8_in_one_row_quarantines_that_row(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "a.csv", HEADER, LINE.format(1), b"p2,2024-05-01T08:00:00Z,12.50,C\xff\xfe", LINE.format(3))
    intake = take_file(path)
    assert codes(intake) == [(2, "text.encoding", "customer")]
    assert intake.events.ids.to_pylist() == ["p1", "p3"]
    assert next(intake.quarantine.rows()).original["customer"] == "C\\xff\\xfe"


def test_broken_utf8_in_an_arrow_file_is_found_too() -> None:
    broken = pa.Array.from_buffers(pa.string(), 2, pa.array([b"C1", b"C\xff"]).buffers())
    rows = table({}, {}).drop_columns("customer").append_column("customer", broken)
    assert codes(take_in(rows)) == [(2, "text.encoding", "customer")]


def test_short_and_long_rows_go_to_quarantine_and_rows_keep_their_numbers(tmp_path: Path) -> None:
    path = write_lines(
        tmp_path / "a.csv", HEADER, LINE.format(1), "p2,2024-05-01T08:00:00Z", LINE.format(3), LINE.format(4) + ",extra", "p5,?,1,C1"
    )
    intake = take_file(path)
    assert sorted(codes(intake)) == [(2, "row.columns", "row"), (4, "row.columns", "row"), (5, "time.unreadable", "time")]
    assert intake.events.ids.to_pylist() == ["p1", "p3"]
    assert intake.rows == 5
    lines = [row.original.get("line") for row in intake.quarantine.rows() if "line" in row.original]
    assert lines == ["p2,2024-05-01T08:00:00Z", LINE.format(4) + ",extra"]


def test_a_broken_row_with_broken_text_does_not_stop_the_file(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "a.csv", HEADER, b"p1,\xff", LINE.format(2))
    assert take_file(path).events.ids.to_pylist() == ["p2"]


def test_broken_text_in_a_file_of_many_blocks_keeps_every_row_and_number(tmp_path: Path) -> None:
    good = [f"p{number},2024-05-01T08:00:00Z,12.50,C1{'x' * 90}" for number in range(200_000)]
    lines: list[str | bytes] = [*good]
    lines[50_000] = b"p50000,2024-05-01T08:00:00Z,12.50,C\xff"
    lines[150_000] = "short,row"
    under = contract(fields={**_FIELDS, "customer": {**_FIELDS["customer"], "length_max": 200}})
    intake = read_table(write_lines(tmp_path / "a.csv", HEADER, *lines), mapping(), under, None, NOW)
    assert sorted(codes(intake)) == [(50_001, "text.encoding", "customer"), (150_001, "row.columns", "row")]
    assert (len(intake.events), intake.rows) == (199_998, 200_000)


def test_a_mark_at_the_start_and_line_ends_of_windows_are_no_matter(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"\xef\xbb\xbf" + f"{HEADER}\r\n{LINE.format(1)}\r\n".encode())
    assert take_file(path).events.ids.to_pylist() == ["p1"]


def test_an_overlong_field_goes_to_quarantine_and_an_overlong_row_is_refused(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "a.csv", HEADER, LINE.format(1), LINE.format(2) + "x" * FIELD_LENGTH_MAX, LINE.format(3))
    intake = take_file(path)
    assert (2, "row.too_long", "customer") in codes(intake)
    assert intake.events.ids.to_pylist() == ["p1", "p3"]
    write_lines(path, HEADER, LINE.format(1), LINE.format(2) + "x" * (2 * ROW_BYTES_MAX), LINE.format(3))
    with pytest.raises(InputError) as caught:
        take_file(path)
    assert caught.value.code == "csv.row.too_long"


@pytest.mark.parametrize("content", [b"\n\n", "ident,zeit\n".encode("utf-16"), b"\xff\xfd,a\n1,2\n"])
def test_a_csv_without_a_readable_header_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.csv").write_bytes(content)
    with pytest.raises(InputError) as caught:
        take_file(tmp_path / "a.csv")
    assert caught.value.code == "csv.unreadable"


def test_a_quote_that_is_never_closed_loses_no_row_before_it(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "a.csv", HEADER, LINE.format(1), 'p2,2024-05-01T08:00:00Z,1,"C', LINE.format(3), LINE.format(4))
    try:
        intake = take_file(path)
    except HuitongError as error:
        assert error.code == "table.damaged"  # noqa: PT017 either answer is clear
    else:
        assert intake.events.ids.to_pylist()[0] == "p1"
        assert len(intake.quarantine) > 0


ODD_COLUMNS = {
    "nothing": pa.nulls(3),
    "list": pa.array([[1], [], None]),
    "structure": pa.array([{"a": 1}, None, {"a": 2}]),
    "duration": pa.array([1, 2, 3], pa.duration("s")),
    "time of day": pa.array([1, 2, None], pa.time64("us")),
    "interval": pa.array([(1, 2, 3)] * 3, pa.month_day_nano_interval()),
    "half float": pa.array(np.array([1.5, 2, 3], np.float16)),
    "wide decimal": pa.array([Decimal("1.5"), None, Decimal(10) ** 40], pa.decimal256(60, 2)),
    "absurd seconds": pa.array([2**62, -(2**62), 0], pa.timestamp("s")),
    "far nanoseconds": pa.array([2**62, -(2**62), None], pa.timestamp("ns", "UTC")),
    "absurd days": pa.array([2**31 - 1, -(2**31), 0], pa.date32()),
    "absurd milliseconds": pa.array([2**50, 0, None], pa.date64()),
    "large unsigned": pa.array([2**64 - 1, 0, None], pa.uint64()),
    "bytes": pa.array([b"abcd", None, b"\xff\xff\xff\xff"], pa.binary(4)),
    "view": pa.array([b"a", b"\xff", None], pa.binary_view()),
    "dictionary of bytes": pa.array([b"a", b"\xff", None]).dictionary_encode(),
    "dictionary of floats": pa.array([1.5, float("nan"), None]).dictionary_encode(),
    "empty dictionary": pa.array([None] * 3, pa.string()).dictionary_encode(),
    "run ends": pa.RunEndEncodedArray.from_arrays([2, 3], [5, 6]),
    "extreme float32": pa.array([float("nan"), 3e38, 1e-40], pa.float32()),
}


@pytest.mark.parametrize("name", ODD_COLUMNS)
def test_a_column_of_any_type_gives_events_or_findings_but_never_a_crash(name: str) -> None:
    under = contract(fields={**_FIELDS, "when": {"type": "timestamp", "title": TITLE}, "day": {"type": "date", "title": TITLE}})
    plain = {"amount": {"column": "amount"}, "customer": {"column": "customer"}}
    for field in ("id", "time", *(spec.name for spec in under.fields)):
        for extra in ({}, {"unit": "s"}) if field in ("time", "when") else ({},):
            rule = {"column": field, **extra}
            used = mapping(**({field: rule} if field in ("id", "time") else {"fields": {**plain, field: rule}}))
            rows = pa.table({**{column: table({}, {}, {}).column(column) for column in GOOD}, field: ODD_COLUMNS[name]})
            intake = take_in(rows, used, under)
            assert len(intake.events) + len(list(intake.quarantine.rows())) + intake.repeated == 3
            assert len(list(intake.events.events(under))) == len(intake.events)


def test_nanoseconds_are_cut_off_downwards() -> None:
    moments = pa.array([1714550400000000999, 1714550400000001000], pa.timestamp("ns", "UTC"))
    rows = table({}, {}).drop_columns("time").append_column("time", moments)
    assert take_in(rows).events.time_us.tolist() == [1714550400000000, 1714550400000001]


def test_large_and_view_texts_are_read_like_any_text() -> None:
    for kind in (pa.large_string(), pa.string_view(), pa.dictionary(pa.int8(), pa.string())):
        rows = table({}, {"customer": "C2"})
        rows = rows.set_column(3, "customer", rows.column("customer").cast(kind))
        assert take_in(rows).events.keys["customer"].arrow().to_pylist() == ["C1", "C2"]


def test_many_chunks_are_one_table(tmp_path: Path) -> None:
    count = 600_000
    numbers = np.arange(count)
    rows = pa.table({"id": numbers, "time": numbers, "amount": numbers % 1000 / 100, "customer": numbers % 7})
    rows = pa.concat_tables([rows, rows.slice(5, 1)])
    pq.write_table(rows, tmp_path / "a.parquet")
    used = mapping(time={"column": "time", "unit": "s", "epoch": "2024-01-01T00:00:00Z"})
    intake = read_table(tmp_path / "a.parquet", used, contract(), None, NOW)
    assert (len(intake.events), intake.repeated, len(intake.quarantine)) == (count, 1, 0)
    assert intake.events.keys["customer"].text(count - 1) == str((count - 1) % 7)
    assert len(intake.events.keys["customer"].values) == 7


def noted(number: int, note: str = "n", customer: str = "C1") -> str:
    return f"p{number},2024-05-01T08:00:00Z,12.50,{customer},{note}\n"


@pytest.mark.parametrize(
    ("lines", "kept", "lost"),
    [
        ([noted(1), noted(2, '"open'), noted(3), noted(4)], ["p1"], ["p2", "p3", "p4"]),
        ([noted(1), noted(2, '"open'), noted(3, '"closed"'), noted(4)], ["p1", "p4"], ["p2", "p3"]),
        ([noted(1), noted(2), 'p3,2024-05-01T08:00:00Z,1,"C1,n\n', noted(4)], ["p1", "p2"], ["p3", "p4"]),
        ([noted(1), noted(2, '"at the end').rstrip()], ["p1"], ["p2"]),
    ],
    ids=["till the end", "closed by another row", "too few columns", "cut off"],
)
def test_a_quote_that_is_never_closed_swallows_no_row_unseen(tmp_path: Path, lines: list[str], kept: list[str], lost: list[str]) -> None:
    path = tmp_path / "a.csv"
    path.write_text(HEAD + "".join(lines), "utf-8")
    intake = take_file(path)
    assert intake.events.ids.to_pylist() == kept
    assert "row.quote" in intake.findings
    written = "".join(str(row.original) for row in intake.quarantine.rows())
    assert [one for one in lost if one not in written] == []
    assert "\ufdd1" not in written


def test_a_text_of_several_lines_is_no_swallowed_row(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(HEAD + noted(1, '"Dear all,\nthis, is, fine\n"') + noted(2, '"one\ntwo"'), "utf-8")
    intake = take_file(path)
    assert (len(intake.events), len(intake.quarantine)) == (2, 0)


@pytest.mark.parametrize("text", [HEAD, HEAD.rstrip(), "\n\n" + HEAD.rstrip(), "\ufeff" + HEAD])
def test_a_header_alone_is_a_table_without_rows(tmp_path: Path, text: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text(text, "utf-8")
    intake = take_file(path)
    assert (len(intake.events), intake.rows, len(intake.quarantine)) == (0, 0, 0)


def test_a_header_of_several_lines_keeps_every_column_a_text(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text('"a\nnote",id,time,amount,customer\nn,0012,2024-05-01T08:00:00Z,1,007\n', "utf-8")
    intake = take_file(path)
    assert intake.events.ids.to_pylist() == ["0012"]
    assert intake.events.keys["customer"].text(0) == "007"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (HEAD.encode("utf-16-le"), "UTF-16 or no text"),
        (b"PK\x03\x04\x00\x00", "UTF-16 or no text"),
        (HEAD.replace("note", "Straße").encode("latin-1"), "header is not UTF-8"),
        (HEAD.rstrip().encode() + b",x" * 40_000, "longer than 65536 bytes"),
        (b"\n\n", "no header"),
    ],
    ids=["UTF-16 without mark", "packed", "Latin-1", "endless", "blank"],
)
def test_a_header_that_cannot_be_read_says_why(tmp_path: Path, content: bytes, says: str) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(content)
    with pytest.raises(InputError, match=says):
        take_file(path)


def test_a_zero_byte_in_a_row_sets_that_row_aside(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(HEAD + noted(1) + noted(2, customer="C\0"), "utf-8")
    assert take_file(path).findings == {"text.control": 1}


def test_a_column_name_with_blanks_is_shown_so_that_one_sees_them(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(HEAD.replace(",", ", "), "utf-8")
    with pytest.raises(InputError, match="it has id, ' time', ' amount', ' customer', ' note'"):
        take_file(path)
