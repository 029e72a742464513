"""Whether the log names somebody: a measure on a name that nobody has stops no payment."""

from huitong.app.bank import Bank
from huitong.contracts import MEASURE_CHANGED


def named_in_log(bank: Bank, role: str, name: str) -> bool:
    """Whether some event of the log names a subject; also where names of its kind identify nobody, so that none are kept apart.

    Args:
        bank: The bank.
        role: Key role of a measure.
        name: The subject's name.
    """
    spec = bank.contracts[MEASURE_CHANGED].role(role)
    if spec is None or not spec.identifies_person or not bank.log.conceals:
        return True
    return (spec.space or role) in bank.log.persons.known_as(name)
