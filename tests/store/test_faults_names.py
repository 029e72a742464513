"""An ingest that is repeated after somebody was forgotten ends as if nothing had happened."""

import dataclasses
from pathlib import Path

import pytest

from huitong.contracts import Event, EventBatch
from huitong.kernel import DataError
from huitong.store import Name, SqliteLog, check_log, is_token
from huitong.store.vault import LocalMasterKey
from tests.simulation.model import PAYMENT
from tests.simulation.work import work_of

NOW_US = 2_000_000_000_000_000
PERSON = "Customer-1"
WORK = work_of(5)
"""Events one by one and in columns, and decisions."""


@pytest.fixture
def log(tmp_path: Path) -> SqliteLog:
    """A log that has forgotten one of its persons."""
    log = SqliteLog(tmp_path / "log.sqlite", master=LocalMasterKey(bytes(32)), contracts={PAYMENT.kind: PAYMENT})
    for doing in WORK:
        doing.act(log)
    log.persons.forget(Name("customer", PERSON), "asked", "f1", NOW_US)
    return log


def events_of(person: str) -> list[Event]:
    return [one for doing in WORK for one in doing.records if isinstance(one, Event) and one.keys["customer"] == person]


def test_the_same_calls_again_leave_every_record_and_the_head_as_they_were(log: SqliteLog, tmp_path: Path) -> None:
    before, root = list(log.payloads()), log.tree().root()
    assert len(events_of(PERSON)) > 3
    for doing in WORK:
        doing.act(log)
    assert log.append_batch(EventBatch.of_events(events_of(PERSON), PAYMENT), PAYMENT).new == 0
    assert list(log.payloads()) == before
    assert log.tree().root() == root
    read = log.event(events_of(PERSON)[0].id)
    assert read is not None
    assert is_token(read.keys["customer"])  # that the name came again gives nothing back
    log.close()
    assert check_log(tmp_path / "log.sqlite") == ()
    assert all(PERSON.encode() not in path.read_bytes() for path in tmp_path.glob("log.sqlite*"))


def test_what_can_still_be_told_must_be_the_same(log: SqliteLog) -> None:
    forgotten, other = events_of(PERSON)[0], events_of("Customer-2")[0]
    for changed in (
        dataclasses.replace(forgotten, data={**forgotten.data, "amount": 1}),
        dataclasses.replace(forgotten, keys={**forgotten.keys, "terminal": "T2"}),
        dataclasses.replace(other, keys={**other.keys, "customer": "Customer-3"}),
        dataclasses.replace(forgotten, data={name: value for name, value in forgotten.data.items() if name != "holder"}),
    ):
        with pytest.raises(DataError) as caught:
            log.append_events([changed])
        assert caught.value.code == "store.conflict"
    log.close()
