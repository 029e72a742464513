"""The collector of cycles in a process that serves for long."""

import gc

COLLECTED_EVERY = (20_000, 20, 50)
"""How rarely it runs; see ``gc.set_threshold``."""


def settle_memory() -> None:
    """What was loaded by now stays: the collector need not look through it again while callers wait.

    Little of what a decision leaves behind is a cycle, so that rarer collections find all there is to find.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECTED_EVERY)
