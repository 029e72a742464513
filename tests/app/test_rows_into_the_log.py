"""Rows of one call that the log refuses hold up no other, each is told of as if it had come alone, and all others go in together."""

import random
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TypeAlias

import pytest

from huitong.app import Bank, ingesting
from huitong.app.serving import BankService
from huitong.contracts import Appended, Event
from huitong.store import RecordLog
from tests.app.small_world import clock

ROWS = 200
RESERVED = "enc:AAAA"
"""No name may look like this."""
TOKEN = re.compile(r"enc:[\w-]{20,}")
"""Of a name, drawn anew in each bank."""
Told: TypeAlias = "tuple[int, str, str, object]"


@pytest.fixture
def bank(trained_bank: Path, tmp_path: Path) -> Iterator[Bank]:
    with Bank(shutil.copytree(trained_bank / "bank", tmp_path / "bank"), clock=clock(), threads=2) as opened:
        yield opened


def payment(number: int, **changed: object) -> dict[str, object]:
    given = {"time": "2025-12-05T09:30:00Z", "amount": "128.50", "currency": "CNY", "customer": f"C{number % 7}"}
    return {"id": f"R-{number}", "kind": "payment.requested", **given, **changed}


def told(service: BankService, rows: list[dict[str, object]]) -> tuple[int, int, list[Told]]:
    done = service.ingest(rows)
    return done.new, done.repeated, [(row, error.code, TOKEN.sub("…", str(error.cause)), error.remedy) for row, error in done.refused]


def told_one_by_one(service: BankService, rows: list[dict[str, object]]) -> tuple[int, int, list[Told]]:
    each = [told(service, [row]) for row in rows]
    refused = [(row, *one[1:]) for row, (_, _, some) in enumerate(each) for one in some]
    return sum(new for new, _, _ in each), sum(repeated for _, repeated, _ in each), refused


@pytest.fixture
def commits(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many events each commit wrote."""
    made, append = list[int](), RecordLog.append_events

    def counted(log: RecordLog, events: list[Event]) -> Appended:
        done = append(log, events)
        made.append(len(events))
        return done

    monkeypatch.setattr(RecordLog, "append_events", counted)
    return made


def test_rows_that_contradict_the_log_leave_the_others_one_commit(bank: Bank, commits: list[int]) -> None:
    service = BankService(bank, "small")
    service.ingest([payment(number) for number in range(0, ROWS, 2)])
    commits.clear()
    done = service.ingest([payment(number, amount="1.00" if number % 4 == 0 else "128.50") for number in range(ROWS)])
    assert (done.new, done.repeated) == (ROWS // 2, ROWS // 4)
    assert [row for row, _ in done.refused] == list(range(0, ROWS, 4))
    assert {error.code for _, error in done.refused} == {"store.conflict"}
    assert commits == [ROWS - ROWS // 4]


def test_many_rows_are_written_in_parts_between_which_decisions_get_their_turn(
    bank: Bank, commits: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ingesting, "ROWS_AT_ONCE", 64)
    done = BankService(bank, "small").ingest([payment(number % 150, amount=f"{number // 190}.50") for number in range(ROWS)])
    assert (done.new, done.repeated, [row for row, _ in done.refused]) == (150, 40, list(range(190, 200)))
    assert max(commits) <= 64


def test_a_row_that_is_refused_for_itself_costs_few_commits(bank: Bank, commits: list[int]) -> None:
    done = BankService(bank, "small").ingest(
        [payment(number, **({"customer": RESERVED} if number == 77 else {})) for number in range(ROWS)]
    )
    assert (done.new, [(row, error.code) for row, error in done.refused]) == (ROWS - 1, [(77, "vault.name.reserved")])
    assert len(commits) < 10


@pytest.mark.parametrize("seed", range(6))
def test_each_row_is_told_what_it_would_be_told_alone(trained_bank: Path, tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    before = [payment(number) for number in chance.sample(range(30), 12)]
    odd: list[dict[str, object]] = [{}, {"amount": "1.00"}, {"time": "2025-12-06T09:30:00Z"}, {"customer": RESERVED}, {"amount": "-1"}]
    rows = [payment(chance.randrange(30), **chance.choices(odd, [6, 2, 1, 1, 1])[0]) for _ in range(60)]
    answers, logs = [], []
    for way in (told, told_one_by_one):
        root = shutil.copytree(trained_bank / "bank", tmp_path / way.__name__)
        with Bank(root, clock=clock(), threads=2) as bank:
            service = BankService(bank, "small")
            service.ingest(before)
            first = bank.log.end()
            answers.append(way(service, rows))
            logs.append([record.content for record in bank.log.read(first)])
    assert answers[0] == answers[1]
    assert sorted(map(str, logs[0])) == sorted(map(str, logs[1]))
