"""From text to tokens, each with its position. Names of several words are put together later, by the parser, who knows the scope.

Source: DMN 1.5, 10.3.1.2 (grammar rules 28-35 for names, 64-69 for literals and comments).
"""

import re
from bisect import bisect_right
from dataclasses import dataclass
from enum import StrEnum
from typing import NoReturn

from huitong.decisions.feel.place import Place, Position, policy_error

TEXT_LENGTH_MAX = 100_000
"""Longest expression, in characters."""


class TokenKind(StrEnum):
    """What a token is."""

    NUMBER = "number"
    STRING = "string"
    WORD = "word"
    SYMBOL = "symbol"
    END = "end of the expression"


@dataclass(frozen=True, slots=True)
class Token:
    """One token.

    Attributes:
        text: As written; for a string, its value.
        at: Where it begins.
        spaced: Whether a blank stands before it.
    """

    kind: TokenKind
    text: str
    at: Position
    spaced: bool


_NAME_START = (
    "?_A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02ff\u0370-\u037d\u037f-\u1fff\u200c\u200d\u2070-\u218f"
    "\u2c00-\u2fef\u3001-\ud7ff\uf900-\ufdcf\ufdf0-\ufffd\U00010000-\U000effff"
)
_TOKEN = re.compile(
    rf"""
    (?P<blank>\s+|/\*.*?\*/|//[^\n]*)
  | (?P<number>(?:\d+(?:\.(?!\.)\d+)?|\.\d+)(?:[eE][+-]?\d+)?)
  | (?P<string>"(?:[^"\\]|\\.)*")
  | (?P<word>[{_NAME_START}][{_NAME_START}0-9\u00b7\u0300-\u036f\u203f-\u2040]*)
  | (?P<symbol>\*\*|\.\.|->|!=|<=|>=|[-+*/=<>()\[\]{{}}.,:@'])
    """,
    re.VERBOSE | re.DOTALL,
)
_ESCAPE = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{6})|(.))", re.DOTALL)
_ESCAPED = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\", "'": "'"}


def tokenize(text: str, place: Place) -> list[Token]:
    """The tokens of ``text``, the last one an END.

    Raises:
        PolicyError: At a character that begins no token, an unended string or comment, or a text beyond ``TEXT_LENGTH_MAX``.
    """
    if len(text) > TEXT_LENGTH_MAX:
        raise policy_error(
            "feel.text.too_long",
            place,
            None,
            {"en": f"the expression has {len(text)} characters", "zh": f"表达式有 {len(text)} 个字符"},
            {"en": f"keep it under {TEXT_LENGTH_MAX}", "zh": f"请控制在 {TEXT_LENGTH_MAX} 个字符以内"},
        )
    line_starts = [0, *(found.end() for found in re.finditer("\n", text))]

    def position(offset: int) -> Position:
        line = bisect_right(line_starts, offset)
        return Position(line, offset - line_starts[line - 1] + 1)

    tokens: list[Token] = []
    offset, spaced = 0, False
    while offset < len(text):
        found = _TOKEN.match(text, offset)
        if found is None or (found.lastgroup == "symbol" and text.startswith("/*", offset)):
            _refuse(text, offset, place, position(offset))
        if found.lastgroup == "blank":
            spaced = True
        else:
            kind = TokenKind(str(found.lastgroup))
            at = position(offset)
            value = _unescape(found.group()[1:-1], place, at) if kind is TokenKind.STRING else found.group()
            tokens.append(Token(kind, value, at, spaced))
            spaced = False
        offset = found.end()
    tokens.append(Token(TokenKind.END, "", position(len(text)), spaced))
    return tokens


def _unescape(raw: str, place: Place, at: Position) -> str:
    if "\\" not in raw:
        return raw

    def replaced(found: re.Match[str]) -> str:
        short, long, other = found.groups()
        if other is None:
            code_point = int(short or long, 16)
            return chr(code_point) if code_point <= 0x10FFFF else "\ufffd"
        # The standard lists the escapes; a regular expression inside a string may hold others, which stay as written.
        return _ESCAPED.get(other, "\\" + other)

    value = _ESCAPE.sub(replaced, raw)
    try:
        # Two escapes may be the halves of one character beyond the basic plane.
        return value.encode("utf-16", "surrogatepass").decode("utf-16")
    except UnicodeDecodeError:
        raise policy_error(
            "feel.string.surrogate",
            place,
            at,
            {"en": "the string escapes half a character", "zh": "字符串转义了半个字符"},
            {"en": "write both halves, or \\U and six digits", "zh": "请写出完整的两半，或使用 \\U 加六位数字"},
        ) from None


def _refuse(text: str, offset: int, place: Place, at: Position) -> NoReturn:
    if text[offset] == '"':
        raise policy_error(
            "feel.string.unended",
            place,
            at,
            {"en": "this string has no closing quote", "zh": "字符串缺少结束引号"},
            {"en": 'close it with "', "zh": '请以 " 结束'},
        )
    if text.startswith("/*", offset):
        raise policy_error(
            "feel.comment.unended",
            place,
            at,
            {"en": "this comment has no end", "zh": "注释没有结束"},
            {"en": "close it with */", "zh": "请以 */ 结束"},
        )
    raise policy_error(
        "feel.character.unknown",
        place,
        at,
        {"en": f"the character {text[offset]!r} means nothing here", "zh": f"此处不能使用字符 {text[offset]!r}"},
        {
            "en": 'put text in straight double quotes "…" and use FEEL operators',
            "zh": '文本请用英文双引号 "…"，并使用 FEEL 运算符',
        },
    )
