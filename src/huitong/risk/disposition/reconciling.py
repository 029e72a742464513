"""The core system's own list against the ledger: what it did not take, what it still holds, where the two differ."""

from collections.abc import Iterator, Sequence

from huitong.kernel import MICROSECONDS_PER_SECOND, Finding, Severity, Text, time_text
from huitong.risk.disposition.core_system import Held
from huitong.risk.disposition.ledger import CoreCommand, Ledger, in_force
from huitong.risk.disposition.measure import Place
from huitong.risk.disposition.outbox import state_of
from huitong.risk.disposition.stretches import Stretch

SAME_WITHIN_US = MICROSECONDS_PER_SECOND
"""Ends that lie closer are the same: many systems keep whole seconds."""
_RESEND: Text = {
    "en": "find out why in the core system; impose it again to send it anew",
    "zh": "请在核心系统查明原因；重新采取该措施即可再次发送",
}
_RELEASE: Text = {"en": "have it released in the core system", "zh": "请在核心系统解除"}
_WAIT: Text = {
    "en": "wait for the next round of the outbox; look at its health if this lasts",
    "zh": "请等待下一轮发送；若持续如此，请检查发件箱",
}


def reconcile(ledger: Ledger, held: Sequence[Held], now_us: int) -> list[Finding]:
    """What the two sides do not agree on.

    Args:
        ledger: The ledger.
        held: Everything that the core system holds, by its own list.
        now_us: The moment of that list.

    Returns:
        ``measure.core.missing`` it does not hold what is in force; ``measure.core.lingers`` it holds what was lifted or is over;
        ``measure.core.differs`` in end or amount; ``measure.core.foreign`` what the ledger never knew. What is on its way is a warning.
    """
    theirs = {one.place: one for one in held if one.until_us > now_us}
    ours = {one.place: one for one in in_force(ledger, now_us) if one.tells_core}
    found: list[Finding] = []
    for place, measure in sorted(ours.items()):
        other = theirs.get(place)
        if other is None:
            found.append(_missing(ledger, measure, now_us))
        elif abs(other.until_us - measure.over_us) >= SAME_WITHIN_US or (other.amount_minor or 0) != (measure.amount_minor or 0):
            found.append(_differs(ledger, measure, other, now_us))
    for place in sorted(theirs.keys() - ours.keys()):
        found.append(_lingers(ledger, place) if place.name in ledger.places else _foreign(place))
    return found


def _missing(ledger: Ledger, measure: Stretch, now_us: int) -> Finding:
    commands = list(_commands(ledger, measure.place))
    refused = next((one for one in reversed(commands) if one.answer == "refused"), None)
    waits = any(state_of(one, now_us) in ("waiting", "sent") for one in commands)
    if refused is not None and not waits:
        why: Text = {"en": f"it refused: {refused.reason or '-'}", "zh": f"对方拒绝：{refused.reason or '-'}"}
    elif any(one.answer is None for one in commands):
        why = {"en": "the command has no answer yet", "zh": "指令尚无答复"}
    else:
        why = {"en": "though it said that it took it", "zh": "但其曾答复已执行"}
    return Finding(
        "measure.core.missing",
        _where(measure.place),
        {
            "en": f"in force until {time_text(measure.over_us)}, but the core system does not hold it; {why['en']}",
            "zh": f"有效期至 {time_text(measure.over_us)}，但核心系统中没有；{why['zh']}",
        },
        _WAIT if waits else _RESEND,
        Severity.WARNING if waits else Severity.ERROR,
    )


def _differs(ledger: Ledger, measure: Stretch, other: Held, now_us: int) -> Finding:
    waits = any(state_of(one, now_us) in ("waiting", "sent") for one in _commands(ledger, measure.place))
    ours, theirs = (f"{time_text(until)}, {amount if amount is not None else '-'}" for until, amount in _ends(measure, other))
    return Finding(
        "measure.core.differs",
        _where(measure.place),
        {"en": f"the ledger says {ours}, the core system {theirs}", "zh": f"台账为 {ours}，核心系统为 {theirs}"},
        _WAIT if waits else _RESEND,
        Severity.WARNING if waits else Severity.ERROR,
    )


def _ends(measure: Stretch, other: Held) -> tuple[tuple[int, int | None], tuple[int, int | None]]:
    return (measure.over_us, measure.amount_minor), (other.until_us, other.amount_minor)


def _lingers(ledger: Ledger, place: Place) -> Finding:
    waits = any(one.answer is None for one in _commands(ledger, place))
    return Finding(
        "measure.core.lingers",
        _where(place),
        {"en": "lifted or over, but the core system still holds it", "zh": "已解除或已到期，但核心系统仍在执行"},
        _WAIT if waits else _RELEASE,
        Severity.WARNING if waits else Severity.ERROR,
    )


def _foreign(place: Place) -> Finding:
    return Finding(
        "measure.core.foreign",
        _where(place),
        {"en": "the core system holds it, the ledger never knew it", "zh": "核心系统正在执行，而台账中从未有过"},
        {"en": "ask who imposed it there, and impose it here if it is to count", "zh": "请查明由谁采取；若应生效，请在此处同样采取"},
        Severity.WARNING,
    )


def _commands(ledger: Ledger, place: Place) -> Iterator[CoreCommand]:
    return (ledger.commands[change.id] for change in ledger.places.get(place.name, ()) if change.id in ledger.commands)


def _where(place: Place) -> str:
    scope = ", ".join(part for part in (place.scope.channel, place.scope.counterparty) if part)
    return f"{place.subject.role} {place.subject.id}, {place.kind}{f' ({scope})' if scope else ''}"
