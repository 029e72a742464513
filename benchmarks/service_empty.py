"""The least that a durable service does: an empty Starlette route whose answers wait for a group commit of one small record each."""

import asyncio
import itertools
import json
import socket
import sys
import threading
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from huitong.contracts import Event
from huitong.store import SqliteLog


class _Durable:
    """Records of one loop, in groups: what comes while a group is on its way to the disk is the next one."""

    def __init__(self, path: Path) -> None:
        self._log = SqliteLog(path)
        self._waiting: list[tuple[Event, asyncio.Future[None]]] = []
        self._arrived = threading.Condition()
        self._loop: asyncio.AbstractEventLoop | None = None
        threading.Thread(target=self._write, daemon=True).start()

    async def add(self, event: Event) -> None:
        self._loop = asyncio.get_running_loop()
        waiter: asyncio.Future[None] = self._loop.create_future()
        with self._arrived:
            self._waiting.append((event, waiter))
            self._arrived.notify()
        await waiter

    def _write(self) -> None:
        while True:
            with self._arrived:
                while not self._waiting:
                    self._arrived.wait()
                group, self._waiting = self._waiting, []
            self._log.append_events([event for event, _ in group])
            assert self._loop is not None
            self._loop.call_soon_threadsafe(self._answer, group)

    @staticmethod
    def _answer(group: list[tuple[Event, asyncio.Future[None]]]) -> None:
        for _, waiter in group:
            waiter.set_result(None)


def empty_app(folder: Path) -> Starlette:
    """The application."""
    numbers = itertools.count()
    durable = _Durable(folder / "empty.sqlite")

    async def route(request: Request) -> Response:
        await request.body()
        await durable.add(Event(f"n{next(numbers)}", "empty", 0, {}))
        return Response(b"{}", media_type="application/json")

    return Starlette(routes=[Route("/v1/decisions", route, methods=["POST"])])


class _Server(uvicorn.Server):
    """Says its address once it listens."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        port = self.servers[0].sockets[0].getsockname()[1]
        print(json.dumps({"address": f"http://127.0.0.1:{port}"}), flush=True)


if __name__ == "__main__":
    _Server(uvicorn.Config(empty_app(Path(sys.argv[1])), port=0, log_level="warning", access_log=False)).run()
