"""Forms about the shape of a decision table: a condition added, taken away or renamed, another hit policy; and what was changed so far."""

from collections.abc import Mapping, Sequence
from typing import Literal

from huitong.console.forms import Field, Form, dialog_of
from huitong.console.markup import Markup, Part, markup, tag
from huitong.console.ports_draft import FeelName
from huitong.console.work.look import Look, typed
from huitong.console.work.policy_content import HIT_POLICIES, own_label
from huitong.decisions.tables import DmnTable, TableChange
from huitong.kernel import Text

SHAPE_ASK = "policy.shape"
LABEL_LENGTH_MAX = 200
_LABEL_HINT: Text = {"en": "Chinese and English, parted by a slash", "zh": "先中文后英文，以斜线分隔"}
_NOTE: Text = {
    "en": "It is shown in the table at once, where it can be taken back, and drafted together with the cells that you change.",
    "zh": "修改立即显示在表中，可以撤销，并与单元格的修改一并登记。",
}


def shape_forms(one: DmnTable, names: Sequence[FeelName]) -> list[Form]:
    """What may be done to a table's columns and its hit policy, as it stands in the editor.

    Args:
        one: The table.
        names: Names that a column may look at; functions among them are passed over.
    """
    columns = [(str(place), _called(column.label)) for place, column in enumerate(one.inputs)]
    looked_at: list[tuple[str, Text]] = [
        (name.name, {"en": f"{name.name} · {name.title['en']}", "zh": f"{name.name} · {name.title['zh']}"})
        for name in names
        if not name.function
    ]
    hits: list[tuple[str, Text]] = [
        (letter, {"en": f"{letter}, {en}", "zh": f"{letter}，{zh}"}) for letter, (en, zh) in HIT_POLICIES.items()
    ]
    which = Field("place", {"en": "Column", "zh": "列"}, "choice", columns, own=True)
    label = Field("label", {"en": "Name", "zh": "列名"}, hint=_LABEL_HINT, length_max=LABEL_LENGTH_MAX)
    optional = Field("label", {"en": "Name", "zh": "列名"}, hint=_LABEL_HINT, required=False, length_max=LABEL_LENGTH_MAX)
    expression = Field("expression", {"en": "What it looks at", "zh": "判断对象"}, "choice", looked_at)
    hit = Field("hit", {"en": "Hit policy", "zh": "命中策略"}, "choice", hits, initial=one.hit_policy)

    def form(how: str, title: Text, *fields: Field) -> Form:
        tone: Literal["danger", "plain"] = "danger" if how == "remove" else "plain"
        return Form(SHAPE_ASK, title, fields, {"how": how}, _NOTE, tone, id=f"table-{how}")

    return [
        form("add", {"en": "Add a column", "zh": "添加列"}, expression, optional),
        form("remove", {"en": "Take a column away", "zh": "删除列"}, which),
        form("rename", {"en": "Rename a column", "zh": "修改列名"}, which, label),
        form("hit", {"en": "Hit policy", "zh": "命中策略"}, hit),
    ]


def shape_dialogs(one: DmnTable, names: Sequence[FeelName], look: Look) -> Markup:
    """The dialogs of these forms once more, to take the place of those that the page has: they name the columns that there are now."""
    return tag("template", [dialog_of(form, look.language) for form in shape_forms(one, names)], data_dialogs=True)


def pending(changes: Sequence[TableChange], names: Mapping[str, Text], look: Look) -> Part:
    """What of a table's shape is changed and not drafted yet, and the button that takes the last change back."""
    if not changes:
        return None
    undo = tag("button", look.pick("Take back", "撤销"), type="button", class_="button", data_undo=True)
    items = [tag("li", _told(one, names, look), " ", undo if one is changes[-1] else None) for one in changes]
    lead = tag("p", look.pick("Changed here and not drafted yet:", "已修改、尚未登记："), class_="meta")
    return tag("div", lead, tag("ul", items), class_="note pending", role="status")


def _told(one: TableChange, names: Mapping[str, Text], look: Look) -> Part:
    if one.how == "hit":
        en, zh = HIT_POLICIES.get(one.hit, (one.hit, one.hit))
        return look.pick(f"hit policy {one.hit}, {en}", f"命中策略改为 {one.hit}（{zh}）")
    if one.how == "add":
        title = look.text(names.get(one.expression, {"en": one.expression, "zh": one.expression}))
        return markup(look.pick("column added: ", "添加列："), typed(own_label(one.label, look) or title))
    number = one.place + 1
    if one.how == "remove":
        return look.pick(f"column {number} taken away", f"删除第 {number} 列")
    return markup(look.pick(f"column {number} renamed: ", f"第 {number} 列改名为："), typed(own_label(one.label, look)))


def _called(label: str) -> Text:
    """A column's label, which its modeller wrote in the language that they had, or in both."""
    zh, slash, en = label.partition("/")
    return {"en": en.strip(), "zh": zh.strip()} if slash and en.strip() and zh.strip() else {"en": label, "zh": label}
