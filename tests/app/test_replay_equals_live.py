"""One by one as they come, all at once from a table, again from the log: the same answers, bit for bit."""

import heapq
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from huitong.app import Bank, RunReport, Source
from huitong.app.samples import decision_of
from huitong.contracts import Decision, Event
from huitong.decisions.policy import TIER_WITHOUT_MODEL
from huitong.kernel import DataError, ExternalError, InputError
from tests.app.small_world import changed, clock, full_disk

CUSTOMERS = 16
Answers = Mapping[str, tuple[str, bytes, tuple[str, ...]]]
"""For each payment the outcome, the bits of the score and everything that hit."""


@pytest.fixture(scope="module")
def few(sources: Sequence[Source]) -> list[Source]:
    """The tables of a few customers, over all their days."""
    payments, labels, profiles = (pq.read_table(source.table) for source in sources)
    customers = pc.unique(payments["customer"].cast(pa.string())).slice(0, CUSTOMERS)
    mine = payments.filter(pc.is_in(payments["customer"].cast(pa.string()), customers))
    known = labels.filter(pc.is_in(labels["payment"].cast(pa.string()), pc.unique(mine["id"].cast(pa.string()))))
    return [Source(table, source.mapping) for table, source in zip((mine, known, profiles), sources, strict=True)]


def stream(bank: Bank, tables: Sequence[Source]) -> list[Event]:
    """Every event in the order in which a live system sees it: by time, at equal times the payments last."""
    batches = bank.take_in(tables, None, lambda *_: None).batches
    parts = [batch.in_time_order().events(bank.contracts[kind]) for kind, batch in batches.items()]
    return list(heapq.merge(*parts, key=lambda one: (one.time_us, one.kind == "payment.requested", one.kind, one.id)))


def bits(score: float | None) -> bytes:
    return np.float64(np.nan if score is None else score).tobytes()


def said(decision: Decision) -> tuple[str, bytes, tuple[str, ...]]:
    rules = [f"rule.{hit.table}.{hit.row}" if hit.table == "rules" else f"table.{hit.table}.{hit.row}" for hit in decision.evidence.rules]
    return decision.outcome, bits(decision.score), tuple(sorted([*rules, *(f"list.{hit.list}" for hit in decision.evidence.lists)]))


def replayed(report: RunReport) -> Answers:
    run = report.run.replayed
    policy = run.policies[0]
    rules = {f"rule.{one.id}": f"rule.rules.{place}" for place, one in enumerate(policy.program.settings.rules, 1)}
    hits: list[list[str]] = [[] for _ in range(len(run.events))]
    for row, word in zip(policy.hit_rows.tolist(), policy.hit_words.tolist(), strict=True):
        hits[row].append(rules.get(policy.words[word], policy.words[word]))
    outcomes = policy.program.settings.outcomes
    return {
        event_id: (outcomes[outcome], score.tobytes(), tuple(sorted(words)))
        for event_id, outcome, score, words in zip(run.events.ids.to_pylist(), policy.outcome, policy.score, hits, strict=True)
    }


def timeless(decision: Decision) -> Decision:
    """Without the time that it took, which is no part of what was decided."""
    return replace(decision, latency_ns=0)


def answered(decision: Decision) -> Decision:
    """Without what else would have led to a milder outcome, which a replay does not ask of every row."""
    return replace(decision, latency_ns=0, smallest_change=None)


def live(bank: Bank, events: Sequence[Event]) -> dict[str, Decision]:
    """Decides the payments and writes down the rest, one by one."""
    decisions = {}
    for event in events:
        if event.kind == "payment.requested":
            decisions[event.id] = bank.decide(event, policy="small")
        else:
            bank.log.append_events([event])
    return decisions


def opened(root: Path) -> Bank:
    return Bank(root, clock=clock(), threads=2)


def test_each_payment_decided_as_it_comes_gets_the_answer_of_the_replay_whatever_happens_in_between(
    root: Path, few: Sequence[Source]
) -> None:
    with opened(root) as bank:
        events = stream(bank, few)
        report = bank.replay("small", few)
    third = len(events) // 3
    with opened(root) as bank:
        decisions = live(bank, events[:third])
    assert list((root / "state").iterdir()), "closing keeps the state"
    with opened(root) as bank:
        decisions |= live(bank, events[third : 2 * third])
    shutil.rmtree(root / "state")
    with opened(root) as bank:
        decisions |= live(bank, events[2 * third :])
        answers = replayed(report)
        assert {name: said(decision) for name, decision in decisions.items()} == answers
        assert {outcome for outcome, _, _ in answers.values()} == {"approve", "review", "decline"}
        assert replayed(bank.replay("small")) == answers, "a replay of the log is the replay of the tables"
    alerts = report.run.replayed.alerts
    for kept, row in enumerate(alerts.rows.tolist()):
        decision, event = decision_of(report.run, row, kept)
        assert answered(decisions[event.id]) == answered(decision)


