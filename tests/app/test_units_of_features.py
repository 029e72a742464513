"""In which unit a feature's value is said: a share, an hour of the day, else the plan's own."""

from types import SimpleNamespace
from typing import cast

from huitong.app.consoling import units_of
from huitong.evaluation.words import HOUR, SHARE
from huitong.features import Feature, FeaturePlan
from huitong.kernel import Text


def test_an_hour_of_the_day_is_said_as_one() -> None:
    title: Text = {"en": "x", "zh": "x"}
    features = (
        Feature("age", 0, "number", "days", title, "first_seen"),
        Feature("hour", 1, "number", None, title, "calendar"),
        Feature("month", 2, "number", None, title, "calendar"),
        Feature("declined", 3, "number", None, title, "rate"),
    )
    plan = cast("FeaturePlan", SimpleNamespace(features=features, calendar=((0, 1), (4, 2))))
    assert units_of(plan) == {"age": "days", "hour": HOUR, "month": "", "declined": SHARE}
