"""Decisions at every tier: live, in groups, one by one, made again from the log and from their records, the same bits."""

import json
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from huitong.app import Bank, recompute
from huitong.app.deciding import Asked, decided, decided_together
from huitong.contracts import TIER_FULL, Decision, Event, Value
from huitong.decisions.policy import TIER_TITLES, TIER_WITHOUT_GRAPH, TIER_WITHOUT_GRAPH_AND_MODEL, TIER_WITHOUT_MODEL, LoadedPolicy
from huitong.features import FeatureEngine
from huitong.kernel import time_us
from huitong.verifier import read_keys, verify
from tests.app.small_world import changed, clock

BUDGET = "[budget_us]\ntotal = 100000\ngraph = 20000\nmodel = 20000\n\n[measures.decline]"
ROUND = """[[rules]]
id = "round"
when = "cycle_length >= 2"
outcome = "review"
reason = { zh = "资金绕回起点", en = "money goes round" }

[[rules]]
id = "huge"
"""
ELAPSED_US = {
    TIER_FULL: (0, 0),
    TIER_WITHOUT_GRAPH: (70_000, 75_000),
    TIER_WITHOUT_GRAPH_AND_MODEL: (90_000, 95_000),
    TIER_WITHOUT_MODEL: (0, 90_000),
}
"""Time that is gone when the graph's turn comes, and when the model's does."""
START_US = time_us("2025-10-01T12:00:00Z")


def ticking(tier: str, *before: int) -> Callable[[], int]:
    """A clock at which a decision comes out at that tier: after the looks ``before``, the next one is at the graph's turn."""
    graph_us, model_us = ELAPSED_US[tier]
    times = iter([*before, graph_us * 1_000])
    return lambda: next(times, model_us * 1_000)


def payment(number: int, payer: int, payee: int, amount_minor: int = 5_000_00, terminal: str = "T9") -> Event:
    keys = {"customer": f"C{payer}", "account": f"A{payer}", "counterparty": f"A{payee}", "terminal": terminal, "device": f"D{payer}"}
    data: dict[str, Value] = {"amount": amount_minor, "channel": "transfer"}
    return Event(f"p-{number:04}", "payment.requested", START_US + number * 1_000_000, keys, data)


@pytest.fixture
def hurried(root: Path) -> Path:
    """The small bank, whose policy says what the graph and the model may take and asks for a look where money goes round."""
    policy = root / "policies" / "small" / "policy.toml"
    changed(policy, ("[measures.decline]", BUDGET), ('[[rules]]\nid = "huge"\n', ROUND))
    return root


@pytest.fixture(params=["one by one", "together"])
def way(request: pytest.FixtureRequest, hurried: Path) -> Path:
    """With what would have changed a decision, which a lone event is asked by itself; and without, as groups are decided."""
    if request.param == "together":
        changed(hurried / "policies" / "small" / "policy.toml", ('[smallest_change]\nfields = ["amount"]\n', ""))
    return hurried


def fresh(loaded: LoadedPolicy) -> FeatureEngine:
    return FeatureEngine(loaded.plan, {entries.name: entries.entries for entries in loaded.program.lists})


def timeless(decision: Decision) -> Decision:
    return replace(decision, latency_ns=0)


