"""What every log has to do, whatever it is kept in. An adapter joins by a line in ``ADAPTERS``."""

import dataclasses
import random
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from pathlib import Path

import numpy as np
import pytest

from huitong.contracts import Decision, Event, Log
from huitong.kernel import DataError
from huitong.store import RecordLog, encode_decision, encode_event, open_log
from huitong.store.apart import Opening
from tests.store.build import CONTRACT, batch, decision, event
from tests.store.postgres_server import drop_schemas, schema_of

Opener = Callable[[Path], AbstractContextManager[Log]]


def written_apart(folder: Path) -> RecordLog:
    """A log that another process writes."""
    log = open_log(folder / "log.sqlite")
    log.write_apart(Opening(folder / "log.sqlite", {}))
    return log


ADAPTERS: dict[str, Opener] = {
    "sqlite": lambda folder: open_log(folder / "log.sqlite"),
    "sqlite, written apart": written_apart,
    "postgresql": lambda folder: open_log(schema_of(folder)),
}


@pytest.fixture(params=ADAPTERS)
def opener(request: pytest.FixtureRequest) -> Iterator[Opener]:
    yield ADAPTERS[request.param]
    drop_schemas()


@pytest.fixture
def log(opener: Opener, tmp_path: Path) -> Iterator[Log]:
    with opener(tmp_path) as opened:
        yield opened


def test_an_empty_log_is_empty(log: Log) -> None:
    assert log.end() == 0
    assert list(log.read()) == []
    assert list(log.read_batches(CONTRACT)) == []
    assert log.event("p1") is None
    assert log.decision("d1") is None
    assert log.decisions_of("p1") == []
    appended = log.append_events([])
    assert (appended.first_offset, appended.new, appended.repeated) == (0, 0, 0)


def test_events_come_back_in_the_order_of_writing(log: Log) -> None:
    events = [event(3), event(1), event(2)]
    appended = log.append_events(events)
    assert (appended.first_offset, appended.new, appended.repeated) == (0, 3, 0)
    assert [record.content for record in log.read()] == events
    assert [record.offset for record in log.read()] == [0, 1, 2]
    assert [record.content for record in log.read(2)] == [event(2)]
    assert log.event("p1") == event(1)
    assert log.end() == 3


def test_the_bytes_are_canonical(log: Log) -> None:
    log.append_events([event(1)])
    log.append_decision(None, decision(1))
    assert [record.payload for record in log.read()] == [encode_event(event(1)), encode_decision(decision(1))]
    assert list(log.payloads(1)) == [encode_decision(decision(1))]


def test_an_event_sent_again_is_not_written_again(log: Log) -> None:
    log.append_events([event(1), event(2)])
    appended = log.append_events([event(2), event(3), event(3)])
    assert (appended.first_offset, appended.new, appended.repeated) == (2, 1, 2)
    assert log.end() == 3


def test_an_id_with_other_content_is_refused_with_both_and_nothing_is_written(log: Log) -> None:
    log.append_events([event(1)])
    with pytest.raises(DataError) as caught:
        log.append_events([event(2), event(1, amount=99)])
    for language in ("en", "zh"):
        assert '"amount":1250' in caught.value.cause[language]
        assert '"amount":99' in caught.value.cause[language]
    assert log.end() == 1
    with pytest.raises(DataError):
        log.append_events([event(7), event(7, amount=1)])
    assert log.event("p7") is None
    assert log.append_events([event(2)]).new == 1


def test_columns_are_written_like_events(log: Log) -> None:
    log.append_events([event(1)])
    appended = log.append_batch(batch(3), CONTRACT)
    assert (appended.first_offset, appended.new, appended.repeated) == (1, 2, 1)
    assert [record.content for record in log.read()] == [event(1), event(0), event(2)]
    assert log.append_batch(batch(0), CONTRACT).new == 0


def test_columns_are_read_in_the_order_of_the_log_from_any_offset(log: Log) -> None:
    log.append_batch(batch(5), CONTRACT)
    log.append_decision(None, decision(1))
    log.append_events([Event("l1", "payment.labelled", 9, {}, {"fraud": True})])
    log.append_batch(batch(2, start=5), CONTRACT)
    read = list(log.read_batches(CONTRACT, rows=3))
    assert [len(one.batch) for one in read] == [3, 3, 1]
    assert [found for one in read for found in one.batch.events(CONTRACT)] == [event(number) for number in range(7)]
    assert read[-1].next_offset == log.end() == 9
    (rest,) = log.read_batches(CONTRACT, read[0].next_offset)
    assert rest.batch.ids.to_pylist() == ["p3", "p4", "p5", "p6"]


