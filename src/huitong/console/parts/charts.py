"""Pictures as SVG: hours of a day, one's own history, contributions to a score, the money's way. Each has a name that is read out."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from huitong.console.markup import Markup, Part, tag

WIDTH = 640
GROWS = 1.15
"""No picture is drawn larger than this, so that its words stay as large as those around it."""
_STRIP_WIDTH = 1_000.0
_ROW = 24


def svg(name: str, width: float, height: float, *parts: Part, least: int = 0) -> Markup:
    """A picture that grows with its place, with its name for who cannot see.

    Args:
        name: What it shows, in a sentence.
        width: Of its own coordinates.
        height: Of its own coordinates.
        parts: What is drawn.
        least: Width in pixels below which it scrolls sideways.
    """
    drawn = tag(
        "svg",
        tag("title", name),
        *parts,
        class_="chart",
        viewBox=f"0 0 {width:g} {height:g}",
        role="img",
        aria_label=name,
        style=f"max-width:{width * GROWS:.0f}px" + (f";min-width:{least}px" if least else ""),
    )
    return tag("figure", drawn, class_="scroll" if least else None, tabindex="0" if least else None, aria_label=name if least else None)


def _text(x: float, y: float, said: str, *, anchor: str = "start", class_: str | None = None) -> Markup:
    return tag("text", said, x=f"{x:.1f}", y=f"{y:.1f}", text_anchor=anchor, class_=class_)


def _line(x1: float, y1: float, x2: float, y2: float, class_: str) -> Markup:
    return tag("line", x1=f"{x1:.1f}", y1=f"{y1:.1f}", x2=f"{x2:.1f}", y2=f"{y2:.1f}", class_=class_)


@dataclass(frozen=True, slots=True)
class Stack:
    """A bar of several parts.

    Attributes:
        label: What stands below it; empty for nothing.
        parts: Height of each part by its class, from below.
        said: What the bar says, on hover.
        href: Where a click leads.
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
    most = max((sum(one.parts.values()) for one in stacks), default=0)
    top, ceiling = 18.0, _round_up(most)
    floor = height - 22
    each = (WIDTH - 44) / max(len(stacks), 1)
    scale = (floor - top) / ceiling if ceiling else 0
    drawn: list[Part] = [_line(40, floor, WIDTH, floor, "axis"), _text(36, floor + 4, "0", anchor="end")]
    if ceiling:
        drawn += [_line(40, top, WIDTH, top, "grid"), _text(36, top + 4, f"{ceiling:,.0f}", anchor="end"), _text(40, 10, unit)]
    for place, one in enumerate(stacks):
        x, y = 42 + place * each, floor
        pieces: list[Part] = [tag("title", one.said)]
        for class_, much in one.parts.items():
            if much > 0:
                tall = max(much * scale, 1.0)
                y -= tall
                pieces.append(tag("rect", x=f"{x:.1f}", y=f"{y:.1f}", width=f"{max(each - 2, 1):.1f}", height=f"{tall:.1f}", class_=class_))
        if one.label:
            pieces.append(_text(x + each / 2 - 1, height - 6, one.label, anchor="middle"))
        drawn.append(tag("g", pieces))
    return svg(name, WIDTH, height, drawn, least=480)


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
    width, height, top, floor = _STRIP_WIDTH, 124.0, 24.0, 100.0
    every = [*past, this]
    first, last = min(one.time_us for one in every), max(one.time_us for one in every)
    most = max(1e-9, *(one.amount for one in every))
    span = max(last - first, 1)

    def place(one: Dot) -> tuple[float, float]:
        return 8 + (one.time_us - first) / span * (width - 20), floor - one.amount / most * (floor - top)

    drawn: list[Part] = [_line(4, floor, width, floor, "axis"), _text(4, 12, words.largest)]
    for one in past:
        x, y = place(one)
        bar = tag("rect", x=f"{x - 1.5:.1f}", y=f"{y:.1f}", width="3", height=f"{max(floor - y, 1):.1f}", class_=one.class_)
        drawn.append(tag("g", tag("title", one.said), bar))
    x, y = place(this)
    column = tag("rect", x=f"{x - 3:.1f}", y=f"{y:.1f}", width="6", height=f"{max(floor - y, 1):.1f}", class_=this.class_)
    drawn += [tag("g", tag("title", this.said), column), _text(width - 2, 12, words.here, anchor="end", class_="strong")]
    drawn += [_text(4, height - 8, words.first), _text(width - 2, height - 8, words.last, anchor="end")]
    return svg(words.name, width, height, drawn, least=760)


@dataclass(frozen=True, slots=True)
class Step:
    """A contribution to a score: of what, how it is said, how much."""

    title: str
    value: str
    much: float


