"""A day of the event clock, at an even pace, through the served bank: does its memory stay where it is?

Each hour's payments go to the batch endpoint, one request after another, as fast as they are answered. The processes that decide, write and
take connections are looked at all the while: the least of an hour is what they rest at; the most holds, for a second, the copy of the
feature state that is on its way to the disk. Two days go before the one that counts: payments are kept as long as the longest window and
for the day by which one may come late, and what fills until then is no leak; so no window of this policy is longer than a day. Each account
pays the same few others: since when two know each other is remembered for ever, so that memory grows with pairs that are new, as with
accounts that are. The service seals what is older than its newest records while it decides, as every served bank does. The policy is else
that of the single decisions, but its rules let pass and its model asks for a second look at one payment in ten thousand: nobody works the
alerts of this bank.

Three days at 500 payments a second, 129.6 million, take hours: by default the days have a hundredth of them, among a hundredth of the
accounts, and the log keeps a hundredth of the rows that it would keep. ``python -m benchmarks.steady_day 500`` goes the whole way.
"""

import http.client
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
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

DAYS, HOURS = 3, 24
GOAL_PER_S, PER_S = 500, 5
ACCOUNTS = 10_000
"""For each payment a second: each of them pays some eight times a day."""
STEPS = (1, 7_919, 13_007)
"""From whoever pays to whom they pay, in the order of accounts."""
SPREAD = 0.5
"""Of how much the accounts pay: so little that nearly all pairs have met after the first day."""
WARM = 60_000
"""The first payments, which the bank has already."""
LINES_MAX = 20_000
"""Of one request."""
LOOK_EVERY_S = 0.25
SHARES = (0.9999, 0.99999)

Row = dict[str, object]


def stream_of(count: int, accounts: int, per_s: int) -> Stream:
    """Payments at an even pace, among accounts of which some are busier than others; each pays a few others."""
    random = np.random.default_rng([SEED, accounts])
    payer = draw_accounts(random, accounts, count, SPREAD).astype(np.int32)
    payee = ((payer + random.choice(STEPS, count)) % accounts).astype(np.int32)
    times_us = np.arange(count, dtype=np.int64) * 1_000_000 // per_s
    return Stream("DAY", payer, payee, times_us, np.maximum(1, np.rint(100 * random.lognormal(4, 1.2, count))).astype(np.int64))


def settings_of(per_s: int) -> str:
    """A bank that keeps as many rows as one with the goal's load does by default, in proportion."""
    return f"[log]\nrows = {ROWS * per_s // GOAL_PER_S}\n"


def bodies_of(stream: Stream, begin: int, end: int) -> Iterator[bytes]:
    """Payments as lines of a batch, a request's at a time."""
    coming = (body_of(event) for event in events_of(stream, begin, end))
    while lines := list(islice(coming, LINES_MAX)):
        yield b"\n".join(lines)


def send(port: int, bodies: Iterator[bytes]) -> int:
    """Has requests decided, one after another; how many lines were answered with a decision."""
    decided = 0
    connection = http.client.HTTPConnection("127.0.0.1", port)
    for body in bodies:
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


def hours_of(folder: Path, stream: Stream, warm: int, per_s: int, count: int) -> Iterator[Row]:
    """A row for each hour of all days, which has so many payments; the first of the stream are in the log already."""
    done = warm
    with served(service_of(folder, 1)) as (port, pid):
        for hour in range(1, DAYS * HOURS + 1):
            begun, end = time.perf_counter(), done + count
            with watched(pid) as seen:
                decided = send(port, bodies_of(stream, done, end))
            took_s = time.perf_counter() - begun
            if decided != end - done:
                raise RuntimeError(f"{decided} of {end - done} payments were decided")
            done = end
            yield {
                "measure": "hour",
                "hour": hour,
                "decisions": done - warm,
                "rate": per_s,
                "goal_rate": GOAL_PER_S,
                "per_s": decided / took_s,
                "memory_mib": {part: min(one.get(part, inf) for one in seen) for part in seen[-1]},
                "memory_most_mib": {part: max(one.get(part, 0.0) for one in seen) for part in seen[-1]},
                "log_mib": disk_mib(folder),
            }


def measure(quick: bool = False, per_s: int = PER_S) -> list[Row]:
    """All days, hour by hour.

    Args:
        quick: Days of short hours, to see that everything runs.
        per_s: Payments a second of the event clock.
    """
    per_s, seconds, warm = (2, 4, 3_000) if quick else (per_s, 3_600, WARM)
    stream = stream_of(warm + per_s * seconds * DAYS * HOURS, ACCOUNTS * per_s, per_s)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / "bank"
        with Bank(folder) as bank:
            contract = bank.contracts["payment.requested"]
        (folder / "bank.toml").write_text(settings_of(per_s), "utf-8")
        passing = policy_toml().replace('outcome = "review"\n', 'outcome = "approve"\n')
        within = features_toml().replace('"7d"', '"24h"').replace('"30d"', '"24h"')
        make_bank(folder, EventBatch.of_events(list(events_of(stream, 0, warm)), contract), contract, passing, SHARES, within)
        return list(hours_of(folder, stream, warm, per_s, per_s * seconds))


if __name__ == "__main__":
    for row in measure(per_s=int(sys.argv[1])):
        print(row)
