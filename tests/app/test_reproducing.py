"""Every recorded decision can be made again from the log: late, in a hurry, among other versions; and one that cannot is named."""

import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from huitong.app import Bank, Source
from huitong.app.samples import decision_of
from huitong.contracts import Decision, Event
from huitong.decisions.policy import TIER_WITHOUT_MODEL
from huitong.store import decode, encode_decision
from tests.app.small_world import changed, clock

DAY_US = 86_400_000_000
HURRY = "[budget_us]\ntotal = 100000\nmodel = 1000\n\n[measures.decline]"


def opened(root: Path) -> Bank:
    return Bank(root, clock=clock(), threads=2)


def payments(bank: Bank, sources: Sequence[Source], count: int) -> list[Event]:
    batch = bank.take_in(sources[:1], None, lambda *_: None).batches["payment.requested"].in_time_order().slice(0, count)
    return list(batch.events(bank.contracts["payment.requested"]))


def timeless(decision: Decision) -> Decision:
    return replace(decision, latency_ns=0)


def test_a_payment_beyond_the_bound_is_decided_with_a_mark_that_every_telling_of_it_bears(root: Path, sources: Sequence[Source]) -> None:
    with opened(root) as bank:
        *events, last = payments(bank, sources, 120)
        for event in events:
            bank.decide(event, policy="small")
        by_a_second = replace(last, id="within", time_us=events[-1].time_us - DAY_US)
        late = replace(last, id="beyond", time_us=events[-1].time_us - DAY_US - 1, data={**last.data, "amount": 99_000_000})
        assert not [one for one in bank.decide(by_a_second, policy="small").reasons if one.code == "features.late"]
        decision = bank.decide(late, policy="small")
        mark = decision.reasons[-1]
        assert (mark.code, mark.source, mark.contribution) == ("features.late", "features", 0.0)
        assert "24.0 h" in mark.text["en"]
        assert "24.0 小时" in mark.text["zh"]
        assert decision.evidence.features["customer_count_7d"] is None
        assert decision.reasons[0].code == "rule.huge", "what asked for the outcome stands first, and is the ground of the measures"
        assert {measure.ground for measure in decision.measures} == {"rule.huge"}
        assert decode(encode_decision(decision), decision.latency_ns) == decision, "the record needs no new format"
        assert bank.explain("beyond").decision == decision
        assert timeless(bank.live("small").recomputed(late)) == timeless(decision)
        report = bank.replay("small")
        alerts = report.run.replayed.alerts
        ids = report.run.replayed.events.ids.to_pylist()
        (kept,) = [place for place, row in enumerate(alerts.rows.tolist()) if ids[row] == "beyond"]
        shown, _ = decision_of(report.run, int(alerts.rows[kept]), kept)
        assert replace(shown, smallest_change=None) == replace(timeless(decision), smallest_change=None)
        assert report.reproduced is not None
        assert (report.reproduced.decisions, report.reproduced.differing) == (121, ())


@pytest.mark.parametrize("one_by_one_max", [5_000, 10])
def test_decisions_in_a_hurry_are_made_again_with_what_they_had_time_for(
    root: Path, sources: Sequence[Source], one_by_one_max: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huitong.app.reproducing.FOLDED_ONE_BY_ONE_MAX", one_by_one_max)
    changed(root / "policies" / "small" / "policy.toml", ("[measures.decline]", HURRY))
    with opened(root) as bank:
        events = payments(bank, sources, 60)
        bank.log.append_events(events[:20])
        for event in events[20:50]:
            bank.decide(event, policy="small")
        for event in events[50:]:
            ticks = iter(range(0, 10**12, 99_500_000))  # each look at the clock finds 99.5 ms gone
            assert bank.live("small").decide(event, ticks.__next__).tier == TIER_WITHOUT_MODEL
        done = bank.replay("small")
        assert done.reproduced is not None
        assert (done.reproduced.decisions, done.reproduced.hurried, done.reproduced.differing) == (40, 10, ())
        assert done.lines("en")[-1].startswith("40 of 40 recorded decisions reproduced bit for bit, 10 of them")
        assert done.lines("zh")[-1].startswith("已记录的 40 个决策中，40 个逐位重现，其中 10 个")
        assert bank.replay("small", sources[:1]).reproduced is None, "a table holds no decisions"


def test_a_recorded_decision_that_comes_out_otherwise_is_named(root: Path, sources: Sequence[Source]) -> None:
    with opened(root) as bank:
        events = payments(bank, sources, 30)
        for event in events[:-1]:
            bank.decide(event, policy="small")
        live = bank.live("small")
        true = live.recomputed(events[-1])
        bank.log.append_decision(events[-1], replace(true, score=0.123456))
        done = bank.replay("small")
        assert done.reproduced is not None
        assert (done.reproduced.decisions, done.reproduced.differing) == (30, (events[-1].id,))
        (finding,) = [one for one in done.findings if one.code == "replay.decision.differs"]
        assert events[-1].id in finding.where
        assert done.lines("en")[-1].startswith("29 of 30")


def test_only_the_version_that_answered_can_answer_again(root: Path, sources: Sequence[Source]) -> None:
    with opened(root) as bank:
        events = payments(bank, sources, 30)
        before = [bank.decide(event, policy="small") for event in events[:10]]
        bank.train("small", sources, seed=99)
        for event in events[10:]:
            bank.decide(event, policy="small")
        now, then = (bank.replay(name).reproduced for name in ("small", f"small@{before[0].version}"))
        assert now is not None
        assert then is not None
        assert (now.decisions, now.of_other_versions, now.differing) == (20, 10, ())
        assert (then.decisions, then.of_other_versions, then.differing) == (10, 20, ())


def test_decisions_while_a_table_is_written_rest_on_what_the_log_says_came_before(
    root: Path, sources: Sequence[Source], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huitong.app.ingesting.COMMIT_ROWS", 10)
    with opened(root) as bank:
        table = pq.read_table(sources[0].table)
        earlier, events = table.slice(0, 2_000), payments(bank, sources, 2_500)[2_000:]
        bank.live("small")
        writer = threading.Thread(target=lambda: bank.ingest([Source(earlier, sources[0].mapping)]))
        writer.start()
        end, meanwhile = 0, 0
        for event in events:
            bank.decide(event, policy="small")
            meanwhile += bank.log.end() > end + 2
            end = bank.log.end()
        writer.join()
        assert meanwhile > 10, "decisions and commits must take turns, or this test could not fail"
        done = bank.replay("small")
        assert done.reproduced is not None
        assert (done.reproduced.decisions, done.reproduced.differing) == (len(events), ())
