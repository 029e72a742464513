"""Durable decisions over HTTP, with the load generator in another process on the same machine.

HUB's payments against a bank whose state has taken the first of them: windows, graph, 50 FEEL rules, a model of 200 trees with exact
reasons, names under keys of their own, heads signed; each answer waits until event and decision are on the disk. Beside it, in turns on the
same machine, an empty Starlette route that does nothing but wait for a group commit of one small record: what HTTP and the disk alone cost
here; once each with no front, one and two, after a first two thousand that are not counted. Then the batch endpoint, and overloads by many
times more callers than can be served.

``python benchmarks/run.py --only service``
"""

import http.client
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Self

import numpy as np

from benchmarks.decision import ALL_FEATURES, SEED, TREES, features_toml, policy_toml
from benchmarks.service_events import body_of, events_of
from benchmarks.service_load import Figures, load
from benchmarks.service_overload import POLICY, add_policy, overload, payments
from benchmarks.streams import Stream, hub
from huitong import ai
from huitong.app import Bank
from huitong.contracts import DataContract, EventBatch
from huitong.decisions.policy import load_policy
from huitong.features import FeatureEngine

Row = dict[str, object]
ROOT = Path(__file__).resolve().parents[1]
CONNECTIONS = 96
FRONTS = (0, 1, 2)
FRONTS_BEYOND = 1
"""With how many fronts overload and batch are measured."""
OVERLOAD_TIMES = 10
"""Times as many callers as are served well."""
BEYOND_TIMES = 60
"""So many times as many are more than the queue holds."""
GOAL_PER_S, GOAL_P99_MS, GOAL_BATCH_PER_S = 5_000, 35, 50_000
SHARES = (0.98, 0.999)
SERVE = "import sys; from huitong.cli import main; main(sys.argv[1:])"


def make_bank(
    root: Path,
    warm: EventBatch,
    contract: DataContract,
    settings: str = "",
    shares: tuple[float, float] = SHARES,
    features: str = "",
) -> None:
    """A bank with a trained policy whose log holds the first payments.

    Args:
        root: Its folder.
        warm: Those payments.
        contract: Theirs.
        settings: The policy's; else those with which a decision is measured.
        shares: Of payments that the model lets pass, and that it does not decline.
        features: Likewise the policy's features.
    """
    with Bank(root, threads=2) as bank:
        policy = root / "policies" / "benchmark"
        policy.mkdir(parents=True)
        (policy / "features.toml").write_text(features or features_toml(), "utf-8")
        (policy / "policy.toml").write_text(settings or policy_toml(), "utf-8")
        _train(policy, root, bank, warm, shares)
        bank.log.append_batch(warm, contract)
        bank.live("benchmark")


def _train(policy: Path, root: Path, bank: Bank, warm: EventBatch, shares: tuple[float, float]) -> None:
    draft = load_policy(policy, bank.contracts, root / "models", root / "cache", trained=False)
    matrix = np.concatenate([chunk.features for chunk in FeatureEngine(draft.plan).run([warm], threads=1)])
    names = list(draft.plan.names)
    chance = np.random.default_rng(SEED).normal(size=len(matrix))
    odds = np.log1p(matrix[:, names.index("amount")]) + 0.2 * matrix[:, names.index("count_24h")] + 2 * chance
    spec = ai.TrainingSpec(
        features=tuple(ai.ModelFeature(name, ai.Missing.IMPUTED, -1.0) for name in ALL_FEATURES),
        feature_version=draft.plan.version,
        validation_share=0.0,
        calibration_share=0.2,
        rounds_max=TREES,
        threads=1,
    )
    columns = np.ascontiguousarray(matrix[:, draft.program.model_columns])
    trained = ai.train(columns, odds > np.quantile(odds, 0.95), warm.time_us, spec=spec, seed=SEED)
    path = ai.register(trained.ensemble, root / "models")
    review, decline = np.quantile(trained.held_out, shares).tolist()
    chosen = f"[thresholds]\nreview = {review}\ndecline = {decline}\n"
    (policy / "trained.toml").write_text(f'[model]\nreference = "{path.stem}"\n\n{chosen}', "utf-8")


@contextmanager
def served(command: Sequence[str]) -> Iterator[tuple[int, int]]:
    """A server in a process of its own: its port and process id, once it answers."""
    environment = os.environ | {"PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}"}
    with subprocess.Popen([sys.executable, *command], stdout=subprocess.PIPE, text=True, env=environment, cwd=ROOT) as process:  # noqa: S603 -- our own words
        assert process.stdout is not None
        port = int(json.loads(process.stdout.readline())["address"].rpartition(":")[2])
        try:
            yield port, process.pid
        finally:
            process.terminate()
            process.wait()


def service_of(root: Path, fronts: int, policy: str = "benchmark") -> list[str]:
    """The command that serves a bank behind so many fronts."""
    where = ["--bank", str(root), "--policy", policy, "--port", "0", "--fronts", str(fronts)]
    return ["-c", SERVE, "serve", *where, "--no-console", "--json"]


