"""Roll-outs: where each version of a policy stands, and the acts that move it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import msgspec

from huitong.api.hot import policy_asked
from huitong.api.work.acts import ActRoute
from huitong.api.work.port import WorkService
from huitong.decisions.rollout import PolicyRollout, Rollouts, Version
from huitong.kernel import Text, time_text

FILE_BYTES_MAX = 2 * 1024 * 1024
Hash = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{8,64}$")]
Words = Annotated[str, msgspec.Meta(min_length=1, max_length=1_000)]


@dataclass(frozen=True, slots=True)
class StepItem:
    """A step that a version took; ``caused_by`` is the other version whose step caused it, by which it was replaced or is live again."""

    id: str
    time: str
    by: str
    stage: str
    ground: str
    share_ppm: int
    caused_by: str | None


@dataclass(frozen=True, slots=True)
class EvidenceItem:
    """What a replay, a shadow run or a canary found."""

    sort: str
    time: str
    decided: int
    declined: int
    against: str | None
    against_decided: int
    against_declined: int
    differing: int | None
    report: str | None


@dataclass(frozen=True, slots=True)
class VersionItem:
    """A version: who wrote it and why, where it stands, and what is missing before its next step."""

    version: str
    author: str
    reason: str
    base: str | None
    drafted: str
    stage: str
    share_ppm: int
    missing: list[Text]
    evidence: list[EvidenceItem]
    steps: list[StepItem]


@dataclass(frozen=True, slots=True)
class Rollout:
    """A policy's versions, newest first; which one is live, and which one challenges it."""

    policy: str
    live: str | None
    challenger: str | None
    versions: list[VersionItem]


def rollout_of(policy: str, found: PolicyRollout, lacking: Mapping[str, Sequence[Text]]) -> Rollout:
    """A roll-out for whoever asks."""
    versions = sorted(found.versions.values(), key=lambda one: one.drafted_us, reverse=True)
    live, challenger = found.live, found.challenger
    items = [_version(one, lacking.get(one.hash, ())) for one in versions]
    return Rollout(policy, live.hash if live else None, challenger.hash if challenger else None, items)


def _version(one: Version, lacking: Sequence[Text]) -> VersionItem:
    evidence = [
        EvidenceItem(
            found.sort,
            time_text(found.time_us),
            found.decided,
            found.declined,
            found.against,
            found.against_decided,
            found.against_declined,
            found.differing,
            found.report,
        )
        for found in one.evidence
    ]
    steps = [
        StepItem(step.id, time_text(step.time_us), step.by, step.stage, step.ground, step.share_ppm, step.caused_by) for step in one.steps
    ]
    drafted = time_text(one.drafted_us)
    return VersionItem(one.hash, one.author, one.reason, one.base, drafted, one.stage, one.share_ppm, list(lacking), evidence, steps)


@dataclass(frozen=True, slots=True)
class PolicyFile:
    """A file of a policy: its name, and the data grade of what stands in it."""

    file: str
    grade: int


@dataclass(frozen=True, slots=True)
class PolicyFiles:
    """The files of a policy that people may change."""

    policy: str
    items: list[PolicyFile]


@dataclass(frozen=True, slots=True)
class FileContent:
    """A file of a policy."""

    policy: str
    file: str
    text: str


