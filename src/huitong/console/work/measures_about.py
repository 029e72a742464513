"""The measures on everybody whom the payments of an alert or a case name: as a table, as lines of a time line, and the ways to them."""

from collections.abc import Iterable, Mapping, Sequence

from huitong.console.markup import Markup, Part, link, markup, tag
from huitong.console.ports import Found
from huitong.console.ports_work import WorkPort
from huitong.console.work.look import Look, mark, path_to, table
from huitong.console.work.measure_forms import named
from huitong.console.work.measures import ground_of, kind_mark, note_of, subject_link, who_of
from huitong.console.work.named_for import as_given
from huitong.contracts import Event
from huitong.evaluation.words import plural
from huitong.identity import Purpose
from huitong.kernel import Text
from huitong.operations.cases import ALERT_RAISED
from huitong.risk.disposition import SUBJECT_ROLES, SUBJECT_TITLES, Change, Ledger, Stretch, Subject, held_since, subjects_of

MEASURES_SHOWN = 50
"""Most measures of a table; those that began last."""
SUBJECTS_SHOWN = 20
"""Most subjects whose measures are led to."""
WAYS_SHOWN = 5
"""Most measures to which a dialog leads."""


def measures_on(bank: WorkPort, role: str, subject: str, payments: Iterable[Event], since_us: int, now_us: int) -> list[Stretch]:
    """The measures that were in force at some time since a moment, on whom an alert or a case is about and on all whom its payments name.

    Args:
        bank: The bank.
        role: Kind of subject of the alert or case.
        subject: Whom it is about.
        payments: Its payments.
        since_us: The moment.
        now_us: The present.
    """
    named = [*subjects_of({role: subject}), *(one for event in payments for one in subjects_of(event.keys))]

    def asked(ledger: Ledger) -> list[Stretch]:
        return held_since(ledger, dict.fromkeys(named), since_us, now_us)

    return bank.ledger.ask(asked)


def measures_section(
    role: str,
    subject: str,
    found: Sequence[Found],
    measures: Sequence[Stretch],
    purpose: Purpose,
    policies: Mapping[str, Text],
    look: Look,
) -> Markup:
    """The measures of an alert or a case as a table, and the ways to all on each whom it is about or its payments name.

    Args:
        role: Kind of subject of the alert or case.
        subject: Whom it is about.
        found: Its payments, as the reader may see them.
        measures: From ``measures_on``.
        purpose: The alert or case.
        policies: What policies are called, by name.
        look: Who looks.
    """
    known = subjects_of({role: subject}) if look.sees(ALERT_RAISED, role) else []
    ways = _ways(found, next(iter(known), None), purpose, look)
    return markup(_table(measures, purpose, policies, look), ways)


def _table(measures: Sequence[Stretch], purpose: Purpose, policies: Mapping[str, Text], look: Look) -> Markup:
    """Measures, those that began last first, each a door that keeps what it is opened for."""
    if not measures:
        return tag("p", look.pick("None.", "无。"), class_="muted")
    shown = _latest(measures)
    rows: list[list[Part]] = [
        [
            kind_mark(one.kind, look),
            subject_link(one.id, one.place, look, purpose),
            ground_of(one.id, one.changes[0], look),
            who_of(one.changes[0].by, one.changes[0].automatic, one.changes[0].second, policies, look),
            look.moment(one.from_us),
            look.moment(one.over_us),
            _standing(one, look),
        ]
        for one in shown
    ]
    heads = [
        look.pick("Measure", "措施"),
        look.pick("Subject", "主体"),
        look.pick("Ground", "依据"),
        look.pick("By", "执行人"),
        look.pick("Since", "起"),
        look.pick("Until", "止"),
        look.pick("Status", "状态"),
    ]
    more = len(measures) - len(shown)
    said = None if not more else tag("p", look.pick(f"… {more:,} that began before these", f"……另有更早的 {more:,} 项"), class_="muted")
    hrefs = [_door(one, purpose) for one in shown]
    return markup(table(look.pick("Measures", "管控措施"), heads, rows, hrefs=hrefs), said)


def _latest(measures: Sequence[Stretch]) -> Sequence[Stretch]:
    return sorted(measures, key=lambda one: (-one.from_us, one.id))[:MEASURES_SHOWN]


