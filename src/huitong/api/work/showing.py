"""What a reader of the books may see, field by field, and the record of what they saw."""

from starlette.requests import Request

from huitong.api.work.port import WorkService
from huitong.identity import GRADE_PERSONAL, Clearance, FieldGrades, Reading, Signed, Veiled, veiled
from huitong.kernel import Text, time_text


class Showing:
    """Veils values by the grade of the field of the event that they come from, and remembers what it gave away.

    Args:
        service: The bank.
        clearance: Up to which grade the reader sees.
    """

    def __init__(self, service: WorkService, clearance: Clearance) -> None:
        self._service = service
        self._clearance = clearance
        self._fields: set[str] = set()
        self._records: dict[str, None] = {}
        self._grade = 1

    def text(self, record: str, kind: str, field: str, value: str) -> Veiled[str]:
        """A text, or the mark in its place."""
        self._given(record, field, self.grade(kind, field))
        return veiled(value, self.grade(kind, field), self._clearance)

    def maybe(self, record: str, kind: str, field: str, value: str | None) -> Veiled[str | None]:
        """A text that may be missing."""
        return None if value is None else self.text(record, kind, field, value)

    def number(self, record: str, kind: str, field: str, value: int) -> Veiled[int]:
        """A whole number."""
        self._given(record, field, self.grade(kind, field))
        return veiled(value, self.grade(kind, field), self._clearance)

    def words(self, record: str, kind: str, field: str, value: Text) -> Veiled[Text]:
        """A text in both languages."""
        self._given(record, field, self.grade(kind, field))
        return veiled(value, self.grade(kind, field), self._clearance)

    def grade(self, kind: str, field: str) -> int:
        """Grade of a field or key of a kind of event."""
        return FieldGrades.of(self._service.house_contracts.get(kind)).of_field(field)

    def _given(self, record: str, field: str, grade: int) -> None:
        if grade <= self._clearance.grade:
            self._grade = max(self._grade, grade)
            if grade >= GRADE_PERSONAL:
                self._fields.add(field)
                self._records[record] = None

    def note(self, request: Request, signed: Signed) -> None:
        """Writes down what was shown, before it is sent."""
        reading = Reading(request.url.path, tuple(self._records), tuple(sorted(self._fields)), self._grade, len(self._records))
        self._service.note_reading(signed, reading, self._clearance)


def moment(time_us: int | None) -> str | None:
    """A moment for JSON."""
    return None if time_us is None or time_us == 0 else time_text(time_us)
