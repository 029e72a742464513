"""Strings as codes. Two strings are equal when their codes are; codes have no other meaning, so there is no order among them."""

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

UNKNOWN = -1
"""Code of a string that the table does not hold: it equals nothing, not even itself. Codes below it are told apart, as texts are."""


class Symbols:
    """A table that only grows. A policy's literals are interned when it is compiled.

    At run time ``code`` looks up without growing: a string that no rule names can match none. Where two string variables are
    compared with each other, ``intern`` (it grows) or give such a string a code of its own below ``UNKNOWN``.
    """

    def __init__(self, texts: Iterable[str] = ()) -> None:
        self._codes: dict[str, int] = {}
        self._texts: list[str] = []
        for text in texts:
            self.intern(text)

    def __len__(self) -> int:
        return len(self._texts)

    def intern(self, text: str) -> int:
        """The code of ``text``, new if need be."""
        code = self._codes.setdefault(text, len(self._texts))
        if code == len(self._texts):
            self._texts.append(text)
        return code

    def code(self, text: str) -> int:
        """The code of ``text``, or ``UNKNOWN``."""
        return self._codes.get(text, UNKNOWN)

    def text(self, code: int) -> str | None:
        """The string of ``code``; None for ``UNKNOWN``."""
        return self._texts[code] if 0 <= code < len(self._texts) else None

    def codes(self, dictionary: Sequence[str | None]) -> NDArray[np.float64]:
        """Codes of a column's dictionary: take from it with the column's own indices. A null entry becomes NaN.

        >>> Symbols(["CN", "US"]).codes(["US", "FR", None])
        array([ 1., -1., nan])
        """
        return np.array([np.nan if text is None else float(self.code(text)) for text in dictionary], dtype=np.float64)
