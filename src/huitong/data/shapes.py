"""The many shapes that Arrow has for one thing, brought to the few that the readers take."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from huitong.contracts import Int64Array

INSTANT_MIN_US, INSTANT_MAX_US = -62_135_596_800_000_000, 253_402_300_799_999_999
"""Years 1 to 9999, the moments that ISO 8601 can write."""
_DATE_MIN, _DATE_MAX = -719_162, 2_932_896
_TICK_US = {"s": 1_000_000, "ms": 1_000, "us": 1}
_NONE = np.empty(0, np.int64)


def readable(column: pa.Array) -> tuple[pa.Array, Int64Array, str]:
    """The column as text, number, boolean, date32, timestamp in µs, or dictionary of these.

    Returns:
        The column; the rows whose value no reader can take; the code of their finding. Broken UTF-8 reads with backslash escapes,
        a moment outside the years 1 to 9999 as nothing.
    """
    if pa.types.is_run_end_encoded(column.type):
        column = pc.run_end_decode(column)
    if pa.types.is_dictionary(column.type):
        values, bad, _ = _plain(column.dictionary)
        if values.type == column.type.value_type and not len(bad):
            return column, _NONE, ""
        column = column.cast(column.type.value_type)
    return _plain(column)


def _plain(column: pa.Array) -> tuple[pa.Array, Int64Array, str]:
    kind = column.type
    if pa.types.is_timestamp(kind):
        return _moments(column)
    if pa.types.is_date(kind):
        return _dates(column)
    if pa.types.is_string_view(kind) or pa.types.is_binary_view(kind):
        return _texts(column.cast(pa.string() if pa.types.is_string_view(kind) else pa.binary()))
    if pa.types.is_fixed_size_binary(kind) or pa.types.is_large_string(kind) or pa.types.is_large_binary(kind):
        return _texts(column.cast(pa.binary()))
    return _texts(column) if pa.types.is_string(kind) or pa.types.is_binary(kind) else (column, _NONE, "")


def _texts(column: pa.Array) -> tuple[pa.Array, Int64Array, str]:
    raw = column.cast(pa.binary())
    try:
        return raw.cast(pa.string()), _NONE, ""
    except pa.ArrowInvalid:
        pass
    broken, texts = [], []
    for row, piece in enumerate(raw.to_pylist()):
        try:
            texts.append(None if piece is None else piece.decode("utf-8"))
        except UnicodeDecodeError:
            broken.append(row)
            texts.append(piece.decode("utf-8", "backslashreplace"))
    return pa.array(texts, pa.string()), np.array(broken, np.int64), "text.encoding"


def _moments(column: pa.Array) -> tuple[pa.Array, Int64Array, str]:
    """Moments in whole µs; nanoseconds are cut off downwards."""
    unit, zone = column.type.unit, column.type.tz
    nulls = np.asarray(column.is_null())
    ticks = column.cast(pa.timestamp(unit)).cast(pa.int64()).fill_null(0).to_numpy(zero_copy_only=False)
    if unit == "ns":
        moments, outside = ticks // 1_000, np.zeros(len(ticks), np.bool_)
    else:
        outside = (ticks < INSTANT_MIN_US // _TICK_US[unit]) | (ticks > INSTANT_MAX_US // _TICK_US[unit])
        moments = np.where(outside, 0, ticks) * _TICK_US[unit]
    shaped = pa.array(moments, mask=nulls | outside).cast(pa.timestamp("us", None if zone is None else "UTC"))
    return shaped, np.flatnonzero(outside & ~nulls), "time.unreadable"


def _dates(column: pa.Array) -> tuple[pa.Array, Int64Array, str]:
    nulls = np.asarray(column.is_null())
    wide = pa.types.is_date64(column.type)
    days = column.cast(pa.int64() if wide else pa.int32()).fill_null(0).to_numpy(zero_copy_only=False)
    days = days // 86_400_000 if wide else days
    outside = (days < _DATE_MIN) | (days > _DATE_MAX)
    shaped = pa.array(np.where(outside, 0, days).astype(np.int32), mask=nulls | outside).cast(pa.date32())
    return shaped, np.flatnonzero(outside & ~nulls), "time.unreadable"
