"""The acts on a roll-out: write a version, add evidence, take a step forward, step back. Each is pure, and refuses what is not due."""

from dataclasses import asdict

from huitong.contracts import Command, Event, Value, require_role, require_second_person
from huitong.decisions.rollout.assignment import SHARE_WHOLE_PPM, percent_of
from huitong.decisions.rollout.book import DRAFTED, EVIDENCED, MOVED, Found, PolicyRollout, Rollouts, Version
from huitong.decisions.rollout.due import missing
from huitong.decisions.rollout.settings import RolloutSettings
from huitong.decisions.rollout.stages import EVIDENCE_TITLES, STAGE_TITLES, Stage
from huitong.kernel import InputError, PolicyError, Text

_NEXT: dict[Stage, tuple[Stage, ...]] = {
    "replayed": ("shadow",),
    "shadow": ("canary",),
    "canary": ("canary", "live"),
    "retired": ("shadow",),
}
"""Steps forward; a draft becomes replayed by its evidence alone, and a policy's first version may go live from there."""


def draft(state: Rollouts, command: Command, policy: str, version: str, reason: str, *, edited_from: str | None = None) -> list[Event]:
    """A new version of a policy.

    Args:
        state: The book.
        command: Who wrote it, and when.
        policy: Name of the policy.
        version: Hash of the version.
        reason: Why.
        edited_from: Hash of the version that it was made from, by default the one that the policy's folder held last.

    Raises:
        PolicyError: If the author may not write policies.
        InputError: If the version is known, or no reason is given.
    """
    require_role(command.by, "analyst")
    rollout = state.policies.get(policy, PolicyRollout())
    if version in rollout.versions:
        raise InputError(
            "rollout.known",
            {
                "en": f"{policy}@{version[:12]} is drafted already, with exactly this content",
                "zh": f"{policy}@{version[:12]} 已登记，内容与此完全相同",
            },
            {"en": "go on with that version, or change something", "zh": "请继续使用该版本，或作出修改"},
        )
    before = edited_from or rollout.folder
    if before is not None:
        _version_of(state, policy, before)
    return [_drafted(rollout, command, policy, version, reason, before)]


def take_up(state: Rollouts, command: Command, policy: str, version: str, reason: str) -> list[Event]:
    """Goes on from a version that there is: a retired one is a draft again, or replayed where it has evidence of that already.

    Raises:
        PolicyError: If who takes it up may not write policies.
        InputError: If the version is not known, or no reason is given.
    """
    require_role(command.by, "analyst")
    rollout, _ = _version_of(state, policy, version)
    return [_drafted(rollout, command, policy, version, reason)]


def _drafted(rollout: PolicyRollout, command: Command, policy: str, version: str, reason: str, edited_from: str | None = None) -> Event:
    if not reason.strip():
        raise InputError(
            "rollout.reason",
            {"en": "a version needs a reason", "zh": "新版本必须写明理由"},
            {"en": "say in a sentence what the change is for", "zh": "请用一句话说明修改理由"},
        )
    data: dict[str, Value] = {"reason": reason.strip(), "base": None if rollout.live is None else rollout.live.hash}
    return _event(command, DRAFTED, policy, version, data if edited_from is None else {**data, "edited_from": edited_from})


def add_evidence(state: Rollouts, command: Command, policy: str, version: str, found: Found) -> list[Event]:
    """What a replay, a shadow run or a canary found about a version.

    Raises:
        PolicyError: If neither an analyst nor a machine says so.
        InputError: If the version is not known, or the evidence is none of its stage.
    """
    require_role(command.by, "analyst", "machine")
    _, known = _version_of(state, policy, version)
    if found.sort not in ("replay", known.stage) or not 0 <= found.declined <= found.decided:
        title, stage = EVIDENCE_TITLES.get(found.sort, {"en": found.sort, "zh": found.sort}), STAGE_TITLES[known.stage]
        counted = f"{found.declined}/{found.decided}"
        raise InputError(
            "rollout.evidence",
            {
                "en": f"a {title['en']} ({counted} declined) is no evidence about a version in stage {stage['en']}",
                "zh": f"版本处于“{stage['zh']}”阶段，{title['zh']}（拒绝 {counted} 笔）不能作为其证据",
            },
            {"en": "bring what its own stage found", "zh": "请提交该阶段的结果"},
        )
    data = {name: value for name, value in asdict(found).items() if value is not None}
    data["from"], data["until"] = data.pop("from_us"), data.pop("until_us")
    return [_event(command, EVIDENCED, policy, version, data)]


