"""What is left out where time is short, in which order, and what never is."""

from dataclasses import replace
from pathlib import Path

import pytest

from huitong.contracts import TIER_FULL
from huitong.decisions.policy import (
    TIER_WITHOUT_GRAPH,
    TIER_WITHOUT_GRAPH_AND_MODEL,
    TIER_WITHOUT_MODEL,
    Program,
    searches,
    tier_within_budget,
    time_to_search,
)
from huitong.decisions.policy.tiers import runs_model
from huitong.kernel import PolicyError
from tests.app.small_world import changed
from tests.decisions.policy.build import load

BUDGET = "[budget_us]\ntotal = 1000\ngraph = 200\nmodel = 300\n\n[measures.decline]"
MODEL_OF_GRAPH = (
    '"payees_24h"]\nmissing = { default = { imputed = -1 } }',
    '"payees_24h", "cycle_length"]\nmissing = { default = { imputed = -1 }, cycle_length = "required" }',
)


def tiers(program: Program, *elapsed_us: float, model_us: float | None = None) -> list[str]:
    """The tier of a decision whose graph's turn comes after that time; that of the model at once or after ``model_us``."""
    found = []
    for graph_us in elapsed_us:
        searched = time_to_search(program, lambda at=graph_us: int(at * 1_000))  # type: ignore[misc] # a loop's variable, bound
        found.append(tier_within_budget(program, graph_us if model_us is None else model_us, searched=searched))
    return found


def test_the_graph_is_left_out_first_and_then_the_model_too(folder: Path, bank: Path) -> None:
    changed(folder / "policy.toml", ("[measures.decline]", BUDGET))
    program = load(folder, bank).program
    assert tiers(program, 0, 500) == [TIER_FULL] * 2
    assert tiers(program, 500.5, 700) == [TIER_WITHOUT_GRAPH] * 2
    assert tiers(program, 700.5, 10**9) == [TIER_WITHOUT_GRAPH_AND_MODEL] * 2
    assert tiers(program, 0, model_us=701) == [TIER_WITHOUT_MODEL], "the search took the model's time"


def test_without_its_time_declared_the_graph_is_always_searched(folder: Path, bank: Path) -> None:
    changed(folder / "policy.toml", ("[measures.decline]", BUDGET.replace("graph = 200\n", "")))
    program = load(folder, bank).program
    assert tiers(program, 0, 700, 701, 10**9) == [TIER_FULL, TIER_FULL, TIER_WITHOUT_MODEL, TIER_WITHOUT_MODEL]

    def asked() -> int:
        raise AssertionError("nobody needs to know the time")

    assert time_to_search(program, asked)


def test_a_policy_without_patterns_has_nothing_of_the_graph_to_leave_out(folder: Path, bank: Path) -> None:
    changed(folder / "policy.toml", ("[measures.decline]", BUDGET))
    changed(folder / "features.toml", ('{ graph = "cycle_length", over = "24h" }', '{ graph = "fan_in", of = "target", over = "24h" }'))
    program = load(folder, bank).program
    assert program.searched == frozenset()
    assert tiers(program, 0, 700, 701) == [TIER_FULL, TIER_FULL, TIER_WITHOUT_MODEL]


def test_before_training_the_whole_time_is_the_graphs(folder: Path, bank: Path) -> None:
    changed(folder / "policy.toml", ("[measures.decline]", BUDGET))
    program = load(folder, bank, trained=False).program
    assert tiers(program, 0, 800, 801) == [TIER_WITHOUT_MODEL, TIER_WITHOUT_MODEL, TIER_WITHOUT_GRAPH_AND_MODEL]


def test_a_policy_without_a_model_leaves_out_the_graph_alone(folder: Path, bank: Path) -> None:
    text = (folder / "policy.toml").read_text("utf-8")
    start, end = text.index("[model]"), text.index("[measures.decline]")
    (folder / "policy.toml").write_text(text[:start] + BUDGET + text[end:].removeprefix("[measures.decline]"), "utf-8")
    (folder / "trained.toml").unlink()
    assert tiers(load(folder, bank).program, 0, 800, 801) == [TIER_FULL, TIER_FULL, TIER_WITHOUT_GRAPH]


def test_a_model_that_requires_a_pattern_goes_with_the_graph_and_refuses_nobody(folder: Path, bank: Path) -> None:
    changed(folder / "policy.toml", ("[measures.decline]", BUDGET))
    trained = load(folder, bank).program
    changed(folder / "policy.toml", MODEL_OF_GRAPH)
    (folder / "trained.toml").unlink()
    requiring = load(folder, bank).program
    changed(folder / "policy.toml", ('cycle_length = "required"', 'cycle_length = "informative"'))
    with (folder / "features.toml").open("a", encoding="utf-8") as features:
        features.write('doubled = { product = ["cycle_length", "amount"] }\n')
    reading = load(folder, bank).program
    changed(folder / "policy.toml", ('"cycle_length"]', '"doubled"]'), ('cycle_length = "informative"', 'doubled = "required"'))
    derived = load(folder, bank).program
    assert [one.model_requires_search for one in (trained, requiring, reading, derived)] == [False, True, False, True]
    for program, hurried in ((requiring, TIER_WITHOUT_GRAPH_AND_MODEL), (reading, TIER_WITHOUT_GRAPH)):
        assert tiers(replace(program, scorer=trained.scorer), 500, 501) == [TIER_FULL, hurried]


@pytest.mark.parametrize(
    ("tier", "searched", "model"),
    [
        (TIER_FULL, True, True),
        (TIER_WITHOUT_MODEL, True, False),
        (TIER_WITHOUT_GRAPH, False, True),
        (TIER_WITHOUT_GRAPH_AND_MODEL, False, False),
    ],
)
def test_a_tiers_name_says_what_ran(tier: str, searched: bool, model: bool) -> None:
    assert (searches(tier), runs_model(tier)) == (searched, model)


def test_a_stage_that_cannot_be_left_out_has_no_tier(folder: Path, bank: Path) -> None:
    changed(folder / "policy.toml", ("[measures.decline]", BUDGET.replace("graph", "graphs")))
    with pytest.raises(PolicyError, match="graph"):
        load(folder, bank)
