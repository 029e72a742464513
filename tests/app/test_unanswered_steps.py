"""A step of a roll-out whose commit gets no answer and is there all the same: who decides from then on is whom the book names."""

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from pathlib import Path

import pytest

from huitong.app import Source
from huitong.contracts import Answered
from huitong.decisions.rollout import PolicyRollout
from huitong.kernel import ExternalError
from huitong.store.errors import gone
from tests.app.test_rollouts import LI, WANG, People, change, first_live, people

__all__ = ["people"]
CUSTOMERS = [f"K{number}" for number in range(40)]


def to_canary(people: People, sources: list[Source], root: Path, limit: int) -> tuple[str, str]:
    """The live version, and one with another limit that decides for half of the customers."""
    office, first = people.bank.rollouts, first_live(people, sources)
    change(root, "amount > 200000", f"amount > {limit}")
    second = office.draft(people(LI), "small", "another limit")
    office.replayed(people(LI), "small", people.bank.replay("small", sources))
    office.forward(people(WANG), "small", second, "shadow")
    people.pay(CUSTOMERS[:20], 100)
    office.forward(people(WANG), "small", second, "canary", share_ppm=500_000)
    assert set(people.pay(CUSTOMERS, 100)) == {first, second}
    return first, second


@pytest.fixture
def unanswered(people: People, monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """From when it is called on, the next step of a version is written and not answered."""
    append = people.bank.log.append_answers

    def begin() -> None:
        def lost(answers: Sequence[Answered], at: int) -> Future[None]:
            pending = append(answers, at)
            if all(one.kind != "policy.moved" for answer in answers for one in answer.consequences):
                return pending  # type: ignore[return-value]  # what a log promises has the part of a future that is used
            pending.result()
            monkeypatch.undo()
            answer: Future[None] = Future()
            answer.set_exception(gone("the address", "the connection broke"))
            return answer

        monkeypatch.setattr(people.bank.log, "append_answers", lost)

    return begin


def test_a_canary_that_was_taken_back_decides_no_more(
    people: People, sources: list[Source], root: Path, unanswered: Callable[[], None]
) -> None:
    first, _ = to_canary(people, sources, root, 150_000)
    unanswered()
    with pytest.raises(ExternalError):
        people.bank.rollouts.back(people(LI), "small", "harm")
    assert set(people.pay(CUSTOMERS, 100)) == {first}


def test_a_canary_that_took_itself_back_decides_no_more(
    people: People, sources: list[Source], root: Path, monkeypatch: pytest.MonkeyPatch, unanswered: Callable[[], None]
) -> None:
    office, (first, _) = people.bank.rollouts, to_canary(people, sources, root, 20)
    sum_up = office.sum_up

    def summed(policy: str) -> None:
        sum_up(policy)
        people.pay(["K1"], 100)  # a decision between its evidence and its step

    monkeypatch.setattr(office, "sum_up", summed)
    unanswered()
    with pytest.raises(ExternalError):
        office.look("small")
    assert set(people.pay(CUSTOMERS, 100)) == {first}


def test_a_live_version_that_was_taken_back_decides_no_more(
    people: People, sources: list[Source], root: Path, unanswered: Callable[[], None]
) -> None:
    office, (first, second) = people.bank.rollouts, to_canary(people, sources, root, 150_000)
    office.forward(people(WANG), "small", second, "live")
    assert set(people.pay(CUSTOMERS, 100)) == {second}
    unanswered()
    with pytest.raises(ExternalError):
        office.back(people(LI), "small", "harm", second)
    assert set(people.pay(CUSTOMERS, 100)) == {first}


def test_a_step_that_gets_through_after_somebody_looked_is_found_by_the_next_round(
    people: People, sources: list[Source], root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    office, (first, second) = people.bank.rollouts, to_canary(people, sources, root, 150_000)
    before = office.status("small")
    office.back(people(LI), "small", "harm")
    with monkeypatch.context() as not_yet:
        not_yet.setattr(office, "status", lambda _policy: before)
        assert office.arms("small").canary == f"small@{second}", "it asked while the commit was still on its way"
    office.look_at_canaries()
    assert set(people.pay(CUSTOMERS, 100)) == {first}
    assert isinstance(before, PolicyRollout)
