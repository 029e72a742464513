"""Contract, events and decisions that the tests of the log share."""

import numpy as np

from huitong.contracts import (
    DataContract,
    Decision,
    Event,
    EventBatch,
    Evidence,
    ListHit,
    Measure,
    PatternEdge,
    Reason,
    RuleHit,
    SmallestChange,
)

TITLE = {"en": "x", "zh": "某"}
CONTRACT = DataContract.of_table(
    {
        "kind": "payment.requested",
        "version": 1,
        "title": TITLE,
        "currency": "CNY",
        "fields": {
            "amount": {"type": "money", "title": TITLE, "required": True},
            "channel": {"type": "string", "title": TITLE},
            "present": {"type": "boolean", "title": TITLE},
            "count": {"type": "integer", "title": TITLE},
            "account": {"type": "string", "title": TITLE, "key": "account"},
            "device": {"type": "string", "title": TITLE, "key": "device"},
        },
    },
    "test",
)


def event(number: int, amount: int = 1250) -> Event:
    return Event(f"p{number}", "payment.requested", 1_000_000 * number, {"account": f"A{number % 3}"}, {"amount": amount, "present": True})


def batch(count: int, start: int = 0) -> EventBatch:
    return EventBatch.of_events([event(number) for number in range(start, start + count)], CONTRACT)


def decision(number: int, outcome: str = "approve", score: float | None = 0.1) -> Decision:
    edge = PatternEdge("p1", "A1", "A2", 5, None)
    return Decision(
        id=f"d{number}",
        event=f"p{number}",
        policy="card_payments",
        version="v1",
        outcome=outcome,
        score=score,
        reasons=(Reason("rule.large", {"en": "large", "zh": "金额大"}, 1.5, "rule"),),
        evidence=Evidence(
            {"f": 1.0, "text": "a", "none": None, "nan": float("inf")},
            (RuleHit("limits", 3, None),),
            (ListHit("watch", "A1", "note"),),
            {"cycle": (edge, edge)},
            {"f": -0.25},
            float(np.nextafter(0.1, 1)),
        ),
        measures=(Measure("hold", "account", "A1", 99, "rule.large"),),
        tier="full",
        latency_ns=1234,
        smallest_change=SmallestChange("amount", 1249.0, "approve", {"en": "below", "zh": "低于"}),
    )
