"""What the routes of work ask of a bank."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol, TypeVar

from huitong.contracts import Act, Actor, Command, DataContract, Event, ReplayJob
from huitong.decisions.rollout import PolicyRollout, Stage
from huitong.identity import Clearance, Reading, Signed
from huitong.kernel import EventId, Text
from huitong.operations.cases import Desk, DeskSettings, Investigator, LabelsOf, Worker
from huitong.operations.webhooks import Reach, Webhooks
from huitong.risk.disposition import Figures, Ledger, Stretch, Wanted
from huitong.risk.lists import Lists

T = TypeVar("T")


class WorkService(Protocol):
    """A bank's books, and the acts on them. May wait for the disk: it is asked in threads."""

    @property
    def house_contracts(self) -> Mapping[str, DataContract]:
        """Contracts of the events that the acts lead to, by kind: they grade what is shown."""
        ...

    @property
    def desk_settings(self) -> DeskSettings:
        """Settings of alerts and cases."""
        ...

    @property
    def labels_of(self) -> LabelsOf:
        """Makes the labels that a verdict gives its payments."""
        ...

    def command(self, by: Actor, id_: EventId, expects: Callable[[Any], None] | None = None, request_digest: str | None = None) -> Command:
        """A command given now, on whatever state, or on the one that it expects, with the digest of what is asked for."""
        ...

    def written(self, event_id: EventId) -> Event | None:
        """An event of the log."""
        ...

    @property
    def measured_roles(self) -> frozenset[str]:
        """Key roles of which some policy reads measures; empty where none reads any."""
        ...

    def named(self, role: str, name: str) -> bool:
        """Whether some event of the log names a subject of measures, as far as that can be told."""
        ...

    @property
    def channels(self) -> Mapping[str, Text]:
        """What channels are called, by code; empty where no data contract says which there are."""
        ...

    def note_reading(self, signed: Signed, reading: Reading, clearance: Clearance) -> None:
        """Writes down who is about to read which personal data, for which purpose."""
        ...

    def grade_of_code(self, decision: str, code: str) -> int:
        """Data grade of a reason of a decision, by their ids, as other events name them."""
        ...

    def now_us(self) -> int:
        """The present, µs UTC."""
        ...

    def investigators(self) -> Sequence[Investigator]:
        """Who works alerts."""
        ...

    def workers(self) -> Sequence[Worker]:
        """Who may be given alerts; empty where the bank has no users."""
        ...

    def ask_desk(self, question: Callable[[Desk], T]) -> T:
        """What a question finds on the desk."""
        ...

    def act_on_desk(self, command: Command, act: Callable[[Desk], Sequence[Event]]) -> None:
        """Carries an act on alerts and cases out, once."""
        ...

    def add_case_file(self, command: Command, case: str, name: str, content: bytes) -> None:
        """Keeps a file of a case, once.

        Raises:
            InputError: If it is none that is kept, or there is no such case.
            PolicyError: If somebody else may only.
        """
        ...

    def case_file(self, case: str, entry: str) -> tuple[str, bytes]:
        """Name and content of a file of a case, by its entry in the time line.

        Raises:
            InputError: If there is none.
            DataError: If it cannot be read any more.
        """
        ...

    def ask_measures(self, question: Callable[[Ledger], T]) -> T:
        """What a question finds in the ledger of measures."""
        ...

    def impose(self, command: Command, wanted: Wanted) -> None:
        """Imposes or proposes a measure."""
        ...

    def lift(
        self, command: Command, measure: str, ground: str, note: str | None, *, alert: str | None = None, case: str | None = None
    ) -> None:
        """Lifts one, or proposes to; for an alert or a case."""
        ...

    def confirm(self, command: Command, proposal: str) -> None:
        """Gives the second signature."""
        ...

    def refuse(self, command: Command, proposal: str, note: str | None) -> None:
        """Refuses it."""
        ...

    def measure_figures(self, since_us: int, long_hours: int) -> Figures:
        """The figures of measures that began since a moment; may read through labels of the log, the first time."""
        ...

    def notice(self, measure: Stretch) -> Text | None:
        """What the customer is told about a measure; ``None`` for nothing."""
        ...

    @property
    def grounds(self) -> Mapping[str, Text]:
        """What a person may name as the ground, by code."""
        ...

    def ask_lists(self, question: Callable[[Lists], T]) -> T:
        """What a question finds in the book of lists."""
        ...

    def act_on_lists(self, command: Command, act: Act[Lists]) -> None:
        """Carries an act on lists out, once."""
        ...

    def rollout(self, policy: str) -> PolicyRollout:
        """Every version of a policy and where it stands."""
        ...

    def lacking(self, policy: str) -> Mapping[str, Sequence[Text]]:
        """By version, what is missing before its next step."""
        ...

    def draft(self, command: Command, policy: str, reason: str) -> None:
        """Makes what stands in a policy's folder a version."""
        ...

    def take_up(self, command: Command, policy: str, version: str, reason: str) -> None:
        """Puts a version's files back into the policy's folder, and writes down who goes on from it and why."""
        ...

    def forward(self, command: Command, policy: str, version: str, to: Stage, share_ppm: int) -> None:
        """A step forward of a version."""
        ...

    def back(self, command: Command, policy: str, ground: str, version: str | None) -> None:
        """A step back."""
        ...

    def retire(self, command: Command, policy: str, version: str, ground: str) -> None:
        """Gives a version up that does not run."""
        ...

    def begin_replay(self, command: Command, policy: str, against: str | None, days: int) -> ReplayJob:
        """Begins a replay of the log under a policy or a version of it; for the same command the same one."""
        ...

    def replays(self) -> Sequence[ReplayJob]:
        """The latest replays, newest first."""
        ...

    def cancel_replay(self, by: Actor, replay: str) -> None:
        """Ends one at its next step."""
        ...

    def policy_files(self, policy: str) -> Mapping[str, int]:
        """Files of a policy that people may change, each with the data grade of what stands in it."""
        ...

    def policy_file(self, policy: str, file: str) -> str:
        """The text of one.

        Raises:
            InputError: If there is none.
        """
        ...

    def change_file(self, command: Command, policy: str, file: str, text: str, reason: str) -> None:
        """Writes a file anew, and makes the policy a version; what the command expects, it expects of the files by their names."""
        ...

    @property
    def webhook_reach(self) -> Reach:
        """Where messages may go besides the public internet."""
        ...

    def ask_webhooks(self, question: Callable[[Webhooks], T]) -> T:
        """What a question finds among the subscriptions."""
        ...

    def act_on_webhooks(self, command: Command, act: Callable[[Webhooks], Sequence[Event]]) -> None:
        """Carries an act on subscriptions out, once."""
        ...

    def webhook_secret(self, by: Actor, event: Event, *, again: bool) -> str | None:
        """The secret that an act led to, for who acted; given again, which is written down, it is ``None`` where it is no longer that one.

        Raises:
            PolicyError: If they may not see it (any more).
        """
        ...

    def log_end(self) -> int:
        """Number of records in the log."""
        ...

    def offset_of(self, record_id: str) -> int:
        """Where a decision, or an event, stands in the log.

        Raises:
            InputError: If there is none.
        """
        ...
