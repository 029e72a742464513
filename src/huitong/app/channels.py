"""Over which channels payments come to a bank: as the contracts of what its policies decide declare them."""

from collections.abc import Mapping

from huitong.app.bank import Bank
from huitong.contracts import CHANNEL
from huitong.kernel import Text


def channels_of(bank: Bank) -> Mapping[str, Text]:
    """What channels are called, by code; empty where a contract takes any, or none has any."""
    known: dict[str, Text] = {}
    for kind in sorted(bank.policies_say.decided_kinds()):
        contract = bank.contracts.get(kind)
        spec = None if contract is None else contract.field(CHANNEL)
        if spec is None:
            continue
        if not spec.one_of:
            return {}
        known |= {code: spec.titles.get(code, {"en": code, "zh": code}) for code in spec.one_of}
    return known
