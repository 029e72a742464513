"""Payments as columns of numbers, before they get names."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from huitong.contracts import Int32Array, Int64Array

NOBODY = -1
"""In a column of numbers: not given."""


class Payment(NamedTuple):
    """One payment, for scenarios that are told one payment at a time."""

    time_us: int
    customer: int
    amount: float
    channel: int
    counterparty: int = NOBODY
    terminal: int = NOBODY
    device: int = NOBODY


@dataclass(frozen=True, slots=True)
class Rows:
    """Payments, each column of shape ``(n,)``; ``NOBODY`` where a payment has no such party.

    Attributes:
        time_us: Local time of the quarter: µs since its first midnight.
        customer: Number of the customer; the paying account has the same number.
        amount: CNY.
        channel: Position in ``CHANNELS``.
        counterparty: Number of the receiving account.
        terminal: Number of the terminal.
        device: Number of the device.
        scenario: Position in ``SCENARIOS``: the truth, which no feature sees.
    """

    time_us: Int64Array
    customer: Int32Array
    amount: npt.NDArray[np.float64]
    channel: Int32Array
    counterparty: Int32Array
    terminal: Int32Array
    device: Int32Array
    scenario: Int32Array

    def __len__(self) -> int:
        return len(self.time_us)

    @classmethod
    def of(cls, payments: Sequence[Payment], scenario: int) -> "Rows":
        """Columns of single payments that belong to one scenario."""
        columns = zip(*payments, strict=True) if payments else ((),) * len(Payment._fields)
        named = dict(zip(Payment._fields, columns, strict=True))
        return cls(
            np.array(named["time_us"], np.int64),
            np.array(named["customer"], np.int32),
            np.array(named["amount"], np.float64),
            np.array(named["channel"], np.int32),
            np.array(named["counterparty"], np.int32),
            np.array(named["terminal"], np.int32),
            np.array(named["device"], np.int32),
            np.full(len(payments), scenario, np.int32),
        )

    @classmethod
    def together(cls, parts: Sequence["Rows"]) -> "Rows":
        """All payments of several parts."""
        return cls(*(np.concatenate([getattr(part, column.name) for part in parts]) for column in fields(cls)))

    def take(self, rows: npt.NDArray[np.intp] | npt.NDArray[np.bool_]) -> "Rows":
        """Some of the payments, or the same in another order."""
        return Rows(*(getattr(self, column.name)[rows] for column in fields(self)))
