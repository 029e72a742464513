"""Pages of names: a replay reads sealed names from them, and whoever is forgotten is on none, whatever came between."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from huitong.contracts import Event, EventBatch
from huitong.kernel import DataError, ExternalError
from huitong.store import RecordLog, SqliteLog
from huitong.store.moving import Forgetting, copy_log, restore_log
from huitong.store.segments import paging
from huitong.store.sqlite.storage import SqliteReader
from huitong.store.storage import Reader
from huitong.store.vault import LocalMasterKey, Names, pages
from huitong.store.vault.checking import check_ring
from huitong.store.vault.names import Name
from huitong.store.vault.tokens import pseudonym_of, split
from tests.simulation.model import PAYMENT
from tests.store.conftest import Opener
from tests.store.sealed import segment_files
from tests.store.test_vault import CONTRACTS, MASTER, NOW_US, found_in, payment

CUSTOMERS = 500
PAYMENTS = [payment(number, f"客户{number % CUSTOMERS}", f"ACC-{number % 600}", holder=f"Holder {number % 40}") for number in range(3_000)]
NAMES = [Name("customer", f"客户{number}") for number in range(CUSTOMERS)]


def appended(log: RecordLog, events: Sequence[Event] = PAYMENTS) -> None:
    log.append_batch(EventBatch.of_events(events, PAYMENT), PAYMENT)


def sealed(log: RecordLog, events: Sequence[Event] = PAYMENTS) -> None:
    appended(log, events)
    log.seal(CONTRACTS, keep_rows=0)


def read(log: RecordLog) -> list[Event]:
    return [event for part in log.read_batches(PAYMENT) for event in part.batch.events(PAYMENT)]


def on_pages(reader: Reader) -> list[bytes]:
    """Pseudonyms on pages, as often as they are there."""
    return [one for joined in reader.kept("paged").values() for one in split(joined)]


def none_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> str:
        raise AssertionError("a name is opened with its own key")

    monkeypatch.setattr("huitong.store.vault.names.opened", refuse)


def forget(log: RecordLog, customer: str, record_id: str = "f1") -> None:
    log.persons.forget(Name("customer", customer), "case 77", record_id, NOW_US)


def named(event: Event) -> set[str]:
    return {*event.keys.values(), str(event.data["holder"])}


def test_a_replay_of_what_is_sealed_opens_no_name_with_its_own_key(opener: Opener, monkeypatch: pytest.MonkeyPatch) -> None:
    with opener(master=MASTER, contracts=CONTRACTS) as log:
        sealed(log)
        names = on_pages(log.reader)
        assert len(names) == len(set(names)) == len(log.reader.kept("key"))
        assert list(check_ring(log.reader, MASTER)) == []
    none_by_itself(monkeypatch)
    with opener(master=MASTER, contracts=CONTRACTS, writable=False) as log:
        assert read(log) == PAYMENTS


def test_a_later_segment_puts_new_names_only_on_pages(opener: Opener, monkeypatch: pytest.MonkeyPatch) -> None:
    more = [payment(10_000 + number, f"客户{number}", f"ACC-{number}") for number in range(400, 700)]
    with opener(master=MASTER, contracts=CONTRACTS) as log:
        sealed(log)
        before = log.reader.kept("page")
        sealed(log, more)
        assert log.reader.kept("page").items() > before.items()
        assert len(set(on_pages(log.reader))) == len(on_pages(log.reader)) == len(log.reader.kept("key"))
    none_by_itself(monkeypatch)
    with opener(master=MASTER, contracts=CONTRACTS, writable=False) as log:
        assert read(log) == [*PAYMENTS, *more]


def test_whoever_is_forgotten_is_on_no_page_and_all_others_still_are(opener: Opener) -> None:
    with opener(master=MASTER, contracts=CONTRACTS) as log:
        sealed(log)
        names, before = on_pages(log.reader), log.reader.kept("page")
        tokens = [event.keys["customer"] for event in _unread(opener)[:CUSTOMERS]]
        forget(log, "客户5")
        gone = set(names) - set(on_pages(log.reader))
        assert pseudonym_of(tokens[5]) in gone
        assert gone == set(names) - log.reader.kept("key").keys()
        changed = [number for number, value in log.reader.kept("page").items() if before[number] != value]
        assert 0 < len(changed) <= len(gone)
        assert list(check_ring(log.reader, MASTER)) == []
        assert [event.keys["customer"] for event in read(log)[4:7]] == ["客户4", tokens[5], "客户6"]
    with opener(master=MASTER, contracts=CONTRACTS, writable=False) as log:
        assert [event.keys["customer"] for event in read(log)[4:7]] == ["客户4", tokens[5], "客户6"]


def _unread(opener: Opener) -> list[Event]:
    with opener(writable=False) as log:
        return [one.content for one in log.read() if isinstance(one.content, Event)]


def test_pages_lose_all_their_names_one_by_one(opener: Opener) -> None:
    with opener(master=MASTER, contracts=CONTRACTS) as log:
        sealed(log, [payment(number, f"客户{number}", f"ACC-{number}", holder=f"H{number}") for number in range(12)])
        for number in range(12):
            forget(log, f"客户{number}", f"f{number}")
            assert set(on_pages(log.reader)) == set(log.reader.kept("key"))
        assert log.reader.kept("page") == log.reader.kept("paged") == log.reader.kept("key") == {}


def wrapped(page: bytes) -> bytes:
    """The end of a page's key, wrapped: SQLite may begin another page of its file before."""
    return page[-40:-8]


