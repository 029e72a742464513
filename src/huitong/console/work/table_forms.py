"""Forms about the shape of a decision table: a condition added, taken away or renamed, another hit policy; each drafts a version."""

from collections.abc import Sequence
from typing import Literal

from huitong.console.forms import Field, Form
from huitong.console.ports_draft import FeelName
from huitong.console.work.policy_content import HIT_POLICIES
from huitong.console.work.policy_forms import REASON
from huitong.decisions.tables import DmnTable
from huitong.kernel import Text

TABLE_ACT = "policy.table"
LABEL_LENGTH_MAX = 200
_LABEL_HINT: Text = {"en": "Chinese and English, parted by a slash", "zh": "先中文后英文，以斜线分隔"}
_NOTE: Text = {
    "en": "It is tried first, then drafted as a version of yours. Cells that you changed and did not draft yet are lost.",
    "zh": "先经校验，再登记为您名下的版本。尚未登记的单元格修改将丢失。",
}


def shape_forms(one: DmnTable, policy: str, names: Sequence[FeelName], seen: str) -> list[Form]:
    """What may be done to a table's columns and its hit policy.

    Args:
        one: The table.
        policy: Name of its policy.
        names: Names that a column may look at; functions among them are passed over.
        seen: By which its file is known again.
    """
    about = {"policy": policy, "file": one.place.file, "table": one.name, "seen": seen}
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
        return Form(TABLE_ACT, title, [*fields, REASON], {**about, "how": how}, _NOTE, tone, id=f"table-{how}")

    forms = [form("add", {"en": "Add a column", "zh": "添加列"}, expression, optional)]
    if len(columns) > 1:
        forms.append(form("remove", {"en": "Take a column away", "zh": "删除列"}, which))
    forms.append(form("rename", {"en": "Rename a column", "zh": "修改列名"}, which, label))
    forms.append(form("hit", {"en": "Hit policy", "zh": "命中策略"}, hit))
    return forms


def _called(label: str) -> Text:
    """A column's label, which its modeller wrote in the language that they had, or in both."""
    zh, slash, en = label.partition("/")
    return {"en": en.strip(), "zh": zh.strip()} if slash and en.strip() and zh.strip() else {"en": label, "zh": label}
