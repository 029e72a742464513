"""Huitong (汇通): every decision can be replayed.

>>> import huitong                                    # doctest: +SKIP
>>> bank = huitong.open("./bank")                     # doctest: +SKIP
>>> decision = bank.decide({"id": "P1", "time": "2026-01-05T09:30:00Z", ...})   # doctest: +SKIP
>>> report = bank.replay("card_payments", "payments.parquet")                   # doctest: +SKIP
"""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from huitong.app import Bank
    from huitong.kernel import Clock

__all__ = ["open"]


def open(path: "str | Path", *, clock: "Clock | None" = None, threads: int | None = None) -> "Bank":
    """Opens a bank: the folder with its policies, models and log; makes it where it is not there yet.

    Args:
        path: The folder.
        clock: Tells the present; the machine's clock by default.
        threads: Threads for features and models; all cores by default.

    Raises:
        InputError: If the folder holds something else.
        ExternalError: If the disk refuses.
    """
    from huitong.app import Bank  # noqa: PLC0415 - importing the package does no work

    return Bank(path, clock=clock, threads=threads)
