"""Forms about policies: draft, change, replay, step forward and back, give up."""

from collections.abc import Mapping, Sequence
from typing import Literal

from huitong.console.forms import Field, Form
from huitong.console.work.look import Look
from huitong.decisions.rollout import NEXT_STAGE, SHARE_WHOLE_PPM, STAGE_TITLES, PolicyRollout, Stage, Version, percent_of
from huitong.kernel import Text

NEXT: Mapping[Stage, Stage] = {**NEXT_STAGE, "retired": "shadow"}
"""The step that a version may take next; who gave one up may begin with it again."""
_GROUND = Field("ground", {"en": "Why", "zh": "理由"}, "lines")
REASON = Field("reason", {"en": "What the change is for", "zh": "修改目的"}, "lines")


def drafting(policy: str) -> Form:
    """The form that makes what stands in the folder a version."""
    note: Text = {
        "en": "What stands in the folder becomes a version with your name. It decides nothing before an approver lets it.",
        "zh": "将文件夹中的内容登记为您名下的版本；审批人放行之前不参与任何决策。",
    }
    return Form("policy.draft", {"en": "Draft a version", "zh": "登记版本"}, [REASON], {"policy": policy}, note, "primary")


def replaying(policy: str, rollout: PolicyRollout) -> Form:
    """The form that replays the log."""
    which: list[tuple[str, Text]] = [("", {"en": "what stands in the folder", "zh": "文件夹中的内容"})]
    which += [(one.hash, _named(one)) for one in reversed(rollout.versions.values())]
    against: list[tuple[str, Text]] = [(one.hash, _named(one)) for one in reversed(rollout.versions.values())]
    days: list[tuple[str, Text]] = [
        ("7", {"en": "the last seven days, today among them", "zh": "最近 7 天（含今天）"}),
        ("28", {"en": "the last 28 days, today among them", "zh": "最近 28 天（含今天）"}),
        ("0", {"en": "all that the model has not learned from", "zh": "模型未学习过的全部时段"}),
    ]
    fields = [
        Field("version", {"en": "Replay", "zh": "回放对象"}, "choice", which, required=False),
        Field("days", {"en": "Judge", "zh": "评估时段"}, "choice", days, initial="7"),
    ]
    if against:
        live = rollout.live
        fields.append(
            Field(
                "against",
                {"en": "Compare with", "zh": "对比版本"},
                "choice",
                [("", {"en": "nothing", "zh": "不对比"}), *against],
                initial="" if live is None else live.hash,
                required=False,
            )
        )
    note: Text = {
        "en": "Decides every payment of the log again. It runs in the background; the report waits here.",
        "zh": "重新决策日志中的每笔支付。任务在后台运行，报告将保留在本页。",
    }
    return Form("replay.start", {"en": "Replay", "zh": "回放"}, fields, {"policy": policy}, note)


def _named(one: Version) -> Text:
    stage = STAGE_TITLES[one.stage]
    return {"en": f"{one.hash[:12]} ({stage['en']})", "zh": f"{one.hash[:12]}（{stage['zh']}）"}


def forms_of_version(policy: str, version: Version, rollout: PolicyRollout, look: Look, folder: str = "") -> Sequence[Form]:
    """What the reader can do with a version where it stands.

    Args:
        policy: Name of the policy.
        version: The version.
        rollout: Where all of them stand.
        look: Who looks.
        folder: The version that stands in the folder; empty where that cannot be loaded.
    """
    about = {"policy": policy, "version": version.hash}
    part = version.hash[:12]
    forms: list[Form] = []
    if look.is_a("approver"):
        forms += _forward(version, rollout, about, part)
    if version.stage in ("shadow", "canary", "live") and look.is_a("analyst", "approver", "operator"):
        takes = _taken_back(version)
        forms.append(Form("policy.back", {"en": "Step back", "zh": "回退"}, [_GROUND], about, takes, "danger", id=f"back-{part}"))
    if version.hash != folder and rollout.live is not None and look.is_a("analyst"):
        forms.append(_taking_up(version, about, part))
    if version.stage in ("draft", "replayed") and look.is_a("analyst", "approver"):
        forms.append(Form("policy.retire", {"en": "Give up", "zh": "放弃该版本"}, [_GROUND], about, id=f"retire-{part}"))
    return forms


def _taking_up(version: Version, about: Mapping[str, str], part: str) -> Form:
    """The form that puts a version into the folder again."""
    again: Text = {"en": "", "zh": ""}
    if version.stage == "retired":
        again = {
            "en": " It is on its way again, with your name beside its author's.",
            "zh": "该版本重新进入发布流程，并记录您的姓名。",
        }
    note: Text = {
        "en": f"The content of {part} goes into the folder, to be edited from there; what decides stays as it is.{again['en']}",
        "zh": f"将 {part} 的内容放回文件夹，以此为基础继续修改；当前的决策不受影响。{again['zh']}",
    }
    return Form("policy.take_up", {"en": "Edit from this version", "zh": "以此版本为基础修改"}, [REASON], about, note, id=f"take-up-{part}")


def _taken_back(version: Version) -> Text:
    """What taking a version back does, with its name: the page may offer it of two versions."""
    named = _named(version)
    if version.stage == "live":
        return {
            "en": f"Version {named['en']} stops deciding at once; the one that was live before it decides again.",
            "zh": f"版本 {named['zh']} 立即停止决策，恢复此前的生效版本。",
        }
    return {"en": f"Version {named['en']} stops at once.", "zh": f"版本 {named['zh']} 立即停止运行。"}


def _forward(version: Version, rollout: PolicyRollout, about: Mapping[str, str], part: str) -> list[Form]:
    signs: Text = {"en": "Your signature; the version's author cannot give it.", "zh": "由您签署；版本作者不能自行签署。"}
    forms: list[Form] = []
    if version.stage in ("replayed", "retired") and rollout.live is not None:
        to: Text = {"en": "To shadow", "zh": "进入影子运行"}
        forms.append(
            Form("policy.forward", to, fixed={**about, "to": "shadow"}, note=signs, tone="primary", id=f"shadow-{part}", asks=True)
        )
    if version.stage == "replayed" and rollout.live is None:
        first: Text = {"en": "Make it live", "zh": "使其生效"}
        forms.append(Form("policy.forward", first, fixed={**about, "to": "live"}, note=signs, tone="primary", id=f"live-{part}", asks=True))
    if version.stage in ("shadow", "canary"):
        initial = "5" if version.stage == "shadow" else percent_of(min(version.share_ppm * 2, SHARE_WHOLE_PPM // 2))
        share = Field("share", {"en": "Percent of the customers", "zh": "客户百分比"}, initial=initial, length_max=8)
        title: Text = {"en": "To canary", "zh": "进入灰度"} if version.stage == "shadow" else {"en": "Larger share", "zh": "扩大灰度"}
        looks: Literal["primary", "plain"] = "primary" if version.stage == "shadow" else "plain"
        forms.append(Form("policy.forward", title, [share], {**about, "to": "canary"}, signs, looks, id=f"canary-{part}"))
    if version.stage == "canary":
        live: Text = {"en": "Make it live", "zh": "使其生效"}
        forms.append(Form("policy.forward", live, fixed={**about, "to": "live"}, note=signs, tone="primary", id=f"live-{part}", asks=True))
    return forms
