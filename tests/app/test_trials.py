"""A trial of an edit counts what the edit does apart from what its folder changes already."""

from dataclasses import replace

import pytest

from huitong.app import Bank
from huitong.app.drafts import Drafts
from huitong.app.editing import Editing
from huitong.contracts import Actor, Command, Event
from huitong.decisions.rollout import PolicyRollout, Version
from huitong.kernel import MICROSECONDS_PER_DAY
from tests.app.small_world import changed

LI = Actor("li.wei", frozenset({"analyst"}))
DAYS = 7


def test_what_the_folder_changes_already_is_not_taken_for_the_edits_effect(bank: Bank, monkeypatch: pytest.MonkeyPatch) -> None:
    drafts, settings = Drafts(bank, Editing(bank)), bank.workspace.policy_folder("small") / "policy.toml"
    for number in range(5):
        event = {"id": f"P{number}", "time": f"2025-12-01T00:0{number}:00Z", "amount": f"{10 + number}.00", "currency": "CNY"}
        bank.decide({**event, "customer": "C1", "terminal": "T9"}, policy="small")
    live = bank.rollouts.draft(Command("c1", LI, bank.clock.now_us()), "small", "first")
    version = Version(live, "li.wei", "first", None, 0, "live")
    monkeypatch.setattr(bank.rollouts, "status", lambda _: PolicyRollout({live: version}, [live]))
    before = settings.read_bytes()
    harder = before.replace(b'when = "amount > 200000"', b'when = "amount > 1"')
    assert harder != before
    assert drafts.tried("small", {"policy.toml": harder}, DAYS).alone is None, "the folder is what decides now"
    settings.write_bytes(harder)
    found = drafts.tried("small", {"policy.toml": harder + b"\n# a word\n"}, DAYS)
    assert found.alone is not None
    assert (found.alone.harder, found.alone.milder) == (0, 0)
    assert found.alone.of_folder == found.harder + found.milder > 0
    back = drafts.tried("small", {"policy.toml": before}, DAYS)
    assert back.alone is not None
    assert (back.harder, back.milder, back.alone.of_folder) == (0, 0, 0)
    assert back.alone.milder == found.harder


def test_known_fraud_is_let_through_where_only_the_change_gives_it_the_mildest_outcome(bank: Bank) -> None:
    drafts, settings = Drafts(bank, Editing(bank)), bank.workspace.policy_folder("small") / "policy.toml"
    changed(settings, ("[thresholds]\n", "[thresholds]\nreview = 1.0\ndecline = 1.0\n"))
    event = {"id": "P0", "time": "2025-12-01T00:00:00Z", "amount": "25000.00", "currency": "CNY", "channel": "transfer"}
    assert bank.decide({**event, "customer": "C1", "terminal": "T9"}, policy="small").outcome == "review"
    label = Event("L0", "payment.labelled", bank.clock.now_us(), {"customer": "C1", "terminal": "T9"}, {"payment": "P0", "fraud": True})
    bank.log.append_events([label])
    before = settings.read_bytes()
    milder = before.replace(b"amount > 20000 ", b"amount > 30000 ")
    found = drafts.tried("small", {"policy.toml": milder}, DAYS)
    assert (found.milder, found.fraud_missed_minor, found.fraud_stopped_minor) == (1, 2_500_000, 0)
    settings.write_bytes(milder)
    back = drafts.tried("small", {"policy.toml": before}, DAYS)
    assert (back.harder, back.fraud_missed_minor, back.fraud_stopped_minor) == (1, 0, 2_500_000)


def test_what_may_speak_against_a_change_is_shown_first(bank: Bank) -> None:
    drafts, settings = Drafts(bank, Editing(bank)), bank.workspace.policy_folder("small") / "policy.toml"
    changed(settings, ("[thresholds]\n", "[thresholds]\nreview = 1.0\ndecline = 1.0\n"))
    for number, amount in enumerate(("29000.00", "25000.00", "40000.00")):
        event = {"id": f"P{number}", "time": f"2025-12-01T0{number}:00:00Z", "amount": amount, "currency": "CNY", "channel": "transfer"}
        assert bank.decide({**event, "customer": f"C{number}", "terminal": "T9"}, policy="small").outcome == "review"
    label = Event("L1", "payment.labelled", bank.clock.now_us(), {"customer": "C1", "terminal": "T9"}, {"payment": "P1", "fraud": True})
    bank.log.append_events([label])
    before = settings.read_bytes()
    milder = before.replace(b"amount > 20000 ", b"amount > 90000 ")
    assert [one.event for one in drafts.tried("small", {"policy.toml": milder}, DAYS).examples] == ["P1", "P2", "P0"], "fraud let go"
    settings.write_bytes(milder)
    assert [one.event for one in drafts.tried("small", {"policy.toml": before}, DAYS).examples] == ["P2", "P0", "P1"], "whom it hurts"
    settings.write_bytes(before)
    facts = {"id": "P3", "time": "2025-12-01T03:00:00Z", "amount": "15000.00", "currency": "CNY", "channel": "transfer"}
    bank.decide({**facts, "customer": "C3", "terminal": "T9"}, policy="small")
    both = before.replace(b"amount > 20000 ", b"amount < 20000 ")
    found = drafts.tried("small", {"policy.toml": both}, DAYS).examples
    assert [one.event for one in found] == ["P1", "P3", "P2", "P0"], "fraud let go before those it hurts, in one list"


def paid(bank: Bank, event: str, day: str) -> None:
    """A payment that a rule on its amount would catch."""
    facts = {"id": event, "time": f"{day}T00:00:00Z", "amount": "25.00", "currency": "CNY", "channel": "transfer"}
    bank.decide({**facts, "customer": event, "terminal": "T9"}, policy="small")


