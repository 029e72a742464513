"""The book of roll-outs: each step on its evidence with a second signature, one challenger at a time, back in one act."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from huitong.contracts import Actor, Command, DataContract, Event
from huitong.decisions import rollout as ro
from huitong.kernel import HuitongError, InputError, PolicyError

ANALYST, APPROVER = Actor("li", frozenset({"analyst", "approver"})), Actor("wang", frozenset({"approver"}))
MACHINE = Actor("policy:watch", frozenset({"machine"}), person=False)
DAY = 86_400_000_000
SETTINGS = ro.RolloutSettings()
REPLAY = ro.Found("replay", 0, DAY, 10_000, 300)
CANARY = ro.Found("canary", 0, DAY, 50_000, 1_500, "v1", 950_000, 28_500)


class Desk:
    """A book without a log."""

    def __init__(self) -> None:
        self.book, self.state, self.now_us, self.events = ro.RolloutBook(), ro.Rollouts(), DAY, list[Event]()

    def command(self, by: Actor) -> Command:
        return Command(f"c{len(self.events)}", by, self.now_us)

    def take(self, events: Sequence[Event]) -> None:
        for event in events:
            self.events.append(event)
            self.book.enter(self.state, event)

    def draft(self, version: str, by: Actor = ANALYST) -> None:
        self.take(ro.draft(self.state, self.command(by), "cards", version, "fewer false alarms"))

    def find(self, version: str, found: ro.Found, by: Actor = MACHINE) -> None:
        self.take(ro.add_evidence(self.state, self.command(by), "cards", version, found))

    def forward(self, version: str, to: ro.Stage, share_ppm: int = 0, by: Actor = APPROVER) -> None:
        self.take(ro.step_forward(self.state, self.command(by), "cards", version, to, SETTINGS, share_ppm=share_ppm))

    def back(self, version: str, by: Actor = ANALYST) -> None:
        self.take(ro.step_back(self.state, self.command(by), "cards", version, "too many declines"))

    @property
    def cards(self) -> ro.PolicyRollout:
        return self.state.policies["cards"]

    def stage(self, version: str) -> ro.Stage:
        return self.cards.versions[version].stage


@pytest.fixture
def desk() -> Desk:
    """A policy whose first version is live."""
    desk = Desk()
    desk.draft("v1")
    desk.find("v1", REPLAY)
    desk.forward("v1", "live")
    return desk


def to_canary(desk: Desk, version: str, share_ppm: int = 50_000) -> None:
    desk.draft(version)
    desk.find(version, REPLAY)
    desk.forward(version, "shadow")
    desk.now_us += DAY
    desk.find(version, ro.Found("shadow", 0, DAY, 5_000, 150, "v1", 5_000, 150, 40))
    desk.forward(version, "canary", share_ppm)


def to_live(desk: Desk, version: str) -> None:
    to_canary(desk, version)
    desk.now_us += DAY
    desk.find(version, ro.Found("canary", 0, DAY, 50_000, 1_500, "v1", 950_000, 28_500))
    desk.forward(version, "live")


def refused(desk: Desk, version: str, to: ro.Stage, share_ppm: int = 0, by: Actor = APPROVER) -> HuitongError:
    with pytest.raises(HuitongError) as error:
        desk.forward(version, to, share_ppm, by)
    return error.value


def test_a_version_goes_live_step_by_step_and_back_in_one(desk: Desk) -> None:
    to_live(desk, "v2")
    assert (desk.stage("v1"), desk.stage("v2")) == ("retired", "live")
    assert [step.stage for step in desk.cards.versions["v2"].steps] == ["shadow", "canary", "live"]
    desk.back("v2")
    assert (desk.stage("v1"), desk.stage("v2")) == ("live", "replayed")
    assert refused(desk, "v2", "live").code == "rollout.step"
    with pytest.raises(InputError, match="no version of cards was live before v1"):
        desk.back("v1")


def test_a_step_tells_what_it_makes_of_the_other_version(desk: Desk) -> None:
    to_live(desk, "v2")
    first = desk.cards.versions["v1"]
    replaced_us = desk.now_us
    assert (first.since_us(), first.steps[-1].by, first.steps[-1].caused_by) == (replaced_us, APPROVER.id, "v2")
    desk.now_us += DAY
    desk.back("v2", MACHINE)
    assert first.since_us() == desk.now_us, "it did not decide meanwhile"
    assert [(step.stage, step.time_us, step.caused_by) for step in first.steps] == [
        ("live", DAY, None),
        ("retired", replaced_us, "v2"),
        ("live", desk.now_us, "v2"),
    ]
    assert (first.steps[-1].by, first.steps[-1].ground) == (MACHINE.id, "too many declines")


def test_each_step_needs_its_evidence_found_in_its_own_stage(desk: Desk) -> None:
    desk.draft("v2")
    assert refused(desk, "v2", "shadow").code == "rollout.step"
    desk.find("v2", replace(REPLAY, decided=999))
    error = refused(desk, "v2", "shadow")
    assert error.code == "rollout.evidence.missing"
    assert "999" in error.cause["en"]
    assert "999" in error.cause["zh"]
    desk.find("v2", REPLAY)
    desk.forward("v2", "shadow")
    assert "no evidence of a shadow run" in refused(desk, "v2", "canary", 50_000).cause["en"]
    desk.find("v2", ro.Found("shadow", 0, 1, 5_000, 150, "v1", 5_000, 150, 40))
    assert "0.0 hours; 24 are asked for" in refused(desk, "v2", "canary", 50_000).cause["en"]
    desk.now_us += DAY
    desk.forward("v2", "canary", 50_000)
    desk.back("v2")
    desk.forward("v2", "shadow")
    desk.now_us += DAY
    assert "no evidence of a shadow run" in refused(desk, "v2", "canary", 50_000).cause["en"]


def test_a_canary_that_may_decline_more_than_is_borne_does_not_go_live(desk: Desk) -> None:
    to_canary(desk, "v2")
    desk.now_us += DAY
    desk.find("v2", ro.Found("canary", 0, DAY, 1_000, 60, "v1", 19_000, 570))
    error = refused(desk, "v2", "live")
    assert "may lie up to" in error.cause["en"]
    found = desk.cards.versions["v2"].found("canary")
    assert found is not None
    assert ro.declined_difference(found, 0.05).high > 0.02


def test_nobody_approves_their_own_version_and_no_machine_any(desk: Desk) -> None:
    desk.draft("v2")
    desk.find("v2", REPLAY)
    for actor in (ANALYST, replace(MACHINE, roles=frozenset({"approver"})), replace(APPROVER, systems=frozenset({ANALYST.id}))):
        assert refused(desk, "v2", "shadow", by=actor).code == "access.four_eyes"
    assert refused(desk, "v2", "shadow", by=Actor("zhao", frozenset({"investigator"}))).code == "access.role"
    with pytest.raises(PolicyError, match="has none of these roles: analyst"):
        desk.draft("v3", by=APPROVER)


def test_one_challenger_at_a_time_and_a_share_that_only_grows(desk: Desk) -> None:
    to_canary(desk, "v2")
    desk.draft("v3")
    desk.find("v3", REPLAY)
    assert refused(desk, "v3", "shadow").code == "rollout.challenger"
    salt = desk.cards.versions["v2"].salt
    desk.now_us += DAY
    desk.find("v2", CANARY)
    for share in (0, 50_000, 1_000_000):
        assert refused(desk, "v2", "canary", share).code == "rollout.share"
    desk.forward("v2", "canary", 250_000)
    version = desk.cards.versions["v2"]
    assert (version.share_ppm, version.salt) == (250_000, salt)
    assert version.since_us() == version.steps[1].time_us
    desk.back("v2", MACHINE)
    assert desk.cards.versions["v2"].share_ppm == 0
    desk.forward("v3", "shadow")


def test_each_larger_share_of_the_customers_is_counted_anew(desk: Desk) -> None:
    to_canary(desk, "v2")
    desk.now_us += DAY
    desk.find("v2", CANARY)
    desk.forward("v2", "canary", 500_000)
    assert "no evidence of a canary" in refused(desk, "v2", "live").cause["en"], "rates of other days at another share prove nothing"
    desk.find("v2", CANARY)
    assert "0.0 hours; 24 are asked for" in refused(desk, "v2", "live").cause["en"]
    desk.now_us += DAY
    desk.forward("v2", "live")


def test_each_larger_share_needs_the_evidence_of_the_one_before(desk: Desk) -> None:
    to_canary(desk, "v2")
    assert "no evidence of a canary" in refused(desk, "v2", "canary", 999_000).cause["en"]
    desk.find("v2", replace(CANARY, decided=999, declined=30))
    error = refused(desk, "v2", "canary", 999_000)
    assert "999 events; 1,000 are asked for;" in error.cause["en"], "no time has passed by which its pace could be told"
    assert "0.0 hours; 24 are asked for, 24.0 are left" in error.cause["en"]
    assert "还需 24.0 小时" in error.cause["zh"]
    desk.now_us += DAY
    desk.find("v2", replace(CANARY, decided=1_000, declined=30))
    desk.forward("v2", "canary", 100_000)
    assert "no evidence of a canary" in refused(desk, "v2", "canary", 999_000).cause["en"], "each share anew"


def test_short_times_are_told_in_minutes(desk: Desk) -> None:
    to_canary(desk, "v2")
    desk.now_us += 90_000_000
    desk.find("v2", CANARY)
    quick = replace(SETTINGS, canary_time_min_us=180_000_000)
    (lacking,) = ro.missing(desk.cards.versions["v2"], "canary", quick, desk.now_us)
    assert "1.5 minutes; 3 are asked for, 1.5 are left" in lacking["en"]


def test_how_long_decisions_will_be_lacking_is_told_by_their_pace(desk: Desk) -> None:
    to_canary(desk, "v2")
    desk.now_us += 90_000_000
    desk.find("v2", replace(CANARY, decided=5, declined=0))
    lacking, _ = ro.missing(desk.cards.versions["v2"], "canary", SETTINGS, desk.now_us)
    assert lacking["en"].endswith("decided 5 events; 1,000 are asked for, at this pace in about 5 hours")
    assert lacking["zh"].endswith("，按目前的速度约还需 5 小时")
    desk.now_us += 10
    quick = replace(SETTINGS, canary_time_min_us=90_000_020)
    _, left = ro.missing(desk.cards.versions["v2"], "canary", quick, desk.now_us)
    assert "0.1 are left" in left["en"], "it is never said that nothing is left while something is"


@pytest.mark.parametrize(
    ("seconds", "en", "zh"),
    [
        (59, "in less than a minute", "还需不到 1 分钟"),
        (60, "in about a minute", "约还需 1 分钟"),
        (100, "in about 2 minutes", "约还需 2 分钟"),
        (7_000, "in about 117 minutes", "约还需 117 分钟"),
    ],
)
def test_a_pace_is_told_in_full_minutes_and_less_than_one(desk: Desk, seconds: int, en: str, zh: str) -> None:
    to_canary(desk, "v2")
    desk.now_us += seconds * 1_000_000
    desk.find("v2", replace(CANARY, decided=500, declined=0))
    lacking, _ = ro.missing(desk.cards.versions["v2"], "canary", SETTINGS, desk.now_us)
    assert lacking["en"].endswith(f", at this pace {en}")
    assert lacking["zh"].endswith(f"，按目前的速度{zh}")


def test_a_version_stands_as_replayed_since_its_first_replay(desk: Desk) -> None:
    desk.draft("v2")
    desk.now_us += 60_000_000
    desk.find("v2", REPLAY)
    assert desk.cards.versions["v2"].since_us() == desk.now_us > desk.cards.versions["v2"].drafted_us


@pytest.mark.parametrize("stage", ["shadow", "canary"])
def test_what_was_counted_beside_a_version_that_is_not_live_any_more_is_no_evidence(desk: Desk, stage: ro.Stage) -> None:
    to_live(desk, "v2")
    desk.draft("v3")
    desk.find("v3", REPLAY)
    desk.forward("v3", "shadow")
    desk.now_us += DAY
    beside = ro.Found("shadow", 0, DAY, 50_000, 1_500, "v2", 950_000, 28_500)
    if stage == "canary":
        desk.find("v3", beside)
        desk.forward("v3", "canary", 50_000)
        desk.now_us += DAY
    to: ro.Stage = "canary" if stage == "shadow" else "live"
    beside, share = replace(beside, sort=stage), 50_000 if stage == "shadow" else 0
    desk.find("v3", beside)
    desk.back("v2")
    assert desk.cards.versions["v3"].comparison.against == "v1"
    assert "there is no evidence" in refused(desk, "v3", to, share).cause["en"]
    desk.now_us += DAY
    desk.find("v3", beside)
    assert "compared with v2, which is not live any more" in refused(desk, "v3", to, share).cause["en"]
    desk.find("v3", replace(beside, against="v1"))
    desk.forward("v3", to, share)


def test_there_is_no_challenger_without_a_live_version_to_compare_it_with() -> None:
    desk = Desk()
    desk.draft("v1")
    desk.find("v1", REPLAY)
    assert refused(desk, "v1", "shadow").code == "rollout.no_champion"
    desk.forward("v1", "live")


def test_what_makes_no_sense_is_refused(desk: Desk) -> None:
    for act, code in (
        (lambda: desk.draft("v1"), "rollout.known"),
        (lambda: ro.draft(desk.state, desk.command(ANALYST), "cards", "v9", "  "), "rollout.reason"),
        (lambda: desk.find("v9", REPLAY), "rollout.unknown"),
        (lambda: desk.find("v1", ro.Found("shadow", 0, 1, 10, 1)), "rollout.evidence"),
        (lambda: desk.find("v1", ro.Found("replay", 0, 1, 10, 11)), "rollout.evidence"),
        (lambda: ro.step_back(desk.state, desk.command(ANALYST), "cards", "v1", " "), "rollout.nothing_before"),
        (lambda: ro.retire(desk.state, desk.command(ANALYST), "cards", "v1", "old"), "rollout.step"),
    ):
        with pytest.raises(HuitongError) as error:
            act()
        assert error.value.code == code


def test_who_goes_on_from_an_old_version_signs_it_no_more_and_what_runs_stays_where_it_is(desk: Desk) -> None:
    to_live(desk, "v2")
    zhao = Actor("zhao", frozenset({"analyst", "approver"}))
    for version, stage in (("v1", "replayed"), ("v2", "live")):
        desk.now_us += DAY
        desk.take(ro.take_up(desk.state, desk.command(zhao), "cards", version, "go on from here"))
        assert desk.stage(version) == stage
        assert desk.cards.versions[version].steps[-1].taken_up
    assert (desk.cards.versions["v1"].author, desk.cards.versions["v1"].base) == ("li", "v2")
    for author in (zhao, ANALYST):
        with pytest.raises(PolicyError):
            desk.forward("v1", "shadow", by=author)
    desk.forward("v1", "shadow")
    assert (desk.stage("v1"), desk.cards.live is desk.cards.versions["v2"]) == ("shadow", True)


def test_a_version_is_taken_up_by_an_analyst_with_a_reason_and_only_one_that_there_is(desk: Desk) -> None:
    for by, version, reason, code in (
        (APPROVER, "v1", "so", "access.role"),
        (ANALYST, "v1", " ", "rollout.reason"),
        (ANALYST, "v9", "so", "rollout.unknown"),
    ):
        with pytest.raises(HuitongError) as error:
            ro.take_up(desk.state, desk.command(by), "cards", version, reason)
        assert error.value.code == code


def test_events_fit_their_contracts_and_the_state_can_be_kept(desk: Desk) -> None:
    folder = Path(ro.__file__).parent / "contracts"
    contracts = {contract.kind: contract for contract in map(DataContract.load, folder.glob("*.toml"))}
    to_live(desk, "v2")
    assert set(contracts) == set(ro.RolloutBook.kinds) == {event.kind for event in desk.events}
    for event in desk.events:
        known = {spec.name for spec in contracts[event.kind].fields}
        assert set(event.data) | set(event.keys) <= known
        assert {spec.name for spec in contracts[event.kind].fields if spec.required} <= set(event.data) | set(event.keys)
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(desk.state), type=ro.Rollouts) == desk.state


class Rollout(RuleBasedStateMachine):
    """Any order of acts by anybody: what is refused changes nothing, and what happened fits together."""

    def __init__(self) -> None:
        super().__init__()
        self.desk = Desk()

    versions = st.sampled_from(["v1", "v2", "v3"])
    actors = st.sampled_from([ANALYST, APPROVER, MACHINE, Actor("chen", frozenset({"analyst", "approver"}))])

    def attempt(self, act: Callable[[], None]) -> None:
        before = len(self.desk.events)
        try:
            act()
        except HuitongError:
            assert len(self.desk.events) == before

    @rule(version=versions, by=actors)
    def draft(self, version: str, by: Actor) -> None:
        self.attempt(lambda: self.desk.draft(version, by))

    @rule(version=versions, sort=st.sampled_from(["replay", "shadow", "canary"]), declined=st.sampled_from([300, 3_000]))
    def find(self, version: str, sort: str, declined: int) -> None:
        self.attempt(lambda: self.desk.find(version, ro.Found(sort, 0, DAY, 10_000, declined, "v1", 10_000, 300)))

    @rule(version=versions, to=st.sampled_from(["shadow", "canary", "live"]), share=st.sampled_from([50_000, 500_000]), by=actors)
    def forward(self, version: str, to: ro.Stage, share: int, by: Actor) -> None:
        self.attempt(lambda: self.desk.forward(version, to, share if to == "canary" else 0, by))

    @rule(version=versions, by=actors)
    def back(self, version: str, by: Actor) -> None:
        self.attempt(lambda: self.desk.back(version, by))

    @rule()
    def wait(self) -> None:
        self.desk.now_us += DAY

    @precondition(lambda self: "cards" in self.desk.state.policies)
    @invariant()
    def stages_fit(self) -> None:
        cards = self.desk.cards
        stages = [version.stage for version in cards.versions.values()]
        assert stages.count("live") == bool(cards.lives)
        assert sum(stage in ("shadow", "canary") for stage in stages) <= 1
        assert cards.live is None or cards.live.stage == "live"
        for version in cards.versions.values():
            assert (version.stage == "canary") == (version.share_ppm > 0)
            forward = [step for step in version.steps if step.stage in ("shadow", "canary", "live") and step.caused_by is None]
            assert all(step.by != version.author for step in forward)

    @invariant()
    def the_fold_of_the_events_is_the_state(self) -> None:
        again = ro.Rollouts()
        for event in self.desk.events:
            self.desk.book.enter(again, event)
        assert again == self.desk.state


TestRollout = Rollout.TestCase
TestRollout.settings = hypothesis_settings(max_examples=40, stateful_step_count=40, deadline=None)
