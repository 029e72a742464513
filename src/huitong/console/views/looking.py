"""How a visit looks at a page of records: for the purpose that the reader states, and none besides."""

from huitong.console.visit import Visit
from huitong.console.work.look import Look


def look_at(visit: Visit) -> Look:
    """The look of a visit."""
    bank = visit.bank
    return Look(visit.language, bank.zone, bank.currency, bank.now_us(), visit.signed.actor, visit.clearance)
