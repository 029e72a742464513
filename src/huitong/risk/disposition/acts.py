"""What people do with measures: impose, lift, confirm or refuse as the second person. Acts on the ledger, with four eyes as their rule."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from huitong.contracts import Act, Command, Event, MeasureKind, Value, require_role, require_second_person
from huitong.kernel import InputError, PolicyError, Text, minute_text
from huitong.risk.disposition.amounts import as_meant, weakened
from huitong.risk.disposition.ledger import Ledger, Proposal, lift_waits, measure_of, still_meant
from huitong.risk.disposition.meanwhile import needless
from huitong.risk.disposition.measure import (
    CONFIRMED,
    KIND_TITLES,
    PROPOSED,
    REFUSED,
    SETTLES_COVERED,
    SETTLES_NAMED,
    Change,
    Place,
    Scope,
    Subject,
    event_of,
)
from huitong.risk.disposition.settings import GroundFor, Settings
from huitong.risk.disposition.stretches import Stretch

COMMAND_LENGTH_MAX = 96
"""Longest id of a command; ids of what follows from it are made by adding to it."""
NOTE_LENGTH_MAX = 1_000
NAME_LENGTH_MAX = 64
COUNTERPARTIES_MAX = 100
"""Most receiving accounts that one act may name."""
_NOT_CONFIRMED: tuple[str, Text] = ("proposal_refused", {"zh": "复核未通过", "en": "the second person refused it"})
"""Ground of the lifting of what was in force only as long as a proposal waited."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A measure as a person asks for it.

    Attributes:
        subject: Whom it concerns.
        kind: What is done.
        until_us: When it ends by itself.
        ground: Code of one of the settings' grounds.
        channel: Only over this channel.
        counterparties: Only to these accounts; each becomes a measure of its own.
        amount_minor: See ``Change``; needed for a limit.
        note: What else is to be said.
        customer: Whose the subject is, where that is another; erasing the person then erases the subject's name too.
        alert: Id of the alert that it is for.
        case: Id of the case that it is for.
    """

    subject: Subject
    kind: MeasureKind
    until_us: int
    ground: str
    channel: str | None = None
    counterparties: tuple[str, ...] = ()
    amount_minor: int | None = None
    note: str | None = None
    customer: str | None = None
    alert: str | None = None
    case: str | None = None


def impose(command: Command, wanted: Wanted, settings: Settings) -> Act[Ledger]:
    """Imposes a measure, or proposes it where that takes a second person.

    On a place that holds already, it prolongs what is there and never shortens it; a newly named amount takes the place of the old one,
    and without one anything but a limit concerns every payment from then on.
    To name one by which more may be paid is to lift it in part: it takes whoever may lift it, and two persons where that does; who is no
    person leaves the amount as it is.

    Raises:
        PolicyError: If the actor may not.
        InputError: If it cannot be: no such ground, an end that is past or too far away, a limit without an amount.
    """

    def act(ledger: Ledger) -> Sequence[Event]:
        rule = settings.rule(wanted.kind)
        require_role(command.by, *rule.imposed_by)
        _check(command, wanted, settings)
        change = Change(
            command.id,
            command.now_us,
            Place(wanted.subject, wanted.kind, Scope(wanted.channel)),
            wanted.until_us,
            wanted.ground,
            settings.grounds[wanted.ground],
            command.by.id,
            automatic=not command.by.person,
            amount_minor=wanted.amount_minor,
            note=wanted.note,
            customer=wanted.customer,
            may_lift=rule.lifted_by,
            lift_second=rule.lift_second,
            tells_core=rule.tells_core,
            alert=wanted.alert,
            case=wanted.case,
        )
        scopes = [Scope(wanted.channel, account) for account in wanted.counterparties] or [Scope(wanted.channel)]
        changes = [
            replace(change, id=command.id_of(number), place=replace(change.place, scope=scope)) for number, scope in enumerate(scopes)
        ]
        return [_imposed(ledger, command, one, settings) for one in changes]

    return act


def _imposed(ledger: Ledger, command: Command, change: Change, settings: Settings) -> Event:
    """The change in force, or proposed: where it takes a second person, or where by its amount it lifts in part what does."""
    waits = settings.needs_second(change.place.kind, person=command.by.person)
    change = as_meant(ledger, change, command.now_us)
    held, asked_minor = weakened(ledger, change, command.now_us), None
    if held is not None and change.automatic:
        change, asked_minor = replace(change, amount_minor=held.amount_minor), change.amount_minor
    elif held is not None:
        _require_lifter(command, held, settings)
        waits = waits or held.lift_second(command.now_us)
    if not waits:
        change = replace(change, time_us=_after_lifting(ledger, change.place, command.now_us))
        return event_of(change, asked_minor=asked_minor)
    expires_us = min(command.now_us + settings.proposal_us, change.until_us)
    return event_of(change, PROPOSED, expires_us=expires_us, asked_minor=asked_minor)


def _require_lifter(command: Command, measure: Stretch, settings: Settings) -> None:
    for roles in measure.lift_roles(command.now_us, settings.rule(measure.kind).lifted_by):
        require_role(command.by, *roles)


def lift(
    command: Command,
    measure_id: str,
    ground: str,
    settings: Settings,
    note: str | None = None,
    *,
    alert: str | None = None,
    case: str | None = None,
) -> Act[Ledger]:
    """Lifts a measure, or proposes to where that takes a second person. It leaves the same trace as imposing.

    Args:
        command: Who wants it, and when.
        measure_id: Id of any change of the measure.
        ground: Code of one of the settings' grounds.
        settings: The institution's.
        note: What else is to be said.
        alert: Id of the alert that it is lifted for.
        case: Id of the case that it is lifted for.

    Raises:
        PolicyError: If the actor may not, or the lifting is proposed already.
        InputError: If there is no such measure in force, or no such ground.
    """

    def act(ledger: Ledger) -> Sequence[Event]:
        measure = measure_of(ledger, measure_id)
        if not measure.holds(command.now_us):
            raise InputError(
                "measure.over",
                {
                    "en": f"{measure_id} is not in force at {minute_text(command.now_us, command.zone)}",
                    "zh": f"{measure_id} 在 {minute_text(command.now_us, command.zone)} 并未生效",
                },
                {"en": "there is nothing to lift", "zh": "无需解除"},
            )
        _require_lifter(command, measure, settings)
        _check_words(command, "lift", ground, note, settings)
        moment_us = _after_all(ledger, measure.place, command.now_us)
        change = Change(
            command.id,
            moment_us,
            measure.place,
            moment_us,
            ground,
            settings.grounds[ground],
            command.by.id,
            automatic=not command.by.person,
            lifts=True,
            note=note,
            customer=None if measure.place.subject.role == "customer" else measure.customer,
            tells_core=measure.tells_core,
            alert=alert,
            case=case,
        )
        if not measure.lift_second(command.now_us):
            why = ground, settings.grounds[ground]
            return [event_of(change), *map(event_of, _no_longer_meanwhile(ledger, command, measure.place, why))]
        if lift_waits(ledger, measure, command.now_us):
            raise PolicyError(
                "measure.lift.proposed",
                {"en": f"to lift {measure_id} is proposed already", "zh": f"已有解除 {measure_id} 的提议待复核"},
                {"en": "have a second person confirm it", "zh": "请由另一位人员复核该提议"},
            )
        return [event_of(change, PROPOSED, expires_us=command.now_us + settings.proposal_us)]

    return act


def confirm(command: Command, proposal_id: str, settings: Settings) -> Act[Ledger]:
    """Gives the second signature: the proposed change takes effect now.

    Raises:
        PolicyError: If the actor is the first, is no person, or has none of the roles; or if it is decided or no longer waits.
        InputError: If there is no such proposal, or what it would lift is over, or was imposed anew or prolonged by a person since.
    """

    def act(ledger: Ledger) -> Sequence[Event]:
        proposal = _waiting(ledger, proposal_id, command.now_us)
        change = proposal.change
        require_second_person(change.by, command.by, *settings.rule(change.place.kind).confirmed_by)
        if change.lifts and not still_meant(ledger, change, command.now_us):
            raise InputError(
                "measure.lift.past",
                {
                    "en": f"what {proposal_id} would lift is over, or was imposed anew or prolonged by a person since",
                    "zh": f"提议 {proposal_id} 所要解除的措施已失效，或此后经人员重新采取或延长",
                },
                {"en": "look at what is in force now, and propose to lift that", "zh": "请查看现行措施，如仍需解除，请就其重新提议"},
            )
        change = as_meant(ledger, change, command.now_us)
        held = weakened(ledger, change, command.now_us)
        if held is not None and change.automatic:
            change = replace(change, amount_minor=held.amount_minor)
        elif held is not None:
            _require_lifter(command, held, settings)
        moment_us = (_after_all if change.lifts else _after_lifting)(ledger, change.place, command.now_us)
        until_us = moment_us if change.lifts else change.until_us
        done = replace(change, id=command.id_of(1), time_us=moment_us, until_us=until_us, second=command.by.id)
        said: dict[str, Value] = {"proposal": proposal_id, "by": command.by.id, "settles": SETTLES_COVERED}
        why = change.ground, change.ground_text
        stood_in = _no_longer_meanwhile(ledger, command, change.place, why) if change.lifts else []
        return [Event(command.id, CONFIRMED, command.now_us, {}, said), event_of(done), *map(event_of, stood_in)]

    return act


def refuse(command: Command, proposal_id: str, settings: Settings, note: str | None = None) -> Act[Ledger]:
    """Says no to a proposal; who made it may take it back so.

    Raises:
        PolicyError: If the actor has none of the roles, or it is decided or no longer waits.
        InputError: If there is no such proposal.
    """

    def act(ledger: Ledger) -> Sequence[Event]:
        proposal = _waiting(ledger, proposal_id, command.now_us)
        place = proposal.change.place
        if not command.by.stands_behind(proposal.change.by):
            require_second_person(proposal.change.by, command.by, *settings.rule(place.kind).confirmed_by)
        customer = place.subject.id if place.subject.role == "customer" else proposal.change.customer
        data: dict[str, Value] = {"proposal": proposal_id, "by": command.by.id, "settles": SETTLES_NAMED}
        if note is not None:
            data["note"] = note[:NOTE_LENGTH_MAX]
        said = Event(command.id, REFUSED, command.now_us, {} if customer is None else {"customer": customer}, data)
        return [said, *map(event_of, _no_longer_meanwhile(ledger, command, place, _NOT_CONFIRMED, proposal_id))]

    return act


def _no_longer_meanwhile(ledger: Ledger, command: Command, place: Place, why: tuple[str, Text], refused: str | None = None) -> list[Change]:
    """The lifting of what stood in for proposals that are over; see ``needless``. Their ids follow on the act's first two events."""
    ground, text = why
    found = []
    for number, held in enumerate(needless(ledger, command.now_us, place, refused), 2):
        moment_us = _after_all(ledger, held.place, command.now_us)
        change = Change(command.id_of(number), moment_us, held.place, moment_us, ground, text, command.by.id, lifts=True)
        customer = None if held.place.subject.role == "customer" else held.customer
        found.append(replace(change, automatic=not command.by.person, customer=customer, tells_core=held.tells_core))
    return found


