"""Names in the log: read by nobody without the master key, and by nobody once they are forgotten; proofs hold all the same."""

import base64
import dataclasses
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from huitong.contracts import Event, EventBatch, Evidence, ListHit, Measure, PatternEdge
from huitong.kernel import DataError, ExternalError, HuitongError, InputError
from huitong.store import FileSigner, SqliteLog, check_log, make_key, prove
from huitong.store.vault import LocalMasterKey, is_token, make_master_key, master_from
from huitong.store.vault.forgetting import Hold
from huitong.store.vault.names import Name
from huitong.store.vault.tokens import PREFIX
from huitong.verifier import verify
from tests.simulation.model import PAYMENT
from tests.store.build import decision

CONTRACTS = {PAYMENT.kind: PAYMENT}
MASTER = LocalMasterKey(bytes(range(32)))


def payment(number: int, customer: str, account: str, counterparty: str | None = None, holder: str = "Zhang Wei") -> Event:
    keys = {"customer": customer, "account": account, "terminal": "T1"} | ({} if counterparty is None else {"counterparty": counterparty})
    return Event(f"p{number}", PAYMENT.kind, 1_000_000 * number, keys, {"amount": 100 * number, "channel": "online", "holder": holder})


EVENTS = [
    payment(1, "Customer-Li", "Account-Li", "Account-Chen"),
    payment(2, "Customer-Chen", "Account-Chen", "Account-Li", holder="Chen Jing"),
    payment(3, "Customer-Li", "Account-Shared"),
    payment(4, "Customer-Chen", "Account-Shared"),
    payment(5, "Customer-Chen", "Account-Chen"),
]
CLEAR = [b"Customer-Li", b"Account-Li", b"Customer-Chen", b"Account-Chen", b"Account-Shared", b"Zhang Wei", b"Chen Jing"]
NOW_US = 2_000_000_000_000_000

Opener = Callable[[], SqliteLog]


@pytest.fixture
def opener(tmp_path: Path) -> Opener:
    signer = make_key(tmp_path / "keys" / "signing.pem")
    return lambda: SqliteLog(tmp_path / "log.sqlite", signer=signer, master=MASTER, contracts=CONTRACTS)


def found_in(folder: Path, text: bytes) -> list[str]:
    return [path.name for path in folder.rglob("*") if path.is_file() and text in path.read_bytes()]


def test_no_file_holds_a_name_and_the_log_reads_them_all(opener: Opener, tmp_path: Path) -> None:
    with opener() as log:
        log.append_events(EVENTS)
        assert [record.content for record in log.read()] == EVENTS
        assert [text for text in CLEAR if found_in(tmp_path, text)] == []
    assert [text for text in CLEAR if found_in(tmp_path, text)] == []
    with opener() as log:
        assert log.event("p1") == EVENTS[0]
        assert log.append_events(EVENTS).repeated == len(EVENTS)
    assert check_log(tmp_path / "log.sqlite") == ()


def test_columns_are_written_byte_for_byte_like_events(opener: Opener, tmp_path: Path) -> None:
    with opener() as log:
        log.append_events(EVENTS[:3])
        batch = EventBatch.of_events(EVENTS, PAYMENT)
        appended = log.append_batch(batch, PAYMENT)
        assert (appended.new, appended.repeated) == (2, 3)
        (read,) = log.read_batches(PAYMENT)
        assert list(read.batch.events(PAYMENT)) == EVENTS
    assert [text for text in CLEAR if found_in(tmp_path, text)] == []


def test_equal_names_have_equal_tokens_in_every_role(opener: Opener) -> None:
    with opener() as log:
        log.append_events(EVENTS)
    with SqliteLog(Path(log.reader.where), writable=False) as bare:
        keys = [record.content.keys for record in bare.read() if isinstance(record.content, Event)]
    assert keys[0]["counterparty"] == keys[1]["account"] == keys[4]["account"]
    assert keys[0]["account"] == keys[1]["counterparty"]
    assert len({keys[0]["account"], keys[0]["customer"], keys[1]["account"], keys[2]["account"]}) == 4
    assert all(is_token(text) for role in ("customer", "account") for one in keys for text in [one[role]])
    assert keys[0]["terminal"] == "T1"


