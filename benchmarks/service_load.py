"""A load generator: one thread, plain sockets, one request at a time on each of many connections that stay open.

``python benchmarks/service_load.py PORT PATH CONNECTIONS REQUESTS.jsonl``: each line of the file is one body. Prints JSON: requests a
second, milliseconds at percentiles from the first byte sent to the last byte received, statuses. It works through bodies made beforehand
and looks at nothing but status and length of an answer, so that it takes as little as possible of the machine that it shares.
"""

import json
import select
import socket
import sys
import time
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np


@dataclass(frozen=True, slots=True)
class Figures:
    """What came of a load: pace, latencies, the generator's own processor time for a request, answers by status."""

    per_s: float
    p50_ms: float
    p99_ms: float
    max_ms: float
    generator_us: float
    statuses: dict[str, int]


class _Connection:
    """A socket, and what it still expects of its answer."""

    __slots__ = ("begun", "expected", "received", "socket")

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.begun = 0
        self.received = b""
        self.expected = 0

    def send(self, request: bytes) -> None:
        self.received, self.expected = b"", 0
        self.begun = time.perf_counter_ns()
        self.socket.sendall(request)

    def receive(self) -> bytes | None:
        """The status, once the whole answer is there."""
        part = self.socket.recv(65_536)
        if not part:
            raise ConnectionError("the server closed a connection")
        self.received += part
        if not self.expected:
            head = self.received.find(b"\r\n\r\n")
            if head < 0:
                return None
            at = self.received.lower().find(b"content-length:", 0, head)
            length = int(self.received[at + 15 : self.received.find(b"\r\n", at)])
            self.expected = head + 4 + length
        return self.received[9:12] if len(self.received) >= self.expected else None


def request_of(path: str, body: bytes, media_type: str = "application/json") -> bytes:
    """The bytes of a request."""
    head = f"POST {path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: {media_type}\r\ncontent-length: {len(body)}\r\n\r\n"
    return head.encode() + body


def run(port: int, requests: list[bytes], connections: int) -> Figures:
    """Sends all requests, as fast as answers allow."""
    poll = select.epoll()
    by_number: dict[int, _Connection] = {}
    waiting = iter(requests)
    taken_ns = np.zeros(len(requests), np.int64)
    statuses: Counter[bytes] = Counter()
    for _ in range(min(connections, len(requests))):
        connection = _Connection(port)
        by_number[connection.socket.fileno()] = connection
        poll.register(connection.socket.fileno(), select.EPOLLIN)
    processor, started = time.process_time(), time.perf_counter()
    for connection in by_number.values():
        connection.send(next(waiting))
    done = 0
    while done < len(requests):
        for number, _ in poll.poll():
            connection = by_number[number]
            status = connection.receive()
            if status is None:
                continue
            taken_ns[done] = time.perf_counter_ns() - connection.begun
            statuses[status] += 1
            done += 1
            following = next(waiting, None)
            if following is not None:
                connection.send(following)
    wall = time.perf_counter() - started
    poll.close()
    for connection in by_number.values():
        connection.socket.close()
    p50, p99, most = (float(one) / 1e6 for one in np.percentile(taken_ns, [50, 99, 100]))
    own_us = (time.process_time() - processor) / len(requests) * 1e6
    by_status = {status.decode(): count for status, count in statuses.items()}
    return Figures(len(requests) / wall, p50, p99, most, own_us, by_status)


if __name__ == "__main__":
    port, path, connections, file = sys.argv[1:5]
    bodies = Path(file).read_bytes().splitlines()
    print(json.dumps(asdict(run(int(port), [request_of(path, body) for body in bodies], int(connections)))))
