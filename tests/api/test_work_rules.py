"""Rules of measures and alerts as whoever calls over HTTP meets them."""

from huitong.contracts import Actor, Command
from huitong.identity import this_machine
from huitong.kernel import MICROSECONDS_PER_DAY, EventId, time_text
from huitong.risk.disposition import Subject, Wanted
from tests.api.test_work import ROLES, House, house

__all__ = ["house"]


def test_a_system_that_names_more_than_a_limit_allows_is_told_that_the_amount_stays(house: House) -> None:
    day = time_text(house.bank.clock.now_us() + MICROSECONDS_PER_DAY)
    two = time_text(house.bank.clock.now_us() + 2 * MICROSECONDS_PER_DAY)
    wanted = {"role": "account", "subject": "A-limit", "measure": "limit", "ground": "investigation"}
    house.done("zhao", "/v1/measures", **wanted, until=day, amount_minor=50_000)
    more = house.act("key", "/v1/measures", "more", **wanted, until=two, amount_minor=900_000)
    assert more.status_code == 200, more.text
    assert "measure.amount.stays" in [one["code"] for one in more.json()["findings"]]
    assert house.act("key", "/v1/measures", "more", **wanted, until=two, amount_minor=900_000).json() == more.json()
    assert house.refused("key", "/v1/measures", 409, "more", **wanted, until=two, amount_minor=50_000) == "act.key_used"
    (held,) = house.get("wang", "/v1/measures", role="account", subject="A-limit")["items"]
    assert (held["amount_minor"], held["until"]) == (50_000, two)
    less = house.act("key", "/v1/measures", **wanted, until=two, amount_minor=30_000)
    assert less.status_code == 200
    assert "measure.amount.stays" not in [one["code"] for one in less.json()["findings"]]


def test_an_alert_is_given_to_whom_the_bank_knows_and_an_escalated_one_to_an_approver(house: House) -> None:
    command = house.bank.measures.command(this_machine().actor)
    house.bank.people.office.add_first(command, "sun", "Sun", ("investigator",), "replay-every-decision")
    house.pay("r-1", "Rules")
    alert = house.alert_of("Rules")
    assert house.refused("zhao", f"/v1/alerts/{alert}/assign", 422, to="nobody.here") == "alert.nobody"
    house.done("zhao", f"/v1/alerts/{alert}/assign", to="sun")
    house.done("sun", f"/v1/alerts/{alert}/escalate", reason="beyond my limit")
    assert house.refused("zhao", f"/v1/alerts/{alert}/assign", 422, to="zhao") == "alert.nobody"
    until = time_text(house.bank.clock.now_us() + MICROSECONDS_PER_DAY)
    assert house.refused("zhao", f"/v1/alerts/{alert}/snooze", 403, until=until, reason="later") == "access.role"
    house.done("wang", f"/v1/alerts/{alert}/assign", to="wang")
    house.done("wang", f"/v1/alerts/{alert}/snooze", until=until, reason="the branch looks into it")


def test_a_lifted_measure_names_both_pairs_of_eyes_apart(house: House) -> None:
    measures, now_us = house.bank.measures, house.bank.clock.now_us()

    def given(who: str, minutes_ago: int) -> Command:
        return Command(
            EventId(f"eyes-{minutes_ago}"), Actor(who, frozenset(ROLES.get(who, ROLES["wang"]))), now_us - minutes_ago * 60_000_000
        )

    until_us = now_us + MICROSECONDS_PER_DAY
    measures.impose(given("zhao", 9), Wanted(Subject("account", "A-eyes"), "freeze", until_us, "court_order", note="the letter came"))
    measures.confirm(given("wang", 8), "eyes-9")
    measures.lift(given("sun", 7), "eyes-8/1", "verified", "the court says so")
    measures.confirm(given("wei", 6), "eyes-7")
    shown = house.get("auditor", "/v1/measures/eyes-8%2F1", "audit:1")
    assert (shown["by"], shown["second"], shown["lifted_by"], shown["lifted_second"]) == ("zhao", "wang", "sun", "wei")
    assert (shown["note"], shown["lifted_ground"], shown["lifted_note"]) == ("the letter came", "verified", "the court says so")
