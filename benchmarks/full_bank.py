"""A bank of a million decisions: what its process takes of memory and of the disk on the way, and how fast it goes.

``python benchmarks/run.py --only full_bank``: a synthetic bank is made, its policy is trained, and its payments are decided
as they would be live: durable, with names under keys of their own, alerts, measures and what would have led to a milder outcome. The
model's threshold is set so low that two payments in a hundred are looked at again, for a console with alerts. Afterwards the console's
pages are visited.
"""

import gc
import re
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from queue import SimpleQueue

from benchmarks.console_pages import measure_pages
from benchmarks.taken import disk_mib, resident_mib
from huitong.app import Bank, Source
from huitong.app.calls import Call
from huitong.cli.demo import POLICY, synthetic_sources
from huitong.contracts import Decision, Event
from huitong.risk.transactions.synthetic import CUSTOMERS_MIN

Row = dict[str, str | int | float | None]
SEED = 2026
PAYMENTS_A_CUSTOMER = 80
"""Fewer than a synthetic customer makes in a quarter."""
REVIEW_FROM = 0.02
"""Probability from which on a payment is looked at again."""
ROWS = 1_024
TOLD = 10
"""Rows that are told of the filling."""


def decide(bank: Bank, events: Sequence[Event]) -> list[Row]:
    """Has events decided, a thousand at a time; a row for every tenth of them."""
    live, told = bank.live(POLICY), SimpleQueue[Call]()
    coming: list[list[Call]] = []
    rows: list[Row] = []
    stopped, began, begun_at, told_every = 0, time.perf_counter(), 0, max(ROWS, len(events) // TOLD)
    for start in range(0, len(events), ROWS):
        coming.append(live.decider.ask_many(events[start : start + ROWS], told.put))
        if len(coming) > 1:
            stopped += _stopped(coming.pop(0), told)
        done = start + ROWS
        if done // told_every > begun_at // told_every:
            pace, size = (done - begun_at) / (time.perf_counter() - began), disk_mib(bank.workspace.root)
            rows.append({"decisions": done, "per_s": pace, "memory_mib": resident_mib(), "log_mib": size, "stopped": stopped})
            began, begun_at = time.perf_counter(), done
    for calls in coming:
        _stopped(calls, told)
    return rows


def _stopped(calls: Sequence[Call], told: SimpleQueue[Call]) -> int:
    """Waits for calls; how many of them asked for a second look or were declined."""
    for _ in calls:
        told.get()
    outcomes = [call.outcome.outcome for call in calls if isinstance(call.outcome, Decision)]
    if len(outcomes) < len(calls):
        raise RuntimeError(f"{len(calls) - len(outcomes)} payments were refused")
    return sum(outcome != "approve" for outcome in outcomes)


def fill(folder: Path, decisions: int, customers: int, *, trained: bool) -> list[Row]:
    """Makes a bank and fills it.

    Args:
        folder: The bank's.
        decisions: How many payments are decided.
        customers: Of the synthetic bank.
        trained: Whether the policy has its model.
    """
    with Bank(folder, threads=2) as bank:
        sources: list[Source] = synthetic_sources(folder / "data", SEED, customers)
        if trained:
            bank.train(POLICY, sources)
            chosen = folder / "policies" / POLICY / "trained.toml"
            chosen.write_text(re.sub('(?m)^"review" = .*$', f'"review" = {REVIEW_FROM}', chosen.read_text("utf-8")), "utf-8")
        batches = bank.take_in(sources, None, lambda *_: None).batches
        decides = bank.load(POLICY).plan.decides
        payments = batches[decides].in_time_order().slice(0, decisions)
        for kind, batch in batches.items():
            if kind != decides:
                bank.log.append_batch(batch, bank.contracts[kind])
        events = list(payments.events(bank.contracts[decides]))
        bank.live(POLICY)
        gc.collect()
        gc.freeze()
        return decide(bank, events)


def measure(quick: bool = False) -> list[Row]:
    """A bank that fills, and then its console.

    Args:
        quick: A few thousand decisions without a model, to see that everything runs.
    """
    decisions, customers, visits = (4_096, CUSTOMERS_MIN, 1) if quick else (1_000_000, 1_000_000 // PAYMENTS_A_CUSTOMER, 7)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / "bank"
        filled = fill(folder, decisions, customers, trained=not quick)
        pages = measure_pages(str(folder), visits)
        return [{"measure": "filling", **row} for row in filled] + [{"measure": "page", **page} for page in pages]


if __name__ == "__main__":
    for row in measure():
        print(row)
