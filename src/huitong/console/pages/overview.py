"""Overview: what flows today, what was stopped, what waits, and whether all is well."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from huitong.console.ports import BankPort, DecisionSearch
from huitong.console.views.looking import look_at
from huitong.console.views.overview import Today, hours_in, overview_view
from huitong.console.visit import Visit
from huitong.console.work.look import Look
from huitong.console.work.showing import show
from huitong.identity import ROLES_WHO_READ
from huitong.kernel import MICROSECONDS_PER_SECOND, local_date, midnight_us
from huitong.operations import cases

HELD_UP_SHOWN = 8


async def build(visit: Visit) -> None:
    """Builds the page."""
    look = look_at(visit)
    known = await visit.ask(_known, visit.bank, look)
    look.seen.take_all([one.event for one in known.held_up])
    await show(visit, lambda: overview_view(known, look, visit.bank.contracts))


def _known(bank: BankPort, look: Look) -> Today:
    now_us = look.now_us
    newest_us = bank.newest_us()
    current = newest_us is None or local_date(newest_us, bank.zone) >= local_date(now_us, bank.zone)
    until_us = now_us if current or newest_us is None else newest_us
    day = local_date(until_us, bank.zone)
    before_us, begins_us, ends_us = (midnight_us(day + timedelta(days), bank.zone) for days in (-1, 0, 1))
    stopping = bank.stopping()
    return Today(
        day=bank.flow(begins_us, ends_us, hours_in(begins_us, ends_us)),
        before=bank.flow(before_us, begins_us, hours_in(before_us, begins_us)),
        until_us=until_us,
        outcomes=bank.outcomes(),
        stopping=stopping,
        queue=bank.desk.ask(lambda desk: cases.figures(desk, bank.desk_settings, now_us)),
        held_up=bank.search(DecisionSearch(outcomes=stopping, limit=HELD_UP_SHOWN), look.clearance).found
        if stopping and look.is_a(*ROLES_WHO_READ)
        else (),
        health=bank.health(),
        titles=bank.policy_titles(),
        counted=bank.counted(),
        current=current,
        amount_grade=max((look.grade(kind, "amount") for kind in bank.decided_kinds), default=1),
        same_us=_a_day_before(until_us, bank.zone),
    )


def _a_day_before(time_us: int, zone: str) -> int:
    """When clocks showed the same time the day before."""
    shown = datetime.fromtimestamp(time_us // MICROSECONDS_PER_SECOND, ZoneInfo(zone)) - timedelta(1)
    return round(shown.timestamp()) * MICROSECONDS_PER_SECOND
