"""A bank of a million decisions: what its process takes of memory and of the disk on the way, and how fast it goes.

``python -m benchmarks.full_bank FOLDER [DECISIONS]``: a synthetic bank is made in the folder, its policy is trained, and its payments are
decided as they would be live: durable, with names under keys of their own, alerts and measures. What would have changed a decision is not
asked for (``smallest_change``): so asked, the policy decides event by event and takes several times as long. The model's threshold is set
so low that about one in a hundred payments is looked at again, for a console with alerts enough. Prints a line every hundred thousand
decisions; ``python -m benchmarks.console_pages FOLDER`` then measures the console on it.
"""

import gc
import re
import shutil
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from queue import SimpleQueue

from huitong.app import Bank, Source
from huitong.app.calls import Call
from huitong.cli.demo import POLICY, synthetic_sources
from huitong.contracts import Decision, Event
from huitong.risk.transactions.synthetic import CUSTOMERS

SEED = 2026
PAYMENTS_A_CUSTOMER = 80
"""Fewer than a synthetic customer makes in a quarter."""
REVIEW_FROM = 0.02
"""Probability from which on a payment is looked at again."""
ROWS = 1_024
TOLD_EVERY = 100_000


def resident_mib() -> float:
    """Memory of this process that is in use."""
    found = re.search(r"VmRSS:\s+(\d+) kB", Path("/proc/self/status").read_text("utf-8"))
    return int(found[1]) / 1024 if found else 0.0


def disk_mib(folder: Path) -> float:
    """Size of the log's files."""
    return sum(path.stat().st_size for path in (folder / "log").rglob("*") if path.is_file()) / 2**20


def decide(bank: Bank, events: Sequence[Event]) -> int:
    """Has events decided, a thousand at a time; how many asked for a second look or were declined."""
    live, told = bank.live(POLICY), SimpleQueue[Call]()
    stopped, began, begun_at = 0, time.perf_counter(), 0
    coming: list[list[Call]] = []

    def settle() -> int:
        calls = coming.pop(0)
        for _ in calls:
            told.get()
        for call in calls:
            if not isinstance(call.outcome, Decision):
                raise call.outcome or TypeError("no outcome")
        return sum(isinstance(call.outcome, Decision) and call.outcome.outcome != "approve" for call in calls)

    for start in range(0, len(events), ROWS):
        coming.append(live.decider.ask_many(events[start : start + ROWS], told.put))
        if len(coming) > 1:
            stopped += settle()
        done = start + ROWS
        if done // TOLD_EVERY > begun_at // TOLD_EVERY:
            pace = (done - begun_at) / (time.perf_counter() - began)
            size = disk_mib(bank.workspace.root)
            print(f"| {done:,} | {pace:,.0f}/s | {resident_mib():,.0f} MiB | {size:,.0f} MiB | {stopped:,} |", flush=True)
            began, begun_at = time.perf_counter(), done
    while coming:
        stopped += settle()
    return stopped


def main(folder: Path, decisions: int) -> None:
    """Makes the bank and fills it."""
    shutil.rmtree(folder, ignore_errors=True)
    with Bank(folder, threads=2) as bank:
        sources: list[Source] = synthetic_sources(folder / "data", SEED, max(CUSTOMERS, decisions // PAYMENTS_A_CUSTOMER))
        policy = folder / "policies" / POLICY / "policy.toml"
        policy.write_text(re.sub(r"(?ms)^\[smallest_change\].*?(?=^\[|\Z)", "", policy.read_text("utf-8")), "utf-8")
        bank.train(POLICY, sources)
        trained = folder / "policies" / POLICY / "trained.toml"
        trained.write_text(re.sub('(?m)^"review" = .*$', f'"review" = {REVIEW_FROM}', trained.read_text("utf-8")), "utf-8")
        batches = bank.take_in(sources, None, lambda *_: None).batches
        decides = bank.load(POLICY).plan.decides
        for kind, batch in batches.items():
            if kind != decides:
                bank.log.append_batch(batch, bank.contracts[kind])
        payments = batches[decides].in_time_order().slice(0, decisions)
        events = list(payments.events(bank.contracts[decides]))
        bank.live(POLICY)
        gc.collect()
        gc.freeze()
        print(f"{len(events):,} payments of {(events[-1].time_us - events[0].time_us) / 86_400e6:.0f} days")
        print("| decisions | pace | memory | log | not approved |\n|---|---|---|---|---|", flush=True)
        decide(bank, events)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1_000_000)
