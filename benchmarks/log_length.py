"""A log of ten million events: memory while it grows, how long it takes to open, and proofs in it.

A process of its own writes it, and says its peak memory after one, four and ten million, so that growth with length would be seen. Another
process opens the file and proves: cold, each proof in a log just opened, and warm, one after another on one tree. The file takes about
four gigabytes of the temporary folder.

``python benchmarks/log_length.py``
"""

import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from benchmarks.log_payments import CONTRACT, SEED, pieces
from huitong.store import FileSigner, make_key, open_log
from huitong.verifier import leaf_hash, read_note, root_of_inclusion

ROOT = Path(__file__).resolve().parents[1]
MILESTONES = (1_000_000, 4_000_000, 10_000_000)
QUICK_MILESTONES = (2_000, 8_000, 20_000)
PROOFS = 500
OPENINGS = 5
Row = dict[str, str | int | float | None]


def write(folder: Path, milestones: tuple[int, ...]) -> list[Row]:
    """Appends payments to a log; peak memory at each milestone."""
    rows: list[Row] = []
    with open_log(folder / "log.sqlite", signer=make_key(folder / "signing.pem")) as log:
        done, wall = 0, time.perf_counter()
        for batch in pieces(milestones[-1]):
            log.append_batch(batch, CONTRACT)
            done += len(batch)
            for milestone in milestones[len(rows) :]:
                if done >= milestone:
                    peak_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
                    first = rows[0]["peak_mib"] if rows else None
                    seconds = round(time.perf_counter() - wall, 1)
                    rows.append(
                        {"measure": "memory", "events": milestone, "peak_mib": peak_mib, "first_peak_mib": first, "wall_s": seconds}
                    )
    return rows


def opened(folder: Path) -> list[Row]:
    """How long it takes to open that log to write, and to prove in it."""
    path, signer = folder / "log.sqlite", FileSigner(folder / "signing.pem")
    openings = []
    for _ in range(OPENINGS):
        begin = time.perf_counter()
        log = open_log(path, signer=signer)
        openings.append(time.perf_counter() - begin)
        size, head = log.end(), log.head()
        log.close()
    assert head is not None
    rows: list[Row] = [{"measure": "opening", "events": size, "median_s": round(float(np.median(openings)), 4)}]
    places, root = random.Random(SEED), read_note(head.note).root  # noqa: S311 -- a seed that stays
    with open_log(path, writable=False) as log:
        tree = log.tree(size)
        assert tree.root() == root

        def include(index: int, cold: bool) -> float:
            leaf = leaf_hash(log.payload(index))
            begin = time.perf_counter()
            path = (log.tree(size) if cold else tree).inclusion(index, size)
            taken = time.perf_counter() - begin
            assert root_of_inclusion(index, size, leaf, path) == root
            return taken

        def join(first: int, cold: bool) -> float:
            begin = time.perf_counter()
            (log.tree(size) if cold else tree).consistency(first, size)
            return time.perf_counter() - begin

        for kind, prove in (("inclusion", include), ("consistency", join)):
            for cold in (True, False):
                row: Row = {"measure": "proof", "kind": kind, "tree": "cold" if cold else "warm", "events": size}
                rows.append(row | _times_ms([prove(places.randrange(1, size), cold) for _ in range(PROOFS)]))
    return rows


def _times_ms(taken_s: Sequence[float]) -> Row:
    taken = [1_000 * one for one in taken_s]
    return {"p50_ms": round(float(np.percentile(taken, 50)), 3), "p99_ms": round(float(np.percentile(taken, 99)), 3)}


def in_own_process(*words: str) -> list[Row]:
    """Runs this file with ``words`` and gives what it printed last."""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "src"), os.environ.get("PYTHONPATH", "")])}
    done = subprocess.run(  # noqa: S603 -- this very file
        [sys.executable, "-m", "benchmarks.log_length", *words], cwd=ROOT, env=environment, check=True, stdout=subprocess.PIPE, text=True
    )
    rows: list[Row] = json.loads(done.stdout.strip().splitlines()[-1])
    return rows


def long_log(quick: bool) -> list[Row]:
    """Memory at each milestone, opening, and proofs.

    Args:
        quick: A log of 20,000 events.
    """
    with tempfile.TemporaryDirectory() as folder:
        milestones = [str(one) for one in (QUICK_MILESTONES if quick else MILESTONES)]
        return [*in_own_process("write", folder, *milestones), *in_own_process("open", folder)]


if __name__ == "__main__":
    if len(sys.argv) > 1:
        act, place, *sizes = sys.argv[1:]
        found = write(Path(place), tuple(int(size) for size in sizes)) if act == "write" else opened(Path(place))
        print(json.dumps(found))
    else:
        for line in long_log(quick=False):
            print(json.dumps(line))
