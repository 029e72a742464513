"""Data contracts of the events that Huitong itself writes: they come with the program, and a bank's folder cannot change them."""

from functools import cache
from pathlib import Path
from types import ModuleType

from huitong.contracts import DataContract
from huitong.decisions import rollout
from huitong.operations import cases

_ROOMS: tuple[ModuleType, ...] = (rollout, cases)
"""Rooms that keep books; each has its contracts in a folder beside its code."""


@cache
def house_contracts() -> dict[str, DataContract]:
    """The contracts, by kind of event."""
    paths = [path for room in _ROOMS for path in sorted(Path(str(room.__file__)).with_name("contracts").glob("*.toml"))]
    return {contract.kind: contract for contract in map(DataContract.load, paths)}
