"""A synthetic bank's quarter from a seed: payments, late labels, customer profiles.

For whom: whoever tries Huitong without data of their own, and the tests. How: habits, rhythm and holidays make honest payments;
six fraud scenarios lean on their victims' habits; labels come days later, some never, a few wrongly.
Where it fails: every figure was chosen by hand and none fitted, so a result on this bank says that the machinery works, not how
much fraud a policy would stop in yours; docs/transactions.md lists what is missing.
"""

from huitong.risk.transactions.synthetic.bank import CUSTOMERS, CUSTOMERS_MAX, CUSTOMERS_MIN, SEED_MAX, BankFiles, SyntheticBank, generate
from huitong.risk.transactions.synthetic.fraud import FraudRates

__all__ = ["CUSTOMERS", "CUSTOMERS_MAX", "CUSTOMERS_MIN", "SEED_MAX", "BankFiles", "FraudRates", "SyntheticBank", "generate"]
