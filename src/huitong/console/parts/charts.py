"""Pictures as SVG: hours of a day, one's own history, the money's way. Each has a name that is read out.

Each is drawn twice, for a desk and for a phone, of which a page shows one: a picture that only shrinks has words that nobody reads.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from huitong.console.markup import Markup, Part, markup, tag

WIDTH, PHONE_WIDTH = 640.0, 360.0
GROWS = 1.15
"""No picture is drawn larger than this, so that its words stay as large as those around it."""
_STRIP_WIDTH = 1_000.0


def for_both(draw: Callable[[bool], Markup]) -> Markup:
    """A picture as it is drawn for a desk, and beside it for a phone; the page's style shows one of them.

    Args:
        draw: Draws it; told whether for a phone.
    """
    return markup(tag("div", draw(False), class_="at-desk"), tag("div", draw(True), class_="on-phone"))


def svg(name: str, width: float, height: float, *parts: Part, least: int = 0, group: bool = False) -> Markup:
    """A picture that grows with its place, with its name for who cannot see.

    Args:
        name: What it shows, in a sentence.
        width: Of its own coordinates.
        height: Of its own coordinates.
        parts: What is drawn.
        least: Width in pixels below which it scrolls sideways.
        group: Whether it has parts that lead somewhere, which stand for themselves.
    """
    drawn = tag(
        "svg",
        tag("title", name),
        *parts,
        class_="chart",
        viewBox=f"0 0 {width:g} {height:g}",
        role="group" if group else "img",
        aria_label=name,
        style=f"max-width:{width * GROWS:.0f}px" + (f";min-width:{least}px" if least else ""),
    )
    return tag("figure", drawn, class_="scroll" if least else None, tabindex="0" if least else None, aria_label=name if least else None)


def text_at(x: float, y: float, said: str, *, anchor: str = "start", class_: str | None = None) -> Markup:
    """Words in a picture."""
    return tag("text", said, x=f"{x:.1f}", y=f"{y:.1f}", text_anchor=anchor, class_=class_)


def line_at(x1: float, y1: float, x2: float, y2: float, class_: str) -> Markup:
    """A straight line in a picture."""
    return tag("line", x1=f"{x1:.1f}", y1=f"{y1:.1f}", x2=f"{x2:.1f}", y2=f"{y2:.1f}", class_=class_)


@dataclass(frozen=True, slots=True)
class Stack:
    """A bar of several parts.

    Attributes:
        label: What stands below it; empty for nothing.
        parts: Height of each part by its class, from below.
        said: What the bar says, on hover.
        href: Where it leads; nowhere by default.
    """

    label: str
    parts: Mapping[str, float]
    said: str
    href: str | None = None


def bars(name: str, stacks: Sequence[Stack], *, unit: str = "", height: float = 140) -> Markup:
    """Bars beside each other, from zero.

    Args:
        name: What they show.
        stacks: The bars, from the left.
        unit: What is counted, beside the axis.
        height: Of the picture.
    """
    return for_both(lambda phone: _bars(name, stacks, unit, height, PHONE_WIDTH if phone else WIDTH))


def _bars(name: str, stacks: Sequence[Stack], unit: str, height: float, width: float) -> Markup:
    most = max((sum(one.parts.values()) for one in stacks), default=0)
    top, ceiling = 18.0, _round_up(most)
    floor = height - 22
    each = (width - 44) / max(len(stacks), 1)
    scale = (floor - top) / ceiling if ceiling else 0
    drawn: list[Part] = [line_at(40, floor, width, floor, "axis"), text_at(36, floor + 4, "0", anchor="end")]
    if ceiling:
        drawn += [line_at(40, top, width, top, "grid"), text_at(36, top + 4, f"{ceiling:,.0f}", anchor="end"), text_at(40, 10, unit)]
    for place, one in enumerate(stacks):
        x, y = 42 + place * each, floor
        pieces: list[Part] = [tag("title", one.said)]
        for class_, much in one.parts.items():
            if much > 0:
                tall = max(much * scale, 1.0)
                y -= tall
                pieces.append(tag("rect", x=f"{x:.1f}", y=f"{y:.1f}", width=f"{max(each - 2, 1):.1f}", height=f"{tall:.1f}", class_=class_))
        if one.label:
            drawn.append(text_at(x + each / 2 - 1, height - 6, one.label, anchor="middle"))
        if one.href is not None and any(one.parts.values()):
            # By Tab nobody goes through all the bars: the page has a filter for that.
            pieces.insert(1, tag("rect", x=f"{x:.1f}", y=f"{top:.1f}", width=f"{each:.1f}", height=f"{floor - top:.1f}", class_="door"))
            drawn.append(tag("a", pieces, href=one.href, aria_label=one.said, tabindex="-1"))
        else:
            drawn.append(tag("g", pieces))
    return svg(name, width, height, drawn, group=any(one.href is not None for one in stacks))


def _round_up(value: float) -> float:
    """The next figure that reads well on an axis."""
    if value <= 0:
        return 0
    step = 10.0 ** math.floor(math.log10(value))
    # The value itself where its logarithm was rounded, or it is too small to have a power of ten below it.
    return next((step * times for times in (1, 2, 2.5, 5, 10) if step * times >= value), value)


@dataclass(frozen=True, slots=True)
class Dot:
    """A payment of the past: when, how much, what was decided, what to say about it."""

    time_us: int
    amount: float
    class_: str
    said: str
    href: str | None = None


@dataclass(frozen=True, slots=True)
class StripWords:
    """What stands at a strip: its name, its first and last moment, the largest amount, how this one is called."""

    name: str
    first: str
    last: str
    largest: str
    here: str


def strip(words: StripWords, past: Sequence[Dot], this: Dot) -> Markup:
    """One's own history: a mark for each payment, as high as its amount, on the time that passed; this one stands out."""
    return for_both(lambda phone: _strip(words, past, this, PHONE_WIDTH if phone else _STRIP_WIDTH))


