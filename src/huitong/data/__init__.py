"""From any table to checked events: mappings, validation, quarantine.

For whom: the data steward who brings in a file, the engineer who embeds ``decide``. How: a mapping (TOML) says which column becomes which
field, a data contract says what is allowed; columns are converted and checked at once, bad rows go to quarantine with what was found.
Where it fails: a file that breaks off or lacks a column is refused whole; a table is held in memory as columns (about 100 bytes a row).
"""

from huitong.data.catalogue import CATALOGUE
from huitong.data.fitting import column_names, fitting_mappings
from huitong.data.intake import Intake, read_table
from huitong.data.mapping import ColumnRule, LabelMapping, TableMapping
from huitong.data.plain import PlainReader
from huitong.data.quarantine import Quarantine, QuarantinedRow, read_mended
from huitong.data.single import EventReader, EventRefusedError, event_of

__all__ = [
    "CATALOGUE",
    "ColumnRule",
    "EventReader",
    "EventRefusedError",
    "Intake",
    "LabelMapping",
    "PlainReader",
    "Quarantine",
    "QuarantinedRow",
    "TableMapping",
    "column_names",
    "event_of",
    "fitting_mappings",
    "read_mended",
    "read_table",
]
