"""Forms about measures: impose, lift, give or refuse the second signature."""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from huitong.console.forms import Field, Form
from huitong.console.work.look import Look
from huitong.console.work.named_for import as_given, names_nothing, ways_of
from huitong.console.work.second import named_before
from huitong.contracts import MeasureKind, Role, Signers, can_be_second
from huitong.evaluation import words as say
from huitong.identity import Purpose
from huitong.kernel import LANGUAGES, MICROSECONDS_PER_SECOND, Text
from huitong.risk.disposition import (
    CHANGED,
    KIND_TITLES,
    KINDS,
    SUBJECT_ROLES,
    SUBJECT_TITLES,
    Change,
    Channels,
    GroundFor,
    Place,
    Proposal,
    Settings,
    Stretch,
    Subject,
    SubjectRole,
    unread_role,
)

_DAY_US = 86_400 * MICROSECONDS_PER_SECOND
_NOTE = Field("note", {"en": "Note", "zh": "备注"}, "lines", required=False)


def local_minute(time_us: int, zone: str) -> str:
    """A moment as an input of date and time holds it."""
    return datetime.fromtimestamp(time_us / MICROSECONDS_PER_SECOND, UTC).astimezone(ZoneInfo(zone)).strftime("%Y-%m-%dT%H:%M")


def stops_nothing(roles: Sequence[SubjectRole], read: Collection[str]) -> Text | None:
    """What is to be known before a measure on such subjects is imposed: which of them no policy looks at; ``None`` where each is read.

    Args:
        roles: Kinds of subjects that can be chosen.
        read: Key roles of which some policy reads measures; empty where none reads any, and the core system alone acts.
    """
    unread = [SUBJECT_TITLES[role] for role in roles if unread_role(role, read)]
    if not unread:
        return None
    en, zh = ", ".join(one["en"] for one in unread), "、".join(one["zh"] for one in unread)
    return {
        "en": f"No policy acts on measures on: {en}. Such a measure would stop no payment.",
        "zh": f"现有策略不读取对{zh}的措施，对其采取措施不会拦下支付。",
    }


def both_said(first: Text, second: Text | None) -> Text:
    """A sentence, and another behind it where there is one."""
    return first if second is None else {"en": f"{first['en']} {second['en']}", "zh": f"{first['zh']}{second['zh']}"}


def imposing(
    look: Look,
    settings: Settings,
    channels: Channels,
    signers: Signers,
    read: Collection[str],
    subject: Subject | None = None,
    purpose: Purpose | None = None,
) -> Form | None:
    """The form that imposes a measure; of a subject that is known it asks for nothing about that. ``None`` for whoever may impose none.

    Args:
        look: Who looks.
        settings: The institution's.
        channels: What channels are called: one of them is chosen; where none are known, it is typed.
        signers: Who can sign in, and so may be the second person.
        read: Key roles of which some policy reads measures.
        subject: Whom the measure concerns.
        purpose: The alert or case that it would be for.
    """
    kinds = [(kind, KIND_TITLES[kind]) for kind in KINDS if look.is_a(*settings.rule(kind).imposed_by)]
    if not kinds:
        return None
    note = _second_of_kinds(look, settings, signers)
    fields = []
    if subject is None:
        roles = [(role, SUBJECT_TITLES[role]) for role in SUBJECT_ROLES]
        fields.append(Field("role", {"en": "Subject", "zh": "主体类别"}, "choice", roles, hint=stops_nothing(SUBJECT_ROLES, read)))
        fields.append(Field("subject", {"en": "Its number", "zh": "主体编号"}, length_max=64))
    amount_hint: Text = {
        "en": "Limit: the most that may be paid within any 24 hours. Other measures: the core system applies them only to payments of "
        "this amount and more; policies do not look at it.",
        "zh": "限额：任意 24 小时内最多可支付的金额。其他措施：核心系统仅对不低于此金额的支付执行；策略不看此金额。",
    }
    fields += [
        Field("kind", {"en": "Measure", "zh": "措施"}, "choice", kinds),
        Field("until", {"en": "Until", "zh": "截止时间"}, "moment", initial=local_minute(look.now_us + _DAY_US, look.zone)),
        _ground(settings, "impose"),
        Field(
            "amount",
            {"en": f"Amount, {look.currency}", "zh": "金额（元）" if look.currency == "CNY" else f"金额（{look.currency}）"},
            "amount",
            hint=amount_hint,
            required=False,
        ),
        Field(
            "channel",
            {"en": "Only this channel", "zh": "仅限渠道"},
            "choice" if channels else "line",
            list(channels.items()),
            required=False,
            length_max=64,
        ),
        Field(
            "counterparties",
            {"en": "Only to these accounts", "zh": "仅限收款账户"},
            "lines",
            hint={"en": "one a line", "zh": "每行一个"},
            required=False,
        ),
        _NOTE,
    ]
    if subject is not None:
        nothing = stops_nothing([subject.role], read)
        note = note if nothing is None else both_said(nothing, note)
    fixed = {} if subject is None else {"role": subject.role, "subject": subject.id}
    fixed |= as_given(purpose)
    return Form("measure.impose", {"en": "Impose a measure", "zh": "采取措施"}, fields, fixed, note, "primary")


