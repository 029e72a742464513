"""A log with records of every sort, to be sealed, and what the tests of segments ask of its files."""

from collections.abc import Sequence
from pathlib import Path

from huitong.contracts import Event
from huitong.kernel import Finding
from huitong.store import RecordLog
from tests.store.build import CONTRACT, batch, decision, event

CONTRACTS = {CONTRACT.kind: CONTRACT}


def filled(log: RecordLog, payments: int = 700) -> None:
    """Payments, decisions, an event without a contract, one that its contract cannot hold, and payments again."""
    log.append_batch(batch(payments - 200), CONTRACT)
    for number in range(40):
        log.append_decision(event(10_000 + number), decision(number))
    log.append_events([Event("l1", "payment.labelled", 9, {"payment": "p1"}, {"fraud": True})])
    log.append_events([Event("odd", CONTRACT.kind, 9, {"account": "A"}, {"amount": "twelve", "extra": None, "gone": 2})])
    log.append_batch(batch(200, start=payments - 200), CONTRACT)


def segment_files(folder: Path) -> list[Path]:
    return sorted((folder / "segments").rglob("*.parquet"))


def found(findings: Sequence[Finding]) -> set[tuple[str, str]]:
    return {(one.code, one.where) for one in findings}
