"""Features of the event itself: its fields and the ages of its dates, in compiled code shared by live and batch."""

import numpy as np
from numba import njit

from huitong.contracts import NULL_INT, Float64Array, Int64Array
from huitong.features.resolve import FieldRead


def field_program(fields: tuple[FieldRead, ...]) -> Int64Array:
    """Rows (column of ``values``, divisor, microseconds of a unit or 0, column of ``out``), shape ``(n, 4)``."""
    return np.array([[read.value, read.scale, read.multiplier_us, read.out] for read in fields], np.int64).reshape(-1, 4)


@njit(cache=True, nogil=True, error_model="numpy")
def write_fields(program: Int64Array, times_us: Int64Array, values: Int64Array, out: Float64Array) -> None:
    """Writes fields in the unit for people: the whole number as held, divided once.

    Args:
        program: From ``field_program``.
        times_us: Event times, shape ``(n,)``.
        values: Numbers, shape ``(n, columns)``.
        out: Features, shape ``(n, features)``.
    """
    for row in range(times_us.shape[0]):
        for index in range(program.shape[0]):
            value = values[row, program[index, 0]]
            answer = np.nan
            if value != NULL_INT:
                multiplier = program[index, 2]
                whole = value if multiplier == 0 else times_us[row] - value * multiplier
                answer = np.float64(whole) / np.float64(program[index, 1])
            out[row, program[index, 3]] = answer
