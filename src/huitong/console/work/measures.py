"""Measures: those in force, those that wait for a second person, their figures."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from huitong.console.forms import Form, button_of
from huitong.console.markup import Markup, Part, link, markup, tag
from huitong.console.words import word
from huitong.console.work.look import Look, View, figures, filters, mark, nothing, paging, path_to, section, table, typed, within
from huitong.console.work.measure_forms import answering, imposing, lifting
from huitong.console.work.named_for import as_given, rests_on
from huitong.console.work.passed import Passed, not_among, passed_over
from huitong.console.work.refused import SHOWN_US, Refusal, refusals
from huitong.console.work.second import named_beside
from huitong.contracts import Signers
from huitong.evaluation.words import MISSING, plural
from huitong.identity import Purpose
from huitong.kernel import Text
from huitong.risk import disposition
from huitong.risk.disposition import (
    ALL_PAYMENTS,
    CHANGED,
    KIND_TITLES,
    KINDS,
    REFUSED,
    STOPPING,
    SUBJECT_ROLES,
    SUBJECT_TITLES,
    Change,
    Channels,
    Figures,
    Ledger,
    Place,
    Proposal,
    Settings,
    Stretch,
)

STEP = 50
_KIND: Text = {"en": "Kind", "zh": "种类"}
_SUBJECT: Text = {"en": "Subject", "zh": "主体"}
STOPPING_KINDS = "stopping"
"""Stands in the address for the kinds that stop payments."""
KIND_LOOKS: Mapping[str, tuple[str, str]] = {
    "watch": ("other", "◉"),
    "step_up": ("review", "⇧"),
    "limit": ("review", "≤"),
    "hold": ("hold", "‖"),
    "freeze": ("freeze", "❄"),
}


@dataclass(frozen=True, slots=True)
class MeasureList:
    """What the page of measures knows.

    Attributes:
        kind: Only this kind, or only those that stop payments; empty for all.
        role: Only about this kind of subject; empty for all.
        start: Rows before the page.
        rows: The page's measures in force, strongest first.
        total: How many of these there are.
        counts: How many are in force, by kind.
        waiting: Proposals that wait for a second person, oldest first.
        figures: What measures cost and held, of the last days.
        policies: What policies are called, by name.
        channels: What channels are called, by code.
        passed: What the address cannot mean.
        signers: Who can sign in, and so may be the second person.
        read: Key roles of which some policy reads measures; empty where none reads any.
        lift_waits: Ids of those whose lifting waits for a second person.
        refused: Proposals of the last days that were refused or taken back, the latest first.
    """

    kind: str
    role: str
    start: int
    rows: Sequence[Stretch]
    total: int
    counts: Mapping[str, int]
    waiting: Sequence[Proposal]
    figures: Figures | None = None
    policies: Mapping[str, Text] = field(default_factory=dict)
    channels: Channels = field(default_factory=dict)
    passed: Sequence[Passed] = ()
    signers: Signers = field(default_factory=Signers)
    read: Collection[str] = ()
    lift_waits: Collection[str] = ()
    refused: Sequence[Proposal] = ()


def measure_list(ledger: Ledger, query: Mapping[str, str], now_us: int) -> MeasureList:
    """The page of measures, from the state of the ledger."""
    kind, role, start = query.get("kind", ""), query.get("role", ""), query.get("from", "0")
    at = int(start) if start.isascii() and start.isdecimal() and len(start) < 9 else 0
    held = disposition.in_force(ledger, now_us)
    counts: dict[str, int] = {name: sum(one.kind == name for one in held) for name in KINDS}
    passed = not_among(query, {"kind": (_KIND, (*KINDS, STOPPING_KINDS)), "role": (_SUBJECT, SUBJECT_ROLES)})
    kind, role = (text if text in known else "" for text, known in ((kind, (*KINDS, STOPPING_KINDS)), (role, SUBJECT_ROLES)))
    kinds = {"": KINDS, STOPPING_KINDS: STOPPING}.get(kind, (kind,))
    wanted = [one for one in held if one.kind in kinds and role in ("", one.place.subject.role)]
    at = within(at, STEP, len(wanted))
    rows, waits = wanted[at : at + STEP], disposition.waiting(ledger, now_us)
    lifts = {one.id for one in rows if disposition.lift_waits(ledger, one, now_us)}
    gone = disposition.refused(ledger, now_us - SHOWN_US)[:STEP]
    return MeasureList(kind, role, at, rows, len(wanted), counts, waits, passed=passed, lift_waits=lifts, refused=gone)


def measures_view(found: MeasureList, look: Look, settings: Settings) -> View:
    """The page of measures.

    Args:
        found: What it knows.
        look: Who looks.
        settings: The institution's settings about measures.
    """
    inline: list[Form] = []
    body = markup(
        _figures(found, look),
        section(
            look.pick("Waiting for a second person", "待第二人复核"),
            waiting_table(found.waiting, found.policies, found.channels, found.signers, look, settings, found.read, inline),
        ),
        refused_measures(found.refused, found.policies, look),
        section(
            look.pick("In force", "生效中"),
            _filters(found, look),
            passed_over(found.passed, look),
            _in_force(found, look, settings, inline),
            anchor="in-force",
        ),
    )
    form = imposing(look, settings, found.channels, found.signers, found.read)
    return View(look.pick("Measures", "管控措施"), _answer(found, look), body, [] if form is None else [form], inline)


def _answer(found: MeasureList, look: Look) -> str:
    total = sum(found.counts.values())
    strong = found.counts["freeze"] + found.counts["hold"]
    if not total:
        en, zh = "No measure is in force", "当前没有生效的管控措施"
    else:
        en = "One measure is in force" if total == 1 else f"{total:,} measures are in force"
        zh = f"生效中的管控措施 {total:,} 项"
        if strong:
            en, zh = f"{en}, {strong:,} of them holds or freezes", f"{zh}，其中暂缓或冻结 {strong:,} 项"
    if found.waiting:
        en, zh = f"{en}; {plural(len(found.waiting), 'waits', 'wait')} for a second person", f"{zh}；待第二人复核 {len(found.waiting):,} 项"
    return look.pick(f"{en}.", f"{zh}。")


def _figures(found: MeasureList, look: Look) -> Markup:
    known = found.figures
    if known is None:
        return tag(
            "p",
            look.pick("The figures are being counted from the log: look again in a moment.", "正在按日志统计各项数字，请稍后刷新。"),
            class_="muted",
        )
    nobody: Text = {
        "en": "by the verdicts so far nobody innocent was limited or held",
        "zh": "就已有结论的措施而言，没有正常客户被限额、暂缓或冻结",
    }
    if not known.guilty:
        nobody = {"en": "no measure has a verdict yet", "zh": "尚无措施有结论"}
    hours, against = MISSING, nobody[look.language]
    if known.release_median_hours is not None and known.release_p90_hours is not None:
        hours = look.pick(f"{known.release_median_hours:.1f} h", f"{known.release_median_hours:.1f} 小时")
        against = look.pick(
            f"median; 9 in 10 within {known.release_p90_hours:.1f} h", f"中位数；九成在 {known.release_p90_hours:.1f} 小时内"
        )
    if known.unjudged_by_persons:
        unjudged = plural(known.unjudged_by_persons, "measure by a person is", "measures by persons are")
        against = look.pick(
            f"{against}; {unjudged} not judged, for want of a verdict on an alert or case named with it",
            f"{against}；另有人员采取的措施 {known.unjudged_by_persons:,} 项未计入：所涉预警或案件未指明或尚无结论",
        )
    held, still, wrongly = (
        look.shown("", CHANGED, "held", look.money(minor))  # where one payment is held, the sum is its amount
        for minor in (known.held_minor, known.held_now_minor, known.wrongly_held_minor)
    )
    return figures(
        (
            look.pick("Innocent customers released after", "正常客户解除用时"),
            hours,
            against,
        ),
        (
            look.pick("Payments that led to holds and freezes, last 30 days", "近 30 天引发暂缓或冻结的支付金额"),
            held,
            _kept(still, look),
        ),
        (
            look.pick("Payments for which innocent customers were held or frozen", "正常客户因此被暂缓或冻结的支付"),
            wrongly,
            look.pick("of these, by the verdicts so far", "上述金额中，按现有结论统计"),
        ),
        (
            look.pick("Limits, holds and freezes of the last 30 days", "近 30 天的限额、暂缓与冻结"),
            look.pick(f"{known.guilty:,} on fraud", f"欺诈 {known.guilty:,} 项"),
            look.pick(
                f"{known.innocent:,} on the innocent, {known.unknown:,} not known yet, of these {known.unjudged_by_persons:,} by persons",
                f"涉及正常客户 {known.innocent:,} 项，尚无定论 {known.unknown:,} 项（其中人员采取 {known.unjudged_by_persons:,} 项）",
            ),
        ),
    )


def _kept(still: Part, look: Look) -> Markup:
    """How much of it a measure in force is about; it leads to these."""
    said = markup(look.pick("", "其中 "), still, look.pick(" with a measure still in force", "的措施仍生效"))
    return link(f"/measures?kind={STOPPING_KINDS}#in-force", said)


def _filters(found: MeasureList, look: Look) -> Markup:
    kinds = [("", look.pick("Every kind", "全部种类"))]
    stopping = found.counts["hold"] + found.counts["freeze"]
    kinds.append((STOPPING_KINDS, look.pick(f"hold or freeze · {stopping:,}", f"暂缓或冻结 · {stopping:,}")))
    kinds += [(kind, f"{look.text(KIND_TITLES[kind])} · {found.counts[kind]:,}") for kind in reversed(KINDS)]
    roles = [("", look.pick("Every subject", "全部主体")), *((role, look.text(SUBJECT_TITLES[role])) for role in SUBJECT_ROLES)]
    return filters(
        look,
        "/measures",
        {"kind": (look.text(_KIND), found.kind, kinds), "role": (look.text(_SUBJECT), found.role, roles)},
    )


def kind_mark(kind: str, look: Look) -> Markup:
    """A kind of measure: word, sign, colour."""
    title = next((look.text(text) for name, text in KIND_TITLES.items() if name == kind), kind)
    return mark(title, *KIND_LOOKS.get(kind, ("other", "·")))


def lift_mark(look: Look) -> Markup:
    """Stands for the button of a lifting that waits for a second person."""
    return mark(look.pick("lift awaits a second person", "解除待复核"), "review", "…")


def subject_link(record: str, place: Place, look: Look, purpose: Purpose | None = None) -> Markup:
    """Whom a measure concerns, as the reader may see it; it leads to everything about them, for a purpose where there is one."""
    role, name = place.subject.role, place.subject.id
    title = tag("span", look.text(SUBJECT_TITLES[role]), class_="muted")
    shown = look.shown(record, CHANGED, role, link(path_to("measures", "of", role, name, **as_given(purpose)), name))
    return tag("span", title, " ", shown, class_="nowrap")


def ground_of(record: str, change: Change, look: Look) -> Part:
    """Why something was done, as the reader may see it: a policy's ground is a reason of a decision."""
    told = look.grade_of_code(change.decision if change.automatic else None, change.ground)
    return look.shown(record, CHANGED, "ground_en", typed(look.text(change.ground_text)), told)


