"""A load generator: one thread, plain sockets, one request at a time on each of many connections that stay open.

``python benchmarks/service_load.py PORT PATH CONNECTIONS REQUESTS.jsonl [SECONDS WATCHED]``: each line of the file is one body. Prints
JSON: requests a second, milliseconds at percentiles from the first byte sent to the last byte received, statuses. It works through bodies
made beforehand and looks at nothing but status and length of an answer, so that it takes as little as possible of the machine that it
shares; of bodies that hold the text ``WATCHED`` it notes outcome and tier too. With ``SECONDS`` it ends after that time, and what was
refused for now is asked again later.
"""

import json
import math
import select
import socket
import subprocess
import sys
import time
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

DECIDED, REFUSED = b"200", b"429"


@dataclass(frozen=True, slots=True)
class Figures:
    """What came of a load: pace, latencies, the generator's own processor time for a request, answers by status; how long it took, and
    of watched requests that were decided outcome and tier.
    """

    per_s: float
    p50_ms: float
    p99_ms: float
    max_ms: float
    generator_us: float
    statuses: dict[str, int]
    seconds: float
    watched: dict[str, int]


class _Connection:
    """A socket, and what it still expects of its answer."""

    __slots__ = ("begun", "expected", "received", "request", "socket")

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.begun = 0
        self.received = self.request = b""
        self.expected = 0

    def send(self, request: bytes) -> None:
        self.request, self.received, self.expected = request, b"", 0
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


def run(port: int, requests: list[bytes], connections: int, seconds: float = math.inf, watched: bytes | None = None) -> Figures:
    """Sends all requests, as fast as answers allow; or as many as there is time for.

    Args:
        port: Where.
        requests: What.
        connections: On how many connections.
        seconds: For how long.
        watched: Whose answers are looked at.
    """
    poll = select.epoll()
    by_number: dict[int, _Connection] = {}
    waiting = deque(requests)
    taken_ns: list[int] = []
    statuses: Counter[str] = Counter()
    told: Counter[str] = Counter()
    for _ in range(min(connections, len(requests))):
        connection = _Connection(port)
        by_number[connection.socket.fileno()] = connection
        poll.register(connection.socket.fileno(), select.EPOLLIN)
    processor, started = time.process_time(), time.perf_counter()
    for connection in by_number.values():
        connection.send(waiting.popleft())
    open_requests = len(by_number)
    while open_requests:
        for number, _ in poll.poll():
            connection = by_number[number]
            status = connection.receive()
            if status is None:
                continue
            taken_ns.append(time.perf_counter_ns() - connection.begun)
            statuses[status.decode()] += 1
            if watched is not None and status == DECIDED and watched in connection.request:
                answer = json.loads(connection.received.partition(b"\r\n\r\n")[2])
                told[f"{answer['outcome']} {answer['tier']}"] += 1
            if status == REFUSED and seconds < math.inf:
                waiting.append(connection.request)
            if waiting and time.perf_counter() - started < seconds:
                connection.send(waiting.popleft())
            else:
                open_requests -= 1
    wall = time.perf_counter() - started
    poll.close()
    for connection in by_number.values():
        connection.socket.close()
    p50, p99, most = (float(one) / 1e6 for one in np.percentile(taken_ns, [50, 99, 100]))
    own_us = (time.process_time() - processor) / len(taken_ns) * 1e6
    return Figures(len(taken_ns) / wall, p50, p99, most, own_us, dict(statuses), wall, dict(told))


def load(
    port: int, path: str, bodies: Sequence[bytes], connections: int, folder: Path, seconds: float | None = None, watched: str | None = None
) -> Figures:
    """The same from a process of its own.

    Args:
        port: Where.
        path: The path that is asked.
        bodies: One for each request.
        connections: On how many connections.
        folder: For the bodies.
        seconds: For how long; by default until all of them are answered.
        watched: A text in the bodies whose answers are looked at.
    """
    file = folder / "bodies.jsonl"
    file.write_bytes(b"\n".join(bodies))
    more = [] if seconds is None else [str(seconds), watched or ""]
    command = [sys.executable, __file__, str(port), path, str(connections), str(file), *more]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)  # noqa: S603 -- our own words
    return Figures(**json.loads(done.stdout))


if __name__ == "__main__":
    port, path, connections, file, *more = sys.argv[1:]
    all_requests = [request_of(path, body) for body in Path(file).read_bytes().splitlines()]
    by_clock = (float(more[0]), more[1].encode() or None) if more else (math.inf, None)
    print(json.dumps(asdict(run(int(port), all_requests, int(connections), *by_clock))))
