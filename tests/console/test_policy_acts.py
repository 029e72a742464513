"""What forms about policies come to where what they give is odd, and how a refusal is said."""

from typing import cast

import pytest

from huitong.console.forms import Given
from huitong.console.ports_work import WorkPort
from huitong.console.words import sentence
from huitong.console.work.policy_acts import POLICY_ACTS
from huitong.console.work.thresholds import scores_of, tag_of_thresholds, thresholds_seen
from huitong.contracts import Actor, Command
from huitong.kernel import EventId, InputError

BY = Command(EventId("c-1"), Actor("li", frozenset({"analyst"})), 10)


def test_a_text_longer_than_its_field_is_refused_by_name_and_line_ends_count_once() -> None:
    lines = "x\r\n" * 400
    given = Given({"reason": ["x" * 1_001], "ground": [lines], "rows": ["[" * 5_000]}, "Asia/Shanghai", "CNY")
    with pytest.raises(InputError, match="reason: more than 1,000 characters"):
        given.text("reason")
    assert given.text("ground") == lines.strip()
    assert given.text("rows", None) == "[" * 5_000


@pytest.mark.parametrize("score", ["NaN", "sNaN", "Infinity", "-1", "x", "", "5", "101 %", "%", "5 % 5"])
def test_what_is_no_probability_is_refused_as_a_threshold_by_its_outcome(score: str) -> None:
    given = Given({"policy": ["small"], "score.review": [score]}, "Asia/Shanghai", "CNY")
    with pytest.raises(InputError, match=r"the threshold of “to review” is .*, neither a probability") as error:
        scores_of(given)
    assert error.value.code == "policy.threshold.score.review"


@pytest.mark.parametrize("score", ["0.0369", "3.69 %", "3.69%", "3.69％", " 3.69\u202f% "])
def test_a_threshold_is_given_as_a_probability_or_as_a_percentage_with_its_sign(score: str) -> None:
    assert scores_of(Given({"policy": ["small"], "score.review": [score]}, "Asia/Shanghai", "CNY")) == {"review": 0.0369}


def test_a_graver_outcome_from_a_lower_score_on_is_refused_by_titles_and_percentages() -> None:
    chosen = {"review": 0.5, "decline": 0.986859270181365}
    given = Given({"thresholds": [tag_of_thresholds(chosen)]}, "Asia/Shanghai", "CNY")
    with pytest.raises(InputError) as error:
        thresholds_seen(given, {"review": 0.995, "decline": 0.986859})(chosen)
    assert error.value.cause == {
        "en": "the threshold of “to review” (99.5 %) must not lie above that of “declined” (98.6859 %)",
        "zh": "“人工复核”的阈值（99.5%）不得高于“拒绝”的阈值（98.6859%）",
    }


@pytest.mark.parametrize(
    ("share", "said"),
    [
        *((share, "is no percentage") for share in ("NaN", "sNaN", "x", "")),
        *((share, "does not lie between 0 % and 100 %") for share in ("-Infinity", "1e400", "9e999999", "101", "150％", "-5")),
    ],
)
def test_a_share_that_is_no_percentage_is_refused_otherwise_than_one_out_of_range(share: str, said: str) -> None:
    given = Given({"policy": ["small"], "to": ["canary"], "share": [share]}, "Asia/Shanghai", "CNY")
    with pytest.raises(InputError, match=said):
        POLICY_ACTS["policy.forward"](cast("WorkPort", None), BY, given)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("the form is too large", "The form is too large"),
        ("policy.toml: no table", "policy.toml: no table"),
        ("wang.fang has not the role", "wang.fang has not the role"),
        ("'x' is none", "'x' is none"),
    ],
)
def test_a_refusal_begins_with_a_capital_unless_it_begins_with_a_name(text: str, said: str) -> None:
    assert sentence(text, "en", ends=False) == said
    assert sentence("small 尚无生效版本", "zh", ends=False) == "small 尚无生效版本"
