"""What the pages on which people act ask of a bank, beside what every page asks."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from huitong.console.ports import BankPort
from huitong.console.ports_draft import DraftPort
from huitong.console.ports_replay import UploadsPort
from huitong.console.ports_webhooks import WebhooksPort
from huitong.contracts import Act, Command, Decision, Event, ReplayJob, ReportHolds, Signers
from huitong.decisions.compare import Difference
from huitong.decisions.policy import Settings as PolicySettings
from huitong.decisions.rollout import PolicyRollout, RolloutSettings, Stage, Tally
from huitong.decisions.tables import DmnTable
from huitong.kernel import Finding, Language, Text
from huitong.operations.cases import Investigator, LabelsOf, Worker
from huitong.risk.disposition import Channels, Figures, GroundFor, Stretch
from huitong.risk.lists import Lists

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class PolicyFiles:
    """A policy as it stands in its folder, or one of its versions.

    Attributes:
        version: Its content hash.
        settings: What it says.
        tables: Its decision tables, as written.
        findings: What speaks against it.
    """

    version: str
    settings: PolicySettings
    tables: Sequence[DmnTable]
    findings: Sequence[Finding]

    def title_of(self, table: DmnTable) -> Text:
        """What people call a table; its name, where the policy does not say."""
        settings = (one for one in self.settings.tables if one.file == table.place.file and one.decision in (None, table.name))
        found = next(settings, None)
        return {"zh": table.name, "en": table.name} if found is None else found.title


@dataclass(frozen=True, slots=True)
class Differs:
    """An event that champion and challenger decide differently."""

    event: str
    time_us: int
    live: str
    challenger: str


@dataclass(frozen=True, slots=True)
class Contest:
    """Champion and challenger side by side, counted from the log so far.

    Attributes:
        live: Counts of the live version.
        challenger: Counts of the challenger.
        differing: The latest events on which they differ, newest first; a canary has none, for the two decide different customers.
    """

    live: Tally
    challenger: Tally
    differing: Sequence[Differs]


class ListsPort(Protocol):
    """The lists that people keep; the acts are those of ``huitong.risk.lists``."""

    @property
    def grounds(self) -> Mapping[str, Text]:
        """What a person may name as the ground, by code."""
        ...

    def grounds_for(self, kind: str, act: GroundFor, /) -> Mapping[str, Text]:
        """Those that are offered where an entry is added (``impose``) or lifted, of a list of this kind."""
        ...

    def ask(self, question: Callable[[Lists], T], /) -> T:
        """What a question finds in the book as it now is."""
        ...

    def act(self, command: Command, act: Act[Lists], /) -> Sequence[Event]:
        """Carries an act out, once by the id of its command."""
        ...


class WorkPort(BankPort, Protocol):
    """What a bank does for those who act."""

    @property
    def labels_of(self) -> LabelsOf:
        """Makes the labels that a verdict gives its payments."""
        ...

    def decided(self, decision_ids: Sequence[str]) -> Sequence[tuple[Decision, Event]]:
        """Decisions by their ids, with their events; those that are gone are left out."""
        ...

    def feature_titles(self) -> Mapping[str, Text]:
        """Names of the features that policies use, for people."""
        ...

    def workers(self) -> Sequence[Worker]:
        """Who may have an alert; empty where the bank has no users."""
        ...

    def signers(self) -> Signers:
        """Who can sign in, with the roles that are known of them: of these is the second person."""
        ...

    def investigators(self) -> Sequence[Investigator]:
        """Investigators, with what the settings of the desk know of them."""
        ...

    # Cases.

    def add_case_file(self, command: Command, case: str, name: str, content: bytes) -> None:
        """Keeps a file with a case."""
        ...

    def case_file(self, case: str, entry: str) -> tuple[str, str, bytes]:
        """Name, media type and content of a file, by its entry in the case's time line."""
        ...

    # Measures.

    def measure_figures(self, since_us: int) -> Figures | None:
        """Figures of the measures that began since a moment; ``None`` while the log is counted for the first time."""
        ...

    @property
    def measured_roles(self) -> frozenset[str]:
        """Key roles of which some policy reads measures; empty where none reads any."""
        ...

    def named(self, role: str, name: str) -> bool:
        """Whether some event of the log names a subject of measures, as far as that can be told."""
        ...

    @property
    def channels(self) -> Channels:
        """What channels are called, by code; empty where no data contract says which there are."""
        ...

    def notice(self, measure: Stretch) -> Text | None:
        """What the customer is told about a measure."""
        ...

    @property
    def lists(self) -> ListsPort:
        """The lists that people keep."""
        ...

    # Policies.

    def reads_list(self, name: str, holds: str) -> bool:
        """Whether some policy reads a list of this name, of such things."""
        ...

    @property
    def policy_names(self) -> Sequence[str]:
        """Names of the policies."""
        ...

    @property
    def rollout_settings(self) -> RolloutSettings:
        """What is asked of a version before each step."""
        ...

    def policy_files(self, policy: str) -> PolicyFiles:
        """A policy by name, or one of its versions by ``NAME@HASH``."""
        ...

    def rollout(self, policy: str) -> PolicyRollout:
        """Every version of a policy and where it stands."""
        ...

    def contest(self, policy: str) -> Contest | None:
        """Champion and challenger, counted; ``None`` where no challenger runs, or while it is counted for the first time."""
        ...

    def difference(self, policy: str, against: str) -> Sequence[Difference]:
        """What changed from one version to another."""
        ...

    def list_grades(self, policy: str) -> Mapping[str, int]:
        """Data grade of what each list's file of a policy or version holds, by file; all other files are open to everybody."""
        ...

    def draft(self, command: Command, policy: str, reason: str) -> str:
        """Makes what stands in a policy's folder a version; its hash."""
        ...

    def take_up(self, command: Command, policy: str, version: str, reason: str) -> str:
        """Puts a version's files back into the policy's folder, to go on from there; the hash of what stands in it now."""
        ...

    def files_of(self, policy: str) -> Sequence[str]:
        """Files of a policy's folder that a person may change."""
        ...

    def file_of(self, policy: str, file: str) -> str:
        """The text of one of them."""
        ...

    def drafted_before(self, command: Command, policy: str) -> str | None:
        """The version that a change of a policy's files led to, where the command was carried out before; else ``None``."""
        ...

    def change_file(self, command: Command, policy: str, file: str, content: bytes, reason: str) -> str:
        """Changes a file of a policy's folder where the policy can still mean what it says then, and drafts the version; its hash."""
        ...

    def forward(self, command: Command, policy: str, version: str, to: Stage, share_ppm: int) -> None:
        """A step forward of a version."""
        ...

    def back(self, command: Command, policy: str, version: str, ground: str) -> None:
        """Takes a version that runs back."""
        ...

    def retire(self, command: Command, policy: str, version: str, ground: str) -> None:
        """Gives a version up that does not run."""
        ...

    @property
    def drafts(self) -> DraftPort:
        """What is not yet a version: looked at while it is typed, and tried."""
        ...

    # Replays.

    def replay(self, command: Command, policy: str, against: str | None, days: int) -> ReplayJob:
        """Replays the log under a policy, as a job; what it finds becomes evidence about the version where that was drafted.

        Args:
            command: Who wants it.
            policy: Name of the policy, or ``NAME@HASH``.
            against: What it is compared with.
            days: Judge the last days only; 0 for everything that the model has not learned from.
        """
        ...

    def replay_table(
        self, command: Command, policy: str, against: str | None, file: str, mapping: str, columns: Mapping[str, str]
    ) -> ReplayJob:
        """Replays a table that was dropped, as a job; ``columns`` says which of its columns each one of the mapping is."""
        ...

    @property
    def uploads(self) -> UploadsPort:
        """Tables that somebody drops."""
        ...

    def jobs(self) -> Sequence[ReplayJob]:
        """Jobs of this process, newest first."""
        ...

    def cancel(self, command: Command, job: str) -> None:
        """Ends a job."""
        ...

    def report_holds(self, job: str) -> ReportHolds:
        """What the report of a job shows of single payments. Raises as ``report``."""
        ...

    def report(self, job: str, language: Language) -> str:
        """The report of a job, as one page of HTML."""
        ...

    # Other systems.

    @property
    def webhooks(self) -> WebhooksPort:
        """Who is told what happens."""
        ...

    # Access.

    def readings(self, limit: int) -> Sequence[Event]:
        """The latest entries of the access log, newest first."""
        ...
