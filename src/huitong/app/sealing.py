"""Older records are sealed while the bank is served, so that a disk does not fill up with rows."""

from collections.abc import Mapping

from huitong.app.bank import Bank
from huitong.app.ending import Ending

AT_LEAST = 100_000
"""Records beyond those that are kept as rows, for a sealing to be worth it."""


class Sealing:
    """Seals what is older than the newest records of a bank.

    Args:
        bank: The bank.
        rows: How many of the newest records stay as rows; 0 for all of them.
        at_least: Records beyond those, for a sealing to be worth it.
    """

    def __init__(self, bank: Bank, rows: int, at_least: int = AT_LEAST) -> None:
        self._bank, self._rows, self._at_least = bank, rows, at_least
        self._records = 0
        self._ending = Ending()
        self.stop = self._ending.stop
        """Ends the sealing that is under way; its segment is made anew another time."""

    def round(self) -> None:
        """Seals where there is enough; calls go on meanwhile.

        Raises:
            HuitongError: If the place of segments or the storage refuses; what is sealed by then is.
        """
        log = self._bank.log
        if self._rows == 0 or log.end() - log.sealed < self._rows + self._at_least:
            return
        with self._ending.cut_off():
            for segment in log.seal(self._bank.contracts, keep_rows=self._rows, told=self._ending.go_on):
                self._records += segment.stop - segment.first

    def counts(self) -> Mapping[str, int]:
        """Records that were sealed."""
        return {"sealed": self._records}
