"""What the benchmarks of the log write, and where: seeded payments of customers with two accounts each, and decisions on them."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
import pyarrow as pa

from huitong.contracts import Codes, DataContract, Decision, Event, EventBatch, Evidence, Reason, RuleHit
from huitong.kernel import Text

SEED = 7
CUSTOMERS = 50_000
ACCOUNTS = 2 * CUSTOMERS
BATCH_ROWS = 50_000
SERVER = os.environ.get("HUITONG_TEST_POSTGRES", "postgresql://root@127.0.0.1:5432/test")
_TITLE = {"en": "x", "zh": "某"}
_NAME = {"type": "string", "title": _TITLE, "identifies_person": True}
CONTRACT = DataContract.of_table(
    {
        "kind": "payment.requested",
        "version": 1,
        "title": _TITLE,
        "currency": "CNY",
        "fields": {
            "amount": {"type": "money", "title": _TITLE, "required": True},
            "currency": {"type": "string", "title": _TITLE},
            "customer": {**_NAME, "key": "customer"},
            "account": {**_NAME, "key": "account", "person": "customer"},
        },
    },
    "benchmark",
)
CONTRACTS = {CONTRACT.kind: CONTRACT}


def payments(rows: int, first: int = 0, customers: int = CUSTOMERS) -> EventBatch:
    """Payments numbered from ``first`` on."""
    rng = np.random.default_rng([SEED, first])
    accounts = rng.integers(0, 2 * customers, rows).astype(np.int32)
    return EventBatch(
        CONTRACT.kind,
        pa.array([f"hb-{number}" for number in range(first, first + rows)]),
        1_500_000_000_000_000 + 1_000 * first + np.sort(rng.integers(0, 1_000 * rows, rows)),
        {
            "customer": Codes(accounts // 2, pa.array([f"C{number}" for number in range(customers)])),
            "account": Codes(accounts, pa.array([f"A{number}" for number in range(2 * customers)])),
        },
        {"amount": rng.integers(1, 10**6, rows), "currency": Codes(np.zeros(rows, np.int32), pa.array(["CNY"]))},
    )


def pieces(rows: int) -> Iterator[EventBatch]:
    """The same in batches, as a file is read."""
    return (payments(min(BATCH_ROWS, rows - first), first) for first in range(0, rows, BATCH_ROWS))


def decided(number: int) -> tuple[Event, Decision]:
    """A payment with a decision as a policy of twenty features, three rules and a model makes it."""
    features: dict[str, float | str | None] = {f"feature_{one:02}": (number * (one + 1)) % 977 / 7 for one in range(20)}
    texts: list[Text] = [{"en": f"rule {one}: more than usual", "zh": f"规则 {one}：高于该账户的一贯水平"} for one in range(3)]
    reasons = tuple(Reason(f"rule.{one}", text, 0.7 - one / 5, "rule") for one, text in enumerate(texts))
    evidence = Evidence(features, (RuleHit("limits", number % 7, "review"),), (), {}, dict.fromkeys(list(features)[:10], 0.01), -2.5)
    keys = {"customer": f"C{number % CUSTOMERS}", "account": f"A{number % ACCOUNTS}"}
    event = Event(f"s-{number}", CONTRACT.kind, 1_500_000_000_000_000 + number, keys, {"amount": 100 + number % 9_999, "currency": "CNY"})
    return event, Decision(
        f"d-{number}", event.id, "benchmark", "0123456789abcdef", "review", 0.25, reasons, evidence, (), "full", 150_000, None
    )


@contextmanager
def sqlite_address() -> Iterator[str]:
    """Path of a log that goes when it is left."""
    with tempfile.TemporaryDirectory() as folder:
        yield str(Path(folder) / "log.sqlite")


@contextmanager
def postgres_address() -> Iterator[str]:
    """Address of a schema that goes when it is left."""
    schema = f"benchmark_{uuid4().hex[:16]}"
    try:
        yield f"{SERVER}?schema={schema}"
    finally:
        with connect() as connection:
            connection.execute(f"DROP SCHEMA IF EXISTS {schema} CASCADE")


def connect() -> Any:  # noqa: ANN401 - the driver's class is there only where it is installed
    """A connection to the server, in autocommit."""
    import psycopg  # noqa: PLC0415 - only where it is installed

    return psycopg.connect(SERVER, autocommit=True, connect_timeout=3)


def postgres_missing() -> str | None:
    """Why nothing can be measured in PostgreSQL; ``None`` where it can."""
    if find_spec("psycopg") is None:
        return "psycopg is not installed"
    import psycopg  # noqa: PLC0415 - as above

    try:
        connect().close()
    except psycopg.OperationalError:
        return "no server answers"
    return None
