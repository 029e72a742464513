"""What ``bank.toml`` may say of roll-outs, and that the stop rules go by it."""

from pathlib import Path

import pytest

from huitong.app import Bank, Source
from huitong.app.settings import read_settings_of
from huitong.decisions.rollout import RolloutSettings, StopSettings
from huitong.kernel import DataError, InputError
from tests.app.test_rollouts import LI, WANG, People, change, first_live, people

__all__ = ["people"]
SAID = """
[rollout]
replay_decisions_min = 100
shadow_decisions_min = 1
shadow_time_min = "1s"
canary_time_min = "7d"

[rollout.stop]
declined_rise_max = 1
slow_ms = 80

[rollout.groups]
small = "channel"
"""


def said(folder: Path, text: str) -> RolloutSettings:
    (folder / "bank.toml").write_text(text, "utf-8")
    return read_settings_of(folder).rollout


def test_what_is_not_said_stays_as_it_is_by_default(tmp_path: Path) -> None:
    assert said(tmp_path, "") == RolloutSettings()
    assert said(tmp_path, SAID) == RolloutSettings(
        replay_decisions_min=100,
        shadow_decisions_min=1,
        shadow_time_min_us=1_000_000,
        canary_time_min_us=7 * 86_400_000_000,
        stop=StopSettings(declined_rise_max=1.0, slow_us=80_000),
        groups={"small": "channel"},
    )


@pytest.mark.parametrize(
    ("table", "line", "named"),
    [
        ("rollout", "shadow_decisions = 5", "rollout.shadow_decisions"),
        ("rollout", "shadow_decisions_min = 0", "rollout.shadow_decisions_min"),
        ("rollout", "shadow_decisions_min = true", "rollout.shadow_decisions_min"),
        ("rollout", "canary_time_min = 24", "rollout.canary_time_min"),
        ("rollout", "declined_rise_max = 2", "rollout.declined_rise_max"),
        ("rollout", "stop = 1", "rollout.stop"),
        ("rollout.stop", "declined_rise = 0.1", "rollout.stop.declined_rise"),
        ("rollout.stop", "alerts_rise_max = -0.1", "rollout.stop.alerts_rise_max"),
        ("rollout.stop", 'slow_ms = "50"', "rollout.stop.slow_ms"),
        ("rollout.groups", "small = 1", "rollout.groups.small"),
    ],
)
def test_anything_else_is_refused_in_both_languages(tmp_path: Path, table: str, line: str, named: str) -> None:
    with pytest.raises(DataError) as wrong:
        said(tmp_path, f"[{table}]\n{line}\n")
    assert wrong.value.code == "bank.settings.wrong"
    assert all(named in text for text in wrong.value.cause.values())


def test_a_canary_that_declines_one_group_only_takes_itself_back(people: People, sources: list[Source], root: Path) -> None:
    people.bank.close()
    said(root, SAID)
    with Bank(root, clock=people.at, threads=2) as bank:
        people.bank, office = bank, bank.rollouts
        first_live(people, sources)
        change(root, '"amount > 200000"', "'channel = \"online\" and amount > 20'")
        second = office.draft(people(LI), "small", "a slip of the finger")
        office.replayed(people(LI), "small", bank.replay("small", sources))
        office.forward(people(WANG), "small", second, "shadow")
        people.pay(["C1"], 100)
        office.forward(people(WANG), "small", second, "canary", share_ppm=500_000)
        people.pay([f"K{number}" for number in range(100)], 100)
        people.pay([f"L{number}" for number in range(100)], 100, "online")
        assert "stop.fairness" in [rule.code for rule in office.look("small")]


def test_a_group_that_no_event_has_is_told(people: People, sources: list[Source], root: Path) -> None:
    people.bank.close()
    said(root, SAID.replace('"channel"', '"chanel"'))
    with Bank(root, clock=people.at, threads=2) as bank:
        people.bank, office = bank, bank.rollouts
        first_live(people, sources)
        change(root, "amount > 200000", "amount > 20")
        second = office.draft(people(LI), "small", "a slip of the finger")
        office.replayed(people(LI), "small", bank.replay("small", sources))
        office.forward(people(WANG), "small", second, "shadow")
        with pytest.raises(InputError, match=r"\[rollout\.groups\].*chanel"):
            office.look_at_shadows()
