"""The access log: who read which personal data for which purpose, one event for each page or answer."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from huitong.contracts import Event
from huitong.identity.grades import GRADE_PERSONAL, ShownDecision, ShownEvent
from huitong.identity.purposes import Clearance
from huitong.kernel import EventId

ABOUT_ROLES = ("customer", "account", "card", "device")
"""Roles of whom somebody may ask about by name; those of no person are not written down."""
_RECORDS_LENGTH_MAX, _FIELDS_LENGTH_MAX, _PAGE_LENGTH_MAX = 8_192, 2_048, 256


@dataclass(frozen=True, slots=True)
class Reading:
    """What a page or an answer showed.

    Attributes:
        page: Which page or address, without what was asked of it.
        records: Ids of the events or decisions shown.
        fields: Names of the fields from grade 3 on that could be read in them.
        grade: Highest grade shown.
        count: How many records; a long list names the first only.
        about: Whom the answer is about where the reader named them, by role: that nothing is known of somebody says something too.
    """

    page: str
    records: tuple[str, ...]
    fields: tuple[str, ...]
    grade: int
    count: int
    about: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, page: str, shown: Sequence[ShownEvent | ShownDecision]) -> "Reading":
        """What a page of events and decisions showed."""
        seen = [one for one in shown if one.personal]
        fields = sorted({name for one in seen for name in one.personal})
        return cls(page, tuple(one.id for one in seen), tuple(fields), max((one.seen for one in seen), default=1), len(seen))

    @property
    def personal(self) -> bool:
        """Whether there is anything to write down."""
        return self.grade >= GRADE_PERSONAL and (self.count > 0 or bool(self.about))


def read_event(event_id: EventId, user: str, through: str, reading: Reading, clearance: Clearance, now_us: int) -> Event:
    """The event of it.

    Args:
        event_id: Its id.
        user: Id of who read.
        through: Session or API key.
        reading: What was shown.
        clearance: Under which purpose.
        now_us: The clock's reading.
    """
    purpose = clearance.purpose
    data = {
        "through": through,
        "purpose": None if purpose is None else purpose.kind,
        "reference": None if purpose is None else purpose.reference,
        "page": reading.page[:_PAGE_LENGTH_MAX],
        "records": _joined(reading.records, _RECORDS_LENGTH_MAX),
        "fields": _joined(reading.fields, _FIELDS_LENGTH_MAX),
        "count": reading.count,
        "grade": reading.grade,
    }
    keys = {"user": user, **{role: name for role, name in reading.about.items() if role in ABOUT_ROLES}}
    return Event(event_id, "access.read", now_us, keys, {name: value for name, value in data.items() if value is not None})


def _joined(words: Iterable[str], length_max: int) -> str:
    """Words between blanks, as many as there is room for; whole ones only."""
    text = " ".join(words)
    return text if len(text) <= length_max else text[: text.rfind(" ", 0, length_max)]
