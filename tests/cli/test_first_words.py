"""What a newcomer types first."""

from importlib.metadata import version
from pathlib import Path

from huitong.app import Bank
from huitong.app.folding import columns_of_log
from huitong.cli.words import WORDS
from tests.app.small_world import clock
from tests.cli.conftest import Run


def test_the_version_is_told(run: Run) -> None:
    assert run("--version").out == f"huitong {version('huitong')}\n"


def test_a_language_that_is_not_ours_is_refused_for_help_too(run: Run) -> None:
    for line in (("--lang", "fr", "--help"), ("decide", "--help", "--lang=fr")):
        ran = run(*line)
        assert (ran.code, ran.out, "'fr' is no language of ours" in ran.err) == (2, "", True)


def test_an_event_that_was_decided_before_says_that_the_log_answers(run: Run, root: Path) -> None:
    event = '{"id": "P-1", "time": "2025-10-01T12:00:00+08:00", "customer": "C1", "amount": "5", "currency": "CNY", "channel": "online"}'
    line = ("decide", event, "--policy", "small", "--bank", root, "--lang", "en")
    assert WORDS["decided_before"]["en"] not in run(*line).out
    assert WORDS["decided_before"]["en"] in run(*line).out


def test_reading_a_log_of_several_kinds_counts_up(run: Run, root: Path, tables: list[str]) -> None:
    assert run("ingest", *tables, "--bank", root).code == 0
    told: list[tuple[int, int | None]] = []
    with Bank(root, clock=clock(), threads=2) as bank:
        columns_of_log(bank.log, list(bank.contracts.values()), lambda _stage, done, total: told.append((done, total)))
    assert len(told) > 2
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert all(total is not None and done <= total for done, total in told)
