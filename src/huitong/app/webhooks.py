"""Webhooks of a bank: what must be known of it to tell of it, and its secret."""

from collections.abc import Mapping, Sequence

from huitong.app.bank import Bank
from huitong.app.house import house_contracts
from huitong.contracts import Actor, DataContract, Decision, Event
from huitong.identity import DecisionGrades
from huitong.kernel import EventId, ExternalError, HuitongError
from huitong.operations.webhooks import ROUND_SECONDS, Deliveries, generation_of, secret_of, show_again, subscription_of
from huitong.store import unknown_record
from huitong.telemetry import tracing


class BankKnows:
    """See ``huitong.operations.webhooks.telling.Knows``.

    Args:
        bank: The bank, which stays its owner's to close.
    """

    def __init__(self, bank: Bank) -> None:
        self._bank = bank
        self._outcomes: dict[str, Sequence[str]] = {}

    @property
    def source(self) -> str:
        """See ``Knows``."""
        return f"huitong:{self._bank.log.id}"

    @property
    def contracts(self) -> Mapping[str, DataContract]:
        """See ``Knows``."""
        return house_contracts()

    def grades_of(self, decision: Decision) -> DecisionGrades:
        """See ``Knows``."""
        return self._bank.grades.of(decision)

    def grade_of_code(self, decision: str, code: str) -> int:
        """See ``Knows``."""
        return self._bank.grades.of_code(decision, code)

    def outcomes_of(self, decision: Decision) -> Sequence[str]:
        """See ``Knows``; empty where the version cannot be loaded any more."""
        version = f"{decision.policy}@{decision.version}"
        if version not in self._outcomes:
            try:
                self._outcomes[version] = self._bank.load(version).program.settings.outcomes
            except ExternalError:  # it passes: asked again, or the decision would be missed for ever
                raise
            except HuitongError:
                self._outcomes[version] = ()
        return self._outcomes[version]

    def traceparent_of(self, decision_id: str) -> str | None:
        """See ``Knows``."""
        traced = tracing()
        return None if traced is None else traced.traceparent_of(decision_id)


def deliveries_of(bank: Bank, patience_seconds: float = ROUND_SECONDS) -> Deliveries:
    """What tells the subscriptions of a bank; see ``Deliveries``."""
    knows, terms = BankKnows(bank), bank.settings.webhooks
    return Deliveries(bank.books.webhooks, bank.log, knows, lambda: _root(bank), terms, bank.clock, patience_seconds=patience_seconds)


def webhook_secret(bank: Bank, subscription: str) -> str:
    """The secret with which a subscription is signed now.

    Raises:
        InputError: If there is no such subscription.
    """
    generation = bank.books.webhooks.ask(lambda state: subscription_of(state, subscription).generation)
    return secret_of(subscription, generation, _root(bank))


def secret_given(bank: Bank, by: Actor, event: Event, *, again: bool) -> str | None:
    """The secret that an act led to, for who acted.

    Args:
        bank: The bank.
        by: Who acted.
        event: The act's event.
        again: Whether the act was carried out before: then the secret is given anew, and that is written down.

    Returns:
        The act's own secret, never a later one; ``None`` where that one is no longer, or the subscription is gone, or which one it was
        is not known.

    Raises:
        PolicyError: If they may not see secrets (any more).
    """
    subscription, generation = event.keys["subscription"], generation_of(event)
    if generation == 0:
        return None
    if again:
        command = bank.people.desk.registry.command_by(by, bank.clock.now_us())
        if not bank.books.webhooks.act(command, lambda state: show_again(state, command, subscription, generation)):
            return None
    return secret_of(subscription, generation, _root(bank))


def offset_of(bank: Bank, record_id: str) -> int:
    """Where a decision, or an event, stands in the log.

    Raises:
        InputError: If there is none.
    """
    found = bank.log.positions(EventId(record_id))
    if not found:
        raise unknown_record(record_id)
    return found[0]


def _root(bank: Bank) -> str:
    return bank.people.desk.registry.secret(bank.clock.now_us())