def test_what_is_forgotten_is_gone_from_every_record_and_stays_provable(opener: Opener, tmp_path: Path) -> None:
    with opener() as log:
        log.append_events(EVENTS)
        before = prove(log, "p1")
        done = log.persons.forget(Name("customer", "Customer-Li"), "GDPR 17", "f1", NOW_US)
        assert (done.names, done.shared) == (3, 1)  # the customer, the account, the holder's name; the shared account is Chen's as well
        read = {record.content.id: record.content for record in log.read() if isinstance(record.content, Event)}
        assert is_token(read["p1"].keys["customer"])
        assert is_token(read["p1"].keys["account"])
        assert is_token(str(read["p1"].data["holder"]))
        assert read["p2"].keys["counterparty"] == read["p1"].keys["account"]
        assert read["p2"].keys["customer"] == "Customer-Chen"
        assert read["p3"].keys["account"] == "Account-Shared"
        assert [one.data["amount"] for one in read.values() if one.kind == PAYMENT.kind] == [100, 200, 300, 400, 500]
        assert read["f1"].data["ground"] == "GDPR 17"
        assert verify(before, [make_public(tmp_path)]).head.size == 5
        assert prove(log, "p1")["records"][0]["payload"] == before["records"][0]["payload"]
        with pytest.raises(InputError, match="has forgotten"):
            log.persons.forget(Name("customer", "Customer-Li"), "again", "f2", NOW_US)
    assert check_log(tmp_path / "log.sqlite") == ()


def make_public(folder: Path) -> bytes:
    return FileSigner(folder / "keys" / "signing.pem").public_key


def test_the_key_of_a_forgotten_name_is_in_no_file(tmp_path: Path) -> None:
    drawn: list[bytes] = []

    class Spying(LocalMasterKey):
        def wrap(self, secret: bytes, context: bytes) -> bytes:
            wrapped = super().wrap(secret, context)
            drawn.append(wrapped)
            return wrapped

    with SqliteLog(tmp_path / "log.sqlite", master=Spying(bytes(32)), contracts=CONTRACTS) as log:
        for number in range(300):
            log.append_events([payment(number, f"Customer-{number}", f"Account-{number}")])
        wrapped = drawn[1:4]  # the first is the log's own secret
        assert all(found_in(tmp_path, one) for one in wrapped)
        log.persons.forget(Name("customer", "Customer-0"), "GDPR 17", "f1", NOW_US)
        assert [found_in(tmp_path, one) for one in wrapped] == [[], [], []]
        assert all(found_in(tmp_path, one) for one in drawn[4:7])


def test_a_name_that_comes_again_after_it_was_forgotten_is_somebody_new(opener: Opener) -> None:
    with opener() as log:
        log.append_events(EVENTS[:1])
        log.persons.forget(Name("customer", "Customer-Li"), "GDPR 17", "f1", NOW_US)
        log.append_events([payment(9, "Customer-Li", "Account-Li")])
        first, again = log.event("p1"), log.event("p9")
        assert first is not None
        assert again is not None
        assert again.keys["customer"] == "Customer-Li"
        assert first.keys["customer"] != "Customer-Li"


def test_a_decision_names_nobody_either(opener: Opener, tmp_path: Path) -> None:
    edge = PatternEdge("p1", "Account-Chen", "Account-Li", 5, None)
    given = dataclasses.replace(
        decision(1),
        event="p1",
        evidence=Evidence({"who": "Customer-Li"}, (), (ListHit("watch", "Account-Li", "note"),), {"cycle": (edge,)}),
        measures=(Measure("hold", "account", "Account-Li", 99, "rule.large"),),
    )
    with opener() as log:
        log.append_events(EVENTS[1:])
        assert log.append_decision(EVENTS[0], given) == given
        assert log.append_decision(EVENTS[0], dataclasses.replace(given, latency_ns=5)) == given
        assert log.decisions_of("p1") == [given]
        assert [text for text in CLEAR if found_in(tmp_path, text)] == []
        log.persons.forget(Name("customer", "Customer-Li"), "GDPR 17", "f1", NOW_US)
        (left,) = log.decisions_of("p1")
        assert is_token(left.measures[0].subject)
        assert left.evidence.patterns["cycle"][0].source == "Account-Chen"
        assert left.outcome == given.outcome


def test_a_hold_forbids_to_forget_until_its_date_or_until_it_is_lifted(opener: Opener) -> None:
    name = Name("customer", "Customer-Li")
    with opener() as log:
        log.append_events(EVENTS)
        log.persons.hold(name, Hold(NOW_US + 10, "investigation 7"), "h1", NOW_US)
        log.persons.hold(name, Hold(NOW_US + 5, "statute"), "h2", NOW_US)
        with pytest.raises(InputError, match="investigation 7") as caught:
            log.persons.forget(name, "GDPR 17", "f1", NOW_US + 9)
        assert caught.value.code == "vault.person.held"
        assert log.event("f1") is None
        log.persons.hold(name, None, "h3", NOW_US)
        assert log.persons.forget(name, "GDPR 17", "f2", NOW_US).names == 3
        log.persons.hold(Name("customer", "Customer-Chen"), Hold(NOW_US + 10, "investigation 7"), "h4", NOW_US)
        assert log.persons.forget(Name("customer", "Customer-Chen"), "GDPR 17", "f3", NOW_US + 10).names > 0


