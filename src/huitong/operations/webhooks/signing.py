"""Signatures of what is told, by which a receiver knows that it comes from here, now and unchanged.

Source:
    Standard Webhooks (github.com/standard-webhooks/standard-webhooks), symmetric signatures ``v1``: HMAC-SHA256 over id, time and body.
"""

import hmac
from base64 import b64decode, b64encode
from hashlib import sha256

from huitong.kernel import MICROSECONDS_PER_DAY, MICROSECONDS_PER_SECOND
from huitong.operations.webhooks.state import Subscription

PREFIX = "whsec_"
BOTH_SIGN_US = MICROSECONDS_PER_DAY
"""How long after a new secret was made the one before still signs too."""


def secret_of(subscription: str, generation: int, root: str) -> str:
    """The secret of a subscription: made from the bank's own, so that it stands nowhere.

    Args:
        subscription: Its id.
        generation: Number of the secret.
        root: The bank's secret, hex.
    """
    made = hmac.digest(bytes.fromhex(root), f"webhook\0{subscription}\0{generation}".encode(), sha256)
    return PREFIX + b64encode(made).decode()


def signature(secret: str, message_id: str, time_s: int, body: bytes) -> str:
    """One signature, as the header ``webhook-signature`` holds it.

    Args:
        secret: ``whsec_…``.
        message_id: The header ``webhook-id``.
        time_s: The header ``webhook-timestamp``, seconds UTC.
        body: The body.
    """
    signed = f"{message_id}.{time_s}.".encode() + body
    return "v1," + b64encode(hmac.digest(b64decode(secret.removeprefix(PREFIX)), signed, sha256)).decode()


def headers_of(subscription: Subscription, root: str, message_id: str, body: bytes, now_us: int) -> dict[str, str]:
    """The headers that go with a message."""
    generations = [subscription.generation]
    if subscription.generation > 1 and now_us < subscription.turned_us + BOTH_SIGN_US:
        generations.append(subscription.generation - 1)
    time_s = now_us // MICROSECONDS_PER_SECOND
    signatures = [signature(secret_of(subscription.id, one, root), message_id, time_s, body) for one in generations]
    return {"webhook-id": message_id, "webhook-timestamp": str(time_s), "webhook-signature": " ".join(signatures)}
