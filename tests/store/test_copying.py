"""A copied log is the log: same records, keys, heads and proofs, wherever it was copied to, and however often the copy was cut off."""

import sys
import textwrap
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from subprocess import PIPE, Popen

import pytest

from huitong.contracts import Event
from huitong.kernel import DataError
from huitong.store import FileSigner, open_log, prove
from huitong.store.moving import copy_log, copying
from huitong.store.vault.checking import check_ring
from huitong.store.vault.names import Name
from huitong.store.vault.tokens import split
from huitong.verifier import verify
from tests.store.build import CONTRACT, batch, event
from tests.store.moved import at, copied, everything, make_log, tampered
from tests.store.postgres_server import drop_schemas, schema_of
from tests.store.test_vault import CLEAR, EVENTS, MASTER, NOW_US, payment

Place = Callable[[str], str]


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    """Addresses of logs that are not there yet, by name."""
    sqlite = request.param == "sqlite"
    yield lambda name: str(tmp_path / f"{name}.sqlite") if sqlite else schema_of(tmp_path / name)
    drop_schemas()


@pytest.fixture
def made(tmp_path: Path) -> tuple[str, FileSigner]:
    return make_log(tmp_path)


@pytest.fixture
def source(made: tuple[str, FileSigner]) -> str:
    return made[0]


@pytest.fixture
def signer(made: tuple[str, FileSigner]) -> FileSigner:
    return made[1]


def test_a_copy_is_the_same_to_the_last_byte_there_and_back(source: str, place: Place, tmp_path: Path) -> None:
    there, back = place("there"), str(tmp_path / "back.sqlite")
    done = copied(source, there)
    before = everything(source)
    assert (done.size, done.new, done.root) == (len(before[1]), len(before[1]), before[5])
    assert done.head is not None
    assert done.head.size == done.size
    assert everything(there) == before
    assert copied(there, back).head == done.head
    assert everything(back) == before
    assert [row.relaxed for row in before[1]].count(True) == 40


def test_a_proof_from_the_copy_is_the_proof_from_the_log_and_names_are_read_with_the_same_master_key(
    source: str, place: Place, signer: FileSigner
) -> None:
    copied(source, place("there"))
    with at(9, place("there"), signer) as copy, at(9, source, None) as log:
        for record in ("p2", "d1003", "p700"):
            proof = prove(copy, record)
            assert proof == prove(log, record)
            verify(proof, [signer.public_key])
        assert copy.event("p2") == log.event("p2")
        assert copy.event("p2") != EVENTS[1], "the counterparty is forgotten"
        assert copy.persons.known_as("Customer-Chen") == ["customer"]
        assert copy.persons.known_as("Customer-Li") == []


def test_nothing_is_decrypted_on_the_way(source: str, tmp_path: Path) -> None:
    copied(source, str(tmp_path / "copy.sqlite"))
    for path in tmp_path.glob("copy.sqlite*"):
        assert [name for name in CLEAR if name in path.read_bytes()] == []


def test_a_later_copy_takes_over_what_came_since_and_destroys_what_was_destroyed(source: str, place: Place, signer: FileSigner) -> None:
    copied(source, place("there"))
    assert copied(source, place("there")).new == 0
    with at(20, source, signer) as log:
        log.append_batch(batch(300, start=5_000), CONTRACT)
        log.persons.forget(Name("customer", "Customer-Chen"), "request", "forgotten-2", NOW_US)
    assert copied(source, place("there")).new == 301
    assert everything(place("there")) == everything(source)


def test_a_head_that_was_signed_later_than_its_last_record_was_copied_is_copied_later(tmp_path: Path, signer: FileSigner) -> None:
    source, target = str(tmp_path / "later.sqlite"), str(tmp_path / "target.sqlite")
    with at(1, source, None) as log:
        log.append_events([event(20), event(21)])
    assert copied(source, target).head is None
    with at(2, source, signer) as log:
        assert log.sign_head() is not None
    assert copied(source, target).head is not None
    assert everything(target) == everything(source)


