"""The lists that people keep in a bank: its book of lists, asked and acted on."""

from collections.abc import Callable, Mapping
from typing import TypeVar

from huitong.app.books import Books
from huitong.contracts import Act, Command, Event
from huitong.kernel import Text
from huitong.risk.lists import Lists, ListsBook

T = TypeVar("T")


class KeptLists:
    """The lists of a bank; the acts are those of ``huitong.risk.lists``.

    Args:
        books: The bank's books.
        grounds: What a person may name as the ground, by code: those of measures.
    """

    def __init__(self, books: Books, grounds: Mapping[str, Text]) -> None:
        self.grounds = grounds
        self._books = books

    def ask(self, question: Callable[[Lists], T]) -> T:
        """What a question finds in the book as it now is; needs no turn among writers."""
        with self._books.reading(ListsBook()) as keeper:
            return question(Lists()) if keeper is None else keeper.ask(question)

    def act(self, command: Command, act: Act[Lists]) -> tuple[Event, ...]:
        """Carries an act out, once by the id of its command."""
        return self._books.lists.act(command, act)
