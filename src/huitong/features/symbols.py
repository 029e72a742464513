"""Texts as numbers: codes for keys, private to an engine, and symbols for features, the same everywhere.

A key's text gets the next small number of its space (account and counterparty share one), so that arrays can be indexed by it. A text that
is a feature's value becomes a symbol: 52 bits of its hash, which float64 holds exactly. It depends on nothing but the text, so a vector has
the same bits live, in a replay and on another machine, and a rule may compare with a literal without asking the engine.
"""

import math
from collections.abc import Iterable
from hashlib import blake2b
from itertools import chain, filterfalse

import numpy as np
import pyarrow as pa

from huitong.contracts import NULL_CODE, NULL_INT, Codes, Int32Array, Int64Array
from huitong.kernel import DataError

SYMBOL_BITS = 52


def symbol_code(text: str) -> int:
    """The symbol of a text: a whole number below 2**52.

    >>> symbol_code("online") == symbol_code("online")
    True
    """
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "little") >> (64 - SYMBOL_BITS)


class Symbols:
    """The texts behind the symbols that an engine has met."""

    def __init__(self) -> None:
        self._codes: dict[str, int] = {}
        self._texts: dict[int, str] = {}

    def code(self, text: str | None) -> int:
        """The symbol of a text, remembered; ``NULL_INT`` for none.

        Raises:
            DataError: If two texts have one symbol; one chance in 2**52 for each pair.
        """
        if text is None:
            return NULL_INT
        known = self._codes.get(text)
        if known is None:
            known = self._codes[text] = self.passing(text)
        return known

    def passing(self, text: str) -> int:
        """The symbol of a text that need not stay: ``text`` gives it back, ``texts`` does not list it.

        Raises:
            DataError: As ``code``.
        """
        symbol = symbol_code(text)
        if (other := self._texts.setdefault(symbol, text)) != text:
            raise DataError(
                "features.symbol.collision",
                {"en": f"{text!r} and {other!r} have the same symbol", "zh": f"{text!r} 与 {other!r} 的符号相同"},
                {"en": "rename one of them at the source", "zh": "请在源头改写其中一个"},
            )
        return symbol

    def text(self, code: float) -> str | None:
        """The text of a symbol in a feature vector; ``None`` for NaN or one never met."""
        return None if math.isnan(code) else self._texts.get(int(code))

    def column(self, column: Codes) -> Int64Array:
        """Symbols of a text column, shape ``(n,)``; ``NULL_INT`` where not given."""
        table = np.array([*map(self.code, column.values.to_pylist()), NULL_INT], np.int64)
        return table[column.codes]

    def texts(self) -> list[str]:
        """Every text met, in that order; for a snapshot."""
        return list(self._codes)


class Interner:
    """Small numbers for the texts of one space, given out in the order of arrival."""

    def __init__(self) -> None:
        self._codes: dict[str, int] = {}
        self._texts: list[str] = []

    def __len__(self) -> int:
        return len(self._texts)

    def code(self, text: str | None) -> int:
        """The code of a text, new if it is new; ``NULL_CODE`` for none."""
        if text is None:
            return NULL_CODE
        known = self._codes.get(text)
        if known is None:
            known = self._codes[text] = len(self._texts)
            self._texts.append(text)
        return known

    def text(self, code: int) -> str | None:
        """The text of a code; ``None`` for ``NULL_CODE``."""
        return None if code == NULL_CODE else self._texts[code]

    def passing(self, text: str) -> int:
        """The code of a text; an unseen one is given the next without keeping it."""
        return self._codes.get(text, len(self._texts))

    def column(self, column: Codes) -> Int32Array:
        """Codes of a text column, shape ``(n,)``."""
        return self.table(column.values)[column.codes]

    def table(self, values: pa.StringArray) -> Int32Array:
        """Codes of the texts of a dictionary, and ``NULL_CODE`` behind them, where -1 leads."""
        codes, texts = self._codes, values.to_pylist()
        if not codes:  # the first dictionary of a space is its numbering
            codes.update(zip(texts, range(len(texts)), strict=True))
            if len(codes) == len(texts):
                self._texts = texts
                return np.append(np.arange(len(texts), dtype=np.int32), np.int32(NULL_CODE))
            codes.clear()
        new = dict.fromkeys(filterfalse(codes.__contains__, texts))
        codes.update(zip(new, range(len(codes), len(codes) + len(new)), strict=True))
        self._texts.extend(new)
        return np.fromiter(chain(map(codes.__getitem__, texts), [NULL_CODE]), np.int32, len(texts) + 1)

    def learn(self, texts: Iterable[str]) -> None:
        """Takes over the texts of a snapshot, in their order."""
        for text in texts:
            self.code(text)

    def texts(self) -> list[str]:
        """The texts by code."""
        return list(self._texts)
