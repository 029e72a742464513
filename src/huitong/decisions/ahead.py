"""Work that goes on meanwhile: the next item is made while the present one is used, rows are shared out in blocks of fixed size.

What comes out does not depend on the number of threads: items keep their order, and blocks are the same however many hands there are.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from typing import TypeVar

BLOCK_ROWS = 8_192
"""Rows worked on at once: a block of features stays in the cache from rule to table to model."""

T = TypeVar("T")


def one_ahead(items: Iterator[T]) -> Iterator[T]:
    """The same items; the next one is made in another thread while the caller uses the present one. Two are alive at a time.

    What ``items`` raises is raised here, at its turn.
    """
    with ThreadPoolExecutor(1, "huitong-ahead") as maker:
        coming = maker.submit(next, items, None)
        while (item := coming.result()) is not None:
            coming = maker.submit(next, items, None)
            yield item


def in_blocks(rows: int, work: Callable[[slice], T], executor: Executor | None) -> list[tuple[slice, T]]:
    """What ``work`` makes of each block of ``rows``, in their order."""
    blocks = [slice(start, min(start + BLOCK_ROWS, rows)) for start in range(0, rows, BLOCK_ROWS)]
    made = map(work, blocks) if executor is None else executor.map(work, blocks)
    return list(zip(blocks, made, strict=True))