def note_of(record: str, change: Change, look: Look) -> Part:
    """What a person wrote beside it, as the reader may see it."""
    return None if change.note is None else tag("div", look.shown(record, CHANGED, "note", typed(change.note)), class_="meta")


def scope_of(record: str, place: Place, amount_minor: int | None, look: Look, channels: Channels) -> Markup:
    """How far a measure reaches; ``channels`` says what channels are called."""
    parts: list[Part] = []
    if amount_minor is not None and (amount_minor != ALL_PAYMENTS or place.kind == "limit"):
        amount = look.shown(record, CHANGED, "amount", look.money(amount_minor))
        if place.kind == "limit":
            parts.append(markup(look.pick("up to ", "限额 "), amount))
        else:
            parts.append(markup(look.pick("from ", ""), amount, look.pick("", " 起")))
    if place.scope.channel is not None:
        channel = look.text(word(channels, place.scope.channel))
        parts.append(look.pick(f"channel {channel}", f"渠道“{channel}”"))
    if place.scope.counterparty is not None:
        parts.append(markup(look.pick("to ", "付给 "), look.shown(record, CHANGED, "counterparty", typed(place.scope.counterparty))))
    if not parts:
        return markup(look.pick("everything", "全部"))
    return markup([markup(look.pick(", ", "，") if number else "", one) for number, one in enumerate(parts)])


