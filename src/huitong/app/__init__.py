"""The composition root: opens a bank and wires its rooms together.

For whom: whoever embeds Huitong in Python, and the command line. How: ``open`` a folder, then ``train``, ``replay``, ``decide``.
Where it fails: one process at a time writes to a bank; others may read.
"""

from huitong.app.bank import Bank
from huitong.app.bundles import Bundled
from huitong.app.measures import Measures, core_at
from huitong.app.moments import moment_us
from huitong.app.progress import Progress, silent
from huitong.app.recomputing import Recomputed, recompute
from huitong.app.reports import RunReport
from huitong.app.sources import Source, Taken
from huitong.app.training import Trained
from huitong.app.workspace import disk_refused, write_whole

__all__ = [
    "Bank",
    "Bundled",
    "Measures",
    "Progress",
    "Recomputed",
    "RunReport",
    "Source",
    "Taken",
    "Trained",
    "core_at",
    "disk_refused",
    "moment_us",
    "recompute",
    "silent",
    "write_whole",
]
