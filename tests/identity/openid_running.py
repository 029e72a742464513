"""A certified OpenID provider that really runs: panva's oidc-provider, under Node."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

HERE = Path(__file__).parent / "openid_server"
REDIRECT = "http://127.0.0.1:9/openid/back"
OFFLINE = re.compile(r"ENOTFOUND|ECONNREFUSED|EAI_AGAIN|ETIMEDOUT|ECONNRESET|ENETUNREACH|network|E40[134]\b")


def install(folder: Path) -> Path:
    """The provider with its packages, by the lock file."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip("skipped: no node and npm")
    for path in HERE.iterdir():
        shutil.copy(path, folder)
    if not (folder / "node_modules" / "oidc-provider").is_dir():
        command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=120)
        if done.returncode and OFFLINE.search(done.stderr):
            pytest.skip("skipped: no registry of npm in reach")
        assert done.returncode == 0, done.stderr
    return folder


@contextmanager
def running(folder: Path, port: int, algorithm: str = "RS256", redirect: str = REDIRECT) -> Iterator[str]:
    """The provider, with a key of its own; its issuer."""
    command = ["node", "server.mjs", str(port), redirect, algorithm]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        try:
            assert process.stdout is not None
            assert any("listening" in line for line in process.stdout)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
