"""The book of roll-outs: which version of each policy stands where, who brought it there, and on what evidence."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import ClassVar

from huitong.contracts import Event
from huitong.decisions.rollout.stages import NEXT_STAGE, RUNNING, Stage
from huitong.kernel import InputError

DRAFTED, EVIDENCED, MOVED = "policy.drafted", "policy.evidenced", "policy.moved"
"""Kinds of the book's events."""


@dataclass(frozen=True)
class Found:
    """What a replay, a shadow run or a canary found.

    Attributes:
        sort: ``"replay"``, ``"shadow"`` or ``"canary"``.
        from_us: Begin of the time that it covers.
        until_us: Its end.
        decided: Decisions of the version.
        declined: Of these, those with the severest outcome.
        against: Version that it was compared with; ``None`` without one.
        against_decided: Decisions of that version.
        against_declined: Of these, those with the severest outcome.
        differing: Events that both versions decided, and decided differently; ``None`` where the two decided different customers.
        report: Where the whole of it is: run or content hash.
    """

    sort: str
    from_us: int
    until_us: int
    decided: int
    declined: int
    against: str | None = None
    against_decided: int = 0
    against_declined: int = 0
    differing: int | None = None
    report: str | None = None


@dataclass(frozen=True, kw_only=True)
class Evidence(Found):
    """The same, written down.

    Attributes:
        id: Id of its event.
        time_us: When.
        by: By whom.
    """

    id: str
    time_us: int
    by: str


@dataclass
class Step:
    """A step that a version took, or that somebody went on from it, which leaves one that runs where it stands.

    Attributes:
        id: Id of its event.
        time_us: When.
        by: Who took it.
        stage: Where the version stands since.
        ground: Why; of a step that another version's step caused, why that one was taken.
        share_ppm: Of a canary, its share of the customers, in parts per million.
        taken_up: Whether somebody went on from the version.
        caused_by: Hash of the other version whose step caused this one: it took the place of this version, or gave it back.
    """

    id: str
    time_us: int
    by: str
    stage: Stage
    ground: str
    share_ppm: int = 0
    taken_up: bool = False
    caused_by: str | None = None


@dataclass
class Comparison:
    """What a challenger is compared with, and since when on the same terms: one live version, one share of the customers.

    Attributes:
        event: Id of the event that it begins with: the stage's begin, a larger share, or another version that became live.
        since_us: When that was.
        against: The live version.
        outdated: How many of the version's evidences are from before.
    """

    event: str = ""
    since_us: int = 0
    against: str | None = None
    outdated: int = 0


@dataclass
class Version:
    """One version of a policy.

    Attributes:
        hash: Its content hash.
        author: Who wrote it.
        reason: Why, in the author's words.
        base: The version that was live when it was written; ``None`` for a first one.
        drafted_us: When.
        stage: Where it stands.
        share_ppm: For a canary, its share of the customers, in parts per million.
        salt: For a canary, what its customers are drawn by.
        evidence: What was found about it, oldest first.
        steps: How it came to where it stands, oldest first.
        comparison: For a challenger, what it is compared with.
        edited_from: The version that its author found in the policy's folder and changed; ``None`` for a first one.
    """

    hash: str
    author: str
    reason: str
    base: str | None
    drafted_us: int
    stage: Stage = "draft"
    share_ppm: int = 0
    salt: str = ""
    evidence: list[Evidence] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    comparison: Comparison = field(default_factory=Comparison)
    edited_from: str | None = None

    @property
    def writers(self) -> frozenset[str]:
        """Who wrote it, and who took it up since."""
        return frozenset({self.author, *(step.by for step in self.steps if step.taken_up)})

    def since_us(self) -> int:
        """When its stage began: with a step, or of one that was never taken further with its first replay."""
        begun_us = [step.time_us for step in self._this_stage()]
        if not begun_us and self.stage == "replayed":
            begun_us = [one.time_us for one in self.evidence if one.sort == "replay"]
        return next(iter(begun_us), self.drafted_us)

    def found(self, sort: str) -> Evidence | None:
        """The latest evidence of a sort that was found in the present comparison; of replays, that of most decisions, whenever it was.

        A version's files never change, so that a small replay takes nothing back of what a large one found.
        """
        if sort == "replay":
            return max((one for one in reversed(self.evidence) if one.sort == sort), key=lambda one: one.decided, default=None)
        return next((one for one in reversed(self.evidence[self.comparison.outdated :]) if one.sort == sort), None)

    def compared_since_us(self) -> int:
        """Since when it stands beside the same live version, on the same share of the customers."""
        return max(self.since_us(), self.comparison.since_us)

    def shares(self) -> list[Step]:
        """Of a canary the steps that gave it its shares, oldest first."""
        return [step for step in self._this_stage() if not step.taken_up]

    def _this_stage(self) -> list[Step]:
        """The steps of the stage where it stands: a canary's share may have grown several times."""
        last = next((place for place in reversed(range(len(self.steps))) if self.steps[place].stage != self.stage), -1)
        return self.steps[last + 1 :]


