"""What goes between the two processes: whole values in frames, pickled. Both ends are one program, and nobody else holds the sockets."""

import io
import pickle
import threading
from collections.abc import Callable
from dataclasses import dataclass, fields
from multiprocessing.connection import Connection
from operator import attrgetter
from types import MappingProxyType
from typing import Any

from huitong.contracts import (
    Appended,
    Decision,
    Event,
    Evidence,
    ListHit,
    Measure,
    PatternEdge,
    Reason,
    Row,
    RowHeader,
    RuleHit,
    SmallestChange,
)
from huitong.contracts.row import row_header
from huitong.kernel import ExternalError, HuitongError
from huitong.store.answers import WrittenAnswer, WrittenDecision
from huitong.store.writer import Answer

_Reduced = tuple[Callable[..., object], tuple[Any, ...]]


def _by_fields(kind: type) -> Callable[[Any], _Reduced]:
    """Takes a value apart by its fields: several times as fast as what frozen dataclasses with slots do by themselves."""
    pick = attrgetter(*[field.name for field in fields(kind)])
    return lambda value: (kind, pick(value))


_APART: dict[type, Callable[[Any], _Reduced]] = {
    kind: _by_fields(kind)
    for kind in (WrittenAnswer, WrittenDecision, Decision, Event, Evidence, ListHit, Measure, PatternEdge, Reason, RuleHit, SmallestChange)
}
_APART[MappingProxyType] = lambda mapping: (dict, (dict(mapping),))
_APART[Row] = lambda row: (Row, (row.header, row.row, row.odd))
_APART[RowHeader] = lambda header: (row_header, (header.names, header.texts))


def packed(value: object) -> bytes:
    """A value as it is sent.

    Raises:
        TypeError: If something in it is no data: a function without a name, a lock, a connection.
    """
    out = io.BytesIO()
    pickler = pickle.Pickler(out, pickle.HIGHEST_PROTOCOL)
    pickler.dispatch_table = _APART
    try:
        pickler.dump(value)
    except (pickle.PicklingError, AttributeError, TypeError, RecursionError) as error:
        raise TypeError(f"this cannot be sent to the process that writes: {error}") from error
    return out.getvalue()


def sendable(answer: Answer) -> Answer:
    """The answer; an error that the other end could not make again, and what is no data, is told in words."""
    error = answer.error
    if error is None and isinstance(answer.result, int | Appended | Decision):
        return answer
    if error is not None and not isinstance(error, HuitongError) and type(error).__module__ != "builtins":
        return Answer(error=RuntimeError(repr(error)))
    try:
        packed(answer)
    except TypeError as unsent:
        return Answer(error=RuntimeError(repr(error or unsent)))
    return answer


BEAT_SECONDS = 1.0
"""How often the process that writes, or makes a segment, says that it lives."""


@dataclass(frozen=True, slots=True)
class Beat:
    """It lives.

    Attributes:
        troubles: What witnesses could not take so far.
        away: Why each witness that is away now did not take the latest head.
    """

    troubles: list[ExternalError]
    away: list[ExternalError]


@dataclass(frozen=True, slots=True)
class Hurry:
    """Nothing is to wait for a storage that is away any more: whoever asks is about to end."""


class Link:
    """One end of the pair of sockets; any thread may say something, one listens.

    Args:
        connection: The end.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._saying = threading.Lock()

    def say(self, message: bytes) -> None:
        """Sends a message.

        Raises:
            OSError: If nobody is at the other end.
        """
        with self._saying:
            self._connection.send_bytes(message)

    def heard(self, timeout_s: float | None = None) -> bool:
        """Waits until there is something to hear, if only that the other end is gone; says whether there is."""
        return self._connection.poll(timeout_s)

    def hear(self) -> Any:  # noqa: ANN401 -- whatever was sent
        """The next message.

        Raises:
            EOFError: If nobody is at the other end any more; or OSError, where it went in the middle of a message.
        """
        return pickle.loads(self._connection.recv_bytes())  # noqa: S301 -- of our own process

    def close(self) -> None:
        """Closes this end."""
        self._connection.close()
