"""The scripts of a clone, with its programs replaced by ones that say how they were called."""

import shutil
import subprocess
from pathlib import Path

from tests.sources import ROOT


def program(path: Path, lines: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/usr/bin/env bash\n{lines}\n", "utf-8")
    path.chmod(0o755)


def test_the_paths_given_to_run_are_those_of_the_caller(tmp_path: Path) -> None:
    clone, elsewhere = tmp_path / "clone", tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "small.csv").write_text("id\n", "utf-8")
    program(clone / "scripts" / "install", "true")
    program(clone / ".venv" / "bin" / "huitong", 'echo "$*"; cat "$3"')
    shutil.copy(ROOT / "scripts" / "run", clone / "scripts" / "run")
    called = subprocess.run(["../clone/scripts/run", "--input", "small.csv"], cwd=elsewhere, capture_output=True, text=True, check=True)
    assert called.stdout == "demo --input small.csv\nid\n"