def test_a_payment_that_comes_late_counts_from_when_it_came(root: Path, few: Sequence[Source]) -> None:
    with opened(root) as bank:
        events = [event for event in stream(bank, few) if event.kind == "payment.requested"][:400]
        late = [event for place, event in enumerate(events) if place % 10 == 3]
        arrival = sorted(events, key=lambda one: one.time_us + (6 * 3_600_000_000 if one in late else 0))
        assert arrival != events
        decisions = live(bank, arrival)
        report = bank.replay("small")
        of_log = report.run.replayed
        assert {name: said(one) for name, one in decisions.items()} == replayed(report)
        for kept, row in enumerate(of_log.alerts.rows.tolist()):
            decision, event = decision_of(report.run, row, kept)
            assert answered(decisions[event.id]) == answered(decision), "with the edges of its patterns"
    with opened(root) as bank:
        in_time = bank.replay("small", few).run.replayed
    shared = dict(zip(in_time.events.ids.to_pylist(), in_time.policies[0].score.tolist(), strict=True))
    here = zip(of_log.events.ids.to_pylist(), of_log.policies[0].score.tolist(), strict=True)
    assert any(shared[name] != score for name, score in here), "the order of arrival must matter, or this test could not fail"


def test_a_payment_written_down_earlier_is_decided_on_what_stood_before_it(root: Path, few: Sequence[Source]) -> None:
    with opened(root) as bank:
        taken, appended = bank.ingest(few)
        assert appended.new == sum(len(batch) for batch in taken.batches.values())
        report = bank.replay("small", few)
        assert replayed(bank.replay("small")) == replayed(report)
        alerts = report.run.replayed.alerts
        for kept in (0, len(alerts.rows) // 2, len(alerts.rows) - 1):
            decision, event = decision_of(report.run, int(alerts.rows[kept]), kept)
            assert answered(bank.decide(event, policy="small")) == answered(decision)
        again, nothing = bank.ingest(few)
        assert (nothing.new, nothing.repeated) == (0, sum(len(batch) for batch in again.batches.values()))


def test_the_same_payment_again_gets_the_first_answer_and_another_of_its_id_an_error_that_shows_both(
    root: Path, few: Sequence[Source]
) -> None:
    with opened(root) as bank:
        events = [event for event in stream(bank, few) if event.kind != "customer.profile"][:200]
        decisions = live(bank, events)
        subject = next(event for event in events if event.id in decisions)
        end = bank.log.end()
        assert bank.decide(subject, policy="small") == decisions[subject.id]
        other = replace(subject, data={**subject.data, "amount": 4_321_00})
        with pytest.raises(DataError) as caught:
            bank.decide(other, policy="small")
        for text in caught.value.cause.values():
            assert "432100" in text
            assert str(subject.data["amount"]) in text
        assert bank.log.end() == end
        assert replayed(bank.replay("small")) == {name: said(one) for name, one in decisions.items()}


def test_a_trained_policy_answers_from_then_on_and_what_was_answered_stays(
    root: Path, few: Sequence[Source], sources: Sequence[Source]
) -> None:
    with opened(root) as bank:
        first, second, third = [event for event in stream(bank, few) if event.kind == "payment.requested"][:3]
        before = bank.decide(first, policy="small")
        trained = bank.train("small", sources, seed=99)
        assert trained.version != before.version
        assert bank.decide(second, policy="small").version == trained.version
        assert bank.decide(first, policy="small") == before
        assert bank.explain(first.id).decision == before
        changed(root / "policies" / "small" / "policy.toml", ("amount > 200000", "amount > 100"))
        assert bank.decide(third, policy="small").version == trained.version, "an edit counts from the next opening on"
    with opened(root) as bank:
        assert bank.explain(first.id).loaded.program.version == before.version


def test_a_decision_in_a_hurry_says_what_was_left_out_and_is_the_same_again(root: Path, few: Sequence[Source]) -> None:
    budget = "[budget_us]\ntotal = 100000\nmodel = 1000\n\n[measures.decline]"
    changed(root / "policies" / "small" / "policy.toml", ("[measures.decline]", budget))
    with opened(root) as bank:
        events = [event for event in stream(bank, few) if event.kind == "payment.requested"][:60]
        live(bank, events[:-2])
        ticks = iter(range(0, 10**12, 99_500_000))  # each look at the clock finds 99.5 ms gone
        hurried = bank.live("small").decide(events[-2], lambda: next(ticks))
        assert (hurried.tier, hurried.score) == (TIER_WITHOUT_MODEL, None)
        calm = bank.live("small").decide(events[-1], lambda: 0)
        assert (calm.tier, calm.score is None) == ("full", False)
        assert bank.log.decisions_of(events[-2].id) == [hurried]
        again = bank.live("small").recomputed(events[-2], tier=hurried.tier)
        assert timeless(again) == timeless(hurried)
        assert bank.live("small").recomputed(events[-2], tier="full").score is not None


def test_what_a_policy_does_not_decide_is_refused_and_counts_nowhere(root: Path, few: Sequence[Source]) -> None:
    with opened(root) as bank:
        events = stream(bank, few)
        label = next(event for event in events if event.kind == "payment.labelled")
        with pytest.raises(InputError) as caught:
            bank.decide(label, policy="small")
        assert caught.value.code == "decide.kind"
        assert bank.log.end() == 0


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"amount": -1}, "amount"),
        ({"amount": 10**18}, "amount"),
        ({"amount": 12.5}, "amount"),
        ({"currency": "XYZ"}, "currency"),
        ({"amount": None}, "amount"),
        ({"colour": "red"}, "colour"),
    ],
    ids=["negative", "beyond all bounds", "a float", "no such currency", "missing", "unknown field"],
)
def test_an_event_made_by_hand_is_held_to_the_data_contract(
    root: Path, few: Sequence[Source], change: dict[str, int | str | None], named: str
) -> None:
    with opened(root) as bank:
        event = next(event for event in stream(bank, few) if event.kind == "payment.requested")
        with pytest.raises(InputError) as caught:
            bank.decide(replace(event, data={**event.data, **change}), policy="small")
        assert caught.value.code == "event.refused"
        assert named in caught.value.cause["en"]
        assert bank.log.end() == 0
        future = replace(event, time_us=clock().now_us() + 86_400_000_000)
        with pytest.raises(InputError, match="time"):
            bank.decide(future, policy="small")
        assert bank.decide(event, policy="small").event == event.id


