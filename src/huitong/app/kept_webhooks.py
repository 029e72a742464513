"""The webhooks of a bank as the console sees them: its book of subscriptions, their secrets, and what waits for each."""

from collections.abc import Callable
from itertools import islice
from typing import TypeVar

from huitong.app.bank import Bank
from huitong.app.webhooks import BankKnows, offset_of, secret_given
from huitong.console.ports_webhooks import Waiting
from huitong.contracts import Act, Actor, Command, Decision, Event
from huitong.operations.webhooks import Reach, Subscription, Webhooks, kinds_of, wants

T = TypeVar("T")


class KeptWebhooks:
    """See ``huitong.console.ports_webhooks.WebhooksPort``.

    Args:
        bank: The bank, which stays its owner's to close.
    """

    def __init__(self, bank: Bank) -> None:
        self._bank = bank
        self._knows = BankKnows(bank)

    @property
    def reach(self) -> Reach:
        """See ``WebhooksPort``."""
        return self._bank.settings.webhooks.reach

    def ask(self, question: Callable[[Webhooks], T]) -> T:
        """See ``WebhooksPort``."""
        return self._bank.books.webhooks.ask(question)

    def act(self, command: Command, act: Act[Webhooks]) -> tuple[Event, ...]:
        """See ``WebhooksPort``."""
        return self._bank.books.webhooks.act(command, act)

    def secret(self, by: Actor, event: Event, *, again: bool) -> str | None:
        """See ``WebhooksPort``."""
        return secret_given(self._bank, by, event, again=again)

    def end(self) -> int:
        """See ``WebhooksPort``."""
        return self._bank.log.end()

    def offset_of(self, record_id: str) -> int:
        """See ``WebhooksPort``."""
        return offset_of(self._bank, record_id)

    def waiting(self, one: Subscription, looked_at_max: int) -> Waiting:
        """See ``WebhooksPort``."""
        records = self._bank.log.read(one.offset, kinds_of(one))
        found = [record.content for record in islice(records, looked_at_max) if wants(one, record.content, self._knows)]
        oldest_us = self._happened_us(found[0]) if found else None
        return Waiting(len(found), next(records, None) is None, oldest_us)

    def _happened_us(self, content: Event | Decision) -> int | None:
        event = self._bank.log.event(content.event) if isinstance(content, Decision) else content
        return None if event is None else event.time_us