def _strip(words: StripWords, past: Sequence[Dot], this: Dot, width: float) -> Markup:
    height, top, floor = 132.0, 32.0, 108.0
    thick = 3 if width > PHONE_WIDTH else 2
    every = [*past, this]
    first, last = min(one.time_us for one in every), max(one.time_us for one in every)
    most = max(1e-9, *(one.amount for one in every))
    span = max(last - first, 1)

    def place(one: Dot) -> tuple[float, float]:
        return 8 + (one.time_us - first) / span * (width - 20), floor - one.amount / most * (floor - top)

    drawn: list[Part] = [line_at(4, floor, width, floor, "axis"), text_at(4, 12, words.largest)]
    for one in past:
        x, y = place(one)
        bar = tag("rect", x=f"{x - thick / 2:.1f}", y=f"{y:.1f}", width=thick, height=f"{max(floor - y, 1):.1f}", class_=one.class_)
        drawn.append(tag("g", tag("title", one.said), bar))
    x, y = place(this)
    column = tag("rect", x=f"{x - 3:.1f}", y=f"{y:.1f}", width="6", height=f"{max(floor - y, 1):.1f}", class_=this.class_)
    # However small its amount: where it stands is seen.
    above = tag("path", d=f"M{x - 6:.1f} {y - 11:.1f}h12l-6 8z", class_=this.class_)
    drawn += [tag("g", tag("title", this.said), column, above), text_at(width - 2, 12, words.here, anchor="end", class_="strong")]
    drawn += [text_at(4, height - 8, words.first), text_at(width - 2, height - 8, words.last, anchor="end")]
    return svg(words.name, width, height, drawn)


@dataclass(frozen=True, slots=True)
class Edge:
    """Money from one place to another.

    Attributes:
        source: From whom.
        target: To whom.
        said: Amount, as it stands on the edge.
        more: More about it, on hover.
        this: Whether it is the payment decided.
    """

    source: str
    target: str
    said: str
    more: str
    this: bool = False


def flow(name: str, edges: Sequence[Edge]) -> Markup:
    """The way of money as a graph: places around a circle, or in layers where the money only passes through; amounts on the edges."""
    return for_both(lambda phone: _flow(name, edges, phone=phone))


