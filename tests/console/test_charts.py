"""Pictures: from zero, whole, and readable by name."""

import re
from xml.etree import ElementTree

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from huitong.console.parts.charts import Dot, Edge, Stack, Step, StripWords, bars, flow, strip, waterfall

WORDS = StripWords("history", "1 Oct", "26 Nov", "largest: 9", "this one: 3")
AMOUNTS = st.floats(0, 1e9, allow_nan=False)


def drawn(markup: str) -> ElementTree.Element:
    """The picture inside its figure, which is well-formed XML."""
    found = re.search(r"<svg.*</svg>", markup, re.DOTALL)
    assert found is not None
    return ElementTree.fromstring(found.group())  # noqa: S314 -- made here


def heights(markup: str) -> list[float]:
    return [float(one.get("height", "")) for one in drawn(markup).iter("rect")]


@given(st.lists(AMOUNTS, min_size=1, max_size=24))
@example([5e-324])
def test_bars_begin_at_zero_and_stand_in_proportion(amounts: list[float]) -> None:
    picture = bars("decisions", [Stack("", {"series": much}, "said") for much in amounts])
    tall = heights(picture)
    shown = [much for much in amounts if much > 0]
    assert len(tall) == len(shown)
    for one, height in zip(shown, tall, strict=True):
        assert height == pytest.approx(max(one / max(shown) * max(tall), 1.0), abs=0.15)


@given(st.lists(st.floats(-5, 5, allow_nan=False), max_size=12), st.floats(-8, 2))
def test_a_waterfall_ends_where_its_steps_lead(steps: list[float], base: float) -> None:
    end = base + sum(steps)
    picture = drawn(waterfall("score", [Step(f"step {at}", "", much) for at, much in enumerate(steps)], ("base", base), ("score", end)))
    texts = [one.text for one in picture.iter("text")]
    assert f"{base:.2f}".replace("-", "−") in texts
    assert f"{end:.2f}".replace("-", "−") in texts
    bars_drawn = [one for one in picture.iter("rect") if one.get("class") in ("more", "less")]
    assert [one.get("class") for one in bars_drawn] == ["more" if much > 0 else "less" for much in steps]


@given(st.lists(st.tuples(st.integers(0, 10**12), AMOUNTS), max_size=40), AMOUNTS)
def test_a_strip_shows_every_payment_and_this_one(past: list[tuple[int, float]], amount: float) -> None:
    dots = [Dot(when, much, "quiet", "said") for when, much in past]
    picture = drawn(strip(WORDS, dots, Dot(10**12, amount, "review", "this")))
    assert sum(one.get("class") == "quiet" for one in picture.iter("rect")) == len(past)
    assert sum(one.get("class") == "review" for one in picture.iter("rect")) == 1


@given(st.lists(st.tuples(st.sampled_from("ABCDEF"), st.sampled_from("ABCDEF")), min_size=1, max_size=10))
def test_money_that_flows_in_any_way_is_drawn_once_for_each_edge(pairs: list[tuple[str, str]]) -> None:
    picture = drawn(flow("the way", [Edge(source, target, "1", "more") for source, target in pairs]))
    assert sum("edge" in (one.get("class") or "") for one in picture.iter("path")) == len(pairs)
    assert sum(one.get("class") == "node" for one in picture.iter("circle")) == len({name for pair in pairs for name in pair})


def test_what_a_picture_says_cannot_become_markup() -> None:
    picture = flow("<script>", [Edge("<b>", "&", "1", "</svg><script>alert(1)</script>")])
    assert "<script>" not in picture
    assert "<b>" not in picture
