"""A replay that somebody asked a running bank for: how far it is, and of whom its report tells."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from huitong.kernel import HuitongError, InputError, Text

ReplayState = Literal["runs", "done", "cancelled", "failed"]


@dataclass(frozen=True, slots=True)
class ReplayJob:
    """A replay that takes longer than anybody waits for one answer.

    Attributes:
        id: Its id.
        policy: Policy that is replayed.
        version: Hash of its version when the replay began; empty where it could not be told.
        by: Who asked for it.
        begun_us: When.
        state: How it stands.
        stage: What it does at the moment.
        done: How much of that is done.
        total: Of how much; ``None`` where nobody knows.
        against: The policy or version that it is compared with.
        error: Why it failed.
        headline: What it found, in a sentence.
        report: Whether a report can be opened.
        against_version: Hash of the version that it is compared with; empty as for ``version``.
        table: Name of the file whose payments are replayed; empty for the log.
        stage_us: When the stage began, µs UTC.
        days: Of how many of the last days, today among them; 0 for all there is.
    """

    id: str
    policy: str
    version: str
    by: str
    begun_us: int
    state: ReplayState
    stage: str = ""
    done: int = 0
    total: int | None = None
    against: str | None = None
    error: HuitongError | None = None
    headline: Text | None = None
    report: bool = False
    against_version: str = ""
    table: str = ""
    stage_us: int = 0
    days: int = 0


@dataclass(frozen=True, slots=True)
class ReportHolds:
    """What a report shows of single payments.

    Attributes:
        records: Ids of the payments.
        fields: Their fields of grade 3 or more.
        grade: The strongest grade of what it says of them.
    """

    records: Sequence[str] = ()
    fields: Sequence[str] = ()
    grade: int = 1


def unknown_replay(id_: str) -> InputError:
    """The error for an id under which no replay is known, or none that can be asked for this."""
    return InputError(
        "replay.unknown",
        {"en": f"there is no such replay: {id_}", "zh": f"没有该回放任务：{id_}"},
        {"en": "take one of the list; the list begins anew when the service starts", "zh": "请从列表中选择；服务重启后列表会清空"},
    )
