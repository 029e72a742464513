"""A policy's folder that tests change, loaded with the shipped data contracts."""

from pathlib import Path

from huitong.contracts import DataContract
from huitong.decisions.policy import LoadedPolicy, load_policy
from huitong.risk.transactions import shipped


def contracts() -> dict[str, DataContract]:
    """The shipped data contracts by kind."""
    loaded = [DataContract.load(path) for path in shipped()["contracts"]]
    return {contract.kind: contract for contract in loaded}


def load(folder: Path, bank: Path, *, trained: bool = True) -> LoadedPolicy:
    """A policy with the models and the compiled expressions of a bank."""
    return load_policy(folder, contracts(), bank / "models", bank / "cache", trained=trained)