def reported(bank: Bank, label: str, payment: str) -> None:
    """A label that says fraud."""
    keys = {"customer": payment, "terminal": "T9"}
    bank.log.append_events([Event(label, "payment.labelled", bank.clock.now_us(), keys, {"payment": payment, "fraud": True})])


def test_who_is_hurt_is_who_is_honest_and_of_the_newest_nobody_knows_yet(bank: Bank) -> None:
    drafts, settings = Drafts(bank, Editing(bank)), bank.workspace.policy_folder("small") / "policy.toml"
    for event, day in (("P0", "2025-11-20"), ("P1", "2025-11-21"), ("P2", "2025-12-01")):
        paid(bank, event, day)
    before = settings.read_bytes()
    harder = before.replace(b'when = "amount > 200000"', b'when = "amount > 1"')
    unlabelled = drafts.tried("small", {"policy.toml": harder}, 28)
    assert (unlabelled.hurt, unlabelled.hurt_unknown) == (0, 3), "nobody says of any payment how it turned out"
    reported(bank, "L1", "P1")
    found = drafts.tried("small", {"policy.toml": harder}, 28)
    known = {one.event: one.fraud for one in found.examples}
    assert (known["P0"], known["P1"]) == (False, True)
    assert found.harder == 3
    assert found.hurt + found.hurt_unknown == 2


def test_a_replay_of_the_log_takes_for_honest_what_nobody_reported_within_the_label_delay(bank: Bank) -> None:
    for event, day in (("P0", "2025-11-20"), ("P1", "2025-11-21"), ("P2", "2025-12-01")):
        paid(bank, event, day)
    assert bank.replay("small", since="2025-11-01").report.unlabelled
    reported(bank, "L1", "P1")
    done = bank.replay("small", since="2025-11-01")
    settled_us = done.report.method.settled_before_us
    assert settled_us == bank.clock.now_us() + 1 - 7 * MICROSECONDS_PER_DAY
    labels, times_us = done.run.labels.label, done.run.replayed.events.time_us
    assert [int(one) for one in labels] == [0, 1, 0 if times_us[2] < settled_us else -1]


def test_where_the_outcome_of_every_payment_is_known_nothing_waits_for_the_label_delay(bank: Bank) -> None:
    names = ("P0", "P1", "P2")
    for at, event in enumerate(names):
        paid(bank, event, f"2025-12-0{at + 1}")
        reported(bank, f"L{at}", event)
    report = bank.replay("small", since="2025-11-01").report
    assert report.method.settled_before_us is None
    assert (report.unlabelled, report.too_early, report.effect.fraud.count) == (False, False, 3)


def test_what_was_paid_without_a_decision_is_told_apart(bank: Bank) -> None:
    drafts, settings = Drafts(bank, Editing(bank)), bank.workspace.policy_folder("small") / "policy.toml"
    paid(bank, "P0", "2025-12-01")
    (event,) = bank.log.events(["P0"]).values()
    bank.log.append_events([replace(event, id="P1", time_us=event.time_us + 1)])
    harder = settings.read_bytes().replace(b'when = "amount > 200000"', b'when = "amount > 1"')
    found = drafts.tried("small", {"policy.toml": harder}, DAYS).examples
    assert {one.event: one.decided for one in found} == {"P0": True, "P1": False}


def test_whom_a_trial_counts_as_hurt_but_both_versions_reach_is_no_difference_in_the_report(bank: Bank) -> None:
    drafts, settings = Drafts(bank, Editing(bank)), bank.workspace.policy_folder("small") / "policy.toml"
    changed(settings, ("[thresholds]\n", "[thresholds]\nreview = 1.0\ndecline = 1.0\n"))
    for number, amount in enumerate(("25000.00", "25.00", "30.00")):
        event = {"id": f"P{number}", "time": f"2025-11-2{number}T00:00:00Z", "amount": amount, "currency": "CNY", "channel": "transfer"}
        bank.decide({**event, "customer": "C1" if number < 2 else "C2", "terminal": "T9"}, policy="small")
    reported(bank, "L1", "P2")
    live = bank.rollouts.draft(Command("c1", LI, bank.clock.now_us()), "small", "first")
    harder = settings.read_bytes().replace(b'when = "amount > 200000"', b'when = "amount < 28"')
    assert drafts.tried("small", {"policy.toml": harder}, 28).hurt == 1, "C1, whose first payment both versions send to review"
    settings.write_bytes(harder)
    report = bank.replay("small", against=f"small@{live}", since="2025-11-01").report
    assert report.comparison is not None
    assert (report.effect.honest_customers_touched, report.comparison.effect.honest_customers_touched) == (1, 1)


def test_whom_the_edit_alone_hurts_is_counted_apart(bank: Bank, monkeypatch: pytest.MonkeyPatch) -> None:
    drafts, settings = Drafts(bank, Editing(bank)), bank.workspace.policy_folder("small") / "policy.toml"
    for number, event in enumerate(("P0", "P1", "P2")):
        paid(bank, event, f"2025-11-2{number}")
    reported(bank, "L1", "P1")
    live = bank.rollouts.draft(Command("c1", LI, bank.clock.now_us()), "small", "first")
    version = Version(live, "li.wei", "first", None, 0, "live")
    monkeypatch.setattr(bank.rollouts, "status", lambda _: PolicyRollout({live: version}, [live]))
    before = settings.read_bytes()
    settings.write_bytes(before + b"\n# a word\n")
    found = drafts.tried("small", {"policy.toml": before.replace(b'when = "amount > 200000"', b'when = "amount > 1"')}, 28)
    assert found.alone is not None
    assert (found.alone.hurt, found.alone.hurt_unknown) == (found.hurt, found.hurt_unknown)
    assert found.hurt > 0
