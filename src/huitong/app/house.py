"""Data contracts of the events that Huitong itself writes: they come with the program, and a bank's folder cannot change them."""

from functools import cache
from pathlib import Path
from types import ModuleType

from huitong import identity
from huitong.contracts import REQUEST_DIGEST, DataContract
from huitong.decisions import rollout
from huitong.kernel import PolicyError, read_toml
from huitong.operations import cases, webhooks
from huitong.risk import disposition, lists

_ROOMS: tuple[ModuleType, ...] = (rollout, cases, identity, disposition, lists, webhooks)
"""Rooms that keep books; each has its contracts in a folder beside its code."""
CURRENCY = "CNY"
"""ISO 4217 code of their amounts as they are written."""
_OF_ALL = f"""
[fields.{REQUEST_DIGEST}]
type = "string"
title = {{ zh = "请求摘要", en = "Digest of what was asked for" }}
grade = 5
length_max = 64
"""
"""What every contract of theirs has besides: what somebody asked for over HTTP, so that a key is not used for something else. Told to
nobody."""


@cache
def house_contract_files() -> tuple[Path, ...]:
    """Their files."""
    return tuple(path for room in _ROOMS for path in sorted(Path(str(room.__file__)).with_name("contracts").glob("*.toml")))


@cache
def house_contracts(currency: str = CURRENCY) -> dict[str, DataContract]:
    """The contracts, by kind of event; their amounts in the currency of the bank's payments."""
    loaded = (DataContract.of_table(read_toml(house_contract(path, currency).decode()), path.name) for path in house_contract_files())
    return {contract.kind: contract for contract in loaded}


def house_contract(path: Path, currency: str) -> bytes:
    """A contract's file, with what all have, and its amounts in the currency of the bank's payments."""
    written = path.read_bytes().replace(f'\ncurrency = "{CURRENCY}"\n'.encode(), f'\ncurrency = "{currency}"\n'.encode())
    return written + _OF_ALL.encode()


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
