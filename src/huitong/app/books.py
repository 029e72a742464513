"""The bank's books: opened at their first use, over the log for writing where this process has it, else over the log as others write it."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from huitong.app.logbook import Logbook
from huitong.app.projections import REBUILD, Rebuilt
from huitong.contracts import Book, Command, DataContract, Event, Value
from huitong.decisions.rollout import RolloutBook, Rollouts
from huitong.kernel import EventId, Finding, HuitongError, Text
from huitong.operations import cases
from huitong.operations.webhooks import WebhookBook, Webhooks
from huitong.risk.disposition import Ledger, MeasuresBook
from huitong.risk.lists import Lists, ListsBook
from huitong.store import BookKeeper, RecordLog

S = TypeVar("S")
LABEL_SOURCE = "investigation"
_KEPT: tuple[Book[Any], ...] = (cases.DeskBook(), MeasuresBook(), ListsBook(), RolloutBook(), WebhookBook())
BOOK_NAMES = frozenset(book.name for book in _KEPT)


class Books:
    """Every book of a bank.

    Args:
        logbook: The bank's log.
        turn: Held by whoever writes to it.
        folder: Where books are kept between two starts.
    """

    def __init__(self, logbook: Logbook, turn: AbstractContextManager[object], folder: Path) -> None:
        self._logbook = logbook
        self._turn = turn
        self._folder = folder
        self._keepers: dict[str, BookKeeper[Any]] = {}

    @property
    def desk(self) -> BookKeeper[cases.Desk]:
        """Alerts and cases.

        Raises:
            ExternalError: If another process has the log open, or the disk refuses.
        """
        return self._keeper(cases.DeskBook())

    @property
    def measures(self) -> BookKeeper[Ledger]:
        """The ledger of measures.

        Raises:
            ExternalError: If another process has the log open, or the disk refuses.
        """
        return self._keeper(MeasuresBook())

    @property
    def lists(self) -> BookKeeper[Lists]:
        """Lists that people keep.

        Raises:
            ExternalError: If another process has the log open, or the disk refuses.
        """
        return self._keeper(ListsBook())

    @property
    def rollouts(self) -> BookKeeper[Rollouts]:
        """Which version of each policy stands where.

        Raises:
            ExternalError: If another process has the log open, or the disk refuses.
        """
        return self._keeper(RolloutBook())

    @property
    def webhooks(self) -> BookKeeper[Webhooks]:
        """Who is told what happens.

        Raises:
            ExternalError: If another process has the log open, or the disk refuses.
        """
        return self._keeper(WebhookBook())

    def _keeper(self, book: Book[S]) -> BookKeeper[S]:
        keeper = self._keepers.get(book.name)
        if keeper is None:  # whoever comes second takes the first one's
            keeper = self._keepers.setdefault(book.name, self._open(book, self._logbook.log))
        return keeper

    def _open(self, book: Book[S], log: RecordLog) -> BookKeeper[S]:
        return BookKeeper(book, log, self._turn, self._folder / f"{book.name}.book")

    @contextmanager
    def reading(self, book: Book[S]) -> Iterator[BookKeeper[S] | None]:
        """A book to ask and not to act on, which needs no turn among writers; ``None`` where nothing was ever written."""
        if self._logbook.writing:  # a keeper that stays follows the log from question to question
            yield self._keeper(book)
            return
        with self._logbook.reading() as log:
            yield None if log is None else self._open(book, log)

    def check(self, log: RecordLog) -> Iterator[Finding]:
        """Whether what is kept of each book is what the log gives."""
        for keeper in self._over(log):
            if not keeper.agrees():
                text: Text = {
                    "en": "the kept book is not what the log gives",
                    "zh": "保存的账簿与由日志推得的不同",
                }
                yield Finding("state.differs", keeper.book.name, text, REBUILD)

    def rebuild(self, log: RecordLog, name: str | None) -> list[Rebuilt]:
        """Throws one book away, or all of them, and folds it again from the whole log.

        Args:
            log: The log.
            name: Of the book; another name than a book's rebuilds none.

        Raises:
            ExternalError: If the disk refuses.
        """
        return [
            Rebuilt(keeper.book.name, str(keeper.book.version), keeper.rebuild())
            for keeper in self._over(log)
            if name in (None, keeper.book.name)
        ]

    def _over(self, log: RecordLog) -> list[BookKeeper[Any]]:
        """Every book that is kept between two starts; one that is open already, as it is open."""
        return [self._keepers.get(book.name) or self._open(book, log) for book in _KEPT]

    def close(self) -> None:
        """Keeps every book; they are only folds of the log, so that a disk that refuses costs time and nothing else."""
        for keeper in self._keepers.values():
            with suppress(HuitongError):
                keeper.keep()
        self._keepers.clear()


@dataclass(frozen=True, slots=True)
class Labels:
    """Events that say how decided ones turned out.

    Attributes:
        contract: Their contract.
        field: Its field that says whether it was fraud.
    """

    contract: DataContract
    field: str

    def of(self, event: Event, verdict: cases.Verdict, id_: EventId, time_us: int) -> Event:
        """The label of an event: it carries the event's own keys, so that features find it."""
        roles = {spec.key for spec in self.contract.fields if spec.key is not None}
        fields = {spec.name for spec in self.contract.fields}
        given: dict[str, Value] = {
            "payment": event.id,
            self.field: verdict == "fraud",
            "source": LABEL_SOURCE,
            "amount": event.data.get("amount"),
        }
        keys = {role: name for role, name in event.keys.items() if role in roles}
        data = {name: value for name, value in given.items() if name in fields and value is not None}
        return Event(id_, self.contract.kind, time_us, keys, data)


def labels_from(log: RecordLog, by_kind: Mapping[str, Labels], otherwise: Labels) -> cases.LabelsOf:
    """Makes the labels that a verdict gives its payments.

    Args:
        log: Where the payments are.
        by_kind: What their labels are, by their kind.
        otherwise: What they are of any other kind.
    """

    def labels_of(command: Command, first: int, payments: Sequence[str], verdict: cases.Verdict) -> Sequence[Event]:
        found: list[Event] = []
        for payment in payments:
            event = log.event(payment)
            if event is not None:
                labels = by_kind.get(event.kind, otherwise)
                found.append(labels.of(event, verdict, command.id_of(first + len(found)), command.now_us))
        return found

    return labels_of
