"""The bank as those see it who act in the console."""

from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cached_property

from huitong.app.bank import Bank
from huitong.app.case_files import CaseFiles
from huitong.app.channels import channels_of
from huitong.app.consoling import ConsoleBank
from huitong.app.desk import investigators_of, signers_of, workers_of
from huitong.app.drafts import Drafts
from huitong.app.editing import Editing
from huitong.app.kept_webhooks import KeptWebhooks
from huitong.app.labelling import labels_in_bank
from huitong.app.lists import KeptLists
from huitong.app.lists_read import reads_list
from huitong.app.measured_roles import measured_roles
from huitong.app.named import named_in_log
from huitong.app.policy_folders import PolicyFolders
from huitong.app.replays import Replays
from huitong.app.serving import BankService, list_grades
from huitong.app.sources import Source
from huitong.app.uploads import Uploads
from huitong.console.ports_draft import DraftPort
from huitong.console.ports_work import Contest, Differs, PolicyFiles
from huitong.console.work.look import path_to
from huitong.contracts import Command, Decision, Event, ReplayJob, ReportHolds, Signers
from huitong.decisions.compare import Difference
from huitong.decisions.rollout import PolicyRollout, RolloutSettings, Stage
from huitong.kernel import HuitongError, Language, Text
from huitong.operations.cases import Investigator, LabelsOf, Worker
from huitong.risk.disposition import Channels, Figures, Stretch

READ_KIND = "access.read"
FIGURES_WAIT_SECONDS = 0.3
"""How long a page waits for figures while they are counted for the first time."""
READINGS_WITHIN = 500_000
"""Records of the log, the latest, in which the access log is looked for."""


