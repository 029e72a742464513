"""System: health, version, settings."""

from importlib.metadata import version

from huitong.console.views.looking import look_at
from huitong.console.views.system import system_view
from huitong.console.visit import Visit
from huitong.console.work.showing import show


async def build(visit: Visit) -> None:
    """Builds the page."""
    bank = visit.bank
    health, titles, settings = await visit.ask(bank.health), await visit.ask(bank.policy_titles), await visit.ask(bank.settings)
    await show(visit, lambda: system_view(health, titles, version("huitong"), settings, look_at(visit)))
