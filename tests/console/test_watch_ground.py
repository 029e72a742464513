"""What a page says of why a version was taken back, in one language at a time."""

import re

import pytest

from huitong.console.work.look import Look
from huitong.console.work.watch_ground import ground_in
from huitong.contracts import Actor
from huitong.decisions.rollout import StopSettings, Tally, broken_rules
from huitong.identity import Clearance
from huitong.kernel import Language

CHINESE = re.compile(r"[\u4e00-\u9fff]")
WATCH = "huitong:watch"


def look(language: Language) -> Look:
    return Look(language, "Asia/Shanghai", "CNY", 0, Actor("li", frozenset({"analyst"})), Clearance(3))


@pytest.fixture
def grounds() -> list[tuple[str, str]]:
    """What the watch says where every rule is broken."""
    champion = Tally(10_000, groups={"north": (5_000, 0), "south": (5_000, 0)})
    challenger = Tally(10_000, 9_000, 9_000, 5_000, 9_000, {"north": (5_000, 5_000), "south": (5_000, 0)})
    return [(one.text["zh"], one.text["en"]) for one in broken_rules(champion, challenger, StopSettings(), 0.05)]


def test_each_rule_of_the_watch_is_said_in_the_readers_language_alone(grounds: list[tuple[str, str]]) -> None:
    assert len(grounds) == 5
    written = "; ".join(f"{zh} · {en}" for zh, en in grounds)
    assert ground_in(written, WATCH, look("en")) == "; ".join(en for _, en in grounds)
    assert ground_in(written, WATCH, look("zh")) == "；".join(zh for zh, _ in grounds)
    assert not CHINESE.search(ground_in(written, WATCH, look("en")))


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_words_of_a_person_stay_as_they_are(language: Language) -> None:
    assert ground_in("投诉增加 · 需要回退", "li.wei", look(language)) == "投诉增加 · 需要回退"
    assert ground_in("complaints", WATCH, look(language)) == "complaints"
