"""Pictures: from zero, whole, and readable by name."""

import re
from xml.etree import ElementTree

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from huitong.console.parts.charts import Dot, Edge, Stack, StripWords, bars, flow, strip
from huitong.console.parts.waterfall import Step, waterfall
from huitong.evaluation.words import signed

WORDS = StripWords("history", "1 Oct", "26 Nov", "largest: 9", "this one: 3")
AMOUNTS = st.floats(0, 1e9, allow_nan=False)


def both(markup: str) -> list[ElementTree.Element]:
    """The picture for a desk and the one for a phone, each well-formed XML."""
    found = re.findall(r"<svg.*?</svg>", markup, re.DOTALL)
    assert len(found) == 2
    return [ElementTree.fromstring(one) for one in found]  # noqa: S314 -- made here


@given(st.lists(AMOUNTS, min_size=1, max_size=24))
@example([5e-324])
def test_bars_begin_at_zero_and_stand_in_proportion(amounts: list[float]) -> None:
    for picture in both(bars("decisions", [Stack("", {"series": much}, "said") for much in amounts])):
        tall = [float(one.get("height", "")) for one in picture.iter("rect")]
        shown = [much for much in amounts if much > 0]
        assert len(tall) == len(shown)
        for one, height in zip(shown, tall, strict=True):
            assert height == pytest.approx(max(one / max(shown) * max(tall), 1.0), abs=0.15)


@given(st.lists(st.floats(-5, 5, allow_nan=False), max_size=12), st.floats(-8, 2))
def test_a_waterfall_ends_where_its_steps_lead(steps: list[float], base: float) -> None:
    end = base + sum(steps)
    for picture in both(
        waterfall("score", [Step(f"step {at}", "", much) for at, much in enumerate(steps)], ("base", base), ("score", end))
    ):
        texts = [one.text for one in picture.iter("text")]
        assert signed(base, plus=False) in texts
        assert signed(end, plus=False) in texts
        assert "−0.00" not in texts
        bars_drawn = [one for one in picture.iter("rect") if one.get("class") in ("more", "less")]
        assert [one.get("class") for one in bars_drawn] == ["more" if much > 0 else "less" for much in steps]


@given(st.lists(st.tuples(st.integers(0, 10**12), AMOUNTS), max_size=40), AMOUNTS)
def test_a_strip_shows_every_payment_and_this_one(past: list[tuple[int, float]], amount: float) -> None:
    dots = [Dot(when, much, "quiet", "said") for when, much in past]
    for picture in both(strip(WORDS, dots, Dot(10**12, amount, "review", "this"))):
        assert sum(one.get("class") == "quiet" for one in picture.iter("rect")) == len(past)
        assert sum(one.get("class") == "review" for one in picture.iter("rect")) == 1


@given(st.lists(st.tuples(st.sampled_from("ABCDEF"), st.sampled_from("ABCDEF")), min_size=1, max_size=10))
def test_money_that_flows_in_any_way_is_drawn_once_for_each_edge(pairs: list[tuple[str, str]]) -> None:
    for picture in both(flow("the way", [Edge(source, target, "1", "more") for source, target in pairs])):
        assert sum("edge" in (one.get("class") or "") for one in picture.iter("path")) == len(pairs)
        assert sum(one.get("class") == "node" for one in picture.iter("circle")) == len({name for pair in pairs for name in pair})


def test_on_a_phone_everything_is_in_sight_and_no_words_shrink() -> None:
    past = [Dot(when, 1.0, "quiet", "said") for when in range(40)]
    steps = [Step("金额为同一客户与商户类别码近 60 天均值的倍数" * 2, "3.84", much) for much in (0.9, -2.0, 3.5)]
    edges = [Edge("A000001", "A000002", "CNY 3,340.00", "more"), Edge("A000002", "A000003", "CNY 8,302.41", "more")]
    shown = (
        strip(WORDS, past, Dot(41, 2.0, "review", "this")),
        waterfall("score", steps, ("base", -6.0), ("score", -3.6)),
        flow("way", edges),
    )
    for picture in (both(one)[1] for one in shown):
        width = float(picture.get("viewBox", "").split()[2])
        assert width <= 360
        for one in picture.iter("rect"):
            assert 0 <= float(one.get("x", "")) <= float(one.get("x", "")) + float(one.get("width", "")) <= width


def test_long_words_stand_in_two_lines_and_two_titles_that_differ_at_their_ends_are_told_apart() -> None:
    for length, whole in ((1, True), (4, False)):
        titles = [f"days since the first payment, {'same customer and ' * length}{end}" for end in ("region", "merchant category code")]
        for picture in both(waterfall("score", [Step(title, "83.9 days", 1.0) for title in titles], ("base", 0.0), ("score", 1.0))):
            said = [one.text or "" for one in picture.iter("text")]
            assert sum(one.endswith("83.9 days") for one in said) == 2
            assert any("region" in one for one in said)
            assert any("category code" in one for one in said)
            assert whole is not any("…" in one for one in said)
            assert all(len(one) * 7 <= 420 for one in said)


@pytest.mark.parametrize("colon", [": ", "："])
def test_a_step_says_its_value_behind_a_colon_and_cuts_no_word(colon: str) -> None:
    titles = [
        "hour of the day",
        f"days since {'one and the same customer ' * 6}of the institution",
        f"与{'同一客户同一商户类别码' * 9}之比（14 天）",
    ]
    for picture in both(waterfall("score", [Step(one, "2", 1.0) for one in titles], ("base", 0.0), ("score", 1.0), colon=colon)):
        said = [one.text or "" for one in picture.iter("text")]
        assert f"hour of the day{colon}2" in said
        assert sum(one.endswith(f"{colon}2") for one in said) == len(titles)
        words = {word for one in said for word in re.findall(r"[A-Za-z]+", one)}
        assert words <= {*re.findall(r"[A-Za-z]+", " ".join(titles)), "base", "score"}


def test_this_payment_is_marked_however_small_it_is() -> None:
    past = [Dot(when, 1e9, "quiet", "said") for when in range(40)]
    for picture in both(strip(WORDS, past, Dot(41, 1.0, "review", "this"))):
        (marker,) = [one for one in picture.iter("path") if one.get("class") == "review"]
        assert "h12" in marker.get("d", "")


def test_what_a_picture_says_cannot_become_markup() -> None:
    picture = flow("<script>", [Edge("<b>", "&", "1", "</svg><script>alert(1)</script>")])
    assert "<script>" not in picture
    assert "<b>" not in picture