@pytest.mark.parametrize("tier", ELAPSED_US)
def test_a_live_decision_at_a_tier_is_made_again_from_the_log_and_from_its_record(way: Path, tmp_path: Path, tier: str) -> None:
    with Bank(way, clock=clock(), threads=2) as bank:
        live = bank.live("small")
        for number, (payer, payee) in enumerate([(1, 2), (2, 3)]):
            live.decide(payment(number, payer, payee), lambda: 0)
        hurried = payment(2, 3, 1, 250_000_00), payment(3, 4, 5, terminal="T000001")
        closing, listed = (live.decide(event, ticking(tier, 0)) for event in hurried)
        after = live.decide(payment(4, 2, 1, 21_000_00), lambda: 0)

        assert (closing.tier, listed.tier, after.tier) == (tier, tier, TIER_FULL)
        searched, model = tier in (TIER_FULL, TIER_WITHOUT_MODEL), tier in (TIER_FULL, TIER_WITHOUT_GRAPH)
        assert closing.evidence.features["cycle_length"] == (3.0 if searched else None)
        assert ("cycles" in closing.evidence.patterns) == searched
        assert ("rule.round" in {reason.code for reason in closing.reasons}) == searched
        assert (closing.score is not None) == model
        assert (listed.outcome, listed.reasons[0].code) == ("decline", "list.blocked"), "lists answer at every tier"
        assert after.evidence.features["cycle_length"] == 2.0, "an edge that nobody searched is found by those after it"
        assert (closing.smallest_change is not None) == bool(live.loaded.program.settings.change_fields)

        for decision, event in zip((closing, listed), hurried, strict=True):
            assert timeless(live.recomputed(event, tier=tier)) == timeless(decision)
        done = bank.replay("small").reproduced
        assert done is not None
        assert (done.decisions, done.hurried, done.differing) == (5, 0 if tier == TIER_FULL else 2, ())

        bundle = bank.bundle("small", tmp_path / "small.zip").path
        keys = read_keys(bank.logbook.custody.public_file.read_bytes())
        for decision in (closing, listed):
            again = recompute(verify(json.loads(json.dumps(bank.prove(decision.id))), keys), bundle).decision
            assert (again.outcome, again.score, again.reasons, again.tier) == (
                decision.outcome,
                decision.score,
                decision.reasons,
                decision.tier,
            )


@pytest.fixture(scope="module")
def policies(trained_bank: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sequence[LoadedPolicy]]:
    """The hurried policy, without and with what would have changed a decision."""
    root = shutil.copytree(trained_bank / "bank", tmp_path_factory.mktemp("hurried") / "bank")
    policy = root / "policies" / "small" / "policy.toml"
    changed(policy, ("[measures.decline]", BUDGET), ('[[rules]]\nid = "huge"\n', ROUND))
    with Bank(root, clock=clock(), threads=2) as bank:
        explaining = bank.load("small")
        changed(policy, ('[smallest_change]\nfields = ["amount"]\n', ""))
    with Bank(root, clock=clock(), threads=2) as bank:
        yield bank.load("small"), explaining


def test_each_tier_has_words_of_its_own() -> None:
    assert TIER_TITLES.keys() == ELAPSED_US.keys()
    assert len({text[language] for text in TIER_TITLES.values() for language in ("zh", "en")}) == 2 * len(ELAPSED_US)


PAYMENTS = st.lists(
    st.tuples(st.integers(0, 4), st.integers(0, 4), st.sampled_from([5_000_00, 250_000_00]), st.sampled_from(sorted(ELAPSED_US))),
    min_size=1,
    max_size=60,
)


@settings(max_examples=25, deadline=None)
@given(given=PAYMENTS, sizes=st.lists(st.integers(1, 40), min_size=1, max_size=6))
def test_groups_of_mixed_tiers_get_the_bits_that_each_gets_alone(
    policies: Sequence[LoadedPolicy], given: list[tuple[int, int, int, str]], sizes: list[int]
) -> None:
    events = [payment(number, payer, payee, amount) for number, (payer, payee, amount, _) in enumerate(given)]
    tiers = [tier for *_, tier in given]
    for loaded in policies:
        grouped, alone, hurried = fresh(loaded), fresh(loaded), fresh(loaded)
        before = grouped.twin() if loaded.program.settings.change_fields else None
        start, turn = 0, 0
        while start < len(events):
            part = slice(start, start + sizes[turn % len(sizes)])
            start, turn = part.stop, turn + 1
            asked = [Asked(event, ticking(tier)) for event, tier in zip(events[part], tiers[part], strict=True)]
            for one, event, tier in zip(decided_together(loaded, grouped, asked, before), events[part], tiers[part], strict=True):
                assert isinstance(one, Decision)
                assert one.tier == tier
                assert timeless(one) == timeless(decided(loaded, alone, event, tier=tier))
                assert timeless(one) == timeless(decided(loaded, hurried, event, elapsed_ns=ticking(tier)))
