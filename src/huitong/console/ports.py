"""What the console asks of a bank, as values and one Protocol. Everything may wait for the disk: pages ask in threads (``Visit.ask``)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from huitong.contracts import Actor, Command, DataContract, Decision, Event
from huitong.identity import AccessDesk, AccessOffice, Clearance, ShownDecision, ShownEvent, Signed
from huitong.kernel import EventId, Finding, Text
from huitong.operations.cases import Desk, DeskSettings
from huitong.risk.disposition import Ledger, Settings
from huitong.store import BookKeeper


@dataclass(frozen=True, slots=True)
class DecisionSearch:
    """Which decisions are looked for; newest first.

    Attributes:
        since_us: Event time from which on, µs UTC.
        until_us: Event time before which, µs UTC.
        subject: A name under any key role of the event.
        outcome: The outcome.
        policy: Name of the policy.
        before: Offset in the log before which to look: where the page before ended.
        limit: Most decisions of the page.
    """

    since_us: int | None = None
    until_us: int | None = None
    subject: str | None = None
    outcome: str | None = None
    policy: str | None = None
    before: int | None = None
    limit: int = 50


@dataclass(frozen=True, slots=True)
class Found:
    """A decision with its event, as the reader may see them."""

    decision: ShownDecision
    event: ShownEvent


@dataclass(frozen=True, slots=True)
class DecisionPage:
    """Decisions found.

    Attributes:
        found: Newest first.
        before: Where the next page begins; ``None`` where the log has been looked through.
        looked_at: How many records of the log were looked at.
    """

    found: Sequence[Found]
    before: int | None
    looked_at: int


@dataclass(frozen=True, slots=True)
class Story:
    """One decision with everything that its page shows.

    Attributes:
        decision: As the reader may see it.
        event: Likewise.
        title: Name of the policy for people.
        features: Name of each feature for people.
        tables: Name of each decision table for people.
        outcome_titles: Name of each outcome for people.
        origin: Where the decision comes from.
        erased: What can no longer be read in it, and why.
        offset: Where the decision stands in the log.
        current: Whether its version decides today.
    """

    decision: ShownDecision
    event: ShownEvent
    title: Text
    features: Mapping[str, Text]
    outcome_titles: Mapping[str, Text]
    origin: Text
    erased: Text | None
    offset: int
    current: bool


@dataclass(frozen=True, slots=True)
class Health:
    """Whether the bank is fit to decide.

    Attributes:
        findings: What is wrong; empty where nothing is.
        waiting: Calls that wait for their turn.
        log_end: Number of records in the log.
        started_us: Since when it runs, µs UTC.
        policies: Policies that decide, with their versions.
    """

    findings: tuple[Finding, ...]
    waiting: int
    log_end: int
    started_us: int
    policies: Mapping[str, str]


class BankPort(Protocol):
    """What a bank does for the console."""

    @property
    def zone(self) -> str:
        """The institution's time zone, as the tz database names it."""
        ...

    @property
    def currency(self) -> str:
        """ISO 4217 code of the institution's amounts."""
        ...

    @property
    def contracts(self) -> Mapping[str, DataContract]:
        """Data contracts by kind of event."""
        ...

    def now_us(self) -> int:
        """The bank's clock, µs UTC."""
        ...

    # Who is there.

    def caller(self, headers: Mapping[str, str], address: str, method: str) -> Signed:
        """Who makes a request. Raises as ``AccessDesk.authenticate``."""
        ...

    @property
    def access(self) -> AccessDesk:
        """Signs people in and out, and writes down what they read."""
        ...

    @property
    def office(self) -> AccessOffice:
        """Takes an administrator's orders."""
        ...

    # What people do: every act is a command on a book.

    def command(self, by: Actor, id_: EventId | None = None) -> Command:
        """A command given now."""
        ...

    @property
    def desk(self) -> BookKeeper[Desk]:
        """Alerts and cases."""
        ...

    @property
    def desk_settings(self) -> DeskSettings:
        """How alerts are raised, ranked and timed."""
        ...

    @property
    def ledger(self) -> BookKeeper[Ledger]:
        """Measures."""
        ...

    @property
    def measure_settings(self) -> Settings:
        """Ranks, durations and who may do what about measures."""
        ...

    # What was decided.

    def search(self, wanted: DecisionSearch, clearance: Clearance) -> DecisionPage:
        """Decisions, newest first."""
        ...

    def story(self, record_id: str, clearance: Clearance) -> Story:
        """A decision by its own id, or the latest one on the event of that id.

        Raises:
            InputError: If there is none (``decision.unknown``).
        """
        ...

    def shown(self, found: Sequence[tuple[Decision, Event]], clearance: Clearance) -> Sequence[Found]:
        """Decisions and their events as a reader may see them."""
        ...

    def counts(self) -> Mapping[str, int]:
        """What waits for people, by the path of the page where it waits."""
        ...

    def health(self) -> Health:
        """Whether the bank is fit to decide."""
        ...
