"""A small bank for the tests of features: data contracts, a plan that uses every operation, and random events."""

import random
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from huitong.contracts import DataContract, Event, EventBatch, Float64Array, Int64Array, Value
from huitong.features import FeatureEngine, FeaturePlan, Listed

SECOND = 1_000_000
HOUR = 3_600 * SECOND
DAY = 24 * HOUR
START = 1_600_000_000 * SECOND

PAYMENT, LABEL, LOGIN, PROFILE = "payment.requested", "payment.labelled", "login.failed", "customer.profile"


def _title(text: str) -> dict[str, str]:
    return {"en": text, "zh": f"{text}（中）"}


def _contract(kind: str, fields: dict[str, dict[str, object]]) -> DataContract:
    named = {name: {"title": _title(name), **settings} for name, settings in fields.items()}
    return DataContract.of_table({"kind": kind, "version": 1, "title": _title(kind), "currency": "CNY", "fields": named}, kind)


_KEY = {"type": "string"}
CONTRACTS = {
    contract.kind: contract
    for contract in (
        _contract(
            PAYMENT,
            {
                "customer": {**_KEY, "key": "customer"},
                "terminal": {**_KEY, "key": "terminal"},
                "account": {**_KEY, "key": "account", "space": "account"},
                "counterparty": {**_KEY, "key": "counterparty", "space": "account"},
                "amount": {"type": "money", "required": True},
                "distance": {"type": "number", "decimals": 3, "unit": "km", "min": -20_000, "max": 20_000},
                "channel": {"type": "string", "one_of": ["online", "shop"]},
                "present": {"type": "boolean"},
            },
        ),
        _contract(LABEL, {"terminal": {**_KEY, "key": "terminal"}, "fraud": {"type": "boolean"}}),
        _contract(
            LOGIN,
            {
                "customer": {**_KEY, "key": "customer"},
                "locked_until": {"type": "timestamp"},
                "again": {"type": "boolean"},
                "channel": {"type": "string"},
            },
        ),
        _contract(
            PROFILE,
            {"customer": {**_KEY, "key": "customer"}, "opened_on": {"type": "date"}, "segment": {"type": "string"}},
        ),
    )
}

WINDOWS: dict[str, dict[str, Any]] = {
    "amount": {"field": "amount"},
    "distance": {"field": "distance"},
    "channel": {"field": "channel"},
    "customer": {"field": "customer"},
    "count_1h": {"count": True, "by": "customer", "over": "1h"},
    "count_3h": {"count": True, "by": "customer", "over": "3h"},
    "count_ever": {"count": True, "by": "customer", "over": "ever"},
    "sum_3h": {"sum": "amount", "by": "customer", "over": "3h"},
    "sum_ever": {"sum": "amount", "by": "customer", "over": "ever"},
    "mean_3h": {"mean": "amount", "by": "customer", "over": "3h"},
    "std_3h": {"std": "amount", "by": "customer", "over": "3h"},
    "std_ever": {"std": "distance", "by": "customer", "over": "ever"},
    "min_1h": {"min": "distance", "by": "customer", "over": "1h"},
    "max_1h": {"max": "distance", "by": "customer", "over": "1h"},
    "max_3h": {"max": "distance", "by": "customer", "over": "3h"},
    "max_ever": {"max": "amount", "by": "customer", "over": "ever"},
    "min_ever": {"min": "amount", "by": "customer", "over": "ever"},
    "mean_distance_3h": {"mean": "distance", "by": "terminal", "over": "3h"},
    "terminals_1h": {"distinct": "terminal", "by": "customer", "over": "1h"},
    "terminals_3h": {"distinct": "terminal", "by": "customer", "over": "3h"},
    "channels_3h": {"distinct": "channel", "by": "customer", "over": "3h"},
    "present_3h": {"rate": "present", "by": "customer", "over": "3h"},
    "z_3h": {"zscore": "amount", "by": "customer", "over": "3h"},
    "z_ever": {"zscore": "amount", "by": "customer", "over": "ever"},
    "ratio_3h": {"ratio_to_mean": "amount", "by": "customer", "over": "3h"},
    "since_last": {"since_last": True, "by": "customer"},
    "first_seen": {"first_seen": True, "by": ["customer", "terminal"], "unit": "hours"},
    "pair_3h": {"count": True, "by": ["terminal", "account"], "over": "3h"},
    "online_3h": {"sum": "amount", "by": "customer", "over": "3h", "where": {"channel": "online"}},
    "online_since": {"since_last": True, "by": "customer", "where": {"channel": "online"}},
    "received_since": {"since_last": True, "by": "account", "as": "counterparty"},
    "received_3h": {"sum": "amount", "by": "account", "as": "counterparty", "over": "3h"},
    "fraud_3h": {"rate": "fraud", "by": "terminal", "over": "3h", "events": LABEL},
    "labels_1h": {"count": True, "by": "terminal", "over": "1h", "events": LABEL},
    "last_login": {"since_last": True, "by": "customer", "events": LOGIN, "unit": "minutes"},
    "segment": {"profile": "segment", "by": "customer"},
    "age_days": {"profile": "opened_on", "by": "customer", "unit": "days"},
    "locked_left": {"remaining": "locked_until", "by": "customer", "events": LOGIN, "unit": "minutes"},
    "locked_again_left": {"remaining": "locked_until", "by": "customer", "events": LOGIN, "where": {"again": True}},
    "locked": {"holds": "locked_until", "by": "customer", "events": LOGIN},
    "channel_count_3h": {"count": True, "by": "channel", "over": "3h"},
    "customer_channel_sum_3h": {"sum": "amount", "by": ["customer", "channel"], "over": "3h"},
    "triple_sum_3h": {"sum": "amount", "by": ["customer", "channel", "terminal"], "over": "3h"},
    "triple_seen": {"first_seen": True, "by": ["customer", "terminal", "channel"], "unit": "hours"},
    "locked_here_left": {"remaining": "locked_until", "by": ["customer", "channel"], "events": LOGIN},
    "hour": {"calendar": "hour"},
    "weekday": {"calendar": "weekday"},
    "month": {"calendar": "month"},
    "is_night": {"calendar": "is_night"},
    "blocked": {"list": "blocked", "of": "terminal"},
    "share": {"ratio": ["sum_3h", "sum_ever"]},
    "jump": {"difference": ["amount", "mean_3h"]},
    "higher": {"maximum": ["share", "z_3h"]},
}
GRAPH: dict[str, dict[str, Any]] = {
    "cycles_3": {"graph": "cycles", "length": 3, "over": "3h"},
    "fan_out": {"graph": "fan_out", "of": "source", "over": "3h"},
    "capped": {"graph": "capped"},
}
SETTINGS = {"zone": "Asia/Shanghai", "lateness": "2h"}
LISTS = {"blocked": {"t0": Listed(), "t1": Listed(START + 2 * HOUR, START + 9 * HOUR)}}


