"""Graph features beside snapml's GraphFeaturePreprocessor, one thread each, on the same payments in the same run.

Both first take the payments of more than a day, so that every window is full, and are timed on those that follow. The peer is timed at
several batch sizes and the best counts; ours keeps evidence. Each is timed several times in turn and the fastest pass counts, because other
work on the machine can only slow a pass down. Rates are given by the clock and by processor time; the ratio is the clock's.

``python benchmarks/run.py --only graph``
"""

import gc
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec

import numpy as np
import numpy.typing as npt

from benchmarks.streams import DAY_S, Stream, e1m, hub
from huitong.features.graph import PATTERNS, PROOF_SIZE, GraphFeature, GraphSpec, GraphState

DAY_US = DAY_S * 1_000_000
SIX_HOURS_US = DAY_US // 4
PEER_INSTALLED = find_spec("snapml") is not None
PEER_BATCHES = (128, 512, 1024, 4096, 16384)
BINS = [2, 3, 4, 5, 8, 12, 20]

FANS = tuple(GraphFeature(name, DAY_US, of=end) for name in ("fan_out", "fan_in") for end in ("source", "target"))
CYCLES = tuple(GraphFeature("cycles", DAY_US, length=length) for length in range(2, 7))
LIKE_FOR_LIKE = GraphSpec((*FANS, *CYCLES, GraphFeature("scatter_gather", SIX_HOURS_US)))
REST = tuple(GraphFeature(name, DAY_US) for name, pattern in PATTERNS.items() if not pattern.takes and name != "scatter_gather")
DEGREES = tuple(GraphFeature(name, DAY_US, of=end) for name in ("degree_out", "degree_in") for end in ("source", "target"))
ALL_PATTERNS = GraphSpec((*LIKE_FOR_LIKE.features, *DEGREES, *REST))

Row = dict[str, str | int | float | None]


@dataclass(frozen=True, slots=True)
class Pace:
    """Payments per second: by the clock and by processor time."""

    wall: float
    cpu: float

    def best(self, other: "Pace") -> "Pace":
        return Pace(max(self.wall, other.wall), max(self.cpu, other.cpu))


def pace(count: int, work: Callable[[], None]) -> Pace:
    """Time one pass over ``count`` payments."""
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return Pace(count / (time.perf_counter() - wall), count / (time.process_time() - cpu))


def our_pace(spec: GraphSpec, stream: Stream, warm: int) -> Pace:
    """Ours on the payments after the first ``warm``."""
    out, evidence = np.zeros((len(stream), len(spec.columns))), np.zeros((len(stream), PROOF_SIZE), np.int32)
    state = warmed(spec, stream, warm)
    part = slice(warm, len(stream))
    columns = (stream.sources[part], stream.targets[part], stream.times_us[part], stream.amounts_minor[part])
    out.fill(1.0)
    evidence.fill(1)
    return pace(len(stream) - warm, lambda: state.run(*columns, out[part], evidence[part]))


def warmed(spec: GraphSpec, stream: Stream, warm: int) -> GraphState:
    """A state that has seen the first ``warm`` payments."""
    state = GraphState(spec, nodes=int(max(stream.sources.max(), stream.targets.max())) + 1)
    state.run(
        stream.sources[:warm],
        stream.targets[:warm],
        stream.times_us[:warm],
        stream.amounts_minor[:warm],
        np.zeros((warm, len(spec.columns))),
    )
    return state


def peer_pace(stream: Stream, warm: int, batch: int) -> Pace:
    """snapml on the same payments, ``batch`` at a time, with the same patterns and windows and one thread."""
    peer, table = warmed_peer(stream, warm)
    chunks = [table[start : start + batch] for start in range(warm, len(stream), batch)]

    def work() -> None:
        for chunk in chunks:
            peer.transform(chunk)  # type: ignore[attr-defined] # untyped

    return pace(len(stream) - warm, work)


def warmed_peer(stream: Stream, warm: int) -> tuple[object, npt.NDArray[np.float64]]:
    """snapml's preprocessor after the first ``warm`` payments, and the table it reads."""
    from snapml import GraphFeaturePreprocessor  # noqa: PLC0415 - a peer, only where it is installed

    seconds = stream.times_us // 1_000_000
    table = np.ascontiguousarray(np.column_stack([np.arange(len(stream)), stream.sources, stream.targets, seconds]), np.float64)
    peer = GraphFeaturePreprocessor()
    peer.set_params(
        {
            "num_threads": 1,
            "vertex_stats": False,
            "degree": False,
            "lc-cycle": False,
            "time_window": DAY_S - 1,
            "fan": True,
            "fan_tw": DAY_S - 1,
            "fan_bins": BINS,
            "scatter-gather": True,
            "scatter-gather_tw": DAY_S // 4 - 1,
            "scatter-gather_bins": BINS,
            "temp-cycle": True,
            "temp-cycle_tw": DAY_S - 1,
            "temp-cycle_bins": BINS,
        }
    )
    for start in range(0, warm, 4096):
        peer.transform(table[start : min(start + 4096, warm)])
    return peer, table


