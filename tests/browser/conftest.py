"""A console with traffic in another process, and a real browser without a window that looks at it."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.conftest import ROOT

if TYPE_CHECKING:
    from playwright.sync_api import Browser

AXE = Path(sys.prefix) / "browser" / "axe.min.js"
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-sync")
HOW = "scripts/install --browser installs it"


@pytest.fixture(scope="session")
def chromium() -> str:
    """The browser's program."""
    pytest.importorskip("playwright", reason=f"skipped: no playwright; {HOW}")
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if program is None:
        pytest.skip(f"skipped: no chromium; {HOW}")
    return program


@pytest.fixture(scope="session")
def axe() -> str:
    """The script that finds what people with other senses cannot use."""
    if not AXE.is_file():
        pytest.skip(f"skipped: no axe-core; {HOW}")
    return AXE.read_text("utf-8")


@contextmanager
def served(folder: Path, port: int = 0, *options: str) -> Iterator[str]:
    """Address of a console, in another process, of the bank in a folder; fails at the end on any error in that process."""
    told = folder / "told"
    with told.open("w") as errors:
        command = [sys.executable, "-m", "tests.browser.served", str(folder), str(port), *options]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)])}
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True, cwd=ROOT, env=environment) as process:
            assert process.stdout is not None
            try:
                address = process.stdout.readline().strip()
                assert address, told.read_text("utf-8")
                yield address
            finally:
                process.terminate()
                process.wait(timeout=30)
    assert "Traceback" not in told.read_text("utf-8")


@pytest.fixture(scope="session")
def console(chromium: str, trained_bank: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:  # noqa: ARG001 -- else skipped
    """Address of a console with three days of decisions and the users of the demonstration."""
    with served(shutil.copytree(trained_bank, tmp_path_factory.mktemp("console") / "small")) as address:
        yield address


@pytest.fixture(scope="session")
def browser(chromium: str) -> Iterator["Browser"]:
    """The browser."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 -- only where it is installed

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield started
        started.close()
