"""The bank's books as the routes of work see them."""

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any, TypeVar

from huitong.app.bank import Bank
from huitong.app.case_files import CaseFiles
from huitong.app.channels import channels_of
from huitong.app.desk import investigators_of, workers_of
from huitong.app.editing import Editing
from huitong.app.house import house_contracts
from huitong.app.labelling import labels_in_bank
from huitong.app.measured_roles import measured_roles
from huitong.app.named import named_in_log
from huitong.app.replays import Replays
from huitong.app.serving import list_grades, unknown_policy
from huitong.app.webhooks import offset_of, secret_given
from huitong.contracts import Act, Actor, Command, DataContract, Event, ReplayJob
from huitong.decisions import rollout as ro
from huitong.identity import Clearance, Reading, Signed
from huitong.kernel import EventId, Text
from huitong.operations.cases import Desk, Investigator, LabelsOf, Worker
from huitong.operations.webhooks import Reach, Webhooks
from huitong.risk.disposition import Figures, Ledger, Stretch, Wanted
from huitong.risk.lists import Lists

T = TypeVar("T")


class BankWork:
    """See ``huitong.api.work.WorkService``.

    Args:
        bank: The bank, which stays its owner's to close.
        policy: What decides where a caller names no policy.
        replays: The replays of the same process; by default of these callers alone.
    """

    def __init__(self, bank: Bank, policy: str, replays: Replays | None = None) -> None:
        self._bank = bank
        self._policy = policy
        self.desk_settings = bank.desk_settings
        self._replays = replays or Replays(bank)
        self._editing = Editing(bank)
        self._files = CaseFiles(bank)

    @property
    def house_contracts(self) -> Mapping[str, DataContract]:
        """See ``WorkService``."""
        return house_contracts()

    @cached_property
    def labels_of(self) -> LabelsOf:
        """See ``WorkService``.

        Raises:
            DataError: If no policy says what its labels are.
        """
        return labels_in_bank(self._bank, self._policy)

    @property
    def measured_roles(self) -> frozenset[str]:
        """See ``WorkService``."""
        return measured_roles(self._bank)

    def named(self, role: str, name: str) -> bool:
        """See ``WorkService``."""
        return named_in_log(self._bank, role, name)

    @property
    def channels(self) -> Mapping[str, Text]:
        """See ``WorkService``."""
        return channels_of(self._bank)

    def command(self, by: Actor, id_: EventId, expects: Callable[[Any], None] | None = None, request_digest: str | None = None) -> Command:
        """See ``WorkService``."""
        return Command(id_, by, self.now_us(), expects, request_digest=request_digest)

    def written(self, event_id: EventId) -> Event | None:
        """See ``WorkService``."""
        return self._bank.log.event(event_id)

    def note_reading(self, signed: Signed, reading: Reading, clearance: Clearance) -> None:
        """See ``WorkService``."""
        self._bank.people.desk.note_reading(signed, reading, clearance, self.now_us())

    def grade_of_code(self, decision: str, code: str) -> int:
        """See ``WorkService``."""
        return self._bank.grades.of_code(decision, code)

    def now_us(self) -> int:
        """See ``WorkService``."""
        return self._bank.clock.now_us()

    def investigators(self) -> Sequence[Investigator]:
        """See ``WorkService``."""
        return investigators_of(self._bank.people.desk, self.desk_settings)

    def workers(self) -> Sequence[Worker]:
        """See ``WorkService``."""
        return workers_of(self._bank.people.desk)

    def ask_desk(self, question: Callable[[Desk], T]) -> T:
        """See ``WorkService``."""
        return self._bank.books.desk.ask(question)

    def act_on_desk(self, command: Command, act: Callable[[Desk], Sequence[Event]]) -> None:
        """See ``WorkService``."""
        self._bank.books.desk.act(command, act)

    def add_case_file(self, command: Command, case: str, name: str, content: bytes) -> None:
        """See ``WorkService``."""
        self._files.add(command, case, name, content)

    def case_file(self, case: str, entry: str) -> tuple[str, bytes]:
        """See ``WorkService``."""
        found = self._files.read(case, entry)
        return found.name, found.content

    def ask_measures(self, question: Callable[[Ledger], T]) -> T:
        """See ``WorkService``."""
        return self._bank.measures.ask(question)

    def impose(self, command: Command, wanted: Wanted) -> None:
        """See ``WorkService``."""
        self._bank.measures.impose(command, wanted)

    def lift(
        self, command: Command, measure: str, ground: str, note: str | None, *, alert: str | None = None, case: str | None = None
    ) -> None:
        """See ``WorkService``."""
        self._bank.measures.lift(command, measure, ground, note, alert=alert, case=case)

    def confirm(self, command: Command, proposal: str) -> None:
        """See ``WorkService``."""
        self._bank.measures.confirm(command, proposal)

    def refuse(self, command: Command, proposal: str, note: str | None) -> None:
        """See ``WorkService``."""
        self._bank.measures.refuse(command, proposal, note)

    def measure_figures(self, since_us: int, long_hours: int) -> Figures:
        """See ``WorkService``."""
        return self._bank.measures.figures(since_us, long_hours)

    def notice(self, measure: Stretch) -> Text | None:
        """See ``WorkService``."""
        return self._bank.measures.notice(measure, self._bank.live(self._policy).loaded.plan.zone, self.channels)

    @property
    def grounds(self) -> Mapping[str, Text]:
        """See ``WorkService``."""
        return self._bank.lists.grounds

    def ask_lists(self, question: Callable[[Lists], T]) -> T:
        """See ``WorkService``."""
        return self._bank.lists.ask(question)

    def act_on_lists(self, command: Command, act: Act[Lists]) -> None:
        """See ``WorkService``."""
        self._bank.lists.act(command, act)

    def rollout(self, policy: str) -> ro.PolicyRollout:
        """See ``WorkService``.

        Raises:
            InputError: If there is no such policy.
        """
        return self._bank.rollouts.status(self._known(policy))

    def lacking(self, policy: str) -> Mapping[str, Sequence[Text]]:
        """See ``WorkService``."""
        settings, now_us = self._bank.rollouts.settings, self.now_us()
        watch = self._bank.rollouts.watched(policy)
        if watch is not None:
            watch.glance()
        found = None if watch is None else watch.found()
        rollout = self.rollout(policy)
        steps = {one.hash: rollout.next_steps(one)[-1:] for one in rollout.versions.values()}
        versions = [ro.with_found(one, found, now_us) for one in rollout.versions.values()]
        return {one.hash: ro.missing(one, to, settings, now_us) for one in versions for to in steps[one.hash]}

    def draft(self, command: Command, policy: str, reason: str) -> None:
        """See ``WorkService``."""
        self._bank.rollouts.draft(command, self._known(policy), reason)

    def take_up(self, command: Command, policy: str, version: str, reason: str) -> None:
        """See ``WorkService``."""
        self._editing.take_up(command, self._known(policy), version, reason)

    def forward(self, command: Command, policy: str, version: str, to: ro.Stage, share_ppm: int) -> None:
        """See ``WorkService``."""
        self._bank.rollouts.forward(command, self._known(policy), version, to, share_ppm=share_ppm)

    def back(self, command: Command, policy: str, ground: str, version: str | None) -> None:
        """See ``WorkService``."""
        self._bank.rollouts.back(command, self._known(policy), ground, version)

    def retire(self, command: Command, policy: str, version: str, ground: str) -> None:
        """See ``WorkService``."""
        self._bank.rollouts.retire(command, self._known(policy), version, ground)

    def begin_replay(self, command: Command, policy: str, against: str | None, days: int) -> ReplayJob:
        """See ``WorkService``."""
        for named in (policy, against):
            if named is not None:
                self._known(named.partition("@")[0])
        return self._replays.begin(command, policy, against, days)

    def replays(self) -> Sequence[ReplayJob]:
        """See ``WorkService``."""
        return self._replays.all()

    def cancel_replay(self, by: Actor, replay: str) -> None:
        """See ``WorkService``."""
        self._replays.cancel(by, replay)

    def policy_files(self, policy: str) -> Mapping[str, int]:
        """See ``WorkService``."""
        known = self._known(policy)
        grades = list_grades(self._bank, known)
        return {file: grades.get(file, 1) for file in self._editing.files(known)}

    def policy_file(self, policy: str, file: str) -> str:
        """See ``WorkService``."""
        return self._editing.text(self._known(policy), file)

    def change_file(self, command: Command, policy: str, file: str, text: str, reason: str) -> None:
        """See ``WorkService``."""
        self._editing.change(command, self._known(policy), {file: text.encode()}, reason)

    @property
    def webhook_reach(self) -> Reach:
        """See ``WorkService``."""
        return self._bank.settings.webhooks.reach

    def ask_webhooks(self, question: Callable[[Webhooks], T]) -> T:
        """See ``WorkService``."""
        return self._bank.books.webhooks.ask(question)

    def act_on_webhooks(self, command: Command, act: Callable[[Webhooks], Sequence[Event]]) -> None:
        """See ``WorkService``."""
        self._bank.books.webhooks.act(command, act)

    def webhook_secret(self, by: Actor, event: Event, *, again: bool) -> str | None:
        """See ``WorkService``."""
        return secret_given(self._bank, by, event, again=again)

    def log_end(self) -> int:
        """See ``WorkService``."""
        return self._bank.log.end()

    def offset_of(self, record_id: str) -> int:
        """See ``WorkService``."""
        return offset_of(self._bank, record_id)

    def _known(self, policy: str) -> str:
        if policy not in self._bank.policies:
            raise unknown_policy(policy)
        return policy
