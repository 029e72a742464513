"""Versions and their feature states while the bank is served: what is kept, what goes, what has to be ready."""

from huitong.app.bank import Bank
from huitong.app.ending import Ending

KEPT_RECORDS_MIN = 20_000
"""Feature state is kept where so many records have come since: what a start after a crash has to fold again."""


class Settling:
    """Keeps feature states, lets go of versions that decide no more, and starts those to step back to.

    Args:
        bank: The bank.
    """

    def __init__(self, bank: Bank) -> None:
        self._bank = bank
        self._ending = Ending()
        self.stop = self._ending.stop
        """Ends the start that is under way."""

    def round(self) -> None:
        """All of that; calls go on meanwhile.

        Raises:
            HuitongError: If the disk refuses a state, or a version cannot be started.
        """
        self._bank.rollouts.let_go()
        self._bank.lives.keep(KEPT_RECORDS_MIN)
        with self._ending.cut_off():
            self._bank.rollouts.start_former(self._ending.go_on)