def _flow(name: str, edges: Sequence[Edge], *, phone: bool) -> Markup:
    nodes = list(dict.fromkeys(node for edge in edges for node in (edge.source, edge.target)))
    layers = _layers(nodes, edges)
    margin = 50.0 if phone else 70.0
    places = _around(nodes, margin, 1.2 if phone else 1.6) if layers is None else _in_layers(layers, margin, 120.0 if phone else 190.0)
    width = max(x for x, _ in places.values()) + margin
    arrow = "arrow-phone" if phone else "arrow"
    height = max(y for _, y in places.values()) + 40
    head = tag(
        "defs",
        tag(
            "marker",
            tag("path", d="M0 0L8 4L0 8z", class_="quiet"),
            id=arrow,
            viewBox="0 0 8 8",
            refX=8,
            refY=4,
            markerWidth=8,
            markerHeight=8,
            markerUnits="userSpaceOnUse",
            orient="auto",
        ),
    )
    lines = [_edge(edge, places, number, arrow) for number, edge in enumerate(edges)]
    dots = []
    for node, (x, y) in places.items():
        dots.append(
            tag(
                "g", tag("title", node), tag("circle", cx=f"{x:.1f}", cy=f"{y:.1f}", r=7, class_="node"), _label(node, x, y), class_="place"
            )
        )
    return svg(name, max(width, 320), height, head, lines, dots, least=int(min(width, PHONE_WIDTH if phone else 620)))


def _label(node: str, x: float, y: float) -> Markup:
    shown = node if len(node) <= 14 else f"{node[:13]}…"
    return text_at(x, y + 22, shown, anchor="middle", class_="strong")


_STEEP = 0.5
"""From which share of the way across on an amount stands beside an edge, not above or below it."""


def _edge(edge: Edge, places: Mapping[str, tuple[float, float]], number: int, arrow: str) -> Markup:
    (x1, y1), (x2, y2) = places[edge.source], places[edge.target]
    long = math.hypot(x2 - x1, y2 - y1) or 1
    ux, uy = (x2 - x1) / long, (y2 - y1) / long
    bend = 14 + 6 * (number % 2)
    nx, ny = uy, -ux  # to the left of the way: above it where money goes to the right, so that names below places stay free
    mx, my = (x1 + x2) / 2 + nx * bend, (y1 + y2) / 2 + ny * bend
    path = f"M{x1 + ux * 9:.1f} {y1 + uy * 9:.1f}Q{mx:.1f} {my:.1f} {x2 - ux * 10:.1f} {y2 - uy * 10:.1f}"
    style = "stroke:var(--accent);stroke-width:2" if edge.this else None
    line = tag("path", d=path, class_="edge", marker_end=f"url(#{arrow})", style=style)
    return tag("g", tag("title", edge.more), line, _beside(edge, (x1 + x2) / 2, (y1 + y2) / 2, nx, ny, bend / 2))


def _beside(edge: Edge, x: float, y: float, nx: float, ny: float, reach: float) -> Markup:
    """An edge's amount, outside its bow, so that no line goes through it."""
    anchor = "middle" if abs(nx) < _STEEP else "start" if nx > 0 else "end"
    away = reach + 5
    return text_at(
        x + nx * away,
        y + ny * away + (9 if ny > _STEEP else 4 if anchor != "middle" else 0),
        edge.said,
        anchor=anchor,
        class_="strong" if edge.this else None,
    )


def _layers(nodes: Sequence[str], edges: Sequence[Edge]) -> list[list[str]] | None:
    """Places by how far the money has come; ``None`` where it comes back."""
    depth = dict.fromkeys(nodes, 0)
    for _ in nodes:
        moved = False
        for edge in edges:
            if depth[edge.target] <= depth[edge.source]:
                depth[edge.target] = depth[edge.source] + 1
                moved = True
        if not moved:
            break
    else:
        return None
    layers: list[list[str]] = [[] for _ in range(max(depth.values()) + 1)]
    for node in nodes:
        layers[depth[node]].append(node)
    return layers


def _in_layers(layers: Sequence[Sequence[str]], margin: float, apart: float) -> dict[str, tuple[float, float]]:
    tall = max(len(layer) for layer in layers)
    places = {}
    for column, layer in enumerate(layers):
        for row, node in enumerate(layer):
            places[node] = margin + column * apart, 30 + (row + (tall - len(layer)) / 2) * 64
    return places


def _around(nodes: Sequence[str], margin: float, stretched: float) -> dict[str, tuple[float, float]]:
    radius = max(90.0, 26.0 * len(nodes))
    places = {}
    for number, node in enumerate(nodes):
        angle = 2 * math.pi * number / len(nodes) - math.pi / 2
        places[node] = margin + radius * stretched * (1 + math.cos(angle)), radius + 34 + radius * math.sin(angle)
    return places
