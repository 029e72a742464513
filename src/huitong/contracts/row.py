"""A row of a matrix as a mapping by name: as cheap as the row itself, for records of which most are only written, not read."""

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Generic, TypeVar

import numpy as np

from huitong.contracts.batch import Float64Array

V = TypeVar("V")
PLAIN_MIN, PLAIN_MAX = 1e-4, 1e16
"""Between these, and at 0, every writer of JSON gives a number the same text."""


class RowHeader:
    """Names of the columns of a matrix, shared by all of its rows.

    Args:
        names: The names, each once.
        texts: Places of the columns that hold texts.
    """

    __slots__ = ("names", "place", "texts")

    def __init__(self, names: tuple[str, ...], texts: tuple[int, ...] = ()) -> None:
        self.names = names
        self.place = {name: place for place, name in enumerate(self.names)}
        self.texts = texts


@lru_cache(256)
def row_header(names: tuple[str, ...], texts: tuple[int, ...] = ()) -> RowHeader:
    """The header of these names: one for all who ask, so that what is made for it is made once."""
    return RowHeader(names, texts)


class Row(Mapping[str, V], Generic[V]):
    """One row by name; equal to any mapping that holds the same.

    Args:
        header: Names of the columns.
        values: What stands in them.
        odd: Places of numbers that are neither 0 nor of a size between ``PLAIN_MIN`` and ``PLAIN_MAX``: a writer has to look at each.
    """

    __slots__ = ("header", "odd", "row")

    def __init__(self, header: RowHeader, values: Sequence[V], odd: Sequence[int] = ()) -> None:
        self.header, self.row, self.odd = header, values, odd

    def __getitem__(self, name: str) -> V:
        return self.row[self.header.place[name]]

    def get(self, name: str, default: object = None) -> object:  # type: ignore[override]  # the overloads of ``Mapping`` in one
        """See ``Mapping``."""
        place = self.header.place.get(name)
        return default if place is None else self.row[place]

    def __iter__(self) -> Iterator[str]:
        return iter(self.header.names)

    def __len__(self) -> int:
        return len(self.row)

    def __contains__(self, name: object) -> bool:
        return name in self.header.place

    def __repr__(self) -> str:
        return repr(dict(self))

    def texts(self) -> list[str]:
        """The texts in it."""
        return [text for place in self.header.texts if isinstance(text := self.row[place], str)]


def odd_places(matrix: Float64Array) -> dict[int, list[int]]:
    """For each row of a matrix that has any, the places that ``Row.odd`` names; those that are missing (NaN) are not among them.

    Args:
        matrix: Shape ``(n, f)``.
    """
    size = np.abs(matrix)
    rows, places = np.nonzero(((size < PLAIN_MIN) & (size > 0.0)) | (size >= PLAIN_MAX))
    if not len(rows):
        return {}
    with_any, starts = np.unique(rows, return_index=True)
    ends, listed = np.append(starts[1:], len(rows)), places.tolist()
    return {row: listed[start:end] for row, start, end in zip(with_any.tolist(), starts.tolist(), ends.tolist(), strict=True)}
