"""A threshold changed in a policy's settings: that line alone, whatever stands around it."""

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huitong.app.editing import with_conditions, with_threshold
from huitong.kernel import PolicyError

SETTINGS = """# the whole policy
[policy]
review = 7

[thresholds]  # what a wrong answer costs
alerts_per_day = 60
{lines}
[model]
decline = 9
"""
scores = st.floats(0.0001, 1, allow_nan=False)


@given(scores, st.sampled_from(["", "review = 0.2  # by hand\n", "decline = 0.9\nreview=0.1\n"]))
def test_the_threshold_is_set_and_nothing_else_moves(score: float, lines: str) -> None:
    before = SETTINGS.format(lines=lines)
    after = with_threshold(before, "review", score)
    old, new = tomllib.loads(before), tomllib.loads(after)
    assert new["thresholds"].pop("review") == float(f"{score:g}")
    old["thresholds"].pop("review", None)
    assert new == old
    assert after.startswith("# the whole policy\n[policy]\nreview = 7\n")
    assert ("# by hand" in after) is ("# by hand" in before)


def test_a_policy_without_thresholds_is_refused() -> None:
    with pytest.raises(PolicyError):
        with_threshold("[policy]\nname = 'x'\n", "review", 0.5)


RULES = """# rules
[policy]
name = "p" # when = "no"

[[rules]]
id = "first"
when = "a > 1"   # by hand
outcome = "review"

[[rules]]
when = '''
b < 2
'''
id = "second"

[tables.x]
when = "another"
"""
conditions = st.text(st.characters(blacklist_categories=["Cs"]), max_size=12).filter(lambda text: text.strip() == text)


@given(conditions, conditions)
def test_conditions_of_rules_are_set_and_nothing_else_moves(first: str, second: str) -> None:
    after = with_conditions(RULES, {"second": second, "first": first})
    old, new = tomllib.loads(RULES), tomllib.loads(after)
    assert [rule.pop("when") for rule in new["rules"]] == [first, second]
    for rule in old["rules"]:
        del rule["when"]
    assert new == old
    assert "   # by hand\n" in after


def test_a_rule_that_is_not_there_is_refused() -> None:
    with pytest.raises(PolicyError):
        with_conditions(RULES, {"third": "true"})


def test_a_condition_of_several_lines_that_a_page_shows_in_one_stays_as_it_is() -> None:
    rules = '[[rules]]\nid = "x"\nwhen = """\na > 1\n  and b < 2"""\n'
    assert with_conditions(rules, {"x": "a > 1 and b < 2"}) == rules
