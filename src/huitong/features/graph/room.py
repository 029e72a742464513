"""Memory for what is large and soon let go of, such as a copy of the state that is on its way to the disk.

What the allocator of C is given back it keeps where anything lies behind it, and arrays of up to 32 MiB come from there (``mallopt(3)``,
``M_MMAP_THRESHOLD``): a bank that kept its state every minute held several hundred MiB of free memory, more after each time that things lay
otherwise. A mapping of its own goes back to the system whole.
"""

import math
import mmap
import sys
from typing import Any

import numpy as np
import numpy.typing as npt

MAPPED_FROM = 1 << 18
"""Bytes from which on an array has a mapping of its own."""


def room(shape: tuple[int, ...], dtype: npt.DTypeLike) -> npt.NDArray[Any]:
    """Zeros whose memory goes back to the system as soon as nobody holds them.

    Args:
        shape: Their shape.
        dtype: Their type.
    """
    one = np.dtype(dtype)
    size = math.prod(shape) * one.itemsize
    if size < MAPPED_FROM:
        return np.zeros(shape, one)
    return np.frombuffer(_mapped(size), one).reshape(shape)


def copy_of(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """A copy in such memory."""
    copy = room(array.shape, array.dtype)
    copy[...] = array
    return copy


def _mapped(size: int) -> mmap.mmap:
    if sys.platform == "win32":
        return mmap.mmap(-1, size)
    return mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
