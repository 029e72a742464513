"""The desk's settings: what ships means the defaults, what an institution writes is taken, and what means nothing is refused by name."""

from pathlib import Path

import pytest

from huitong.kernel import LANGUAGES, PolicyError
from huitong.operations import cases as ca
from huitong.operations.cases import DeskSettings, Investigator

HOUR = 3_600_000_000
OWN = """
answer_within = "48h"
urgent_from = "20000"
stopping = ["block", "decline"]
review_share = 0.2
checklist = ["evidence_seen"]

[minutes]
"rule.money_goes_round" = 30

[skills]
"rule.money_goes_round" = "networks"

[people."wang.fang"]
skills = ["networks"]
minutes_a_day = 120
"""


def test_what_ships_means_the_defaults() -> None:
    ((shipped,),) = ca.shipped().values()
    assert ca.read_settings(shipped, "CNY") == DeskSettings()


def test_an_institution_says_what_is_different(tmp_path: Path) -> None:
    (tmp_path / "desk.toml").write_text(OWN, "utf-8")
    assert ca.read_settings(tmp_path / "desk.toml", "CNY") == DeskSettings(
        stopping=frozenset({"block", "decline"}),
        answer_within_us=48 * HOUR,
        urgent_minor=2_000_000,
        quality_ppm=200_000,
        checklist=("evidence_seen",),
        minutes={"rule.money_goes_round": 30.0},
        skills={"rule.money_goes_round": "networks"},
        people={"wang.fang": Investigator("wang.fang", frozenset({"networks"}), 120.0)},
    )
    assert ca.read_settings(tmp_path / "desk.toml", "JPY").urgent_minor == 20_000


@pytest.mark.parametrize(
    ("written", "named"),
    [
        ("skilz = {}", "skilz"),
        ("alerting = []", "alerting"),
        ('subject_roles = ["payer"]', "payer"),
        ('answer_within = "a day"', "a day"),
        ('urgent_from = "5,000"', "5,000"),
        ('urgent_from = "0.001"', "0.001"),
        ('urgent_from = "-1"', "-1"),
        ("review_share = 1.5", "review_share"),
        ('checklist = ["seen", "seen"]', "twice"),
        ("minutes_default = 0", "minutes_default"),
        ("minutes_default = nan", "minutes_default"),
        ('[minutes]\nx = "long"', "minutes"),
        ('[people."li"]\nminutes_a_day = -1', "minutes_a_day"),
        ("[people", "desk.toml"),
    ],
)
def test_what_means_nothing_is_refused_by_name(tmp_path: Path, written: str, named: str) -> None:
    (tmp_path / "desk.toml").write_text(written, "utf-8")
    with pytest.raises(PolicyError) as refused:
        ca.read_settings(tmp_path / "desk.toml", "CNY")
    assert refused.value.code == "desk.settings.wrong"
    assert named in refused.value.cause["en"]
    assert all(refused.value.cause[language] and refused.value.remedy[language] for language in LANGUAGES)
