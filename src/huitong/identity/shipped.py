"""The data contracts of what this room writes to the log. They come with the software: nobody can unmark a secret."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from huitong.contracts import DataContract

_HERE = Path(__file__).parent


@cache
def access_contracts() -> Mapping[str, DataContract]:
    """Data contracts of users, roles, sessions, API keys and the access log, by kind of event."""
    loaded = [DataContract.load(path) for path in sorted((_HERE / "contracts").glob("*.toml"))]
    return {contract.kind: contract for contract in loaded}
