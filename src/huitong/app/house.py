"""Data contracts of the events that Huitong itself writes: they come with the program, and a bank's folder cannot change them."""

from functools import cache
from pathlib import Path
from types import ModuleType

from huitong import identity
from huitong.contracts import DataContract
from huitong.decisions import rollout
from huitong.kernel import PolicyError
from huitong.operations import cases, webhooks
from huitong.risk import disposition, lists

_ROOMS: tuple[ModuleType, ...] = (rollout, cases, identity, disposition, lists, webhooks)
"""Rooms that keep books; each has its contracts in a folder beside its code."""


@cache
def house_contract_files() -> tuple[Path, ...]:
    """Their files."""
    return tuple(path for room in _ROOMS for path in sorted(Path(str(room.__file__)).with_name("contracts").glob("*.toml")))


@cache
def house_contracts() -> dict[str, DataContract]:
    """The contracts, by kind of event."""
    return {contract.kind: contract for contract in map(DataContract.load, house_contract_files())}


def require_foreign(kind: str) -> None:
    """Refuses to take in from outside what only the house itself writes: else a table of events could give rights or lift measures.

    Raises:
        PolicyError: If the kind is one of the house's own.
    """
    if kind in house_contracts():
        raise PolicyError(
            "event.kind.house",
            {"en": f"events of kind {kind} are written by Huitong itself alone", "zh": f"{kind} 类事件只能由汇通自身写入"},
            {"en": "use the command, page or address that does what you want", "zh": "请使用相应的命令、页面或接口"},
        )
