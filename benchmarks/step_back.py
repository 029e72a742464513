"""A canary that declines everybody, under full load: how soon is it taken back by itself, and how many payments has it decided by then?

The service's bank and policy; of the policy a second version that declines whatever comes, live for half of the customers. As many callers
as are served well ask over HTTP, from the first second on; a rule of the shipped settings has to find the harm, and the service to act.
What the log says afterwards counts: when the step back was recorded, by whom and for which rule, and which version decided what.

``python benchmarks/run.py --only step_back``
"""

import os
import tempfile
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path

from benchmarks.service import CONNECTIONS, FRONTS_BEYOND, make_bank, served, service_of
from benchmarks.service_events import body_of, events_of
from benchmarks.service_load import load
from benchmarks.streams import hub
from huitong.app import Bank
from huitong.contracts import Actor, Command, Decision, EventBatch
from huitong.decisions import rollout as ro
from huitong.kernel import EventId

Row = dict[str, object]
POLICY = "benchmark"
SHARE_PPM = 500_000
AUTHOR, APPROVER = Actor("li", frozenset({"analyst"})), Actor("wang", frozenset({"approver"}))


def measure(quick: bool = False) -> list[Row]:
    """One canary, from the first call to after its step back.

    Args:
        quick: A few thousand payments.
    """
    warm, seconds, at_most = (3_000, 6.0, 6_000) if quick else (60_000, 15.0, 100_000)
    stream = hub().head(warm + at_most)
    load_average = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        with Bank(folder / "bank") as bank:
            contract = bank.contracts["payment.requested"]
        make_bank(folder / "bank", EventBatch.of_events(list(events_of(stream, 0, warm)), contract), contract)
        canary = harmful_canary(folder / "bank")
        bodies = [body_of(event) for event in events_of(stream, warm, len(stream))]
        with served(service_of(folder / "bank", FRONTS_BEYOND)) as (port, _):
            begun_us = time.time_ns() // 1_000
            figures = load(port, "/v1/decisions", bodies, CONNECTIONS, folder, seconds)
        failed = sum(number for status, number in figures.statuses.items() if status != "200")
        return [{"measure": "step_back", "per_s": figures.per_s, "failed": failed, "load": load_average, **found(folder, canary, begun_us)}]


def harmful_canary(root: Path) -> str:
    """Makes the policy's folder live, and for half of the customers a version that declines everybody; that one's hash."""
    with Bank(root) as bank:
        office, number = bank.rollouts, 0
        office.settings = replace(
            office.settings, shadow_decisions_min=1, shadow_time_min_us=0, canary_decisions_min=1, canary_time_min_us=0
        )

        def command(by: Actor) -> Command:
            nonlocal number
            number += 1
            return Command(EventId(f"benchmark:{number}"), by, bank.clock.now_us())

        def evidence(version: str, sort: str) -> None:
            seen = ro.Found(sort, 0, 1, 1_000, 1, *((first, 1_000, 1, 0) if sort == "shadow" else ()))
            bank.books.rollouts.carry_out(command(AUTHOR), ro.add_evidence, POLICY, version, seen)

        first = office.draft(command(AUTHOR), POLICY, "the first")
        evidence(first, "replay")
        office.forward(command(APPROVER), POLICY, first, "live")
        trained = root / "policies" / POLICY / "trained.toml"
        model = trained.read_text("utf-8").partition("[thresholds]")[0]
        trained.write_text(f"{model}[thresholds]\nreview = 0.0\ndecline = 0.0\n", "utf-8")
        second = office.draft(command(AUTHOR), POLICY, "declines everybody")
        evidence(second, "replay")
        office.forward(command(APPROVER), POLICY, second, "shadow")
        evidence(second, "shadow")
        act = bank.books.rollouts.carry_out  # the office would count the shadow's decisions, of which there are none
        act(command(APPROVER), ro.step_forward, POLICY, second, "canary", office.settings, share_ppm=SHARE_PPM)
        return second


def found(folder: Path, canary: str, begun_us: int) -> Row:
    """What the log says: how long after the first call the canary was taken back, and who decided how much."""
    with Bank(folder / "bank") as bank:
        version = bank.rollouts.status(POLICY).versions[canary]
        step = version.steps[-1]
        decided: Counter[str] = Counter()
        after = 0
        (since,) = bank.log.positions(EventId(version.steps[-2].id))
        for record in bank.log.read(since):
            content = record.content
            if isinstance(content, Decision):
                decided[content.version] += 1
                after = 0 if content.version == canary else after + 1
    return {
        "stage": version.stage,
        "by": step.by,
        "rule": step.ground,
        "seconds": (step.time_us - begun_us) / 1e6,
        "canary_decisions": decided[canary],
        "decisions": decided.total(),
        "after": after,
    }
