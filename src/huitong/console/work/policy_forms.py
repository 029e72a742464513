"""Forms about policies: draft, change, replay, step forward and back, give up."""

from collections.abc import Mapping, Sequence
from typing import Literal

from huitong.console.forms import Field, Form
from huitong.console.work.look import Look
from huitong.contracts import can_be_second
from huitong.decisions.rollout import SHARE_WHOLE_PPM, STAGE_TITLES, PolicyRollout, Stage, Version, percent_of
from huitong.evaluation.known import KNOWN_SHARE_MIN
from huitong.kernel import Text

_GROUND = Field("ground", {"en": "Why", "zh": "理由"}, "lines")
REASON = Field("reason", {"en": "What the change is for", "zh": "修改理由"}, "lines")


def drafting(policy: str, rollout: PolicyRollout) -> Form:
    """The form that makes what stands in the folder a version; until a version is live that content decides already."""
    note: Text = {
        "en": "What stands in the folder becomes a version with your name. It decides nothing before an approver lets it.",
        "zh": "将文件夹中的内容登记为您名下的版本；审批人放行之前不参与任何决策。",
    }
    if rollout.live is None:
        note = {
            "en": "What stands in the folder decides for everybody already, and goes on to. It becomes a version with your name; once it "
            "is replayed and an approver has made it live, versions decide and no longer the folder.",
            "zh": "文件夹中的内容目前已为全部客户决策，登记后照常决策。它将成为您名下的版本；"
            "经回放并由审批人使其生效后，改由版本而不再由文件夹决策。",
        }
    return Form("policy.draft", {"en": "Draft a version", "zh": "登记版本"}, [REASON], {"policy": policy}, note, "primary")


