"""HTML by small pieces: text is escaped unless it is markup already."""

from collections.abc import Iterable

from huitong.evaluation.report.markup import esc

_VOID = frozenset({"br", "hr", "img", "input", "meta", "wbr", "line", "path", "rect", "circle", "polyline"})

_DROPS_A_BREAK = frozenset({"textarea", "pre"})
"""Elements in which a parser drops a line break that stands first."""


class Markup(str):
    """HTML that may stand in a page as it is."""

    __slots__ = ()


Part = str | int | None | Iterable["Part"]
"""What may stand in an element: text, which is escaped; markup, which is not; nothing; or several of them."""


def markup(*parts: Part) -> Markup:
    """Parts one after another."""
    return Markup("".join(_written(part) for part in parts))


def _written(part: Part) -> str:
    if part is None:
        return ""
    if isinstance(part, Markup):
        return part
    if isinstance(part, str | int):
        return esc(part)
    return "".join(_written(one) for one in part)


def tag(name: str, /, *parts: Part, **attributes: str | float | bool | None) -> Markup:
    """An element.

    Args:
        name: Of the element.
        parts: What stands in it.
        attributes: ``class_`` for ``class``; ``_`` in names becomes ``-``; ``True`` writes the bare name, ``None`` and ``False`` nothing.
    """
    written = ""
    for key, value in attributes.items():
        if value is None or value is False:
            continue
        key = key.rstrip("_").replace("_", "-")  # noqa: PLW2901 -- the attribute's name as HTML writes it
        written += f" {key}" if value is True else f' {key}="{esc(value)}"'
    if name in _VOID and not parts:
        return Markup(f"<{name}{written}>" if name in ("br", "hr", "img", "input", "meta", "wbr") else f"<{name}{written}/>")
    start = "\n" if name in _DROPS_A_BREAK else ""
    return Markup(f"<{name}{written}>{start}{markup(*parts)}</{name}>")


def link(href: str, *parts: Part, class_: str | None = None, label: str | None = None, first: bool = False) -> Markup:
    """A link within the console; the first act of its page is the one that ``e`` follows."""
    return tag("a", *parts, href=href, class_=class_, aria_label=label, data_first_act=first)


ID_SHOWN = 12
"""Characters of a long id or hash that a page shows."""


def short(text: str) -> Markup:
    """The first digits of a long id or hash, the whole on hover."""
    return tag("span", text if len(text) <= ID_SHOWN + 1 else f"{text[:ID_SHOWN]}…", class_="hash", title=text)
