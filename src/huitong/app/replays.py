"""Replays that people ask a running bank for, from a page or over HTTP: one at a time, and evidence where an analyst asked."""

from collections.abc import Callable, Sequence
from datetime import timedelta

from huitong.app.bank import Bank
from huitong.app.grading import decision_grades
from huitong.app.jobs import Asked, Jobs
from huitong.app.reports import RunReport
from huitong.app.sources import Source
from huitong.contracts import Actor, Command, ReplayJob, ReportHolds, require_role
from huitong.decisions.policy import LoadedPolicy
from huitong.evaluation.answer import answer
from huitong.identity import GRADE_PERSONAL, ROLES_WHO_REPLAY
from huitong.kernel import HuitongError, Language, Text, local_date, midnight_us, time_text


class Replays:
    """The replays of one process.

    Args:
        bank: The bank, which stays its owner's to close.
    """

    def __init__(self, bank: Bank) -> None:
        self._bank = bank
        self._jobs = Jobs(bank.clock, self._of_whom)

    def begin(self, command: Command, policy: str, against: str | None, days: int) -> ReplayJob:
        """Begins a replay of the log; where an analyst asks, it is evidence of the version that it is about.

        Args:
            command: Who asks; its id is the job's, and asked again it is the same job.
            policy: Policy, or one of its versions by ``NAME@HASH``.
            against: What it is compared with.
            days: Of how many of the last days, today among them; 0 for all there is.

        Raises:
            PolicyError: If they may not, or another replay runs.
            HuitongError: If there is no such policy.
        """
        require_role(command.by, *ROLES_WHO_REPLAY)
        bank = self._bank
        loaded = self._loaded(policy)
        since = time_text(first_day_us(command.now_us, days, loaded.plan.zone)) if days and loaded is not None else None

        def done(report: RunReport) -> Text:
            name = policy.partition("@")[0]
            if report.report.version in bank.rollouts.status(name).versions and "analyst" in command.by.roles:
                evidence = Command(f"{command.id}/evidence", command.by, bank.clock.now_us())
                bank.rollouts.replayed(evidence, name, report)
            return answer(report.report)

        return self._jobs.start(
            command,
            self._asked(policy, loaded, against, days=days),
            lambda progress: bank.replay(policy, against=against, since=since, progress=progress),
            done,
        )

    def begin_of_table(self, command: Command, policy: str, against: str | None, source: Source, name: str) -> ReplayJob:
        """Begins a replay of a table's payments, which is no evidence: nobody knows where they come from.

        Args:
            command: As for ``begin``.
            policy: Likewise.
            against: Likewise.
            source: The table.
            name: Name of its file.

        Raises:
            HuitongError: As ``begin``.
        """
        require_role(command.by, *ROLES_WHO_REPLAY)
        return self._jobs.start(
            command,
            self._asked(policy, self._loaded(policy), against, table=name),
            lambda progress: self._bank.replay(policy, [source], against=against, progress=progress),
            lambda report: answer(report.report),
        )

    def all(self) -> Sequence[ReplayJob]:
        """Newest first."""
        return self._jobs.all()

    def cancel(self, by: Actor, job: str) -> None:
        """Ends one at its next step.

        Raises:
            PolicyError: If they may not.
            InputError: If there is none, or it has ended.
        """
        require_role(by, *ROLES_WHO_REPLAY)
        self._jobs.cancel(job)

    def report(self, job: str, language: Language, leads: Callable[[str], str | None]) -> str:
        """Its report as one page; arguments and errors as ``Jobs.report``."""
        return self._jobs.report(job, language, leads)

    def holds(self, job: str) -> ReportHolds:
        """Of whom its report tells. Raises as ``Jobs.report``."""
        return self._jobs.holds(job)

    def _asked(self, policy: str, loaded: LoadedPolicy | None, against: str | None, *, table: str = "", days: int = 0) -> Asked:
        """What is to be replayed, with the hashes that the folders have now."""
        version, rival = ("" if found is None else found.program.version for found in (loaded, self._loaded(against)))
        return Asked(policy, against, version, rival, table, days)

    def _loaded(self, policy: str | None) -> LoadedPolicy | None:
        """What is to be replayed, if anything; ``None`` where it cannot be loaded, for which the replay says why."""
        if policy is None:
            return None
        self._bank.workspace.policy_folder(policy)
        try:
            return self._bank.load(policy)
        except HuitongError:
            return None

    def _of_whom(self, run: RunReport) -> ReportHolds:
        other = run.report.comparison
        records = [one.event for one in run.report.samples] + ([] if other is None else [one.id for one in other.differences])
        if not records:
            return ReportHolds()
        grades = decision_grades(run.run.loaded, self._bank.contracts)
        personal = [name for name, grade in {**grades.fields.data, **grades.fields.keys}.items() if grade >= GRADE_PERSONAL]
        return ReportHolds(tuple(dict.fromkeys(records)), tuple(personal), grades.strongest)


def first_day_us(now_us: int, days: int, zone: str) -> int:
    """Where the last days begin, today among them: at a midnight of the bank, so that no day is cut but the present one.

    Args:
        now_us: The present, µs UTC.
        days: How many, at least one.
        zone: The bank's time zone.
    """
    return midnight_us(local_date(now_us, zone) - timedelta(days=days - 1), zone)
