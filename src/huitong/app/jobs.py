"""Replays that a page asks for: each in a thread of its own, one at a time, with its progress, and an end when somebody says so."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from copy import copy
from dataclasses import dataclass, field, replace

from huitong.app.progress import Progress
from huitong.app.reports import RunReport
from huitong.contracts import Command, ReplayJob, ReportHolds
from huitong.contracts.replays import unknown_replay
from huitong.evaluation import ReplayReport
from huitong.evaluation.report import render_html
from huitong.kernel import Clock, HuitongError, InputError, Language, PolicyError, Text

KEPT_MAX = 20
"""Jobs that are remembered, the latest."""
Replayed = Callable[[Progress], RunReport]


class _CancelledError(Exception):
    """Somebody ended the job."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody wants replayed.

    Attributes:
        policy: Policy or version.
        against: What it is compared with.
        version: Hash of what ``policy`` is at the moment: its folder may hold something else by the time anybody reads of the replay.
        against_version: Likewise of ``against``.
        table: Name of the file whose payments are replayed; empty for the log.
        days: Of how many of the last days; 0 for all there is.
    """

    policy: str
    against: str | None = None
    version: str = ""
    against_version: str = ""
    table: str = ""
    days: int = 0


@dataclass(slots=True)
class _Kept:
    job: ReplayJob
    cancelled: threading.Event = field(default_factory=threading.Event)
    report: ReplayReport | None = None
    """The figures alone: the run behind them holds all that was read."""
    holds: ReportHolds = field(default_factory=ReportHolds)


class Jobs:
    """The jobs of one process.

    Args:
        clock: Tells the present.
        holds: Says of whom a report tells, and of which grade that is.
    """

    def __init__(self, clock: Clock, holds: Callable[[RunReport], ReportHolds] = lambda _report: ReportHolds()) -> None:
        self._clock = clock
        self._holds = holds
        self._kept: OrderedDict[str, _Kept] = OrderedDict()
        self._guard = threading.Lock()

    def all(self) -> list[ReplayJob]:
        """Newest first."""
        with self._guard:
            return [kept.job for kept in reversed(self._kept.values())]

    def start(self, command: Command, asked: Asked, work: Replayed, done: Callable[[RunReport], Text]) -> ReplayJob:
        """Begins a replay.

        Args:
            command: Who wants it; its id is the job's.
            asked: What is replayed.
            work: Replays, and tells its progress.
            done: Takes the report, and says in a sentence what it found.

        Raises:
            PolicyError: If another one runs: two would take each other's time and memory.
        """
        with self._guard:
            known = self._kept.get(command.id)
            if known is not None:
                return known.job
            if any(kept.job.state == "runs" for kept in self._kept.values()):
                raise PolicyError(
                    "replay.busy",
                    {"en": "another replay runs", "zh": "已有回放任务正在运行"},
                    {"en": "wait for its end, or cancel it", "zh": "请等待其结束，或先取消"},
                )
            job = ReplayJob(command.id, asked.policy, asked.version, command.by.id, command.now_us, "runs", against=asked.against)
            kept = _Kept(replace(job, against_version=asked.against_version, table=asked.table, days=asked.days))
            self._kept[command.id] = kept
            while len(self._kept) > KEPT_MAX:
                self._kept.popitem(last=False)
        threading.Thread(target=self._run, args=(kept, work, done), name=f"huitong-replay-{command.id}", daemon=True).start()
        return kept.job

    def _run(self, kept: _Kept, work: Replayed, done: Callable[[RunReport], Text]) -> None:
        def progress(stage: str, number: int, total: int | None, /) -> None:
            if kept.cancelled.is_set():
                raise _CancelledError
            begun_us = kept.job.stage_us if stage == kept.job.stage else self._clock.now_us()
            kept.job = replace(kept.job, stage=stage, done=number, total=total, stage_us=begun_us)

        try:
            report = work(progress)
            progress("evidence", 0, 1)
            headline, holds = done(report), self._holds(report)
        except _CancelledError:
            kept.job = replace(kept.job, state="cancelled")
        except HuitongError as error:
            kept.job = replace(kept.job, state="failed", error=copy(error))  # without its traceback, whose frames hold all that was read
        except BaseException:
            kept.job = replace(kept.job, state="failed", error=_unexpected())
            raise
        else:
            kept.report, kept.holds = report.report, holds
            kept.job = replace(kept.job, state="done", version=report.report.version, headline=headline, report=True)

    def cancel(self, job: str) -> None:
        """Ends a job at its next step.

        Raises:
            InputError: If there is none, or it has ended.
        """
        with self._guard:
            kept = self._kept.get(job)
        if kept is None or kept.job.state != "runs":
            raise unknown_replay(job)
        kept.cancelled.set()

    def report(self, job: str, language: Language, leads: Callable[[str], str | None] = lambda _payment: None) -> str:
        """The report of a job, as one page.

        Args:
            job: Its id.
            language: At first sight.
            leads: Where the decision on a payment of the log is, ``None`` where there is none.

        Raises:
            InputError: If there is none.
        """
        report, _, table = self._done(job)
        other = None if table else report.comparison
        asked = [] if other is None else [(one.id, leads(one.id)) for one in other.differences]
        return render_html(report, language, {payment: href for payment, href in asked if href is not None})

    def holds(self, job: str) -> ReportHolds:
        """Of whom its report tells. Raises as ``report``."""
        return self._done(job)[1]

    def _done(self, job: str) -> tuple[ReplayReport, ReportHolds, str]:
        """The report of a job, of whom it tells, and of which table; empty for the log."""
        with self._guard:
            kept = self._kept.get(job)
        if kept is None or kept.report is None:
            raise unknown_replay(job)
        return kept.report, kept.holds, kept.job.table


def _unexpected() -> InputError:
    return InputError(
        "replay.unexpected",
        {"en": "the replay ended for a reason that nobody foresaw", "zh": "回放因未预见的原因中止"},
        {"en": "look at the service's log, and report it", "zh": "请查看服务日志并上报"},
    )
