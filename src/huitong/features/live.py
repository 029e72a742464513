"""One live event at a time: its rows of numbers and codes, and how it meets each grouping."""

from collections.abc import Callable

import numpy as np

from huitong.contracts import NULL_CODE, NULL_INT, Event, Float64Array
from huitong.features.columns import VALUE_MAX, CodeColumn, Equality, NumberColumn, StreamColumns
from huitong.features.grouping import Grouping
from huitong.features.pairs import UNKNOWN_PAIR
from huitong.features.plan import GroupingPlan
from huitong.features.preview import UNSEEN, GroupingPreview
from huitong.features.symbols import Interner, Symbols
from huitong.kernel import InputError

SpaceOf = Callable[[str], Interner]
Roles = list[tuple[CodeColumn, Interner]]


class LiveStream:
    """One event of a kind as a row of numbers and a row of codes.

    Args:
        columns: What to read.
        space_of: The interner of a space.
        symbols: The engine's symbols.
    """

    def __init__(self, columns: StreamColumns, space_of: SpaceOf, symbols: Symbols) -> None:
        self._numbers: list[NumberColumn] = list(columns.numbers.values())
        self._codes: list[tuple[CodeColumn, Interner]] = [(code, space_of(code.space)) for code in columns.codes.values()]
        self._symbols = symbols
        self.values = np.zeros((1, max(1, len(self._numbers))), np.int64)
        self.codes = np.zeros((1, max(1, len(self._codes))), np.int32)

    def load(self, event: Event, keep: bool = True) -> None:
        """Writes the event into the rows.

        Args:
            event: The event.
            keep: Whether texts that were never met get codes that stay.

        Raises:
            InputError: If a number that is added up is beyond ``VALUE_MAX``.
        """
        for place, number in enumerate(self._numbers):
            value = (event.keys if number.is_key else event.data).get(number.name)
            if value is None:
                self.values[0, place] = NULL_INT
            elif number.is_text:
                self.values[0, place] = self._symbols.code(str(value)) if keep else self._symbols.passing(str(value))
            else:
                if number.summed and not -VALUE_MAX <= int(value) <= VALUE_MAX:
                    raise value_too_large(number.name, int(value))
                self.values[0, place] = value
        for place, (code, interner) in enumerate(self._codes):
            value = (event.keys if code.is_key else event.data).get(code.name)
            self.codes[0, place] = NULL_CODE if value is None else interner.code(str(value)) if keep else interner.passing(str(value))


class LiveGrouping:
    """How one live event meets a grouping: whether it becomes an entry, whether it asks, under which keys.

    Args:
        plan: The grouping's plan.
        state: Its state.
        decides: The decided kind.
        space_of: The interner of a space.
    """

    def __init__(self, plan: GroupingPlan, state: Grouping, decides: str, space_of: SpaceOf) -> None:
        self._where, self._state = plan.key.where, state
        self._roles = [(role, space_of(role.space)) for role in plan.key.roles]
        self._asked = [(role, space_of(role.space)) for role in plan.key.asked]
        self._kind, self._decides = plan.key.kind, decides
        self._same = plan.key.kind == decides and plan.key.roles == plan.key.asked
        self._retention_us = state.program.retention_us
        self._preview = GroupingPreview(state)

    def take(self, event: Event, stream: LiveStream, out: Float64Array, watermark_us: int) -> None:
        """Takes the event; writes its features if it is of the decided kind."""
        decided = event.kind == self._decides
        appends = event.kind == self._kind and all(matches(event, equality) for equality in self._where)
        if not appends and not decided:
            return
        limit_us = watermark_us - self._retention_us
        entry = self._key(event, self._roles, True) if appends else NULL_CODE
        asked = NULL_CODE if not decided else entry if appends and self._same else self._key(event, self._asked, False)
        if entry >= 0:
            self._state.advance_one(entry, event.time_us, entry == asked, True, limit_us, stream.values, stream.codes, out)
        if asked >= 0 and asked != entry:
            self._state.advance_one(asked, event.time_us, True, False, limit_us, stream.values, stream.codes, out)

    def preview(self, event: Event, stream: LiveStream, out: Float64Array) -> None:
        """Writes the features of an event of the decided kind as ``take`` would, and leaves the grouping as it is."""
        key = self._known_key(event, self._asked)
        if key == NULL_CODE:
            return
        own = self._same or [text_of(event, role) for role, _ in self._roles] == [text_of(event, role) for role, _ in self._asked]
        appends = own and event.kind == self._kind and all(matches(event, equality) for equality in self._where)
        self._preview.ask(key, event.time_us, appends, stream.values, stream.codes, out)

    def _known_key(self, event: Event, roles: Roles) -> int:
        """The key without making one: ``UNSEEN`` where there is none yet, ``NULL_CODE`` where a role is missing."""
        codes = []
        for role, interner in roles:
            text = text_of(event, role)
            if text is None:
                return NULL_CODE
            code = interner.passing(text)
            codes.append(UNSEEN if code == len(interner) else code)
        if UNSEEN in codes or self._state.pairs is None:
            return UNSEEN if UNSEEN in codes else codes[0]
        joined = self._state.joined(codes, False)
        return UNSEEN if joined == UNKNOWN_PAIR else joined

    def _key(self, event: Event, roles: Roles, make: bool) -> int:
        return self._state.key([interner.code(text_of(event, role)) for role, interner in roles], make)


def text_of(event: Event, role: CodeColumn) -> str | None:
    """The event's key or text in a role."""
    value = (event.keys if role.is_key else event.data).get(role.name)
    return None if value is None else str(value)


def matches(event: Event, equality: Equality) -> bool:
    """Whether an event satisfies a condition."""
    return (event.keys if equality.is_key else event.data).get(equality.name) == equality.literal


def value_too_large(name: str, value: int) -> InputError:
    """The error for a number whose sums might not be exact."""
    return InputError(
        "features.value.too_large",
        {"en": f"{name} is {value} as held, beyond {VALUE_MAX}", "zh": f"{name} 的存储值为 {value}，超过 {VALUE_MAX}"},
        {
            "en": "set min and max in the data contract, so that such a row is quarantined",
            "zh": "请在数据契约中设置 min 与 max，使此类记录进入隔离区",
        },
    )