def replaying(policy: str, rollout: PolicyRollout, label_delay_days: float) -> Form:
    """The form that replays the log; it proposes a period of which rates can be said."""
    which: list[tuple[str, Text]] = [("", {"en": "what stands in the folder", "zh": "文件夹中的内容"})]
    which += [(one.hash, _named(one)) for one in reversed(rollout.versions.values())]
    against: list[tuple[str, Text]] = [(one.hash, _named(one)) for one in reversed(rollout.versions.values())]
    days: list[tuple[str, Text]] = [
        ("7", {"en": "the last seven days, today among them", "zh": "最近 7 天（含今天）"}),
        ("28", {"en": "the last 28 days, today among them", "zh": "最近 28 天（含今天）"}),
        ("0", {"en": "all that the model has not learned from", "zh": "模型未学习过的全部时段"}),
    ]
    fields = [
        Field("version", {"en": "What to replay", "zh": "回放对象"}, "choice", which, required=False),
        Field("days", {"en": "Period to judge", "zh": "评估时段"}, "choice", days, initial=_days_proposed(label_delay_days)),
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


def _days_proposed(label_delay_days: float) -> str:
    """The shortest period on offer of which, today being cut off, enough had the time that a label takes; a young log is in it whole."""
    return next((str(days) for days in (7, 28) if days - 1 - label_delay_days >= KNOWN_SHARE_MIN * days), "0")


def _named(one: Version) -> Text:
    stage, part = STAGE_TITLES[one.stage], percent_of(one.share_ppm)
    en, zh = (f" {part} %", f" {part}%") if one.share_ppm else ("", "")
    return {"en": f"{one.hash[:12]} ({stage['en']}{en})", "zh": f"{one.hash[:12]}（{stage['zh']}{zh}）"}


def _titled(en: str, zh: str, one: Version) -> Text:
    """The words of a button with the version that it is about: a page may have the same button for several."""
    named = _named(one)
    return {"en": f"{en}: {named['en']}", "zh": f"{zh}：{named['zh']}"}


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
    runs = version.stage in ("shadow", "canary") or (version.stage == "live" and len(rollout.lives) > 1)  # the first has none before it
    if runs and look.is_a("analyst", "approver", "operator"):
        title = _titled("Step back", "回退", version)
        forms.append(Form("policy.back", title, [_GROUND], about, _taken_back(version, rollout), "danger", id=f"back-{part}"))
    if version.hash != folder and rollout.live is not None and look.is_a("analyst"):
        forms.append(_taking_up(version, about, part))
    if version.stage in ("draft", "replayed") and look.is_a("analyst", "approver"):
        forms.append(_giving_up(version, rollout, about, look))
    return forms


def _giving_up(version: Version, rollout: PolicyRollout, about: Mapping[str, str], look: Look) -> Form:
    """The form that ends a version's way before it runs: whoever could sign its next step refuses it so."""
    named, id_ = _named(version), f"retire-{version.hash[:12]}"
    title: Text = {"en": "Give up", "zh": "放弃该版本"}
    gives: Text = {"en": f"Version {named['en']} is given up.", "zh": f"放弃版本 {named['zh']}。"}
    if all(can_be_second(author, look.actor, "approver") for author in rollout.authors_of(version.hash)):
        title = {"en": "Refuse", "zh": "驳回"}
        gives = {
            "en": f"Version {named['en']} of {version.author} is refused. What you write stands among its steps; "
            "an analyst may edit from it and bring it again.",
            "zh": f"驳回 {version.author} 的版本 {named['zh']}。您填写的理由记入其发布记录；策略分析员可以此为基础修改后重新提交。",
        }
    return Form("policy.retire", title, [_GROUND], about, gives, id=id_)


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


def _taken_back(version: Version, rollout: PolicyRollout) -> Text:
    """What taking a version back does, with its name: the page may offer it of two versions."""
    named = _named(version)
    if version.stage == "live":
        before = rollout.lives[-2][:12]
        return {
            "en": f"Version {named['en']} stops deciding at once; version {before}, which was live before it, decides again.",
            "zh": f"版本 {named['zh']} 立即停止决策，恢复此前的生效版本 {before}。",
        }
    return {"en": f"Version {named['en']} stops at once.", "zh": f"版本 {named['zh']} 立即停止运行。"}


def _forward(version: Version, rollout: PolicyRollout, about: Mapping[str, str], part: str) -> list[Form]:
    forms: list[Form] = []
    if version.stage in ("replayed", "retired") and rollout.live is not None:
        does: Text = {"en": "decides beside the live version, and for nobody", "zh": "与生效版本并行决策，不影响任何客户"}
        forms.append(_signing(version, "shadow", _titled("To shadow", "进入影子运行", version), does, about))
    if version.stage in ("shadow", "canary"):
        forms.append(_sharing(version, about, part))
    if version.stage == "canary" or (version.stage == "replayed" and rollout.live is None):
        now = percent_of(version.share_ppm)
        all_: Text = {"en": "decides for all customers", "zh": "为全部客户决策"}
        if version.stage == "canary":
            all_ = {"en": f"decides for all customers, after {now} % of them", "zh": f"为全部客户决策（此前为 {now}%）"}
        forms.append(_signing(version, "live", _titled("Make it live", "使其生效", version), all_, about))
    return forms


def _signing(version: Version, to: Stage, title: Text, does: Text, about: Mapping[str, str]) -> Form:
    """The form that signs a step: the next one of a version on its way is the page's first act, one that was given up only may be."""
    looks: Literal["primary", "plain"] = "plain" if version.stage == "retired" else "primary"
    fixed = {**about, "to": to}
    return Form("policy.forward", title, fixed=fixed, note=_signed(version, does), tone=looks, id=f"{to}-{version.hash[:12]}", asks=True)


def _sharing(version: Version, about: Mapping[str, str], part: str) -> Form:
    """The form that gives a canary its share, or a larger one."""
    first, now = version.stage == "shadow", percent_of(version.share_ppm)
    initial = "5" if first else percent_of(min(version.share_ppm * 2, SHARE_WHOLE_PPM // 2))
    share = Field("share", {"en": "Percent of the customers", "zh": "客户百分比"}, initial=initial, length_max=8)
    does: Text = {"en": "decides for the share of the customers given here", "zh": "为下列比例的客户决策"}
    if not first:
        does = {"en": f"decides for the share of the customers given here, now {now} %", "zh": f"为下列比例的客户决策（现为 {now}%）"}
    title = _titled("To canary", "进入灰度", version) if first else _titled("Larger share", "扩大灰度", version)
    looks: Literal["primary", "plain"] = "primary" if first else "plain"
    id_ = f"canary-{part}" if first else f"share-{part}"  # another act: whoever comes back from the first one is not led to it
    return Form("policy.forward", title, [share], {**about, "to": "canary"}, _signed(version, does), looks, id=id_)


def _signed(version: Version, does: Text) -> Text:
    """What a second signature is about, and what follows from it."""
    part, author = version.hash[:12], version.author
    return {
        "en": f"You sign version {part} of {author}: from now on it {does['en']}. Whoever wrote a part of it cannot sign.",
        "zh": f"您签署 {author} 的版本 {part}：自此{does['zh']}。参与编写者不得签署。",
    }
