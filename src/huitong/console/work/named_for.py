"""The alert or case that measures are looked at, imposed and lifted for: kept with them, and shown to whoever signs second."""

from collections.abc import Mapping, Sequence

from huitong.console.markup import Part, link, markup, tag
from huitong.console.ports_work import WorkPort
from huitong.console.work.look import Look, path_to
from huitong.evaluation.words import MISSING
from huitong.identity import Purpose
from huitong.identity.purposes import REFERENCE_LENGTH_MAX, PurposeKind
from huitong.kernel import Text
from huitong.operations.cases import Desk
from huitong.risk.disposition import Change

NAMED_KINDS: tuple[PurposeKind, ...] = ("alert", "case")
_NONE: Text = {"en": "names no alert or case", "zh": "未指明预警或案件"}
_WAYS: Mapping[str, tuple[str, Text, Text]] = {
    "alert": ("alerts", {"en": "alert", "zh": "预警"}, {"en": "Open the alert that it is for", "zh": "打开所涉预警"}),
    "case": ("cases", {"en": "case", "zh": "案件"}, {"en": "Open the case that it is for", "zh": "打开所涉案件"}),
    "decision": ("decisions", {"en": "decision", "zh": "决策"}, {"en": "Open the decision that it follows from", "zh": "打开引发它的决策"}),
}
"""Page, name and words of the way to what a change rests on."""


def named_for(bank: WorkPort, given: Mapping[str, str]) -> Purpose | None:
    """What measures are for: the alert or case that is given, if the desk has it.

    The purpose for which somebody reads is none of it: it may be of another customer's alert, looked at before.

    Args:
        bank: The bank.
        given: Their ids, as an address or a form holds them, by kind.
    """
    named = [Purpose(kind, given[kind]) for kind in NAMED_KINDS if 0 < len(given.get(kind, "").strip()) <= REFERENCE_LENGTH_MAX]

    def first(desk: Desk) -> Purpose | None:
        known: Mapping[PurposeKind, Mapping[str, object]] = {"alert": desk.alerts, "case": desk.cases}
        return next((one for one in named if one.reference in known.get(one.kind, {})), None)

    return bank.desk.ask(first) if named else None


def as_given(purpose: Purpose | None) -> dict[str, str]:
    """As an address or a form holds it; the reverse of ``named_for``."""
    return {} if purpose is None else {purpose.kind: purpose.reference}


def rests_on(change: Change, look: Look) -> Part:
    """The alert or case that a person did it for, or the decision that it follows from, each a door; or that none is named."""
    parts = [link(href, look.text(name)) for href, name, _ in _doors(change)]
    if not parts:
        return MISSING if change.automatic else tag("span", look.text(_NONE), class_="muted")
    return markup([markup(look.pick(", ", "、") if number else "", one) for number, one in enumerate(parts)])


def ways_of(change: Change) -> Sequence[tuple[Text, str]]:
    """The same as ways out of a dialog: words and address."""
    return [(words, href) for href, _, words in _doors(change)]


def names_nothing(change: Change) -> Text | None:
    """Says that it rests on nothing that could be opened; ``None`` where it does."""
    if _doors(change):
        return None
    return {"en": "It names no alert or case.", "zh": f"{_NONE['zh']}。"}


def _doors(change: Change) -> list[tuple[str, Text, Text]]:
    named = {"alert": change.alert, "case": change.case, "decision": change.decision}
    return [(path_to(_WAYS[kind][0], id_), *_WAYS[kind][1:]) for kind, id_ in named.items() if id_ is not None]
