"""What a model is bound to: its own features and what can move them, and nothing else."""

import tomllib
from collections.abc import Mapping
from typing import Any

import pytest

from huitong.contracts import DataContract
from huitong.features import FeaturePlan, inputs_version
from huitong.risk import transactions

DECIDES = "payment.requested"
FEATURES = """
[settings]
zone = "Asia/Shanghai"
lateness = "1d"

[features]
amount = { field = "amount" }
mean_30d = { mean = "amount", by = "customer", over = "30d" }
count_1h = { count = true, by = "customer", over = "1h" }
against_mean = { ratio = ["amount", "mean_30d"] }
rate = { rate = "fraud", events = "payment.labelled", by = "terminal", over = "28d" }
cycle = { graph = "cycle_length", over = "24h" }
"""
READ = ("against_mean", "rate")


@pytest.fixture(scope="module")
def contracts() -> Mapping[str, DataContract]:
    """The shipped data contracts."""
    loaded = [DataContract.load(path) for path in transactions.shipped()["contracts"]]
    return {contract.kind: contract for contract in loaded}


def version(contracts: Mapping[str, DataContract], text: str = FEATURES, names: tuple[str, ...] = READ) -> str:
    source: Mapping[str, Any] = tomllib.loads(text)
    return inputs_version(FeaturePlan.load(source, contracts, DECIDES), source, contracts, names)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("[features]\n", '[features]\nsum_7d = { sum = "amount", by = "customer", over = "7d" }\n'),
        ("[features]\n", '[features]\nstd_30d = { std = "amount", by = "customer", over = "30d" }\n'),
        ('count_1h = { count = true, by = "customer", over = "1h" }', 'count_1h = { count = true, by = "customer", over = "2h" }'),
        ('count_1h = { count = true, by = "customer", over = "1h" }\n', ""),
        ("[features]\n", '[features]\nfan = { graph = "fan_out", of = "source", over = "24h" }\n'),
    ],
    ids=["added", "added to a grouping that is read", "changed", "taken away", "graph, which the model does not read"],
)
def test_what_the_model_does_not_read_may_come_change_and_go(contracts: Mapping[str, DataContract], old: str, new: str) -> None:
    assert FEATURES.count(old) == 1
    assert version(contracts, FEATURES.replace(old, new)) == version(contracts)


@pytest.mark.parametrize(
    ("old", "new", "names"),
    [
        ('by = "terminal", over = "28d"', 'by = "terminal", over = "7d"', READ),
        ('by = "customer", over = "30d"', 'by = "customer", over = "7d"', READ),
        ('lateness = "1d"', 'lateness = "2d"', READ),
        ("[features]\n", '[features]\nhome = { profile = "home_region", by = "customer" }\n', READ),
        ("[features]\n", '[features]\nfan = { graph = "fan_out", of = "source", over = "24h" }\n', ("amount", "cycle")),
    ],
    ids=["its own window", "what it is computed from", "lateness", "an event kind more", "a graph feature beside one"],
)
def test_what_can_move_a_value_makes_another_version(
    contracts: Mapping[str, DataContract], old: str, new: str, names: tuple[str, ...]
) -> None:
    assert FEATURES.count(old) == 1
    assert version(contracts, FEATURES.replace(old, new), names) != version(contracts, names=names)