@dataclass
class PolicyRollout:
    """One policy: its versions by hash, those that were live, oldest first, and which one its folder held last."""

    versions: dict[str, Version] = field(default_factory=dict)
    lives: list[str] = field(default_factory=list)
    folder: str | None = None

    @property
    def live(self) -> Version | None:
        """The version that decides."""
        return self.versions[self.lives[-1]] if self.lives else None

    @property
    def challenger(self) -> Version | None:
        """The version that runs in shadow or as canary."""
        return next((version for version in self.versions.values() if version.stage in RUNNING), None)

    def next_steps(self, version: Version) -> tuple[Stage, ...]:
        """The steps forward of a version that is on its way: a canary's share may grow, too; a policy's first version becomes live."""
        if self.live is None:
            return ("live",) if version.stage in ("draft", "replayed") else ()
        to = NEXT_STAGE.get(version.stage)
        return () if to is None else ("canary", to) if version.stage == "canary" else (to,)

    def authors_of(self, version: str) -> frozenset[str]:
        """Who has a hand in what a version changes: the writers of it, and of each draft it was edited from, back to the live version.

        Where it does not descend from the live version, these are the writers of all that it descends from.
        """
        found, before = self.versions[version].writers, self.versions[version].edited_from
        while before is not None and before not in self.lives[-1:]:
            found |= self.versions[before].writers
            before = self.versions[before].edited_from
        return found


@dataclass
class Rollouts:
    """Every policy, by name."""

    policies: dict[str, PolicyRollout] = field(default_factory=dict)


class RolloutBook:
    """Folds the events of roll-outs."""

    name: ClassVar[str] = "rollouts"
    version: ClassVar[int] = 5
    kinds: ClassVar[tuple[str, ...]] = (DRAFTED, EVIDENCED, MOVED)
    state: ClassVar[type[Rollouts]] = Rollouts

    def blank(self) -> Rollouts:
        """No policy at all."""
        return Rollouts()

    def enter(self, state: Rollouts, event: Event) -> None:
        """See ``Book``."""
        rollout = state.policies.setdefault(event.keys["policy"], PolicyRollout())
        version = rollout.versions.get(event.keys["version"])
        if event.kind == DRAFTED and version is None:
            base = event.data.get("base")
            rollout.versions[event.keys["version"]] = Version(
                event.keys["version"],
                _text(event, "by"),
                _text(event, "reason"),
                None if base is None else str(base),
                event.time_us,
                edited_from=_text(event, "edited_from") or rollout.folder,  # drafts before this was recorded came from the folder, too
            )
            rollout.folder = event.keys["version"]
        elif event.kind == DRAFTED and version is not None:
            _take_up(version, event)
            rollout.folder = version.hash
        elif event.kind == EVIDENCED and version is not None:
            version.evidence.append(_evidence(event))
            if version.stage == "draft" and version.evidence[-1].sort == "replay":
                version.stage = "replayed"
        elif event.kind == MOVED and version is not None:
            _move(rollout, version, event)