@pytest.mark.parametrize("how", ["forgotten", "master key turned"])
def test_what_a_page_was_before_is_in_no_file(tmp_path: Path, how: str) -> None:
    with SqliteLog(tmp_path / "log.sqlite", master=MASTER, contracts=CONTRACTS) as log:
        sealed(log)
        before = log.reader.kept("page")
        assert all(found_in(tmp_path, wrapped(value)) for value in before.values())
        if how == "forgotten":
            forget(log, "客户5")
        else:
            log.persons.rotate_master(LocalMasterKey(bytes(32)))
        changed = [value for number, value in before.items() if log.reader.kept("page")[number] != value]
        assert changed
        pieces = [wrapped(value) for value in changed]
        if how == "forgotten":
            pieces += [value[place : place + 24] for value in changed for place in range(1_024, len(value) - 100, 512)]
        assert [found_in(tmp_path, piece) for piece in pieces] == [[]] * len(pieces)


def test_pages_are_read_under_another_master_key_once_it_is_turned(opener: Opener, monkeypatch: pytest.MonkeyPatch) -> None:
    other = LocalMasterKey(bytes(32))
    with opener(master=MASTER, contracts=CONTRACTS) as log:
        sealed(log)
        log.persons.rotate_master(other)
        assert list(check_ring(log.reader, other)) == []
    none_by_itself(monkeypatch)
    with opener(master=other, contracts=CONTRACTS, writable=False) as log:
        assert read(log) == PAYMENTS


def test_who_is_forgotten_while_pages_are_made_comes_on_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with SqliteLog(tmp_path / "log.sqlite", master=MASTER, contracts=CONTRACTS) as log:
        appended(log)
        cut, forgotten = paging._cut, list[str]()

        def meanwhile(pairs: Sequence[tuple[str, str]]) -> list[pages.Page]:
            made = cut(pairs)
            if not forgotten:
                forgotten.extend(name for page in made for name in page.names if name.startswith("客户"))
                forget(log, forgotten[0])
            return made

        monkeypatch.setattr(paging, "_cut", meanwhile)
        log.seal(CONTRACTS, keep_rows=0)
        assert forgotten
        assert set(on_pages(log.reader)) == set(log.reader.kept("key"))
        assert list(check_ring(log.reader, MASTER)) == []


