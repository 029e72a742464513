"""What import-linter (scripts/check) cannot say: the kernel is pure, and importing Huitong does no work."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.sources import SOURCE, imported_modules, python_files, short

# Standard modules through which the world is reached; time is here for the system clock, which the kernel alone may read.
WORLD = {
    "os",
    "io",
    "pathlib",
    "shutil",
    "socket",
    "sqlite3",
    "subprocess",
    "tempfile",
    "threading",
    "multiprocessing",
    "random",
    "logging",
}
NOT_AT_IMPORT = ["lightgbm", "polars", "pandas", "duckdb", "sklearn", "snapml", "river", "scipy", "matplotlib"]

WATCH = """
import json, os, sys
seen = []
def hook(event, args):
    if event in {"socket.connect", "subprocess.Popen", "os.system", "sqlite3.connect", "os.fork"}:
        seen.append(event)
    if event == "open" and isinstance(args[1], str) and set(args[1]) & set("wax+"):
        seen.append(f"open {args[0]}")
sys.addaudithook(hook)
import threading
import huitong
heavy = [name for name in sys.argv[1].split(",") if name in sys.modules]
print(json.dumps({"seen": seen, "heavy": heavy, "threads": threading.active_count()}))
"""


@pytest.mark.parametrize("path", python_files("src/huitong/kernel"), ids=short)
def test_the_kernel_knows_only_itself_and_pure_parts_of_the_standard_library(path: Path) -> None:
    tops = {name.split(".")[0] for name in imported_modules(path)}
    assert tops - {"huitong"} <= set(sys.stdlib_module_names) - WORLD
    assert all(name.startswith("huitong.kernel") for name in imported_modules(path) if name.startswith("huitong"))


@pytest.mark.parametrize("room", ["contracts", "store", "features", "decisions", "ai", "risk", "evaluation", "data", "identity"])
def test_a_room_says_what_for_whom_and_where_it_fails(room: str) -> None:
    entrance = SOURCE / room / "__init__.py"
    if not (SOURCE / room).is_dir():
        pytest.skip(f"skipped: no room {room} yet")
    text = entrance.read_text("utf-8")
    assert "For whom:" in text
    assert "Where it fails:" in text
    assert "__all__" in text


def test_importing_huitong_writes_nothing_starts_nothing_and_loads_no_training_library(tmp_path: Path) -> None:
    environment = {"PYTHONPATH": str(SOURCE.parent), "NUMBA_CACHE_DIR": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1", "PATH": ""}
    command = [sys.executable, "-c", WATCH, ",".join(NOT_AT_IMPORT)]
    run = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True, check=True)
    told = json.loads(run.stdout)
    # numba tries, by an empty file, whether its cache folder can be written; that is the one thing allowed.
    assert [event for event in told["seen"] if str(tmp_path) not in event] == []
    assert told["heavy"] == []
    assert told["threads"] == 1
