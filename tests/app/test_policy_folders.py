"""What policies' folders hold is read once for each content."""

from pathlib import Path

import pytest

from huitong.app import Bank
from huitong.app.policy_folders import PolicyFolders

SETTINGS = "policies/small/policy.toml"


@pytest.fixture
def loads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Which policies were loaded."""
    asked: list[str] = []
    load = Bank.load

    def counted(bank: Bank, policy: str, *, trained: bool = True) -> object:
        asked.append(policy)
        return load(bank, policy, trained=trained)

    monkeypatch.setattr(Bank, "load", counted)
    return asked


def test_a_policy_is_loaded_anew_where_its_folder_changed_and_only_then(root: Path, loads: list[str]) -> None:
    with Bank(root, threads=2) as bank:
        folders = PolicyFolders(bank)
        first = folders.files("small")
        assert folders.files("small") is first
        assert loads == ["small"]
        file = root / SETTINGS
        file.write_text(file.read_text("utf-8") + "\n# somebody was here\n", "utf-8")
        assert folders.files("small").version != first.version
        assert loads == ["small", "small"]


def test_what_cannot_be_loaded_is_told_and_looked_at_again_each_time(root: Path, loads: list[str]) -> None:
    with Bank(root, threads=2) as bank:
        folders = PolicyFolders(bank)
        file = root / "policies/small/features.toml"
        whole = file.read_text("utf-8")
        file.write_text("[features]\nbroken = 1\n", "utf-8")
        broken = folders.files("small")
        assert broken.version == ""
        assert broken.findings
        folders.files("small")
        assert loads == ["small", "small"]
        file.write_text(whole, "utf-8")
        assert folders.files("small").version
