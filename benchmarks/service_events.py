"""The payments of the service's benchmark, as a bank gets them and as callers send them."""

import json
from collections.abc import Iterator

from benchmarks.streams import DAY_S, Stream
from huitong.contracts import Event, Value
from huitong.kernel import time_text

BEGIN_US = 1_750_000_000_000_000
AMOUNT_MINOR_MAX = 9_000_000_000
LAP_US = 7 * DAY_S * 1_000_000
"""What payments are moved by each time that the stream is gone through again; it lasts six days."""


def events_of(stream: Stream, begin: int, end: int, lap: int = 0) -> Iterator[Event]:
    """Payments of the stream as a bank gets them; each account is its own customer.

    Args:
        stream: The payments.
        begin: The first row.
        end: The row behind the last.
        lap: How often the stream has been gone through before: the same payments, later, under other ids.
    """
    mark = f"{lap}." if lap else ""
    for row in range(begin, end):
        account, other = f"a{stream.sources[row]}", f"a{stream.targets[row]}"
        keys = {"customer": account, "account": account, "counterparty": other}
        data: dict[str, Value] = {"amount": int(stream.amounts_minor[row]) % AMOUNT_MINOR_MAX, "currency": "CNY"}
        yield Event(f"e{mark}{row}", "payment.requested", BEGIN_US + lap * LAP_US + int(stream.times_us[row]), keys, data)


def body_of(event: Event) -> bytes:
    """A payment as a caller sends it."""
    amount = f"{int(event.data['amount'] or 0) / 100:.2f}"
    return json.dumps({"id": event.id, "time": time_text(event.time_us), **event.keys, "amount": amount, "currency": "CNY"}).encode()
