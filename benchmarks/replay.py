"""A replay through the whole shipped policy ``card_payments`` with its trained model: seconds, processor seconds, peak memory, and whether
twice the rows take twice the time.

The 1,754,155 payments of the Fraud Detection Handbook's simulator where they lie beside the project, else a synthetic bank's quarter. The
policy is trained once before, which does not count. Each replay runs in a process of its own, compiled code and policy loaded; the clock
runs from the file to the judged report. ``python benchmarks/run.py --only replay``
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import pyarrow.compute as pc
import pyarrow.parquet as pq

from huitong.app import Bank, Source
from huitong.risk import transactions

ROOT = Path(__file__).resolve().parents[1]
HANDBOOK = ROOT.parent / "shared" / "data" / "fraud" / "handbook_sim.parquet"
POLICY = "card_payments"
THREADS = 2
SHARES = (0.25, 0.5, 1.0)
QUICK_SHARES = (0.5, 1.0)
ROUNDS = 2
QUICK_CUSTOMERS = 120
QUICK_SYNTHETIC_CUSTOMERS = 800
QUICK_SYNTHETIC_DAYS = 45
QUICK_FRAUD_TIMES = 10.0
"""Frauds as much more common, so that so few customers have enough of them to train on."""
SYNTHETIC_MAPPINGS = ("synthetic", "synthetic_labels", "synthetic_profiles")

Row = dict[str, str | int | float | None]


@dataclass(frozen=True, slots=True)
class Run:
    """One replay: rows, seconds by the clock and of the processor, peak memory of its process in MiB."""

    rows: int
    wall_s: float
    cpu_s: float
    peak_mib: int


def handbook_slices(folder: Path, shares: Sequence[float], quick: bool) -> list[list[Source]]:
    """The earliest payments, a share of them all."""
    whole = pq.read_table(HANDBOOK)
    whole = whole.take(pc.sort_indices(whole, sort_keys=[("ts", "ascending")]))
    if quick:  # a few customers, all their days
        whole = whole.filter(pc.less(whole["customer_id"], QUICK_CUSTOMERS))
    slices = []
    for share in shares:
        path = folder / f"payments_{round(100 * share)}.parquet"
        pq.write_table(whole.slice(0, round(share * len(whole))), path)
        slices.append([Source(path, "handbook")])
    return slices


def synthetic_slices(folder: Path, shares: Sequence[float], quick: bool) -> list[list[Source]]:
    """Banks with a share of the customers."""
    customers, days, rates = 20_000, 92, transactions.FraudRates()
    if quick:
        often = {name: QUICK_FRAUD_TIMES * rate for name, rate in asdict(rates).items()}
        customers, days, rates = QUICK_SYNTHETIC_CUSTOMERS, QUICK_SYNTHETIC_DAYS, transactions.FraudRates(**often)
    slices = []
    for share in shares:
        place = folder / f"bank_{round(100 * share)}"
        place.mkdir()
        files = transactions.generate(seed=7, days=days, customers=round(share * customers), rates=rates).write_parquet(place)
        paths = (files.payments, files.labels, files.profiles)
        slices.append([Source(path, mapping) for path, mapping in zip(paths, SYNTHETIC_MAPPINGS, strict=True)])
    return slices


def replay_once(root: Path, sources: list[Source], rounds: int) -> Run:
    """The faster of several replays in this process."""
    with Bank(root, threads=THREADS) as bank:
        bank.warm_up(lambda _: None)
        bank.load(POLICY)
        best: Run | None = None
        for _ in range(rounds):
            wall, cpu = time.perf_counter(), time.process_time()
            report = bank.replay(POLICY, sources)
            found = time.perf_counter() - wall, time.process_time() - cpu
            peak_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
            if best is None or found[0] < best.wall_s:
                best = Run(len(report.run.replayed.events), *found, best.peak_mib if best else peak_mib)
    assert best is not None
    return best


def in_own_process(*words: str) -> str:
    """Runs this file with ``words`` and gives what it printed last."""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "src"), os.environ.get("PYTHONPATH", "")])}
    done = subprocess.run(  # noqa: S603 -- this very file
        [sys.executable, "-m", "benchmarks.replay", *words], cwd=ROOT, env=environment, check=True, stdout=subprocess.PIPE, text=True
    )
    return done.stdout.strip().splitlines()[-1]


def measure(quick: bool = False) -> list[Row]:
    """One row for each share of the payments.

    Args:
        quick: A fraction of the rows and one round, to see that everything runs.
    """
    known, shares = HANDBOOK.exists(), QUICK_SHARES if quick else SHARES
    rows: list[Row] = []
    first: Run | None = None
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        slices = (handbook_slices if known else synthetic_slices)(folder, shares, quick)
        words = [[f"{source.table}={source.mapping}" for source in sources] for sources in slices]
        in_own_process("train", str(folder / "bank"), *words[-1])
        rounds = f"rounds={1 if quick else ROUNDS}"
        runs = [Run(**json.loads(in_own_process("replay", str(folder / "bank"), *some, rounds))) for some in words]
    for share, run in zip(shares, runs, strict=True):
        before, first = first, run
        rows.append(
            {
                "measure": f"replay through {POLICY}, trained model, {THREADS} threads",
                "data": "Fraud Detection Handbook" if known else "synthetic bank (the handbook's file is not there)",
                "share": share,
                "rows": run.rows,
                "wall_s": round(run.wall_s, 2),
                "cpu_s": round(run.cpu_s, 2),
                "peak_mib": run.peak_mib,
                "rows_per_s": round(run.rows / run.wall_s),
                "times_half": None if before is None else round(run.wall_s / before.wall_s / (run.rows / before.rows) * 2, 2),
                "times_half_cpu": None if before is None else round(run.cpu_s / before.cpu_s / (run.rows / before.rows) * 2, 2),
                "goal": "10 s / 2048 MiB" if share == 1.0 and known and not quick else None,
            }
        )
    return rows


def act(words: list[str]) -> None:
    """What a process of its own is asked to do: ``train`` or ``replay``, the bank's folder, tables with their mappings."""
    act, root, *rest = words
    rounds = next((int(word.partition("=")[2]) for word in rest if word.startswith("rounds=")), 1)
    sources = [Source(Path(path), mapping) for path, _, mapping in (word.partition("=") for word in rest if not word.startswith("rounds="))]
    if act == "train":
        with Bank(root, threads=THREADS) as bank:
            bank.train(POLICY, sources)
        print("trained")
    else:
        run = replay_once(Path(root), sources, rounds)
        print(json.dumps({"rows": run.rows, "wall_s": run.wall_s, "cpu_s": run.cpu_s, "peak_mib": run.peak_mib}))


if __name__ == "__main__":
    if len(sys.argv) > 1 and sys.argv[1] in ("train", "replay"):
        act(sys.argv[1:])
    else:
        for row in measure():
            print(json.dumps(row))
