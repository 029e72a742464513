"""Who is on a list when: an entry counts for events at or after its beginning and before its end."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol, cast

import numpy as np
import pyarrow as pa

from huitong.contracts import Float64Array, Int32Array, Int64Array

ALWAYS_US, NEVER_US = -(2**62), 2**62


class Validity(Protocol):
    """From when (inclusive) until when (exclusive) an entry counts, µs UTC; more may be known of it."""

    @property
    def from_us(self) -> int: ...
    @property
    def until_us(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Listed:
    """An entry of which nothing else is known; by default it always counts."""

    from_us: int = ALWAYS_US
    until_us: int = NEVER_US


ListEntries = Mapping[str, Validity]
"""Texts on a list."""


def is_listed(entries: ListEntries, text: object, time_us: int) -> float:
    """Whether a text is on the list at that moment: 1 or 0."""
    entry = entries.get(text) if isinstance(text, str) else None
    return 1.0 if entry is not None and entry.from_us <= time_us < entry.until_us else 0.0


class ListColumn:
    """A list over the dictionary of a text column, looked up once.

    Args:
        entries: The list.
        values: The dictionary.
    """

    def __init__(self, entries: ListEntries, values: pa.StringArray) -> None:
        texts = values.to_pylist()
        self._from_us = np.full(len(texts) + 1, NEVER_US, np.int64)  # the last is where a missing text's -1 leads
        self._until_us = np.full(len(texts) + 1, ALWAYS_US, np.int64)
        for code, text in enumerate(texts):
            if (entry := entries.get(text)) is not None:
                self._from_us[code], self._until_us[code] = entry.from_us, entry.until_us

    def is_listed(self, codes: Int32Array, times_us: Int64Array) -> Float64Array:
        """The same as the function of that name for many events, by their codes in the dictionary, shape ``(n,)``."""
        on = (self._from_us[codes] <= times_us) & (times_us < self._until_us[codes])
        return cast("Float64Array", on.astype(np.float64))