def _standing(one: Stretch, look: Look) -> Markup:
    if one.holds(look.now_us):
        return mark(look.pick("in force", "生效中"), "decline", "●")
    lifted = one.ended_by is not None
    return mark(look.pick("lifted", "已解除") if lifted else look.pick("over", "已结束"), "other", "○")


def _door(one: Stretch, purpose: Purpose) -> str:
    return path_to("measures", one.id, **as_given(purpose))


def _ways(found: Sequence[Found], first: Subject | None, purpose: Purpose, look: Look) -> Part:
    """The ways to all measures on each whom payments name, where one can be imposed too; as far as the reader may see the names.

    Args:
        found: The payments, as the reader may see them.
        first: Whom the alert or case is about; ``None`` where no measure can act on it, or the reader may not see who it is.
        purpose: What they are opened for.
        look: Who looks.
    """
    named = [(role, name) for one in found for role in SUBJECT_ROLES if isinstance(name := one.event.keys.get(role), str)]
    doors = [(path_to("measures", "of", *one, **as_given(purpose)), one) for one in dict.fromkeys(named)]
    main = None if first is None else path_to("measures", "of", first.role, first.id, **as_given(purpose))
    ways = [
        link(door, look.text(SUBJECT_TITLES[role]), " ", tag("span", name, translate="no"), class_="nowrap")
        for door, (role, name) in doors[:SUBJECTS_SHOWN]
        if door != main
    ]
    button = None if main is None else link(main, look.pick("Impose or lift a measure", "采取或解除管控措施"), class_="button")
    lead = look.pick("Or on: ", "或针对：") if button else look.pick("Impose or lift one on: ", "采取或解除，针对：")
    others = markup(" ", lead, [markup(" · " if place else "", way) for place, way in enumerate(ways)]) if ways else None
    return tag("p", button, others) if button or others else None


def still_in_force(measures: Sequence[Stretch], look: Look) -> Text | None:
    """What whoever closes a case is to know of the measures that closing does not lift; ``None`` where none is in force."""
    count = sum(one.holds(look.now_us) for one in measures)
    if not count:
        return None
    return {
        "en": f"{plural(count, 'measure is', 'measures are')} still in force on whom its payments name; closing lifts none.",
        "zh": f"相关支付所涉主体仍有 {count:,} 项措施生效，结案不会解除。",
    }


def ways_to_measures(measures: Sequence[Stretch], purpose: Purpose, look: Look) -> Sequence[tuple[Text, str]]:
    """The ways from a dialog to the measures in force, those that began last."""
    holding = [one for one in _latest(measures) if one.holds(look.now_us)][:WAYS_SHOWN]
    return [(named(one.id, one.place, look), _door(one, purpose)) for one in holding]


def measure_lines(
    measures: Sequence[Stretch], since_us: int, purpose: Purpose, policies: Mapping[str, Text], look: Look
) -> list[tuple[int, Markup]]:
    """Lines of a time line with their moments: what was imposed since a moment, what persons prolonged, what was lifted."""
    lines = []
    for one in _latest(measures):
        begun, *later = one.changes
        told = [(begun, look.pick("imposed", "采取"))]
        told += [(change, look.pick("prolonged", "延长")) for change in later if not change.automatic]
        told += [] if one.ended_by is None else [(one.ended_by, look.pick("lifted", "解除"))]
        lines += [
            (change.time_us, _line(one, change, what, purpose, policies, look)) for change, what in told if change.time_us >= since_us
        ]
    return lines


def _line(one: Stretch, change: Change, what: str, purpose: Purpose, policies: Mapping[str, Text], look: Look) -> Markup:
    who = tag("b", who_of(change.by, change.automatic, change.second, policies, look))
    kind = link(_door(one, purpose), kind_mark(one.kind, look))
    whom = subject_link(one.id, one.place, look, purpose)
    head = tag("div", look.moment(change.time_us), " ", who, " ", what, " ", kind, " ", whom, class_="entry-head")
    return tag("li", head, tag("p", ground_of(one.id, change, look), class_="break"), note_of(one.id, change, look))
