"""A day of the event clock, at an even pace, through the served bank: does its memory stay where it is?

Each hour's payments go to the batch endpoint, one request after another, as fast as they are answered. The processes that decide, write and
take connections are looked at all the while: the least of an hour is what they rest at; the most holds, for a second, the copy of the
feature state that is on its way to the disk. Hours go before the day that counts: payments are kept as long as the longest window and for
the time by which one may come late, and what fills until then is no leak. Each account pays the same few others: since when two know each
other is remembered for ever, so that memory grows with pairs that are new, as with accounts that are. The service seals what is older than
its newest records while it decides, as every served bank does. The policy is else that of the single decisions, but its rules let pass and
its model asks for a second look at one payment in ten thousand: nobody works the alerts of this bank.

Such a day at 500 payments a second with the usual windows, and the two days before it that fill them, are 129.6 million decisions. Two
courses stand for it. The one of this benchmark has the windows, 5 payments a second and a hundredth of all else; ``full_day`` has the 500
a second, with windows and lateness of an hour.
"""

import http.client
import re
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from math import inf
from pathlib import Path

import numpy as np

from benchmarks.decision import features_toml, policy_toml
from benchmarks.service import make_bank, processes, served, service_of
from benchmarks.service_events import body_of, events_of
from benchmarks.streams import SEED, Stream, draw_accounts
from benchmarks.taken import disk_mib, resident_mib
from benchmarks.watching import looking
from huitong.app import Bank
from huitong.app.settings import ROWS
from huitong.contracts import EventBatch
from huitong.kernel import duration_us

HOURS = 24
GOAL_PER_S = 500
STEPS = (1, 7_919, 13_007)
"""From whoever pays to whom they pay, in the order of accounts."""
SPREAD = 0.5
"""Of how much the accounts pay: so little that nearly all pairs have met after the first day."""
LINES_MAX = 20_000
"""Of one request."""
LOOK_EVERY_S = 0.25
SHARES = (0.9999, 0.99999)

Row = dict[str, object]


@dataclass(frozen=True, slots=True)
class Course:
    """A way to go through the day.

    Attributes:
        per_s: Payments a second of the event clock.
        accounts: Of how many accounts.
        window: How long each window of the policy's features is at most.
        lateness: How late a payment may come and still be put in its place.
        hours_before: Hours that go before the day, in which memory fills.
        hour_s: Seconds of an hour, less where it is only to be seen that everything runs.
        warm: The first payments, which the bank has already.
    """

    per_s: int
    accounts: int
    window: str
    lateness: str
    hours_before: int
    hour_s: int = 3_600
    warm: int = 60_000

    @property
    def hour(self) -> int:
        """Payments of an hour."""
        return self.per_s * self.hour_s

    @property
    def settings(self) -> str:
        """The settings of a bank that keeps as many rows as one with the goal's load does by default, in proportion."""
        return f"[log]\nrows = {ROWS * self.per_s // GOAL_PER_S}\n"

    @property
    def features(self) -> str:
        """The features of the single decisions, none of which looks back further than the course lets it."""
        longest_us = duration_us(self.window)
        shorter = re.sub(
            r'"(\d+[hd])"', lambda found: f'"{self.window}"' if duration_us(found[1]) > longest_us else found[0], features_toml()
        )
        return shorter.replace("[settings]\n", f'[settings]\nlateness = "{self.lateness}"\n')


EASY = Course(per_s=5, accounts=50_000, window="24h", lateness="24h", hours_before=48)
QUICK = Course(per_s=2, accounts=20_000, window="24h", lateness="24h", hours_before=2, hour_s=4, warm=3_000)


