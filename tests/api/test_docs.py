"""Every ``curl`` line of the docs, as a reader would type it, in both languages."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.api.conftest import Desk

ROOT = Path(__file__).resolve().parents[2]
_BLOCK = re.compile(r"(?:<!-- status (?P<status>\d+) -->\n)?```bash\n(?P<code>.*?)\n```", re.DOTALL)
_HOST = "http://127.0.0.1:8000"


def examples(page: str) -> Iterator[tuple[str, int]]:
    for match in _BLOCK.finditer((ROOT / "docs" / page).read_text("utf-8")):
        if "curl " in match["code"]:
            yield match["code"], int(match["status"] or 200)


@pytest.mark.parametrize("page", ["service.md", "zh/service.md"])
def test_curl_examples_are_answered(desk: Desk, page: str) -> None:
    found = list(examples(page))
    assert len(found) == len(list(examples("service.md"))) >= 11
    for code, status in found:
        assert code.count(_HOST) == 1
        typed = code.replace(_HOST, str(desk.client.base_url).rstrip("/")).replace("curl ", "curl -sS -w '\\n%{http_code}' ", 1)
        typed = typed.replace("$(date -u -d '+1 day' +%FT%TZ)", "2026-01-02T00:00:00Z")  # the day after the bank's clock
        done = subprocess.run(["bash", "-c", typed], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert done.stdout.splitlines()[-1] == str(status), (code, done.stdout)