def _after_all(ledger: Ledger, place: Place, now_us: int) -> int:
    """Now, or the time of the place's latest change: one that lies ahead of our clock by a second must not outlive its lifting."""
    return max(now_us, *(change.time_us for change in ledger.places[place.name][-1:]))


def _after_lifting(ledger: Ledger, place: Place, now_us: int) -> int:
    """Now, or the time of a lifting of the place that lies ahead, until which it holds: what is imposed after that outlives it."""
    for change in reversed(ledger.places.get(place.name, ())):
        if change.time_us <= now_us:
            break
        if change.lifts:
            return change.time_us
    return now_us


def proposal_of(ledger: Ledger, proposal_id: str) -> Proposal:
    """What waits, or waited, for a second person under an id.

    Raises:
        InputError: If nothing does.
    """
    proposal = ledger.proposals.get(proposal_id)
    if proposal is None:
        raise InputError(
            "measure.proposal.unknown",
            {"en": f"there is no proposal {proposal_id!r}", "zh": f"没有编号为 {proposal_id!r} 的提议"},
            {"en": "take its id from the measures that wait for a second person", "zh": "请从待第二人复核的措施中取用编号"},
        )
    return proposal


def _waiting(ledger: Ledger, proposal_id: str, now_us: int) -> Proposal:
    proposal = proposal_of(ledger, proposal_id)
    if not proposal.waits(now_us):
        raise PolicyError(
            "measure.proposal.over",
            {
                "en": f"proposal {proposal_id} is {'decided' if proposal.second else 'no longer open'}",
                "zh": f"提议 {proposal_id} {'已有结论' if proposal.second else '已过复核期限'}",
            },
            {"en": "propose it again if it is still needed", "zh": "如仍有需要，请重新提议"},
        )
    return proposal


