"""The money's way of one decision: the graph patterns of its evidence, each drawn once and called as in the record."""

from collections.abc import Sequence

from huitong.console.markup import Part, markup, tag
from huitong.console.parts.charts import Edge, flow
from huitong.console.ports import Story
from huitong.console.work.look import Look, section
from huitong.console.work.parts import veiled
from huitong.evaluation.patterns import pattern_title
from huitong.evaluation.words import MISSING, moment
from huitong.identity import Hidden
from huitong.identity.grades import ShownEdge


def money_way(story: Story, look: Look) -> Part:
    """The patterns, drawn; those that rest on the same payments are one drawing with several names."""
    heading, patterns = look.pick("The money's way", "资金路径"), story.decision.patterns
    if isinstance(patterns, Hidden):
        return section(heading, tag("p", veiled(patterns, look)))
    titles: dict[tuple[str, ...], list[str]] = {}
    shown: dict[tuple[str, ...], Sequence[ShownEdge]] = {}
    for name, edges in patterns.items():
        if edges:
            same = tuple(edge.event for edge in edges)
            title = pattern_title(name, len(edges)) or story.features.get(name, {"en": name, "zh": name})
            titles.setdefault(same, []).append(look.text(title))
            shown[same] = edges
    drawn = [_drawing(titles[same], edges, story, look) for same, edges in shown.items()]
    return section(heading, drawn) if drawn else None


def _drawing(titles: Sequence[str], edges: Sequence[ShownEdge], story: Story, look: Look) -> Part:
    heading = markup(tag("h3", titles[0]), [tag("p", title) for title in titles[1:]])
    told = [
        Edge(
            edge.source,
            edge.target,
            MISSING if edge.amount_minor is None else look.exact(edge.amount_minor, story.event.kind),
            f"{edge.source} → {edge.target} · {moment(edge.time_us, look.zone)}",
            edge.event == story.event.id,
        )
        for edge in edges
    ]
    return markup(heading, flow(titles[0], told))