def hash_named(policy: str, hashes: Iterable[str], digits: str) -> str:
    """The one of a policy's versions that a hash, or the first digits of one, names.

    Raises:
        InputError: If there is none, or several.
    """
    found = [known for known in hashes if known.startswith(digits)]
    if len(found) != 1 or not digits:
        raise InputError(
            "rollout.version",
            {"en": f"{digits!r} names {len(found)} versions of {policy}", "zh": f"{digits!r} 对应 {policy} 的 {len(found)} 个版本"},
            {"en": "give the first digits of one of its versions", "zh": "请给出某一版本哈希的开头几位"},
        )
    return found[0]


def _take_up(version: Version, event: Event) -> None:
    """Somebody goes on from a version that there is: one that was given up or replaced is on its way again, with the evidence it has."""
    if version.stage == "retired":
        version.stage = "draft" if version.found("replay") is None else "replayed"
        version.base = _text(event, "base") or None
    step = Step(event.id, event.time_us, _text(event, "by"), version.stage, _text(event, "reason"), version.share_ppm, taken_up=True)
    version.steps.append(step)


def _move(rollout: PolicyRollout, version: Version, event: Event) -> None:
    """Takes a step: a version that becomes live retires the one before; one that steps back from live brings that one back."""
    before, stage, live = version.stage, _stage(event), rollout.live
    version.stage, version.share_ppm = stage, _number(event, "share_ppm")
    version.salt = _text(event, "salt") or version.salt
    version.steps.append(Step(event.id, event.time_us, _text(event, "by"), stage, _text(event, "ground"), version.share_ppm))
    if stage == "live":
        if live is not None and live is not version:
            _follow(live, "retired", version, event)
        rollout.lives = [*(one for one in rollout.lives if one != version.hash), version.hash]
    elif before == "live":
        rollout.lives.remove(version.hash)
        if rollout.live is not None:
            _follow(rollout.live, "live", version, event)
    _compare_anew(version, rollout, event)
    if rollout.live is not live and rollout.challenger is not None:
        _compare_anew(rollout.challenger, rollout, event)


def _follow(version: Version, stage: Stage, other: Version, event: Event) -> None:
    """What the step of another version makes of this one."""
    version.stage, version.share_ppm = stage, 0
    version.steps.append(Step(event.id, event.time_us, _text(event, "by"), stage, _text(event, "ground"), caused_by=other.hash))


def _compare_anew(version: Version, rollout: PolicyRollout, event: Event) -> None:
    """What was counted on other terms counts no more: rates of other customers, or beside another version, say nothing about these."""
    against = None if rollout.live is None else rollout.live.hash
    version.comparison = Comparison(event.id, event.time_us, against, len(version.evidence))


def _evidence(event: Event) -> Evidence:
    against, report = event.data.get("against"), event.data.get("report")
    differing = event.data.get("differing")
    return Evidence(
        _text(event, "sort"),
        _number(event, "from"),
        _number(event, "until"),
        _number(event, "decided"),
        _number(event, "declined"),
        None if against is None else str(against),
        _number(event, "against_decided"),
        _number(event, "against_declined"),
        differing if isinstance(differing, int) else None,
        None if report is None else str(report),
        id=event.id,
        time_us=event.time_us,
        by=_text(event, "by"),
    )


def _text(event: Event, name: str) -> str:
    value = event.data.get(name)
    return value if isinstance(value, str) else ""


def _number(event: Event, name: str) -> int:
    value = event.data.get(name)
    return value if isinstance(value, int) else 0


def _stage(event: Event) -> Stage:
    stages: dict[str, Stage] = {"replayed": "replayed", "shadow": "shadow", "canary": "canary", "live": "live", "retired": "retired"}
    return stages.get(_text(event, "to"), "draft")