def latencies_us(stream: Stream, warm: int, events: int) -> npt.NDArray[np.float64]:
    """Microseconds of each of ``events`` live calls after the first ``warm`` payments."""
    state = warmed(LIKE_FOR_LIKE, stream, warm)
    part = slice(warm, warm + events)
    calls = list(
        zip(
            stream.sources[part].tolist(),
            stream.targets[part].tolist(),
            stream.times_us[part].tolist(),
            stream.amounts_minor[part].tolist(),
            strict=True,
        )
    )
    taken = np.empty(len(calls))
    gc.disable()
    try:
        for n, call in enumerate(calls):
            begin = time.perf_counter_ns()
            state.add(*call)
            taken[n] = (time.perf_counter_ns() - begin) / 1_000
    finally:
        gc.enable()
    return taken


def throughput(stream: Stream, warm: int, rounds: int, batches: tuple[int, ...] = PEER_BATCHES) -> list[Row]:
    """One row for the columns that both compute, one for all of ours."""
    ours = everything = Pace(0, 0)
    peers: dict[int, Pace] = {}
    for _ in range(rounds):
        for batch in batches:
            if PEER_INSTALLED:
                peers[batch] = peers.get(batch, Pace(0, 0)).best(peer_pace(stream, warm, batch))
            for _ in range(3):
                ours = ours.best(our_pace(LIKE_FOR_LIKE, stream, warm))
        everything = everything.best(our_pace(ALL_PATTERNS, stream, warm))
    best_batch = max(peers, key=lambda size: peers[size].wall) if peers else None
    peer = Pace(peers[best_batch].wall, max(each.cpu for each in peers.values())) if best_batch else None
    like_for_like: Row = {
        "measure": "graph, fan 24 h + cycles 2-6 24 h + scatter-gather 6 h, evidence kept, 1 thread",
        "stream": stream.name,
        "payments_timed": len(stream) - warm,
        "ours_per_s": round(ours.wall),
        "peer": "snapml GraphFeaturePreprocessor",
        "peer_batch": best_batch,
        "ours_per_cpu_s": round(ours.cpu),
        "peer_per_s": round(peer.wall) if peer else None,
        "peer_per_cpu_s": round(peer.cpu) if peer else None,
        "ratio": round(ours.wall / peer.wall, 1) if peer else None,
        "ratio_cpu": round(ours.cpu / peer.cpu, 1) if peer else None,
        "goal": 20,
    }
    full: Row = {
        "measure": f"graph, all {len(ALL_PATTERNS.columns)} columns, evidence kept, 1 thread",
        "stream": stream.name,
        "payments_timed": len(stream) - warm,
        "ours_per_s": round(everything.wall),
        "ours_per_cpu_s": round(everything.cpu),
        "peer": None,
        "goal": None,
    }
    return [like_for_like, full]


def one_event(stream: Stream, warm: int, events: int, rounds: int) -> Row:
    """Latency of a live call; percentiles of the calmest of several passes."""
    passes = [latencies_us(stream, warm, events) for _ in range(rounds)]
    calm = min(passes, key=lambda taken: float(np.percentile(taken, 99)))
    return {
        "measure": "graph, one event in process",
        "stream": stream.name,
        "events": events,
        "p50_us": round(float(np.percentile(calm, 50)), 1),
        "p99_us": round(float(np.percentile(calm, 99)), 1),
        "peer": None,
        "goal": 50 if stream.name == "HUB" else None,
    }


def measure(quick: bool = False) -> list[Row]:
    """All rows of the graph benchmark.

    Args:
        quick: One round on shorter slices; enough to see that it works.
    """
    rounds, events, batches = (1, 500, PEER_BATCHES[1:2]) if quick else (2, 20_000, PEER_BATCHES)
    slices = (
        ((e1m().head(6_000), 4_000), (hub().head(6_000), 5_000))
        if quick
        else ((e1m().head(300_000), 40_000), (hub().head(150_000), 60_000))
    )
    rows: list[Row] = []
    for stream, warm in slices:
        rows += throughput(stream, warm, rounds, batches)
        rows.append(one_event(stream, warm, min(events, len(stream) - warm), rounds))
    return rows


if __name__ == "__main__":
    for row in measure():
        print(json.dumps(row))
