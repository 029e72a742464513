"""A day of the event clock at 500 payments a second through the served bank: does its memory stay where it is?

As ``steady_day``, with windows and lateness of an hour, so that four hours fill what is kept of payments; 50.4 million decisions, of which
the log keeps the newest as rows and seals the others, as it does by default. Two to three hours on two cores that have nothing else to do,
and a hundred gigabytes of disk: at this pace the service seals more slowly than it decides. Each hour is told as it ends.

``python benchmarks/run.py --only full_day``
"""

import sys

from benchmarks.steady_day import GOAL_PER_S, QUICK, Course, Row, rows_of

FULL = Course(per_s=GOAL_PER_S, accounts=200_000, window="1h", lateness="1h", hours_before=4, warm=900_000)


def measure(quick: bool = False) -> list[Row]:
    """All hours.

    Args:
        quick: Hours of seconds, to see that everything runs.
    """
    rows = []
    for row in rows_of(QUICK if quick else FULL):
        rows.append(row)
        print(row, file=sys.stderr, flush=True)
    return rows