def _ground(settings: Settings, act: GroundFor) -> Field:
    return Field("ground", {"en": "Ground", "zh": "依据"}, "choice", list(settings.grounds_for(act).items()))


def named(record: str, place: Place, look: Look) -> Text:
    """A measure by its kind and whom it concerns, as far as the reader may see that: what a dialog is about."""
    kind, role = KIND_TITLES[place.kind], SUBJECT_TITLES[place.subject.role]
    en, zh = (look.said(record, CHANGED, place.subject.role, place.subject.id, hidden) for hidden in ("(hidden)", "（已隐藏）"))
    return {"en": f"the {kind['en']} on {role['en']} {en}", "zh": f"{role['zh']} {zh} 的{kind['zh']}"}


def _second_of_kinds(look: Look, settings: Settings, signers: Signers) -> Text | None:
    """Which kinds of measures take a second person, and who that may be; kinds that others confirm have a sentence of their own."""
    kinds_of: dict[tuple[Role, ...], list[MeasureKind]] = {}
    for kind in KINDS:
        if settings.needs_second(kind, person=True):
            kinds_of.setdefault(tuple(sorted(settings.rule(kind).confirmed_by)), []).append(kind)
    alone, said = KIND_TITLES[settings.alone_up_to], None
    for roles, kinds in kinds_of.items():
        titles = [KIND_TITLES[kind] for kind in kinds]
        en, zh = " or a ".join(one["en"] for one in titles), "”、“".join(one["zh"] for one in titles)
        what: Text = {"en": f"A {en}", "zh": f"“{zh}”"}
        if len(kinds_of) == 1:
            what = {"en": f"Anything stronger than a {alone['en']}", "zh": f"强于“{alone['zh']}”的措施"}
        takes: Text = {"en": f"{what['en']} needs a second person", "zh": f"{what['zh']}须由第二人复核后生效"}
        who = named_before(takes, look, signers, roles)
        said = who if said is None else both_said(said, who)
    return said