def stream_of(course: Course) -> Stream:
    """Payments at an even pace, among accounts of which some are busier than others; each pays a few others."""
    count = course.warm + course.hour * (course.hours_before + HOURS)
    random = np.random.default_rng([SEED, course.accounts])
    payer = draw_accounts(random, course.accounts, count, SPREAD).astype(np.int32)
    payee = ((payer + random.choice(STEPS, count)) % course.accounts).astype(np.int32)
    times_us = np.arange(count, dtype=np.int64) * 1_000_000 // course.per_s
    return Stream("DAY", payer, payee, times_us, np.maximum(1, np.rint(100 * random.lognormal(4, 1.2, count))).astype(np.int64))


def bodies_of(stream: Stream, begin: int, end: int) -> Iterator[bytes]:
    """Payments as lines of a batch, a request's at a time."""
    coming = (body_of(event) for event in events_of(stream, begin, end))
    while lines := list(islice(coming, LINES_MAX)):
        yield b"\n".join(lines)


def send(port: int, bodies: Iterator[bytes]) -> int:
    """Has requests decided, one after another, the next made ready meanwhile; how many lines were answered with a decision."""
    decided = 0
    connection = http.client.HTTPConnection("127.0.0.1", port)
    with ThreadPoolExecutor(1) as ahead:
        coming = ahead.submit(next, bodies, b"")
        while body := coming.result():
            coming = ahead.submit(next, bodies, b"")
            connection.request("POST", "/v1/decisions/batch", body, {"content-type": "application/x-ndjson"})
            decided += connection.getresponse().read().count(b'"outcome"')
    connection.close()
    return decided


Memory = dict[str, float]
"""MiB in use of a service, by what its processes do."""


def memory_mib(pid: int) -> Memory:
    """What a service takes now."""
    taken: Memory = {}
    for part, one in processes(pid):
        taken[part] = taken.get(part, 0.0) + resident_mib(one)
    return taken


@contextmanager
def watched(pid: int) -> Iterator[list[Memory]]:
    """What a service takes, every quarter of a second of what is done meanwhile; whole once that is over."""
    seen: list[Memory] = []
    with looking(lambda: seen.append(memory_mib(pid)), LOOK_EVERY_S):
        yield seen


def hours_of(folder: Path, stream: Stream, course: Course) -> Iterator[Row]:
    """A row for each hour; those before the day that counts have the numbers up to 0. The first of the stream are in the log already."""
    done = course.warm
    with served(service_of(folder, 1)) as (port, pid):
        for hour in range(1 - course.hours_before, HOURS + 1):
            begun, end = time.perf_counter(), done + course.hour
            with watched(pid) as seen:
                decided = send(port, bodies_of(stream, done, end))
            took_s = time.perf_counter() - begun
            if decided != end - done:
                raise RuntimeError(f"{decided} of {end - done} payments were decided")
            done = end
            yield {
                "measure": "hour",
                "hour": hour,
                "decisions": done - course.warm,
                "rate": course.per_s,
                "goal_rate": GOAL_PER_S,
                "window": course.window,
                "per_s": decided / took_s,
                "memory_mib": {part: min(one.get(part, inf) for one in seen) for part in seen[-1]},
                "memory_most_mib": {part: max(one.get(part, 0.0) for one in seen) for part in seen[-1]},
                "log_mib": disk_mib(folder),
            }


def rows_of(course: Course) -> Iterator[Row]:
    """A bank is made, and goes through all hours of a course."""
    stream = stream_of(course)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / "bank"
        with Bank(folder) as bank:
            contract = bank.contracts["payment.requested"]
        (folder / "bank.toml").write_text(course.settings, "utf-8")
        passing = policy_toml().replace('outcome = "review"\n', 'outcome = "approve"\n')
        first = EventBatch.of_events(list(events_of(stream, 0, course.warm)), contract)
        make_bank(folder, first, contract, passing, SHARES, course.features)
        yield from hours_of(folder, stream, course)


def measure(quick: bool = False) -> list[Row]:
    """The course with the usual windows, hour by hour.

    Args:
        quick: Hours of seconds, to see that everything runs.
    """
    return list(rows_of(QUICK if quick else EASY))
