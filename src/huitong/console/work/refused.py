"""What a second person refused, or its proposer took back: who, when and why, so that it can be mended and proposed again."""

from collections.abc import Sequence
from dataclasses import dataclass

from huitong.console.markup import Markup, Part
from huitong.console.work.look import Look, section, table
from huitong.evaluation.words import MISSING
from huitong.kernel import MICROSECONDS_PER_DAY

SHOWN_US = 7 * MICROSECONDS_PER_DAY
"""For how long a page of many shows it: whoever proposed it was away for no longer, mostly."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """One of them, as the reader may see it.

    Attributes:
        what: What was proposed.
        about: Whom or what it was about.
        proposer: Who proposed it.
        by: Who refused it.
        at_us: When.
        why: Why.
    """

    what: Part
    about: Part
    proposer: str
    by: str
    at_us: int
    why: Part


def refusals(found: Sequence[Refusal], look: Look) -> Markup | None:
    """A section of them; nothing where nothing was refused."""
    if not found:
        return None
    title = look.pick("Refused or taken back", "已驳回或撤回")
    heads = [
        look.pick("Proposed", "提议"),
        look.pick("About", "对象"),
        look.pick("Proposed by", "提议人"),
        look.pick("Refused by", "驳回人"),
        look.pick("When", "时间"),
        look.pick("Why", "理由"),
    ]
    rows: list[list[Part]] = [
        [
            one.what,
            one.about,
            one.proposer,
            look.pick("taken back", "本人撤回") if one.by == one.proposer else one.by,
            look.moment(one.at_us),
            MISSING if one.why is None else one.why,
        ]
        for one in found
    ]
    lead = look.pick("Whoever still needs it proposes it again.", "如仍有需要，可重新提议。")
    return section(title, table(title, heads, rows), lead=lead)
