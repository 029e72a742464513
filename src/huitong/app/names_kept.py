"""Names of columns in memory: those that are left once their first rows are gone."""

from collections.abc import Mapping
from typing import TypeVar

import numpy as np
import numpy.typing as npt

Whole = TypeVar("Whole", np.int32, np.int64)
NOBODY = -1
"""Code of no name."""


def names_left(names: Mapping[str, int], codes: npt.NDArray[Whole]) -> tuple[dict[str, int], npt.NDArray[Whole]]:
    """The names that codes still stand for, numbered anew from 0 without a gap, and the codes by which they go then.

    Args:
        names: Code of each name, from 0 without a gap.
        codes: Codes of some of them, or ``NOBODY``, of any shape.
    """
    used = np.zeros(len(names) + 1, np.bool_)  # its last place is nobody's
    used[codes] = True
    used[NOBODY] = False
    places = np.where(used, np.cumsum(used) - 1, NOBODY).astype(codes.dtype)
    return {name: int(places[code]) for name, code in names.items() if used[code]}, places[codes]
