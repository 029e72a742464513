"""Messages that a receiver refuses for good: set aside for people, while those behind them go on; and what is no such refusal."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from huitong.app import Bank
from huitong.app.health import HealthDesk
from huitong.app.server import rounds_of
from huitong.kernel import EventId, InputError, PolicyError
from huitong.operations import webhooks as wh
from tests.app.receiver import receiving
from tests.app.webhook_house import House, Refusing


@pytest.fixture
def house(root: Path) -> Iterator[House]:
    made = House(root)
    yield made
    made.bank.close()


def test_a_message_refused_for_good_is_set_aside_and_those_behind_it_go_on(house: House) -> None:
    refusing = Refusing(house, house.deliveries())
    with receiving(status=refusing.answer) as receiver:
        refusing.receiver = receiver
        subscription = house.subscribe(receiver.url)
        first, odd, third, fourth = house.pay(100, 200, 300, 400)
        refusing.refused = {odd}
        assert refusing.rounds(10) == "webhook.aside"
        assert receiver.ids == [first, odd, odd, odd, third, fourth]
        stands = house.stands(subscription)
        assert [(one.record, one.status, one.due) for one in stands.aside] == [(odd, 400, False)]
        assert (stands.delivered, stands.troubled, stands.stopped) == (3, None, None)
        report = HealthDesk(house.bank, "small", rounds_of(house.bank)).health()
        assert report.fit

        again = house.command("operator")
        house.bank.books.webhooks.act(again, lambda state: wh.again(state, again, subscription))
        assert refusing.rounds(5) == "webhook.aside"
        assert receiver.ids[6:] == [odd], "refused once more, it waits for people again"
        refusing.refused = set()
        again_too = house.command("operator")
        house.bank.books.webhooks.act(again_too, lambda state: wh.again(state, again_too, subscription, odd))
        fifth = house.pay(500)[0]
        assert refusing.rounds(2) is None
        assert receiver.ids[7:] == [odd, fifth]
        assert (house.stands(subscription).aside, house.stands(subscription).delivered) == ([], 5)
        assert house.bank.check_log() == ()


def test_what_was_set_aside_outlives_a_restart_and_can_be_left_untold_for_a_reason(house: House, root: Path) -> None:
    refusing = Refusing(house, house.deliveries())
    with receiving(status=refusing.answer) as receiver:
        refusing.receiver = receiver
        subscription = house.subscribe(receiver.url)
        odd, other = house.pay(100, 200)
        refusing.refused, refusing.status = {odd, other}, 422
        refusing.rounds(20)
        house.bank.close()
        house.bank = Bank(root, clock=house.clock, threads=2)
        assert [one.record for one in house.stands(subscription).aside] == [odd, other]
        analyst, operator = house.command("analyst"), house.command("operator")
        with pytest.raises(PolicyError):
            house.bank.books.webhooks.act(analyst, lambda state: wh.drop(state, analyst, subscription, odd, "no"))
        with pytest.raises(InputError) as unknown:
            house.bank.books.webhooks.act(operator, lambda state: wh.drop(state, operator, subscription, "none", "no"))
        assert unknown.value.code == "webhook.aside.unknown"
        dropped = house.command("operator")
        house.bank.books.webhooks.act(dropped, lambda state: wh.drop(state, dropped, subscription, odd, "booked by hand"))
        written = house.bank.log.event(dropped.id)
        assert written is not None
        assert (written.data["record"], written.data["ground"]) == (odd, "booked by hand")
        assert [one.record for one in house.stands(subscription).aside] == [other]
        resumed = house.command("operator")
        (place,) = house.bank.log.positions(EventId("P-1"))
        house.bank.books.webhooks.act(resumed, lambda state: wh.resume(state, resumed, subscription, place))
        assert house.stands(subscription).aside == [], "what is told again from there on comes in its turn"


def test_a_receiver_that_refuses_everything_is_failing_and_keeps_the_order(house: House) -> None:
    with receiving(status=400) as receiver:
        subscription = house.subscribe(receiver.url)
        made = house.pay(*range(100, 108))
        refusing = Refusing(house, house.deliveries())
        assert refusing.rounds(60) == "webhook.failing"
        assert [one.record for one in house.stands(subscription).aside] == made[:5]
        assert set(receiver.ids) == set(made[:6]), "nothing overtakes the sixth"
        receiver.status = 200
        house.clock.advance_us(3_600 * 1_000_000)
        refusing.rounds(2)
        assert receiver.ids[-3:] == made[5:]


@pytest.mark.parametrize("status", [401, 404, 408, 409, 429, 503])
def test_what_is_no_refusal_of_one_message_sets_nothing_aside(house: House, status: int) -> None:
    with receiving(status=status) as receiver:
        subscription = house.subscribe(receiver.url)
        first, _ = house.pay(100, 200)
        assert Refusing(house, house.deliveries()).rounds(12) == "webhook.failing"
        assert set(receiver.ids) == {first}
        assert len(receiver.ids) > 3
        assert house.stands(subscription).aside == []
