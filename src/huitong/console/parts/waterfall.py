"""Contributions to a score as a waterfall: from where it starts, through what moves it, to where it ends."""

from collections.abc import Sequence
from dataclasses import dataclass

from huitong.console.markup import Markup, Part, tag
from huitong.console.parts.charts import PHONE_WIDTH, for_both, line_at, svg, text_at
from huitong.evaluation.words import signed

_LINE = 15
"""Pixels from a line of words to the next."""
_WIDE_LETTER, _LETTER = 12.0, 7.0
"""Widths of letters in pixels: of a Chinese one, of any other at most on average."""
_LAST_NARROW = 0x2E7F
"""The last letter before the Chinese ones."""
_CLOSING = ",.;:!?)，。；：！？）、”"
"""No line begins with these."""


@dataclass(frozen=True, slots=True)
class Step:
    """A contribution to a score: of what, how it is said, how much."""

    title: str
    value: str
    much: float


def waterfall(name: str, steps: Sequence[Step], start: tuple[str, float], end: tuple[str, float], *, colon: str = ": ") -> Markup:
    """How a score came about: from where it starts, through what moves it, to where it ends.

    Args:
        name: What it shows.
        steps: What moves it, in the order drawn.
        start: Words and place where it starts.
        end: Words and place where it ends.
        colon: Stands between a step's title and its value.
    """
    said = [_Said(one.title, f"{colon}{one.value}" if one.value else "", one.much) for one in steps]
    return for_both(lambda phone: _waterfall(name, said, start, end, _PHONE_FALL if phone else _FALL))


@dataclass(frozen=True, slots=True)
class _Said:
    """A step as it is said: its title, behind it the colon with its value, how much."""

    title: str
    value: str
    much: float


@dataclass(frozen=True, slots=True)
class _Fall:
    """How a waterfall is laid out: its width, where its bars begin, the height of a row and where in it a bar stands, room for words."""

    width: float
    left: float
    row: int
    bar: int
    room: float

    @property
    def beside(self) -> bool:
        """Whether words stand beside their bars, not above them."""
        return self.left > 0

    def words(self, y: float, lines: Sequence[str], class_: str | None = None) -> list[Markup]:
        """What a row says."""
        if self.beside:
            first = y + self.bar + 11
            return [text_at(self.left - 12, first + place * _LINE, line, anchor="end", class_=class_) for place, line in enumerate(lines)]
        return [text_at(0, y + 14 + place * _LINE, line, class_=class_) for place, line in enumerate(lines)]

    def middle(self, y: float, lines: int) -> float:
        """Where in a row its bar begins: at the middle of its words, or below them."""
        return y + self.bar + (lines - 1) * (_LINE / 2 if self.beside else _LINE)


_FALL = _Fall(960, 430, 24, 5, 414)
_PHONE_FALL = _Fall(PHONE_WIDTH, 0, 40, 21, 352)


def _waterfall(name: str, steps: Sequence[_Said], start: tuple[str, float], end: tuple[str, float], lay: _Fall) -> Markup:
    points = [start[1]]
    for one in steps:
        points.append(points[-1] + one.much)
    low, high = min(*points, end[1]), max(*points, end[1])
    scale = (lay.width - lay.left - 60) / max(high - low, 1e-9)

    def at(value: float) -> float:
        return lay.left + (value - low) * scale

    drawn: list[Part] = [*lay.words(0, [start[0]], "strong"), text_at(at(start[1]) + 6, lay.bar + 12, signed(start[1], plus=False))]
    reached, y = start[1], float(lay.row)
    for one in steps:
        lines = _lines(one, lay.room)
        top = lay.middle(y, len(lines))
        x1, x2 = sorted((at(reached), at(reached + one.much)))
        wide, class_ = f"{max(x2 - x1, 1):.1f}", "more" if one.much > 0 else "less"
        bar = tag("rect", x=f"{x1:.1f}", y=f"{top:g}", width=wide, height=14, class_=class_)
        drawn += lay.words(y, lines)
        drawn.append(tag("g", tag("title", f"{one.title}{one.value} {signed(one.much)}"), bar))
        drawn.append(text_at(x2 + 6, top + 11, signed(one.much)))
        reached += one.much
        y += lay.row + (len(lines) - 1) * _LINE
    drawn += [*lay.words(y, [end[0]], "strong"), text_at(at(end[1]) + 8, y + lay.bar + 12, signed(end[1], plus=False))]
    drawn.append(tag("circle", cx=f"{at(end[1]):.1f}", cy=f"{y + lay.bar + 7:g}", r=4, class_="here"))
    begins = line_at(at(start[1]), lay.bar + 3, at(start[1]), y + lay.row, "grid")
    return svg(name, lay.width, y + lay.row + 4, begins, drawn)


def _length(said: str) -> float:
    return sum(_WIDE_LETTER if ord(letter) > _LAST_NARROW else _LETTER for letter in said)


def _lines(one: _Said, room: float) -> list[str]:
    """A step's title and value in one line, or two where it is long; what finds no room even then is left out of the middle."""
    if _length(one.title + one.value) <= room:
        return [one.title + one.value]
    cut = len(_head(one.title, room)) or _fits(one.title, room)
    first, rest = one.title[:cut].strip(), one.title[cut:].strip()
    return [first, _without_middle(rest, one.value, room)] if rest else [first + one.value[:1], one.value[1:].strip()]


def _without_middle(title: str, value: str, room: float) -> str:
    if _length(title + value) <= room:
        return title + value
    half = max(room - _length(f"…{value}"), 0) / 2
    kept = _head(title[::-1], half)[::-1]
    return f"{_head(title, half).rstrip()}…{kept.lstrip()}{value}"


def _head(said: str, room: float) -> str:
    """As many letters as there is room for, no word cut in its middle."""
    fits = _fits(said, room)
    if fits == len(said):
        return said
    return said[: next((place for place in range(fits, 0, -1) if _may_part(said[place - 1], said[place])), 0)]


def _fits(said: str, room: float) -> int:
    """How many letters there is room for."""
    for place, letter in enumerate(said):
        room -= _length(letter)
        if room < 0:
            return place
    return len(said)


def _may_part(before: str, after: str) -> bool:
    """Whether a line may end between two letters: in no word that is set apart by blanks, as Chinese is not, and before no comma."""
    return after not in _CLOSING and not all(letter.isalnum() and ord(letter) <= _LAST_NARROW for letter in (before, after))
