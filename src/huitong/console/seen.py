"""What a page shows that says something about a person: gathered while it is built, written down before it is sent."""

from collections.abc import Sequence

from huitong.console.ports import Story
from huitong.identity import GRADE_PERSONAL, Clearance, Reading, ShownDecision, ShownEvent


class Seen:
    """What one page, file or answer shows.

    Attributes:
        clearance: Up to which grade, and for what; ``None`` while nobody has looked.
    """

    def __init__(self) -> None:
        self.clearance: Clearance | None = None
        self._records: dict[str, None] = {}
        self._fields: set[str] = set()
        self._about: dict[str, str] = {}
        self._grade = 1

    def take(self, record: str, field: str, grade: int) -> None:
        """Something that is shown, and whose grade its reader reaches.

        Args:
            record: What it is of, by its id; empty of a sum over many, which is no record of anybody.
            field: The field that it comes from.
            grade: Its grade.
        """
        if record and grade >= GRADE_PERSONAL:
            self._grade = max(self._grade, grade)
            self._records[record] = None
            self._fields.add(field)

    def take_all(self, shown: Sequence[ShownEvent | ShownDecision]) -> None:
        """Events and decisions that are shown, as far as their reader sees them."""
        for one in shown:
            for name in one.personal:
                self.take(one.id, name, one.seen)

    def take_story(self, story: Story, amount_grade: int) -> None:
        """A decision that is shown with all that it rests on, and beside the customer's earlier payments.

        Args:
            story: The decision.
            amount_grade: Grade of its event's amount, which that of an earlier payment has too.
        """
        self.take_all([story.decision, story.event])
        if story.past:
            self.take(story.decision.id, "amount", amount_grade)

    def asked(self, role: str, name: str, grade: int) -> None:
        """Whom the reader named, who may see such names: that nothing is known of them says something too."""
        if grade >= GRADE_PERSONAL:
            self._grade = max(self._grade, grade)
            self._fields.add(role)
            self._about[role] = name

    def reading(self, page: str) -> Reading:
        """What there is to write down of it."""
        records = tuple(self._records)
        return Reading(page, records, tuple(sorted(self._fields)), self._grade, len(records), self._about)
