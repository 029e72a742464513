"""The time line of a case, line by line, and why what was proposed of it is void."""

from collections.abc import Mapping

from huitong.console.markup import Markup, Part, link, markup, tag
from huitong.console.work.alert_words import CHECKLIST_WORDS, ENTRY_WORDS, VERDICT_LOOKS, closing_name
from huitong.console.work.alerts import case_title
from huitong.console.work.look import Look, mark, path_to, typed
from huitong.operations.cases import (
    ALERT_RAISED,
    ALERT_REOPENED,
    CASE_FILED,
    CASE_PROPOSED,
    CASE_REFUSED,
    TEXT_FIELDS,
    Case,
    Entry,
    voided,
)


def void_of(case: Case, look: Look) -> Part:
    """Why what was proposed is void, as long as nothing was proposed since: its investigator is to know first of all."""
    entry = voided(case)
    if entry is None:
        return None
    said = look.shown(case.id, entry.kind, TEXT_FIELDS.get(entry.kind, "reason"), typed(entry.text))
    if entry.kind == CASE_REFUSED:
        return markup(look.pick(f"{entry.by} sent it back: “", f"{entry.by} 已退回：“"), said, look.pick("”. ", "”。"))
    alert = link(path_to("alerts", entry.reference or ""), look.pick("an alert", "一条预警"))
    before = look.pick(f"What {_proposer(entry, case)} proposed is void: ", f"{_proposer(entry, case)} 提出的结论已失效：")
    if entry.kind == ALERT_RAISED:
        what = markup(look.pick("payment ", "支付 "), said, look.pick(" joined ", " 并入了"))
    elif entry.kind == ALERT_REOPENED:
        what = markup(look.pick(f"{entry.by} reopened ", f"{entry.by} 重新打开了"))
    else:
        what = markup(look.pick(f"{entry.by} added ", f"{entry.by} 并入了"))
    return markup(before, what, alert, look.pick(". ", "。"))


def line_of(one: Entry, case: Case, titles: Mapping[str, str], look: Look) -> Markup:
    """A line of the time line.

    Args:
        one: What happened.
        case: The case.
        titles: Titles of the cases that it has to do with, by id.
        look: Who looks.
    """
    what = look.text(ENTRY_WORDS.get(one.kind, {"en": one.kind, "zh": one.kind}))
    said: Part = one.text
    if one.kind == "case.checked":
        said = look.text(CHECKLIST_WORDS.get(one.text, {"en": one.text, "zh": one.text}))
    elif one.kind == "case.closed" and (proposer := _proposer(one, case)):
        what, said = look.pick(f"closed the case: confirmed what {proposer} proposed", f"结案：同意 {proposer} 提出的结论"), None
    elif one.text:
        said = look.shown(case.id, one.kind, TEXT_FIELDS.get(one.kind, "reason"), typed(one.text))
    pointed: Part = None
    if one.kind == "case.filed" and one.reference:
        pointed = tag("span", f"SHA-256 {one.reference}", class_="hash break meta")
        if look.sees(CASE_FILED, "name"):
            said = link(path_to("download", "cases", case.id, "files", one.id), said)
    elif one.reference in VERDICT_LOOKS:
        kind, sign = VERDICT_LOOKS[one.reference]
        pointed = mark(look.text(closing_name(one.reference)), kind, sign)
    elif one.reference:
        other = titles.get(one.reference)
        href = path_to("cases", one.reference) if other else path_to("alerts", one.reference)
        pointed = link(href, case_title(one.reference, other, look) if other else look.pick("alert", "预警"))
    by = tag("b", one.by) if one.by else None
    if one.back:
        what = look.pick("linked this case from", "将本案关联自")
    void = None
    if one.voids and one.kind != CASE_REFUSED:
        void = mark(look.pick(f"what {_proposer(one, case)} proposed is void", f"{_proposer(one, case)} 提出的结论失效"), "review", "!")
    head = tag("div", look.moment(one.time_us), " ", by, " ", what, " ", pointed, " ", void, class_="entry-head")
    return tag("li", head, tag("p", said, class_="break") if said else None)


def _proposer(later: Entry, case: Case) -> str | None:
    """Who proposed what a second person closed the case with, or what became void."""
    before = case.timeline[: case.timeline.index(later)]
    return next((one.by for one in reversed(before) if one.kind == CASE_PROPOSED), None)
