"""What waits on lists for a second person: what is to be added or lifted, with the second person's yes and no."""

from collections.abc import Collection, Sequence

from huitong.console.forms import Form, button_of
from huitong.console.markup import Markup, Part, link, markup, tag
from huitong.console.work.list_forms import NAMED_MAX, answering
from huitong.console.work.look import Look, path_to, table, typed
from huitong.console.work.second import named_beside
from huitong.contracts import Signers
from huitong.evaluation.words import MISSING
from huitong.risk.lists import CONFIRMED_BY, ENTRY_CHANGED, KeptList, Proposal

STEP = 50
"""Most proposals that are shown."""
UNFOLDED_MAX = 1_000
"""Most values of a proposal that are shown when it is unfolded."""


def waiting_table(
    found: Sequence[tuple[KeptList, Proposal]], look: Look, signers: Signers, inline: list[Form], *, named: bool, unread: Collection[str]
) -> Markup:
    """What waits.

    Args:
        found: Each with its list.
        look: Who looks.
        signers: Who can sign in, and so may be the second person.
        inline: Takes the forms of the table.
        named: Whether to name the lists.
        unread: Names of those that no policy reads.
    """
    if not found:
        return tag("p", look.pick("Nothing waits.", "没有待复核事项。"), class_="muted")
    heads = [
        look.pick("Proposed", "提议"),
        look.pick("What", "对象"),
        look.pick("Ground", "依据"),
        look.pick("Until", "止"),
        look.pick("By", "提议人"),
        look.pick("Confirm by", "复核期限"),
        look.pick("Action", "操作"),
    ]
    rows: list[list[Part]] = []
    for kept, one in found[:STEP]:
        first = one.changes[0]
        wish = wish_of(one, look)
        forms = answering(one, kept, look, read=kept.name not in unread)
        inline += forms
        rows.append(
            [
                markup(wish, " ", link(path_to("lists", kept.name), typed(look.text(kept.title)))) if named else wish,
                _all_values(one, kept, look),
                _grounds(one, look),
                MISSING if first.lifts else _span(one, look),
                first.by,
                look.moment(one.expires_us),
                markup(
                    tag("div", [button_of(form, look.language) for form in forms], class_="rowacts") if forms else None,
                    named_beside(first.by, look, signers, CONFIRMED_BY),
                ),
            ]
        )
    return table(look.pick("Waiting for a second person", "待第二人复核"), heads, rows)


def wish_of(one: Proposal, look: Look) -> str:
    """What is to be done to the list."""
    return look.pick("lift from", "从名单解除") if one.changes[0].lifts else look.pick("add to", "加入名单")


def values_of(one: Proposal, kept: KeptList, look: Look) -> Markup:
    """What is to be added or lifted, the first few by name."""
    values: list[Part] = [
        markup(look.pick(", ", "、") if place else "", look.shown(one.id, ENTRY_CHANGED, kept.holds, typed(change.value)))
        for place, change in enumerate(one.changes[:NAMED_MAX])
    ]
    if len(one.changes) > NAMED_MAX:
        values.append(look.pick(f" and {len(one.changes) - NAMED_MAX:,} more", f" 等共 {len(one.changes):,} 个"))
    return markup(values)


def _all_values(one: Proposal, kept: KeptList, look: Look) -> Markup:
    """As ``values_of``; who signs can unfold all of them, each with its end and what else was said."""
    few = values_of(one, kept, look)
    said = any(change.reason is not None for change in one.changes)
    if len(one.changes) <= NAMED_MAX and not said:
        return few
    items = [
        tag(
            "li",
            look.shown(one.id, ENTRY_CHANGED, kept.holds, typed(change.value)),
            None if change.lifts else markup(look.pick(" until ", " 至 "), look.moment(change.until_us)),
            markup(look.pick(", ", "，"), look.text(change.ground_text)),
            None
            if change.reason is None
            else markup(look.pick(": ", "："), look.shown(one.id, ENTRY_CHANGED, "reason", typed(change.reason))),
        )
        for change in one.changes[:UNFOLDED_MAX]
    ]
    left = len(one.changes) - UNFOLDED_MAX
    more = tag("p", look.pick(f"{left:,} more", f"另有 {left:,} 个"), class_="muted") if left > 0 else None
    return markup(few, tag("details", tag("summary", look.pick("each of them", "逐条查看")), tag("ul", items), more))


def _grounds(one: Proposal, look: Look) -> str:
    grounds = list(dict.fromkeys(look.text(change.ground_text) for change in one.changes))
    return grounds[0] if len(grounds) == 1 else look.pick(f"{len(grounds)} different ones", f"{len(grounds)} 种依据")


def _span(one: Proposal, look: Look) -> Markup:
    """When entries end: all at once, or between which moments."""
    first_us, last_us = min(change.until_us for change in one.changes), max(change.until_us for change in one.changes)
    first, last = look.moment(first_us), look.moment(last_us)
    return markup(first) if first_us == last_us else markup(first, " – ", last)
