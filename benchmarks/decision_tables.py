"""Decision tables: one row in process and a batch, for seven rows and for a thousand, one thread.

Times are of the processor for this thread, the least of several rounds. ``batch`` includes making the result arrays. For scale, the
same seven rows as a plain Python if-chain: what a developer writes by hand, without evidence, null logic or checks.

``python benchmarks/run.py --only decision_tables``
"""

import json
import tempfile
import time
from collections.abc import Callable
from html import escape
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from huitong.decisions.feel import BOOLEAN, COUNT, MONEY, STRING, Scope, Symbols, Variable
from huitong.decisions.tables import DecisionTable, load_tables

SEED = 11
ROWS = 1_000_000
CALLS = 50_000
ROUNDS = 7
COLUMNS = ("amount", "payments 1h", "country", "known device")
VARIABLES = tuple(Variable(name, kind) for name, kind in zip(COLUMNS, (MONEY, COUNT, STRING, BOOLEAN), strict=True))
WORDS = ("CN", "US", "FR")
SEVEN = (
    ("<= 100", "-", "-", "-", '"approve"', "0"),
    ("(100..1000]", "< 3", "-", "-", '"approve"', "10"),
    ("(100..1000]", ">= 3", '"CN","US"', "-", '"review"', "40"),
    ("(100..1000]", ">= 3", 'not("CN","US")', "-", '"decline"', "70"),
    ("> 1000", "< 3", "-", "true", '"approve"', "20"),
    ("> 1000", "< 3", "-", "not(true)", '"review"', "50"),
    ("> 1000", ">= 3", "-", "-", '"decline"', "90"),
)
THOUSAND = tuple(
    (f"[{row // 40 * 10}..{row // 40 * 10 + 10})", str(row % 40), "-", "-", f'"level {row % 7}"', str(row)) for row in range(1_000)
)


def _dmn(rules: tuple[tuple[str, ...], ...]) -> bytes:
    def cells(tag: str, texts: tuple[str, ...]) -> str:
        return "".join(f"<{tag}><text>{escape(text)}</text></{tag}>" for text in texts)

    inputs = "".join(f"<input><inputExpression><text>{name}</text></inputExpression></input>" for name in COLUMNS)
    rows = "".join(f"<rule>{cells('inputEntry', rule[:4])}{cells('outputEntry', rule[4:])}</rule>" for rule in rules)
    return (
        '<definitions xmlns="https://www.omg.org/spec/DMN/20230324/MODEL/"><decision name="t"><decisionTable>'
        f'{inputs}<output name="outcome"/><output name="points"/>{rows}</decisionTable></decision></definitions>'
    ).encode()


def _table(rules: tuple[tuple[str, ...], ...], cache: Path) -> DecisionTable:
    found = load_tables({"t.dmn": _dmn(rules)}, Scope(VARIABLES, Symbols(WORDS)), cache)
    found.raise_errors()
    return found.tables["t"]


def _stream(amount_minor_max: int, count_max: int, count: int) -> NDArray[np.float64]:
    rng = np.random.default_rng(SEED)
    rows = np.empty((count, len(COLUMNS)))
    rows[:, 0] = rng.integers(0, amount_minor_max, count)
    rows[:, 1] = rng.integers(0, count_max, count)
    rows[:, 2] = rng.integers(-1, len(WORDS), count)
    rows[:, 3] = rng.integers(0, 2, count)
    return rows


def _if_chain(amount: float, payments: float, country: float, known: float) -> tuple[str, int]:
    if amount <= 10_000:
        return "approve", 0
    if amount <= 100_000:
        if payments < 3:
            return "approve", 10
        return ("review", 40) if country in (0.0, 1.0) else ("decline", 70)
    if payments >= 3:
        return "decline", 90
    return ("approve", 20) if known == 1.0 else ("review", 50)


def _seconds(work: Callable[[], object]) -> float:
    best = float("inf")
    for _ in range(ROUNDS):
        start = time.thread_time()
        work()
        best = min(best, time.thread_time() - start)
    return best


def _call_ns(table: DecisionTable, rows: NDArray[np.float64]) -> float:
    some = [row.copy() for row in rows[:1_000]]

    def calls() -> None:
        for _ in range(CALLS // len(some)):
            for row in some:
                table.evaluate(row)

    return _seconds(calls) / CALLS * 1e9


def measure(quick: bool = False) -> list[dict[str, float | int | str]]:
    """One record per measurement: ``name``, ``value``, ``unit`` and, where there is one, ``goal``.

    Args:
        quick: A twentieth of the rows, to see that everything runs.
    """
    count = ROWS // 20 if quick else ROWS
    records: list[dict[str, float | int | str]] = []

    def record(name: str, value: float, unit: str, goal: float | None = None) -> None:
        entry: dict[str, float | int | str] = {"name": name, "value": round(value, 1), "unit": unit}
        records.append(entry if goal is None else {**entry, "goal": goal})

    with tempfile.TemporaryDirectory() as folder:
        cache = Path(folder)
        small, few = _table(SEVEN, cache), _stream(200_000, 6, count)
        record("7-row table, one call", _call_ns(small, few), "ns", 1_000)
        record("7-row table, batch", _seconds(lambda: small.batch(few)) / count * 1e9, "ns/row", 50)
        plain = [tuple(row) for row in few[:1_000].tolist()]
        record("7-row Python if-chain, one call", _seconds(lambda: [_if_chain(*row) for row in plain]) / len(plain) * 1e9, "ns")
        record("1,000-row table, load", _seconds(lambda: _table(THOUSAND, cache)) * 1e3, "ms", 1_000)
        large, many = _table(THOUSAND, cache), _stream(25_000, 40, count)
        record("1,000-row table, one call", _call_ns(large, many), "ns")
        record("1,000-row table, batch", _seconds(lambda: large.batch(many)) / count * 1e9, "ns/row")
    return records


if __name__ == "__main__":
    print(json.dumps(measure(), indent=1))
