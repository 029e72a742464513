"""Forms about webhooks: make, change, stop, go on, send again, drop, the secret, remove."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b

from huitong.console.forms import Field, Form
from huitong.console.words import OUTCOMES, word
from huitong.console.work.look import Look
from huitong.kernel import Text
from huitong.operations.webhooks import OCCURRENCES, Aside, Occurrence, Subscription

URL_LENGTH_MAX = 2_000
"""Most characters of an address."""
OCCURRENCE_WORDS: Mapping[Occurrence, Text] = {
    "decision": {"en": "decisions", "zh": "决策"},
    "alert": {"en": "alerts raised", "zh": "产生预警"},
    "measure": {"en": "measures imposed, prolonged or lifted", "zh": "采取、延长或解除措施"},
    "rollout": {"en": "steps of a policy's versions", "zh": "策略版本推进或回退"},
    "case": {"en": "cases closed", "zh": "结案"},
}
GRADE_WORDS: Sequence[tuple[str, Text]] = (
    ("1", {"en": "grade 1: what is public", "zh": "1 级：公开信息"}),
    ("2", {"en": "grade 2: nobody is named", "zh": "2 级：不含任何人的名称"}),
    ("3", {"en": "grade 3: persons and amounts too", "zh": "3 级：含个人名称与金额"}),
    ("4", {"en": "grade 4: everything", "zh": "4 级：全部内容"}),
)


@dataclass(frozen=True, slots=True)
class Choices:
    """What a webhook can be narrowed to.

    Attributes:
        outcomes: Outcomes of the bank's policies, mildest first.
        policies: The policies and what they are called.
    """

    outcomes: Sequence[str]
    policies: Mapping[str, Text]


def ground(label: Text) -> Field:
    """Why."""
    return Field("ground", label, "lines")


_WHY: Text = {"en": "Why", "zh": "理由"}
_ALL: Text = {"en": "none chosen: all", "zh": "不选即全部"}
_EVERY: tuple[str, Text] = ("", {"en": "all", "zh": "全部"})


def _settings(choices: Choices, known: Subscription | None) -> list[Field]:
    outcomes = [(name, word(OUTCOMES, name)) for name in _with(choices.outcomes, known.outcome if known else None)]
    policies = [(name, word(choices.policies, name)) for name in _with(list(choices.policies), known.policy if known else None)]
    return [
        Field("name", {"en": "System that is told", "zh": "被通知的系统"}, initial=known.name if known else "", length_max=64),
        Field(
            "url",
            {"en": "Address", "zh": "地址"},
            initial=known.url if known else "",
            hint={
                "en": "https://HOST/PATH; within the house only where bank.toml allows the network, there http:// too",
                "zh": "https://主机/路径；内部地址须在 bank.toml 中允许其网段，此时也可用 http://",
            },
            length_max=URL_LENGTH_MAX,
        ),
        Field(
            "occurrences",
            {"en": "Told of", "zh": "告知事项"},
            "several",
            [(kind, OCCURRENCE_WORDS[kind]) for kind in OCCURRENCES],
            initial=" ".join(known.occurrences) if known else "decision",
        ),
        Field(
            "outcome",
            {"en": "Of decisions, at least", "zh": "决策结论不低于"},
            "choice",
            [_EVERY, *outcomes] if known and known.outcome else outcomes,
            initial=(known.outcome if known else None) or "",
            hint=_ALL,
            required=False,
        ),
        Field(
            "policy",
            {"en": "Of decisions, only of this policy", "zh": "仅此策略的决策"},
            "choice",
            [_EVERY, *policies] if known and known.policy else policies,
            initial=(known.policy if known else None) or "",
            hint=_ALL,
            required=False,
        ),
        Field(
            "grade", {"en": "Told data up to", "zh": "可告知数据分级上限"}, "choice", GRADE_WORDS, initial=str(known.grade if known else 2)
        ),
    ]


def _with(known: Sequence[str], chosen: str | None) -> Sequence[str]:
    """What can be chosen; what is chosen already stays so, although no policy has it any more."""
    return known if chosen is None or chosen in known else [*known, chosen]


def adding(choices: Choices) -> Form:
    """The form that makes a webhook."""
    note: Text = {
        "en": "It is told what happens from now on. The secret of its signatures is shown next.",
        "zh": "自现在起告知发生的事项；随后显示签名密钥。",
    }
    return Form("webhook.add", {"en": "Make a webhook", "zh": "新增回调"}, _settings(choices, None), note=note, tone="primary")


def acting(one: Subscription, choices: Choices, look: Look) -> list[Form]:
    """What the reader can do with a webhook, the first act first."""
    forms: list[Form] = []
    if look.is_a("admin", "operator"):
        forms += [_resuming(one)] if one.stopped is not None else [_stopping(one), _telling_again(one)]
    if look.is_a("admin"):
        forms += [_changing(one, choices), *_secrets(one), _removing(one)]
    return forms


def _about(one: Subscription) -> Mapping[str, str]:
    return {"webhook": one.id}


def _changing(one: Subscription, choices: Choices) -> Form:
    note: Text = {"en": "It goes on where it is, with the same secret.", "zh": "从当前进度继续，密钥不变。"}
    return Form("webhook.change", {"en": "Change", "zh": "修改"}, _settings(choices, one), {**_about(one), "seen": seen_of(one)}, note)


def seen_of(one: Subscription) -> str:
    """By which a page knows the settings again that it showed."""
    settings = [one.name, one.url, *one.occurrences, one.outcome, one.policy, one.grade]
    return blake2b(repr(settings).encode(), digest_size=16).hexdigest()


def _stopping(one: Subscription) -> Form:
    note: Text = {
        "en": "It is told nothing for now; what happens meanwhile is told once it goes on.",
        "zh": "暂停告知；其间发生的事项在恢复后告知。",
    }
    return Form("webhook.stop", {"en": "Stop", "zh": "停止"}, [ground(_WHY)], _about(one), note)


_SINCE: tuple[str, Text] = ("since", {"en": "from a record on, everything again", "zh": "自某条记录起全部重发"})
_AFTER: tuple[str, Text] = ("after", {"en": "after a record", "zh": "从某条记录之后"})


def _record(*, required: bool) -> Field:
    hint: Text = {"en": "id of a decision, a payment or another event", "zh": "决策、支付或其他事件的编号"}
    return Field("record", {"en": "Record", "zh": "记录"}, hint=hint, required=required, length_max=128)


def _resuming(one: Subscription) -> Form:
    here: tuple[str, Text] = ("here", {"en": "where it stopped", "zh": "从停止处"})
    fields = [Field("place", {"en": "Go on", "zh": "恢复位置"}, "choice", [here, _SINCE, _AFTER], initial="here"), _record(required=False)]
    return Form("webhook.resume", {"en": "Go on", "zh": "恢复"}, fields, _about(one), tone="primary")


def _telling_again(one: Subscription) -> Form:
    fields = [Field("place", {"en": "Go on", "zh": "继续位置"}, "choice", [_SINCE, _AFTER], initial="since"), _record(required=True)]
    return Form("webhook.resume", {"en": "Go on elsewhere", "zh": "调整进度"}, fields, _about(one))


def _secrets(one: Subscription) -> Sequence[Form]:
    turned: Text = {
        "en": "For a day messages are signed with the new secret and with the one before.",
        "zh": "一天之内消息同时以新旧密钥签名。",
    }
    shown: Text = {"en": "That you saw it is written down.", "zh": "查看将被记录。"}
    return (
        Form("webhook.turn", {"en": "New secret", "zh": "更换密钥"}, fixed=_about(one), note=turned, asks=True),
        Form("webhook.show", {"en": "See the secret", "zh": "查看密钥"}, fixed=_about(one), note=shown, asks=True),
    )


def _removing(one: Subscription) -> Form:
    note: Text = {
        "en": "It ends for good, with what was set aside; made anew it has another secret.",
        "zh": "将永久删除，搁置的消息一并放弃；重新新增时密钥不同。",
    }
    name = Field("name", {"en": "Its name, to be sure", "zh": "请输入其名称以确认"}, hint={"en": one.name, "zh": one.name}, length_max=64)
    return Form("webhook.remove", {"en": "Remove", "zh": "删除"}, [name, ground(_WHY)], _about(one), note, "danger")


def settling(one: Subscription, aside: Aside) -> Sequence[Form]:
    """What can be done with a message that was set aside."""
    about = {**_about(one), "record": aside.record}
    note: Text = {"en": f"{one.name} is not told of {aside.record}.", "zh": f"不再向 {one.name} 告知 {aside.record}。"}
    drop = Form("webhook.drop", {"en": "Drop", "zh": "不再发送"}, [ground(_WHY)], about, note, "danger", id=f"drop-{aside.record}")
    if aside.due:
        return (drop,)
    return (Form("webhook.again", {"en": "Deliver again", "zh": "重发"}, fixed=about, id=f"again-{aside.record}"), drop)


def all_again(one: Subscription) -> Form:
    """The form that has everything that was set aside sent again."""
    return Form("webhook.again", {"en": "Deliver all again", "zh": "全部重发"}, fixed=_about(one), id="again-all")
