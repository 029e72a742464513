"""Books: state that follows the log, acts that are checked against it, and kept state that is never trusted further than the log."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from huitong.contracts import Act, Actor, Event, require_role, require_second_person
from huitong.kernel import EventId, PolicyError
from huitong.store import FORGOTTEN_KIND, BookKeeper, RecordLog, SqliteLog


@dataclass
class Seats:
    """Who sits where."""

    taken: dict[str, str] = field(default_factory=dict)


class SeatBook:
    """A theatre's seats: an act takes one that is free."""

    name, version, kinds, state = "seats", 1, ("seat.taken", "seat.left"), Seats

    def blank(self) -> Seats:
        return Seats()

    def enter(self, state: Seats, event: Event) -> None:
        if event.kind == "seat.taken":
            state.taken[event.keys["seat"]] = event.keys["guest"]
        else:
            state.taken.pop(event.keys["seat"], None)


def take(command: str, seat: str, guest: str) -> Act[Seats]:
    def act(seats: Seats) -> Sequence[Event]:
        if seat in seats.taken:
            raise PolicyError("seat.taken", {"en": f"{seat} is taken", "zh": f"{seat} 已有人"}, {"en": "take another", "zh": "请换座"})
        return [Event(EventId(command), "seat.taken", 1, {"seat": seat, "guest": guest})]

    return act


@pytest.fixture
def log(tmp_path: Path) -> Iterator[RecordLog]:
    with SqliteLog(tmp_path / "log.sqlite") as log:
        yield log


def keeper(log: RecordLog, path: Path | None = None, book: SeatBook | None = None) -> BookKeeper[Seats]:
    return BookKeeper(book or SeatBook(), log, threading.Lock(), path)


def test_an_act_is_checked_against_everything_before_it_and_written(log: RecordLog) -> None:
    seats = keeper(log)
    (event,) = seats.act(EventId("c1"), take("c1", "A1", "Li"))
    assert log.event(EventId("c1")) == event
    with pytest.raises(PolicyError, match="A1 is taken"):
        seats.act(EventId("c2"), take("c2", "A1", "Wang"))
    assert log.end() == 1
    log.append_events([Event(EventId("e"), "seat.left", 2, {"seat": "A1"}), Event(EventId("x"), "other", 2, {})])
    seats.act(EventId("c3"), take("c3", "A1", "Wang"))
    assert seats.ask(lambda state: dict(state.taken)) == {"A1": "Wang"}


def test_the_same_command_acts_once(log: RecordLog) -> None:
    seats = keeper(log)
    first = seats.act(EventId("c1"), take("c1", "A1", "Li"))
    assert seats.act(EventId("c1"), take("c1", "A1", "Li")) == first
    assert log.end() == 1


def test_callers_at_once_take_a_seat_once(log: RecordLog) -> None:
    seats, taken = keeper(log), []

    def run(number: int) -> None:
        with suppress(PolicyError):
            taken.append(seats.act(EventId(f"c{number}"), take(f"c{number}", "A1", f"guest {number}")))

    threads = [threading.Thread(target=run, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(taken) == 1
    assert log.end() == 1


def test_a_kept_state_is_gone_on_with(log: RecordLog, tmp_path: Path) -> None:
    path = tmp_path / "seats.book"
    first = keeper(log, path)
    first.act(EventId("c1"), take("c1", "A1", "Li"))
    first.keep()
    log.append_events([Event(EventId("e"), "seat.taken", 2, {"seat": "B1", "guest": "Wang"})])

    class Forgetful(SeatBook):
        def enter(self, state: Seats, event: Event) -> None:
            assert event.id != "c1", "what was kept is read again"
            super().enter(state, event)

    assert keeper(log, path, Forgetful()).ask(lambda state: dict(state.taken)) == {"A1": "Li", "B1": "Wang"}


@pytest.mark.parametrize("spoilt", ["cut", "flipped", "empty", "other version", "other log"])
def test_a_kept_state_that_cannot_be_trusted_is_folded_again(log: RecordLog, tmp_path: Path, spoilt: str) -> None:
    path = tmp_path / "seats.book"
    first = keeper(log, path)
    first.act(EventId("c1"), take("c1", "A1", "Li"))
    first.keep()
    content = path.read_bytes()
    book = SeatBook()
    if spoilt == "cut":
        path.write_bytes(content[:-3])
    elif spoilt == "flipped":
        path.write_bytes(content.replace(b"Li", b"Mo"))
    elif spoilt == "empty":
        path.write_bytes(b"")
    elif spoilt == "other version":
        book = type("Newer", (SeatBook,), {"version": 2})()
    else:
        with SqliteLog(tmp_path / "other.sqlite") as other:
            theirs = keeper(other, path)
            theirs.act(EventId("c9"), take("c9", "Z9", "Mo"))
            theirs.keep()
    assert keeper(log, path, book).ask(lambda state: dict(state.taken)) == {"A1": "Li"}


def test_no_state_outlives_an_erasure(log: RecordLog) -> None:
    entered: list[str] = []

    class Watched(SeatBook):
        def enter(self, state: Seats, event: Event) -> None:
            entered.append(event.id)
            super().enter(state, event)

    seats = keeper(log, None, Watched())
    seats.act(EventId("c1"), take("c1", "A1", "Li"))
    seats.ask(lambda state: len(state.taken))
    log.append_events([Event(EventId("f"), FORGOTTEN_KIND, 2, {})])
    seats.ask(lambda state: len(state.taken))
    seats.ask(lambda state: len(state.taken))
    assert entered == ["c1", "c1"]


def test_four_eyes_are_two_persons_one_of_whom_may() -> None:
    author, approver = Actor("li", frozenset({"analyst", "approver"})), Actor("wang", frozenset({"approver"}))
    require_second_person(author.id, approver, "approver")
    for actor, code in (
        (author, "access.four_eyes"),
        (Actor("robot", frozenset({"approver"}), person=False), "access.four_eyes"),
        (Actor("zhao", frozenset({"analyst"})), "access.role"),
    ):
        with pytest.raises(PolicyError) as refused:
            require_second_person(author.id, actor, "approver")
        assert refused.value.code == code
    require_role(author, "steward", "analyst")
