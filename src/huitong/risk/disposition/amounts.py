"""Whether a change, by the amount that it names or does not name, makes what is in force in its place weaker or stronger.

A limit has always an amount, and a lower one is stronger. Of any other measure the amount is the least that it concerns: without one it
concerns every payment. An event that names none leaves the amount of its place, as it always did; so one that means every payment says
``ALL_PAYMENTS``.
"""

from dataclasses import replace

from huitong.risk.disposition.ledger import Ledger, in_force
from huitong.risk.disposition.measure import ALL_PAYMENTS, Change, Place
from huitong.risk.disposition.stretches import Stretch


def held_in(ledger: Ledger, place: Place, now_us: int) -> Stretch | None:
    """What is in force in a place."""
    return next((one for one in in_force(ledger, now_us, place.subject) if one.place == place), None)


def as_meant(ledger: Ledger, change: Change, now_us: int) -> Change:
    """The change with what it means where it names no amount and fewer payments are concerned until now: that all are, from it on."""
    if change.lifts or change.amount_minor is not None or change.place.kind == "limit":
        return change
    held = held_in(ledger, change.place, now_us)
    return change if held is None or held.amount_minor is None else replace(change, amount_minor=ALL_PAYMENTS)


def weakened(ledger: Ledger, change: Change, now_us: int) -> Stretch | None:
    """The measure in force that a change would lift in part by the amount that it names."""
    held = None if change.lifts else held_in(ledger, change.place, now_us)
    return held if held is not None and held.weakened_by(change.amount_minor) else None