class WorkBank(ConsoleBank):
    """See ``huitong.console.ports_work.WorkPort``.

    Args:
        bank: The bank, which stays its owner's to close.
        service: What the same process does for systems.
        replays: The replays of that process; by default of these pages alone.
    """

    def __init__(self, bank: Bank, service: BankService, replays: Replays | None = None) -> None:
        super().__init__(bank, service)
        self._replays = replays or Replays(bank)
        self._editing = Editing(bank)
        self.uploads = Uploads(bank)
        self.webhooks = KeptWebhooks(bank)
        self._files = CaseFiles(bank)
        self._folders = PolicyFolders(bank)
        self.drafts: DraftPort = Drafts(bank, self._editing)

    @cached_property
    def labels_of(self) -> LabelsOf:
        """See ``WorkPort``.

        Raises:
            DataError: If no policy says what its labels are.
        """
        return labels_in_bank(self._bank, self._service.default_policy)

    def decided(self, decision_ids: Sequence[str]) -> Sequence[tuple[Decision, Event]]:
        """See ``WorkPort``."""
        log = self._bank.log
        decisions = [found for found in (log.decision(one) for one in decision_ids) if found is not None]
        events = log.events([one.event for one in decisions])
        return [(one, events[one.event]) for one in decisions if one.event in events]

    def feature_titles(self) -> Mapping[str, Text]:
        """See ``WorkPort``."""
        return self._live().loaded.program.titles

    def workers(self) -> Sequence[Worker]:
        """See ``WorkPort``."""
        return workers_of(self.access)

    def signers(self) -> Signers:
        """See ``WorkPort``."""
        return signers_of(self.access)

    def investigators(self) -> Sequence[Investigator]:
        """See ``WorkPort``."""
        return investigators_of(self.access, self.desk_settings)

    def add_case_file(self, command: Command, case: str, name: str, content: bytes) -> None:
        """See ``WorkPort``."""
        self._files.add(command, case, name, content)

    def case_file(self, case: str, entry: str) -> tuple[str, str, bytes]:
        """See ``WorkPort``."""
        found = self._files.read(case, entry)
        return found.name, found.media_type, found.content

    @property
    def lists(self) -> KeptLists:
        """See ``WorkPort``."""
        return self._bank.lists

    def measure_figures(self, since_us: int) -> Figures | None:
        """See ``WorkPort``."""
        return self._bank.measures.figures(since_us) if self._followed.wait(FIGURES_WAIT_SECONDS) else None

    def _follow(self) -> None:
        super()._follow()
        try:
            with suppress(HuitongError):  # the page asks again, and tells
                self._bank.measures.figures()  # reads on from the first payment that a measure fell on, once
        finally:
            self._followed.set()

    def notice(self, measure: Stretch) -> Text | None:
        """See ``WorkPort``."""
        return self._bank.measures.notice(measure, self.zone, self.channels)

    @property
    def measured_roles(self) -> frozenset[str]:
        """See ``WorkPort``."""
        return measured_roles(self._bank)

    def named(self, role: str, name: str) -> bool:
        """See ``WorkPort``."""
        return named_in_log(self._bank, role, name)

    @property
    def channels(self) -> Channels:
        """See ``WorkPort``."""
        return channels_of(self._bank)

    def reads_list(self, name: str, holds: str) -> bool:
        """See ``WorkPort``."""
        return reads_list(self._bank, name, holds)

    @property
    def policy_names(self) -> Sequence[str]:
        """See ``WorkPort``."""
        return self._bank.policies

    @property
    def rollout_settings(self) -> RolloutSettings:
        """See ``WorkPort``."""
        return self._bank.rollouts.settings

    def policy_files(self, policy: str) -> PolicyFiles:
        """See ``WorkPort``."""
        return self._folders.files(policy)

    def rollout(self, policy: str) -> PolicyRollout:
        """See ``WorkPort``."""
        return self._bank.rollouts.status(policy)

    def contest(self, policy: str) -> Contest | None:
        """See ``WorkPort``."""
        watch = self._bank.rollouts.watched(policy)
        if watch is None:
            return None
        watch.glance()
        counts = watch.counts
        differing = [Differs(one.event, one.time_us, one.live, one.challenger) for one in counts.differing]
        return Contest(counts.live, counts.challenger, differing)

    def difference(self, policy: str, against: str) -> Sequence[Difference]:
        """See ``WorkPort``."""
        return self._bank.diff(policy, against)

    def list_grades(self, policy: str) -> Mapping[str, int]:
        """See ``WorkPort``."""
        return list_grades(self._bank, policy)

    def draft(self, command: Command, policy: str, reason: str) -> str:
        """See ``WorkPort``."""
        return self._bank.rollouts.draft(command, policy, reason)

    def take_up(self, command: Command, policy: str, version: str, reason: str) -> str:
        """See ``WorkPort``."""
        return self._editing.take_up(command, policy, version, reason)

    def change_file(self, command: Command, policy: str, file: str, content: bytes, reason: str) -> str:
        """See ``WorkPort``."""
        return self._editing.change(command, policy, {file: content}, reason)

    def drafted_before(self, command: Command, policy: str) -> str | None:
        """See ``WorkPort``."""
        return self._editing.drafted_before(command, policy)

    def file_of(self, policy: str, file: str) -> str:
        """See ``WorkPort``."""
        return self._editing.text(policy, file)

    def files_of(self, policy: str) -> Sequence[str]:
        """See ``WorkPort``."""
        return self._editing.files(policy)

    def forward(self, command: Command, policy: str, version: str, to: Stage, share_ppm: int) -> None:
        """See ``WorkPort``."""
        self._bank.rollouts.forward(command, policy, version, to, share_ppm=share_ppm)

    def back(self, command: Command, policy: str, version: str, ground: str) -> None:
        """See ``WorkPort``."""
        self._bank.rollouts.back(command, policy, ground, version)

    def retire(self, command: Command, policy: str, version: str, ground: str) -> None:
        """See ``WorkPort``."""
        self._bank.rollouts.retire(command, policy, version, ground)

    def replay(self, command: Command, policy: str, against: str | None, days: int) -> ReplayJob:
        """See ``WorkPort``."""
        return self._replays.begin(command, policy, against, days)

    def replay_table(
        self, command: Command, policy: str, against: str | None, file: str, mapping: str, columns: Mapping[str, str]
    ) -> ReplayJob:
        """See ``WorkPort``."""
        source = Source(self.uploads.mapped(file, mapping, columns), mapping)
        return self._replays.begin_of_table(command, policy, against, source, self.uploads.look(file).name)

    def jobs(self) -> Sequence[ReplayJob]:
        """See ``WorkPort``."""
        return self._replays.all()

    def cancel(self, command: Command, job: str) -> None:
        """See ``WorkPort``."""
        self._replays.cancel(command.by, job)

    def report_holds(self, job: str) -> ReportHolds:
        """See ``WorkPort``."""
        return self._replays.holds(job)

    def report(self, job: str, language: Language) -> str:
        """See ``WorkPort``."""
        log = self._bank.log
        return self._replays.report(job, language, lambda payment: path_to("decisions", payment) if log.decisions_of(payment) else None)

    def readings(self, limit: int) -> Sequence[Event]:
        """See ``WorkPort``."""
        log = self._bank.log
        records = log.read(max(0, log.end() - READINGS_WITHIN), (READ_KIND,))
        latest = deque((record.content for record in records if isinstance(record.content, Event)), maxlen=limit)
        return list(reversed(latest))
