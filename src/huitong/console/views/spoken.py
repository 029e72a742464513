"""Which measures of the ledger spoke for a decision: its record tells kind, subject and scope, the ledger which one held there then."""

from collections.abc import Mapping

from huitong.contracts import CHANNEL, COUNTERPARTY, IN_FORCE
from huitong.identity import Hidden
from huitong.identity.grades import ShownDecision, ShownEvent, ShownReason
from huitong.risk.disposition import SUBJECT_ROLES, Ledger, Stretch, Subject, in_force


def parts_of(reason: ShownReason) -> tuple[str, str, str] | None:
    """Kind, key role and scope of the measure that a reason is about; ``None`` where it is about none, or hidden."""
    if reason.source != "measure" or isinstance(reason.code, Hidden):
        return None
    kind, role, *scope = reason.code.removeprefix(IN_FORCE).split(".")
    return kind, role, scope[0] if scope else "whole"


def measures_that_spoke(decision: ShownDecision, event: ShownEvent, ledger: Ledger) -> Mapping[str, str]:
    """Ids of the measures that held when the event came, by the code of the reason, as far as the reader sees whom they are about.

    What the ledger has forgotten since is missing.
    """
    codes = {one.code: held.id for one in decision.reasons if (held := _held(one, event, ledger)) is not None}
    return {code: measure for code, measure in codes.items() if isinstance(code, str)}


def _held(reason: ShownReason, event: ShownEvent, ledger: Ledger) -> Stretch | None:
    kind, role, scope = parts_of(reason) or ("", "", "")
    name = event.keys.get(role)
    subjects = [Subject(known, name) for known in SUBJECT_ROLES if known == role and isinstance(name, str)]
    channel, counterparty = (one if isinstance(one, str) else None for one in (event.data.get(CHANNEL), event.keys.get(COUNTERPARTY)))
    for held in (one for subject in subjects for one in in_force(ledger, event.time_us, subject)):
        if (held.kind, held.place.scope.word) == (kind, scope) and held.place.scope.covers(channel, counterparty):
            return held
    return None
