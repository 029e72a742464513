"""Keys of names: none for who is not written, none left of who is gone, each good for one name of one log, whoever reads."""

import dataclasses
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from huitong.contracts import DataContract, Decision, Event, EventBatch, Evidence, Measure, PatternEdge
from huitong.kernel import DataError, InputError
from huitong.store import RecordLog, SqliteLog, check_log
from huitong.store.vault import LocalMasterKey, is_token
from huitong.store.vault.forgetting import Hold
from huitong.store.vault.names import LOOKUP_BYTES, Name
from tests.simulation.model import PAYMENT
from tests.store.build import TITLE, decision
from tests.store.test_vault import CONTRACTS, EVENTS, MASTER, NOW_US, found_in, payment

LI, ZHAO = Name("customer", "Customer-Li"), Name("customer", "Customer-Zhao")
OTHER_MASTER = LocalMasterKey(bytes(32))


def opened(path: Path, *, writable: bool = True) -> SqliteLog:
    return SqliteLog(path, writable=writable, master=MASTER, contracts=CONTRACTS)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "log.sqlite"


@pytest.fixture
def log(path: Path) -> Iterator[SqliteLog]:
    with opened(path) as log:
        log.append_events(EVENTS)
        yield log


def forget(log: RecordLog, name: Name = LI, record_id: str = "f1") -> None:
    log.persons.forget(name, "GDPR 17", record_id, NOW_US)


def test_a_master_key_that_was_turned_away_opens_nothing_in_any_file(tmp_path: Path, path: Path) -> None:
    with opened(path) as log:
        for start in range(0, 600, 50):  # enough names that pages of the key ring were split, in every order
            log.append_events([payment(n, f"Customer-{n}", f"Account-{n}", holder=f"Holder-{n}") for n in range(start, start + 50)])
        before = log.reader.kept("key") | log.reader.kept("vault")
        assert len(before) == 1_801
        assert log.persons.rotate_master(OTHER_MASTER) == 1_800
        content = b"".join(file.read_bytes() for file in tmp_path.iterdir())
        assert [entry for entry in before.values() if entry[LOOKUP_BYTES:] in content] == []
        assert all(entry in content for entry in log.reader.kept("key").values())
    with pytest.raises(DataError) as caught:
        opened(path)
    assert caught.value.code == "vault.master.wrong"


AGAIN: dict[str, Callable[[RecordLog, list[Event]], object]] = {
    "one by one": lambda log, events: log.append_events(events),
    "in columns": lambda log, events: log.append_batch(EventBatch.of_events(events, PAYMENT), PAYMENT),
    "decided": lambda log, events: [log.append_decision(one, decided(one)) for one in events],
}


def decided(event: Event, evidence: Evidence = Evidence()) -> Decision:  # noqa: B008 frozen
    measures = (Measure("hold", "account", event.keys["account"], 99, "rule.large"),)
    return dataclasses.replace(decision(1), id=f"d-{event.id}", event=event.id, evidence=evidence, measures=measures)


@pytest.mark.parametrize("how", AGAIN)
def test_what_is_sent_again_brings_nobody_back_who_was_forgotten(log: SqliteLog, path: Path, how: str) -> None:
    forget(log)
    ring = {space: log.reader.kept(space) for space in ("name", "key", "owner", "owned")}
    AGAIN[how](log, EVENTS)
    assert {space: log.reader.kept(space) for space in ring} == ring
    assert log.persons.known_as("Customer-Li") == []
    assert check_log(path) == ()


@pytest.mark.parametrize("how", ["one by one", "in columns"])
def test_among_what_is_sent_again_new_records_get_keys_for_their_names_only(log: SqliteLog, how: str) -> None:
    forget(log)
    new = [payment(6, "Customer-Zhao", "Account-Zhao"), payment(7, "Customer-Chen", "Account-New", holder="Chen Jing")]
    AGAIN[how](log, [EVENTS[0], new[0], *EVENTS[1:], new[1]])
    assert [log.event(one.id) for one in new] == new
    assert (log.persons.known_as("Customer-Zhao"), log.persons.known_as("Customer-Li")) == (["customer"], [])
    known = len(log.reader.kept("key"))
    forget(log, ZHAO, "f2")
    assert len(log.reader.kept("key")) == known - 3


def test_a_record_that_is_there_gives_nobody_an_owner(log: SqliteLog) -> None:
    forget(log)
    log.append_events([payment(8, "Customer-Li", "Account-Li")])  # who comes back is somebody new
    owners = log.reader.kept("owner")
    assert log.append_events(EVENTS).new == 0  # p3 says that Customer-Li shares an account with Chen: not the one of today
    assert log.reader.kept("owner") == owners


