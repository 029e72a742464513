"""Many calls in one group, small and large: what is written together is answered as if each had come alone."""

import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from huitong.contracts import Appended
from huitong.kernel import HuitongError, InputError
from huitong.store import GroupCommit, RecordLog, encode_event, open_log
from huitong.store.postgres import PostgresLog
from huitong.store.storage import Records
from huitong.store.writer import Call, Writer
from tests.store.build import event
from tests.store.postgres_server import drop_schemas, schema_of
from tests.store.test_postgres import code_of


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    yield schema_of(tmp_path)
    drop_schemas()


Step = tuple[bool, Sequence[tuple[int, int]]]


def records_of(step: Step) -> Records:
    """Events by number and amount; the amount makes other content."""
    events = [event(number, amount) for number, amount in step[1]]
    kinds, ids = [one.kind for one in events], [one.id for one in events]
    return Records(kinds, ids, ids if step[0] else None, [0] * len(events), [encode_event(one) for one in events])


def large(start: int, count: int = 1_500) -> list[tuple[int, int]]:
    return [(number, 1) for number in range(start, start + count)]


GROUPS: list[list[Step]] = [
    [(False, [(1, 1), (2, 1)]), (False, [(2, 1), (3, 1)]), (True, [(1, 1)])],
    [(False, [(2, 1)]), (False, [(4, 1)]), (False, [(5, 1), (3, 2)]), (True, [(1, 1), (9, 1)]), (False, [(5, 1), (5, 1)])],
    [(False, large(100)), (False, [(100, 1)]), (False, [(101, 2)]), (True, large(100)), (False, [(6, 1)])],
    [(False, [(7, 1)]), (False, large(1_000)), (False, [(7, 1), (8, 1)]), (False, [*large(5_000), (1, 2)]), (False, [(5_001, 1)])],
    [(False, [(1, 1)]), (False, [(10, 1)]), (False, large(1_400)), (False, [(10, 1)]), (False, [(2, 1), (11, 1)]), (True, [(100, 1)])],
    [(False, [(1, 1)]), (False, [(2, 1)]), (False, [(3, 2)])],
]


def test_groups_of_small_and_large_calls_new_repeated_and_conflicting_are_answered_as_calls_that_come_alone(
    tmp_path: Path, url: str
) -> None:
    answers: list[list[Appended | str]] = []
    contents = []
    roots = []
    for address, answered in ((tmp_path / "alone.sqlite", one_by_one), (tmp_path / "log.sqlite", in_one_group), (url, in_one_group)):
        with open_log(address, bounds=GroupCommit(calls_max=100)) as log:
            given: list[Appended | str] = []
            for group in GROUPS:
                given += answered(log, group)
            answers.append(given)
            contents.append(list(log.payloads()))
            roots.append(log.tree().root())
    assert answers[0] == answers[1] == answers[2]
    assert "store.conflict" in answers[0]
    assert contents[0] == contents[1] == contents[2]
    assert roots[0] == roots[1] == roots[2]


def answer_of(call: Call[Appended]) -> Appended | str:
    error = call.error()
    assert error is None or isinstance(error, HuitongError), error
    return call.result() if error is None else error.code


def one_by_one(log: RecordLog, steps: list[Step]) -> list[Appended | str]:
    writer = log._writer
    assert isinstance(writer, Writer)
    return [answer_of(writer.submit(lambda journal, step=step: journal.append(records_of(step)))) for step in steps]  # type: ignore[misc]  # mypy cannot type a default of a lambda


def in_one_group(log: RecordLog, steps: list[Step]) -> list[Appended | str]:
    writer, gate = log._writer, threading.Event()
    assert isinstance(writer, Writer)
    opened = writer.submit(lambda _: gate.wait())
    while writer._calls:
        time.sleep(0.001)
    calls = [writer.submit(lambda journal, step=step: journal.append(records_of(step))) for step in steps]  # type: ignore[misc]  # mypy cannot type a default of a lambda
    gate.set()
    opened.result()
    return [answer_of(call) for call in calls]


@pytest.mark.parametrize("bad", ["p\x00", "x" * 3_000])
def test_an_id_that_the_database_cannot_hold_harms_no_other_call(url: str, bad: str) -> None:
    with PostgresLog(url) as log:
        records = Records(["k"], [bad], None, [0], [b"{}"])
        assert log._writer is not None
        calls = [log._writer.submit(lambda journal, r=r: journal.append(r)) for r in (records_of((False, [(1, 1)])), records)]  # type: ignore[misc]  # mypy cannot type a default of a lambda
        assert calls[0].result().new == 1
        with pytest.raises(InputError) as caught:
            calls[1].result()
        assert code_of(caught) == "store.id.unusable"
        assert log.event(bad) is None
        assert log.decisions_of("\x00") == []
        assert log.end() == 1
