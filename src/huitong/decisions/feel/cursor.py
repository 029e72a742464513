"""The parser's place in the token list, the names in scope there, and the errors it raises."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import NoReturn

from huitong.decisions.feel.lexer import Token, TokenKind
from huitong.decisions.feel.names import KEYWORDS, Names
from huitong.decisions.feel.place import Place, policy_error
from huitong.kernel import Text

DEPTH_MAX = 64
"""Deepest nesting of one expression; beyond it is an error, not a crash."""


class Cursor:
    """Walks over tokens once, left to right, with a stack of scopes."""

    def __init__(self, tokens: list[Token], names: Names, place: Place) -> None:
        self.tokens = tokens
        self.index = 0
        self.names = names
        self.place = place
        self.depth = 0

    @property
    def token(self) -> Token:
        """The token that stands next."""
        return self.tokens[self.index]

    def peek(self, ahead: int) -> Token:
        """The token ``ahead`` of the next one; the END beyond the last."""
        return self.tokens[min(self.index + ahead, len(self.tokens) - 1)]

    def take(self) -> Token:
        """The next token, consumed."""
        token = self.tokens[self.index]
        self.index += token.kind is not TokenKind.END
        return token

    def at_symbol(self, *texts: str) -> bool:
        """Whether the next token is one of these symbols."""
        return self.token.kind is TokenKind.SYMBOL and self.token.text in texts

    def at_word(self, *texts: str) -> bool:
        """Whether the next token is one of these words."""
        return self.token.kind is TokenKind.WORD and self.token.text in texts

    def accept(self, symbol: str) -> bool:
        """Consumes ``symbol`` if it is next."""
        if self.at_symbol(symbol):
            self.index += 1
            return True
        return False

    def accept_word(self, word: str) -> bool:
        """Consumes ``word`` if it is next."""
        if self.at_word(word):
            self.index += 1
            return True
        return False

    def expect(self, symbol: str) -> Token:
        """Consumes ``symbol``, which must be next."""
        if not self.at_symbol(symbol):
            self.unexpected(f"'{symbol}'")
        return self.take()

    def expect_word(self, word: str) -> Token:
        """Consumes ``word``, which must be next."""
        if not self.at_word(word):
            self.unexpected(f"'{word}'")
        return self.take()

    def new_name(self, *stops: str) -> str:
        """A name that is declared here: everything up to one of the words or symbols ``stops``."""
        words: list[Token] = []
        while self.token.text not in stops and self.token.kind not in (TokenKind.END, TokenKind.STRING):
            words.append(self.take())
        if not words or words[0].kind is not TokenKind.WORD:
            self.unexpected("a name", "名称")
        return joined(words)

    def unexpected(self, wanted: str, wanted_zh: str | None = None) -> NoReturn:
        """Raises: something other than ``wanted`` stands here."""
        token = self.token
        wanted_zh = wanted_zh or wanted
        if token.kind is TokenKind.END:
            cause: Text = {"en": f"the expression ends where {wanted} should stand", "zh": f"表达式不完整，此处缺少{wanted_zh}"}
        else:
            cause = {
                "en": f"{token.text!r} stands where {wanted} should",
                "zh": f"此处应为{wanted_zh}，却是 {token.text!r}",
            }
        self.refuse("feel.syntax", token, cause, {"en": "correct the expression there", "zh": "请改正此处的表达式"})

    def refuse(self, code: str, token: Token, cause: Text, remedy: Text) -> NoReturn:
        """Raises a ``PolicyError`` at ``token``."""
        raise policy_error(code, self.place, token.at, cause, remedy)

    @contextmanager
    def scope(self, names: Iterable[str]) -> Iterator[None]:
        """More names known inside the block."""
        outer = self.names
        self.names = outer.with_(names)
        try:
            yield
        finally:
            self.names = outer

    def descend(self) -> None:
        """One level deeper; the caller comes back with ``ascend``."""
        self.depth += 1
        if self.depth > DEPTH_MAX:
            self.refuse(
                "feel.depth",
                self.token,
                {"en": f"the expression nests deeper than {DEPTH_MAX} levels", "zh": f"表达式嵌套超过 {DEPTH_MAX} 层"},
                {"en": "split it into several rules", "zh": "请拆成几条规则"},
            )

    def ascend(self) -> None:
        """One level up."""
        self.depth -= 1


def joined(words: list[Token]) -> str:
    """The name that these tokens spell: one blank where blanks stood, none where none."""
    return words[0].text + "".join((" " if word.spaced else "") + word.text for word in words[1:])


def is_plain_word(token: Token) -> bool:
    """Whether the token is a word that is no keyword."""
    return token.kind is TokenKind.WORD and token.text not in KEYWORDS
