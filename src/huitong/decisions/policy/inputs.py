"""From rows of features to what compiled rules and tables read: the same rows, with texts as the policy's own codes."""

import math
from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np

from huitong.contracts import Float64Array
from huitong.decisions.feel import BOOLEAN, COUNT, FLOAT, STRING, UNKNOWN, Scope, Symbols, Type, Variable
from huitong.kernel import Text

FEW = 128
"""Up to so many rows, to look each text up takes less time than to find those that are the same."""
TextOf = Callable[[int], str | None]
"""Text of a code of the feature engine."""


class DeclaredFeature(Protocol):
    """What a policy must know of a feature."""

    @property
    def name(self) -> str: ...
    @property
    def type(self) -> str: ...
    @property
    def title(self) -> Text: ...


_TYPES: dict[str, Type] = {"number": FLOAT, "count": COUNT, "boolean": BOOLEAN, "string": STRING}


def scope_of(features: Sequence[DeclaredFeature], symbols: Symbols) -> Scope:
    """The names that rules and tables may use: every feature."""
    return Scope(tuple(Variable(feature.name, _TYPES[feature.type], feature.title) for feature in features), symbols)


def text_columns_of(scope: Scope) -> tuple[int, ...]:
    """Positions of the features that are texts."""
    return tuple(place for place, variable in enumerate(scope.variables) if variable.type == STRING)


def with_own_codes(features: Float64Array, texts: Sequence[int], text_of: TextOf, symbols: Symbols) -> Float64Array:
    """The rows with the engine's codes of texts replaced by the policy's; the same array where there is nothing to replace.

    Args:
        features: Shape ``(n, f)``.
        texts: Columns that hold codes of texts.
        text_of: Text of a code of the feature engine.
        symbols: The policy's codes.
    """
    if not texts:
        return features
    rows = features.copy()
    if len(rows) <= FEW:
        for place in texts:
            rows[:, place] = [code if math.isnan(code) else _code(int(code), text_of, symbols) for code in rows[:, place].tolist()]
        return rows
    for place in texts:
        codes, inverse = np.unique(rows[:, place], return_inverse=True)
        own = [math.nan if math.isnan(code) else _code(int(code), text_of, symbols) for code in codes.tolist()]
        rows[:, place] = np.array(own, np.float64)[inverse]
    return rows


def _code(code: int, text_of: TextOf, symbols: Symbols) -> float:
    """The policy's code of a text; below ``UNKNOWN`` for one that it does not name, so that two such texts can still be compared."""
    text = text_of(code)
    if text is None:
        return math.nan
    own = symbols.code(text)
    return float(UNKNOWN - 1 - code if own == UNKNOWN else own)