def test_a_filling_that_was_cut_off_goes_on_with_the_next_sealing(opener: Opener, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paging, "NAMES_AT_ONCE", 300)
    with opener(master=MASTER, contracts=CONTRACTS) as log:
        appended(log)
        put, calls = Names.put_page, iter(range(100))

        def failing(self: Names, *given: object) -> None:
            if next(calls) == 3:
                raise ExternalError("test", {"en": "cut off", "zh": "中断"}, {"en": "again", "zh": "重试"})
            put(self, *given)  # type: ignore[arg-type]

        monkeypatch.setattr(Names, "put_page", failing)
        with pytest.raises(ExternalError):
            log.seal(CONTRACTS, keep_rows=0)
        monkeypatch.setattr(Names, "put_page", put)
        assert 0 < len(on_pages(log.reader)) < len(log.reader.kept("key"))
        assert log.seal(CONTRACTS, keep_rows=0) == []
        assert len(set(on_pages(log.reader))) == len(on_pages(log.reader)) == len(log.reader.kept("key"))
        assert read(log) == PAYMENTS


def test_what_was_sealed_before_there_were_pages_comes_on_them_but_for_a_file_that_is_lost(tmp_path: Path) -> None:
    with SqliteLog(tmp_path / "log.sqlite", contracts=CONTRACTS, master=MASTER) as log:
        appended(log)
        log.seal(CONTRACTS, keep_rows=0, segment_rows=1_500)
        names = set(on_pages(log.reader))
        log.write(lambda journal: pages.drop_all(journal.session))
        assert log.reader.kept("page") == {}
        log.seal(CONTRACTS, keep_rows=0)
        assert set(on_pages(log.reader)) == names
        log.write(lambda journal: pages.drop_all(journal.session))
        first = log.reader.segment(0)
    assert first is not None
    next(path for path in segment_files(tmp_path) if path.stem == first.files[0].sha256).unlink()
    with SqliteLog(tmp_path / "log.sqlite", contracts=CONTRACTS, master=MASTER) as log:
        sealed(log, [payment(99_999, "客户X", "ACC-X")])
        assert names - set(on_pages(log.reader)) == set()  # each of its names is in the other file as well
        assert len(set(on_pages(log.reader))) == len(names) + 3


def test_a_page_ends_before_it_is_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    long = [payment(number, f"{number}{'长' * 150}", f"ACC-{number}", holder="H") for number in range(600)]
    with SqliteLog(tmp_path / "log.sqlite", master=MASTER, contracts=CONTRACTS) as log:
        sealed(log, long)
        assert max(len(joined) // 12 for joined in log.reader.kept("paged").values()) == pages.PAGE_NAMES
        assert max(map(len, log.reader.kept("page").values())) < 3 * pages.PAGE_CHARACTERS
    none_by_itself(monkeypatch)
    with SqliteLog(tmp_path / "log.sqlite", master=MASTER, contracts=CONTRACTS) as log:
        assert read(log) == long


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pages")
    with SqliteLog(folder / "log.sqlite", master=MASTER, contracts=CONTRACTS) as log:
        sealed(log)
        appended(log, [payment(10_000 + number, f"Late {number}", f"LATE-{number}") for number in range(50)])
    return folder


LOOK_ALIKES = st.one_of(st.text(max_size=40).map("enc:".__add__), st.sampled_from(["", "enc:", "enc", "plain", "enc:" + "é" * 40]))


@given(data=st.data(), others=st.lists(LOOK_ALIKES, max_size=5), share=st.sampled_from([0, 1 / 32, 1 / 4, 2]))
@settings(max_examples=60, deadline=None)
def test_pages_say_what_the_keys_say_of_any_tokens(folder: Path, data: st.DataObject, others: list[str], share: float) -> None:
    reader = SqliteReader(folder / "log.sqlite")
    with SqliteLog(folder / "log.sqlite", writable=False) as log:
        events = [one.content for one in log.read() if isinstance(one.content, Event)]
    tokens = sorted({text for event in events for text in named(event)})
    some = data.draw(st.lists(st.sampled_from(tokens), max_size=40)) + tokens[: data.draw(st.integers(0, len(tokens)))]
    altered = [token[:30] + ("A" if token[30] != "A" else "B") + token[31:] for token in some[:3] if len(token) > 30]
    asked = [*some, *others, *altered]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pages, "WANTED_SHARE", share)
        found = _fresh(reader).texts(asked)
        patch.setattr(pages.Pages, "texts", lambda *_: {})
        assert found == _fresh(reader).texts(asked)


