"""Telling witnesses: whatever one of them answers, or raises, the next head is told; one head waits at most."""

import threading
import time
from collections.abc import Callable

import pytest

from huitong.kernel import ExternalError
from huitong.store.storage import Head
from huitong.store.witness import UrlWitness, Witnesses
from tests.nonsense import Nonsense

KEPT = b"HTTP/1.1 204 Kept\r\n\r\n"


def wait_until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_one_malformed_answer_is_a_trouble_and_the_next_head_is_told() -> None:
    with Nonsense(b"garbage\r\n\r\n") as witness:
        told = Witnesses([UrlWitness(witness.address)])
        told.tell(Head(1, 0, "first"))
        wait_until(lambda: bool(told.away))
        assert [one.code for one in told.troubles] == ["witness.unreachable"]
        witness.answer = KEPT
        told.tell(Head(2, 0, "second"))
        told.close()
        assert (told.away, witness.requests[-1].endswith(b"second")) == ({}, True)


def test_a_fault_of_ours_is_a_trouble_and_ends_neither_the_others_nor_the_next_head() -> None:
    sizes = list[int]()

    class Faulty:
        def receive(self, head: Head) -> None:
            if head.size == 1:
                raise RuntimeError("ours")

    class Well:
        def receive(self, head: Head) -> None:
            sizes.append(head.size)

    told = Witnesses([Faulty(), Well()])
    told.tell(Head(1, 0, ""))
    wait_until(lambda: sizes == [1] and bool(told.away))
    assert [(number, one.code) for number, one in told.away.items()] == [(0, "witness.fault")]
    assert "RuntimeError" in told.away[0].cause["zh"]
    told.tell(Head(2, 0, ""))
    told.close()
    assert (sizes, told.away, len(told.troubles)) == ([1, 2], {}, 1)


def test_while_a_witness_is_slow_or_away_the_newest_head_waits_and_no_other() -> None:
    asked, begun, going = list[int](), threading.Event(), threading.Event()

    class Away:
        def receive(self, head: Head) -> None:
            begun.set()
            going.wait(10)
            asked.append(head.size)
            raise ExternalError("witness.unreachable", {"en": "away", "zh": "离线"}, {"en": "wait", "zh": "请等待"})

    witnesses = Witnesses([Away()])
    witnesses.tell(Head(1, 0, ""))
    assert begun.wait(10)
    for size in range(2, 200):
        witnesses.tell(Head(size, 0, ""))
    going.set()
    witnesses.close()
    assert asked == [1, 199]


def test_a_witness_that_hangs_holds_up_no_other_nor_the_end_and_is_a_trouble(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huitong.store.witness.CLOSE_SECONDS", 0.05)
    begun, going, sizes = threading.Event(), threading.Event(), list[int]()

    class Hangs:
        def receive(self, head: Head) -> None:
            begun.set()
            assert going.wait(60), head

    class Well:
        def receive(self, head: Head) -> None:
            sizes.append(head.size)

    told = Witnesses([Hangs(), Well()])
    for size in (1, 2):
        told.tell(Head(size, 0, ""))
        wait_until(lambda size=size: sizes == [*range(1, size + 1)])  # type: ignore[misc]  # bound here, not at the end
    assert begun.wait(30)
    told.close()
    assert [(number, one.cause["en"]) for number, one in told.away.items()] == [
        (0, "the witness 1 did not take a head: it took too long"),
    ]
    going.set()
