"""When the bank learns what was true: labels that come late, sometimes never, now and then wrongly."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from huitong.contracts import Int32Array, Int64Array
from huitong.kernel import MICROSECONDS_PER_DAY
from huitong.risk.transactions.synthetic.rows import Rows
from huitong.risk.transactions.synthetic.world import GENUINE, SCENARIOS

SOURCES = ("settlement", "complaint", "charge_back", "investigation")
SETTLEMENT, COMPLAINT, CHARGE_BACK, INVESTIGATION = range(4)

SETTLED_AFTER_US = 7 * MICROSECONDS_PER_DAY
"""A payment of which nobody complained for a week counts as genuine until somebody does: the delay of the Fraud Detection Handbook."""
FALSELY_ACCUSED = 0.00025
"""Share of genuine payments that a customer disputes by mistake."""
CLEARED = 0.6
"""Share of these that an investigation clears later."""


@dataclass(frozen=True, slots=True)
class Discovery:
    """How a scenario comes to light.

    Attributes:
        found: Share that is ever found.
        median_days: Median delay.
        spread: Standard deviation of the logarithm of the delay.
        source: Position in ``SOURCES``.
    """

    found: float
    median_days: float
    spread: float
    source: int


DISCOVERIES = (
    Discovery(0.0, 1.0, 0.0, SETTLEMENT),
    Discovery(0.95, 4.0, 0.8, CHARGE_BACK),  # stolen card
    Discovery(0.90, 5.5, 0.7, CHARGE_BACK),  # compromised terminal
    Discovery(0.97, 1.2, 0.9, COMPLAINT),  # account takeover
    Discovery(0.75, 4.0, 0.8, INVESTIGATION),  # mule chain
    Discovery(0.55, 12.0, 0.6, INVESTIGATION),  # round tripping
    Discovery(0.85, 3.0, 0.9, COMPLAINT),  # new-device burst
)
"""For each of ``SCENARIOS``."""


@dataclass(frozen=True, slots=True)
class Labels:
    """Labels as columns, in no order, shape ``(m,)`` each.

    Attributes:
        payment: Row of the payment.
        time_us: When it was learnt, on the payments' clock.
        fraud: What was said.
        source: Position in ``SOURCES``.
        scenario: What was said about how; position in ``SCENARIOS``, with one further for a false accusation.
    """

    payment: Int64Array
    time_us: Int64Array
    fraud: npt.NDArray[np.bool_]
    source: Int32Array
    scenario: Int32Array


FALSE_ACCUSATION = len(SCENARIOS)
LABEL_SCENARIOS = (*SCENARIOS, "false_accusation")


def labels_of(rng: np.random.Generator, payments: Rows) -> Labels:
    """Every label that payments will ever get."""
    found = np.array([kind.found for kind in DISCOVERIES])[payments.scenario]
    median = np.array([kind.median_days for kind in DISCOVERIES])[payments.scenario]
    spread = np.array([kind.spread for kind in DISCOVERIES])[payments.scenario]
    source = np.array([kind.source for kind in DISCOVERIES])[payments.scenario]
    chance = rng.random(len(payments))
    accused = (payments.scenario == GENUINE) & (chance < FALSELY_ACCUSED)
    reported = (chance < found) | accused
    median, spread = np.where(accused, 3.0, median), np.where(accused, 0.8, spread)
    delay_us = (median * np.exp(spread * rng.normal(size=len(payments))) * MICROSECONDS_PER_DAY).astype(np.int64)
    delay_us = np.clip(delay_us, MICROSECONDS_PER_DAY // 24, 60 * MICROSECONDS_PER_DAY)
    settled = np.flatnonzero(~reported | (delay_us > SETTLED_AFTER_US))
    reports = np.flatnonzero(reported)
    cleared = np.flatnonzero(accused & (rng.random(len(payments)) < CLEARED))
    clearing_us = rng.integers(5, 16, len(cleared)) * MICROSECONDS_PER_DAY
    return Labels(
        np.concatenate([settled, reports, cleared]),
        np.concatenate(
            [
                payments.time_us[settled] + SETTLED_AFTER_US,
                payments.time_us[reports] + delay_us[reports],
                payments.time_us[cleared] + delay_us[cleared] + clearing_us,
            ]
        ),
        np.concatenate([np.zeros(len(settled), np.bool_), np.ones(len(reports), np.bool_), np.zeros(len(cleared), np.bool_)]),
        np.concatenate(
            [
                np.full(len(settled), SETTLEMENT),
                np.where(accused[reports], COMPLAINT, source[reports]),
                np.full(len(cleared), INVESTIGATION),
            ]
        ).astype(np.int32),
        np.concatenate(
            [
                np.full(len(settled), GENUINE),
                np.where(accused[reports], FALSE_ACCUSATION, payments.scenario[reports]),
                np.full(len(cleared), GENUINE),
            ]
        ).astype(np.int32),
    )