def test_the_master_key_turns_without_touching_a_record(opener: Opener, tmp_path: Path) -> None:
    second = make_master_key(tmp_path / "second.key")
    with opener() as log:
        log.append_events(EVENTS)
        payloads = list(log.payloads())
        assert log.persons.rotate_master(second) == 8
        assert log.event("p1") == EVENTS[0]
    with pytest.raises(DataError, match="does not open"):
        opener()
    with SqliteLog(tmp_path / "log.sqlite", master=master_from(f"file:{tmp_path / 'second.key'}"), contracts=CONTRACTS) as log:
        assert list(log.payloads()) == payloads
        assert [record.content for record in log.read()] == EVENTS
        assert log.append_events(EVENTS).repeated == 5


@pytest.mark.parametrize("writable", [True, False])
def test_another_master_key_opens_nothing_and_leaves_the_lock(opener: Opener, tmp_path: Path, writable: bool) -> None:
    with opener() as log:
        log.append_events(EVENTS)
    with pytest.raises(DataError) as caught:
        SqliteLog(tmp_path / "log.sqlite", writable=writable, master=LocalMasterKey(bytes(32)), contracts=CONTRACTS)
    assert caught.value.code == "vault.master.wrong"
    opener().close()


@pytest.mark.parametrize(
    ("source", "error"),
    [
        ("file:none.key", InputError),
        ("file:.", ExternalError),
        ("file:short.key", DataError),
        ("env:HUITONG_TEST_NONE", InputError),
        ("env:HUITONG_TEST_SHORT", DataError),
        ("vault.example", InputError),
    ],
)
def test_a_missing_or_broken_master_key_is_told(
    source: str, error: type[HuitongError], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "short.key").write_bytes(base64.b64encode(b"short"))
    with pytest.raises(error) as caught:
        master_from(source, {"HUITONG_TEST_SHORT": "short"})
    assert caught.value.cause["zh"]
    assert caught.value.remedy["en"]


def test_a_memory_that_is_full_forgets_and_asks_the_key_ring_again(opener: Opener, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huitong.store.vault.names.CACHED_MAX", 3)
    with opener() as log:
        for _ in range(2):
            log.append_events(EVENTS)
            log.append_batch(EventBatch.of_events(EVENTS, PAYMENT), PAYMENT)
            assert [record.content for record in log.read()] == EVENTS
    assert check_log(Path(log._reader.where)) == ()


def test_a_name_that_looks_like_a_token_is_refused(opener: Opener) -> None:
    with opener() as log, pytest.raises(InputError, match="cannot be written"):
        log.append_events([payment(1, "enc:abc", "A")])


def test_a_refused_call_leaves_no_key_that_nobody_has(opener: Opener) -> None:
    with opener() as log:
        log.append_events(EVENTS[:1])
        with pytest.raises(DataError):
            log.append_events([payment(7, "New", "Newer"), dataclasses.replace(EVENTS[0], data={"amount": 1})])
        assert log.persons.known_as("New") == []
        log.append_events([payment(7, "New", "Newer")])
        assert log.persons.known_as("New") == ["customer"]
        found = log.event("p7")
        assert found is not None
        assert found.keys["customer"] == "New"


PLAIN_NAMES = st.text(max_size=5).filter(lambda text: not text.startswith(PREFIX))
"""What looks like a token is refused, which other tests see; hypothesis finds our prefix, a constant of the code, by itself."""


@settings(deadline=None)  # each example waits for the disk
@given(st.lists(st.tuples(PLAIN_NAMES, PLAIN_NAMES | st.none(), PLAIN_NAMES), max_size=20))
def test_any_names_come_back_as_they_went_in_one_by_one_or_in_columns(
    tmp_path_factory: pytest.TempPathFactory, names: list[tuple[str, str | None, str]]
) -> None:
    folder = tmp_path_factory.mktemp("names")
    events = [payment(number, customer, account or "", account, holder) for number, (customer, account, holder) in enumerate(names)]
    with (
        SqliteLog(folder / "one.sqlite", master=MASTER, contracts=CONTRACTS) as one,
        SqliteLog(folder / "many.sqlite", master=MASTER, contracts=CONTRACTS) as many,
    ):
        one.append_events(events)
        many.append_batch(EventBatch.of_events(events, PAYMENT), PAYMENT)
        for log in (one, many):
            assert [record.content for record in log.read()] == events
            assert [event for part in log.read_batches(PAYMENT) for event in part.batch.events(PAYMENT)] == events
            assert log.append_events(events).new == 0


def test_a_decision_on_an_event_that_is_there_already_names_nobody(opener: Opener, tmp_path: Path) -> None:
    measures = (Measure("hold", "account", "Account-Li", 99, "rule.large"),)
    given = dataclasses.replace(decision(1), event="p1", evidence=Evidence(), measures=measures)
    with opener() as log:
        log.append_events(EVENTS)
        assert log.append_decision(None, given) == given
        assert log.decisions_of("p1") == [given]
        assert [text for text in CLEAR if found_in(tmp_path, text)] == []
