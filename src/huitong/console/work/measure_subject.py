"""The measures of one subject: their whole history, what waits, and one of them with all its changes."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from huitong.console.forms import Form, button_of
from huitong.console.markup import Markup, Part, link, markup, tag
from huitong.console.work.look import Look, View, facts, mark, nothing, path_to, section, table
from huitong.console.work.measure_forms import imposing, lifting
from huitong.console.work.measures import ground_of, kind_mark, lift_mark, note_of, refused_measures, scope_of, waiting_table, who_of
from huitong.console.work.named_for import as_given, rests_on
from huitong.contracts import Signers
from huitong.evaluation.words import MISSING, moment, plural
from huitong.identity import Purpose
from huitong.kernel import Text
from huitong.risk import disposition
from huitong.risk.disposition import (
    CHANGED,
    KIND_TITLES,
    KINDS,
    SUBJECT_ROLES,
    SUBJECT_TITLES,
    Channels,
    CoreCommand,
    Ledger,
    Proposal,
    Settings,
    Stretch,
    Subject,
    SubjectRole,
)


@dataclass(frozen=True, slots=True)
class OneSubject:
    """What is known of the measures of a subject, or of one of them.

    Attributes:
        subject: The subject.
        measures: Every measure that it ever had, by time.
        waiting: What waits for a second person about it.
        chosen: The measure that is looked at; ``None`` for all of them.
        core: What the core system said to each change, by the change's id.
        drawn_minor: What was paid under limits since the day began.
        notices: What the customer is told, by the measure's id.
        purpose: The alert or case that the reader works on.
        policies: What policies are called, by name.
        channels: What channels are called, by code.
        signers: Who can sign in, and so may be the second person.
        read: Key roles of which some policy reads measures; empty where none reads any.
        lift_waits: Ids of the measures whose lifting waits for a second person.
        refused: Proposals about it that were refused or taken back, the latest first.
    """

    subject: Subject
    measures: Sequence[Stretch]
    waiting: Sequence[Proposal]
    chosen: Stretch | None = None
    core: Mapping[str, CoreCommand] = field(default_factory=dict)
    drawn_minor: int = 0
    notices: Mapping[str, Text] = field(default_factory=dict)
    purpose: Purpose | None = None
    policies: Mapping[str, Text] = field(default_factory=dict)
    channels: Channels = field(default_factory=dict)
    signers: Signers = field(default_factory=Signers)
    read: Collection[str] = ()
    lift_waits: Collection[str] = ()
    refused: Sequence[Proposal] = ()


def role_of(name: str) -> SubjectRole | None:
    """The kind of subject of a name."""
    return next((role for role in SUBJECT_ROLES if role == name), None)


def one_subject(ledger: Ledger, subject: Subject, now_us: int, day_us: int, chosen: Stretch | None = None) -> OneSubject:
    """Measures of a subject, from the state of the ledger."""
    measures = disposition.measures_of(ledger, subject)
    ids = [change.id for one in measures for change in (*one.changes, *([] if one.ended_by is None else [one.ended_by]))]
    core = {one: ledger.commands[one] for one in ids if one in ledger.commands}
    waits = [one for one in disposition.waiting(ledger, now_us) if one.change.place.subject == subject]
    drawn_minor = disposition.drawn_minor(ledger, subject, day_us, now_us)
    lifts = {one.id for one in measures if disposition.lift_waits(ledger, one, now_us)}
    gone = disposition.refused(ledger, 0, subject)
    return OneSubject(subject, measures, waits, chosen, core, drawn_minor, lift_waits=lifts, refused=gone)


def subject_view(known: OneSubject, look: Look, settings: Settings) -> View:
    """The whole history of one subject, or one of its measures."""
    inline: list[Form] = []
    role = look.text(SUBJECT_TITLES[known.subject.role])
    begun = role[:1].upper() + role[1:]
    seen = look.sees(CHANGED, known.subject.role)
    of = "" if known.chosen is None else known.chosen.id  # whom the address names was asked for, and is written down so
    name = look.said(of, CHANGED, known.subject.role, known.subject.id, look.pick("(hidden)", "（已隐藏）"))
    held = [one for one in known.measures if one.holds(look.now_us)]
    form = imposing(look, settings, known.channels, known.signers, known.read, known.subject, known.purpose) if seen else None
    forms = [] if form is None else [form]
    chosen = known.chosen
    if chosen is not None and (form := lifting(chosen, look, settings, known.signers, known.lift_waits, known.purpose)) is not None:
        forms.insert(0, form)
    shown = [chosen] if chosen is not None else list(reversed(known.measures))
    waits = None
    if known.waiting:
        waits = section(
            look.pick("Waiting for a second person", "待第二人复核"),
            waiting_table(known.waiting, known.policies, known.channels, known.signers, look, settings, known.read, inline),
        )
    body = markup(
        facts(
            (
                look.pick("In force now", "当前生效"),
                markup([markup(" " if place else "", kind_mark(one.kind, look)) for place, one in enumerate(held)]),
            ),
            (
                look.pick("Paid under limits today", "今日限额内已支付"),
                look.shown("", CHANGED, "amount", look.money(known.drawn_minor)) if known.drawn_minor else None,
            ),
        ),
        waits,
        [_measure(one, known, look, settings, inline) for one in shown],
        _none(look) if not shown else None,
        refused_measures(known.refused, known.policies, look),
    )
    trail: list[Part] = [link("/measures", look.pick("Measures", "管控措施"))]
    if chosen is not None and seen:
        trail += [" · ", link(path_to("measures", "of", known.subject.role, known.subject.id, **as_given(known.purpose)), f"{role} {name}")]
    title = (
        f"{begun} {name}"
        if chosen is None
        else look.pick(
            f"{look.text(KIND_TITLES[chosen.kind]).capitalize()} of {role} {name}", f"{role} {name} 的{look.text(KIND_TITLES[chosen.kind])}"
        )
    )
    return View(title, _subject_answer(known, held, look), body, forms, inline, markup(trail))


def _none(look: Look) -> Markup:
    return nothing(
        look.pick("No measure so far", "尚无管控措施"),
        look.pick("Nobody and no policy ever imposed one here.", "未曾有人员或策略对其采取措施。"),
    )


def _subject_answer(known: OneSubject, held: Sequence[Stretch], look: Look) -> Part:
    chosen = known.chosen
    if chosen is not None:
        if chosen.holds(look.now_us):
            left = look.span(chosen.over_us - look.now_us)
            ground = ground_of(chosen.id, chosen.changes[-1], look)
            return markup(look.pick(f"In force for another {left}: ", f"仍将生效 {left}："), ground, look.pick(".", "。"))
        lasted = look.span(chosen.over_us - chosen.from_us)
        return look.pick(f"It is over; it held for {lasted}.", f"已结束，共生效 {lasted}。")
    if held:
        strongest = look.text(KIND_TITLES[held[-1].kind if len(held) == 1 else max(held, key=lambda one: KINDS.index(one.kind)).kind])
        return look.pick(
            f"{len(held):,} in force, the strongest a {strongest}; {len(known.measures):,} in all.",
            f"生效中 {len(held):,} 项，最强为{strongest}；历史共 {len(known.measures):,} 项。",
        )
    return look.pick(
        f"Nothing is in force; {plural(len(known.measures), 'measure', 'measures')} so far.",
        f"当前无生效措施；历史共 {len(known.measures):,} 项。",
    )


def _measure(one: Stretch, known: OneSubject, look: Look, settings: Settings, inline: list[Form]) -> Markup:
    """One measure: what imposed it, what prolonged it, what ended it, and what the core system said to each."""
    form = lifting(one, look, settings, known.signers, known.lift_waits, known.purpose) if known.chosen is None else None
    inline += [form] if form else []
    ended = [] if one.ended_by is None else [one.ended_by]
    rows: list[list[Part]] = []
    for place, change in enumerate((*one.changes, *ended)):
        what = (
            look.pick("lifted", "解除") if change.lifts else look.pick("imposed", "采取") if place == 0 else look.pick("prolonged", "延长")
        )
        rows.append(
            [
                look.moment(change.time_us),
                what,
                who_of(change.by, change.automatic, change.second, known.policies, look),
                markup(ground_of(one.id, change, look), note_of(one.id, change, look)),
                MISSING if change.lifts else look.moment(change.until_us),
                rests_on(change, look),
                _core(known.core.get(change.id), look, told=settings.core is not None),
            ]
        )
    heads = [
        look.pick("When", "时间"),
        look.pick("What", "动作"),
        look.pick("Who", "人员"),
        look.pick("Ground", "依据"),
        look.pick("Until", "截止"),
        look.pick("For", "所涉事项"),
        look.pick("Core system", "核心系统"),
    ]
    stands = (
        mark(look.pick("in force", "生效中"), "decline", "●") if one.holds(look.now_us) else mark(look.pick("over", "已结束"), "other", "○")
    )
    scope = scope_of(one.id, one.place, one.amount_minor, look, known.channels)
    waits = markup(" · ", lift_mark(look)) if one.id in known.lift_waits else None
    head = markup(kind_mark(one.kind, look), " · ", scope, " · ", stands, waits)
    notice = known.notices.get(one.id) if look.sees(CHANGED, "amount") and look.sees(CHANGED, "ground_en") else None
    told = (
        None
        if notice is None
        else tag("details", tag("summary", look.pick("What the customer is told", "客户告知文本")), tag("p", look.text(notice)))
    )
    return tag(
        "section",
        tag("h2", head),
        table(_named(one, known, look), heads, rows),
        told,
        tag("p", button_of(form, look.language)) if form else None,
        class_="section",
        id=one.id,
    )


def _named(one: Stretch, known: OneSubject, look: Look) -> str:
    """What the table of a measure is called: several of them stand on a page, each to be told from the others."""
    kind, since = look.text(KIND_TITLES[one.kind]), moment(one.from_us, look.zone)
    number = next((place for place, other in enumerate(known.measures, 1) if other.id == one.id), 1)
    return look.pick(f"Measure {number}, {kind} of {since}: its changes", f"措施 {number}（{since} {kind}）的变更记录")


def _core(command: CoreCommand | None, look: Look, *, told: bool) -> Part:
    """What the core system said to a change; ``told`` is whether there is one that commands go to, which otherwise wait for it."""
    if command is None:
        return MISSING
    if command.answer == "taken":
        return mark(look.pick("taken", "已执行"), "approve", "✓")
    if command.answer == "refused":
        why = command.reason or ""
        return markup(mark(look.pick("refused", "被拒绝"), "decline", "✕"), " ", tag("span", why, class_="meta"))
    if command.attempts:
        return mark(
            look.pick(f"sent {plural(command.attempts, 'time', 'times')}, no answer", f"已发送 {command.attempts} 次，无应答"),
            "review",
            "…",
        )
    if not told:
        return tag("span", look.pick("no core system set up; sent once there is", "未接入核心系统，接入后发送"), class_="muted")
    return mark(look.pick("to be sent", "待发送"), "review", "…")
