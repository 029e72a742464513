"""Whose outcome is known: what rates, costs and thresholds may rest on, and when too little is known for any of them.

Where honest payments never get a label, or get it late, what is known of the newest ones is mostly fraud: whoever counts only those
finds that everybody stopped was guilty. So payments count whose outcome had its time to become known, and only where they are
no small part of the period.
"""

import numpy as np
import numpy.typing as npt

from huitong.evaluation.columns import ReplayColumns

KNOWN_SHARE_MIN = 0.25
"""Least share of a period's payments whose outcome must be known before rates, costs and thresholds are given."""


def rate_labels(columns: ReplayColumns) -> npt.NDArray[np.int8]:
    """The labels that rates, costs and thresholds rest on, shape ``(n,)``.

    Those of payments before ``settled_before_us``; of nobody (-1) where these are less than ``KNOWN_SHARE_MIN`` of all payments.
    """
    label = columns.label.copy()
    label[columns.rows_settled() :] = -1
    if np.count_nonzero(label >= 0) < KNOWN_SHARE_MIN * len(label):
        label[:] = -1
    return label
