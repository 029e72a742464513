"""Two versions on the same payments: who is decided differently, and who of them was right."""

import numpy as np
import numpy.typing as npt

from huitong.contracts import NULL_INT, Float64Array
from huitong.evaluation.columns import ReplayColumns, Rival
from huitong.evaluation.contents import Comparison, Difference, Transition
from huitong.evaluation.days import Calendar
from huitong.evaluation.outcomes import BoolArray, effect_of, has_role, tally, tally_outcomes

DIFFERENCES_MAX = 200
"""Most differing payments listed."""


def compare(columns: ReplayColumns, rival: Rival, calendar: Calendar) -> Comparison:
    """This version against the rival. Outcomes are ordered mildest first, so "stricter" is a higher code."""
    now, before = columns.outcome, rival.outcome
    rows = np.flatnonzero(now != before)
    amount, label = columns.amount_minor[rows], columns.label[rows]
    stricter = now[rows] > before[rows]
    this_right = ((label == 1) & stricter) | ((label == 0) & ~stricter)
    other_right = (label >= 0) & ~this_right
    through_now, through_before = (has_role(columns.outcomes, outcome[rows], "pass") for outcome in (now, before))
    return Comparison(
        version=rival.version,
        title=dict(rival.title),
        effect=effect_of(columns, before, tally_outcomes(columns, before), calendar, columns.costs),
        transitions=_transitions(columns, before),
        differing=len(rows),
        this_right=tally(amount, this_right),
        other_right=tally(amount, other_right),
        undecided=tally(amount, label < 0),
        gained_minor=tally(amount, (label == 1) & ~through_now & through_before).amount_minor,
        lost_minor=tally(amount, (label == 1) & through_now & ~through_before).amount_minor,
        differences=_differences(columns, rival, rows, this_right),
    )


def _transitions(columns: ReplayColumns, before: npt.NDArray[np.integer]) -> tuple[Transition, ...]:
    words = len(columns.outcomes)
    pair = before.astype(np.int64) * words + columns.outcome
    found = []
    for code in np.flatnonzero(np.bincount(pair, minlength=words * words)):
        inside = np.flatnonzero(pair == code)
        amount, label = columns.amount_minor[inside], columns.label[inside]
        everyone = tally(amount, np.ones(len(inside), np.bool_))
        found.append(Transition(int(code) // words, int(code) % words, everyone, tally(amount, label == 1)))
    return tuple(found)


def _differences(columns: ReplayColumns, rival: Rival, rows: npt.NDArray[np.intp], this_right: BoolArray) -> tuple[Difference, ...]:
    amount = np.where(columns.amount_minor[rows] == NULL_INT, 0, columns.amount_minor[rows])
    shown = np.argsort(-amount, kind="stable")[:DIFFERENCES_MAX]
    return tuple(
        Difference(
            id=str(columns.ids[row]) if columns.ids is not None else str(row),
            time_us=int(columns.time_us[row]),
            amount_minor=int(amount[place]),
            before=int(rival.outcome[row]),
            after=int(columns.outcome[row]),
            score_before=_score(rival.score, row),
            score_after=_score(columns.score, row),
            label=int(columns.label[row]),
            right="unknown" if columns.label[row] < 0 else "this" if this_right[place] else "other",
            customer=_customer(columns, row),
        )
        for place, row in zip(shown.tolist(), rows[shown].tolist(), strict=True)
    )


def _customer(columns: ReplayColumns, row: int) -> str | None:
    code = int(columns.customer[row])
    return None if columns.customers is None or code < 0 else str(columns.customers[code])


def _score(scores: Float64Array | None, row: int) -> float | None:
    return None if scores is None or np.isnan(scores[row]) else float(scores[row])
