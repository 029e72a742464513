"""What people do to a subscription while a message of it is on its way: it holds from the next message on, and nothing of it is lost."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from huitong.operations import webhooks as wh
from tests.app.receiver import receiving
from tests.app.webhook_house import House, Refusing


@pytest.fixture
def house(root: Path) -> Iterator[House]:
    made = House(root)
    yield made
    made.bank.close()


def at(number: int, act: Callable[[], None]) -> Callable[[int], None]:
    """Does something while the message of that number is on its way."""
    return lambda came: act() if came == number else None


def place_of(house: House, decision: str) -> int:
    return house.bank.log.positions(decision)[0]


@pytest.mark.parametrize("during", [5, 6], ids=["the first message", "a later one"])
@pytest.mark.parametrize("since", [0, 4], ids=["from long ago", "from where the round began"])
def test_who_resumes_from_a_record_while_messages_are_on_their_way_gets_everything_from_there(
    house: House, during: int, since: int
) -> None:
    with receiving() as receiver:
        subscription = house.subscribe(receiver.url)
        made = house.pay(100, 200, 300, 400)
        told = house.deliveries()
        told.round()
        made += house.pay(500, 600)
        place = place_of(house, made[since]) if since == 0 else house.stands(subscription).offset
        receiver.took = at(during, lambda: house.resume(subscription, place))
        told.round()
        assert house.stands(subscription).offset == place
        told.round()
        assert receiver.ids == [*made[:during], *made[since:]]
        assert house.stands(subscription).offset == house.bank.log.end() - 1, "its own progress lies behind it"
        told.round()
        assert len(receiver.ids) == during + len(made) - since


def test_a_refusal_for_good_of_a_message_that_is_told_again_anyway_sets_nothing_aside(house: House) -> None:
    refusing = Refusing(house, house.deliveries())
    with receiving(status=refusing.answer) as receiver:
        refusing.receiver = receiver
        subscription = house.subscribe(receiver.url)
        first, odd = house.pay(100, 200)
        refusing.refused, place = {odd}, place_of(house, first)
        receiver.took = at(1 + wh.delivering.REFUSALS, lambda: house.resume(subscription, place))
        while len(receiver.ids) < 1 + wh.delivering.REFUSALS:
            refusing.rounds(1)
        refusing.refused = set()
        refusing.rounds(4)
        assert receiver.ids == [first, odd, odd, odd, first, odd]
        assert house.stands(subscription).aside == []


def test_one_set_aside_that_is_refused_again_moves_nobody_past_where_they_resumed(house: House) -> None:
    refusing = Refusing(house, house.deliveries())
    with receiving(status=refusing.answer) as receiver:
        refusing.receiver = receiver
        subscription = house.subscribe(receiver.url)
        first, odd, third = house.pay(100, 200, 300)
        refusing.refused, place = {odd}, place_of(house, first)
        refusing.rounds(10)
        again = house.command("operator")
        house.bank.books.webhooks.act(again, lambda state: wh.again(state, again, subscription))
        came = len(receiver.ids)
        receiver.took = at(came + 1, lambda: house.resume(subscription, place))
        refusing.rounds(1)
        refusing.refused = set()
        refusing.rounds(4)
        assert receiver.ids[came:] == [odd, first, odd, third]


def test_who_stops_or_removes_is_told_nothing_after_the_message_on_its_way(house: House) -> None:
    for act in (house.stop, house.remove):
        with receiving() as receiver:
            subscription = house.subscribe(receiver.url)
            made = house.pay(100, 200, 300)
            receiver.took = at(1, lambda act=act, one=subscription: act(one))  # type: ignore[misc]  # bound here, not at the end
            told = house.deliveries()
            told.round()
            told.round()
            assert receiver.ids == made[:1]
            if act == house.stop:
                house.resume(subscription)
                told.round()
                assert receiver.ids == made, "what was taken is not told again"
                house.remove(subscription)


def test_a_lower_grade_and_another_address_hold_from_the_next_message_on(house: House) -> None:
    with receiving() as old, receiving() as new:
        subscription = house.subscribe(old.url, grade=3)
        made = house.pay(300_000, 400_000)
        old.took = at(1, lambda: house.change(subscription, new.url, grade=1))
        told = house.deliveries()
        told.round()
        told.round()
        assert (old.ids, new.ids) == (made[:1], made[1:])
        assert "Zhang" in old.bodies[0].decode()
        assert "Zhang" not in new.bodies[0].decode()


@pytest.mark.parametrize("status", [410, 503])
def test_what_the_old_address_answered_is_not_said_of_the_new_one(house: House, status: int) -> None:
    with receiving(status=status) as old, receiving() as new:
        subscription = house.subscribe(old.url)
        made = house.pay(100)
        old.took = at(1, lambda: house.change(subscription, new.url))
        told = house.deliveries()
        told.round()
        assert (house.stands(subscription).troubled, house.stands(subscription).stopped) == (None, None)
        told.round()
        assert new.ids == made
