"""Payment fraud: the first vertical on the spine.

For whom: the fraud analyst of a small or mid-size bank. What: data contracts of payments, labels and customer profiles; mappings
of files to them; the policy ``card_payments``; prequential evaluation; a synthetic bank to try it all on.
Where it fails: a policy tuned on simulated payments promises nothing on real ones (docs/transactions.md).
"""

from huitong.risk.transactions.synthetic import BankFiles, FraudRates, SyntheticBank, generate

__all__ = ["BankFiles", "FraudRates", "SyntheticBank", "generate"]