def processor_us(pid: int) -> float:
    """Processor time of a process so far, in microseconds."""
    user, system = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) * 1e6 / os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Spent:
    """Processor time of a service, in microseconds."""

    decider: float
    """Of the process that decides."""
    writer: float
    """Of the process that writes the log."""
    fronts: float
    """Of those that take connections, and of whoever keeps them."""

    @classmethod
    def so_far(cls, pid: int) -> Self:
        """What a service has spent, whose first process is given."""
        spent = {"decider": 0.0, "writer": 0.0, "fronts": 0.0}
        for part, one in processes(pid):
            spent[part] += processor_us(one)
        return cls(**spent)

    def each_since(self, before: Self, decisions: int) -> Self:
        """What was spent since then on each of so many decisions."""
        now, then = astuple(self), astuple(before)
        return type(self)(*((after - begun) / decisions for after, begun in zip(now, then, strict=True)))


def processes(pid: int) -> Iterator[tuple[str, int]]:
    """The processes of a service with what each does: decide, write, or take connections. One may just have ended."""
    try:
        said, children = (Path(f"/proc/{pid}/{file}").read_text("utf-8") for file in ("cmdline", f"task/{pid}/children"))
    except (FileNotFoundError, ProcessLookupError):
        return
    yield "writer" if "huitong.store.apart." in said else "fronts" if "huitong.fronts." in said else "decider", pid
    for child in children.split():
        yield from processes(int(child))


def measure(quick: bool = False) -> list[Row]:
    """Single decisions beside the empty route, the batch endpoint, overloads.

    Args:
        quick: A few hundred decisions, to see that everything runs.
    """
    warm, first, count, passes, batch = (3_000, 30, 300, 1, 200) if quick else (60_000, 2_000, 22_000, 3, 20_000)
    whole = hub()
    stream = whole.head(warm + (first + count * passes) * len(FRONTS) + batch)
    load_average = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        with Bank(folder / "bank") as bank:
            contract = bank.contracts["payment.requested"]
        make_bank(folder / "bank", EventBatch.of_events(list(events_of(stream, 0, warm)), contract), contract)
        bodies = [body_of(event) for event in events_of(stream, warm, len(stream))][::-1]
        rows: list[Row] = []
        with served(["-m", "benchmarks.service_empty", temporary]) as (bare, _):
            for fronts in FRONTS:
                with served(service_of(folder / "bank", fronts)) as (port, pid):
                    load(port, "/v1/decisions", [bodies.pop() for _ in range(first)], CONNECTIONS, folder)
                    parts = [[bodies.pop() for _ in range(count)] for _ in range(passes)]
                    pairs = [_pair(port, pid, bare, part, folder) for part in parts]
                    rows.append({**_single(pairs), "fronts": fronts, "load": round(load_average, 1)})
                    if fronts == FRONTS_BEYOND:
                        rows += _batches(port, [bodies.pop() for _ in range(batch)], batch)
        return rows + _overloads(folder, whole, quick=quick)


def _overloads(folder: Path, stream: Stream, *, quick: bool) -> list[Row]:
    """Callers by the clock: ten times as many as are served well for a minute, then more than the queue holds."""
    add_policy(folder / "bank")
    coming = payments(stream)
    runs = [(OVERLOAD_TIMES, 2.0)] if quick else [(OVERLOAD_TIMES, 60.0), (BEYOND_TIMES, 15.0)]
    with served(service_of(folder / "bank", FRONTS_BEYOND, POLICY)) as (port, _):
        return [overload(port, coming, CONNECTIONS * times, times, seconds, folder) for times, seconds in runs]


Pair = tuple[Figures, Figures, Spent]
"""Ours, the empty route's, and what each of our decisions took of the processors."""


def _pair(port: int, pid: int, bare: int, bodies: Sequence[bytes], folder: Path) -> Pair:
    before = Spent.so_far(pid)
    ours = load(port, "/v1/decisions", bodies, CONNECTIONS, folder)
    spent = Spent.so_far(pid).each_since(before, len(bodies))
    return ours, load(bare, "/v1/decisions", bodies, CONNECTIONS, folder), spent


def _single(pairs: Sequence[Pair]) -> Row:
    """The pass in which we came closest to the empty route: other work can only slow one of them down."""
    ours, bare, spent = max(pairs, key=lambda pair: pair[0].per_s / pair[1].per_s)
    return {
        "measure": "single",
        "per_s": ours.per_s,
        "p50_ms": ours.p50_ms,
        "p99_ms": ours.p99_ms,
        "decider_us": spent.decider,
        "writer_us": spent.writer,
        "fronts_us": spent.fronts,
        "generator_us": ours.generator_us,
        "bare_per_s": bare.per_s,
        "ratio": ours.per_s / bare.per_s,
        "goal_per_s": GOAL_PER_S,
        "goal_p99_ms": GOAL_P99_MS,
    }


def _batches(port: int, bodies: Sequence[bytes], count: int) -> Iterator[Row]:
    """One request of many lines, whose answer comes part by part."""
    begun = time.perf_counter()
    connection = http.client.HTTPConnection("127.0.0.1", port)
    connection.request("POST", "/v1/decisions/batch", b"\n".join(bodies[:count]), {"content-type": "application/x-ndjson"})
    answered = connection.getresponse().read().count(b"\n")
    per_s = count / (time.perf_counter() - begun)
    connection.close()
    if answered != count:
        raise RuntimeError(f"{answered} of {count} rows were answered")
    yield {"measure": "batch", "rows": count, "per_s": per_s, "goal_per_s": GOAL_BATCH_PER_S}
