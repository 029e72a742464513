"""Telling witnesses: whatever one of them answers, or raises, the next head is told; one head waits at most."""

import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from huitong.kernel import DataError, ExternalError
from huitong.store import kept_heads, make_key, open_log
from huitong.store.storage import Head
from huitong.store.witness import FileWitness, UrlWitness, Witnesses
from tests.nonsense import Nonsense
from tests.store.build import event

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


@pytest.mark.parametrize("torn", [b'{"head": "huitong/x', b'{"head": "\xe2\x80', b"{", b'{"head": 1'])
def test_a_line_that_was_cut_off_costs_neither_the_heads_before_nor_those_after_and_is_told(tmp_path: Path, torn: bytes) -> None:
    signer, kept = make_key(tmp_path / "key.pem"), tmp_path / "heads.jsonl"
    witness = FileWitness(kept)
    with open_log(tmp_path / "log.sqlite", signer=signer) as log:
        for number in range(3):
            log.append_events([event(number)])
            head = log.sign_head()
            assert head is not None
            if number == 1:
                with kept.open("ab") as file:
                    file.write(torn)  # as a full disk or a crash leaves it
            witness.receive(head)
            witness.receive(head)
        heads = kept_heads(kept)
        assert len(heads) == 4, "each head once, and what was cut off"
        findings = log.check_witnessed(heads, [signer.public_key])
        assert [(one.code, one.where) for one in findings] == [("witness.head", "witnessed head 2")]
    assert kept_heads(kept) == heads


def test_a_file_without_any_head_is_no_file_of_a_witness(tmp_path: Path) -> None:
    (tmp_path / "other").write_bytes(b"\xff\xfe\n[1]\n")
    with pytest.raises(DataError, match="not the heads of a witness"):
        kept_heads(tmp_path / "other")
    (tmp_path / "none").write_bytes(b"\n")
    assert kept_heads(tmp_path / "none") == []
