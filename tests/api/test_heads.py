"""Heads without end and what is no HTTP, asked of the bank process itself: both are refused as everything else is."""

import os
import select
import socket

import msgspec
import pytest

from huitong.kernel import LANGUAGES
from tests.api.conftest import Desk

pytestmark = pytest.mark.skipif(os.name == "nt", reason="skipped: httptools is not there on Windows")
CHUNKED = b"POST /v1/events HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n"


def refused(desk: Desk, *pieces: bytes) -> str:
    """Code of the problem document that a request is answered by; its connection ends."""
    url = desk.client.base_url
    with socket.create_connection((str(url.host), int(url.port or 0)), timeout=30) as caller:
        heard = b""
        try:
            for piece in pieces:
                if select.select([caller], [], [], 0.05)[0]:  # it is answered: what is sent after that may cost the answer
                    break
                caller.sendall(piece)
            while part := caller.recv(65_536):
                heard += part
        except (ConnectionResetError, BrokenPipeError):
            caller.settimeout(0.1)
    head, _, body = heard.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 "), heard[:200]
    assert b"content-type: application/problem+json" in head
    assert b"connection: close" in head
    said = msgspec.json.decode(body)
    assert all(said[part][language] for part in ("cause", "remedy") for language in LANGUAGES)
    return str(said["code"])


@pytest.mark.parametrize(
    "pieces",
    [
        (b"GET / HTTP/1.1\r\nx: ", b"x" * 66_000),
        (b"GET / HTTP/1.1\r\n", *[b"x: %b\r\n" % (b"x" * 1_000)] * 66),
        (b"GET /%b HTTP/1.1\r\n\r\n" % (b"x" * 66_000),),
        (b"GET / HTTP/1.1\r\nx: %b\r\n\r\n" % (b"x" * 70_000),),
    ],
    ids=["one line", "many lines", "address", "whole"],
)
def test_a_head_has_a_limit(desk: Desk, pieces: tuple[bytes, ...]) -> None:
    assert refused(desk, *pieces) == "http.header"


def test_a_large_body_is_no_long_head(desk: Desk) -> None:
    lines = b"\n" * 300_000
    answer = desk.client.post("/v1/events", content=lines, headers={"content-type": "application/x-ndjson", "x": "x" * 60_000})
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize(
    "request_",
    [
        b"GET / HTTP/1.1\r\ncontent-length: some\r\n\r\n",
        b"POST / HTTP/1.1\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n",
        CHUNKED + b"no size\r\n",
        b"BREW /pot HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nx: a\x00b\r\n\r\n",
        b"\x16\x03\x01\x02\x00",
    ],
)
def test_what_is_no_http_is_told_so_by_a_problem_document(desk: Desk, request_: bytes) -> None:
    assert refused(desk, request_) == "http.broken"


def test_headers_behind_a_body_have_the_same_limit(desk: Desk) -> None:
    assert refused(desk, CHUNKED + b"0\r\n", *[b"x: %b\r\n" % (b"x" * 30_000)] * 9) == "http.header"
