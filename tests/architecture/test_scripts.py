"""The scripts stay short and run anywhere; what is committed names no host and no machine."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from tests.sources import ROOT, short, tracked_files

SCRIPTS = sorted((ROOT / "scripts").iterdir())
REQUIREMENTS = sorted((ROOT / "requirements").glob("*.txt"))
GROUPS = ["bench", "browser", "check", "docs", "runtime", "test", "train"]
PIN = re.compile(r"([a-z0-9-]+)==([0-9][0-9a-z.]*)( ; [a-z_]+ [^\\]*)? \\\n((?:    --hash=sha256:[0-9a-f]{64}(?: \\)?\n)+)")
# Put together here, so that this file does not find itself.
MACHINE = re.compile("|".join(["/" + folder + "/[a-z]" for folder in ("work", "root", "home", "Users", "opt")]) + r"|\b[A-Z]:\\\\Users")
HOSTS = re.compile(
    "|".join(["py" + r"pi\.(org|python)", "python" + "hosted", "local" + r"host:\d", r"\bmirrors?\.[a-z]+\.(com|org|cn|edu)"])
)


def test_there_are_five_scripts() -> None:
    assert [path.name for path in SCRIPTS] == ["check", "docs", "install", "run", "test"]


@pytest.mark.parametrize("script", [*SCRIPTS, ROOT / ".ci" / "run"], ids=short)
def test_a_script_is_short_executable_and_sound_bash(script: Path) -> None:
    lines = script.read_text("utf-8").splitlines()
    assert lines[0] == "#!/usr/bin/env bash"
    assert "set -euo pipefail" in lines
    assert len(lines) <= 20
    assert os.access(script, os.X_OK)
    subprocess.run(["bash", "-n", str(script)], check=True)


def test_install_of_what_is_installed_already_does_nothing_from_any_folder(tmp_path: Path) -> None:
    checkout = tmp_path / "a checkout"
    (checkout / "scripts").mkdir(parents=True)
    (checkout / "requirements").mkdir()
    (checkout / ".venv").mkdir()
    for name in ("pyproject.toml", "scripts/install", "requirements/train.txt"):
        (checkout / name).write_bytes((ROOT / name).read_bytes())
    stamp = "cat pyproject.toml requirements/train.txt | cksum > .venv/installed-train"
    subprocess.run(["bash", "-c", stamp], cwd=checkout, check=True)
    quiet = subprocess.run(["bash", str(checkout / "scripts/install")], cwd="/", capture_output=True, text=True, check=True)
    assert quiet.stdout + quiet.stderr == ""
    (checkout / "requirements/train.txt").write_text("# changed\n")
    other = {"PATH": "/usr/bin:/bin"}
    with_an_error = (checkout / ".venv/bin/python", "#!/bin/sh\nexit 7\n")
    with_an_error[0].parent.mkdir()
    with_an_error[0].write_text(with_an_error[1])
    with_an_error[0].chmod(0o755)
    changed = subprocess.run(["bash", str(checkout / "scripts/install")], cwd="/", env=other, capture_output=True, text=True, check=False)
    assert changed.returncode == 7
    assert "requirements/train.txt" in changed.stderr


def test_every_purpose_has_its_requirements() -> None:
    assert [path.stem for path in REQUIREMENTS] == GROUPS


@pytest.mark.parametrize("path", REQUIREMENTS, ids=short)
def test_requirements_hold_pins_with_hashes_and_nothing_else(path: Path) -> None:
    assert PIN.sub("", path.read_text("utf-8")) == ""


def test_all_requirements_agree_on_every_version() -> None:
    pins: dict[str, set[str]] = {}
    for path in REQUIREMENTS:
        for name, version, marker, _ in PIN.findall(path.read_text("utf-8")):
            pins.setdefault(name + marker, set()).add(version)
    assert {name: versions for name, versions in pins.items() if len(versions) > 1} == {}


def test_no_tracked_file_names_a_machine_or_a_package_host() -> None:
    found = []
    for path in tracked_files():
        text = path.read_bytes().decode("utf-8", "ignore")
        found += [f"{short(path)}: {match.group()}" for pattern in (MACHINE, HOSTS) for match in pattern.finditer(text)]
    assert found == []
