"""The files that come with the ledger: a bank's folder gets a copy of them."""

from collections.abc import Mapping
from pathlib import Path

SETTINGS_FOLDER, SETTINGS_NAME, NOTICES_NAME = "measures", "measures.toml", "notices.toml"
"""Where in a bank's folder its settings and notices lie."""
_HERE = Path(__file__).parent


def shipped() -> Mapping[str, tuple[Path, ...]]:
    """Settings and notices, by the subfolder of a bank that they belong to; the data contracts stay with the program."""
    return {SETTINGS_FOLDER: (_HERE / SETTINGS_NAME, _HERE / NOTICES_NAME)}
