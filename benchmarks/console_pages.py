"""How long pages of the console take in a bank of many decisions and alerts: ``python -m benchmarks.console_pages BANK``.

The bank must have the users of the demonstration (``huitong demo`` makes them) and is served in another process. For each page: the median
and the slowest of several visits, from the request to the last byte of the whole page, with the reader signed in.
"""

import http.client
import subprocess
import sys
import time
from statistics import median
from urllib.parse import urlencode, urlsplit

from huitong.app.demo_users import DEMO_PASSWORD

VISITS = 7
OK = 200
READY_SECONDS_MAX = 1_200
PAGES = (
    "/",
    "/decisions",
    "/decisions?q=C000042",
    "/decisions?outcome=review",
    "/alerts",
    "/alerts?show=closed",
    "/cases",
    "/measures",
    "/lists",
    "/policies",
    "/log",
    "/system",
    "/v1/decisions?limit=50",
)
SERVE = (
    "import sys; from huitong.app import Bank; from huitong.app.demo_users import make_demo_users; from huitong.app.server import serve\n"
)
SERVE += "with Bank(sys.argv[1], threads=2) as bank:\n    make_demo_users(bank)\n"
SERVE += "    serve(bank, port=0, console=True, ready=lambda address: print(address, flush=True))\n"


def visit(address: str, path: str, cookie: str) -> tuple[int, float, str]:
    """Status, milliseconds and content of a page."""
    parts = urlsplit(address)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=120)
    began = time.perf_counter()
    connection.request("GET", path, headers={"cookie": cookie, "accept-language": "en"})
    reply = connection.getresponse()
    content = reply.read()
    taken = (time.perf_counter() - began) * 1_000
    connection.close()
    return reply.status, taken, content.decode("utf-8", "replace")


def signed_in(address: str, user: str) -> str:
    """The cookie of a session."""
    parts = urlsplit(address)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=120)
    form = urlencode({"user": user, "password": DEMO_PASSWORD, "code": ""})
    connection.request("POST", "/sign-in", form, {"content-type": "application/x-www-form-urlencoded"})
    reply = connection.getresponse()
    reply.read()
    connection.close()
    return (reply.getheader("set-cookie") or "").partition(";")[0]


def measure_pages(bank: str, visits: int = VISITS) -> list[dict[str, str | float]]:
    """Serves a bank and visits its pages.

    Args:
        bank: Its folder.
        visits: Of each page.

    Returns:
        For each page the median and the slowest visit, ms.

    Raises:
        RuntimeError: If a page cannot be had.
    """
    command = [sys.executable, "-c", SERVE, bank]
    found: list[dict[str, str | float]] = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 -- our own words
        try:
            assert process.stdout is not None
            address = process.stdout.readline().strip()
            cookie = signed_in(address, "wang.fang")
            _settle(address, cookie)
            for path in PAGES:
                taken = [visit(address, path, cookie) for _ in range(visits)]
                if any(status != OK for status, _, _ in taken):
                    raise RuntimeError(f"{path} answers {[status for status, _, _ in taken]}")
                times = [one[1] for one in taken]
                found.append({"path": path, "median_ms": median(times), "slowest_ms": max(times)})
        finally:
            process.terminate()
    return found


def main(bank: str) -> None:
    """Prints a table."""
    print("| page | median ms | slowest ms |\n|---|---|---|")
    for page in measure_pages(bank):
        print(f"| `{page['path']}` | {page['median_ms']:.0f} | {page['slowest_ms']:.0f} |")


def _settle(address: str, cookie: str) -> None:
    """Waits until the console has counted the whole log."""
    began = time.monotonic()
    while time.monotonic() - began < READY_SECONDS_MAX:
        _, _, page = visit(address, "/", cookie)
        if "log is still being counted" not in page:
            return
        time.sleep(1)
    raise RuntimeError(f"the log was not counted within {READY_SECONDS_MAX} s")


if __name__ == "__main__":
    main(sys.argv[1])
