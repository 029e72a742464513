"""A server of its own that speaks S3, for tests."""

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.request import Request, urlopen

import pytest


@contextmanager
def s3_server() -> Iterator[str]:
    """The address of a server with an empty bucket called ``bank``."""
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        try:
            assert process.stdout is not None
            lines = iter(process.stdout.readline, "")
            address = next(found[0] for line in lines if (found := re.search(r"http://127\.0\.0\.1:\d+", line)))
            urlopen(Request(f"{address}/bank", method="PUT")).close()  # noqa: S310 our own server
            yield address
        finally:
            process.terminate()


def lead_to(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sets the environment that leads to the server; a driver that was led to another one before forgets it."""
    import s3fs  # type: ignore[import-untyped]  # noqa: PLC0415 - untyped; not everywhere installed

    s3fs.S3FileSystem.clear_instance_cache()
    for name, value in (
        ("AWS_ENDPOINT_URL", server),
        ("AWS_ACCESS_KEY_ID", "any"),
        ("AWS_SECRET_ACCESS_KEY", "any"),
        ("AWS_DEFAULT_REGION", "us-east-1"),
    ):
        monkeypatch.setenv(name, value)
