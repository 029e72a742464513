"""The console: the pages on which people watch decisions, work alerts and cases, take measures and roll policies out.

For whom: everybody in the institution who has no terminal. How: pages are HTML made by pure functions from what a bank answers
(``ports``); NiceGUI carries what people do on them; every act goes to a book, whose rules no page can leave out. Where it fails: a page
shows the moment in which it was asked for; it does not follow the log by itself.

``mounting`` is asked for by its own name: it needs NiceGUI, which a bank that serves systems alone need not have.
"""

from huitong.console.ports import BankPort, DecisionPage, DecisionSearch, Found, Story

__all__ = ["BankPort", "DecisionPage", "DecisionSearch", "Found", "Story"]
