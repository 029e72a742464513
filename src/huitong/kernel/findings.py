"""Findings: what a check found, as values in a list. A check that can find five things returns five."""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from huitong.kernel.errors import LANGUAGES, Language, Text

_ROW = re.compile(r"\brow (\d+)(, )?")


class Severity(StrEnum):
    """How much a finding weighs: an error stops the row or the policy, a warning does not."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a check found.

    Attributes:
        code: Stable dotted name (``"field.range.above"``).
        where: The place: a file, table, row, cell or field (``"row 17, amount"``).
        text: What is wrong, in zh and en.
        remedy: What to do about it, in zh and en.
        severity: Whether it stops what was checked.
        where_zh: The place for readers of Chinese, if it is more than names and rows.
    """

    code: str
    where: str
    text: Text
    remedy: Text
    severity: Severity = Severity.ERROR
    where_zh: str | None = None

    @classmethod
    def at(cls, code: str, where: Text, text: Text, remedy: Text, severity: Severity = Severity.ERROR) -> Self:
        """A finding at a place that reads otherwise in each language (``{"en": "offset 7", "zh": "偏移 7"}``)."""
        return cls(code, where["en"], text, remedy, severity, where["zh"])

    def place(self, language: Language) -> str:
        """Where it is, for people: rows are counted in the reader's language, names stay what they are.

        >>> text = {"zh": "金额小于零", "en": "amount below zero"}
        >>> Finding("field.range.below", "row 2, amount", text, text).place("zh")
        '第 2 行，amount'
        """
        if language == "en":
            return self.where
        if self.where_zh is not None:
            return self.where_zh
        return _ROW.sub(lambda row: f"第 {row[1]} 行{'，' if row[2] else ''}", self.where)

    def __post_init__(self) -> None:
        for text in (self.text, self.remedy):
            if any(not text.get(language) for language in LANGUAGES):
                raise ValueError(f"finding {self.code} lacks a language")
