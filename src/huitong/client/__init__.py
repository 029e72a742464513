"""A caller of the service: decisions, events, labels, look-ups and people's work as typed values, on the standard library and msgspec.

For whom: systems in Python that ask a bank for decisions, or carry out what people decide. How: one connection that stays open, errors of
the platform's own tree with cause and remedy. Where it fails: a client is for one thread at a time; give each thread its own.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

import msgspec

from huitong.client.calling import TIMEOUT_S, Connection, error_of, header_text
from huitong.client.shapes import Answer, Decided, DecidedPage, Hidden, Measure, Reason, ShownEvent, Taken
from huitong.client.work import Acted, Seen, Work
from huitong.kernel import HuitongError

__all__ = ["Acted", "Answer", "Client", "Decided", "Document", "Hidden", "Measure", "Reason", "Seen", "ShownEvent", "Taken", "Work"]

_LINES = "application/x-ndjson"
Document = Mapping[str, object]


class Client:
    """Calls a service.

    Args:
        address: ``http://host:port`` or ``https://host``.
        headers: Sent with every request: the API key.
        purpose: What one reads for, like ``"case:C-77"``: from grade 3 on data says something about a person, and needs one.
        timeout_s: How long an answer may take.
    """

    def __init__(
        self, address: str, *, headers: Mapping[str, str] | None = None, purpose: str | None = None, timeout_s: float = TIMEOUT_S
    ) -> None:
        named = {**(headers or {}), **({"x-purpose": header_text(purpose)} if purpose else {})}
        self._connection = Connection(address, named, timeout_s)
        self.work = Work(self._connection)
        """What people do: alerts, cases, measures, roll-outs, policies."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Closes the connection."""
        self._connection.close()

    def decide(self, event: Document, *, policy: str | None = None, wait_ms: int | None = None) -> Answer:
        """The decision on an event, durable. Asked again after a break of the connection, it is the first answer.

        Args:
            event: Names and values as its data contract understands them, with an ``id``.
            policy: Name of the policy; by default the service's.
            wait_ms: How long it may wait for its turn.

        Raises:
            HuitongError: As the service says; a ``BusyError`` where it has too much to do, an ``ExternalError`` where it cannot be reached.
        """
        more = {} if wait_ms is None else {"deadline-ms": str(wait_ms)}
        return self._connection.ask("POST", "/v1/decisions", Answer, {"policy": policy}, msgspec.json.encode(event), more)

    def decide_many(self, events: Iterable[Document], *, policy: str | None = None) -> list[Answer | HuitongError]:
        """The decisions on many events in their order; an error stands where one was refused."""
        lines = b"\n".join(map(msgspec.json.encode, events))
        said, _ = self._connection.send("POST", "/v1/decisions/batch", {"policy": policy}, lines, {"content-type": _LINES})
        return [_answer_or_error(line) for line in said.splitlines()]

    def send(self, events: Sequence[Document]) -> Taken:
        """Writes events to the log; each names its kind."""
        lines = b"\n".join(map(msgspec.json.encode, events))
        return self._connection.ask("POST", "/v1/events", Taken, {}, lines, {"content-type": _LINES})

    def label(self, labels: Sequence[Document]) -> Taken:
        """Says how decided events turned out."""
        lines = b"\n".join(map(msgspec.json.encode, labels))
        return self._connection.ask("POST", "/v1/feedback", Taken, {}, lines, {"content-type": _LINES})

    def decision(self, record_id: str) -> Decided:
        """A decision by its id or its event's."""
        return self._connection.ask("GET", f"/v1/decisions/{quote(record_id, safe='')}", Decided, {})

    def proof(self, record_id: str) -> dict[str, Any]:
        """The proof that it is in the log."""
        return self._connection.ask("GET", f"/v1/decisions/{quote(record_id, safe='')}/proof", dict[str, Any], {})

    def decisions(
        self,
        *,
        since: str | None = None,
        until: str | None = None,
        subject: str | None = None,
        role: str | None = None,
        outcome: str | None = None,
        policy: str | None = None,
    ) -> Iterator[Decided]:
        """Decisions, newest first, page after page; a subject under any key role, or under the one that ``role`` names."""
        asked = {"since": since, "until": until, "subject": subject, "role": role, "outcome": outcome, "policy": policy}
        cursor: str | None = None
        while True:
            page = self._connection.ask("GET", "/v1/decisions", DecidedPage, {**asked, "cursor": cursor, "limit": "500"})
            yield from page.items
            cursor = page.next
            if cursor is None:
                return


def _answer_or_error(line: bytes) -> Answer | HuitongError:
    try:
        return msgspec.json.decode(line, type=Answer)
    except msgspec.ValidationError:
        return error_of(line, 0)