def who_of(by: str, automatic: bool, second: str | None, policies: Mapping[str, Text], look: Look) -> str:
    """Who did something: a person and the second one, or a policy, by what it is called."""
    policy = look.text(word(policies, by.partition("@")[0]))
    who = look.pick(f"“{policy}”", f"策略“{policy}”") if automatic else by
    return who if second is None else look.pick(f"{who}, {second}", f"{who}、{second}")


def waiting_table(
    proposals: Sequence[Proposal],
    policies: Mapping[str, Text],
    channels: Channels,
    signers: Signers,
    look: Look,
    settings: Settings,
    read: Collection[str],
    inline: list[Form],
) -> Markup:
    """What waits for a second person, with the forms of their answers, which are added to ``inline``; and who that may be."""
    if not proposals:
        return tag("p", look.pick("Nothing waits.", "没有待复核事项。"), class_="muted")
    heads = [
        look.pick("Proposed", "提议"),
        look.pick("Subject", "主体"),
        look.pick("Scope", "范围"),
        look.pick("Holds until", "措施截止"),
        look.pick("Ground", "依据"),
        look.pick("For", "所涉事项"),
        look.pick("By", "提议人"),
        look.pick("Answer by", "复核期限"),
        look.pick("Action", "操作"),
    ]
    rows: list[list[Part]] = []
    for one in proposals[:STEP]:
        change = one.change
        who = who_of(change.by, change.automatic, None, policies, look)
        forms = answering(one, look, settings, read, who)
        inline += forms
        rows.append(
            [
                _wish(change, look),
                subject_link(change.id, change.place, look),
                scope_of(change.id, change.place, change.amount_minor, look, channels),
                MISSING if change.lifts else look.moment(change.until_us),
                markup(ground_of(change.id, change, look), note_of(change.id, change, look)),
                rests_on(change, look),
                who,
                look.moment(one.expires_us),
                markup(
                    tag("div", [button_of(form, look.language) for form in forms], class_="rowacts") if forms else None,
                    named_beside(change.by, look, signers, settings.rule(change.place.kind).confirmed_by),
                ),
            ]
        )
    return table(look.pick("Waiting for a second person", "待第二人复核"), heads, rows)


