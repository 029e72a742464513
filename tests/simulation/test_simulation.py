"""Hundreds of lives of a log, and tens of a whole bank, each made by a seed; ``python -m tests.simulation --seeds 10000`` lives more."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any
from unittest.mock import patch

import pytest

from huitong.app.calls import Call as DecidedCall
from huitong.app.decider import Decider
from huitong.app.deciding import Asked
from huitong.app.folding import fold
from huitong.app.live import Live
from huitong.app.progress import Progress
from huitong.contracts import Answered, Decision, Event, Log
from huitong.features import FeatureEngine
from huitong.kernel import HuitongError
from huitong.store.journal import Journal
from huitong.store.sqlite.storage import SqliteSession
from huitong.store.storage import AgainError, Session, UncertainError
from huitong.store.vault import MasterKey, Names, Vault
from huitong.store.vault.pages import Pages
from huitong.store.writer import Answer, Call, Writer
from tests.simulation.faults import FaultySession
from tests.simulation.memory import Disk, MemorySession
from tests.simulation.run import LIVES, Life, run_seed

CHUNKS, CHUNK = 10, 20
BANK_CHUNKS, BANK_CHUNK = 6, 2


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_a_log_keeps_its_promises_whatever_a_seed_makes_of_the_world(chunk: int) -> None:
    assert [broken for seed in range(1_000 + chunk * CHUNK, 1_000 + (chunk + 1) * CHUNK) if (broken := run_seed(seed))] == []


@pytest.mark.parametrize("chunk", range(BANK_CHUNKS))
def test_a_bank_answers_as_if_nothing_had_happened_whatever_a_seed_makes_of_the_world(chunk: int) -> None:
    seeds = range(1_000 + chunk * BANK_CHUNK, 1_000 + (chunk + 1) * BANK_CHUNK)
    assert [broken for seed in seeds if (broken := run_seed(seed, life="bank"))] == []


@pytest.mark.parametrize("life", LIVES)
def test_a_seed_lives_the_same_life_again(life: Life, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []
    do = FaultySession._do

    def noted(self: FaultySession, name: str, act: object) -> object:
        calls.append(name)
        return do(self, name, act)  # type: ignore[arg-type]

    monkeypatch.setattr(FaultySession, "_do", noted)
    run_seed(3, life=life)
    first, calls = calls, []
    run_seed(3, life=life)
    assert first == calls
    assert len(first) > 100


def _never(*_: object, **__: object) -> None:
    """Does nothing where something has to be done."""


def _forget_doubt(journal: Journal) -> bool:
    journal._in_doubt = None
    return BEGIN(journal)


def _keep_edge(journal: Journal) -> None:
    journal._marks.pop()
    journal.session.undo()


def _drop_open(journal: Journal) -> None:
    ROLL_BACK(journal)
    journal._open = False


def _drop_or_fail(journal: Journal) -> None:
    journal._marks.clear()
    journal._unlearn()
    journal.session.roll_back()


def _attempt_blaming(writer: Writer, call: Call[Any]) -> Answer:
    writer._journal.mark()
    try:
        result = call.work(writer._journal)
    except (AgainError, UncertainError):
        raise
    except Exception as error:
        try:
            writer._journal.undo()
        except Exception:
            raise error from None
        return Answer(error=writer._said(error))
    writer._journal.release()
    return Answer(result)


def _kept_before(session: MemorySession, space: str, names: Sequence[bytes] | None = None) -> dict[bytes, bytes]:
    return session.image.kept(space, names) if names is not None else session._disk.committed.kept(space, None)


def _rewrap_unheard(names: Names, session: MemorySession, master: MasterKey) -> int:
    before = names._masters
    count = REWRAP(names, session, master)
    names._masters, names._wrapping = before, before[0]
    return count


def _decide_as_given(live: Live, event: Event, clock_ns: Callable[[], int]) -> Decision:
    with patch.object(live, "recomputed", lambda _there, clock: RECOMPUTED(live, event, clock)):
        return DECIDE_KNOWN(live, event, clock_ns)


def _conceal_all(vault: Vault, session: Session, events: Sequence[Event]) -> list[Event]:
    return vault.conceal_many(session, events)


def _fall_together(_: Decider, calls: Sequence[DecidedCall], error: BaseException) -> None:
    for call in calls:
        if call.outcome is None:
            call.settle(error)


def _answer_unfed(live: Live, asked: Sequence[Asked]) -> tuple[list[Answered], list[Decision | HuitongError]]:
    engine = live._engine
    assert engine is not None
    with patch.object(engine, "update", lambda event: UPDATE(engine, event) if event.kind == live.loaded.plan.decides else None):
        return ANSWERS(live, asked)


def _fold_but_one(engine: FeatureEngine, log: Log, offset: int, progress: Progress) -> int:
    return log.end() if log.end() == offset + 1 else FOLD(engine, log, offset, progress)


def _differs(_log: Log, _event: Event) -> bool:
    return False


def _lie(disk: Disk, *, late: bool = False) -> None:
    INIT(disk, late=late, honest=False)


BEGIN, ROLL_BACK, INIT, REWRAP = Journal.begin, Journal.roll_back, Disk.__init__, Names.rewrap
DECIDE_KNOWN, RECOMPUTED, ANSWERS, FOLD = Live.decide_known, Live.recomputed, Live.answers, fold
UPDATE = FeatureEngine.update
FOUND: dict[str, tuple[int, type, str, object]] = {
    "a storage that refused ROLLBACK ended the writer's thread": (1, Journal, "roll_back", _drop_or_fail),
    "callers were told of another's mistake when a call could not be taken back": (77, Writer, "_attempt", _attempt_blaming),
    "a name that was new in the commit of a rotation kept its old wrapping": (18, MemorySession, "kept", _kept_before),
    "between a rotation's commit and its answer the old master key still wrapped": (1, Names, "rewrap", _rewrap_unheard),
    "after a crash the write-ahead file kept the keys of who was forgotten": (4, SqliteSession, "_cut", _never),
}
"""Bugs that the simulator found in the log, made again here, each with the seed that sees it now."""
MUTANTS: dict[str, tuple[type, str, object]] = {
    "a commit without an answer is forgotten": (Journal, "begin", _forget_doubt),
    "what a call appended to the tree stays when the call is taken back": (Journal, "undo", _keep_edge),
    "a transaction that could not be dropped is forgotten": (Journal, "roll_back", _drop_open),
    "names of a transaction that was taken back are remembered": (Names, "renew", _never),
    "names that were read are remembered when they are forgotten": (Names, "blank", _never),
    "pages keep the names of who is forgotten": (Pages, "take_off", _never),
    "the disk acknowledges what it does not keep": (Disk, "__init__", _lie),
    "heads are not kept": (MemorySession, "put_head", _never),
    "tiles are not kept": (MemorySession, "put_tiles", _never),
}
SEEDS_TRIED = 120
FOUND_IN_BANK: dict[str, tuple[int, str, object]] = {
    "a payment written down before was decided by names that had been forgotten since": (
        12,
        "app.live.Live.decide_known",
        _decide_as_given,
    ),
    "rows of the forgotten were told as conflicts beside one": (59, "app.conflicts._agrees", _differs),
    "what followed from a forgotten person's payment could not be written": (12, "store.answers._follows", _conceal_all),
}
"""The same for a bank; ``tests/app/test_forgotten_since.py`` has these and others as tests of their own."""
BANK_MUTANTS: dict[str, tuple[int, str, object]] = {
    "an event that was written by itself is not folded": (5, "app.live.fold", _fold_but_one),
    "a decision that could not be written stays in the state": (1, "app.live.Live.forget", _never),
    "one bad event harms all of its group": (5, "app.decider.Decider._fell", _fall_together),
    "what follows from a decision is no feature of the next event": (0, "app.live.Live.answers", _answer_unfed),
}
BANK_SEEDS_TRIED = 30


def seen(seeds: Iterable[int], life: Life = "log") -> bool:
    """Whether a life of one of the seeds breaks, and not because what was put into the code cannot be called."""
    broken = next((broken for seed in seeds if (broken := run_seed(seed, life=life))), None)
    assert broken is None or ": TypeError: " not in broken.splitlines()[0], broken
    return broken is not None


@pytest.mark.parametrize("bug", FOUND)
def test_what_a_seed_found_it_finds_again_and_nothing_where_it_is_mended(bug: str, monkeypatch: pytest.MonkeyPatch) -> None:
    first, where, name, wrong = FOUND[bug]
    assert run_seed(first) is None
    monkeypatch.setattr(where, name, wrong)
    # Where the log asks its storage otherwise than it did, a life takes another course: another seed soon sees it too.
    assert seen(range(first, first + SEEDS_TRIED))


@pytest.mark.parametrize("mutant", MUTANTS)
def test_the_simulator_sees_a_log_that_breaks_its_promises(mutant: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A watch that never barks is no watch."""
    where, name, wrong = MUTANTS[mutant]
    monkeypatch.setattr(where, name, wrong)
    assert seen(range(SEEDS_TRIED))


@pytest.mark.parametrize("bug", FOUND_IN_BANK)
def test_what_a_seed_found_in_a_bank_it_finds_again_and_nothing_where_it_is_mended(bug: str) -> None:
    first, where, wrong = FOUND_IN_BANK[bug]
    assert run_seed(first, life="bank") is None
    with patch(f"huitong.{where}", wrong):
        assert seen(range(first, first + BANK_SEEDS_TRIED), "bank")


@pytest.mark.parametrize("mutant", BANK_MUTANTS)
def test_the_simulator_sees_a_bank_that_breaks_its_promises(mutant: str) -> None:
    first, where, wrong = BANK_MUTANTS[mutant]
    with patch(f"huitong.{where}", wrong):
        assert seen(range(first, first + BANK_SEEDS_TRIED), "bank")
