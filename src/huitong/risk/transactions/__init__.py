"""Payment fraud: the first vertical on the spine.

For whom: the fraud analyst of a small or mid-size bank. What: data contracts of payments, labels and customer profiles; mappings
of files to them; the policy ``card_payments``; prequential evaluation; a synthetic bank to try it all on.
Where it fails: a policy tuned on simulated payments promises nothing on real ones (docs/transactions.md).
"""

from huitong.risk.transactions.prequential import (
    BOOK,
    MONTH,
    Fold,
    FoldResult,
    Measure,
    PrequentialProtocol,
    PrequentialResult,
    folds_of,
    prequential,
)
from huitong.risk.transactions.published import PUBLISHED, REAL_CARDS_WARNING, PublishedResult
from huitong.risk.transactions.shipped import shipped
from huitong.risk.transactions.synthetic import BankFiles, FraudRates, SyntheticBank, generate

__all__ = [
    "BOOK",
    "MONTH",
    "PUBLISHED",
    "REAL_CARDS_WARNING",
    "BankFiles",
    "Fold",
    "FoldResult",
    "FraudRates",
    "Measure",
    "PrequentialProtocol",
    "PrequentialResult",
    "PublishedResult",
    "SyntheticBank",
    "folds_of",
    "generate",
    "prequential",
    "shipped",
]
