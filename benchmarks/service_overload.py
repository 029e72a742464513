"""Many more callers than can be served, by the clock: what is refused, what is left out, what never is, and how soon it is over.

The same bank and policy as for single decisions, with two things added: a budget of time for the graph and the model, and a list whose one
customer pays again and again among all others and must be declined every time. Meanwhile the queue is read off ``/metrics``; when the
callers stop, a single one asks until it has an answer with everything in it.
"""

import http.client
import json
import re
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import count, islice
from pathlib import Path

from benchmarks.service_events import body_of, events_of
from benchmarks.service_load import load
from benchmarks.streams import Stream
from benchmarks.watching import looking

POLICY = "overloaded"
ADDED = """
[budget_us]
total = 100000
graph = 20000
model = 30000

[lists.stopped]
file = "stopped.csv"
of = "customer"
outcome = "decline"
final = true
reason = { zh = "在停止名单上", en = "on the list of the stopped" }
"""
STOPPED = "stopped"
"""The listed customer."""
STOPPED_EVERY = 100
"""One payment of so many is the listed customer's."""
PER_S_MAX = 10_000
"""Payments made beforehand for each second."""
LOOK_SECONDS = 0.2
NORMAL_SECONDS_MAX = 30
"""After so long without a whole answer the service counts as one that does not come back."""
_WAITING = re.compile(rb"^huitong_waiting_calls(_max)?\{[^}]*\} (\S+)$", re.MULTILINE)
_DECIDED = re.compile(rb'^huitong_decisions_total\{[^}]*tier="(\w+)"[^}]*\} (\S+)$', re.MULTILINE)

Row = dict[str, object]


def add_policy(root: Path) -> None:
    """The benchmark's trained policy once more, with a budget and a list."""
    folder = shutil.copytree(root / "policies" / "benchmark", root / "policies" / POLICY)
    settings = (folder / "policy.toml").read_text("utf-8").replace('name = "benchmark"', f'name = "{POLICY}"')
    (folder / "policy.toml").write_text(settings + ADDED, "utf-8")
    (folder / "stopped.csv").write_text(f"value,from,until,note,owner\n{STOPPED},,,must never pass,benchmarks\n", "utf-8")


def payments(stream: Stream) -> Iterator[bytes]:
    """The stream's payments again and again, each lap later than the one before; now and then one is the listed customer's."""
    for lap in count(1):
        for row, event in enumerate(events_of(stream, 0, len(stream), lap)):
            listed = row % STOPPED_EVERY == 0
            yield body_of(replace(event, keys={**event.keys, "customer": STOPPED}) if listed else event)


@dataclass
class Watched:
    """What ``/metrics`` said meanwhile: the longest queue seen, its bound, and decisions by tier."""

    queue_max: int = 0
    queue_bound: int = 0
    looks: int = 0

    def look(self, port: int) -> dict[str, int]:
        """Reads it now; decisions by tier since the start."""
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        connection.request("GET", "/metrics")
        text = connection.getresponse().read()
        connection.close()
        for bound, value in _WAITING.findall(text):
            if bound:
                self.queue_bound = max(self.queue_bound, int(float(value)))
            else:
                self.queue_max = max(self.queue_max, int(float(value)))
        self.looks += 1
        tiers: dict[str, int] = {}
        for tier, value in _DECIDED.findall(text):
            tiers[tier.decode()] = tiers.get(tier.decode(), 0) + int(float(value))
        return tiers


@contextmanager
def watched(port: int) -> Iterator[Watched]:
    """Looks again and again, for as long as the block lasts."""
    found = Watched()
    with looking(lambda: found.look(port), LOOK_SECONDS):
        yield found


def overload(port: int, coming: Iterator[bytes], callers: int, times: int, seconds: float, folder: Path) -> Row:
    """Has so many callers ask for so long, each again as soon as it is answered, whatever the answer.

    Args:
        port: Where the service is.
        coming: Payments.
        callers: How many.
        times: How many times as many that is as are served well.
        seconds: How long.
        folder: For the payments.
    """
    before = Watched().look(port)
    with watched(port) as seen:
        figures = load(
            port, "/v1/decisions", list(islice(coming, int(PER_S_MAX * seconds))), callers, folder, seconds, f'"customer": "{STOPPED}"'
        )
    recovered_ms = normal_again(port, coming)
    after = seen.look(port)
    listed = {
        tier: number for told, number in figures.watched.items() for outcome, _, tier in [told.partition(" ")] if outcome == "decline"
    }
    return {
        "measure": "overloaded",
        "callers": callers,
        "times": times,
        "seconds": figures.seconds,
        "per_s": figures.statuses.get("200", 0) / figures.seconds,
        "p99_ms": figures.p99_ms,
        "refused": figures.statuses.get("429", 0),
        "failed": sum(number for status, number in figures.statuses.items() if status not in ("200", "429")),
        "queue_max": seen.queue_max,
        "queue_bound": seen.queue_bound,
        "looks": seen.looks,
        "tiers": {tier: number - before.get(tier, 0) for tier, number in after.items()},
        "listed": listed,
        "listed_passed": sum(figures.watched.values()) - sum(listed.values()),
        "recovered_ms": recovered_ms,
    }


def normal_again(port: int, coming: Iterator[bytes]) -> float:
    """Milliseconds until a single caller has an answer with everything in it.

    Raises:
        RuntimeError: If it never has.
    """
    begun = time.perf_counter()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=NORMAL_SECONDS_MAX)
    while time.perf_counter() - begun < NORMAL_SECONDS_MAX:
        connection.request("POST", "/v1/decisions", next(coming), {"content-type": "application/json"})
        answer = connection.getresponse()
        told = json.loads(answer.read())
        if answer.status == http.HTTPStatus.OK and told["tier"] == "full":
            connection.close()
            return (time.perf_counter() - begun) * 1_000
    raise RuntimeError(f"no whole answer for {NORMAL_SECONDS_MAX} s")
