"""What a service answers, as typed values; see ``GET /v1/openapi.json``."""

from typing import Any

import msgspec


class Hidden(msgspec.Struct, frozen=True):
    """Stands where a value would that is above the caller's grade, and says why."""

    grade: int
    why: dict[str, str]


class Reason(msgspec.Struct, frozen=True):
    """Why: the code, and the sentence in zh and en; both hidden where they tell of a field above the caller's grade."""

    code: str | Hidden
    text: dict[str, Any]


class Measure(msgspec.Struct, frozen=True):
    """What is done about it: what, to whom, until when (µs UTC), and the code of the reason."""

    kind: str
    role: str
    subject: str | Hidden
    until_us: int
    ground: str | Hidden


class Answer(msgspec.Struct, frozen=True):
    """The decision on an event; see ``GET /v1/openapi.json``."""

    id: str
    event: str
    policy: str
    version: str
    outcome: str
    score: float | None
    reasons: list[Reason]
    measures: list[Measure]
    tier: str
    latency_us: int
    smallest_change: dict[str, Any] | None = None


class ShownEvent(msgspec.Struct, frozen=True):
    """An event as it stands in the log."""

    id: str
    kind: str
    time: str
    keys: dict[str, str | Hidden]
    data: dict[str, int | str | bool | Hidden | None]


class Decided(msgspec.Struct, frozen=True):
    """A decision with its event; evidence where one decision was asked for."""

    decision: Answer
    event: ShownEvent
    evidence: dict[str, Any] = msgspec.field(default_factory=dict)


class Explained(msgspec.Struct, frozen=True):
    """A decision with the names that people know: of the policy, of features, where it comes from, and what can no longer be read."""

    decision: Answer
    event: ShownEvent
    evidence: dict[str, Any]
    policy: dict[str, str]
    features: dict[str, dict[str, str]]
    origin: dict[str, str]
    erased: dict[str, str] | None


class Policy(msgspec.Struct, frozen=True):
    """A policy: ``version`` decides, ``folder_version`` is what stands in its folder; ``broken`` says why one of them cannot be read."""

    name: str
    title: dict[str, str]
    version: str
    folder_version: str | None
    decides: str
    outcomes: list[str]
    owner: str
    trained: bool
    findings: list[dict[str, Any]]
    broken: dict[str, Any] | None


class PolicyVersion(msgspec.Struct, frozen=True):
    """A version that answered, since when its files are kept, whether it decides now, and whether it is what stands in the folder."""

    version: str
    kept: str
    current: bool
    in_folder: bool


class Change(msgspec.Struct, frozen=True):
    """One difference of two versions: what it is in, where, before and after."""

    part: str
    place: str | Hidden
    before: str | Hidden | None
    after: str | Hidden | None


class Health(msgspec.Struct, frozen=True):
    """Whether the service is fit to answer: ``ok``; ``warning``, where it decides but something is wrong; ``troubled``, where it cannot."""

    status: str
    findings: list[dict[str, Any]]
    waiting: int
    log_end: int
    started: str
    policies: dict[str, str]
    fronts: int


class Taken(msgspec.Struct, frozen=True):
    """What became of events: written, there already, and those refused by their row."""

    new: int
    repeated: int
    refused: list[dict[str, Any]]


class DecidedPage(msgspec.Struct, frozen=True):
    items: list[Decided]
    next: str | None = None
