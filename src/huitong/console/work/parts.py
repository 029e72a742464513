"""Pieces that several views share: outcomes, values that may be hidden."""

from huitong.console.markup import Markup, Part, tag
from huitong.console.words import OF_THE_HOUSE, OUTCOME_SIGNS, OUTCOMES
from huitong.console.work.look import Look, mark
from huitong.contracts import Value
from huitong.identity import Hidden
from huitong.identity.grades import Veiled
from huitong.kernel import Text


def outcome(name: str, look: Look) -> Markup:
    """An outcome: its word, sign and colour."""
    known = name in OUTCOMES
    word = look.text(OUTCOMES[name]) if known else name
    return mark(word, name if known else "other", OUTCOME_SIGNS.get(name, "·"))


def veiled(value: Veiled[Value], look: Look) -> Part:
    """A value, or the mark that it is above the reader's grade."""
    if isinstance(value, Hidden):
        return tag("span", look.pick("hidden", "已隐藏"), class_="hidden-value", title=look.text(value.why))
    return "–" if value is None else str(value)


def veiled_text(value: Veiled[Text], look: Look) -> Part:
    """A text in the page's language, or the mark that it is above the reader's grade."""
    return veiled(value, look) if isinstance(value, Hidden) else look.text(value)


def by_name(actor: str, look: Look) -> str:
    """Who acts or answers for something: a user by name; what is none by what it is called, its code on hover."""
    title = OF_THE_HOUSE.get(actor)
    return actor if title is None else tag("span", look.text(title), title=actor)
