"""What a reader of the books may see, field by field, and the record of what they saw."""

from typing import TypeVar

from starlette.requests import Request

from huitong.api.work.port import WorkService
from huitong.identity import GRADE_PERSONAL, Clearance, FieldGrades, Reading, Signed, Veiled, veiled
from huitong.kernel import time_text

T = TypeVar("T")


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
        self._about: dict[str, str] = {}
        self._grade = 1

    def value(self, record: str, kind: str, field: str, value: T, at_least: int = 1) -> Veiled[T]:
        """A value, or the mark in its place.

        Args:
            record: What it is of, by its id.
            kind: Kind of the event that it comes from.
            field: Field or key of that event.
            value: The value.
            at_least: Its grade where that is higher than the field's; see ``of_code``.
        """
        grade = max(self.grade(kind, field), at_least)
        self._given(record, field, grade)
        return veiled(value, grade, self._clearance)

    def maybe(self, record: str, kind: str, field: str, value: T | None, at_least: int = 1) -> Veiled[T] | None:
        """A value that may be missing."""
        return None if value is None else self.value(record, kind, field, value, at_least)

    def of_code(self, decision: str | None, code: str) -> int:
        """Grade of a reason that a decision gave; a ground that no decision names is a person's, and has its field's."""
        return 1 if decision is None else self._service.grade_of_code(decision, code)

    def sees(self, kind: str, field: str) -> bool:
        """Whether the reader sees a field, and so may search and sort by it: else they find out by guessing what it holds."""
        return self.grade(kind, field) <= self._clearance.grade

    def grade(self, kind: str, field: str) -> int:
        """Grade of a field or key of a kind of event."""
        return FieldGrades.of(self._service.house_contracts.get(kind)).of_field(field)

    def asked_about(self, kind: str, role: str, name: str) -> None:
        """Notes whom the reader named, which they may: an answer that shows nothing says something of them too."""
        grade = self.grade(kind, role)
        if grade >= GRADE_PERSONAL:
            self._grade = max(self._grade, grade)
            self._fields.add(role)
            self._about[role] = name

    def _given(self, record: str, field: str, grade: int) -> None:
        if grade <= self._clearance.grade:
            self._grade = max(self._grade, grade)
            if grade >= GRADE_PERSONAL:
                self._fields.add(field)
                self._records[record] = None

    def note(self, request: Request, signed: Signed) -> None:
        """Writes down what was shown, before it is sent."""
        records, fields = tuple(self._records), tuple(sorted(self._fields))
        reading = Reading(request.url.path, records, fields, self._grade, len(records), self._about)
        self._service.note_reading(signed, reading, self._clearance)


def moment(time_us: int | None) -> str | None:
    """A moment for JSON."""
    return None if time_us is None or time_us == 0 else time_text(time_us)
