"""Names of a replay: many at once, in the parts of a segment, and none of them once somebody was forgotten."""

import base64
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from huitong.contracts import Event, EventBatch
from huitong.store import SqliteLog
from huitong.store.segments import sealing
from huitong.store.sqlite.storage import SqliteReader
from huitong.store.vault.names import Name, Names
from tests.simulation.model import PAYMENT
from tests.store.sealed import segment_files
from tests.store.test_vault import CONTRACTS, MASTER, NOW_US, payment

CUSTOMERS = 700
PAYMENTS = [payment(number, f"客户{number % CUSTOMERS}", f"ACC-{number % 900}") for number in range(3_000)]


def opened(folder: Path) -> SqliteLog:
    return SqliteLog(folder / "log.sqlite", master=MASTER, contracts=CONTRACTS)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("names")
    with opened(folder) as log:
        log.append_batch(EventBatch.of_events(PAYMENTS, PAYMENT), PAYMENT)
    return folder


def tokens_of(folder: Path) -> dict[str, str]:
    """Each name with its token, as the log holds them."""
    with SqliteLog(folder / "log.sqlite", writable=False) as log:
        there = {one.content.id: one.content.keys for one in log.read() if isinstance(one.content, Event)}
    return {one.keys[role]: there[one.id][role] for one in PAYMENTS for role in ("customer", "account")}


LOOK_ALIKES = st.one_of(
    st.text(max_size=80).map("enc:".__add__),
    st.binary(min_size=20, max_size=60).map(lambda raw: "enc:" + base64.urlsafe_b64encode(raw).decode().rstrip("=")),
    st.sampled_from(["", "enc:", "enc", "plain", "enc:" + "A" * 37, "enc:" + "é" * 40, "enc:" + "A" * 39 + "\n"]),
)


@given(others=st.lists(LOOK_ALIKES, max_size=8), cut=st.integers(0, 40), changed=st.integers(4, 40), seed=st.integers(0, 2**32 - 1))
@settings(max_examples=60, deadline=None)
def test_a_name_is_read_beside_whatever_looks_like_one(folder: Path, others: list[str], cut: int, changed: int, seed: int) -> None:
    names = list(tokens_of(folder).items())
    some = [names[place] for place in np.random.default_rng(seed).choice(len(names), 600, replace=False)]
    token = some[0][1]
    other_letter = "A" if token[changed] != "A" else "B"
    strange = [*others, token[:cut], token[:changed] + other_letter + token[changed + 1 :]]
    asked = [*strange, *(token for _, token in some), *strange]
    names_of_log = Names(SqliteReader(folder / "log.sqlite"), MASTER)
    names_of_log.check()
    assert names_of_log.texts(asked) == [*strange, *(name for name, _ in some), *strange]


def test_the_key_ring_gives_what_is_asked_for_be_it_most_of_it_or_little(folder: Path) -> None:
    reader = SqliteReader(folder / "log.sqlite")
    everything = reader.kept("key")
    for step in (1, 2, 7, 300):
        some = list(everything)[::step]
        assert reader.kept("key", [*some, b"nobody", *some]) == {name: everything[name] for name in some}
    assert len(everything) > 2 * 512


def columns_of(log: SqliteLog, rows: int) -> list[str | None]:
    return [
        part.batch.keys[role].text(row)
        for part in log.read_batches(PAYMENT, rows=rows)
        for row in range(len(part.batch))
        for role in ("customer", "account")
    ]


@pytest.mark.parametrize("group_rows", [1_048_576, 512])
def test_parts_of_a_segment_name_everybody_whatever_its_row_groups(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, group_rows: int
) -> None:
    monkeypatch.setattr(sealing, "GROUP_ROWS", group_rows)
    monkeypatch.setattr(sealing, "READ_ROWS", 500)
    monkeypatch.setattr(sealing, "WAITING_BYTES", 100_000)
    with opened(tmp_path) as log:
        log.append_batch(EventBatch.of_events(PAYMENTS, PAYMENT), PAYMENT)
        log.seal(CONTRACTS, keep_rows=250)
        given = [text for one in PAYMENTS for text in (one.keys["customer"], one.keys["account"])]
        assert columns_of(log, 700) == given
        assert columns_of(log, 100_000) == given
    (path,) = segment_files(tmp_path)
    names = pq.read_metadata(path).row_group(0).column(4)
    assert names.path_in_schema == "customer"
    assert names.total_uncompressed_size < 60 * CUSTOMERS + 2 * 2_750  # each name once in a row group


def test_whoever_is_forgotten_while_a_segment_is_read_is_named_no_more(tmp_path: Path) -> None:
    with opened(tmp_path) as log:
        log.append_batch(EventBatch.of_events(PAYMENTS, PAYMENT), PAYMENT)
        log.seal(CONTRACTS, keep_rows=0)
        parts = log.read_batches(PAYMENT, rows=CUSTOMERS)
        assert next(parts).batch.keys["customer"].text(5) == "客户5"
        log.persons.forget(Name("customer", "客户5"), "request of 2026-11-26", "e1", NOW_US)
        customers = [text for part in parts if (column := part.batch.keys["customer"]) for text in column.arrow().to_pylist()]
        assert len(customers) == len(PAYMENTS) - CUSTOMERS
        assert "客户5" not in customers
        assert customers[5].startswith("enc:")
        assert customers[6] == "客户6"
