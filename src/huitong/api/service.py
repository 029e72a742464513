"""What the HTTP room asks of a bank, as values and one Protocol."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from huitong.api.meter import RequestMeter
from huitong.contracts import DataContract, Decision, Event, Health
from huitong.identity import Clearance, DecisionGrades, Reading, Signed
from huitong.kernel import Finding, HuitongError, Text

Document = Mapping[str, object]
"""An event as names and values, as it came."""
Told = Callable[[Decision | BaseException], None]
"""Gets the decision on an event once it is durable, or what it was refused for."""


class Rows(Protocol):
    """Many events, of which only so many are names and values at once as are looked at."""

    def __len__(self) -> int: ...

    def part(self, start: int, count: int) -> Sequence[Document | HuitongError]:
        """Some of them, or what is wrong with one."""
        ...


@dataclass(frozen=True, slots=True)
class Search:
    """Which decisions are looked for; newest first.

    Attributes:
        since_us: Event time from which on, µs UTC.
        until_us: Event time before which, µs UTC.
        subject: A name under a key role of the event: a customer, an account, a terminal.
        roles: By kind of event, the key roles under which to look for it.
        outcomes: Outcomes, any of these; any at all where none is named.
        policy: Name of the policy.
        before: Offset in the log before which to look: where the page before ended.
        limit: Most decisions of the page.
    """

    since_us: int | None = None
    until_us: int | None = None
    subject: str | None = None
    roles: Mapping[str, frozenset[str]] = field(default_factory=dict)
    outcomes: Sequence[str] = ()
    policy: str | None = None
    before: int | None = None
    limit: int = 50


@dataclass(frozen=True, slots=True)
class SearchPage:
    """Decisions found, with their events.

    Attributes:
        found: Newest first.
        before: Where the next page begins; ``None`` where the log has been looked through.
        looked_at: How many decisions were looked at.
    """

    found: Sequence[tuple[Decision, Event]]
    before: int | None
    looked_at: int


@dataclass(frozen=True, slots=True)
class Explanation:
    """A decision with its event, in words.

    Attributes:
        decision: The decision.
        event: The event.
        title: Name of the policy for people.
        features: Name of each feature for people.
        origin: Where the decision comes from.
        erased: What can no longer be read in it, and why.
    """

    decision: Decision
    event: Event
    title: Text
    features: Mapping[str, Text]
    origin: Text
    erased: Text | None


@dataclass(frozen=True, slots=True)
class PolicySummary:
    """A policy as it decides now, and what stands in its folder.

    Attributes:
        name: Its name.
        title: What people call it.
        version: What decides: the live version of its roll-out; where nothing was rolled out, what stands in its folder, as it was when it
            began to decide. Empty where nothing can decide.
        folder_version: What stands in its folder, which may be a draft that decides nothing; ``None`` where that cannot be read, and
            where a version is asked for by its hash.
        decides: Kind of the events that it decides.
        outcomes: Its words, mildest first.
        owner: Who answers for it.
        trained: Whether what decides has its model, or needs none.
        findings: What speaks against what stands in its folder.
        broken: Why its folder, or what decides, cannot be read.
    """

    name: str
    title: Text
    version: str
    folder_version: str | None
    decides: str
    outcomes: tuple[str, ...]
    owner: str
    trained: bool
    findings: tuple[Finding, ...]
    broken: HuitongError | None = None


@dataclass(frozen=True, slots=True)
class PolicyVersion:
    """A version that answered.

    Attributes:
        version: Its hash.
        kept_us: Since when its files are kept, µs UTC.
        current: Whether it decides now.
        in_folder: Whether it is what stands in the policy's folder.
    """

    version: str
    kept_us: int
    current: bool
    in_folder: bool


@dataclass(frozen=True, slots=True)
class Change:
    """One difference between two versions: what it is in, where, before and after, and the data grade of what stands there."""

    part: str
    place: str
    before: str | None
    after: str | None
    grade: int = 1


@dataclass(frozen=True, slots=True)
class Appended:
    """Events on their way into the log.

    Attributes:
        new: How many were written.
        repeated: How many were there already with the same content.
        refused: Which were not taken, by their place in the request, and why.
    """

    new: int
    repeated: int
    refused: Sequence[tuple[int, HuitongError]]


Ingested = Appended


class Service(Protocol):
    """What a bank does for callers. Methods that are not coroutines may wait for the disk: they are called in threads."""

    @property
    def contracts(self) -> Mapping[str, DataContract]:
        """Data contracts by kind of event."""
        ...

    @property
    def requests(self) -> RequestMeter:
        """Counts what is asked of it over HTTP."""
        ...

    def metrics(self) -> bytes:
        """Everything that is counted or measured, as Prometheus reads it."""
        ...

    def grades_of(self, decision: Decision) -> DecisionGrades:
        """Data grades of what a decision says; those of one that ``decide`` or ``ask`` has just told of are known already."""
        ...

    def note_reading(self, signed: Signed, reading: Reading, clearance: Clearance) -> None:
        """Writes down who is about to read which personal data, for which purpose; nothing where there is none."""
        ...

    async def decide(self, body: bytes, key: str | None, policy: str | None, wait_ms: int | None, arrived_ns: int) -> Decision:
        """Decides an event; answers once it is durable.

        Args:
            body: The event as a JSON object.
            key: Id of an event that has none.
            policy: Name of the policy; by default the one that the service decides with.
            wait_ms: How long it may wait for its turn.
            arrived_ns: When the request came, on the performance counter.
        """
        ...

    def ask(self, body: bytes, key: str | None, policy: str | None, wait_ms: int | None, arrived_ns: int, told: Told) -> None:
        """The same in the loop's thread, which is told later; what the event is refused for at once is raised."""
        ...

    async def decide_many(
        self, given: Sequence[Document | HuitongError], policy: str | None, wait_ms: int | None, arrived_ns: int
    ) -> list[Decision | HuitongError]:
        """The same for many events, in their order; what could not be read passes through."""
        ...

    async def decide_lines(
        self, lines: Sequence[bytes], policy: str | None, wait_ms: int | None, arrived_ns: int
    ) -> AsyncIterator[list[Decision | HuitongError]]:
        """The same for JSON objects, one a line, as an iterator over what was decided of one part after another.

        Raises:
            InputError: If there is no such policy.
        """
        ...

    async def decide_table(self, rows: Rows, policy: str | None, wait_ms: int | None, arrived_ns: int) -> list[Decision | HuitongError]:
        """The same for rows of a table whose columns are the fields of the event's contract."""
        ...

    def ingest(self, given: Sequence[Document | HuitongError]) -> Appended:
        """Writes events of any kind to the log; each names its kind."""
        ...

    def decided_kinds(self) -> Sequence[str]:
        """Kinds of events that some policy decides."""
        ...

    def policies_by_kind(self, policy: str | None = None) -> Mapping[str, str]:
        """Which policy decides events of a kind that come without naming one: the one given or served; of other kinds one that is live.

        Args:
            policy: Name of the policy that is asked where several could be; by default the one that is served.
        """
        ...

    def policy_names(self) -> Sequence[str]:
        """Names of the policies that are there, or have answered."""
        ...

    def outcomes(self) -> Sequence[str]:
        """Outcomes that some policy gives, or a version of one gave."""
        ...

    def label_kinds(self) -> Sequence[str]:
        """Kinds of events that say how a decided event turned out."""
        ...

    def search(self, search: Search) -> SearchPage:
        """Decisions, newest first."""
        ...

    def known_as(self, name: str) -> Sequence[str]:
        """Spaces of names (``account``, ``customer``, …) in which the log knows a name; none where it conceals no names."""
        ...

    def decision(self, record_id: str) -> tuple[Decision, Event]:
        """A decision by its own id, or the latest one on the event of that id.

        Raises:
            InputError: If there is none (``decision.unknown``).
        """
        ...

    def explanation(self, record_id: str) -> Explanation:
        """Why it came out so. Raises as ``decision``."""
        ...

    def proof(self, record_id: str) -> Mapping[str, object]:
        """Proof that it is in the log. Raises as ``decision``."""
        ...

    def policies(self) -> Sequence[PolicySummary]:
        """All policies."""
        ...

    def policy(self, name: str) -> PolicySummary:
        """One.

        Raises:
            InputError: If there is none (``policy.unknown``).
        """
        ...

    def versions(self, name: str) -> Sequence[PolicyVersion]:
        """Versions of a policy that answered, newest first."""
        ...

    def difference(self, name: str, against: str) -> Sequence[Change]:
        """What changed from one policy or version to another."""
        ...

    def health(self) -> Health:
        """Whether the service is fit to answer."""
        ...
