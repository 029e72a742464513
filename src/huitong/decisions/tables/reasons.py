"""Reasons of a table's rows that still say a number which was changed in the row's conditions."""

import re
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal

from huitong.decisions.tables.dmn import DmnRule, DmnTable
from huitong.kernel import Finding, Severity

_IN_CONDITIONS = re.compile(r"(?<![A-Za-z0-9_])\d+(?:\.\d+)?")
_IN_REASONS = re.compile(r"(?<![A-Za-z0-9_.,])(?:\d{1,3}(?:[,\u00a0\u202f]\d{3})+(?!\d)|\d+)(?:\.\d+)?")
_SEPARATORS = str.maketrans("", "", ",\u00a0\u202f")


def outdated_reasons(now: DmnTable, before: Iterable[DmnTable]) -> list[Finding]:
    """Rows whose reason says a number that stood in a condition of the row before, and stands in none of them now.

    Args:
        now: The table as it is to be.
        before: The same table as it was; rows are known again by their ids.
    """
    tables = tuple(before)
    found = []
    for number, rule in enumerate(now.rules, start=1):
        was = [one for table in tables for one in table.rules if rule.id and one.id == rule.id]
        said = tuple(dict.fromkeys(_outdated(rule, was)))
        if said:
            where = now.place.at(table=now.name, row=number).text()
            en, zh = " and ".join(said), "、".join(said)
            stands = "stands" if len(said) == 1 else "stand"
            found.append(
                Finding(
                    "table.reason.outdated",
                    where["en"],
                    {
                        "en": f"the reason still says {en}, which {stands} in no condition any more",
                        "zh": f"原因中仍写有 {zh}，而条件中已不再出现",
                    },
                    {
                        "en": "change the reason too, in both languages, unless it still holds",
                        "zh": "请同时修改两种语言的原因；如仍属实可保留",
                    },
                    Severity.WARNING,
                    where["zh"],
                )
            )
    return found


def _outdated(rule: DmnRule, was: Sequence[DmnRule]) -> Iterator[str]:
    """The numbers as the reasons write them."""
    gone = {number for one in was for number in _numbers(one.inputs)} - _numbers(rule.inputs)
    for reason in rule.annotations:
        for said in _IN_REASONS.findall(reason):
            if Decimal(said.translate(_SEPARATORS)) in gone:
                yield said


def _numbers(conditions: Sequence[str]) -> set[Decimal]:
    return {Decimal(number) for condition in conditions for number in _IN_CONDITIONS.findall(condition)}
