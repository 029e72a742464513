"""What a list is and what stands on it; and a change of an entry as an event.

An entry holds from the moment it was added until its end, or until it is lifted; added again while it holds, it is prolonged and never
shortened. That is the rule of the feature operations ``remaining`` and ``holds`` over the same events, so that the book and a policy
never differ.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal, cast, get_args

from huitong.contracts import LIST_ENTRY_CHANGED, Event, Value
from huitong.kernel import Text

ListKind = Literal["block", "allow", "watch"]
LIST_KINDS: tuple[ListKind, ...] = get_args(ListKind)
LIST_KIND_TITLES: Mapping[str, Text] = {
    "block": {"en": "block list", "zh": "封禁名单"},
    "allow": {"en": "allow list", "zh": "可信名单"},
    "watch": {"en": "watch list", "zh": "关注名单"},
}
Holds = Literal["customer", "account", "card", "device", "terminal", "merchant", "category", "region", "country"]
HOLDS: tuple[Holds, ...] = get_args(Holds)
"""What may stand on a list; each is a key role of the events about its entries."""
HOLDS_TITLES: Mapping[str, Text] = {
    "customer": {"en": "customers", "zh": "客户"},
    "account": {"en": "accounts", "zh": "账户"},
    "card": {"en": "cards", "zh": "卡"},
    "device": {"en": "devices", "zh": "设备"},
    "terminal": {"en": "terminals", "zh": "受理终端"},
    "merchant": {"en": "merchants", "zh": "商户"},
    "category": {"en": "merchant categories", "zh": "商户类别"},
    "region": {"en": "regions", "zh": "地区"},
    "country": {"en": "countries", "zh": "国家或地区"},
}
OPENED, ENTRY_CHANGED, ENTRY_PROPOSED = "list.opened", LIST_ENTRY_CHANGED, "list.entry_proposed"
IMPORTED, CONFIRMED, REFUSED = "list.imported", "list.confirmed", "list.refused"
LIST_EVENTS = (OPENED, ENTRY_CHANGED, ENTRY_PROPOSED, IMPORTED, CONFIRMED, REFUSED)
"""Every kind of event of the book."""


@dataclass(frozen=True, slots=True)
class Change:
    """An entry is added, prolonged or lifted.

    Attributes:
        id: Id of its event.
        time_us: When, µs UTC.
        list: Name of the list.
        holds: What the list holds.
        value: What is put on it.
        until_us: When it ends; of a lifting the moment itself.
        ground: Code of the reason.
        ground_text: That reason in zh and en.
        by: Who.
        batch: Id of the command that it belongs to, by which a second person confirms all of it.
        lifts: Whether it lifts.
        reason: What a person wrote beside it.
        second: The second person, where it took one.
        customer: Whose the value is, where that is known and another.
        entry: Id of the entry that it prolongs or lifts; ``None`` where it is the first.
    """

    id: str
    time_us: int
    list: str
    holds: Holds
    value: str
    until_us: int
    ground: str
    ground_text: Text
    by: str
    batch: str
    lifts: bool = False
    reason: str | None = None
    second: str | None = None
    customer: str | None = None
    entry: str | None = None


@dataclass(slots=True)
class Entry:
    """An entry, from when it was added until it is over.

    Attributes:
        value: What stands on the list.
        changes: What added it, then what prolonged it.
        over_us: Until when it holds: its end, or when it was lifted.
        ended_by: What lifted it; ``None`` where it ends by itself.
    """

    value: str
    changes: list[Change]
    over_us: int
    ended_by: Change | None = None

    @property
    def id(self) -> str:
        """By which it is called: the id of the change that added it."""
        return self.changes[0].id

    @property
    def from_us(self) -> int:
        """From when it holds."""
        return self.changes[0].time_us

    @property
    def last(self) -> Change:
        """What added or prolonged it last."""
        return self.changes[-1]

    @property
    def customer(self) -> str | None:
        """Whose the value is, where that is known."""
        return next((one.customer for one in reversed(self.changes) if one.customer is not None), None)

    def holds(self, at_us: int) -> bool:
        """Whether it counts at a moment; its first moment counts, its last no longer."""
        return self.from_us <= at_us < self.over_us


@dataclass(slots=True)
class KeptList:
    """A list.

    Attributes:
        name: By which policies name it.
        title: Its name for people.
        holds: What stands on it.
        kind: What it is for.
        owner: Who answers for it.
        purpose: Why it is kept.
        second: Whether adding to it takes a second person; an allow list always does.
        opened_us: When it was opened, µs UTC.
        opened_by: Who opened it.
        edited: Id of the event that described it last.
        entries: By value, oldest first; of one value at most the last one holds.
    """

    name: str
    title: Text
    holds: Holds
    kind: ListKind
    owner: str
    purpose: str
    second: bool
    opened_us: int
    opened_by: str
    edited: str
    entries: dict[str, list[Entry]] = field(default_factory=dict)


def event_of(change: Change, kind: str = ENTRY_CHANGED, *, expires_us: int | None = None) -> Event:
    """The change as an event of the log."""
    keys: dict[str, str] = {change.holds: change.value}
    if change.customer is not None and change.holds != "customer":
        keys["customer"] = change.customer
    data: dict[str, Value] = {
        "list": change.list,
        "holds": change.holds,
        "change": "lifted" if change.lifts else "added",
        "until": change.until_us,
        "ground": change.ground,
        "ground_zh": change.ground_text["zh"],
        "ground_en": change.ground_text["en"],
        "reason": change.reason,
        "by": change.by,
        "second": change.second,
        "batch": change.batch,
        "entry": change.entry or change.id,
        "expires": expires_us,
    }
    return Event(change.id, kind, change.time_us, keys, {name: value for name, value in data.items() if value is not None})


def change_of(event: Event) -> Change:
    """The change that an event tells of; the reverse of ``event_of``."""
    data, keys = event.data, event.keys
    holds = cast("Holds", data["holds"])  # the data contract's one_of
    until = data.get("until")
    return Change(
        event.id,
        event.time_us,
        str(data["list"]),
        holds,
        keys[holds],
        until if isinstance(until, int) else event.time_us,
        str(data["ground"]),
        _ground(str(data.get("ground_zh", "-")), str(data.get("ground_en", "-"))),
        str(data["by"]),
        str(data["batch"]),
        data.get("change") == "lifted",
        _text(data, "reason"),
        _text(data, "second"),
        keys.get("customer") if holds != "customer" else None,
        None if data.get("entry") == event.id else _text(data, "entry"),
    )


@lru_cache(maxsize=4_096)
def _ground(zh: str, en: str) -> Text:
    """One and the same for all who share it: a list holds many entries for few reasons."""
    return {"zh": zh, "en": en}


def _text(data: Mapping[str, Value], name: str) -> str | None:
    value = data.get(name)
    return value if isinstance(value, str) else None
