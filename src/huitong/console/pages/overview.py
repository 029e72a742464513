"""Overview: what flows today, what was stopped, what waits, and whether all is well."""

from huitong.console import words
from huitong.console.shell import Head, shell
from huitong.console.visit import Visit


async def build(visit: Visit) -> None:
    """Builds the page."""
    with shell(visit, Head(visit.say(words.NAV_OVERVIEW))):
        pass
