"""Answers on their way to the one who writes: what names nobody travels as the bytes of its record, the rest as it was decided."""

from dataclasses import replace
from pathlib import Path

import pytest

from huitong.contracts import Answered, Decision, Evidence
from huitong.kernel import InputError
from huitong.store import SqliteLog, encode_decision
from huitong.store.answers import WrittenDecision, written
from tests.store.build import decision, event


def nameless(number: int) -> Decision:
    return replace(decision(number), evidence=Evidence({"f": 1.0, "none": None}, contributions={"f": -0.25}), measures=())


def test_what_names_nobody_is_written_down_by_whoever_asks() -> None:
    quiet, named = nameless(1), decision(2)
    (one,) = written([Answered((event(1), event(2)), (quiet, named))])
    assert one.decisions == [WrittenDecision(quiet.id, quiet.event, quiet.latency_ns, encode_decision(quiet)), named]


def test_written_before_or_by_the_writer_the_log_holds_the_same(tmp_path: Path) -> None:
    with SqliteLog(tmp_path / "log.sqlite") as log:
        log.append_answers([Answered((event(1), event(2)), (nameless(1), decision(2)))], 0).result()
        assert [one.content for one in log.read()] == [event(1), event(2), nameless(1), decision(2)]
        assert log.decisions_of("p1") == [nameless(1)]


def test_what_no_record_can_hold_is_refused_before_it_is_queued(tmp_path: Path) -> None:
    with SqliteLog(tmp_path / "log.sqlite") as log:
        with pytest.raises(InputError, match="cannot be written"):
            log.append_answers([Answered((event(1),), (replace(nameless(1), outcome="\ud800"),))], 0)
        assert log.end() == 0
