"""The wheel holds what it needs, and installs and imports where nothing else is."""

import os
import re
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

from tests.sources import SOURCE

NO_NETWORK = re.compile(
    r"(NewConnectionError|ConnectTimeout|NameResolution|Temporary failure|ProxyError|ReadTimeout|No matching distribution found for)"
)


@pytest.fixture(scope="module")
def wheel(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("hatchling", reason="skipped: no hatchling; scripts/test installs it")
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=root, capture_output=True, check=True)
    (built,) = folder.glob("*.whl")
    return built


def test_the_wheel_carries_every_file_of_the_package_and_the_licence(wheel: Path) -> None:
    inside = set(zipfile.ZipFile(wheel).namelist())
    wanted = {
        path.relative_to(SOURCE.parent).as_posix()
        for path in SOURCE.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and path.suffix not in {".pyc", ".nbi", ".nbc"}
    }
    assert wanted - inside == set()
    assert any(name.endswith("licenses/LICENSE") for name in inside)
    assert not [name for name in inside if name.startswith("tests") or "__pycache__" in name]


def test_the_wheel_installs_and_imports_in_an_empty_environment(wheel: Path, root: Path, tmp_path: Path) -> None:
    venv.create(tmp_path / "empty", with_pip=True)
    python = tmp_path / "empty" / ("Scripts" if os.name == "nt" else "bin") / "python"
    pip = [str(python), "-m", "pip", "install", "--quiet", "--no-compile", "--disable-pip-version-check", "--retries", "1"]
    locked = [*pip, "--require-hashes", "-r", str(root / "requirements" / "runtime.txt")]
    installed = subprocess.run(locked, capture_output=True, text=True, check=False)
    if installed.returncode and NO_NETWORK.search(installed.stderr):
        pytest.skip("skipped: no package index in reach")
    assert installed.returncode == 0, installed.stderr
    subprocess.run([*pip, "--no-deps", str(wheel)], check=True, capture_output=True)
    subprocess.run([str(python), "-m", "pip", "check"], check=True, capture_output=True)
    probe = "import huitong, huitong.kernel, sys; assert 'lightgbm' not in sys.modules; print(huitong.__file__)"
    run = subprocess.run([str(python), "-I", "-c", probe], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert str(tmp_path) in run.stdout
