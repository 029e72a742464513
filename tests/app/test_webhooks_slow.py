"""Receivers that are slow: they hold up nobody but themselves, neither others that are told nor the end of the service."""

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from huitong.app import Bank
from huitong.app.server import rounds_of
from huitong.app.webhooks import BankKnows
from huitong.kernel import MICROSECONDS_PER_SECOND, ExternalError
from huitong.operations.webhooks import Deliveries, Reach
from tests.app.receiver import receiving
from tests.app.webhook_house import HOME, House

PATIENT = Reach(HOME.networks, time_seconds=60.0)
HURRIED = 0.01
"""Patience of rounds that wait for nobody."""


@pytest.fixture
def house(root: Path) -> Iterator[House]:
    made = House(root)
    yield made
    made.bank.close()


@pytest.fixture
def held() -> Iterator[threading.Event]:
    """Set when slow receivers may answer at last."""
    made = threading.Event()
    yield made
    made.set()


def holding(held: threading.Event) -> Callable[[int], None]:
    def took(_: int) -> None:
        held.wait(120)

    return took


def waited(true: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 60
    while not true() and time.monotonic() < deadline:
        time.sleep(0.01)
    return true()


def rounds_until(told: Deliveries, true: Callable[[], bool]) -> bool:
    def after_another() -> bool:
        told.round()
        return true()

    return waited(after_another)


def test_slow_receivers_hold_up_nobody_else_and_are_told_everything_once_in_order(house: House, held: threading.Event) -> None:
    with receiving(took=holding(held)) as slow, receiving() as quick:
        several = [house.subscribe(slow.url) for _ in range(12)]
        house.subscribe(quick.url)
        told, made = house.deliveries(PATIENT, HURRIED), house.pay(100, 200)
        told.round()
        assert waited(lambda: quick.ids == made)
        made += house.pay(300)
        assert rounds_until(told, lambda: quick.ids == made)
        assert waited(lambda: slow.ids == made[:1] * len(several))
        assert told.failed == 0, "their first messages are still under way"
        held.set()
        assert rounds_until(told, lambda: len(slow.ids) == len(several) * len(made))
        told.stop()
        assert {one: slow.ids.count(one) for one in made} == dict.fromkeys(made, len(several))
        assert [house.stands(one).delivered for one in several] == [len(made)] * len(several)


def test_one_slow_receiver_gets_everything_in_order(house: House) -> None:
    with receiving(took=lambda _: time.sleep(0.02)) as slow:
        subscription = house.subscribe(slow.url)
        made, told = house.pay(*range(100, 110)), house.deliveries(PATIENT, 0.0)
        assert rounds_until(told, lambda: len(slow.ids) >= len(made))
        told.stop()
        assert slow.ids == made
        assert house.stands(subscription).delivered == len(made)


def test_a_turn_ends_after_a_while_and_how_far_it_came_is_written(house: House) -> None:
    with receiving(took=lambda _: house.clock.advance_us(3 * MICROSECONDS_PER_SECOND)) as slow:
        subscription = house.subscribe(slow.url)
        made, told = house.pay(*range(100, 105)), house.deliveries(PATIENT)
        for after in (2, 4, 5):
            told.round()
            assert slow.ids == made[:after]
            assert house.stands(subscription).delivered == after


def test_what_ends_a_turn_beside_the_rounds_is_told_by_a_later_round(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    error = ExternalError("any", {"en": "any", "zh": "any"}, {"en": "any", "zh": "any"})
    held = threading.Event()

    def fails(*_: object) -> None:
        held.wait(60)
        raise error

    monkeypatch.setattr(BankKnows, "grades_of", fails)
    with receiving() as receiver:
        house.subscribe(receiver.url)
        house.pay(100)
        told = house.deliveries(PATIENT, HURRIED)
        told.round()
        held.set()

        def raised() -> bool:
            try:
                told.round()
            except ExternalError as found:
                return found is error
            return False

        assert waited(raised)
        told.stop()


def test_a_thread_that_the_system_refuses_ends_a_round_and_nothing_is_told_twice(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    start, refused = threading.Thread.start, list[str]()

    def refuse(thread: threading.Thread) -> None:
        if thread.name == "huitong-webhooks" and len(refused) < 2:
            refused.append(thread.name)
            raise RuntimeError("can't start new thread")
        start(thread)

    with receiving() as receiver:
        house.subscribe(receiver.url)
        made, told = house.pay(100, 200), house.deliveries(PATIENT)
        monkeypatch.setattr(threading.Thread, "start", refuse)
        for _ in range(2):
            with pytest.raises(RuntimeError):
                told.round()
        for _ in range(2):
            told.round()
        told.stop()
        assert receiver.ids == made


def test_who_ends_the_telling_hangs_up_what_takes_long_and_it_comes_again(
    house: House, held: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huitong.outgoing.ENDING_SECONDS", 0.05)
    with receiving(took=holding(held)) as slow:
        subscription = house.subscribe(slow.url)
        made, told = house.pay(100, 200), house.deliveries(PATIENT, HURRIED)
        before = house.stands(subscription).offset
        told.round()
        assert waited(lambda: slow.ids == made[:1])
        told.stop()
        told.round()
        stands = house.stands(subscription)
        assert (stands.troubled, stands.offset, stands.delivered, told.failed) == (None, before, 0, 0)
        held.set()
        house.deliveries(PATIENT).round()
        assert slow.ids == [made[0], *made]


def test_what_is_answered_while_the_telling_ends_is_written_and_nothing_is_sent_after_it(house: House, held: threading.Event) -> None:
    with receiving(took=holding(held)) as slow:
        subscription = house.subscribe(slow.url)
        made, told = house.pay(100, 200), house.deliveries(PATIENT, HURRIED)
        told.round()
        assert waited(lambda: slow.ids == made[:1])
        ending = threading.Thread(target=told.stop)
        ending.start()
        assert waited(told._ending.done)
        held.set()
        ending.join()
        assert (slow.ids, house.stands(subscription).delivered) == (made[:1], 1)


def test_a_served_bank_ends_although_a_receiver_does_not_answer(
    house: House, held: threading.Event, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huitong.outgoing.ENDING_SECONDS", 0.05)
    (root / "bank.toml").write_text('[webhooks]\nnetworks = ["127.0.0.0/8"]\n', "utf-8")
    house.bank.close()
    house.bank = Bank(root, clock=house.clock, threads=2)
    with receiving(took=holding(held)) as slow:
        subscription = house.subscribe(slow.url)
        house.pay(100)
        *_, telling = rounds_of(house.bank, pause_seconds=0.02)
        with telling:
            assert waited(lambda: len(slow.ids) == 1)
        assert house.stands(subscription).troubled is None, "its time of 15 seconds was not over"
        assert telling.counts()["failed_deliveries"] == 0