@pytest.mark.parametrize("calls", [1, 2, 3, 5, 8])
def test_a_copy_that_was_cut_off_opens_for_nobody_and_goes_on(
    source: str, place: Place, calls: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copying, "COPY_ROWS", 128)
    monkeypatch.setattr("huitong.store.moving.keys.RING_ROWS", 4)
    told = 0

    def cut(_stage: str, _done: int, _total: int | None) -> None:
        nonlocal told
        told += 1
        if told == calls:
            raise KeyboardInterrupt

    with open_log(source, writable=False) as log, pytest.raises(KeyboardInterrupt):
        copy_log(log, place("there"), cut)
    for writable in (False, True):
        with pytest.raises(DataError) as caught:
            open_log(place("there"), writable=writable)
        assert caught.value.code == "store.copy.unfinished"
    assert copied(source, place("there")).size == len(everything(source)[1])
    assert everything(place("there")) == everything(source)


def test_what_is_no_beginning_of_the_log_is_left_as_it_is(source: str, place: Place, signer: FileSigner) -> None:
    with at(1, place("other"), signer) as other:
        other.append_events([event(1)])
    copied(source, place("longer"))
    with at(30, place("longer"), signer) as longer:
        longer.append_events([event(number) for number in range(9_000, 9_005)])
    copied(source, place("past"))
    with at(30, place("past"), None) as past:
        past.append_events([event(9_000)])
    with at(31, source, signer) as log:
        log.append_events([event(9_001), event(9_002)])
    for name, said in (("other", "holds another log"), ("longer", "more than"), ("past", "not the beginning")):
        before = everything(place(name))
        with pytest.raises(DataError, match=said) as caught:
            copied(source, place(name))
        assert caught.value.code == "store.copy.occupied"
        assert everything(place(name)) == before


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("UPDATE record SET payload = CAST(replace(CAST(payload AS TEXT), ':1250', ':1251') AS BLOB) WHERE position = 3", "hash"),
        ("UPDATE record SET payload = x'7b' WHERE position = 3", "cannot be read"),
        ("DELETE FROM record WHERE position = 3", "missing"),
        ("UPDATE record SET payload = CAST(replace(CAST(payload AS TEXT), ':1250', ':1251') AS BLOB) WHERE position = 721", "signed"),
        ("UPDATE head SET note = 'huitong/x'", "signed"),
    ],
)
def test_a_log_that_does_not_hold_what_it_signed_is_not_copied_as_if_it_did(source: str, tmp_path: Path, statement: str, said: str) -> None:
    tampered(source, statement)
    with pytest.raises(DataError, match=said) as caught:
        copied(source, str(tmp_path / "copy.sqlite"))
    assert caught.value.code == "store.copy.differs"
    with pytest.raises(DataError, match="not finished"):
        open_log(tmp_path / "copy.sqlite")


def test_the_root_of_an_earlier_size_is_that_of_the_log_as_it_was(tmp_path: Path) -> None:
    roots = []
    with open_log(tmp_path / "log.sqlite") as log:
        for number in range(4):
            log.append_batch(batch(300, start=300 * number), CONTRACT)
            roots.append(log.root())
        assert [log.root(300 * number) for number in range(1, 5)] == roots
        assert [log.tree(300 * number).root() for number in range(1, 5)] == roots


def test_what_is_sealed_is_copied_like_the_rest_and_a_copy_can_be_sealed_too(source: str, place: Place) -> None:
    before = everything(source)
    with at(50, source, None) as log:
        assert log.seal({CONTRACT.kind: CONTRACT}, keep_rows=100, segment_rows=300)
    copied(source, place("there"))
    sealed = everything(source)
    assert everything(place("there")) == sealed
    assert [*sealed[:2], *sealed[3:]] == [*before[:2], *before[3:]]
    with at(51, source, None) as log:
        log.append_batch(batch(10, start=70_000), CONTRACT)
    copied(source, place("there"))
    with open_log(place("there")) as copy, open_log(source, writable=False) as log:
        assert copy.root() == log.root()
    back = source.replace("source", "back")
    copied(place("there"), back)
    with open_log(back) as log:
        assert log.seal({CONTRACT.kind: CONTRACT}, keep_rows=100)
    assert copied(place("there"), back).new == 0
    assert everything(back) == everything(source)