def test_other_content_is_refused_as_ever_and_leaves_no_key(log: SqliteLog) -> None:
    forget(log)
    keys = log.reader.kept("key")
    with pytest.raises(DataError) as caught:
        log.append_events([EVENTS[0], payment(6, "Customer-Zhao", "Account-Zhao"), dataclasses.replace(EVENTS[1], data={"amount": 1})])
    assert caught.value.code == "store.conflict"
    assert log.reader.kept("key") == keys


READS: dict[str, Callable[[RecordLog], str]] = {
    "in order": lambda log: next(record.content.keys["account"] for record in log.read() if isinstance(record.content, Event)),
    "in columns": lambda log: str(next(log.read_batches(PAYMENT)).batch.keys["account"].text(0)),
    "an event": lambda log: getattr(log.event("p1"), "keys", {})["account"],
    "decisions on it": lambda log: log.decisions_of("p1")[0].measures[0].subject,
    "a decision": lambda log: next(one.measures[0].subject for one in [log.decision("d-p1")] if one is not None),
}


@pytest.mark.parametrize("what", READS)
def test_who_only_reads_knows_nobody_whom_another_process_forgot(log: SqliteLog, path: Path, what: str) -> None:
    log.append_decision(None, decided(EVENTS[0]))
    with opened(path, writable=False) as reader:
        assert [READS[what](reader) for _ in range(2)] == ["Account-Li"] * 2
        forget(log)
        assert is_token(READS[what](reader))
        log.append_events([payment(6, "Customer-Zhao", "Account-Zhao")])
        assert getattr(reader.event("p6"), "keys", {})["account"] == "Account-Zhao"
        forget(log, ZHAO, "f2")
        assert is_token(getattr(reader.event("p6"), "keys", {})["account"])


def test_who_reads_a_log_that_has_no_names_yet_knows_nobody_and_learns_of_the_first(path: Path) -> None:
    SqliteLog(path).close()
    with opened(path, writable=False) as reader:
        assert reader.persons.known_as("Customer-Li") == []
        with opened(path) as log:
            log.append_events(EVENTS[:1])
        assert reader.persons.known_as("Customer-Li") == ["customer"]
        assert reader.event("p1") == EVENTS[0]


def test_ends_of_edges_are_in_clear_only_where_their_event_says_them_in_clear(log: SqliteLog, tmp_path: Path) -> None:
    """A decision may rest on state from before an erasure; whoever was forgotten since does not come back by its evidence."""
    forget(log)
    forget(log, Name("account", "Account-Chen"), "f2")
    edges = (PatternEdge("p1", "Account-Li", "Account-Chen", 5, None), PatternEdge("p5", "T1", "Account-Shared", 5, None))
    given = decided(EVENTS[4], Evidence(patterns={"cycle": edges}))
    log.append_decision(None, given)
    first, second = log.decisions_of("p5")[0].evidence.patterns["cycle"]
    assert is_token(first.source)
    assert is_token(first.target)
    assert (second.source, second.target) == ("T1", "Account-Shared")
    keys = log.reader.kept("key")
    log.append_decision(None, given)  # the same, as far as anyone can tell
    assert log.reader.kept("key") == keys
    assert [name for name in ("Account-Li", "Account-Chen") if found_in(tmp_path, name.encode())] == []


def altered(path: Path, statement: str, *values: bytes) -> None:
    connection = sqlite3.connect(path)
    connection.execute(statement, values)
    connection.commit()
    connection.close()


SET_NAME = "UPDATE keyring SET value = ? WHERE space = 'name' AND name = ?"


def test_a_key_encrypts_no_second_name_though_the_key_ring_was_altered(log: SqliteLog, path: Path) -> None:
    """Two names under one key and one nonce would give both away to whoever can write to the database, and has no key."""
    lookup = log.persons._vault.names.lookup(LI)
    other, entry = next((name, value) for name, value in log.reader.kept("key").items() if not value.startswith(lookup))
    log.close()
    altered(path, SET_NAME, other, lookup)
    with opened(path) as again, pytest.raises(DataError) as caught:
        again.append_events([payment(6, "Customer-Li", "Account-Li")])
    assert caught.value.code == "vault.ring.altered"
    altered(path, "UPDATE keyring SET value = ? WHERE space = 'key' AND name = ?", lookup + entry[LOOKUP_BYTES:], other)
    with opened(path) as again, pytest.raises(DataError) as caught:  # now the entry says it is the name's, but it was sealed as another's
        again.append_events([payment(6, "Customer-Li", "Account-Li")])
    assert caught.value.code == "vault.master.wrong"


def test_the_secret_of_another_log_under_the_same_master_key_is_none_of_this_one(log: SqliteLog, path: Path, tmp_path: Path) -> None:
    log.close()
    with opened(tmp_path / "other.sqlite") as other:
        ((_, secret),) = other.reader.kept("vault").items()
    altered(path, "UPDATE keyring SET value = ? WHERE space = 'vault' AND name = ?", secret, b"lookup")
    with pytest.raises(DataError) as caught:
        opened(path)
    assert caught.value.code == "vault.master.wrong"


