"""Where the state of a grouping lies, and the program that drives the compiled kernel: tables of whole numbers, no generated code.

Each key owns a row of int32 (``key32``: places) and a row of int64 (``key64``: times, counts and sums), and a **slab**: a stretch of the
shared arena that holds its entries as a circular queue. An entry is named by its sequence number within the key, which does not change
when the slab moves; entry ``s`` lies at ``offset + (s & (capacity - 1))``. ``entry64`` holds its time and values, ``entry32`` its codes
and links.

The program is an int64 table of eight columns. Row 0 holds sizes, row 1 the first row of each section; the sections follow.
"""

# Columns of key32.
K_OFFSET, K_CLASS, K_HEAD, K_NEXT = 0, 1, 2, 3
"""Place of the slab, log2 of its capacity (0: none), oldest kept entry, next entry; then tails, distinct numbers, stacks."""

# Columns of key64.
J_CLOCK, J_FIRST, J_LAST = 0, 1, 2
"""Time to which the windows were moved, then times of the first and the last entry that were forgotten; then counts and sums."""

# Row 0 of the program.
H_SPANS, H_VALUES, H_CODES, H_EXTREMA, H_TOTALS, H_OPERATIONS, H_RETENTION, H_REBASE = range(8)

# Row 1 of the program: where each section starts.
R_SPAN, R_VALUE, R_CODE, R_EXTREMUM, R_TOTAL, R_OPERATION = range(6)

# Section rows.
SPAN_US, SPAN_TAIL, SPAN_SUMS, SPAN_SUMS_N, SPAN_DISTINCT, SPAN_DISTINCT_N = range(6)
SUM_POWER, SUM_VALUE, SUM_SLOT = range(3)
DISTINCT_CODE, DISTINCT_SLOT = range(2)
VALUE_COLUMN = 0
CODE_COLUMN, CODE_WINDOWS, CODE_WINDOWS_N = range(3)
CODE_TAIL, CODE_SLOT = range(2)
EXTREMUM_VALUE, EXTREMUM_SIGN, EXTREMUM_TOP, EXTREMUM_LINK, EXTREMUM_WINDOWS, EXTREMUM_WINDOWS_N = range(6)
POINTER_TAIL, POINTER_SLOT = range(2)
TOTAL_KIND, TOTAL_VALUE, TOTAL_SLOT, TOTAL_BASE, TOTAL_POWER = range(5)
OP_CODE, OP_OUT, OP_COUNT, OP_SUM, OP_SQUARES, OP_VALUE, OP_SCALE, OP_SLOT = range(8)

PROGRAM_WIDTH = 8

# Kinds of running totals that no window ends.
TOTAL_SUM, TOTAL_MIN, TOTAL_MAX, TOTAL_LATEST, TOTAL_FURTHEST = range(5)

# Powers of a sum: every entry counts, entries with a value count, values, squares (two slots: high and low).
POWER_ALL, POWER_PRESENT, POWER_VALUE, POWER_SQUARE = range(4)
POWER_NONE = -1

# Operation codes.
(
    OP_READ_COUNT,
    OP_READ_SUM,
    OP_READ_MEAN,
    OP_READ_STD,
    OP_READ_ZSCORE,
    OP_READ_RATIO_TO_MEAN,
    OP_READ_EXTREMUM,
    OP_READ_DISTINCT,
    OP_READ_TOTAL,
    OP_READ_SINCE_LAST,
    OP_READ_SINCE_FIRST,
    OP_READ_AGE,
    OP_READ_REMAINING,
) = range(13)

NO_ENTRY = 2**31 - 1
"""Stands for "no entry" where a pointer is expected; greater than every sequence number, so that any new entry takes its place."""

REBASE_AT = 2**30
"""Sequence numbers of a key are moved back to small ones before they pass this."""

# The arena's own numbers.
A_USED, A_HAND, A_RELEASED, A_FREE = 0, 1, 2, 3
ARENA_WIDTH = A_FREE + 32
"""Entries given out so far, next key to sweep, keys released, then the head of the free list of each slab size."""
