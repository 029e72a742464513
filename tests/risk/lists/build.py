"""Small makers for the tests of lists."""

from collections.abc import Sequence
from pathlib import Path

from huitong.contracts import Act, Actor, Command, DataContract, Event, Role
from huitong.kernel import Text, time_us
from huitong.risk import lists
from huitong.risk.lists import Described, Holds, ListKind, Lists, ListsBook, Wanted

CONTRACTS = {
    contract.kind: contract for contract in (DataContract.load(path) for path in (Path(lists.__file__).parent / "contracts").glob("*.toml"))
}
GROUNDS: dict[str, Text] = {"stolen": {"zh": "被盗", "en": "stolen"}, "found": {"zh": "已找回", "en": "found again"}}
NOW = time_us("2026-11-26T02:00:00Z")
HOUR = 3_600_000_000
DAY = 24 * HOUR
LI = Actor("li.wei", frozenset[Role]({"investigator"}))
CHEN = Actor("chen.jing", frozenset[Role]({"steward"}))
WANG = Actor("wang.fang", frozenset[Role]({"approver"}))
ROBOT = Actor("key:core", frozenset[Role]({"steward", "approver"}), person=False)


class Office:
    """A book of lists on which acts are carried out one after another."""

    def __init__(self) -> None:
        self.state = Lists()
        self.events: list[Event] = []

    def do(self, act: Act[Lists]) -> Sequence[Event]:
        events = act(self.state)
        for event in events:
            ListsBook().enter(self.state, event)
        self.events += events
        return events

    def open(self, name: str = "cards", *, kind: ListKind = "block", holds: Holds = "card", second: bool = False) -> None:
        self.do(lists.describe(command(f"open-{name}", CHEN), described(name, kind=kind, holds=holds, second=second), anew=False))

    def add(self, id_: str, value: str = "K1", at_us: int = NOW, until_us: int = NOW + DAY, name: str = "cards", by: Actor = LI) -> None:
        self.do(lists.add(command(id_, by, at_us), name, Wanted(value, until_us, "stolen"), GROUNDS))

    def on(self, value: str, at_us: int) -> bool:
        return any(True for _ in lists.holding(self.state, value, at_us))


def command(id_: str, by: Actor = LI, now_us: int = NOW) -> Command:
    return Command(id_, by, now_us)


def described(name: str = "cards", *, kind: ListKind = "block", holds: Holds = "card", second: bool = False) -> Described:
    return Described(name, {"zh": "名单", "en": "A list"}, holds, kind, "fraud.desk", "to try lists", second)
