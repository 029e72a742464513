"""Messages while the bank is served: events from the stream and decisions to it, on an event loop in a thread of its own."""

import asyncio
import logging
import os
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from itertools import islice
from types import TracebackType
from typing import Self

import nats
from nats.aio.client import Client

from huitong.api.messages import Consumer, Publisher, Subjects
from huitong.app.bank import Bank
from huitong.app.serving import BankService
from huitong.contracts import Decision
from huitong.identity import DecisionGrades
from huitong.kernel import ExternalError, HuitongError, Text, refusal
from huitong.store import DECISION_KIND, RecordLog

_log = logging.getLogger("huitong.parts")
CONNECT_SECONDS = 5
RECONNECT_SECONDS = 1


class LogTail:
    """See ``huitong.api.messages.Tail``.

    Args:
        log: The bank's log.
        grades_of: Data grades of what a decision says.
        grade: Highest of them that is published.
    """

    def __init__(self, log: RecordLog, grades_of: Callable[[Decision], DecisionGrades], grade: int) -> None:
        self._log = log
        self.grades_of = grades_of
        self.grade = grade

    @property
    def log_id(self) -> str:
        """See ``Tail``."""
        return self._log.id

    def decisions(self, offset: int, limit: int) -> tuple[Sequence[Decision], int]:
        """See ``Tail``."""
        end = self._log.end()
        found = list(islice((one for one in self._log.read(offset, [DECISION_KIND]) if one.offset < end), limit))
        following = found[-1].offset + 1 if len(found) == limit else max(end, offset)
        return [one.content for one in found if isinstance(one.content, Decision)], following

    def wait(self, offset: int, timeout_s: float) -> bool:
        """See ``Tail``."""
        return self._log.wait_for(offset + 1, timeout_s)


class Messaging:
    """Consumer and publisher, from the start of a ``with`` block to its end.

    Args:
        bank: The bank.
        url: Address of NATS; ``None`` where the bank has none, and then nothing runs.
        policy: What decides where the service names nothing else.
        subjects: Where messages go.

    Raises:
        ExternalError: If NATS cannot be reached at the start; later it is waited for.
    """

    def __init__(self, bank: Bank, url: str | None, policy: str | None = None, subjects: Subjects | None = None) -> None:
        self._bank = bank
        self.name = "messages"
        self._client: Client | None = None
        self._url = url
        self._policy = policy
        self._subjects = subjects or Subjects()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._over: asyncio.Event | None = None
        self._ready = threading.Event()
        self._failed: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="huitong-messages")
        self.consumer: Consumer | None = None
        self.publisher: Publisher | None = None

    def __enter__(self) -> Self:
        if self._url is not None:
            self._thread.start()
            self._ready.wait()
            if self._failed is not None:
                self._thread.join()
                raise self._failed
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._loop is not None and self._over is not None:
            with suppress(RuntimeError):  # the loop is closed: messages ended before
                self._loop.call_soon_threadsafe(self._over.set)
            self._thread.join()

    @property
    def error(self) -> HuitongError | None:
        """That NATS does not answer now, why the bank cannot take or publish now, or why messages ended."""
        if self._failed is not None and self._ready.is_set():
            return self._failed if isinstance(self._failed, HuitongError) else _ended(self._failed)
        if self._client is not None and not self._client.is_connected:
            return _away(self._url or "")
        return next((one.error for one in (self.consumer, self.publisher) if one is not None and one.error is not None), None)

    def counts(self) -> Mapping[str, int]:
        """Events taken and buried, decisions published, since the start."""
        taken, dead = (0, 0) if self.consumer is None else (self.consumer.taken, self.consumer.dead)
        return {"taken": taken, "dead": dead, "published": 0 if self.publisher is None else self.publisher.published}

    def _run(self) -> None:
        try:
            asyncio.run(self._work())
        except BaseException as error:
            self._failed = error
        finally:
            self._ready.set()

    async def _work(self) -> None:
        assert self._url is not None  # noqa: S101 -- else nothing runs
        client = self._client = await _connected(self._url)
        try:
            jetstream = client.jetstream()
            tail = LogTail(self._bank.log, self._bank.grades.of, self._bank.settings.messages_grade)

            def max_payload() -> int:
                return client.max_payload  # another broker, or another limit, after each connection

            self.consumer = Consumer(jetstream, BankService(self._bank, self._policy), self._subjects, self._policy, max_payload)
            self.publisher = Publisher(jetstream, tail, self._subjects, max_payload)
            self._loop, self._over = asyncio.get_running_loop(), asyncio.Event()
            self._ready.set()
            running = [asyncio.create_task(one.run(self._over)) for one in (self.consumer, self.publisher)]
            await asyncio.wait(running, return_when=asyncio.FIRST_EXCEPTION)
            self._over.set()  # where a fault of ours ended one, the other ends while it can still speak to the broker
            await asyncio.wait(running)
            await asyncio.gather(*running)
        finally:
            await client.close()


async def _connected(url: str) -> Client:
    met: list[Exception] = []
    _log.info("connecting", extra={"part": "messages", "address": _shown(url)})

    async def told(error: Exception) -> None:
        """What goes wrong later is met where it matters: at a fetch or a publication, which are repeated."""
        met[:] = [error]

    try:
        async with asyncio.timeout(CONNECT_SECONDS):
            return await nats.connect(
                url, max_reconnect_attempts=-1, reconnect_time_wait=RECONNECT_SECONDS, allow_reconnect=True, error_cb=told, name="huitong"
            )
    except (OSError, nats.errors.Error) as error:
        raise _unreachable(_shown(url), met[-1] if met else error) from error


def _unreachable(where: str, error: Exception) -> ExternalError:
    """Nothing at that address took a connection in time.

    Args:
        where: The address, without a password.
        error: What the last try met.
    """
    if isinstance(error, OSError) and error.errno:
        why: Text = refusal(OSError(error.errno, os.strerror(error.errno)))  # asyncio says which call failed, not why
    else:
        said = " ".join(str(error).split())
        why = {"en": said or "it says nothing", "zh": said or "没有任何响应"}
    return ExternalError(
        "message.unreachable",
        {
            "en": f"NATS does not answer at {where} within {CONNECT_SECONDS} s: {why['en']}",
            "zh": f"NATS 在 {where} {CONNECT_SECONDS} 秒内没有应答：{why['zh']}",
        },
        {"en": "start it, or take [messages] out of bank.toml", "zh": "请启动 NATS，或从 bank.toml 中删除 [messages]"},
    )


def _shown(url: str) -> str:
    """An address without user and password."""
    return url.rpartition("@")[2]


def _away(url: str) -> ExternalError:
    where = _shown(url)
    return ExternalError(
        "message.away",
        {"en": f"NATS at {where} does not answer now", "zh": f"NATS（{where}）目前没有应答"},
        {
            "en": "see that it runs; events wait there, and decisions are published from the log once it is back",
            "zh": "请检查其是否运行；恢复后事件会继续取用，决策会由日志补发",
        },
    )


def _ended(error: BaseException) -> ExternalError:
    return ExternalError(
        "message.ended",
        {
            "en": f"messages ended by a fault of ours ({type(error).__name__})",
            "zh": f"消息处理因程序自身的错误（{type(error).__name__}）而中止",
        },
        {"en": "start the service again, and report it", "zh": "请重启服务并反馈该问题"},
    )
