"""Whose turn it is to write: first come, first served, and nobody passes a commit that is on its way."""

import threading
import time
from collections.abc import Iterator

from huitong.app.turn import Turn
from huitong.contracts import Pending


def test_a_commit_that_is_noted_while_another_is_paid_is_still_owed() -> None:
    turn, first, second = Turn(), Owed(), Owed()
    turn.owe("writer", first)
    owing = threading.Thread(target=turn.owe, args=("writer", second))

    class Slow(list[tuple[object, Pending]]):
        """Another thread notes its commit once all of these were looked at."""

        def __iter__(self) -> Iterator[tuple[object, Pending]]:
            yield from super().__iter__()
            owing.start()
            owing.join(0.2)

    turn._owed = Slow(turn._owed)
    turn.paid(first)
    owing.join()
    with turn:
        assert (first.waited_for, second.waited_for) == (False, True)


class Owed:
    """A commit that knows whether somebody waited for it."""

    waited_for = False

    def result(self) -> int:
        self.waited_for = True
        return 0


def test_turns_are_taken_in_the_order_in_which_they_were_asked_for() -> None:
    turn, order = Turn(), list[int]()

    def take(number: int) -> None:
        with turn:
            order.append(number)

    threads = [threading.Thread(target=take, args=(number,)) for number in range(8)]
    with turn:
        for thread in threads:
            thread.start()
            while thread.ident is None or len(turn._waiting) <= threads.index(thread):
                time.sleep(0.001)
    for thread in threads:
        thread.join()
    assert order == list(range(8))