def _fresh(reader: Reader) -> Names:
    names = Names(reader, MASTER)
    names.check()
    return names


def test_few_names_are_looked_for_on_no_page(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "_looked_for", lambda *_: pytest.fail("the pages are looked through"))
    with SqliteLog(folder / "log.sqlite", master=MASTER, contracts=CONTRACTS, writable=False) as log:
        assert log.event("p7") == PAYMENTS[7]


def test_a_copy_has_the_pages_and_loses_from_them_whom_the_log_forgot_since(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    copy = tmp_path / "copy.sqlite"
    with SqliteLog(tmp_path / "log.sqlite", master=MASTER, contracts=CONTRACTS) as log:
        sealed(log)
        copy_log(log, str(copy))
        with SqliteLog(copy, writable=False) as there:
            assert there.reader.kept("page") == log.reader.kept("page")
        forget(log, "客户5")
        copy_log(log, str(copy))
        with SqliteLog(copy, writable=False) as there:
            assert there.reader.kept("page") == log.reader.kept("page")
            assert set(on_pages(there.reader)) == set(there.reader.kept("key"))
        unread = [event.keys["customer"] for event in read(log)]
    none_by_itself(monkeypatch)
    with SqliteLog(copy, master=MASTER, contracts=CONTRACTS, writable=False) as there:
        assert [event.keys["customer"] for event in read(there)] == unread


def test_a_backup_that_brings_somebody_back_has_no_page_of_theirs_once_they_are_forgotten_again(tmp_path: Path) -> None:
    with SqliteLog(tmp_path / "log.sqlite", master=MASTER, contracts=CONTRACTS) as log:
        sealed(log)
        copy_log(log, str(tmp_path / "backup.sqlite"))
        forget(log, "客户5")
        (record,) = (one.content for one in log.read(kinds=["person.forgotten"]))
    assert isinstance(record, Event)
    again = Forgetting([bytes.fromhex(str(record.data["pseudonym"]))], NOW_US, lambda: "f2")
    restore_log(tmp_path / "backup.sqlite", str(tmp_path / "restored.sqlite"), again)
    with SqliteLog(tmp_path / "restored.sqlite", master=MASTER, contracts=CONTRACTS) as log:
        assert set(on_pages(log.reader)) < set(log.reader.kept("key"))  # whole pages went: no master key was there to make them anew
        assert read(log)[5].keys["customer"].startswith("enc:")
        log.seal(CONTRACTS, keep_rows=0)
        assert set(on_pages(log.reader)) == set(log.reader.kept("key"))
        assert list(check_ring(log.reader, MASTER)) == []


ALTER: dict[str, Callable[[bytes], bytes]] = {
    "its content": lambda value: bytes([value[0] ^ 1]) + value[1:],
    "its key": lambda value: value[:-20] + bytes([value[-20] ^ 1]) + value[-19:],
    "its end": lambda value: value[:-1] + bytes([value[-1] ^ 1]),
    "its length": lambda value: value[:-1],
    "all of it": lambda _value: b"",
}


@pytest.mark.parametrize("what", ALTER)
def test_an_altered_page_is_told_and_keeps_nobody_from_being_forgotten(tmp_path: Path, what: str) -> None:
    with SqliteLog(tmp_path / "log.sqlite", master=MASTER, contracts=CONTRACTS) as log:
        sealed(log)
        log.write(lambda journal: journal.session.keep("page", {n: ALTER[what](v) for n, v in journal.session.kept("page").items()}))
        assert {one.code for one in check_ring(log.reader, MASTER)} == {"log.ring"}
        log.persons._vault.names.blank()
        with pytest.raises(DataError) as caught:
            read(log)
        assert caught.value.code == "vault.page.altered"
        assert caught.value.cause["zh"]
        forget(log, "客户5")
        with pytest.raises(DataError):
            read(log)
        log.write(lambda journal: pages.drop_all(journal.session))
        log.seal(CONTRACTS, keep_rows=0)
        assert list(check_ring(log.reader, MASTER)) == []
        assert [event.keys["customer"] for event in read(log)[6:8]] == ["客户6", "客户7"]
