"""Work that goes on meanwhile changes no answer and loses no error."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import get_ident

import pytest

from huitong.decisions.ahead import BLOCK_ROWS, in_blocks, one_ahead


def test_items_keep_their_order_and_the_next_is_made_in_another_thread() -> None:
    makers = []

    def items() -> Iterator[int]:
        for number in range(5):
            makers.append(get_ident())
            yield number + 1

    assert list(one_ahead(items())) == [1, 2, 3, 4, 5]
    assert set(makers).isdisjoint({get_ident()})


def test_no_more_than_one_item_is_made_ahead() -> None:
    made = []

    def items() -> Iterator[str]:
        for number in range(9):
            made.append(number)
            yield str(number)

    ahead = one_ahead(items())
    next(ahead)
    next(ahead)
    ahead.close()  # type: ignore[attr-defined] # a generator

    assert len(made) <= 3


def test_what_the_maker_raises_is_raised_at_its_turn() -> None:
    def items() -> Iterator[int]:
        yield 1
        raise ValueError("the second")

    ahead = one_ahead(items())
    assert next(ahead) == 1
    with pytest.raises(ValueError, match="the second"):
        next(ahead)


@pytest.mark.parametrize("rows", [0, 1, BLOCK_ROWS, BLOCK_ROWS + 1, 3 * BLOCK_ROWS - 1])
def test_blocks_cover_every_row_once_and_in_order_however_many_hands_there_are(rows: int) -> None:
    alone = in_blocks(rows, lambda block: (block.start, block.stop), None)
    with ThreadPoolExecutor(3) as executor:
        shared = in_blocks(rows, lambda block: (block.start, block.stop), executor)

    assert shared == alone
    assert [row for block, _ in alone for row in range(block.start, block.stop)] == list(range(rows))
