"""What people work on, as typed values. A ``Hidden`` stands where a value would that is above the caller's grade."""

from typing import Any

import msgspec

from huitong.client.shapes import Hidden


class Alert(msgspec.Struct, frozen=True):
    """An alert: the suspicious payments of one subject that show one pattern; amounts in minor units."""

    id: str
    role: str | Hidden
    subject: str | Hidden
    pattern: str | Hidden
    raised: str
    last: str
    due: str | Hidden
    count: int
    amount_minor: int | Hidden
    expected_loss_minor: int | Hidden
    payments: list[str]
    decisions: list[str]
    assignee: str | Hidden | None
    begun: str | None
    snoozed_until: str | Hidden | None
    escalated: str | Hidden | None
    case: str | None
    verdict: str | Hidden | None
    closed: str | None
    closed_by: str | Hidden | None
    reason: str | Hidden | None
    reviewed: str | Hidden | None
    proposed_assignee: str | Hidden | None = None


class WaitingAlert(msgspec.Struct, frozen=True):
    """An alert, how many minutes it takes, and whether its deadline is over while it is open."""

    alert: Alert
    minutes: float | Hidden
    late: bool | Hidden


class Entry(msgspec.Struct, frozen=True):
    """A line of a case's time line; ``voids`` is the proposal that it made void, ``back`` says that another case was linked."""

    id: str
    time: str
    by: str | Hidden
    kind: str
    text: str | Hidden
    reference: str | None
    voids: str | None = None
    back: bool = False


class Case(msgspec.Struct, frozen=True):
    """A case; its time line only where one case was asked for."""

    id: str
    title: str | Hidden
    role: str | Hidden
    subject: str | Hidden
    opened: str
    opened_by: str | Hidden
    alerts: list[str]
    links: list[str]
    checked: dict[str, Any]
    proposed: str | Hidden | None
    proposed_by: str | Hidden | None
    reasons: str | Hidden | None
    closed: str | None
    closed_by: str | Hidden | None
    timeline: list[Entry]
    proposal: str | None = None
    linked_from: list[str] = []


class HeldMeasure(msgspec.Struct, frozen=True):
    """A measure, from when it was imposed until it is over; amounts in minor units."""

    id: str
    role: str | Hidden
    subject: str | Hidden
    kind: str | Hidden
    since: str
    until: str | Hidden
    lifted_by: str | Hidden | None
    channel: str | Hidden | None
    counterparty: str | Hidden | None
    amount_minor: int | Hidden | None
    ground: str | Hidden
    ground_text: dict[str, Any]
    note: str | Hidden | None
    by: str | Hidden
    second: str | Hidden | None
    automatic: bool | Hidden
    lifted_second: str | Hidden | None = None
    lifted_ground: str | Hidden | None = None
    lifted_note: str | Hidden | None = None
    alert: str | Hidden | None = None
    case: str | Hidden | None = None
    lifted_alert: str | Hidden | None = None
    lifted_case: str | Hidden | None = None


class Notice(msgspec.Struct, frozen=True):
    """What the customer is told about a measure, in each language; ``None`` where nothing is to be said."""

    measure: str
    text: dict[str, Any] | None


class MeasureFigures(msgspec.Struct, frozen=True):
    """What measures cost the innocent and held of the guilty's money; amounts in minor units."""

    measures: dict[str, int]
    innocent: int
    guilty: int
    unknown: int
    unjudged_by_persons: int
    released: int
    release_median_hours: float | None
    release_p90_hours: float | None
    long_hours: int
    long_share: float | None
    held_minor: int | Hidden
    held_now_minor: int | Hidden
    wrongly_held_minor: int | Hidden
    wrongly_held_hours_minor: int | Hidden


class Proposal(msgspec.Struct, frozen=True):
    """A measure, or the lifting of one, that waits for a second person until ``expires``."""

    measure: HeldMeasure
    lifts: bool | Hidden
    expires: str | Hidden


class KeptList(msgspec.Struct, frozen=True):
    """A list that people keep, and how many entries hold now."""

    name: str
    title: dict[str, Any]
    holds: str | Hidden
    kind: str | Hidden
    owner: str | Hidden
    purpose: str | Hidden
    second: bool | Hidden
    opened: str
    opened_by: str | Hidden
    entries: int


class ListEntry(msgspec.Struct, frozen=True):
    """An entry of a list, from when it was added until it is over."""

    id: str
    list: str
    value: str | Hidden
    since: str
    until: str | Hidden
    ground: str | Hidden
    ground_text: dict[str, Any]
    reason: str | Hidden | None
    by: str | Hidden
    second: str | Hidden | None
    customer: str | Hidden | None
    prolonged: int
    lifted_by: str | Hidden | None
    lifted_second: str | Hidden | None
    lifted_ground: str | Hidden | None
    lifted_reason: str | Hidden | None


class ListProposal(msgspec.Struct, frozen=True):
    """What waits for a second person: an entry, the lifting of one, or all of an import, of which the first are shown."""

    id: str
    list: str
    lifts: bool | Hidden
    count: int
    expires: str | Hidden
    entries: tuple[ListEntry, ...]


class ListImport(msgspec.Struct, frozen=True):
    """What became of a table: rows taken in, and why the others were not; where they wait, ``id`` is the one to confirm."""

    id: str
    waits: bool
    rows: int
    refused: int
    findings: list[dict[str, Any]]


class Version(msgspec.Struct, frozen=True):
    """A version of a policy: who wrote it and why, where it stands, and what is missing before its next step."""

    version: str
    author: str
    reason: str
    base: str | None
    drafted: str
    stage: str
    share_ppm: int
    missing: list[dict[str, str]]
    evidence: list[dict[str, Any]]
    steps: list[dict[str, Any]]


class Rollout(msgspec.Struct, frozen=True):
    """A policy's versions, newest first; which one is live, and which one challenges it."""

    policy: str
    live: str | None
    challenger: str | None
    versions: list[Version]


class PolicyFile(msgspec.Struct, frozen=True):
    """A file of a policy, and the data grade of what stands in it."""

    file: str
    grade: int


class FileContent(msgspec.Struct, frozen=True):
    """The text of one."""

    policy: str
    file: str
    text: str


class Replay(msgspec.Struct, frozen=True):
    """A replay: what of, how far it is (``runs``, ``done``, ``cancelled`` or ``failed``), and what it found, or why it failed."""

    id: str
    policy: str
    version: str | None
    against: str | None
    against_version: str | None
    days: int
    table: str | None
    by: str
    begun: str
    state: str
    stage: str
    done: int
    total: int | None
    found: dict[str, str] | None
    problem: dict[str, Any] | None


class Replays(msgspec.Struct, frozen=True):
    """The latest replays of a service, newest first."""

    items: list[Replay]
