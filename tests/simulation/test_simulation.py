"""Hundreds of lives of a log, each made by a seed; ``python -m tests.simulation --seeds 10000`` lives more."""

import pytest

from huitong.store.journal import Journal
from huitong.store.sqlite.storage import SqliteSession
from huitong.store.vault import Names
from tests.simulation.faults import FaultySession
from tests.simulation.memory import Disk, MemorySession
from tests.simulation.run import run_seed

FOUND = {
    7: "a name that was new in the commit of a rotation kept its old wrapping",
    18: "callers were told of another caller's mistake when a part of a group could not be taken back",
    24: "a mark that could not be forgotten left rows that the tree did not know",
    35: "between a rotation's commit and its answer the writer wrapped with the old master key",
    38: "a storage that refused ROLLBACK ended the writer's thread",
    100: "a connection lost while one call was taken back was not waited for",
}
"""Seeds that broke something, when the simulator was what it was then, and what they found."""
CHUNKS, CHUNK = 10, 20


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_a_log_keeps_its_promises_whatever_a_seed_makes_of_the_world(chunk: int) -> None:
    assert [broken for seed in range(1_000 + chunk * CHUNK, 1_000 + (chunk + 1) * CHUNK) if (broken := run_seed(seed))] == []


@pytest.mark.parametrize("seed", FOUND)
def test_what_a_seed_once_broke_stays_whole(seed: int) -> None:
    assert run_seed(seed) is None


def test_a_seed_lives_the_same_life_again(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []
    do = FaultySession._do

    def noted(self: FaultySession, name: str, act: object) -> object:
        calls.append(name)
        return do(self, name, act)  # type: ignore[arg-type]

    monkeypatch.setattr(FaultySession, "_do", noted)
    run_seed(3)
    first, calls = calls, []
    run_seed(3)
    assert first == calls
    assert len(first) > 100


def _never(*_: object) -> None:
    """Does nothing where something has to be done."""


def _forget_doubt(journal: Journal) -> bool:
    journal._in_doubt = None
    return BEGIN(journal)


def _keep_edge(journal: Journal) -> None:
    journal._marks.pop()
    journal.session.undo()


def _drop_open(journal: Journal) -> None:
    journal._open = False
    ROLL_BACK(journal)
    journal._open = False


def _lie(disk: Disk) -> None:
    INIT(disk)
    disk.honest = False


BEGIN, ROLL_BACK, INIT = Journal.begin, Journal.roll_back, Disk.__init__
MUTANTS: dict[str, tuple[type, str, object]] = {
    "a commit without an answer is forgotten": (Journal, "begin", _forget_doubt),
    "what a call appended to the tree stays when the call is taken back": (Journal, "undo", _keep_edge),
    "a transaction that could not be dropped is forgotten": (Journal, "roll_back", _drop_open),
    "names of a transaction that was taken back are remembered": (Names, "renew", _never),
    "names that were read are remembered when they are forgotten": (Names, "blank", _never),
    "the disk acknowledges what it does not keep": (Disk, "__init__", _lie),
    "heads are not kept": (MemorySession, "put_head", _never),
    "tiles are not kept": (MemorySession, "put_tiles", _never),
    "the write-ahead file keeps destroyed keys": (SqliteSession, "_cut", _never),
}
SEEDS_TRIED = 120


@pytest.mark.parametrize("mutant", MUTANTS)
def test_the_simulator_sees_a_log_that_breaks_its_promises(mutant: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A watch that never barks is no watch."""
    where, name, wrong = MUTANTS[mutant]
    monkeypatch.setattr(where, name, wrong)
    assert any(run_seed(seed) for seed in range(SEEDS_TRIED))
