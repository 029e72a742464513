"""What the console asks of a bank, as values and one Protocol. Everything may wait for the disk: pages ask in threads (``Visit.ask``)."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from huitong.contracts import Actor, Command, DataContract, Decision, Event, Health
from huitong.identity import AccessDesk, AccessOffice, Clearance, Outside, ShownDecision, ShownEvent, Signed
from huitong.identity.openid import OpenIdProvider
from huitong.kernel import EventId, Finding, Text
from huitong.operations.cases import Desk, DeskSettings
from huitong.risk.disposition import Ledger, Settings
from huitong.store import BookKeeper
from huitong.verifier import Verified


@dataclass(frozen=True, slots=True)
class DecisionSearch:
    """Which decisions are looked for; newest first.

    Attributes:
        since_us: Event time from which on, µs UTC.
        until_us: Event time before which, µs UTC.
        subject: A name under any key role of the event.
        outcomes: Outcomes, any of these; any at all where none is named.
        policy: Name of the policy.
        before: Offset in the log before which to look: where the page before ended.
        limit: Most decisions of the page.
    """

    since_us: int | None = None
    until_us: int | None = None
    subject: str | None = None
    outcomes: Sequence[str] = ()
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
        before: Where the next page begins; ``None`` where there are no older ones.
        total: How many there are in all, or since ``counted_from_us``; ``None`` while the log is still being counted.
        counted_from_us: Event time from which on they are counted; ``None`` where all are.
    """

    found: Sequence[Found]
    before: int | None
    total: int | None
    counted_from_us: int | None = None


@dataclass(frozen=True, slots=True)
class Flow:
    """Decisions of a stretch of event time, in equal parts of it.

    Attributes:
        since_us: Where it begins, µs UTC.
        until_us: Where it ends.
        counts: Decisions in each part, by outcome.
        amounts_minor: Their amounts, likewise.
        known_from_us: From when on all are counted; ``None`` for from ever on.
    """

    since_us: int
    until_us: int
    counts: Mapping[str, Sequence[int]]
    amounts_minor: Mapping[str, Sequence[int]]
    known_from_us: int | None = None

    def number(self, *outcomes: str) -> int:
        """Decisions with one of these outcomes; all of them where none is named."""
        return sum(sum(self.counts.get(one, ())) for one in outcomes or self.counts)

    def sum_minor(self, *outcomes: str) -> int:
        """Likewise their amounts."""
        return sum(sum(self.amounts_minor.get(one, ())) for one in outcomes or self.amounts_minor)


@dataclass(frozen=True, slots=True)
class Past:
    """An earlier payment of a customer: when, and how much in minor units."""

    time_us: int
    amount_minor: int | None


@dataclass(frozen=True, slots=True)
class LogFacts:
    """What the log is.

    Attributes:
        size: Number of records.
        root: Merkle root over them, hex.
        head: The head signed last: size, root, when in µs UTC; ``None`` where none was signed.
        conceals: Whether names of persons lie under keys that can be destroyed.
        where: Where it is, without any password.
        witnesses: How many are told of each head.
        troubles: What witnesses did not take.
    """

    size: int
    root: str
    head: tuple[int, str, int] | None
    conceals: bool
    where: str
    witnesses: int
    troubles: Sequence[Finding]


@dataclass(frozen=True, slots=True)
class Checked:
    """A check of the whole log.

    Attributes:
        begun_us: When it began, µs UTC.
        ended_us: When it ended; ``None`` while it runs.
        done: How much of its phase is done, in the phase's own unit.
        total: Of how much; ``None`` where nobody knows.
        findings: What is wrong.
        by: Who asked for it.
        stage: Its phase while it runs; empty before the first.
    """

    begun_us: int
    ended_us: int | None
    done: int
    total: int | None
    findings: Sequence[Finding]
    by: str
    stage: str = ""


@dataclass(frozen=True, slots=True)
class Said:
    """A cell of a table that spoke, in words, with what it says to the machine."""

    text: Text
    feel: str


@dataclass(frozen=True, slots=True)
class LitTable:
    """A decision table, or the rules, with the rows that spoke.

    Attributes:
        name: Its name.
        title: What people call it.
        heads: What its columns are called.
        rows: The rows around those that spoke: number, counted from 1, and cells.
        lit: Numbers of the rows that spoke.
        rows_total: How many rows it has.
    """

    name: str
    title: Text
    heads: Sequence[Text]
    rows: Sequence[tuple[int, Sequence[str | Said]]]
    lit: Sequence[int]
    rows_total: int


Decides = Literal["all", "some"]
"""For whom a version decides: for all customers that no canary takes, or for some, whom one takes."""


