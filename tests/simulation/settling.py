"""What became of calls: an order of them, and of the parts that they are done in, after which all is as it is.

Calls that were answered are done, whole, and gave that answer. Of a call that was never answered any first parts may be done. What stands
in the log leads the way, so that few orders are tried.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from tests.simulation.calls import Call
from tests.simulation.chance import CrashError
from tests.simulation.model import Model, RefusedError, code, short

REFUSALS = {"store.disk.full", "store.held", "decide.deadline"}
"""What a fault may answer when it wrote nothing of the part at which it came."""
UNSURE = {"store.gone"}
"""What is answered where nobody knows."""


class BrokenError(AssertionError):
    """A promise was broken."""


@dataclass(frozen=True)
class _Course:
    """A call on its way.

    Attributes:
        call: The call.
        outcome: What was heard.
        sure: Whether all its parts must be done, and the answer be the model's.
        parts: How many parts may be done at most.
        given: What the parts that are done answered.
        over: Whether it was refused.
    """

    call: Call
    outcome: object
    sure: bool
    parts: int
    given: tuple[object, ...] = ()
    over: bool = False

    @classmethod
    def of(cls, call: Call, said: object, *, faulty: bool) -> "_Course":
        cut = faulty and code(said) in REFUSALS  # the part at which it came is not done
        sure = not cut and not isinstance(said, CrashError) and code(said) not in UNSURE
        return cls(call, said, sure, len(call.parts) - cut)

    @property
    def done(self) -> bool:
        return self.over or len(self.given) >= self.parts

    def wrong(self, model: Model) -> str:
        if self.over:
            return "" if self.given[0] == self.outcome else f"{short(self.outcome)} where {self.given[0]} was due"
        return self.call.wrong(self.call.answer(self.given), self.outcome, model)


def settled(
    model: Model, calls: Sequence[Call], outcomes: Sequence[object], *, faulty: bool, ids: Sequence[str], fits: Callable[[Model], None]
) -> Model:
    """The model after the calls.

    Args:
        model: The model before.
        calls: What was asked at one time.
        outcomes: What each caller heard; an error where one was raised.
        faulty: Whether something went wrong meanwhile, so that a call may be refused for it.
        ids: Ids of the records that are new.
        fits: Raises an ``AssertionError`` where a model is not what is there.

    Raises:
        BrokenError: If no order explains what is there and what was heard.
    """
    courses = [_Course.of(call, said, faulty=faulty) for call, said in zip(calls, outcomes, strict=True)]
    wrong: list[str] = []
    for found in _ways(model, len(model.entries), courses, ids, wrong):
        try:
            fits(found)
        except AssertionError as error:
            wrong.append(str(error))
        else:
            return found
    raise BrokenError(" / ".join(dict.fromkeys(wrong)) or f"{ids} are there without cause")


def _ways(model: Model, first: int, courses: Sequence[_Course], ids: Sequence[str], wrong: list[str]) -> Iterator[Model]:
    """Models after every order of the calls that leads to these records."""
    for row, course in enumerate(courses):
        if course.done:
            continue
        trial = model.copy()
        try:
            after = _one_on(course, trial)
        except RefusedError as error:
            after, trial = _refused(course, error.code), model
        except BrokenError as error:
            wrong.append(str(error))
            continue
        new = [entry.content.id for entry in trial.entries[first:]]
        if new != list(ids[: len(new)]):
            wrong.append(f"{new} where {ids} are there")
            continue
        if after.done and after.sure and (said := after.wrong(trial)):
            wrong.append(f"{course.call}: {said}")
            continue
        yield from _ways(trial, first, [*courses[:row], after, *courses[row + 1 :]], ids, wrong)
    for rows in _groups(courses, ids[len(model.entries) - first :]):
        trial = model.copy()
        together = _all_on(courses, rows, trial, first, ids, wrong)
        if together:
            yield from _ways(trial, first, together, ids, wrong)
    if not any(course.sure and not course.done for course in courses):
        if len(model.entries) - first == len(ids):
            yield model
        else:
            wrong.append(f"{len(model.entries) - first} new records were due, {len(ids)} are there")


def _groups(courses: Sequence[_Course], ids: Sequence[str], begun: tuple[int, ...] = ()) -> Iterator[tuple[int, ...]]:
    """Rows of calls of one group, two and more, whose events are the next ones."""
    if len(begun) > 1:
        yield begun
    for row, course in enumerate(courses):
        if course.done or row in begun or not course.call.group or len(begun) >= len(ids):
            continue
        if course.call.leads == ids[len(begun)] and (not begun or course.call.group == courses[begun[0]].call.group):
            yield from _groups(courses, ids, (*begun, row))


def _one_on(course: _Course, model: Model) -> _Course:
    part = course.call.parts[len(course.given)]
    return replace(course, given=(*course.given, part.apply(model)))


def _all_on(
    courses: Sequence[_Course], rows: Sequence[int], trial: Model, first: int, ids: Sequence[str], wrong: list[str]
) -> Sequence[_Course]:
    """The courses after some of them were done in one commit; none where that cannot be what happened."""
    calls = [courses[row].call for row in rows]
    try:
        given = calls[0].apply_all(calls, trial)
    except RefusedError:
        return ()
    if [entry.content.id for entry in trial.entries[first:]] != list(ids[: len(trial.entries) - first]):
        return ()
    after = list(courses)
    for row, one in zip(rows, given, strict=True):
        after[row] = replace(courses[row], given=(one,))
    said = [f"{after[row].call}: {why}" for row in rows if after[row].sure and (why := after[row].wrong(trial))]
    wrong += said
    return () if said else after


def _refused(course: _Course, said: str) -> _Course:
    return replace(course, outcome=code(course.outcome) or course.outcome, given=(said,), over=True)