def waterfall(name: str, steps: Sequence[Step], start: tuple[str, float], end: tuple[str, float]) -> Markup:
    """How a score came about: from where it starts, through what moves it, to where it ends.

    Args:
        name: What it shows.
        steps: What moves it, in the order drawn.
        start: Words and place where it starts.
        end: Words and place where it ends.
    """
    width, left = 960.0, 430.0
    points = [start[1]]
    for one in steps:
        points.append(points[-1] + one.much)
    low, high = min(*points, end[1], 0), max(*points, end[1], 0)
    scale = (width - left - 60) / max(high - low, 1e-9)

    def at(value: float) -> float:
        return left + (value - low) * scale

    drawn: list[Part] = [_line(at(start[1]), 8, at(start[1]), (len(steps) + 2) * _ROW, "grid")]
    drawn += [_text(left - 12, 17, start[0], anchor="end", class_="strong"), _text(at(start[1]) + 6, 17, _signed(start[1], plus=False))]
    reached = start[1]
    for place, one in enumerate(steps, 1):
        y = place * _ROW
        x1, x2 = sorted((at(reached), at(reached + one.much)))
        drawn.append(_text(left - 12, y + 16, _shortened(one), anchor="end"))
        bar = tag("rect", x=f"{x1:.1f}", y=y + 5, width=f"{max(x2 - x1, 1):.1f}", height=14, class_="more" if one.much > 0 else "less")
        drawn.append(tag("g", tag("title", f"{one.title} {one.value} {_signed(one.much)}"), bar))
        drawn.append(_text(x2 + 6, y + 16, _signed(one.much)))
        reached += one.much
    y = (len(steps) + 1) * _ROW
    drawn += [_text(left - 12, y + 17, end[0], anchor="end", class_="strong"), _text(at(end[1]) + 6, y + 17, _signed(end[1], plus=False))]
    drawn.append(tag("circle", cx=f"{at(end[1]):.1f}", cy=y + 12, r=4, class_="here"))
    return svg(name, width, y + _ROW + 4, drawn, least=820)


_SHOWN_MAX = 64


def _shortened(one: Step) -> str:
    wide = sum(2 if ord(letter) > 0x2E7F else 1 for letter in one.title)
    if wide + len(one.value) <= _SHOWN_MAX:
        return f"{one.title}  {one.value}".strip()
    kept, room = "", _SHOWN_MAX - len(one.value) - 1
    for letter in one.title:
        room -= 2 if ord(letter) > 0x2E7F else 1
        if room < 0:
            break
        kept += letter
    return f"{kept}…  {one.value}".strip()


def _signed(value: float, *, plus: bool = True) -> str:
    return f"{value:+.2f}".replace("-", "−") if plus else f"{value:.2f}".replace("-", "−")


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
    nodes = list(dict.fromkeys(node for edge in edges for node in (edge.source, edge.target)))
    layers = _layers(nodes, edges)
    places = _in_layers(layers) if layers is not None else _around(nodes)
    width = max(x for x, _ in places.values()) + 70
    height = max(y for _, y in places.values()) + 40
    head = tag(
        "defs",
        tag(
            "marker",
            tag("path", d="M0 0L8 4L0 8z", class_="quiet"),
            id="arrow",
            viewBox="0 0 8 8",
            refX=8,
            refY=4,
            markerWidth=8,
            markerHeight=8,
            markerUnits="userSpaceOnUse",
            orient="auto",
        ),
    )
    lines = [_edge(edge, places, number) for number, edge in enumerate(edges)]
    dots = []
    for node, (x, y) in places.items():
        dots.append(
            tag(
                "g", tag("title", node), tag("circle", cx=f"{x:.1f}", cy=f"{y:.1f}", r=7, class_="node"), _label(node, x, y), class_="place"
            )
        )
    return svg(name, max(width, 320), height, head, lines, dots, least=min(int(width), 620))


def _label(node: str, x: float, y: float) -> Markup:
    shown = node if len(node) <= 14 else f"{node[:13]}…"
    return _text(x, y + 22, shown, anchor="middle", class_="strong")


_STEEP = 0.5
"""From which share of the way across on an amount stands beside an edge, not above or below it."""


def _edge(edge: Edge, places: Mapping[str, tuple[float, float]], number: int) -> Markup:
    (x1, y1), (x2, y2) = places[edge.source], places[edge.target]
    long = math.hypot(x2 - x1, y2 - y1) or 1
    ux, uy = (x2 - x1) / long, (y2 - y1) / long
    bend = 14 + 6 * (number % 2)
    nx, ny = uy, -ux  # to the left of the way: above it where money goes to the right, so that names below places stay free
    mx, my = (x1 + x2) / 2 + nx * bend, (y1 + y2) / 2 + ny * bend
    path = f"M{x1 + ux * 9:.1f} {y1 + uy * 9:.1f}Q{mx:.1f} {my:.1f} {x2 - ux * 10:.1f} {y2 - uy * 10:.1f}"
    style = "stroke:var(--accent);stroke-width:2" if edge.this else None
    line = tag("path", d=path, class_="edge", marker_end="url(#arrow)", style=style)
    return tag("g", tag("title", edge.more), line, _beside(edge, (x1 + x2) / 2, (y1 + y2) / 2, nx, ny, bend / 2))


def _beside(edge: Edge, x: float, y: float, nx: float, ny: float, reach: float) -> Markup:
    """An edge's amount, outside its bow, so that no line goes through it."""
    anchor = "middle" if abs(nx) < _STEEP else "start" if nx > 0 else "end"
    away = reach + 5
    return _text(
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


def _in_layers(layers: Sequence[Sequence[str]]) -> dict[str, tuple[float, float]]:
    tall = max(len(layer) for layer in layers)
    places = {}
    for column, layer in enumerate(layers):
        for row, node in enumerate(layer):
            places[node] = 70 + column * 190.0, 30 + (row + (tall - len(layer)) / 2) * 64
    return places


def _around(nodes: Sequence[str]) -> dict[str, tuple[float, float]]:
    radius = max(90.0, 26.0 * len(nodes))
    places = {}
    for number, node in enumerate(nodes):
        angle = 2 * math.pi * number / len(nodes) - math.pi / 2
        places[node] = radius * 1.6 + 70 + radius * 1.6 * math.cos(angle), radius + 34 + radius * math.sin(angle)
    return places
