"""Forms about lists: open, describe, add, import, lift, answer what waits."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from zoneinfo import ZoneInfo

from huitong.console.forms import Field, Form
from huitong.console.work.look import Look
from huitong.console.work.measure_forms import both_said
from huitong.contracts import can_be_second
from huitong.evaluation.words import plural
from huitong.kernel import MICROSECONDS_PER_SECOND, Text
from huitong.risk.lists import (
    CONFIRMED_BY,
    ENTRY_CHANGED,
    HOLDS,
    HOLDS_TITLES,
    LIST_KIND_TITLES,
    LIST_KINDS,
    ROWS_MAX,
    Entry,
    KeptList,
    Proposal,
)

ADDED_FOR_DAYS = 90
"""For how long an entry is added unless somebody says otherwise."""
NAMED_MAX = 3
"""Most values of a proposal that are named."""
_REASON = Field("reason", {"en": "What else is to be said", "zh": "补充说明"}, "lines", required=False)
_TWO: Text = {"en": "A second person confirms it before it counts.", "zh": "须由第二人复核后方可生效。"}


def changes_nothing(*, read: bool) -> Text | None:
    """What is to be known of a list that no policy reads; ``None`` of one that is read."""
    if read:
        return None
    return {
        "en": "No policy reads this list: what stands on it changes no decision until one does.",
        "zh": "没有策略读取此名单：在有策略读取之前，其中的条目不影响任何决策。",
    }


def _noted(first: Text | None, second: Text | None) -> Text | None:
    return second if first is None else both_said(first, second)


def _described(kept: KeptList | None) -> list[Field]:
    return [
        Field("title_zh", {"en": "Name in Chinese", "zh": "中文名称"}, initial=kept.title["zh"] if kept else "", length_max=200),
        Field("title_en", {"en": "Name in English", "zh": "英文名称"}, initial=kept.title["en"] if kept else "", length_max=200),
        Field("owner", {"en": "Who answers for it", "zh": "负责人"}, initial=kept.owner if kept else "", length_max=200),
        Field("purpose", {"en": "Why it is kept", "zh": "设立目的"}, initial=kept.purpose if kept else "", length_max=200),
        Field(
            "second",
            {"en": "adding takes two persons", "zh": "添加须双人复核"},
            "tick",
            initial="yes" if kept and kept.second else "",
            hint={"en": "Trusted lists always do; it cannot be taken back.", "zh": "可信名单始终须双人复核；设置后不能取消。"},
            required=True,
        ),
    ]


def opening(_look: Look) -> Form:
    """The form that opens a list."""
    hint: Text = {"en": "letters, digits and _; policies name it so", "zh": "英文字母、数字与下划线，策略以此引用"}
    fields = [
        Field("name", {"en": "Short name", "zh": "短名称"}, hint=hint, length_max=48),
        Field("kind", {"en": "What for", "zh": "用途"}, "choice", [(kind, LIST_KIND_TITLES[kind]) for kind in LIST_KINDS]),
        Field("holds", {"en": "What stands on it", "zh": "对象"}, "choice", [(holds, HOLDS_TITLES[holds]) for holds in HOLDS]),
        *_described(None),
    ]
    note: Text = {
        "en": "What stands on it changes decisions once a policy names it in policy.toml.",
        "zh": "策略在 policy.toml 中引用后，其中的条目才会影响决策。",
    }
    return Form("list.open", {"en": "Open a list", "zh": "建立名单"}, fields, note=note, tone="primary")


def describing(kept: KeptList) -> Form:
    """The form that describes a list anew."""
    fixed = {"name": kept.name, "kind": kept.kind, "holds": kept.holds, "seen": seen_of(kept)}
    return Form("list.describe", {"en": "Edit description", "zh": "修改说明"}, _described(kept), fixed)


def seen_of(kept: KeptList) -> str:
    """By which a page knows the description again that it showed."""
    described = [kept.title["zh"], kept.title["en"], kept.owner, kept.purpose, kept.second]
    return blake2b(repr(described).encode(), digest_size=16).hexdigest()


def _ground(grounds: Mapping[str, Text]) -> Field:
    return Field("ground", {"en": "Ground", "zh": "依据"}, "choice", list(grounds.items()))


def adding(kept: KeptList, look: Look, grounds: Mapping[str, Text], *, read: bool) -> Form:
    """The form that puts a value on a list; ``read`` says whether some policy reads it."""
    now = datetime.fromtimestamp(look.now_us / MICROSECONDS_PER_SECOND, UTC).astimezone(ZoneInfo(look.zone))
    ends = (now + timedelta(days=ADDED_FOR_DAYS)).strftime("%Y-%m-%dT%H:%M")
    fields = [
        Field("value", {"en": "Value", "zh": "值"}, length_max=64),
        Field("until", {"en": "Until", "zh": "截止时间"}, "moment", initial=ends),
        _ground(grounds),
        _REASON,
    ]
    note = _noted(changes_nothing(read=read), _TWO if kept.second else None)
    return Form("list.add", {"en": "Add", "zh": "添加"}, fields, {"list": kept.name}, note, "primary")


def importing(kept: KeptList, grounds: Mapping[str, Text], *, read: bool) -> Form:
    """The form that takes a table in; ``read`` says whether some policy reads the list."""
    note: Text = {
        "en": f"CSV with the column value, and where wanted until, ground, reason, customer; up to {ROWS_MAX:,} rows. "
        "All or none: one row that cannot be taken in refuses the table.",
        "zh": f"CSV，须含 value 列，可含 until、ground、reason、customer 列；至多 {ROWS_MAX:,} 行。任何一行有误，整张表均不导入。",
    }
    fields = [
        Field("table", {"en": "Table (CSV)", "zh": "表格（CSV）"}, "file"),
        Field("until", {"en": "Until, where a row names none", "zh": "截止时间（行内未填时）"}, "moment", required=False),
        Field(
            "ground", {"en": "Ground, where a row names none", "zh": "依据（行内未填时）"}, "choice", list(grounds.items()), required=False
        ),
    ]
    return Form("list.import", {"en": "Import", "zh": "导入"}, fields, {"list": kept.name}, _noted(changes_nothing(read=read), note))


def lifting(kept: KeptList, one: Entry, look: Look, grounds: Mapping[str, Text]) -> Form:
    """The form that takes an entry off its list."""
    en, zh = (look.said(one.id, ENTRY_CHANGED, kept.holds, one.value, hidden) for hidden in ("(hidden)", "（已隐藏）"))
    what = HOLDS_TITLES[kept.holds]
    named: Text = {"en": f"Lift {what['en']} {en}", "zh": f"解除{what['zh']} {zh}"}
    note = _TWO if kept.second and kept.kind != "allow" else None
    fixed = {"entry": one.id}
    return Form(
        "list.lift", {"en": "Lift", "zh": "解除"}, [_ground(grounds), _REASON], fixed, note, "danger", id=f"lift-{one.id}", named=named
    )


def _about(one: Proposal, kept: KeptList) -> Text:
    """What is to be done to which list: the words of a dialog."""
    if one.changes[0].lifts:
        return {"en": f"lift from {kept.title['en']}", "zh": f"从“{kept.title['zh']}”解除"}
    return {"en": f"add to {kept.title['en']}", "zh": f"加入“{kept.title['zh']}”"}


def _entries_named(one: Proposal, kept: KeptList, look: Look) -> Text:
    """How many entries, and the first of them by value as far as the reader sees that."""
    number, left = len(one.changes), len(one.changes) - NAMED_MAX
    said: Text = {"en": plural(number, "entry is", "entries are"), "zh": f"{number:,} 个条目"}
    values = [look.said(one.id, ENTRY_CHANGED, kept.holds, change.value, "") for change in one.changes[:NAMED_MAX]]
    if not all(values):
        return said
    more_en, more_zh = (f" and {left:,} more", "等") if left > 0 else ("", "")
    named_en, named_zh = ", ".join(values), "、".join(values)
    return {
        "en": f"{plural(number, 'entry', 'entries')} ({named_en}{more_en}) {'is' if number == 1 else 'are'}",
        "zh": f"{said['zh']}（{named_zh}{more_zh}）",
    }


def _confirming(one: Proposal, kept: KeptList, look: Look, fixed: Mapping[str, str], *, read: bool) -> Form:
    what, about = _entries_named(one, kept, look), _about(one, kept)
    does: Text = {
        "en": f"You sign that {what['en']} added; they count at once, until the time that each names.",
        "zh": f"您签署添加 {what['zh']}，即刻生效，至各自的截止时间为止。",
    }
    if one.changes[0].lifts:
        does = {
            "en": f"You sign that {what['en']} lifted, at once.",
            "zh": f"您签署解除 {what['zh']}，即刻生效。",
        }
    elif (nothing := changes_nothing(read=read)) is not None:
        does = both_said(nothing, does)
    return Form(
        "list.confirm",
        {"en": "Confirm", "zh": "同意"},
        fixed=fixed,
        note=does,
        tone="primary",
        id=f"confirm-{one.id}",
        asks=True,
        named={"en": f"Confirm: {about['en']}", "zh": f"同意：{about['zh']}"},
    )


def answering(one: Proposal, kept: KeptList, look: Look, *, read: bool) -> Sequence[Form]:
    """What the reader can say to what waits.

    Args:
        one: What waits.
        kept: On which list.
        look: Who looks.
        read: Whether some policy reads the list.
    """
    fixed, forms, about = {"proposal": one.id}, [], _about(one, kept)
    own = look.actor.stands_behind(one.changes[0].by)
    if can_be_second(one.changes[0].by, look.actor, *CONFIRMED_BY):
        forms.append(_confirming(one, kept, look, fixed, read=read))
    if own or look.is_a(*CONFIRMED_BY):
        title: Text = {"en": "Take back", "zh": "撤回"} if own else {"en": "Refuse", "zh": "驳回"}
        named: Text = {"en": f"{title['en']}: {about['en']}", "zh": f"{title['zh']}：{about['zh']}"}
        note = Field("note", {"en": "Why", "zh": "理由"}, "lines", required=not own)
        forms.append(Form("list.refuse", title, [note], fixed, id=f"refuse-{one.id}", named=named))
    return forms