def test_kinds_are_read_apart_and_decisions_left_out(log: Log) -> None:
    label = Event("l1", "payment.labelled", 9, {}, {"fraud": True})
    log.append_decision(event(1), decision(1))
    log.append_events([label])
    assert [record.content for record in log.read(kinds=["payment.labelled"])] == [label]
    assert [record.content for record in log.read(kinds=["payment.labelled", "payment.requested"])] == [event(1), label]


def test_kinds_come_in_the_order_of_the_log_however_they_lie_among_each_other(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huitong.store.log.PAGE_ROWS", 7)
    chance = random.Random(5)
    kinds = ["payment.requested", "payment.labelled", "login", "never"]
    for number in range(60):
        log.append_events([Event(f"e{number}", chance.choice(kinds[:3]), number, {}, {})])
        if number % 4 == 0:
            log.append_decision(None, dataclasses.replace(decision(number), event=f"e{number}"))
    whole = list(log.read())
    for wanted in (["login"], ["never"], [], ["login", "never", "payment.requested"], kinds, ["login", "login"]):
        for first in (0, 1, 29, log.end()):
            expected = [one for one in whole if one.offset >= first and isinstance(one.content, Event) and one.content.kind in wanted]
            assert list(log.read(first, wanted)) == expected


def test_an_event_and_its_decision_are_written_together(log: Log) -> None:
    assert log.append_decision(event(1), decision(1)) == decision(1)
    assert [record.content for record in log.read()] == [event(1), decision(1)]
    assert log.decision("d1") == decision(1)
    assert log.decisions_of("p1") == [decision(1)]


def test_a_decision_given_again_is_the_first_one(log: Log) -> None:
    log.append_decision(event(1), decision(1))
    slower = dataclasses.replace(decision(1), latency_ns=999_999)
    assert log.append_decision(event(1), slower) == decision(1)
    assert log.end() == 2
    with pytest.raises(DataError):
        log.append_decision(event(1), decision(1, outcome="decline"))
    assert log.decision("d1") == decision(1)


def test_a_refused_decision_takes_its_event_with_it(log: Log) -> None:
    log.append_events([event(1)])
    with pytest.raises(DataError):
        log.append_decision(event(1, amount=5), decision(1))
    log.append_decision(None, decision(2))
    with pytest.raises(DataError):
        log.append_decision(event(3), decision(2, outcome="decline"))
    assert log.event("p3") is None
    assert log.end() == 2


def test_an_event_may_have_the_id_of_a_decision(log: Log) -> None:
    log.append_events([dataclasses.replace(event(1), id="d1")])
    assert log.append_decision(None, decision(1)) == decision(1)
    assert isinstance(log.event("d1"), Event)
    assert isinstance(log.decision("d1"), Decision)


def test_many_threads_write_and_read_and_nothing_is_lost_or_doubled(log: Log) -> None:
    def write(thread: int) -> None:
        for number in range(20):
            log.append_decision(event(100 * thread + number), decision(100 * thread + number))
            log.append_events([event(number)])
            assert log.event(f"p{number}") == event(number)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, range(1, 5)))
    assert log.end() == 4 * 40 + 20
    assert [record.offset for record in log.read()] == list(range(log.end()))


def test_what_was_written_is_there_after_opening_again(opener: Opener, tmp_path: Path) -> None:
    with opener(tmp_path) as log:
        log.append_decision(event(1), decision(1))
    with opener(tmp_path) as log:
        assert log.decisions_of("p1") == [decision(1)]
        assert log.append_events([event(1), event(2)]).repeated == 1


def test_batches_of_several_kinds_are_written_in_one_order(log: Log) -> None:
    first, second = batch(3), batch(2, start=10)
    appended = log.append_batches([first, second], [CONTRACT, CONTRACT], np.array([0, 1, 0, 1, 0]))
    assert (appended.first_offset, appended.new, appended.repeated) == (0, 5, 0)
    assert [record.content for record in log.read()] == [event(number) for number in (0, 10, 1, 11, 2)]
    assert log.append_batches([first], [CONTRACT], np.array([0, 0, 0])).repeated == 3
    assert log.append_batches([], [], np.array([], np.intp)).new == 0
