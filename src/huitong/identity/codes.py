"""What of a decision's reasons stands in other events: it has the grade of the reason that it names."""

from collections.abc import Mapping
from dataclasses import dataclass

from huitong.contracts import Event

_CODED: Mapping[str, tuple[str, ...]] = {
    "alert.raised": ("pattern",),
    "measure.changed": ("ground", "ground_zh", "ground_en"),
    "measure.proposed": ("ground", "ground_zh", "ground_en"),
}
"""By kind of event the fields that name a reason: the first its code, the others its words."""


@dataclass(frozen=True, slots=True)
class NamedReason:
    """A reason of a decision that another event names.

    Attributes:
        fields: The event's fields that do.
        code: The reason's code.
        decision: Id of the decision.
    """

    fields: tuple[str, ...]
    code: str
    decision: str


def reason_named_in(event: Event) -> NamedReason | None:
    """The reason that an event names; ``None`` where it names none, or a person's own ground."""
    fields = _CODED.get(event.kind)
    code, decision = (None, None) if fields is None else (event.data.get(fields[0]), event.data.get("decision"))
    if fields is None or not isinstance(code, str) or not isinstance(decision, str) or event.data.get("source") == "person":
        return None
    return NamedReason(fields, code, decision)
