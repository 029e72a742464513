"""Which features an input cannot give, because a key, a field or a whole event kind is not in it: they are NaN or count nothing."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence

from huitong.contracts import NULL_CODE, NULL_INT, Codes, EventBatch
from huitong.features.plan import FeaturePlan
from huitong.kernel import Finding, Severity, Text

NAMES_MAX = 24
"""Most features that a finding names; the rest is counted."""
Need = tuple[str, str]
"""An event kind, and a key role or field of it; an empty name stands for the kind as a whole."""

_MAP: Text = {"en": "map it in the mapping, or leave these features out", "zh": "请在映射中给出，或去掉这些特征"}
_MAP_OR_NONE: Text = {
    "en": "where there should be some, map them or replay the log; where none ever came, nothing is wrong",
    "zh": "若应有此类事件，请在映射中给出或回放日志；若从未发生，则无需处理",
}


def missing_inputs(plan: FeaturePlan, batches: Sequence[EventBatch], whole: Collection[str] = ()) -> list[Finding]:
    """One warning for each key, field or kind that features need and the batches never give.

    Args:
        plan: The plan.
        batches: What is about to be taken.
        whole: Kinds of which the batches hold all that ever happened: what they never give is nobody's omission.
    """
    found = []
    for (kind, name), names in without_input(plan, batches).items():
        if kind in whole:
            continue
        what_en, what_zh = (f"{kind} never gives {name}", f"{kind} 从未给出 {name}") if name else (f"there is no {kind}", f"没有 {kind}")
        more = len(names) - NAMES_MAX
        listed = ", ".join(names[:NAMES_MAX])
        listed_en, listed_zh = (f"{listed} and {more} more", f"{listed} 等共 {len(names)} 个") if more > 0 else (listed, listed)
        found.append(
            Finding(
                "features.input.missing",
                f"{kind}.{name}" if name else kind,
                {"en": f"{what_en}; without it stay {listed_en}", "zh": f"{what_zh}；以下特征因此没有值：{listed_zh}"},
                _MAP if name else _MAP_OR_NONE,
                Severity.WARNING,
            )
        )
    return found


def without_input(plan: FeaturePlan, batches: Sequence[EventBatch]) -> dict[Need, list[str]]:
    """What the batches never give, and the features that need it."""
    given = {batch.kind: batch for batch in batches if len(batch)}
    features: dict[Need, list[str]] = defaultdict(list)
    for need, out in _needs(plan):
        name = plan.features[out].name
        if name not in features[need]:
            features[need].append(name)
    return {need: names for need, names in features.items() if _never_given(need, given)}


def _never_given(need: Need, given: Mapping[str, EventBatch]) -> bool:
    kind, name = need
    return (kind in given and not _gives(given[kind], name)) if name else kind not in given


def _needs(plan: FeaturePlan) -> Iterator[tuple[Need, int]]:
    for grouping in plan.groupings:
        key, numbers = grouping.key, list(plan.streams[grouping.key.kind].numbers)
        texts = list(plan.streams[key.kind].codes)
        for read in grouping.reads:
            yield (key.kind, ""), read.out
            yield from (((key.kind, role.name), read.out) for role in key.roles)
            yield from (((plan.decides, role.name), read.out) for role in key.asked)
            if read.value is not None:
                yield (key.kind, numbers[read.value]), read.out
            if read.text is not None:
                yield (key.kind, texts[read.text]), read.out
    for field in plan.fields:
        yield (plan.decides, list(plan.streams[plan.decides].numbers)[field.value]), field.out
    for entry in plan.lists:
        yield (plan.decides, entry.name), entry.out
    if plan.graph is not None:
        for _, out in plan.graph.columns:
            yield (plan.decides, plan.graph.source.name), out
            yield (plan.decides, plan.graph.target.name), out


def _gives(batch: EventBatch, name: str) -> bool:
    column = batch.keys.get(name, batch.data.get(name))
    if isinstance(column, Codes):
        return bool((column.codes != NULL_CODE).any())
    return column is not None and bool((column != NULL_INT).any())
