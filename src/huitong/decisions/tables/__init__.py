"""Decision tables: DMN files that any modeller opens, looked up in about a microsecond, checked before they decide.

For whom: the business owner who edits a cell, the auditor who asks which row hit.
How: each column is cut into the pieces its cells can tell apart; a piece holds a bit per row; and-ing the pieces' bits gives the rows
that hit. Tables are data, so an edit compiles nothing; only cells that look beyond their column are compiled as expressions.
Where it fails: decisions that are no tables, outputs that are lists or contexts, priorities of computed outputs.
"""

from huitong.decisions.feel import label_words
from huitong.decisions.tables.build import LoadedTables, load_tables
from huitong.decisions.tables.columns import with_column, with_hit_policy, with_label, without_column
from huitong.decisions.tables.dmn import HIT_POLICY_NAMES, DmnInput, DmnTable, read_dmn
from huitong.decisions.tables.kernels import VIOLATED
from huitong.decisions.tables.reasons import outdated_reasons
from huitong.decisions.tables.reshaping import TableChange, edited, reshaped, rows_after, rows_without_last
from huitong.decisions.tables.table import DecisionTable, Output, TableBatch, TableResult, TableRow
from huitong.decisions.tables.writing import WrittenRow, table_in, with_rows

__all__ = [
    "HIT_POLICY_NAMES",
    "VIOLATED",
    "DecisionTable",
    "DmnInput",
    "DmnTable",
    "LoadedTables",
    "Output",
    "TableBatch",
    "TableChange",
    "TableResult",
    "TableRow",
    "WrittenRow",
    "edited",
    "label_words",
    "load_tables",
    "outdated_reasons",
    "read_dmn",
    "reshaped",
    "rows_after",
    "rows_without_last",
    "table_in",
    "with_column",
    "with_hit_policy",
    "with_label",
    "with_rows",
    "without_column",
]
