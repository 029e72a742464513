"""Stop rules: they speak soon where a challenger does harm, hardly ever where it does none, and say why in both languages."""

import random
from collections.abc import Iterator

import pytest

from huitong.decisions.rollout import GROUP_SIZES, Counted, StopSettings, Tally, broken_rules

RULES = StopSettings()


def run(
    seed: int, decisions: int = 400, *, declined: float = 0.03, alert: float = 0.05, slow: float = 0.001
) -> Iterator[tuple[Tally, Tally]]:
    """A canary of a twentieth, decision by decision."""
    rng, champion, challenger = random.Random(seed), Tally(), Tally()
    for _ in range(decisions):
        for _ in range(19):
            champion.add(declined=rng.random() < 0.03, alert=rng.random() < 0.05, slow=False, group="a")
        challenger.add(declined=rng.random() < declined, alert=rng.random() < alert, slow=rng.random() < slow, group="a")
        yield champion, challenger


@pytest.mark.parametrize(
    ("harm", "code", "within"),
    [(run(5, declined=0.5), "stop.declined", 30), (run(5, alert=0.7), "stop.alerts", 30), (run(5, slow=0.5), "stop.latency", 15)],
)
def test_harm_is_seen_within_a_few_decisions(harm: Iterator[tuple[Tally, Tally]], code: str, within: int) -> None:
    for champion, challenger in harm:
        if broken := broken_rules(champion, challenger, RULES, 0.05):
            break
    assert [rule.code for rule in broken] == [code]
    assert challenger.decided <= within
    assert all(broken[0].text[language] for language in ("zh", "en"))


def test_a_harmless_challenger_is_left_alone_however_often_one_looks() -> None:
    stopped = sum(any(broken_rules(*tallies, RULES, 0.05) for tallies in run(seed, decisions=150)) for seed in range(20))
    assert stopped <= 1


def test_a_crowd_that_slows_both_down_is_not_the_challengers_harm() -> None:
    champion, challenger = Tally(), Tally()
    for number in range(2_000):
        champion.add(declined=False, alert=False, slow=number % 4 == 0)
        challenger.add(declined=False, alert=False, slow=number % 5 == 0)
    assert broken_rules(champion, challenger, RULES, 0.05) == []
    for _ in range(1_000):
        champion.add(declined=False, alert=False, slow=False)
        challenger.add(declined=False, alert=False, slow=True)
    (broken,) = broken_rules(champion, challenger, RULES, 0.05)
    assert broken.code == "stop.latency"
    assert all(figure in broken.text[language] for language in ("zh", "en") for figure in ("46.7%", "16.7%"))


def test_a_challenger_that_slows_the_live_version_down_with_it_is_known_by_its_own_time() -> None:
    champion, challenger = Tally(), Tally()
    for _ in range(500):
        champion.add(declined=False, alert=False, slow=True)
        challenger.add(declined=False, alert=False, slow=True)
    healthy, slow = sizes({2: Counted(1, 300)}), sizes({1: Counted(12, 12)})
    assert broken_rules(champion, challenger, RULES, 0.05, healthy, healthy) == []
    (broken,) = broken_rules(champion, challenger, RULES, 0.05, healthy, slow)
    assert broken.code == "stop.latency"
    assert broken.text["en"].startswith("100.0% of groups of events took it longer than 50 ms, of the live version's 0.3%")
    assert "自身决策用时" in broken.text["zh"]


@pytest.mark.parametrize("size", range(GROUP_SIZES))
def test_groups_are_compared_with_such_as_have_at_least_as_many_events(size: int) -> None:
    slow = sizes({size: Counted(12, 12)})
    for other in range(GROUP_SIZES):
        broken = broken_rules(Tally(), Tally(), RULES, 0.05, sizes({other: Counted(0, 300)}), slow)
        assert bool(broken) is (other > size or other == size == 0)


def sizes(counted: dict[int, Counted]) -> list[Counted]:
    """Counts of each class of size."""
    return [counted.get(size, Counted(0, 0)) for size in range(GROUP_SIZES)]


def test_complaints_and_groups_are_watched() -> None:
    champion, challenger = Tally(), Tally()
    for number in range(600):
        group = "young" if number % 2 else "old"
        champion.add(declined=False, alert=False, slow=False, group=group)
        challenger.add(declined=number % 4 == 0 and number % 2 == 0, alert=False, slow=False, group=group)
    for _ in range(60):
        challenger.complain()
    codes = {rule.code: rule.text for rule in broken_rules(champion, challenger, RULES, 0.05)}
    assert set(codes) == {"stop.declined", "stop.complaints", "stop.fairness"}
    for text in codes["stop.fairness"].values():
        assert "50.0%" in text
        assert text.count("100.0%") == 3, "of the other group, and of both by the live version"


def groups(seed: int, live: dict[str, float], canary: dict[str, float], rounds: int) -> Iterator[tuple[Tally, Tally]]:
    """Both arms, group by group, each with its rate of declines."""
    rng, champion, challenger = random.Random(seed), Tally(), Tally()
    for _ in range(rounds):
        for tally, declined in ((champion, live), (challenger, canary)):
            for name, rate in declined.items():
                tally.add(declined=rng.random() < rate, alert=False, slow=False, group=name)
        yield champion, challenger


UNEVEN = {"online": 0.9, "transfer": 0.05, "branch": 0.05}


def test_a_version_that_declines_whom_the_live_one_declines_is_not_unfair() -> None:
    stopped = [any(broken_rules(*tallies, RULES, 0.05) for tallies in groups(seed, UNEVEN, UNEVEN, 150)) for seed in range(10)]
    assert sum(stopped) <= 1
    champion, challenger = Tally(), Tally()
    for tally in (champion, challenger):
        tally.groups = {"online": (5_000, 5_000), "transfer": (5_000, 0)}
        tally.decided, tally.declined = 10_000, 5_000
    assert broken_rules(champion, challenger, RULES, 0.05) == []


def test_a_version_that_declines_a_group_still_more_than_the_live_one_is_unfair() -> None:
    more = {**UNEVEN, "online": 0.99}
    lenient = StopSettings(declined_rise_max=1.0)
    found = [[one.code for one in broken_rules(*tallies, lenient, 0.05)] for tallies in groups(3, {**UNEVEN, "online": 0.6}, more, 200)]
    assert found[-1] == ["stop.fairness"]
    *_, (champion, challenger) = groups(3, {**UNEVEN, "online": 0.6}, more, 200)
    del champion.groups["online"]
    assert broken_rules(champion, challenger, lenient, 0.05) == [], "whom the live version never decided, nobody can compare"


def test_many_groups_of_which_each_new_one_could_be_unlucky_stop_no_harmless_version() -> None:
    """Each rare group begins with the same rates by both; those that come later make no earlier interval wrong."""
    settings = StopSettings(declined_rise_max=1.0)
    stopped = 0
    for seed in range(10):
        rng, champion, challenger = random.Random(seed), Tally(), Tally()
        for number in range(600):
            group = f"g{rng.randrange(1 + number // 10)}"
            for tally in (champion, challenger):
                tally.add(declined=rng.random() < 0.5, alert=False, slow=False, group=group)
            if number % 20 == 0 and broken_rules(champion, challenger, settings, 0.05):
                stopped += 1
                break
    assert stopped <= 1


def test_groups_do_not_grow_without_end() -> None:
    tally = Tally()
    for number in range(1_000):
        tally.add(declined=False, alert=False, slow=False, group=f"g{number}")
    assert len(tally.groups) == 65
    assert sum(decided for decided, _ in tally.groups.values()) == 1_000