def test_after_a_full_disk_the_same_bank_goes_on_as_if_the_refused_payment_had_never_been_asked_about(
    root: Path, few: Sequence[Source]
) -> None:
    with opened(root) as bank:
        events = [event for event in stream(bank, few) if event.kind == "payment.requested"][:60]
        decisions = live(bank, events[:20])
        with full_disk(512), pytest.raises(ExternalError):
            bank.decide(replace(events[20], id="P-refused"), policy="small")
        assert bank.log.event("P-refused") is None
        decisions |= live(bank, events[20:40])
        with full_disk(512), pytest.raises(ExternalError):
            bank.decide(events[40], policy="small")
        decisions |= live(bank, events[40:])
        assert {name: said(decision) for name, decision in decisions.items()} == replayed(bank.replay("small"))
        assert bank.check_log() == ()


def test_a_state_that_is_damaged_or_of_another_log_costs_time_and_no_answer(root: Path, few: Sequence[Source]) -> None:
    with opened(root) as bank:
        events = [event for event in stream(bank, few) if event.kind == "payment.requested"][:60]
        decisions = live(bank, events[:30])
    (state,) = (path for path in (root / "state").iterdir() if path.suffix != ".book")
    content = bytearray(state.read_bytes())
    content[len(content) // 2] ^= 1
    state.write_bytes(content)
    with opened(root) as bank:
        decisions |= live(bank, events[30:])
        assert {name: said(decision) for name, decision in decisions.items()} == replayed(bank.replay("small"))
    shutil.rmtree(root / "log")
    (root / "log").mkdir()
    (root / "keys" / "master.key").unlink()
    kept = (root / "state").rename(root / "kept")
    with opened(root) as bank:
        bank.log.append_events([])  # begins another log
    shutil.rmtree(root / "state", ignore_errors=True)
    kept.rename(root / "state")
    with opened(root) as bank:  # the state is ahead of this log
        assert bank.decide(events[0], policy="small").evidence.features["customer_count_7d"] == 1
