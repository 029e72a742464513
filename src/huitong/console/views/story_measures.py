"""Measures on the page of a decision: which spoke, which it called for, and the ways to them."""

from collections.abc import Mapping

from huitong.console.markup import Part, link, markup, tag
from huitong.console.ports import Story
from huitong.console.views.decisions import role_title
from huitong.console.views.spoken import parts_of
from huitong.console.words import MEASURES, word
from huitong.console.work.look import Look, path_to, section
from huitong.console.work.parts import veiled
from huitong.contracts import IN_FORCE, DataContract
from huitong.identity import Hidden
from huitong.identity.grades import ShownMeasure, ShownReason
from huitong.risk.disposition import SUBJECT_TITLES


def measure_that_spoke(reason: ShownReason, story: Story, held: Mapping[str, str], look: Look) -> Part:
    """The way to the measure that spoke; where the ledger does not tell which one it was, to all on whom it is about."""
    parts = parts_of(reason)
    if parts is None or isinstance(reason.code, Hidden):
        return None
    kind, role, _ = parts
    if reason.code not in held:
        return way_to_measures_on(role, story, look)
    title = word(MEASURES, kind)
    said = look.pick(f"Open this {title['en']}", f"查看该{title['zh']}措施")
    return markup(" · ", tag("span", link(path_to("measures", held[reason.code]), said), class_="beside"))


def way_to_measures_on(role: str, story: Story, look: Look) -> Part:
    """The way to all measures on one of those whom the payment names, as far as the reader may see who that is."""
    name, title = story.event.keys.get(role), SUBJECT_TITLES.get(role)
    if title is None or not isinstance(name, str):
        return None
    said = look.pick(f"Measures on this {title['en']}", f"该{title['zh']}的措施")
    return markup(" · ", tag("span", link(path_to("measures", "of", role, name), said), class_="beside"))


def called_for(story: Story, look: Look, contracts: Mapping[str, DataContract]) -> Part:
    """What a decision called for, and of which measures it was told; nothing where there are none."""
    measures = story.decision.measures
    if not measures:
        return None
    items = []
    for one in measures:
        whom = role_title(one.role, story.event.kind, look, contracts)
        kind = tag("strong", look.text(word(MEASURES, one.kind)))
        until = markup(look.pick("until ", "至 "), look.moment(one.until_us))
        already = look.pick(" · in force already", " · 此前已生效") if _in_force_already(one) else None
        subject = veiled(one.subject, look)
        items.append(tag("li", kind, f" · {whom} ", subject, " · ", until, already, way_to_measures_on(one.role, story, look)))
    title = look.pick("What it called for", "触发的措施")
    if all(map(_in_force_already, measures)):
        title = look.pick("Measures in force already", "此前已生效的措施")
    return section(title, tag("ul", items), tag("p", link("/measures", look.pick("All measures in force", "查看生效中的措施"))))


def _in_force_already(measure: ShownMeasure) -> bool:
    """Whether a decision only tells of a measure: it called for none."""
    return isinstance(measure.ground, str) and measure.ground.startswith(IN_FORCE)
