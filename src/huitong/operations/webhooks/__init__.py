"""Webhooks: systems elsewhere are told of decisions, alerts, measures, roll-outs and cases, signed, in order, at least once.

For whom: the team whose own systems act on what the bank decides, without a broker between.
How: subscriptions are a book over the log, and how far each was told is an offset in it: there is no second table of what was sent.
Messages are CloudEvents with the signatures of Standard Webhooks; what lies above a subscription's data grade is left out.
Where it fails: a receiver that takes a message and dies before it answers gets it again, and must know it by its id; a message that it
refuses for what it says is set aside and waits for people, so that those behind it overtake it.
"""

from huitong.operations.webhooks.acts import (
    Wanted,
    again,
    change,
    drop,
    remove,
    resume,
    show,
    show_again,
    stop,
    subscribe,
    subscription_of,
    turn,
)
from huitong.operations.webhooks.delivering import ROUND_SECONDS, Deliveries, Terms
from huitong.operations.webhooks.sending import Network, Reach, networks_of
from huitong.operations.webhooks.signing import secret_of
from huitong.operations.webhooks.state import (
    OCCURRENCES,
    SECRET_KINDS,
    Aside,
    Occurrence,
    Subscription,
    WebhookBook,
    Webhooks,
    generation_of,
)
from huitong.operations.webhooks.telling import kinds_of, wants

__all__ = [
    "OCCURRENCES",
    "ROUND_SECONDS",
    "SECRET_KINDS",
    "Aside",
    "Deliveries",
    "Network",
    "Occurrence",
    "Reach",
    "Subscription",
    "Terms",
    "Wanted",
    "WebhookBook",
    "Webhooks",
    "again",
    "change",
    "drop",
    "generation_of",
    "kinds_of",
    "networks_of",
    "remove",
    "resume",
    "secret_of",
    "show",
    "show_again",
    "stop",
    "subscribe",
    "subscription_of",
    "turn",
    "wants",
]