class FileText(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """The file's new text, whole, and what the change is for."""

    text: str
    reason: Words


def file_seen(place: Mapping[str, str]) -> Callable[[Mapping[str, bytes]], bytes | None]:
    """Finds the file of an address."""
    return lambda files: files.get(place["file"])


class Draft(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """What the change is for."""

    reason: Words


class TakeUp(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """From which version to go on, and why."""

    version: Hash
    reason: Words


class Forward(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """Which version goes where; of a canary, for how many customers in parts per million."""

    version: Hash
    to: Literal["shadow", "canary", "live"]
    share_ppm: Annotated[int, msgspec.Meta(ge=0, le=1_000_000)] = 0


class Back(msgspec.Struct, forbid_unknown_fields=True, frozen=True, omit_defaults=True):
    """Why; and which version, by default the challenger."""

    ground: Words
    version: Hash | None = None


class Retire(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """Which version is given up, and why."""

    version: Hash
    ground: Words


def rollout_seen(place: Mapping[str, str]) -> Callable[[Rollouts], list[object]]:
    """Finds where the versions of the policy of an address stand; what is found out about them meanwhile is nobody's edit."""

    def seen(state: Rollouts) -> list[object]:
        policy = state.policies.get(place["name"])
        return [] if policy is None else [[one.hash, one.stage, one.share_ppm, one.steps] for one in policy.versions.values()]

    return seen


def _named(place: Mapping[str, str]) -> str:
    return policy_asked(place["name"]) or ""


def _full(service: WorkService, policy: str, version: str) -> str:
    """The hash that its first digits name; themselves where they name none, or several."""
    found = [one for one in service.rollout(policy).versions if one.startswith(version)]
    return found[0] if len(found) == 1 else version


ROLLOUT_ACTS: Sequence[ActRoute[Any]] = (
    ActRoute(
        "/policies/{name}/rollout/drafts",
        "draft_version",
        "rollouts",
        "Make what stands in the policy's folder a version",
        "policies",
        ("analyst",),
        Draft,
        Draft("fewer declines of small transfers"),
        lambda s, c, p, b: s.draft(c, _named(p), b.reason),
        lambda _s, p, b: {"policy": p["name"], "reason": b.reason},
        rollout_seen,
    ),
    ActRoute(
        "/policies/{name}/rollout/take-up",
        "take_up_version",
        "rollouts",
        "Put a version's files back into the policy's folder, to go on from there; one that does not run is a draft again",
        "policies",
        ("analyst",),
        TakeUp,
        TakeUp("3f9a4c12", "the new limits hit honest customers"),
        lambda s, c, p, b: s.take_up(c, _named(p), b.version, b.reason),
        lambda _s, p, b: {"policy": p["name"], "reason": b.reason},
        rollout_seen,
    ),
    ActRoute(
        "/policies/{name}/rollout/forward",
        "step_forward",
        "rollouts",
        "Take the next step, as an approver who did not write the version",
        "policies",
        ("approver",),
        Forward,
        Forward("3f9a4c12", "canary", 50_000),
        lambda s, c, p, b: s.forward(c, _named(p), b.version, b.to, b.share_ppm),
        lambda s, p, b: (
            {"policy": p["name"], "version": _full(s, p["name"], b.version), "to": b.to}
            | ({"share_ppm": b.share_ppm} if b.to == "canary" else {})
        ),
        rollout_seen,
    ),
    ActRoute(
        "/policies/{name}/rollout/back",
        "step_back",
        "rollouts",
        "Step back: a challenger stops; a live version, which must be named, gives way to the one before it",
        "policies",
        ("analyst", "approver", "operator"),
        Back,
        Back("complaints doubled since noon"),
        lambda s, c, p, b: s.back(c, _named(p), b.ground, b.version),
        lambda s, p, b: (
            {"policy": p["name"], "to": "replayed", "ground": b.ground}
            | ({} if b.version is None else {"version": _full(s, p["name"], b.version)})
        ),
        rollout_seen,
    ),
    ActRoute(
        "/policies/{name}/rollout/retire",
        "retire_version",
        "rollouts",
        "Give a version up that does not run",
        "policies",
        ("analyst", "approver"),
        Retire,
        Retire("3f9a4c12", "another one is better"),
        lambda s, c, p, b: s.retire(c, _named(p), b.version, b.ground),
        lambda s, p, b: {"policy": p["name"], "version": _full(s, p["name"], b.version), "to": "retired", "ground": b.ground},
        rollout_seen,
    ),
    ActRoute(
        "/policies/{name}/files/{file:path}",
        "change_policy_file",
        "policies",
        "Replace a file of a policy, which makes a version of it",
        "policies",
        ("analyst",),
        FileText,
        FileText('customer,note\n"C000070",lost card\n', "a card was reported lost"),
        lambda s, c, p, b: s.change_file(c, _named(p), p["file"], b.text, b.reason),
        lambda _s, p, b: {"policy": p["name"], "reason": b.reason},
        file_seen,
        "PUT",
        FILE_BYTES_MAX,
    ),
)
"""Every act on roll-outs and on what is rolled out."""