def plan_of(features: Mapping[str, object] | None = None, **settings: object) -> FeaturePlan:
    """A plan; by default one that uses every operation."""
    table = {"features": {**WINDOWS, **GRAPH} if features is None else features, "settings": {**SETTINGS, **settings}}
    return FeaturePlan.load(table, CONTRACTS, PAYMENT)


def random_events(seed: int, count: int, hours: float = 24.0, customers: int = 4) -> list[Event]:
    """Events of every kind in the documented order; seconds collide now and then, fields are missing now and then."""
    random_ = random.Random(seed)

    events = []
    for number in range(count):
        kind = random_.choices([PAYMENT, LABEL, LOGIN, PROFILE], [8, 3, 1, 1])[0]
        time_us = START + random_.randrange(int(hours * 1200)) * 3 * SECOND
        keys = {"customer": f"c{random_.randrange(customers)}", "terminal": f"t{random_.randrange(3)}"}
        if kind == PAYMENT:
            keys |= {"account": f"a{random_.randrange(4)}", "counterparty": f"a{random_.randrange(4)}"}
            data: dict[str, Value] = {
                "amount": random_.choice([random_.randrange(1, 100_000), 10**15 - random_.randrange(10)]),
                "distance": random_.randrange(-5, 5),
                "channel": random_.choice(["online", "shop"]),
                "present": random_.random() < 0.5,
            }
            missing = [name for name in data if name != "amount" and random_.random() < 0.15]
            keys = {role: text for role, text in keys.items() if random_.random() > 0.05}
        elif kind == LABEL:
            data, missing = {"fraud": random_.random() < 0.3}, ["fraud"] if random_.random() < 0.1 else []
            keys = {"terminal": keys["terminal"]}
        else:
            data = (
                {"opened_on": random_.randrange(15_000, 18_000), "segment": random_.choice(["retail", "private"])}
                if kind == PROFILE
                else {
                    "locked_until": time_us + (number % 5 - 1) * HOUR,
                    "again": number % 3 == 0,
                    "channel": random_.choice(["online", "shop"]),
                }
            )
            missing = [name for name in data if random_.random() < 0.3]
            keys = {"customer": keys["customer"]}
        for name in missing:
            del data[name]
        events.append(Event(f"e{number:05d}", kind, time_us, keys, data))
    return in_order(events)


def in_order(events: Sequence[Event]) -> list[Event]:
    """The documented order: time, the decided kind last, id."""
    return sorted(events, key=lambda event: (event.time_us, event.kind == PAYMENT, event.kind, event.id))


def batches_of(events: Sequence[Event]) -> tuple[list[EventBatch], list[Int64Array]]:
    """The events as a batch for each kind, and the place of each in the sequence."""
    batches, places = [], []
    for kind in {event.kind for event in events}:
        places.append(np.array([place for place, event in enumerate(events) if event.kind == kind], np.int64))
        batches.append(EventBatch.of_events([event for event in events if event.kind == kind], CONTRACTS[kind]))
    return batches, places


def live(engine: FeatureEngine, events: Sequence[Event]) -> dict[str, Float64Array]:
    """Features of the payments, one event at a time."""
    found = {}
    for event in events:
        row = engine.update(event)
        if row is not None:
            found[event.id] = row
    return found


def replayed(
    engine: FeatureEngine, events: Sequence[Event], chunk_rows: int = 100_000, threads: int = 1, in_arrival: bool = False
) -> dict[str, Float64Array]:
    """Features of the payments, in batches."""
    batches, places = batches_of(events)
    ids: list[str] = next((batch.ids.to_pylist() for batch in batches if batch.kind == PAYMENT), [])
    found = {}
    for chunk in engine.run(batches, chunk_rows, threads, arrival=places if in_arrival else None):
        for row, features in zip(chunk.rows.tolist(), chunk.features, strict=True):
            found[ids[row]] = features
    return found


def assert_same_bits(left: dict[str, Float64Array], right: dict[str, Float64Array], names: Sequence[str]) -> None:
    """Fails with the first event and the features that differ."""
    assert left.keys() == right.keys()
    for event_id, row in left.items():
        if not np.array_equal(row.view(np.int64), right[event_id].view(np.int64)):
            pairs = zip(names, row, right[event_id], strict=True)
            different = {name: (a, b) for name, a, b in pairs if a != b and not (np.isnan(a) and np.isnan(b))}
            raise AssertionError(f"{event_id}: {different}")