def _wish(change: Change, look: Look) -> Markup:
    """What is proposed: a kind of measure, or to lift one."""
    return markup(look.pick("lift ", "解除 ") if change.lifts else "", kind_mark(change.place.kind, look))


def refused_measures(proposals: Sequence[Proposal], policies: Mapping[str, Text], look: Look) -> Part:
    """What was refused or taken back, with why."""
    found = [
        Refusal(
            _wish(one.change, look),
            subject_link(one.change.id, one.change.place, look),
            who_of(one.change.by, one.change.automatic, None, policies, look),
            one.second or "",
            one.decided_us or 0,
            None if one.note is None else look.shown(one.change.id, REFUSED, "note", typed(one.note)),
        )
        for one in proposals
    ]
    return refusals(found, look)


def _in_force(found: MeasureList, look: Look, settings: Settings, inline: list[Form]) -> Markup:
    if not found.rows:
        what = look.pick("No measure in force here", "没有符合条件的生效措施")
        why = look.pick("Policies and people impose measures; each has an end.", "管控措施由策略或人员采取，均有截止时间。")
        return nothing(what, why)
    heads = [
        look.pick("Measure", "措施"),
        look.pick("Subject", "主体"),
        look.pick("Scope", "范围"),
        look.pick("Ground", "依据"),
        look.pick("By", "执行人"),
        look.pick("Since", "起"),
        look.pick("Until", "止"),
        look.pick("Action", "操作"),
    ]
    rows: list[list[Part]] = []
    for one in found.rows:
        last = one.changes[-1]
        form = lifting(one, look, settings, found.signers, found.lift_waits)
        inline += [form] if form else []
        rows.append(
            [
                kind_mark(one.kind, look),
                subject_link(one.id, one.place, look),
                scope_of(one.id, one.place, one.amount_minor, look, found.channels),
                ground_of(one.id, last, look),
                tag("span", who_of(last.by, last.automatic, last.second, found.policies, look), class_="brief"),
                look.moment(one.from_us),
                look.moment(one.over_us),
                button_of(form, look.language) if form else lift_mark(look) if one.id in found.lift_waits else MISSING,
            ]
        )
    hrefs = [path_to("measures", one.id) for one in found.rows]
    query = {name: value for name, value in (("kind", found.kind), ("role", found.role)) if value}
    return markup(
        table(look.pick("In force", "生效中"), heads, rows, hrefs=hrefs), paging(look, query, "/measures", found.start, STEP, found.total)
    )
