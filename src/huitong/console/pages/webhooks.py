"""Webhooks: all of them, and one of them, for whom the API shows them too."""

from dataclasses import replace

from huitong.console.ports_webhooks import Waiting
from huitong.console.ports_work import WorkPort
from huitong.console.visit import Visit
from huitong.console.work.look import Look, look_of
from huitong.console.work.showing import show, work_of
from huitong.console.work.webhook_forms import Choices
from huitong.console.work.webhooks import OneWebhook, webhook_view, webhooks_view
from huitong.contracts import Role
from huitong.operations.webhooks import Subscription, Webhooks, subscription_of

ROLES: tuple[Role, ...] = ("admin", "operator", "auditor")
"""Who may look, as over HTTP."""
LOOKED_AT_OF_ALL, LOOKED_AT_OF_ONE = 200, 2_000
"""Most records that are looked at for what one of all webhooks, or the one that is looked at, was not told yet."""
AGAIN_SECONDS = 5
"""When a page on which something is being sent again looks anew."""


def _look(visit: Visit) -> Look:
    return look_of(visit, "operation", "webhooks")


def _copy(one: Subscription) -> Subscription:
    return replace(one, occurrences=list(one.occurrences), aside=list(one.aside))


async def build(visit: Visit) -> None:
    """Builds the page of all webhooks."""
    bank, look = work_of(visit), _look(visit)
    choices, found = await visit.ask(_choices, bank), await visit.ask(_all, bank)
    await show(visit, lambda: webhooks_view(found, choices, look))


async def build_one(visit: Visit) -> None:
    """Builds the page of one webhook."""
    bank, look = work_of(visit), _look(visit)
    choices, found = await visit.ask(_choices, bank), await visit.ask(_one, bank, visit.parts["webhook"])
    on_its_way = found.webhook.stopped is None and any(one.due for one in found.webhook.aside)
    await show(visit, lambda: webhook_view(found, choices, look), again_seconds=AGAIN_SECONDS if on_its_way else None)


def _choices(bank: WorkPort) -> Choices:
    return Choices(bank.outcomes(), bank.policy_titles())


def _all(bank: WorkPort) -> list[tuple[Subscription, Waiting]]:
    def asked(state: Webhooks) -> list[Subscription]:
        return sorted((_copy(one) for one in state.subscriptions.values()), key=lambda one: (one.name, one.id))

    return [(one, bank.webhooks.waiting(one, LOOKED_AT_OF_ALL)) for one in bank.webhooks.ask(asked)]


def _one(bank: WorkPort, webhook: str) -> OneWebhook:
    found = bank.webhooks.ask(lambda state: _copy(subscription_of(state, webhook)))
    decisions = frozenset(decision.id for decision, _ in bank.decided([one.record for one in found.aside]))
    return OneWebhook(found, bank.webhooks.waiting(found, LOOKED_AT_OF_ONE), decisions)