def lifting(
    one: Stretch, look: Look, settings: Settings, signers: Signers, waits: Collection[str], purpose: Purpose | None = None
) -> Form | None:
    """The form that lifts a measure, for an alert or a case where one is the purpose.

    ``None`` where the measure is over, is among those whose lifting waits, or the reader has no part in that.
    """
    needed = one.lift_roles(look.now_us, settings.rule(one.kind).lifted_by)
    if one.id in waits or not one.holds(look.now_us) or not all(look.is_a(*roles) for roles in needed):
        return None
    second: Text | None = None
    if one.lift_second(look.now_us):
        takes: Text = {"en": "It takes a second person to lift it", "zh": "解除须由第二人复核"}
        second = named_before(takes, look, signers, settings.rule(one.kind).confirmed_by)
    fixed = {"measure": one.id, **as_given(purpose)}
    what = named(one.id, one.place, look)
    return Form(
        "measure.lift",
        {"en": "Lift", "zh": "解除"},
        [_ground(settings, "lift"), _NOTE],
        fixed,
        second,
        "danger",
        id=f"lift-{one.id}",
        named={"en": f"Lift {what['en']}", "zh": f"解除{what['zh']}"},
    )


def _proposed(change: Change, look: Look, who: str) -> Text:
    """What is to be confirmed: until when, on which ground, proposed by whom and with which note, as far as the reader sees these."""
    kind, until = KIND_TITLES[change.place.kind], say.moment(change.until_us, look.zone)[:-3]
    said: Text = {"en": f"Imposes until {until}: {kind['en']}.", "zh": f"采取（至 {until}）：{kind['zh']}。"}
    if change.lifts:
        said = {"en": f"Lifts: {kind['en']}.", "zh": f"解除：{kind['zh']}。"}
    told = look.grade_of_code(change.decision if change.automatic else None, change.ground)
    if look.sees(CHANGED, "ground_en", told):
        said = both_said(said, {"en": f"Ground: {change.ground_text['en']}.", "zh": f"依据：{change.ground_text['zh']}。"})
    said = both_said(both_said(said, names_nothing(change)), {"en": f"Proposed by: {who}.", "zh": f"提议人：{who}。"})
    if change.note is None:
        return said
    en, zh = (look.said(change.id, CHANGED, "note", change.note, hidden) for hidden in ("(hidden)", "（已隐藏）"))
    return both_said(said, {"en": f"Note: {en}", "zh": f"备注：{zh}"})


def answering(proposal: Proposal, look: Look, settings: Settings, read: Collection[str], who: str) -> list[Form]:
    """The second person's yes, and no with its reason; who proposed may only take it back.

    Args:
        proposal: What waits.
        look: Who looks.
        settings: The institution's.
        read: Key roles of which some policy reads measures.
        who: Who proposed it, for people.
    """
    change, about = proposal.change, {"proposal": proposal.change.id}
    mine = look.actor.stands_behind(change.by)
    confirmed_by = settings.rule(change.place.kind).confirmed_by
    forms = []
    subject = named(change.id, change.place, look)
    wish: Text = {"en": "lift ", "zh": "解除"} if change.lifts else {"en": "", "zh": ""}
    about_it: Text = {language: f"{wish[language]}{subject[language]}" for language in LANGUAGES}
    if can_be_second(change.by, look.actor, *confirmed_by):
        note = _proposed(change, look, who)
        if not change.lifts and (nothing := stops_nothing([change.place.subject.role], read)) is not None:
            note = both_said(nothing, note)
        forms.append(
            Form(
                "measure.confirm",
                {"en": "Confirm", "zh": "同意"},
                fixed=about,
                note=note,
                tone="primary",
                id=f"confirm-{change.id}",
                asks=True,
                named={"en": f"Confirm: {about_it['en']}", "zh": f"同意{about_it['zh']}"},
                ways=ways_of(change),
            )
        )
    if mine or look.is_a(*confirmed_by):
        title: Text = {"en": "Take back", "zh": "撤回"} if mine else {"en": "Refuse", "zh": "驳回"}
        name: Text = {"en": f"{title['en']}: {about_it['en']}", "zh": f"{title['zh']}{about_it['zh']}"}
        why = _NOTE if mine else Field("note", {"en": "Why", "zh": "理由"}, "lines")
        forms.append(Form("measure.refuse", title, [why], about, id=f"refuse-{change.id}", named=name))
    return forms
