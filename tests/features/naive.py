"""Every feature by its definition, slowly, in exact arithmetic: the reference that the engine is held against."""

import bisect
import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from huitong.contracts import Event
from huitong.features import symbol_code
from huitong.kernel import duration_us
from tests.features.world import CONTRACTS, LISTS, PAYMENT, SETTINGS

NAN = math.nan
UNITS = {"seconds": 10**6, "minutes": 6 * 10**7, "hours": 36 * 10**8, "days": 864 * 10**8}


class Naive:
    """Keeps every event in its place and looks through all of them for each feature."""

    def __init__(self, features: Mapping[str, Mapping[str, Any]]) -> None:
        self._features = features
        self._events: dict[str, list[Event]] = {}

    def update(self, event: Event) -> dict[str, float] | None:
        """Puts the event in its place, after those of its time; a payment's features are those at its place."""
        events = self._events.setdefault(event.kind, [])
        place = bisect.bisect_right([other.time_us for other in events], event.time_us)
        events.insert(place, event)
        if event.kind != PAYMENT:
            return None
        known: dict[str, float] = {}
        for name, declaration in self._features.items():
            known[name] = self._feature(declaration, event, known)
        return known

    def _feature(self, declared: Mapping[str, Any], event: Event, known: Mapping[str, float]) -> float:
        operation = next(word for word in declared if word not in ("by", "as", "over", "events", "where", "unit", "of"))
        argument = declared[operation]
        if operation in ("ratio", "difference", "maximum"):
            a, b = (known[name] for name in argument)
            if math.isnan(a) or math.isnan(b):
                return NAN
            return {"ratio": lambda: a / b if b else NAN, "difference": lambda: a - b, "maximum": lambda: max(a, b)}[operation]()
        if operation == "calendar":
            return _calendar(argument, event)
        if operation == "list":
            entry = LISTS[argument].get(event.keys.get(declared["of"], ""))
            return float(entry is not None and entry.from_us <= event.time_us < entry.until_us)
        if operation == "field":
            return _held(event, argument, PAYMENT)
        return self._over_entries(operation, argument, declared, event)

    def _over_entries(self, operation: str, argument: Any, declared: Mapping[str, Any], event: Event) -> float:  # noqa: ANN401
        by = [declared["by"]] if isinstance(declared["by"], str) else declared["by"]
        roles = [declared["as"]] if "as" in declared else by
        kind = declared.get("events", "customer.profile" if operation == "profile" else PAYMENT)
        wanted = [_text(event, role) for role in by]
        if None in wanted:
            return 0.0 if operation == "holds" else NAN
        entries = [
            other
            for other in self._before(kind, event)
            if [_text(other, role) for role in roles] == wanted
            and all(other.data.get(name) == literal for name, literal in declared.get("where", {}).items())
        ]
        over = declared.get("over", "ever")
        if over != "ever":
            entries = [other for other in entries if other.time_us > event.time_us - duration_us(over)]
        return _statistic(operation, argument, declared, event, entries, kind)

    def _before(self, kind: str, event: Event) -> Sequence[Event]:
        events = self._events.get(kind, [])
        if kind == event.kind:
            return events[: events.index(event) + 1]
        return [other for other in events if other.time_us <= event.time_us]


def _text(event: Event, role: str) -> object:
    return event.keys.get(role, event.data.get(role))


def _statistic(  # noqa: PLR0911 -- a return per operation
    operation: str,
    argument: Any,  # noqa: ANN401 -- as declared
    declared: Mapping[str, Any],
    event: Event,
    entries: list[Event],
    kind: str,
) -> float:
    unit = UNITS[declared.get("unit", "seconds")]
    if operation == "count":
        return float(len(entries))
    if operation == "since_last":
        earlier = [other for other in entries if other is not event]
        return (event.time_us - earlier[-1].time_us) / unit if earlier else NAN
    if operation == "first_seen":
        return (event.time_us - entries[0].time_us) / unit if entries else NAN
    if operation == "distinct":
        return float(len({text for other in entries if (text := other.keys.get(argument, other.data.get(argument))) is not None}))
    given = [other for other in entries if other.data.get(argument) is not None]
    if operation in ("remaining", "holds"):
        left_us = max(_furthest(given, argument) - event.time_us, 0)
        return float(left_us > 0) if operation == "holds" else left_us / unit
    if operation == "profile":
        if not given:
            return NAN
        if "unit" in declared:
            return (event.time_us - int(given[-1].data[argument] or 0) * 864 * 10**8) / unit
        return _held(given[-1], argument, kind)
    scale = 1 if operation in ("rate", "zscore", "ratio_to_mean") else _scale(kind, argument)
    if operation in ("zscore", "ratio_to_mean"):
        return _against_history(operation, [_int(other, argument) for other in given if other is not event], _int(event, argument))
    values = [_int(other, argument) for other in given]
    if operation == "sum":
        return sum(values) / scale
    if not values:
        return NAN
    if operation in ("mean", "rate"):
        return float(Fraction(sum(values), len(values) * scale))
    return _std(values) / scale if operation == "std" else {"min": min, "max": max}[operation](values) / scale


def _furthest(given: list[Event], name: str) -> int:
    """Each entry reaches to its moment, unless an earlier one reaches further; an entry whose moment has come ends them all."""
    furthest = 0
    for other in given:
        moment = _int(other, name)
        furthest = moment if moment <= other.time_us else max(furthest, moment)
    return furthest


def _against_history(operation: str, history: list[int], value: int) -> float:
    if not history:
        return NAN
    if operation == "ratio_to_mean":
        return float(Fraction(value * len(history), sum(history))) if sum(history) else NAN
    deviation = _std(history)
    return NAN if not deviation > 0 else float(value - Fraction(sum(history), len(history))) / deviation


def _std(values: list[int]) -> float:
    n = len(values)
    return NAN if n < 2 else math.sqrt(Fraction(n * sum(x * x for x in values) - sum(values) ** 2, n * (n - 1)))


def _int(event: Event, name: str) -> int:
    value = event.data[name]
    assert isinstance(value, int)
    return int(value)


def _scale(kind: str, name: str) -> int:
    spec = CONTRACTS[kind].field(name)
    assert spec is not None
    return spec.scale


def _held(event: Event, name: str, kind: str) -> float:
    value = event.keys.get(name, event.data.get(name))
    if value is None:
        return NAN
    return float(symbol_code(value)) if isinstance(value, str) else value / _scale(kind, name)


def _calendar(part: str, event: Event) -> float:
    local = (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=event.time_us)).astimezone(ZoneInfo(SETTINGS["zone"]))
    return float(
        {
            "hour": local.hour,
            "weekday": local.isoweekday(),
            "month": local.month,
            "day_of_month": local.day,
            "minute_of_day": local.hour * 60 + local.minute,
            "is_weekend": local.isoweekday() > 5,
            "is_night": local.hour < 6,
        }[part]
    )