def test_a_copier_that_was_killed_is_gone_on_from(source: str, place: Place, root: Path) -> None:
    body = f"""
    import sys, time
    sys.path[:0] = [{str(root)!r}, {str(root / "src")!r}]
    from huitong.store import open_log
    from huitong.store.moving import copy_log, copying
    copying.COPY_ROWS = 32
    with open_log({source!r}, writable=False) as log:
        copy_log(log, {place("there")!r}, lambda stage, done, total: (print(stage, flush=True), time.sleep(0.02)))
    """
    for lines in (1, 4, 7):
        with Popen([sys.executable, "-c", textwrap.dedent(body)], stdout=PIPE, text=True) as process:
            assert process.stdout is not None
            assert [process.stdout.readline() for _ in range(lines)] == ["copying\n"] * lines
            process.kill()
        with pytest.raises(DataError, match="not finished"):
            open_log(place("there"), writable=False)
    assert copied(source, place("there")).new < len(everything(source)[1]) - 32 * 11
    assert everything(place("there")) == everything(source)


@pytest.mark.parametrize("stage", ["copying", "keys"])
def test_a_copy_made_while_others_write_is_the_log_as_it_was_when_it_began_without_keys_that_were_destroyed_since(
    source: str, place: Place, signer: FileSigner, stage: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huitong.store.moving.keys.RING_ROWS", 4)
    before, told = everything(source), []
    with at(60, source, signer) as writer, open_log(source, writable=False) as log:

        def meanwhile(now: str, _done: int, _total: int | None) -> None:
            told.append(now)
            if told.count(stage) == 1 and now == stage:
                writer.append_batch(batch(300, start=80_000), CONTRACT)
                writer.persons.forget(Name("customer", "Customer-Chen"), "request", "forgotten-2", NOW_US)

        done = copy_log(log, place("there"), meanwhile)
        assert log.end() == done.size + 301
        ring = log.reader.ring(limit=10_000)
    assert stage in told
    copy = everything(place("there"))
    assert (done.size, copy[1], copy[3], copy[5]) == (len(before[1]), before[1], before[3], before[5])
    assert copy[2] == ring != before[2]


@pytest.mark.parametrize("every", [1, 3])
def test_names_that_arrive_while_the_key_ring_is_copied_are_in_the_copy_whole_or_not_at_all(
    source: str, place: Place, signer: FileSigner, every: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huitong.store.moving.keys.RING_ROWS", 4)
    new: list[Event] = []
    ticks = count()
    with at(60, source, signer) as writer, open_log(source, writable=False) as log:

        def meanwhile(now: str, _done: int, _total: int | None) -> None:
            if now != "keys" or next(ticks) % every or len(new) >= 24:
                return
            for account in (f"New-account-{len(new)}", "Account-Chen"):  # of nobody yet; of a customer who is in the copy
                new.append(payment(50_000 + len(new), f"New-customer-{len(new)}", account))
            new.append(payment(50_000 + len(new), "Customer-Chen", new[-2].keys["account"]))  # both are known by now, whose it is was not
            writer.append_events(new[-3:])

        size = copy_log(log, place("there"), meanwhile).size
    assert (len(new) >= 12, size) == (True, len(everything(source)[1]) - len(new))
    with at(99, place("there"), signer) as copy:
        assert list(check_ring(copy.reader, MASTER)) == []
        belongings = {**copy.reader.kept("owner"), **copy.reader.kept("owned")}
        assert {one for entry in belongings.items() for joined in entry for one in split(joined)} <= copy.reader.kept("key").keys()
        copy.persons.forget(Name("customer", "Customer-Chen"), "request", "forgotten-2", NOW_US)
        for one in new:
            assert copy.append_events([one]).new == 1
        assert [copy.event(one.id) for one in new] == new
