"""What people work on, as typed values. A ``Hidden`` stands where a value would that is above the caller's grade."""

from typing import Any

import msgspec

from huitong.client.shapes import Hidden


class Alert(msgspec.Struct, frozen=True):
    """An alert: the suspicious payments of one subject that show one pattern; amounts in minor units."""

    id: str
    role: str
    subject: str | Hidden
    pattern: str | Hidden
    raised: str
    last: str
    due: str
    count: int
    amount_minor: int | Hidden
    expected_loss_minor: int | Hidden
    payments: list[str]
    decisions: list[str]
    assignee: str | None
    begun: str | None
    snoozed_until: str | None
    escalated: str | Hidden | None
    case: str | None
    verdict: str | None
    closed: str | None
    closed_by: str | None
    reason: str | Hidden | None
    reviewed: str | None
    proposed_assignee: str | None = None


class WaitingAlert(msgspec.Struct, frozen=True):
    """An alert in the queue, how many minutes it will take, and whether its deadline is over."""

    alert: Alert
    minutes: float
    late: bool


class Entry(msgspec.Struct, frozen=True):
    """A line of a case's time line."""

    id: str
    time: str
    by: str
    kind: str
    text: str | Hidden
    reference: str | None


class Case(msgspec.Struct, frozen=True):
    """A case; its time line only where one case was asked for."""

    id: str
    title: str | Hidden
    role: str
    subject: str | Hidden
    opened: str
    opened_by: str
    alerts: list[str]
    links: list[str]
    checked: dict[str, str]
    proposed: str | None
    proposed_by: str | None
    reasons: str | Hidden | None
    closed: str | None
    closed_by: str | None
    timeline: list[Entry]
    proposal: str | None = None


class HeldMeasure(msgspec.Struct, frozen=True):
    """A measure, from when it was imposed until it is over; amounts in minor units."""

    id: str
    role: str
    subject: str | Hidden
    kind: str
    since: str
    until: str
    lifted_by: str | None
    channel: str | None
    counterparty: str | Hidden | None
    amount_minor: int | Hidden | None
    ground: str
    ground_text: dict[str, Any]
    note: str | Hidden | None
    by: str
    second: str | None
    automatic: bool


class Proposal(msgspec.Struct, frozen=True):
    """A measure, or the lifting of one, that waits for a second person until ``expires``."""

    measure: HeldMeasure
    lifts: bool
    expires: str


class KeptList(msgspec.Struct, frozen=True):
    """A list that people keep, and how many entries hold now."""

    name: str
    title: dict[str, str]
    holds: str
    kind: str
    owner: str
    purpose: str
    second: bool
    opened: str
    opened_by: str
    entries: int


class ListEntry(msgspec.Struct, frozen=True):
    """An entry of a list, from when it was added until it is over."""

    id: str
    list: str
    value: str | Hidden
    since: str
    until: str
    ground: str
    ground_text: dict[str, str]
    reason: str | Hidden | None
    by: str
    second: str | None
    customer: str | Hidden | None
    prolonged: int
    lifted_by: str | None
    lifted_second: str | None
    lifted_ground: str | None
    lifted_reason: str | Hidden | None


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
