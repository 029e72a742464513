"""A bank that is served seals what is old by itself, while it decides, and every decision can still be made again."""

import threading
from collections.abc import Sequence
from pathlib import Path

from huitong.app import Bank, Source
from huitong.app.sealing import Sealing
from huitong.app.server import rounds_of
from huitong.store import check_log
from tests.app.small_world import clock
from tests.app.test_reproducing import payments


def test_old_records_are_sealed_among_calls(root: Path, sources: Sequence[Source]) -> None:
    with Bank(root, clock=clock(), threads=2) as bank:
        bank.logbook.write_apart()
        events = payments(bank, sources, 300)
        sealing = Sealing(bank, rows=100, at_least=50)
        for event in events[:200]:
            bank.decide(event, policy="small")
        before = bank.log.end()
        working = threading.Thread(target=sealing.round)
        working.start()
        for event in events[200:]:
            bank.decide(event, policy="small")
        working.join()
        sealed = bank.log.sealed
        assert before - 100 <= sealed <= bank.log.end() - 100
        assert sealing.counts() == {"sealed": sealed}
        first = bank.log.decisions_of(events[0].id)
        assert [one.event for one in first] == [events[0].id]
        assert bank.decide(events[0], policy="small") == first[0], "asked again, a sealed decision is the answer"
        report = bank.replay("small")
        assert report.reproduced is not None
        assert report.reproduced.differing == ()
    assert check_log(root / "log" / "log.sqlite") == ()


def test_too_little_is_left_as_rows_and_so_is_all_where_nothing_is_to_be_sealed(root: Path, sources: Sequence[Source]) -> None:
    with Bank(root, clock=clock(), threads=2) as bank:
        for event in payments(bank, sources, 60):
            bank.decide(event, policy="small")
        end = bank.log.end()
        for rows, at_least in ((0, 1), (end, 1), (end - 10, 11)):
            Sealing(bank, rows, at_least).round()
            assert bank.log.sealed == 0
        Sealing(bank, end - 10, 10).round()
        assert bank.log.sealed == 10


def test_the_end_of_the_service_ends_a_sealing(root: Path, sources: Sequence[Source]) -> None:
    with Bank(root, clock=clock(), threads=2) as bank:
        for event in payments(bank, sources, 60):
            bank.decide(event, policy="small")
        sealing = Sealing(bank, rows=10, at_least=1)
        sealing.stop()
        sealing.round()
        assert (bank.log.sealed, sealing.counts()) == (0, {"sealed": 0})
        assert "sealing" in [one.name for one in rounds_of(bank)]
