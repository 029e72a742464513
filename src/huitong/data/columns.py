"""Whole columns at a time: what a source says becomes what events hold, with the findings by row.

The trick: a fast kernel takes the values that are plainly right; whatever is left goes, each distinct value once, through the functions of
``scalars``. So the fast kernels only have to be right about what they accept, and every finding is made in one place.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from huitong.contracts import NULL_CODE, NULL_INT, Codes, Float64Array, Int64Array
from huitong.data.scalars import Held, Scale, local_instant

BoolArray = npt.NDArray[np.bool_]
RowArray = npt.NDArray[np.intp]
ToHeld = Callable[[object], Held]

_EXACT_MAX = 10**15
"""Below this a float64 carries every decimal of at most 15 digits to and fro unharmed."""
_FLOAT32_DIGITS_MAX = 10**6
_TIE_MARGIN = 1e-3
_ROUNDED_MAX = 10**12
_CONTROL_PATTERN = r"[\x00-\x1f\x7f-\x{9f}\x{2028}\x{2029}]"
_ISO_PATTERN = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{3}|\.[0-9]{6})?(Z|[+-][0-9]{2}:[0-9]{2})$"
_HOUR_US = 3_600_000_000
_LOCAL_EPOCH = datetime(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class Flaw:
    """A finding of some rows: its code, its field, and which rows of the chunk."""

    code: str
    field: str
    rows: RowArray


def null_mask(array: pa.Array) -> BoolArray:
    """Which rows say nothing."""
    if not array.null_count:
        return np.zeros(len(array), np.bool_)
    return np.asarray(array.is_null())


def flat(array: pa.Array) -> pa.Array:
    """The column without dictionary; lists and structures, which no field can hold, as bytes that no reader takes."""
    if pa.types.is_nested(array.type):
        return pa.array([None if null else b"?" for null in null_mask(array).tolist()], pa.binary())
    return array.cast(array.type.value_type) if pa.types.is_dictionary(array.type) else array


def numbers(array: pa.Array, scale: Scale, to_held: ToHeld, field: str, bound: int) -> tuple[Int64Array, list[Flaw]]:
    """Scaled integers from a column of numbers or of their decimal texts.

    Args:
        array: The column, shape ``(n,)``.
        scale: From the source's unit to the integer held.
        to_held: Reads one value; consulted for whatever the fast kernels do not take.
        field: The field's name.
        bound: Greatest magnitude that the fast kernels may accept.
    """
    array = widened(array)
    kind = array.type
    held = np.full(len(array), NULL_INT, np.int64)
    if pa.types.is_boolean(kind) or pa.types.is_null(kind):
        done = np.zeros(len(array), np.bool_)
    elif pa.types.is_integer(kind):
        done = _from_integers(array, scale, bound, held)
    elif pa.types.is_floating(kind):
        done = _from_floats(array, scale, bound, held)
    elif pa.types.is_string(kind):
        done = _from_texts(array, scale, bound, held)
    elif pa.types.is_decimal(kind):
        done = _from_decimals(array, scale, bound, held)
    else:
        done = np.zeros(len(array), np.bool_)
    return held, _rest(array, done, to_held, field, held)


def widened(array: pa.Array) -> pa.Array:
    """float32 as the float64 of the shortest decimal that it prints as: 57.16, not 57.15999984741211."""
    if pa.types.is_float16(array.type):
        array = array.cast(pa.float32())
    if not pa.types.is_float32(array.type):
        return array
    nulls = null_mask(array)
    narrow = array.fill_null(0).to_numpy(zero_copy_only=False)
    wide: Float64Array = narrow.astype(np.float64)
    near = np.rint(np.clip(wide, -1e9, 1e9) * 1e3) / 1e3
    short = (near.astype(np.float32) == narrow) & (np.abs(near) * 1e3 < _FLOAT32_DIGITS_MAX)
    wide[short] = near[short]
    rest = np.flatnonzero(~short)
    if len(rest):
        wide[rest] = pa.array(narrow[rest]).cast(pa.string()).cast(pa.float64()).to_numpy()
    return pa.array(wide, mask=nulls)


def _from_integers(array: pa.Array, scale: Scale, bound: int, held: Int64Array) -> BoolArray:
    values = array.fill_null(0).to_numpy(zero_copy_only=False)
    done = ~null_mask(array)
    if values.dtype == np.uint64:
        done &= values <= 2**62
        values = np.where(done, values, 0)
    whole = values.astype(np.int64)
    limit = bound * scale.divisor // scale.factor
    done &= (whole <= limit) & (whole >= -limit)
    scaled = np.where(done, whole, 0) * scale.factor
    if scale.divisor != 1:
        scaled, rest = np.divmod(scaled, scale.divisor)
        done &= rest == 0
    held[done] = scaled[done]
    return done


def _from_floats(array: pa.Array, scale: Scale, bound: int, held: Int64Array) -> BoolArray:
    values = array.fill_null(np.nan).to_numpy(zero_copy_only=False)
    usable = np.abs(values) < 1e18
    safe = np.where(usable, values, 0.0)
    product = safe * scale.factor / scale.divisor
    nearest = np.rint(product)
    done: BoolArray = usable & (np.abs(nearest) <= min(bound, _EXACT_MAX)) & (nearest * scale.divisor / scale.factor == safe)
    if scale.rounds:
        done |= usable & (np.abs(nearest) <= min(bound, _ROUNDED_MAX)) & (np.abs(product - nearest) < 0.5 - _TIE_MARGIN)
    held[done] = nearest[done].astype(np.int64)
    return done


def _power_of_ten(scale: Scale) -> int | None:
    digits = str(scale.factor)
    return len(digits) - 1 if scale.divisor == 1 and digits.strip("0") == "1" else None


def _from_texts(array: pa.Array, scale: Scale, bound: int, held: Int64Array) -> BoolArray:
    decimals = _power_of_ten(scale)
    if decimals is None:
        return np.zeros(len(array), np.bool_)
    fraction = rf"(\.[0-9]{{1,{decimals}}})?" if decimals else ""
    plain = pc.fill_null(pc.match_substring_regex(array, rf"^-?[0-9]{{1,{18 - decimals}}}{fraction}$"), False)
    return _from_decimals(pc.if_else(plain, array, None), scale, bound, held)


def _from_decimals(array: pa.Array, scale: Scale, bound: int, held: Int64Array) -> BoolArray:
    decimals = _power_of_ten(scale)
    nothing = np.zeros(len(array), np.bool_)
    if decimals is None:
        return nothing
    try:
        exact = array.cast(pa.decimal128(38, decimals))
    except pa.ArrowInvalid:
        return nothing
    words = np.frombuffer(exact.buffers()[1], np.int64)[2 * exact.offset : 2 * (exact.offset + len(exact))].reshape(-1, 2)
    low, high = words[:, 0], words[:, 1]
    done: BoolArray = ~null_mask(exact) & (high == low >> 63) & (low >= -bound) & (low <= bound)
    held[done] = low[done]
    return done


def _rest(array: pa.Array, done: BoolArray, to_held: ToHeld, field: str, held: Int64Array) -> list[Flaw]:
    """Reads what the fast kernels left, each distinct value once."""
    rows = np.flatnonzero(~done & ~null_mask(array))
    if not len(rows):
        return []
    encoded = widened(array.take(pa.array(rows))).dictionary_encode()
    codes = encoded.indices.to_numpy(zero_copy_only=False)
    found = [to_held(value) for value in encoded.dictionary.to_pylist()]
    held[rows] = np.array([one.value if isinstance(one.value, int) else NULL_INT for one in found], np.int64)[codes]
    return by_code([one.flaw for one in found], codes, rows, field)


def by_code(codes_of_flaws: list[str], codes: npt.NDArray[np.integer], rows: RowArray, field: str) -> list[Flaw]:
    """Findings of rows from the findings of their distinct values; ``codes`` says which value a row has."""
    flaws = []
    for code in sorted({flaw for flaw in codes_of_flaws if flaw}):
        hit = np.array([flaw == code for flaw in codes_of_flaws], np.bool_)
        flaws.append(Flaw(code, field, rows[hit[codes]]))
    return flaws


def looked_up(array: pa.Array, to_held: ToHeld, field: str) -> tuple[Int64Array, list[Flaw]]:
    """Integers by asking ``to_held`` once for each distinct value."""
    held = np.full(len(array), NULL_INT, np.int64)
    return held, _rest(array, np.zeros(len(array), np.bool_), to_held, field, held)


def booleans(array: pa.Array, to_held: ToHeld, field: str) -> tuple[Int64Array, list[Flaw]]:
    """0 and 1 from a column of truth values."""
    held = np.full(len(array), NULL_INT, np.int64)
    done = np.zeros(len(array), np.bool_)
    if pa.types.is_boolean(array.type):
        done = ~null_mask(array)
        held[done] = np.asarray(array.fill_null(False))[done]
    return held, _rest(array, done, to_held, field, held)


def dates(array: pa.Array, to_held: ToHeld, field: str) -> tuple[Int64Array, list[Flaw]]:
    """Days since the epoch from a column of dates."""
    held = np.full(len(array), NULL_INT, np.int64)
    done = np.zeros(len(array), np.bool_)
    if pa.types.is_date32(array.type):
        done = ~null_mask(array)
        held[done] = array.cast(pa.int32()).fill_null(0).to_numpy(zero_copy_only=False)[done]
    return held, _rest(array, done, to_held, field, held)


def instants(
    array: pa.Array, scale: Scale, epoch_us: int, zone: tzinfo | None, to_held: ToHeld, field: str, *, numbers_as_text: bool
) -> tuple[Int64Array, list[Flaw]]:
    """µs UTC from a column of moments, of ISO 8601 texts, or of numbers counted from ``epoch_us``."""
    if pa.types.is_date(array.type):
        array = array.cast(pa.timestamp("us"))
    if pa.types.is_timestamp(array.type):
        return _from_timestamps(array, zone, field)
    if pa.types.is_string(array.type) and not numbers_as_text:
        return _from_iso(array, to_held, field)
    bound = 2**61
    far = scale if abs(epoch_us) < bound else Scale()
    array = widened(array)
    held = np.full(len(array), NULL_INT, np.int64)
    done = np.zeros(len(array), np.bool_)
    if pa.types.is_integer(array.type):
        done = _from_integers(array, far, bound, held)
    elif pa.types.is_floating(array.type):
        done = _from_floats(array, far, bound, held)
    elif pa.types.is_string(array.type):
        done = _from_texts(array, far, bound, held)
    held[done] += epoch_us
    return held, _rest(array, done, to_held, field, held)


def _from_timestamps(array: pa.Array, zone: tzinfo | None, field: str) -> tuple[Int64Array, list[Flaw]]:
    held = np.full(len(array), NULL_INT, np.int64)
    given = ~null_mask(array)
    rows = np.flatnonzero(given)
    ticks = array.cast(pa.timestamp(array.type.unit)).cast(pa.int64()).fill_null(0).to_numpy(zero_copy_only=False)[rows]
    per_tick = {"s": 1_000_000, "ms": 1_000, "us": 1}.get(array.type.unit)
    if per_tick is None:
        held[rows] = ticks // 1_000
    else:
        far = np.abs(ticks) > 2**62 // per_tick
        held[rows] = np.where(far, 2**62, ticks * np.where(far, 0, per_tick))
    if array.type.tz is not None:
        return held, []
    if zone is None:
        held[rows] = NULL_INT
        return held, [Flaw("time.unreadable", field, rows)] if len(rows) else []
    return held, _localised(held, rows, zone, field)


def _localised(held: Int64Array, rows: RowArray, zone: tzinfo, field: str) -> list[Flaw]:
    """Turns wall-clock µs into µs UTC in place. Offsets are asked once an hour of the wall clock; hours of change go one by one."""
    hours, codes = np.unique(held[rows] // _HOUR_US, return_inverse=True)
    offsets = [_steady_offset_us(int(hour), zone) for hour in hours]
    steady = np.array([offset is not None for offset in offsets], np.bool_)[codes]
    shift = np.array([offset or 0 for offset in offsets], np.int64)[codes]
    held[rows[steady]] -= shift[steady]
    one_by_one = rows[~steady]
    found = [_local_one(int(held[row]), zone) for row in one_by_one]
    held[one_by_one] = [one.value if isinstance(one.value, int) else NULL_INT for one in found]
    return by_code([one.flaw for one in found], np.arange(len(found)), one_by_one, field)


def _local_one(wall_us: int, zone: tzinfo) -> Held:
    try:
        return local_instant(_LOCAL_EPOCH + timedelta(microseconds=wall_us), zone)
    except OverflowError:
        return Held(None, "time.unreadable")


def _steady_offset_us(hour: int, zone: tzinfo) -> int | None:
    """The zone's offset through a wall-clock hour, ``None`` where it changes within."""
    try:
        ends = [_LOCAL_EPOCH + timedelta(microseconds=hour * _HOUR_US + part) for part in (0, _HOUR_US // 2, _HOUR_US - 1)]
        found = {end.replace(tzinfo=zone, fold=fold).utcoffset() for end in ends for fold in (0, 1)}
    except OverflowError:
        return None
    only = found.pop()
    return None if found or only is None else only // timedelta(microseconds=1)


def _from_iso(array: pa.Array, to_held: ToHeld, field: str) -> tuple[Int64Array, list[Flaw]]:
    held = np.full(len(array), NULL_INT, np.int64)
    plain = pc.fill_null(pc.match_substring_regex(array, _ISO_PATTERN), False)
    try:
        moments = pc.if_else(plain, array, None).cast(pa.timestamp("us", "UTC"))
    except pa.ArrowInvalid:  # a 31 February somewhere
        return held, _rest(array, np.zeros(len(array), np.bool_), to_held, field, held)
    done = ~null_mask(moments)
    held[done] = moments.cast(pa.int64()).fill_null(0).to_numpy(zero_copy_only=False)[done]
    return held, _rest(array, done, to_held, field, held)


def texts(
    array: pa.Array, to_held: ToHeld, field: str, prefix: str, length_max: int, length_flaw: str
) -> tuple[pa.StringArray, list[Flaw]]:
    """Texts from a column of texts or whole numbers; null where nothing or something wrong is said."""
    if pa.types.is_integer(array.type):
        array = array.cast(pa.string())
    elif not pa.types.is_string(array.type):
        return _texts_one_by_one(array, to_held, field)
    bad = pc.fill_null(pc.match_substring_regex(array, _CONTROL_PATTERN), False)
    flaws = []
    if pc.any(bad).as_py():
        flaws.append(Flaw("text.control", field, np.flatnonzero(np.asarray(bad))))
        array = pc.if_else(bad, None, array)
    array = pc.if_else(pc.equal(array, ""), None, array)
    if prefix:
        array = pc.binary_join_element_wise(prefix, array, "")
    long = pc.fill_null(pc.greater(pc.utf8_length(array), length_max), False)
    if pc.any(long).as_py():
        flaws.append(Flaw(length_flaw, field, np.flatnonzero(np.asarray(long))))
        array = pc.if_else(long, None, array)
    return array, flaws


def _texts_one_by_one(array: pa.Array, to_held: ToHeld, field: str) -> tuple[pa.StringArray, list[Flaw]]:
    encoded = widened(array).dictionary_encode()
    found = [to_held(value) for value in encoded.dictionary.to_pylist()]
    values = pa.array([one.value for one in found], pa.string())
    rows = np.flatnonzero(~null_mask(encoded.indices))
    codes = encoded.indices.fill_null(0).to_numpy(zero_copy_only=False)
    return values.take(encoded.indices), by_code([one.flaw for one in found], codes[rows], rows, field)


def coded(array: pa.Array, convert: Callable[[pa.Array], tuple[pa.StringArray, list[Flaw]]]) -> tuple[Codes, list[Flaw]]:
    """A text column as codes; each distinct value is converted once."""
    encoded = array if pa.types.is_dictionary(array.type) else array.dictionary_encode()
    values, flaws = convert(encoded.dictionary)
    indices = encoded.indices.fill_null(NULL_CODE).to_numpy(zero_copy_only=False).astype(np.int32)
    distinct = values.dictionary_encode()
    renamed = np.append(distinct.indices.fill_null(NULL_CODE).to_numpy(zero_copy_only=False), NULL_CODE).astype(np.int32)
    spread = []
    for flaw in flaws:
        hit = np.zeros(len(values) + 1, np.bool_)
        hit[flaw.rows] = True
        spread.append(Flaw(flaw.code, flaw.field, np.flatnonzero(hit[indices])))
    return Codes(renamed[indices], distinct.dictionary), spread
