"""Filters in an address that cannot be meant: they are passed over, and the page says so, for what it shows is not what was asked for."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from huitong.console.markup import Part, tag
from huitong.console.work.look import Look, typed
from huitong.kernel import Text

VALUE_LENGTH_MAX = 64
"""Most characters of a value that are repeated."""
_CHOOSE: Text = {"en": "choose one of the list", "zh": "请从列表中选择"}


@dataclass(frozen=True, slots=True)
class Passed:
    """A filter that is passed over.

    Attributes:
        label: What the page calls it.
        value: What the address says.
        remedy: What to give instead.
    """

    label: Text
    value: str
    remedy: Text


def not_among(query: Mapping[str, str], known: Mapping[str, tuple[Text, Collection[str]]]) -> list[Passed]:
    """Filters of an address whose value is none of those that there are.

    Args:
        query: The address's.
        known: What the page calls each filter, and its values, by its name in the address.
    """
    given = {name: query.get(name, "") for name in known}
    return [Passed(known[name][0], value, _CHOOSE) for name, value in given.items() if value and value not in known[name][1]]


def passed_over(found: Sequence[Passed], look: Look) -> Part:
    """Says of each what cannot be meant and what to do; nothing where there is none."""
    return [
        tag(
            "p",
            look.text(one.label),
            look.pick(": “", "“"),
            typed(one.value[:VALUE_LENGTH_MAX]),
            look.pick("” is not understood and was passed over; ", "”无法识别，未作为筛选条件；"),
            look.text(one.remedy),
            look.pick(".", "。"),
            class_="note",
            role="status",
        )
        for one in found
    ]
