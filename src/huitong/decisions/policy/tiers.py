"""Tiers: how much of a policy answers where time is short, in the order in which things are left out.

Lists, rules, tables, measures in force and the log are never left out. First the patterns of the graph are not searched for, then the model
does not run either. What was left out stands in the decision, so that it comes out the same when it is made again.
"""

from collections.abc import Callable, Mapping

from huitong.contracts import TIER_FULL
from huitong.decisions.policy.program import Program
from huitong.kernel import Text

TIER_WITHOUT_MODEL = "without_model"
"""The graph was searched; the model's time was not left, or it is not trained yet."""
TIER_WITHOUT_GRAPH = "without_graph"
"""The patterns of the graph were not searched for; the model ran, or there is none."""
TIER_WITHOUT_GRAPH_AND_MODEL = "without_graph_and_model"
"""Neither."""
TIER_TITLES: Mapping[str, Text] = {
    TIER_FULL: {"en": "with everything", "zh": "完整决策"},
    TIER_WITHOUT_MODEL: {"en": "without model: lists, rules and tables alone", "zh": "无模型：仅由名单、规则与决策表决定"},
    TIER_WITHOUT_GRAPH: {"en": "without graph patterns, for lack of time", "zh": "无图模式：时间不足，未查找"},
    TIER_WITHOUT_GRAPH_AND_MODEL: {
        "en": "without graph patterns and model, for lack of time: lists, rules and tables alone",
        "zh": "无图模式与模型：时间不足，仅由名单、规则与决策表决定",
    },
}
"""What each tier is called wherever people read of it."""


def searches(tier: str) -> bool:
    """Whether the patterns of the graph are searched for."""
    return tier not in (TIER_WITHOUT_GRAPH, TIER_WITHOUT_GRAPH_AND_MODEL)


def runs_model(tier: str) -> bool:
    """Whether the model answers, where there is a trained one."""
    return tier in (TIER_FULL, TIER_WITHOUT_GRAPH)


def time_to_search(program: Program, elapsed_ns: Callable[[], int]) -> bool:
    """Whether the budget leaves time for the graph and, after it, for the model; asked before the event's features are computed.

    Args:
        program: The compiled policy.
        elapsed_ns: Time since the question came, ns; looked at only where the policy says what the graph may take.
    """
    budget = program.settings.budget_us
    if "total" not in budget or "graph" not in budget or not program.searched:
        return True
    model = budget.get("model", 0) if program.scorer is not None else 0
    return elapsed_ns() / 1_000 + budget["graph"] + model <= budget["total"]


def tier_within_budget(program: Program, elapsed_us: float, *, searched: bool = True) -> str:
    """The tier that the budget still allows when ``elapsed_us`` of it are gone.

    Args:
        program: The compiled policy; one whose model is not trained yet has no more than the tiers that say so.
        elapsed_us: Time since the question came, µs.
        searched: Whether the patterns of the graph were searched for; where they were not, a model that requires one of them has nothing to
            say but that a value is missing, and is left out with them.
    """
    budget = program.settings.budget_us
    total = budget.get("total")
    model = program.scorer is not None or program.settings.model is None
    if program.scorer is not None and total is not None:
        model = elapsed_us + budget.get("model", 0) <= total
    if searched:
        return TIER_FULL if model else TIER_WITHOUT_MODEL
    return TIER_WITHOUT_GRAPH if model and not program.model_requires_search else TIER_WITHOUT_GRAPH_AND_MODEL
