"""A caller of the service: decisions, events, labels, look-ups and people's work as typed values, on the standard library and msgspec.

For whom: systems in Python that ask a bank for decisions, or carry out what people decide. How: one connection that stays open, errors of
the platform's own tree with cause and remedy. Where it fails: a client is for one thread at a time; give each thread its own.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import TracebackType
from typing import Any, Self

import msgspec

from huitong.client.acting import Acted, Seen, part
from huitong.client.calling import TIMEOUT_S, Connection, decoded, error_of, header_text
from huitong.client.shapes import (
    Answer,
    Change,
    Decided,
    DecidedPage,
    Explained,
    Health,
    Hidden,
    Measure,
    Policy,
    PolicyVersion,
    Reason,
    ShownEvent,
    Taken,
)
from huitong.client.webhooks import Webhooks
from huitong.client.work import Work
from huitong.kernel import NO_JSON, ExternalError, HuitongError

__all__ = [
    "Acted",
    "Answer",
    "Change",
    "Client",
    "Decided",
    "Document",
    "Explained",
    "Health",
    "Hidden",
    "Measure",
    "Policy",
    "PolicyVersion",
    "Reason",
    "Seen",
    "ShownEvent",
    "Taken",
    "Webhooks",
    "Work",
]

TROUBLED_STATUS = 503
"""Of the report of a service that cannot decide: a report all the same."""
_LINES = "application/x-ndjson"
Document = Mapping[str, object]


class Client:
    """Calls a service.

    Args:
        address: ``http://host:port`` or ``https://host``.
        headers: Sent with every request: the API key.
        purpose: What one reads for, like ``"case:C-77"``: from grade 3 on data says something about a person, and needs one.
        timeout_s: How long an answer may take until it is there whole, all tries together; that to many events at once takes longer.
    """

    def __init__(
        self, address: str, *, headers: Mapping[str, str] | None = None, purpose: str | None = None, timeout_s: float = TIMEOUT_S
    ) -> None:
        named = {**(headers or {}), **({"x-purpose": header_text(purpose)} if purpose else {})}
        self._connection = Connection(address, named, timeout_s)
        self.work = Work(self._connection)
        """What people do: alerts, cases, measures, lists, roll-outs, files of policies."""
        self.webhooks = Webhooks(self._connection)
        """Who is told what happens."""

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
        return self._connection.ask("GET", f"/v1/decisions/{part(record_id)}", Decided, {})

    def proof(self, record_id: str) -> dict[str, Any]:
        """The proof that it is in the log."""
        return self._connection.ask("GET", f"/v1/decisions/{part(record_id)}/proof", dict[str, Any], {})

    def explanation(self, record_id: str) -> Explained:
        """Why a decision came out so, with the names that people know."""
        return self._connection.ask("GET", f"/v1/decisions/{part(record_id)}/explanation", Explained, {})

    def policies(self) -> list[Policy]:
        """All policies as they are now."""
        return self._connection.ask("GET", "/v1/policies", _Policies, {}).items

    def policy(self, name: str) -> Policy:
        """One policy."""
        return self._connection.ask("GET", f"/v1/policies/{part(name)}", Policy, {})

    def versions(self, policy: str) -> list[PolicyVersion]:
        """Versions of a policy that answered, newest first."""
        return self._connection.ask("GET", f"/v1/policies/{part(policy)}/versions", _Versions, {}).items

    def difference(self, policy: str, against: str) -> list[Change]:
        """What changed from ``against`` to a policy, each a name or ``NAME@VERSION``."""
        return self._connection.ask("GET", f"/v1/policies/{part(policy)}/diff", _Changes, {"against": against}).items

    def health(self) -> Health:
        """Whether the service is fit to answer, and what is wrong where it is not."""
        said, _ = self._connection.send("GET", "/v1/health", {}, None, {}, also=(TROUBLED_STATUS,))
        try:
            return decoded(said, Health)
        except ExternalError:  # a front whose bank is away, for example
            raise error_of(said, TROUBLED_STATUS) from None

    def metrics(self) -> str:
        """Metrics for Prometheus."""
        return self._connection.send("GET", "/metrics", {}, None, {})[0].decode()

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


class _Policies(msgspec.Struct, frozen=True):
    items: list[Policy]


class _Versions(msgspec.Struct, frozen=True):
    items: list[PolicyVersion]


class _Changes(msgspec.Struct, frozen=True):
    items: list[Change]


def _answer_or_error(line: bytes) -> Answer | HuitongError:
    try:
        return msgspec.json.decode(line, type=Answer)
    except NO_JSON:
        return error_of(line, 0)
