"""Versions and their feature states while the bank is served: what is kept, what goes, what has to be ready."""

from huitong.app.bank import Bank

KEPT_RECORDS_MIN = 20_000
"""Feature state is kept where so many records have come since: what a start after a crash has to fold again."""


class _EndingError(Exception):
    """The service ends."""


class Settling:
    """Keeps feature states, lets go of versions that decide no more, and starts those to step back to.

    Args:
        bank: The bank.
    """

    def __init__(self, bank: Bank) -> None:
        self._bank = bank
        self._ending = False

    def round(self) -> None:
        """All of that; calls go on meanwhile.

        Raises:
            HuitongError: If the disk refuses a state, or a version cannot be started.
        """
        self._bank.rollouts.let_go()
        self._bank.lives.keep(KEPT_RECORDS_MIN)
        try:
            self._bank.rollouts.start_former(self._go_on)
        except _EndingError:
            return

    def _go_on(self, _stage: str, _done: int, _total: int | None) -> None:
        if self._ending:
            raise _EndingError

    def stop(self) -> None:
        """Ends the start that is under way."""
        self._ending = True
