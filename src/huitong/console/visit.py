"""A visit: who looks at which page, in which language, for which purpose; and how the page asks the bank."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Concatenate, ParamSpec, TypeVar
from urllib.parse import urlencode

from huitong.console.ports import BankPort
from huitong.console.seen import Seen
from huitong.console.theme import Theme
from huitong.contracts import Command, Role
from huitong.identity import Clearance, Purpose, Signed, clearance_of
from huitong.kernel import Language, Text

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Visit:
    """One look at one page.

    Attributes:
        bank: The bank.
        signed: Who looks; what they do later is asked again of ``headers``.
        language: Of the page.
        theme: Its colours.
        path: Its address, without what follows the question mark.
        query: What follows it; of several of one name the last.
        parts: What the address holds in the places that its route names.
        purpose: What the person reads for.
        headers: Of the request, by name in lower case.
        address: Of the other end of the connection.
        counts: What waits for people, by the path of the page where it waits.
        page: Its address as it is written down: without the names that people asked for.
        closed: Addresses of pages that who looks may not open.
        seen: What is shown of grade 3 or more; it is written down before it is sent.
    """

    bank: BankPort
    signed: Signed
    language: Language
    theme: Theme
    path: str
    query: Mapping[str, str]
    parts: Mapping[str, str]
    purpose: Purpose | None
    headers: Mapping[str, str] = field(repr=False)
    address: str = ""
    counts: Mapping[str, int] = field(default_factory=dict)
    page: str = ""
    closed: frozenset[str] = frozenset()
    seen: Seen = field(default_factory=Seen)

    def say(self, text: Text) -> str:
        """A text in the page's language."""
        return text[self.language]

    def pick(self, en: str, zh: str) -> str:
        """The one of two sentences that is in the page's language: for sentences with figures in them."""
        return zh if self.language == "zh" else en

    def is_a(self, *roles: Role) -> bool:
        """Whether who looks has one of these roles. It spares a button that cannot work; the books decide."""
        return not self.signed.actor.roles.isdisjoint(roles)

    @property
    def clearance(self) -> Clearance:
        """Up to which grade who looks sees."""
        return clearance_of(self.signed.actor, self.purpose, self.signed.grade_max)

    async def ask(self, question: Callable[P, T], *given: P.args, **named: P.kwargs) -> T:
        """What a call of the bank returns, which may wait for the disk, without keeping other pages waiting."""
        return await asyncio.to_thread(question, *given, **named)

    async def act(self, act: Callable[Concatenate[Command, P], T], *given: P.args, **named: P.kwargs) -> T:
        """Carries out an act in the name of who is signed in now: the session is asked for again.

        Args:
            act: Takes a command and what follows.
            given: What follows.
            named: What follows, by name.

        Raises:
            HuitongError: What the act refuses; a ``PolicyError`` if the session has ended meanwhile.
        """

        def carried_out() -> T:
            signed = self.bank.caller(self.headers, self.address, "GET")
            return act(self.bank.command(signed.actor), *given, **named)

        return await asyncio.to_thread(carried_out)

    def write_down(self) -> None:
        """Writes down what personal data is about to be sent. Whoever sends pages, files and answers calls it; none of these does."""
        reading = self.seen.reading(self.page or self.path)
        if reading.personal:
            self.bank.access.note_reading(self.signed, reading, self.seen.clearance or self.clearance, self.bank.now_us())

    def here(self, **changed: str | int | None) -> str:
        """Address of this page with parts of the query changed; ``None`` takes one out."""
        query = {**self.query, **changed}
        kept = {name: str(value) for name, value in query.items() if value not in (None, "")}
        return self.path + (f"?{urlencode(kept)}" if kept else "")
