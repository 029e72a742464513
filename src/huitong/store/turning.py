"""A log that is signed with another key from here on; that becomes a record."""

import base64
from functools import partial

from huitong.contracts import Event, Value
from huitong.kernel import EventId
from huitong.store.checkpoint import Signer
from huitong.store.journal import Journal, records_of
from huitong.store.log import RecordLog
from huitong.verifier import origin_of

KEY_KIND = "log.key_turned"
"""Kind of the record of a new signing key."""
KEY_LOST_KIND = "log.key_lost"
"""Kind of the record of a new signing key that no key before it vouches for."""


def rotate_signer(log: RecordLog, before: Signer, after: Signer, record_id: EventId, now_us: int) -> None:
    """Signs with another key from here on; the new key, signed with the old one, becomes a record.

    Args:
        log: The log.
        before: The key in use.
        after: The key to use.
        record_id: Id of the record.
        now_us: When.
    """
    statement = f"{origin_of(log.id)}\n{base64.b64encode(after.public_key).decode()}\n"
    data: dict[str, Value] = {
        "endorsement": base64.b64encode(before.sign(statement.encode())).decode(),
        "public_key": base64.b64encode(after.public_key).decode(),
    }
    log.write(partial(_turn, after, Event(record_id, KEY_KIND, now_us, {}, data)))


def replace_signer(log: RecordLog, after: Signer, record_id: EventId, now_us: int, ground: str) -> None:
    """Signs with another key from here on, since the one before is lost; that becomes a record.

    Args:
        log: The log.
        after: The key to use.
        record_id: Id of the record.
        now_us: When.
        ground: Why, in the words of whoever answers for it.
    """
    data: dict[str, Value] = {"ground": ground, "public_key": base64.b64encode(after.public_key).decode()}
    log.write(partial(_turn, after, Event(record_id, KEY_LOST_KIND, now_us, {}, data)))


def _turn(after: Signer, turned: Event, journal: Journal) -> None:
    journal.append(records_of([turned]))
    journal.turn_signer(after)
    journal.sign()
