"""Subscriptions that are changed or removed while messages wait, are refused, or are on their way."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from huitong.api.meter import RequestMeter
from huitong.app.kept_webhooks import KeptWebhooks
from huitong.app.metrics import Metrics
from huitong.contracts import Health
from huitong.decisions.policy import LoadedPolicy
from huitong.kernel import EventId, ExternalError, InputError, PolicyError
from huitong.operations import webhooks as wh
from tests.app.receiver import receiving
from tests.app.webhook_house import HOME, House, Refusing


@pytest.fixture
def house(root: Path) -> Iterator[House]:
    made = House(root)
    yield made
    made.bank.close()


def test_a_changed_address_is_asked_at_once_and_told_what_waited_with_the_same_secret(house: House) -> None:
    with receiving(status=503) as old, receiving() as new:
        subscription = house.subscribe(old.url)
        first, second = house.pay(100, 200)
        refusing = Refusing(house, house.deliveries())
        assert refusing.rounds(40) == "webhook.failing"
        failing = house.stands(subscription)
        assert failing.troubled is not None
        assert failing.remedy is not None
        assert "webhook-id" in failing.remedy
        house.change(subscription, new.url)
        assert house.stands(subscription).troubled is None, "nobody has tried the new address yet"
        assert refusing.rounds(1) is None
        assert new.ids == [first, second]
        assert house.stands(subscription).generation == 1


def test_what_is_told_changes_from_the_next_message_on(house: House) -> None:
    with receiving() as receiver:
        subscription = house.subscribe(receiver.url)
        told = house.deliveries()
        passed = house.pay(100)[0]
        told.round()
        house.change(subscription, receiver.url, "alert", "decision", outcome="decline")
        _, declined = house.pay(100, 300_000)
        told.round()
        assert [one for one in receiver.ids if one in (passed, declined)] == [passed, declined]
        assert "alert.raised" in {one["type"] for one in receiver.events()}
        with pytest.raises(InputError) as same:
            house.change(subscription, receiver.url, "decision", "alert", outcome="decline")
        assert same.value.code == "webhook.already"


def test_a_disk_that_refuses_once_lets_no_decision_of_the_severity_be_missed(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    load, refusals = house.bank.load, iter([ExternalError("policy.unreadable", {"en": "no", "zh": "否"}, {"en": "wait", "zh": "请等待"})])

    def refused_once(policy: str) -> LoadedPolicy:
        for refusal in refusals:
            raise refusal
        return load(policy)

    refusing = Refusing(house, house.deliveries())
    with receiving() as receiver:
        house.subscribe(receiver.url, outcome="review")
        _, declined = house.pay(100, 300_000)
        monkeypatch.setattr(house.bank, "load", refused_once)
        assert refusing.rounds(1) == "policy.unreadable"
        assert refusing.rounds(1) is None
        assert receiver.ids == [declined]


def test_a_version_that_is_gone_is_told_by_its_very_outcome_and_holds_up_nothing(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(policy: str) -> LoadedPolicy:
        raise InputError("bank.policy.unknown", {"en": policy, "zh": policy}, {"en": "-", "zh": "-"})

    refusing = Refusing(house, house.deliveries())
    with receiving() as stricter, receiving() as same:
        house.subscribe(stricter.url, outcome="review")
        house.subscribe(same.url, outcome="decline")
        _, declined = house.pay(100, 300_000)
        monkeypatch.setattr(house.bank, "load", gone)
        assert refusing.rounds(1) is None
        assert (stricter.ids, same.ids) == ([], [declined])


def test_what_was_set_aside_is_sent_again_although_no_such_message_is_asked_for_any_more(house: House) -> None:
    refusing = Refusing(house, house.deliveries())
    with receiving(status=refusing.answer) as receiver:
        refusing.receiver = receiver
        subscription = house.subscribe(receiver.url)
        odd, _ = house.pay(100, 200)
        refusing.refused = {odd}
        refusing.rounds(10)
        house.change(subscription, receiver.url, "case")
        refusing.refused = set()
        again = house.command("operator")
        house.bank.books.webhooks.act(again, lambda state: wh.again(state, again, subscription))
        refusing.rounds(2)
        assert receiver.ids[-1] == odd
        assert house.stands(subscription).aside == []


def test_one_that_is_removed_while_it_is_told_ends_and_its_round_goes_on_with_the_others(house: House) -> None:
    with receiving(status=410) as gone, receiving() as other:
        removed, kept = house.subscribe(gone.url), house.subscribe(other.url)
        house.pay(100)
        gone.took = lambda _: house.remove(removed)
        told = house.deliveries()
        told.round()
        told.round()
        assert len(gone.ids) == len(other.ids) == 1
        assert house.bank.books.webhooks.ask(lambda state: list(state.subscriptions)) == [kept]
        assert house.bank.check_log() == ()
        with pytest.raises(InputError) as unknown:
            house.remove(removed)
        assert unknown.value.code == "webhook.unknown"


def test_only_an_administrator_changes_or_removes(house: House) -> None:
    subscription = house.subscribe("https://core.example/")
    operator, wanted = house.command("operator"), wh.Wanted("core", "https://other.example/", ["decision"])
    with pytest.raises(PolicyError):
        house.bank.books.webhooks.act(operator, lambda state: wh.change(state, operator, subscription, wanted, HOME))
    with pytest.raises(PolicyError):
        house.bank.books.webhooks.act(operator, lambda state: wh.remove(state, operator, subscription, "no"))


def test_what_waits_is_what_would_be_told_as_far_as_somebody_looks(house: House) -> None:
    subscription, kept = house.subscribe("https://core.example/", outcome="decline"), KeptWebhooks(house.bank)
    house.pay(100, 300_000, 400_000, 100)
    one = house.stands(subscription)
    found = kept.waiting(one, 100)
    event = house.bank.log.event(EventId("P-2"))
    assert event is not None
    assert (found.count, found.whole, found.oldest_us) == (2, True, event.time_us)
    short = kept.waiting(one, 2)
    assert (short.count, short.whole) == (1, False)
    assert kept.waiting(one, 1).oldest_us is None


def test_a_name_belongs_to_one_subscription_at_a_time(house: House) -> None:
    first, second = house.subscribe("https://core.example/"), house.subscribe("https://other.example/")
    taken = wh.Wanted(" core ", "https://third.example/", ["decision"])
    books = house.bank.books.webhooks
    with pytest.raises(InputError) as made:
        books.carry_out(house.command(), wh.subscribe, taken, 0, HOME)
    with pytest.raises(InputError) as changed:
        books.carry_out(house.command(), wh.change, second, taken, HOME)
    assert (made.value.code, changed.value.code) == ("webhook.name.taken", "webhook.name.taken")
    assert first in made.value.cause["en"]
    house.change(first, "https://moved.example/")
    house.remove(first)
    assert books.carry_out(house.command(), wh.change, second, taken, HOME)


def test_two_of_an_older_log_with_the_same_name_have_figures_of_their_own(house: House) -> None:
    bank, wanted = house.bank, wh.Wanted("core", "https://core.example/", ["decision"])
    for _ in range(2):
        bank.books.webhooks.note(wh.subscribe(wh.Webhooks(), house.command(), wanted, 0, HOME))
    text = Metrics(bank, "small", RequestMeter(), []).text(Health((), 0, bank.log.end(), 0, {})).decode()
    for name in ("huitong_webhooks", "huitong_webhook_behind_records", "huitong_webhook_set_aside"):
        series = [line.rpartition(" ")[0] for line in text.splitlines() if line.startswith(name + "{")]
        assert len(set(series)) == len(series) == 2
