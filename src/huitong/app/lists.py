"""The lists that people keep in a bank: its book of lists, asked and acted on."""

from collections.abc import Callable, Mapping
from typing import TypeVar

from huitong.app.books import Books
from huitong.app.house import house_contracts
from huitong.contracts import LIST_ENTRY_CHANGED, Act, Command, DataContract, Event
from huitong.decisions.policy import LoadedPolicy
from huitong.kernel import Finding, Severity, Text
from huitong.risk.disposition import GroundFor, Settings
from huitong.risk.lists import Lists, ListsBook

T = TypeVar("T")


class KeptLists:
    """The lists of a bank; the acts are those of ``huitong.risk.lists``.

    Args:
        books: The bank's books.
        settings: Those of measures, whose grounds a person may name here, too.
    """

    def __init__(self, books: Books, settings: Settings) -> None:
        self.grounds = settings.grounds
        self._settings, self._books = settings, books

    def grounds_for(self, kind: str, act: GroundFor) -> Mapping[str, Text]:
        """The grounds that are offered where an entry is added (``impose``) or lifted, of a list of this kind.

        A list of whom the bank trusts turns it round, and not wholly: one is trusted since it was verified, and no more since that was a
        mistake. There all are offered.
        """
        return self.grounds if kind == "allow" else self._settings.grounds_for(act)

    def ask(self, question: Callable[[Lists], T]) -> T:
        """What a question finds in the book as it now is; needs no turn among writers."""
        with self._books.reading(ListsBook()) as keeper:
            return question(Lists()) if keeper is None else keeper.ask(question)

    def unfit(self, policy: str, loaded: LoadedPolicy) -> list[Finding]:
        """Warnings about lists that a policy reads and nobody has opened, or opened for other things: they never hit.

        A bank that keeps no lists at all is not warned.
        """
        keys = names_of(loaded.contract)
        opened = self.ask(lambda state: {name: kept.holds for name, kept in state.lists.items()})
        found = []
        for setting in loaded.program.settings.lists:
            holds = opened.get(setting.name)
            if opened and setting.file is None and (holds is None or keys.get(holds) != keys.get(setting.of)):
                found.append(_unread(f"{policy}, [lists.{setting.name}]", setting.name, holds))
        return found

    def act(self, command: Command, act: Act[Lists]) -> tuple[Event, ...]:
        """Carries an act out, once by the id of its command."""
        return self._books.lists.act(command, act)


def names_of(contract: DataContract) -> Mapping[str, str | None]:
    """Of which set the names in each key or field of a contract, and in each of an entry of a list, are."""
    return {one.key or one.name: one.space or one.key for one in (*contract.fields, *house_contracts()[LIST_ENTRY_CHANGED].fields)}


def _unread(where: str, name: str, holds: str | None) -> Finding:
    text: Text = {"en": f"nobody has opened the list {name} yet: it holds nobody", "zh": f"名单 {name} 尚未建立：其上没有任何人"}
    if holds is not None:
        text = {"en": f"the list {name} holds {holds}: it never hits", "zh": f"名单 {name} 的对象是 {holds}：永不命中"}
    remedy: Text = {
        "en": f"open it with `huitong lists open {name}`, or give it a file",
        "zh": f"请用 `huitong lists open {name}` 建立，或为其指定 file",
    }
    return Finding("list.unread", where, text, remedy, Severity.WARNING)
