"""Rules of measures and alerts as whoever calls over HTTP meets them."""

from functools import partial

import pytest

from huitong.client import Client
from huitong.contracts import Actor, Command
from huitong.identity import this_machine
from huitong.kernel import MICROSECONDS_PER_DAY, EventId, HuitongError, time_text
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


def test_a_case_is_sent_back_once_with_a_reason_and_proposed_again(house: House) -> None:
    house.pay("r-2", "Back")
    case = house.done("zhao", "/v1/cases", alert=house.alert_of("Back"), title="A mule")["id"]
    path = f"/v1/cases/{case}/refuse"
    assert house.refused("sun", path, 403, reason="too early") == "case.unproposed"
    for item in ("evidence_seen", "customer_contacted", "measures_reviewed"):
        house.done("zhao", f"/v1/cases/{case}/check", item=item)
    house.done("zhao", f"/v1/cases/{case}/propose", verdict="fraud", reason="clear")
    seen = house.get("sun", f"/v1/cases/{case}")["proposal"]
    assert house.refused("key", path, 403, proposal=seen, reason="no") == "access.four_eyes"
    assert house.refused("sun", path, 422, reason="no") == "case.proposal.unnamed"
    assert house.refused("sun", path, 422, proposal=seen) == "http.body"
    with Client(str(house.client.base_url), headers={"x-user": "sun"}, purpose="case:C-1") as client:
        said = {"reason": "nobody called", "match": client.work.case(case).etag}
        back = client.work.on_case(case, "refuse", key="back-1", **said)
        assert client.work.on_case(case, "refuse", key="back-1", **said) == back
    assert back.kind == "case.refused"
    shown = house.get("zhao", f"/v1/cases/{case}")
    assert (shown["proposed"], shown["closed_by"]) == (None, None)
    assert [(one["kind"], one["by"], one["text"]) for one in shown["timeline"]][-1] == ("case.refused", "sun", "nobody called")
    assert house.refused("sun", f"/v1/cases/{case}/close", 403, proposal=seen) == "case.unproposed"
    house.done("zhao", f"/v1/cases/{case}/propose", verdict="fraud", reason="called now")


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


def test_a_measure_says_for_which_alert_and_case_it_is(house: House) -> None:
    house.pay("r-3", "Named")
    alert = house.alert_of("Named")
    case = house.done("zhao", "/v1/cases", alert=alert, title="For")["id"]
    until = time_text(house.bank.clock.now_us() + MICROSECONDS_PER_DAY)
    wanted = {"role": "account", "subject": "A-named", "measure": "watch", "until": until, "ground": "investigation"}
    assert house.refused("wang", "/v1/measures", 404, **wanted, alert="none") == "alert.unknown"
    assert house.refused("wang", "/v1/measures", 404, **wanted, case="none") == "case.unknown"
    with Client(str(house.client.base_url), headers={"x-user": "wang"}, purpose=f"alert:{alert}") as client:
        impose = partial(client.work.impose, "account", "A-named", "watch", until=until, ground="investigation", alert=alert)
        imposed = impose(case=case, key="named-1")
        assert impose(case=case, key="named-1").id == imposed.id
        with pytest.raises(HuitongError, match="used for another act"):
            impose(key="named-1")
        client.work.lift(imposed.id, "verified", alert=alert)
        shown = client.work.measure(imposed.id).value
    assert (shown.alert, shown.case, shown.lifted_alert, shown.lifted_case) == (alert, case, alert, None)
    assert house.refused("wang", f"/v1/measures/{imposed.id}/lift", 404, ground="verified", alert="none") == "alert.unknown"


def test_a_payment_that_makes_a_proposal_void_stands_in_the_time_line(house: House) -> None:
    house.pay("void-1", "Void")
    alert = house.alert_of("Void")
    case = house.done("zhao", "/v1/cases", alert=alert, title="A mule")["id"]
    for item in ("evidence_seen", "customer_contacted", "measures_reviewed"):
        house.done("zhao", f"/v1/cases/{case}/check", item=item)
    proposal = house.done("zhao", f"/v1/cases/{case}/propose", verdict="fraud", reason="clear")["id"]
    house.pay("void-2", "Void")
    line = house.get("sun", f"/v1/cases/{case}")["timeline"][-1]
    assert (line["kind"], line["by"], line["text"], line["reference"], line["voids"]) == ("alert.raised", "", "void-2", alert, proposal)
    assert house.refused("sun", f"/v1/cases/{case}/close", 403, proposal=proposal) == "case.unproposed"