def step_forward(
    state: Rollouts, command: Command, policy: str, version: str, to: Stage, settings: RolloutSettings, *, share_ppm: int = 0
) -> list[Event]:
    """The next step of a version: shadow, canary (or a larger share of it), live.

    Args:
        state: The book.
        command: Who wants it, and when; must have neither written the version, nor taken it up, nor written a draft that it rests on.
        policy: Name of the policy.
        version: Hash of the version.
        to: Where it goes.
        settings: What is asked before each step.
        share_ppm: For a canary, its share of the customers, in parts per million; may only grow.

    Raises:
        PolicyError: If the approver is none, is the author, or evidence is missing; it says which.
        InputError: If the version is not known, or the step is none of its stage's.
    """
    rollout, known = _version_of(state, policy, version)
    first_live = to == "live" and known.stage == "replayed" and rollout.live is None
    if to not in _NEXT.get(known.stage, ()) and not first_live:
        raise _no_step(known, to)
    require_signature(rollout, known, command)
    _require_alone(rollout, known, to)
    if to == "canary":
        _require_share(known, share_ppm)
    lacking = missing(known, to, settings, command.now_us)
    if lacking:
        raise PolicyError(
            "rollout.evidence.missing",
            {"en": "; ".join(text["en"] for text in lacking), "zh": "；".join(text["zh"] for text in lacking)},
            {"en": "bring the evidence, then take the step", "zh": "请补齐证据后再推进"},
        )
    data: dict[str, Value] = {"to": to, "ground": "approved"}
    if to == "canary":
        data |= {"share_ppm": share_ppm, "salt": known.salt if known.share_ppm else command.id}
    return [_event(command, MOVED, policy, version, data)]


def require_signature(rollout: PolicyRollout, known: Version, command: Command) -> None:
    """Whoever signs a step forward is an approver who has no hand in what the version changes; see ``PolicyRollout.authors_of``.

    Raises:
        PolicyError: If who gave the command is not.
    """
    for author in sorted(rollout.authors_of(known.hash)):
        require_second_person(author, command.by, "approver")


def step_back(state: Rollouts, command: Command, policy: str, version: str | None, ground: str) -> list[Event]:
    """Takes a version that runs back: a challenger stops, a live version gives way to the one that was live before it.

    Nobody has to agree: to stop harm, one pair of eyes is enough. From shadow on its evidence has to be found anew.

    Args:
        state: The book.
        command: Who wants it, and when.
        policy: Name of the policy.
        version: Hash of the version; ``None`` for the challenger. A live version must be named: of two who step back at once, the second
            would take back a healthy one.
        ground: Why.

    Raises:
        PolicyError: If the actor has no part in policies.
        InputError: If the version is not known, does not run, or nothing was live before it; if none is named and no challenger runs.
    """
    require_role(command.by, "analyst", "approver", "operator", "machine")
    version = _challenger_of(state, policy) if version is None else version
    rollout, known = _version_of(state, policy, version)
    if known.stage not in ("shadow", "canary", "live"):
        raise _no_step(known, "replayed")
    if known.stage == "live" and len(rollout.lives) < 2:
        raise _nothing_before(policy, version)
    return [_event(command, MOVED, policy, version, {"to": "replayed", "ground": _said(ground)})]


def retire(state: Rollouts, command: Command, policy: str, version: str, ground: str) -> list[Event]:
    """Gives a version up that does not run: its author, or an approver who refuses it. It may be taken up again.

    Raises:
        PolicyError: If the actor has no part in policies.
        InputError: If the version is not known, or runs; if no ground is given.
    """
    require_role(command.by, "analyst", "approver")
    _, known = _version_of(state, policy, version)
    if known.stage not in ("draft", "replayed"):
        raise _no_step(known, "retired")
    return [_event(command, MOVED, policy, version, {"to": "retired", "ground": _said(ground)})]


def _said(ground: str) -> str:
    if not ground.strip():
        raise InputError(
            "rollout.ground",
            {"en": "to take a version back or give it up needs a ground", "zh": "回退或放弃版本必须写明理由"},
            {"en": "say in a sentence what is wrong with it", "zh": "请用一句话说明原因"},
        )
    return ground.strip()


