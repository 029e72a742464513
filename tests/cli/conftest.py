"""The command line in process, on a small bank of one's own."""

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from huitong.cli import main


@dataclass(frozen=True, slots=True)
class Ran:
    """What a command left: its exit code, what it wrote."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:  # noqa: ANN401 - JSON holds anything
        """The one JSON document on standard output."""
        return json.loads(self.out)


Run = Callable[..., Ran]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs ``huitong`` with these arguments; never lets a trace through."""
    for name in ("HUITONG_BANK", "HUITONG_LANG", "LC_ALL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", "C.UTF-8")
    monkeypatch.setenv("COLUMNS", "200")

    def go(*arguments: str | Path) -> Ran:
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main([str(argument) for argument in arguments])
        wrote = capsys.readouterr()
        assert "Traceback" not in wrote.out + wrote.err
        return Ran(int(ended.value.code or 0), wrote.out, wrote.err)

    return go


@pytest.fixture
def root(trained_bank: Path, tmp_path: Path) -> Path:
    """The folder of a small bank of one's own."""
    return shutil.copytree(trained_bank / "bank", tmp_path / "bank")


@pytest.fixture(scope="session")
def tables(trained_bank: Path) -> list[str]:
    """``--input`` and ``--mapping`` for the small bank's payments, labels and profiles."""
    names = {"payments": "synthetic", "labels": "synthetic_labels", "profiles": "synthetic_profiles"}
    return [
        part
        for name, mapping in names.items()
        for part in ("--input", str(trained_bank / "tables" / f"{name}.parquet"), "--mapping", mapping)
    ]
