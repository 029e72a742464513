"""Where an expression stands in a policy, and the error that says so."""

import re
from dataclasses import dataclass, replace

from huitong.kernel import PolicyError, Text

_CHINESE = re.compile("[\u4e00-\u9fff]")


def label_words(label: str) -> Text:
    """A label as people read it: of one that its modeller wrote as ``中文 / English`` the part of each language.

    >>> label_words("渠道 / channel"), label_words("km / h")["zh"]
    ({'en': 'channel', 'zh': '渠道'}, 'km / h')
    """
    zh, slash, en = label.partition("/")
    if not slash or not _CHINESE.search(zh) or _CHINESE.search(en):
        return {"en": label, "zh": label}
    return {"en": en.strip(), "zh": zh.strip()}


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """A place inside one text: line and column, both counted from 1."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Place:
    """The text's own place in the policy.

    Attributes:
        file: Name of the file, relative to the policy's folder.
        table: Name of the decision table, or of the rule.
        row: Row of the table, counted from 1.
        cell: The column's label, or the part of the rule.
    """

    file: str
    table: str | None = None
    row: int | None = None
    cell: str | None = None

    def at(self, *, table: str | None = None, row: int | None = None, cell: str | None = None) -> "Place":
        """The same place, narrowed."""
        return replace(
            self,
            table=self.table if table is None else table,
            row=self.row if row is None else row,
            cell=self.cell if cell is None else cell,
        )

    def text(self, position: Position | None = None) -> Text:
        """The place in words, in both languages."""
        english, chinese = [self.file], self.file
        if self.table is not None:
            english.append(f"table {self.table!r}")
            chinese += f" 的表“{self.table}”"
        if self.row is not None:
            english.append(f"row {self.row}")
            chinese += f"第 {self.row} 行" if self.table is not None else f" 第 {self.row} 行"
        if self.cell is not None:
            label = label_words(self.cell)
            english.append(f"cell {label['en']!r}")
            chinese += f"单元格“{label['zh']}”"
        if position is not None:
            english.append(f"line {position.line}, column {position.column}")
            chinese += f"，文本第 {position.line} 行第 {position.column} 列"
        return {"en": ", ".join(english), "zh": chinese}


NOWHERE = Place("expression")
"""For expressions that come from no file: an embedder's own code, a shell."""


def policy_error(code: str, place: Place, position: Position | None, cause: Text, remedy: Text) -> PolicyError:
    """A ``PolicyError`` whose cause begins with the place."""
    where = place.text(position)
    return PolicyError(code, {"en": f"{where['en']}: {cause['en']}", "zh": f"{where['zh']}：{cause['zh']}"}, remedy)


def unknown_name(name: str, nearest: str | None, place: Place, position: Position) -> PolicyError:
    """The error for a name that nobody declared; ``nearest`` is what may have been meant."""
    return policy_error(
        "feel.name.unknown",
        place,
        position,
        {"en": f"the name {name!r} is not known here", "zh": f"此处没有名称“{name}”"},
        {
            "en": f"did you mean {nearest!r}?" if nearest else "declare it, or correct its spelling",
            "zh": f"是否想写“{nearest}”？" if nearest else "请先声明，或改正拼写",
        },
    )
