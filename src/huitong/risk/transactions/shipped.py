"""The files that come with the vertical: a new bank's folder starts with a copy of them."""

from collections.abc import Mapping
from pathlib import Path

_HERE = Path(__file__).parent


def shipped() -> Mapping[str, tuple[Path, ...]]:
    """Policies (folders), data contracts and mappings (TOML files), by the subfolder of a bank that they belong to."""
    return {
        "policies": tuple(sorted(path for path in (_HERE / "policies").iterdir() if (path / "policy.toml").is_file())),
        "contracts": tuple(sorted((_HERE / "contracts").glob("*.toml"))),
        "mappings": tuple(sorted((_HERE / "mappings").glob("*.toml"))),
    }