def _event(command: Command, kind: str, policy: str, version: str, data: dict[str, Value]) -> Event:
    return Event(command.id, kind, command.now_us, {"policy": policy, "version": version}, {**data, "by": command.by.id})


def _version_of(state: Rollouts, policy: str, version: str) -> tuple[PolicyRollout, Version]:
    rollout = state.policies.get(policy)
    known = None if rollout is None else rollout.versions.get(version)
    if rollout is None or known is None:
        raise InputError(
            "rollout.unknown",
            {"en": f"nobody has drafted {policy}@{version[:12]}", "zh": f"没有 {policy}@{version[:12]} 这一草稿"},
            {"en": "draft it first", "zh": "请先登记该版本"},
        )
    return rollout, known


def _challenger_of(state: Rollouts, policy: str) -> str:
    challenger = state.policies.get(policy, PolicyRollout()).challenger
    if challenger is None:
        raise InputError(
            "rollout.nothing_runs",
            {"en": f"no version of {policy} is in shadow or a canary", "zh": f"{policy} 没有处于影子运行或灰度的版本"},
            {"en": "to take back the live version, name the version", "zh": "如需回退生效版本，请指明版本"},
        )
    return challenger.hash


def _nothing_before(policy: str, version: str) -> InputError:
    return InputError(
        "rollout.nothing_before",
        {"en": f"no version of {policy} was live before {version[:12]}", "zh": f"{policy} 在 {version[:12]} 之前没有生效过的版本"},
        {
            "en": "roll another version out; lists and limits can stop harm meanwhile",
            "zh": "请发布另一版本；其间可用名单与限额止损",
        },
    )


def _require_alone(rollout: PolicyRollout, known: Version, to: Stage) -> None:
    other = rollout.challenger
    if to in ("shadow", "canary") and other is not None and other is not known:
        raise PolicyError(
            "rollout.challenger",
            {
                "en": f"{other.hash[:12]} is in stage {other.stage}; a policy has one challenger at a time",
                "zh": f"{other.hash[:12]} 正处于“{STAGE_TITLES[other.stage]['zh']}”阶段；同一策略同时只能有一个挑战者",
            },
            {"en": "finish it or step it back first", "zh": "请先完成其发布或将其回退"},
        )
    if to in ("shadow", "canary") and rollout.live is None:
        raise PolicyError(
            "rollout.no_champion",
            {"en": "a challenger needs a live version to be compared with, and none is", "zh": "挑战者须有生效版本作为对照，而目前没有"},
            {
                "en": "make a first version live: from replayed it may go there at once",
                "zh": "请先让首个版本生效：“已回放”的版本可直接生效",
            },
        )


def _require_share(known: Version, share_ppm: int) -> None:
    if not known.share_ppm < share_ppm < SHARE_WHOLE_PPM:
        raise InputError(
            "rollout.share",
            {
                "en": f"a share of {percent_of(share_ppm)} % is none beyond {percent_of(known.share_ppm)} % and below 100 %",
                "zh": f"灰度比例 {percent_of(share_ppm)}% 不在 {percent_of(known.share_ppm)}% 与 100% 之间",
            },
            {"en": "a canary's share only grows; step back to stop it", "zh": "灰度比例只能扩大；如需停止请回退"},
        )


def _no_step(known: Version, to: Stage) -> InputError:
    allowed: tuple[Stage, ...] = _NEXT.get(known.stage, ())
    titles: Text = {
        "en": ", ".join(STAGE_TITLES[stage]["en"] for stage in allowed) or "nowhere",
        "zh": "、".join(STAGE_TITLES[stage]["zh"] for stage in allowed) or "无",
    }
    return InputError(
        "rollout.step",
        {
            "en": f"a version in stage {STAGE_TITLES[known.stage]['en']} cannot go to {STAGE_TITLES[to]['en']}",
            "zh": f"“{STAGE_TITLES[known.stage]['zh']}”阶段的版本不能转入“{STAGE_TITLES[to]['zh']}”",
        },
        {"en": f"from here it goes on to: {titles['en']}", "zh": f"下一步可以是：{titles['zh']}"},
    )