def _check_amount(wanted: Wanted) -> None:
    amount_minor = wanted.amount_minor
    if wanted.kind == "limit" and (amount_minor is None or amount_minor < 0):
        raise InputError(
            "measure.limit.amount",
            {"en": "a limit needs an amount, and none is below zero", "zh": "限额需要金额，且金额不能小于零"},
            {"en": "name the most that may be paid within any 24 hours", "zh": "请给出任意 24 小时内最多可支付的金额"},
        )
    if amount_minor is not None and amount_minor < 0:
        title = KIND_TITLES[wanted.kind]
        raise InputError(
            "measure.amount.negative",
            {"en": f"the least amount that the {title['en']} concerns is below zero", "zh": f"{title['zh']}所涉支付的最低金额小于零"},
            {
                "en": "name an amount above zero, from which on payments are concerned, or none where all of them are",
                "zh": "请填写大于零的金额，即所涉支付的最低金额；涉及全部支付的，请留空",
            },
        )


def _check(command: Command, wanted: Wanted, settings: Settings) -> None:
    _check_words(command, "impose", wanted.ground, wanted.note, settings)
    longest_us = settings.rule(wanted.kind).longest_us
    if not command.now_us < wanted.until_us <= command.now_us + longest_us:
        until, latest = (minute_text(one, command.zone) for one in (wanted.until_us, command.now_us + longest_us))
        raise InputError(
            "measure.until",
            {
                "en": f"a {KIND_TITLES[wanted.kind]['en']} until {until} is past or too long",
                "zh": f"{KIND_TITLES[wanted.kind]['zh']}截止 {until}，早于现在或期限过长",
            },
            {
                "en": f"name a moment after now and up to {latest}",
                "zh": f"请给出现在之后、不晚于 {latest} 的时刻",
            },
        )
    for name in (wanted.subject.id, *wanted.counterparties, *([] if wanted.channel is None else [wanted.channel])):
        if not 0 < len(name) <= NAME_LENGTH_MAX or not name.isprintable():
            raise InputError(
                "measure.name",
                {"en": f"{name[:80]!r} cannot be a name", "zh": f"{name[:80]!r} 不能用作名称"},
                {"en": f"give 1 to {NAME_LENGTH_MAX} printable characters", "zh": f"请给出 1 至 {NAME_LENGTH_MAX} 个可显示字符"},
            )
    _check_amount(wanted)
    if len(wanted.counterparties) > COUNTERPARTIES_MAX:
        raise InputError(
            "measure.counterparties",
            {
                "en": f"{len(wanted.counterparties)} receiving accounts in one act",
                "zh": f"一次指定了 {len(wanted.counterparties)} 个收款账户",
            },
            {"en": f"name at most {COUNTERPARTIES_MAX}", "zh": f"请不超过 {COUNTERPARTIES_MAX} 个"},
        )


_ACTS_ZH: Mapping[GroundFor, str] = {"impose": "采取", "lift": "解除"}


def _check_words(command: Command, act: GroundFor, ground: str, note: str | None, settings: Settings) -> None:
    known = settings.grounds_for(act)
    if ground not in known:
        raise InputError(
            "measure.ground",
            {"en": f"{ground!r} is no ground to {act} a measure", "zh": f"{ground!r} 不是{_ACTS_ZH[act]}管控措施的依据"},
            {"en": f"name one of {', '.join(known)}", "zh": f"请使用 {'、'.join(known)} 之一"},
        )
    if len(command.id) > COMMAND_LENGTH_MAX or (note is not None and len(note) > NOTE_LENGTH_MAX):
        raise InputError(
            "measure.text.long",
            {"en": "the note or the id of the command is too long", "zh": "备注或指令编号过长"},
            {
                "en": f"at most {NOTE_LENGTH_MAX} characters of note, {COMMAND_LENGTH_MAX} of id",
                "zh": f"备注不超过 {NOTE_LENGTH_MAX} 字，编号不超过 {COMMAND_LENGTH_MAX} 字",
            },
        )
