"""Names known in a scope: the parser takes the longest one that matches, blanks and all.

`pay rate - base` is one name where a variable has it, and a subtraction where `pay rate` and `base` are two.
"""

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from functools import lru_cache

from huitong.decisions.feel.lexer import Token, TokenKind, tokenize
from huitong.decisions.feel.place import NOWHERE
from huitong.kernel import PolicyError

_WORDS = """
and between else every external false for function if in instance null of or return satisfies some then true
"""
KEYWORDS = frozenset(_WORDS.split())

_ENDS = (TokenKind.STRING, TokenKind.END)


class Names:
    """A set of names, grouped by their first word. Immutable: ``with_`` gives a larger set."""

    __slots__ = ("_by_first", "all")

    def __init__(self, names: Iterable[str] = ()) -> None:
        self.all = frozenset(names)
        self._by_first: dict[str, list[tuple[tuple[str, ...], str]]] = {}
        self._group(self.all)

    def _group(self, names: Iterable[str]) -> None:
        for name in names:
            words = _words(name)
            group = [*self._by_first.get(words[0], ()), (words, name)]
            self._by_first[words[0]] = sorted(group, key=lambda entry: -len(entry[0]))

    def with_(self, names: Iterable[str]) -> "Names":
        """These and more names."""
        more = frozenset(names) - self.all
        if not more:
            return self
        larger = Names()
        larger.all = self.all | more
        larger._by_first = dict(self._by_first)
        larger._group(more)
        return larger

    def longest(self, tokens: Sequence[Token], start: int) -> tuple[str, int] | None:
        """The longest known name that begins at ``start``, and the index after it."""
        for words, name in self._by_first.get(tokens[start].text, ()):
            end = start + len(words)
            if end <= len(tokens) and all(
                token.text == word and token.kind not in _ENDS for token, word in zip(tokens[start:end], words, strict=True)
            ):
                return name, end
        return None

    def nearest(self, name: str) -> str | None:
        """The known name that looks most like ``name``."""
        lowered = {known.lower(): known for known in sorted(self.all)}
        found = get_close_matches(name.lower(), list(lowered), n=1, cutoff=0.5)
        return lowered[found[0]] if found else None


def is_writable(name: str) -> bool:
    """Whether an expression could spell ``name``; a quoted key of a context may be anything."""
    try:
        return bool(name) and all(token.kind is not TokenKind.STRING for token in tokenize(name, NOWHERE))
    except PolicyError:
        return False


@lru_cache(maxsize=10_000)
def _words(name: str) -> tuple[str, ...]:
    return tuple(token.text for token in tokenize(name, NOWHERE)[:-1]) or ("",)
