"""Reading the whole log and saying what is wrong with it: findings, not a stack trace."""

from dataclasses import dataclass

from huitong.app.progress import Progress
from huitong.contracts import Decision, Event, Log
from huitong.kernel import DataError, Finding

FINDINGS_MAX = 100
"""After so many findings the rest is not listed."""


@dataclass(frozen=True, slots=True)
class LogCheck:
    """What a log holds and what is wrong with it."""

    records: int
    events: int
    decisions: int
    findings: tuple[Finding, ...]


def check_log(log: Log, progress: Progress) -> LogCheck:
    """Reads every record: that its bytes say what they said, that none is missing, that each decision has its event."""
    findings: list[Finding] = []
    events = decisions = records = 0
    expected, end = 0, log.end()
    try:
        for record in log.read():
            if record.offset != expected:
                findings.append(_gap(expected, record.offset))
            expected = record.offset + 1
            records += 1
            if isinstance(record.content, Event):
                events += 1
            elif isinstance(record.content, Decision):
                decisions += 1
                if log.event(record.content.event) is None:
                    findings.append(_orphan(record.offset, record.content))
            if records % 10_000 == 0:
                progress("checking", records, end)
            if len(findings) >= FINDINGS_MAX:
                break
    except DataError as error:
        findings.append(Finding(error.code, f"offset {expected}", error.cause, error.remedy))
    if expected < end and not findings:
        findings.append(_gap(expected, end))
    return LogCheck(records, events, decisions, tuple(findings))


def _gap(expected: int, found: int) -> Finding:
    return Finding(
        "log.gap",
        f"offset {expected}",
        {"en": f"records {expected} to {found - 1} are missing", "zh": f"缺少第 {expected} 至 {found - 1} 条记录"},
        {"en": "restore the log from a backup", "zh": "请从备份恢复日志"},
    )


def _orphan(offset: int, decision: Decision) -> Finding:
    return Finding(
        "log.decision.without_event",
        f"offset {offset}",
        {
            "en": f"decision {decision.id} is on event {decision.event}, which is not in the log",
            "zh": f"决策 {decision.id} 对应的事件 {decision.event} 不在日志中",
        },
        {"en": "restore the log from a backup", "zh": "请从备份恢复日志"},
    )