@dataclass(frozen=True, slots=True)
class Story:
    """One decision with everything that its page shows.

    Attributes:
        decision: As the reader may see it.
        event: Likewise.
        title: Name of the policy for people.
        features: Name of each feature for people.
        origin: Where the decision comes from.
        erased: What can no longer be read in it, and why.
        units: Unit of each feature's values, where it has one.
        values: What values of a feature are called that are not read as numbers, by their text.
        tables: Decision tables and rules that spoke.
        lists: What an entry on each list of the policy means, by the list's name.
        past: Earlier payments of the customer, oldest first; empty where the reader may not see them.
        offset: Where the decision stands in the log.
        decides: For whom its version decides today; ``None`` for nobody.
        outcomes: All outcomes of the policy, mildest first.
        changing: Names of the fields of which smaller values were tried for a milder outcome, as far as the reader may see them.
        whole: Whether the reader sees all of both records, so that the proof, which holds them, is theirs.
    """

    decision: ShownDecision
    event: ShownEvent
    title: Text
    features: Mapping[str, Text]
    origin: Text
    erased: Text | None
    units: Mapping[str, str]
    values: Mapping[str, Mapping[str, Text]]
    tables: Sequence[LitTable]
    lists: Mapping[str, Text]
    past: Sequence["Past"]
    offset: int
    decides: Decides | None
    outcomes: Sequence[str]
    changing: Sequence[Text] = ()
    whole: bool = True


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
    def outside(self) -> Outside:
        """How the bank is reached from outside."""
        ...

    @property
    def access(self) -> AccessDesk:
        """Signs people in and out, and writes down what they read."""
        ...

    @property
    def office(self) -> AccessOffice:
        """Takes an administrator's orders."""
        ...

    @property
    def provider(self) -> OpenIdProvider | None:
        """The institution's OpenID provider, where there is one. Raises where one is set up and the extra ``openid`` is missing."""
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

    def record(self, record_id: str) -> str:
        """Id of a decision, given by its own id or by that of its event. Raises as ``story``."""
        ...

    def story(self, record_id: str, clearance: Clearance) -> Story:
        """A decision by its own id, or the latest one on the event of that id.

        Raises:
            InputError: If there is none (``decision.unknown``).
        """
        ...

    def flow(self, since_us: int, until_us: int, parts: int) -> Flow:
        """How decisions flowed through a stretch of event time."""
        ...

    def newest_us(self) -> int | None:
        """Time of the event decided last; ``None`` where nothing was decided."""
        ...

    @property
    def decided_kinds(self) -> Collection[str]:
        """Kinds of event that the bank's policies decide."""
        ...

    def outcomes(self) -> Sequence[str]:
        """All outcomes that the bank's policies give or gave: first the mildest of each, last the gravest of each."""
        ...

    def stopping(self) -> Sequence[str]:
        """Those that do not let a payment through at once: all but the mildest of each policy."""
        ...

    def policy_titles(self) -> Mapping[str, Text]:
        """The bank's policies and what they are called."""
        ...

    def counted(self) -> tuple[int, int]:
        """How much of the log the counts of pages know: records of how many."""
        ...

    def proof(self, record_id: str) -> Mapping[str, object]:
        """Proof that a decision with its event is in the log. Raises as ``story``."""
        ...

    def whole(self, record_id: str, clearance: Clearance) -> Found | None:
        """A decision and its event, if the reader may see all of both; a proof holds them whole. Raises as ``story``."""
        ...

    def grade_of_code(self, decision: str, code: str) -> int:
        """Grade of a reason that a decision gave, by their ids; the strongest where there is no such decision."""
        ...

    def public_keys(self) -> bytes:
        """The keys that heads of the log are signed with, for whoever checks a proof elsewhere."""
        ...

    def log_facts(self) -> LogFacts:
        """What the log is now."""
        ...

    def verify(self, proof: bytes) -> Verified:
        """What a proof proves, checked against the bank's public keys.

        Raises:
            DataError: If it proves nothing, and why.
        """
        ...

    def check_log(self, by: Actor) -> None:
        """Begins a check of the whole log, where none runs."""
        ...

    def checked(self) -> Checked | None:
        """The check that runs, or the latest one of this process."""
        ...

    def settings(self) -> Mapping[str, str]:
        """What the institution set for the bank, without secrets, by the setting's name."""
        ...

    def shown(self, found: Sequence[tuple[Decision, Event]], clearance: Clearance) -> Sequence[Found]:
        """Decisions and their events as a reader may see them."""
        ...

    def counts(self, reader: Actor) -> Mapping[str, int]:
        """What waits for people, by the path of the page where it waits: of proposals, what this reader may sign."""
        ...

    def health(self) -> Health:
        """Whether the bank is fit to decide."""
        ...