@pytest.mark.parametrize("writable", [True, False])
def test_a_log_of_before_the_first_release_is_named_as_such_and_its_master_key_not_called_wrong(
    log: SqliteLog, path: Path, *, writable: bool
) -> None:
    secret = log.persons._vault.names._secret
    assert secret is not None
    log.close()
    altered(path, "UPDATE keyring SET value = ? WHERE space = 'vault' AND name = ?", MASTER.wrap(secret, b"lookup"), b"lookup")
    with pytest.raises(DataError) as caught:
        opened(path, writable=writable)
    assert caught.value.code == "vault.unreleased"
    assert "主密钥本身正确" in caught.value.remedy["zh"]


def test_a_name_is_refused_that_looks_like_a_token_also_where_no_key_would_be_made(log: SqliteLog) -> None:
    with pytest.raises(InputError) as caught:
        log.append_events([dataclasses.replace(EVENTS[0], keys={**EVENTS[0].keys, "customer": "enc:abc"})])
    assert caught.value.code == "vault.name.reserved"


def test_a_hold_keeps_whatever_would_go_with_somebody_else(log: SqliteLog) -> None:
    """An account under investigation goes neither with its customer, nor by its own name where the customer is kept."""
    hold, account = Hold(NOW_US + 10, "investigation 7"), Name("account", "Account-Li")
    for number, (held, asked) in enumerate([(account, LI), (LI, account)]):
        log.persons.hold(held, hold, f"h{number}", NOW_US)
        with pytest.raises(InputError, match="investigation 7"):
            forget(log, asked, f"no{number}")
        log.persons.hold(held, None, f"lifted{number}", NOW_US)
    log.persons.hold(Name("account", "Account-Shared"), hold, "h3", NOW_US)  # stays with Chen
    forget(log)
    with pytest.raises(InputError, match="investigation 7"):  # and would go with Chen
        forget(log, Name("customer", "Customer-Chen"), "f2")


def test_what_belongs_to_what_belongs_to_somebody_goes_along(path: Path) -> None:
    text = {"type": "string", "title": TITLE, "identifies_person": True}
    contract = DataContract.of_table(
        {
            "kind": "login",
            "version": 1,
            "title": TITLE,
            "currency": "CNY",
            "fields": {
                "customer": {**text, "key": "customer"},
                "account": {**text, "key": "account", "person": "customer"},
                "device": {**text, "key": "device", "person": "account"},
            },
        },
        "test",
    )

    def login(number: int, *names: str) -> Event:
        return Event(f"l{number}", "login", number, dict(zip(("customer", "account", "device"), names, strict=True)), {})

    with SqliteLog(path, master=MASTER, contracts={"login": contract}) as log:
        log.append_events([login(1, "C1", "A1", "D1"), login(2, "C1", "A1", "D2"), login(3, "C2", "A2", "D2"), login(4, "C1", "A3", "D3")])
        done = log.persons.forget(Name("customer", "C1"), "GDPR 17", "f1", NOW_US)
        assert (done.names, done.shared) == (5, 1)
        read = [record.content.keys for record in log.read(kinds=["login"]) if isinstance(record.content, Event)]
        assert [sorted(text for text in keys.values() if not is_token(text)) for keys in read] == [[], ["D2"], ["A2", "C2", "D2"], []]
        assert log.persons.forget(Name("customer", "C2"), "GDPR 17", "f2", NOW_US).names == 3
        assert log.reader.kept("key") == log.reader.kept("owner") == log.reader.kept("owned") == {}


@pytest.mark.parametrize("how", AGAIN)
@pytest.mark.parametrize("where", ["terminal", "channel"])
def test_nobody_reads_a_name_by_sending_its_token_where_no_name_belongs(log: SqliteLog, path: Path, how: str, where: str) -> None:
    """Whoever was given a proof has tokens; a payment with one for a remark must not be shown with the name."""
    with SqliteLog(path, writable=False) as bare:
        first = bare.event("p1")
    assert first is not None

    def saying(text: str) -> Event:
        one = payment(6, "Customer-Zhao", "Account-Zhao")
        if where == "terminal":
            return dataclasses.replace(one, keys={**one.keys, "terminal": text})
        return dataclasses.replace(one, data={**one.data, "channel": text})

    with pytest.raises(InputError) as caught:
        AGAIN[how](log, [saying(first.keys["customer"])])
    assert caught.value.code == "vault.name.reserved"
    AGAIN[how](log, [saying("enc: a remark")])
    assert log.event("p6") == saying("enc: a remark")
