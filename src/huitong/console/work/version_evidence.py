"""The evidence of a version: first what its next step rests on, then the latest, the others folded; what does not count says so."""

from huitong.console.markup import Markup, Part, markup, tag
from huitong.console.work.look import Look
from huitong.console.work.parts import by_name
from huitong.decisions.rollout import Version
from huitong.decisions.rollout.book import Evidence
from huitong.decisions.rollout.stages import EVIDENCE_TITLES
from huitong.evaluation.words import plural, share

LATEST = 5


def evidence_listed(one: Version, look: Look) -> Part:
    """What was found about a version, newest first below what its next step rests on."""
    if not one.evidence:
        return look.pick("none", "无")
    rests = _rests_on(one)
    others = [(place, found) for place, found in enumerate(one.evidence) if found is not rests]
    lines = [_line(found, look, _counts_no_more(one, place, found)) for place, found in reversed(others)]
    first = None if rests is None else _line(rests, look, outdated=False, rests=True)
    more = None
    if len(lines) > LATEST:
        earlier = lines[LATEST:]
        head = look.pick(f"{len(earlier):,} earlier", f"更早的 {len(earlier):,} 项")
        more = tag("details", tag("summary", head), tag("ul", earlier, class_="plain"))
    why = None
    if any(_counts_no_more(one, place, found) for place, found in others):
        why = look.pick(
            "What was counted before a step back, a larger share or another live version does not count for the next step; "
            "it is found anew.",
            "回退、扩大灰度或更换生效版本之前的统计不计入下一步，须重新取得。",
        )
    return markup(tag("ul", first, lines[:LATEST], class_="plain"), more, tag("p", why, class_="meta") if why else None)


def _rests_on(one: Version) -> Evidence | None:
    """What the version's next step is judged by, as it was written down last."""
    if one.stage == "live":
        return None
    return one.found(one.stage if one.stage in ("shadow", "canary") else "replay")


def _counts_no_more(one: Version, place: int, found: Evidence) -> bool:
    """Whether it was found on other terms than the next step asks for; the shadow run of a canary had its step already."""
    if one.stage == "live" or found.sort == "replay" or (one.stage, found.sort) == ("canary", "shadow"):
        return False
    return place < one.comparison.outdated


def _line(found: Evidence, look: Look, outdated: bool, rests: bool = False) -> Markup:
    rate = share(found.declined / found.decided if found.decided else None)
    title = look.text(EVIDENCE_TITLES[found.sort])
    said = look.pick(
        f"{title}: {plural(found.decided, 'decision', 'decisions')}, {rate} declined", f"{title}：决策 {found.decided:,} 笔，拒绝 {rate}"
    )
    if found.differing is not None:
        said += look.pick(f", {found.differing:,} decided differently", f"，决策不同 {found.differing:,} 笔")
    note: Part = None
    if rests:
        note = markup(" · ", tag("strong", look.pick("the next step rests on this", "下一步以此为依据")))
    elif outdated:
        note = tag("span", look.pick(" · does not count for the next step", " · 不计入下一步"), class_="muted")
    return tag("li", said, " · ", look.moment(found.time_us), " · ", by_name(found.by, look), note)
