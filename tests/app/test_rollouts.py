"""A threshold changed in a real bank: drafted, replayed, in shadow, on some customers, live, and back; and taken back by itself."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from queue import SimpleQueue
from random import Random

import pytest

from huitong.app import Bank, Source, deciding
from huitong.app.editing import Editing
from huitong.app.health import HealthDesk
from huitong.app.policy_summaries import decides_now
from huitong.app.serving import BankService
from huitong.app.working import WorkBank
from huitong.console.forms import Given
from huitong.console.work.draft_acts import DRAFT_ACTS
from huitong.console.work.thresholds import tag_of_thresholds
from huitong.contracts import Actor, Command
from huitong.decisions.policy import content_of, load
from huitong.decisions.policy.version import version_of
from huitong.decisions.rollout import RolloutSettings, StopSettings, in_canary, with_found
from huitong.kernel import FixedClock, InputError, PolicyError, local_date, midnight_us, time_us, ulid
from tests.app.small_world import clock

LI, WANG = Actor("li", frozenset({"analyst"})), Actor("wang", frozenset({"approver"}))
EASY = RolloutSettings(
    replay_decisions_min=100,
    shadow_decisions_min=10,
    shadow_time_min_us=0,
    canary_decisions_min=10,
    canary_time_min_us=0,
    declined_rise_max=1.0,
)


class People:
    """Commands with a clock that goes on; their ids are drawn from a seed, as a canary's customers are drawn by them."""

    def __init__(self, bank: Bank, at: FixedClock) -> None:
        self.bank, self.at, self.payments, self.drawn = bank, at, 0, Random(11).randbytes

    def __call__(self, who: Actor) -> Command:
        self.at.advance_us(1_000_000)
        return Command(ulid(self.at.now_us(), self.drawn), who, self.at.now_us())

    def pay(self, customers: Sequence[str], amount: int, channel: str = "transfer") -> list[str]:
        """Each customer pays; the versions that decided."""
        versions = []
        for customer in customers:
            self.payments += 1
            self.at.advance_us(1_000_000)
            given = {"id": f"N-{self.payments}", "customer": customer, "amount": str(amount), "currency": "CNY", "channel": channel}
            versions.append(self.bank.decide({**given, "time": self.at.now_us()}, policy="small").version)
        return versions


@pytest.fixture
def people(root: Path) -> People:
    at = clock()
    bank = Bank(root, clock=at, threads=2)
    bank.rollouts.settings = EASY
    return People(bank, at)


def change(root: Path, before: str, after: str) -> None:
    path = root / "policies" / "small" / "policy.toml"
    text = path.read_text("utf-8")
    assert before in text
    path.write_text(text.replace(before, after), "utf-8")


def first_live(people: People, sources: list[Source]) -> str:
    office = people.bank.rollouts
    version = office.draft(people(LI), "small", "the first")
    office.replayed(people(LI), "small", people.bank.replay("small", sources))
    office.forward(people(WANG), "small", version, "live")
    return version


@pytest.mark.parametrize("version", [None, "3f9a4c12", ""])
def test_where_nothing_was_rolled_out_nothing_is_taken_back(people: People, version: str | None) -> None:
    with pytest.raises(InputError) as refused:
        people.bank.rollouts.back(people(LI), "small", "it harms", version)
    assert refused.value.code == ("rollout.nothing_runs" if version is None else "rollout.version")


def test_callers_are_told_what_decides_and_beside_it_what_stands_in_the_folder(people: People, sources: list[Source], root: Path) -> None:
    service = BankService(people.bank, "small")
    before = service.policy("small")
    assert [decides_now(people.bank, name, before.version) for name in ("small", "card_payments", "gone")] == ["all", None, None]
    assert before.version == before.folder_version, "nothing was rolled out: the folder decides"
    first = first_live(people, sources)
    change(root, "amount > 200000", "amount > 50")
    draft = people.bank.rollouts.draft(people(LI), "small", "never live")
    (told,) = [one for one in service.policies() if one.name == "small"]
    assert (told.version, told.folder_version) == (first, draft)
    assert {one.version: (one.current, one.in_folder) for one in service.versions("small")} == {first: (True, False), draft: (False, True)}
    assert people.pay(["C1"], 100) == [told.version]
    (root / "policies" / "small" / "policy.toml").write_text("format = 9", "utf-8")
    told = service.policy("small")
    assert (told.version, told.folder_version) == (first, None)
    assert told.broken is not None
    named = service.policy(f"small@{draft}")
    assert (named.version, named.folder_version, named.broken) == (draft, None, None)


def test_a_changed_threshold_goes_all_the_way_and_back(people: People, sources: list[Source], root: Path) -> None:
    bank, office = people.bank, people.bank.rollouts
    office.settings = replace(EASY, stop=StopSettings(declined_rise_max=1.0, alerts_rise_max=1.0))
    first = first_live(people, sources)
    assert people.pay(["C1"], 100) == [first]
    change(root, "amount > 200000", "amount > 50")
    assert people.pay(["C1"], 100) == [first], "what is edited does not decide"
    second = office.draft(people(LI), "small", "stop everything above 50")
    office.replayed(people(LI), "small", bank.replay("small", sources))

    office.forward(people(WANG), "small", second, "shadow")
    customers = [f"K{number}" for number in range(40)]
    assert set(people.pay(customers[:20], 100)) == {first}
    assert office.watched("small") is None, "a page waits for no fold of the whole log"
    watch = office.watch("small")
    assert watch is not None
    watch.step()
    assert office.watched("small") is watch
    assert (watch.found().decided, watch.found().differing) == (20, 20)
    assert {(one.live, one.challenger) for one in watch.counts.differing} == {("approve", "decline")}

    office.forward(people(WANG), "small", second, "canary", share_ppm=500_000)
    assert office.watched("small") is None, "what was counted of the shadow is not the canary's"
    salt = office.status("small").versions[second].salt
    expected = [second if in_canary(salt, customer, 500_000) else first for customer in customers]
    assert set(expected) == {first, second}
    assert people.pay(customers, 100) == expected
    assert people.pay(customers, 100) == expected, "customers stay where they are"
    assert [decides_now(bank, "small", one) for one in (first, second, "gone")] == ["all", "some", None]
    assert BankService(bank, "small").health().canaries == {"small": (second, 500_000)}
    assert office.look("small") == [], "as much as this is borne here"
    with Bank(root, clock=people.at, threads=2) as beside:  # a command while the bank is served
        rollout, seen = beside.rollouts.seen("small")
    assert seen is not None
    assert (seen.sort, seen.decided + seen.against_decided) == ("canary", 80)
    assert with_found(rollout.versions[second], seen, 0).found("canary") is not None
    assert [step.share_ppm for step in rollout.versions[second].shares()] == [500_000]

    office.forward(people(WANG), "small", second, "live")
    assert set(people.pay(customers[:4], 100)) == {second}
    found = office.status("small").versions[second].evidence[-1]
    assert (found.sort, found.decided + found.against_decided) == ("canary", 80)
    assert [decides_now(bank, "small", one) for one in (first, second)] == [None, "all"]
    office.back(people(LI), "small", "complaints", second)
    assert set(people.pay(customers[:4], 100)) == {first}
    bank.close()
    with Bank(root, clock=people.at, threads=2) as again:
        assert again.rollouts.arms("small").live == f"small@{first}"
        report = again.replay(f"small@{first}")
        assert report.reproduced is not None
        assert report.reproduced.findings() == []


def test_a_canary_that_declines_everybody_takes_itself_back(people: People, sources: list[Source], root: Path) -> None:
    office = people.bank.rollouts
    first = first_live(people, sources)
    change(root, "amount > 200000", "amount > 20")
    second = office.draft(people(LI), "small", "a slip of the finger")
    office.replayed(people(LI), "small", people.bank.replay("small", sources))
    office.forward(people(WANG), "small", second, "shadow")
    people.pay([f"K{number}" for number in range(10)], 100)
    office.forward(people(WANG), "small", second, "canary", share_ppm=500_000)
    broken = []
    for number in range(60):
        people.pay([f"K{number}"], 100)
        if broken := office.look("small"):
            break
    assert {rule.code for rule in broken} >= {"stop.declined"}
    assert number < 50
    version = office.status("small").versions[second]
    assert (version.stage, version.steps[-1].by) == ("replayed", "huitong:watch")
    assert "拒绝率" in version.steps[-1].ground
    assert set(people.pay([f"K{number}" for number in range(10)], 100)) == {first}
    people.bank.close()


def test_what_was_counted_at_another_share_or_beside_another_live_version_counts_no_more(
    people: People, sources: list[Source], root: Path
) -> None:
    bank, office = people.bank, people.bank.rollouts
    office.settings = replace(EASY, canary_decisions_min=1)
    first_live(people, sources)
    customers, made = [f"K{number}" for number in range(30)], []
    for before, after in (("amount > 200000", "amount > 100000"), ("amount > 100000", "amount > 50000")):
        change(root, before, after)
        made.append(office.draft(people(LI), "small", "a lower limit"))
        office.replayed(people(LI), "small", bank.replay("small", sources))
        office.forward(people(WANG), "small", made[-1], "shadow")
        people.pay(customers, 100)
        office.forward(people(WANG), "small", made[-1], "canary", share_ppm=300_000)
        people.pay(customers, 100)
        office.look("small")
        if len(made) == 1:
            people.pay(customers, 100)
            office.forward(people(WANG), "small", made[0], "live")
    second, third = made

    def counted() -> tuple[str | None, int]:
        assert office.look("small") == []
        watch = office.watch("small")
        assert watch is not None
        found = watch.found()
        return found.against, found.decided + found.against_decided

    assert counted() == (second, 30)
    office.forward(people(WANG), "small", third, "canary", share_ppm=500_000)
    assert counted() == (second, 0)
    people.pay(customers, 100)
    assert counted() == (second, 30)
    office.back(people(LI), "small", "the live one is bad", second)
    people.pay(customers[:20], 100)
    live = office.status("small").live
    assert live is not None
    assert counted() == (live.hash, 20)
    bank.close()


def test_versions_that_answer_otherwise_since_an_update_are_told_and_decide_for_no_canary(
    people: People, sources: list[Source], root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = first_live(people, sources)
    change(root, "amount > 200000", "amount > 20")
    office = people.bank.rollouts
    second = office.draft(people(LI), "small", "a slip of the finger")
    office.replayed(people(LI), "small", people.bank.replay("small", sources))
    office.forward(people(WANG), "small", second, "shadow")
    before, customers = version_of, [f"K{number}" for number in range(20)]
    people.pay(customers, 100)
    people.bank.close()
    monkeypatch.setattr(load, "version_of", lambda content, engines: before(content, {**engines, "tzdata": "2099z"}))
    with Bank(root, clock=people.at, threads=2) as bank:
        people.bank, office = bank, bank.rollouts
        office.settings = EASY
        assert set(people.pay(customers, 100)).isdisjoint({first, second})
        with pytest.raises(PolicyError, match="answers today as"):
            office.look("small")
        watch = office.watch("small")
        assert watch is not None
        assert watch.found().decided == 40, "what they decide is counted all the same"
        assert office.watch("small") is watch
        with pytest.raises(PolicyError, match="answers today as"):
            office.forward(people(WANG), "small", second, "canary", share_ppm=500_000)
        assert "rollout.version.moved" in [one.code for one in HealthDesk(bank, "small", ()).health().findings]
    monkeypatch.undo()
    with Bank(root, clock=people.at, threads=2) as bank:
        bank.rollouts.settings = EASY
        bank.rollouts.forward(people(WANG), "small", second, "canary", share_ppm=500_000)
    monkeypatch.setattr(load, "version_of", lambda content, engines: before(content, {**engines, "tzdata": "2099z"}))
    with Bank(root, clock=people.at, threads=2) as bank:
        assert [rule.code for rule in bank.rollouts.look("small")] == ["stop.version"] * 2
        assert bank.rollouts.status("small").versions[second].stage == "replayed"


def test_who_steps_back_second_takes_no_healthy_live_version_along(people: People, sources: list[Source], root: Path) -> None:
    office = people.bank.rollouts
    first = first_live(people, sources)
    change(root, "amount > 200000", "amount > 20")
    second = office.draft(people(LI), "small", "a slip of the finger")
    office.replayed(people(LI), "small", people.bank.replay("small", sources))
    office.forward(people(WANG), "small", second, "shadow")
    people.pay(["C1"], 100)
    found = len(office.status("small").versions[second].evidence)
    for who in (LI, Actor("zhao", frozenset({"investigator"}))):
        with pytest.raises(PolicyError):
            office.forward(people(who), "small", second, "canary", share_ppm=50_000)
    assert len(office.status("small").versions[second].evidence) == found, "who may not sign has nothing written down by asking"
    call = people(LI)
    assert office.back(call, "small", "harm") == second
    with pytest.raises(InputError) as refused:
        office.back(people(LI), "small", "harm")
    assert "name the version" in refused.value.remedy["en"]
    assert office.back(call, "small", "harm") == second, "the same call again"
    live = office.status("small").live
    assert live is not None
    assert live.hash == first
    people.bank.close()


def test_a_shadow_decides_with_what_the_live_version_had_time_for(
    people: People, sources: list[Source], root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    office = people.bank.rollouts
    first_live(people, sources)
    change(root, "a huge amount", "a very huge amount")
    second = office.draft(people(LI), "small", "the same, said otherwise")
    office.replayed(people(LI), "small", people.bank.replay("small", sources))
    office.forward(people(WANG), "small", second, "shadow")
    watch = office.watch("small")
    assert watch is not None
    with monkeypatch.context() as busy:
        busy.setattr(deciding, "tier_within_budget", lambda *_, **__: "without_model")
        for amount in (50, 900, 4_000, 9_000, 15_000):
            people.pay([f"K{number}" for number in range(12)], amount)
    people.pay([f"K{number}" for number in range(12)], 15_000)
    watch.step()
    found = watch.found()
    assert (found.decided, found.against_decided, found.differing) == (72, 72, 0), "the same rules, the same tier, the same word"
    people.bank.close()


def test_evidence_is_asked_for(people: People, sources: list[Source]) -> None:
    people.bank.rollouts.settings = RolloutSettings(replay_decisions_min=10_000_000)
    with pytest.raises(PolicyError, match="are asked for"):
        first_live(people, sources)
    people.bank.close()


def test_of_two_who_change_thresholds_the_second_is_told_and_takes_nothing_back(people: People, sources: list[Source]) -> None:
    first_live(people, sources)
    port = WorkBank(people.bank, BankService(people.bank, "small"))

    def shown() -> dict[str, str]:
        setting = port.policy_files("small").settings.thresholds
        assert setting is not None
        scores = {f"score.{name}": f"{score:.6g}" for name, score in setting.chosen.items()}
        return {**scores, "policy": "small", "reason": "less work", "thresholds": tag_of_thresholds(setting.chosen)}

    def send(given: dict[str, str]) -> None:
        form = Given({name: (value,) for name, value in given.items()}, "Asia/Shanghai", "CNY")
        DRAFT_ACTS["policy.edit"](port, people(LI), form)

    opened = shown()
    send(opened | {"score.decline": "0.93"})
    for stale in (opened | {"score.review": "0.001"}, shown() | {"score.review": "0.001", "thresholds": "0" * 64}):
        with pytest.raises(InputError, match="changed by somebody else"):
            send(stale)
    assert shown()["score.decline"] == "0.93"
    send(shown() | {"score.review": "0.001"})
    assert (shown()["score.review"], shown()["score.decline"]) == ("0.001", "0.93")
    with pytest.raises(InputError, match="is no outcome that a score leads to"):
        send(shown() | {"score.review = 1\n[model]\nx": "0.5"})


def test_an_old_version_stands_in_the_folder_again_byte_for_byte_and_nothing_undrafted_is_lost(
    people: People, sources: list[Source], root: Path
) -> None:
    bank, office, folder = people.bank, people.bank.rollouts, root / "policies" / "small"
    editing = Editing(bank)
    first = first_live(people, sources)
    as_it_was = content_of(folder)
    change(root, "amount > 200000", "amount > 300000")
    (folder / "notes.csv").write_text("customer\nC1\n", "utf-8")
    with pytest.raises(InputError) as refused:
        editing.take_up(people(LI), "small", first[:12], "from there")
    assert refused.value.code == "policy.folder.undrafted"
    second = office.draft(people(LI), "small", "a higher limit")
    office.retire(people(LI), "small", second, "a lower one is better")
    changed = content_of(folder)
    assert editing.take_up(people(LI), "small", first[:12], "from the live one") == first
    assert content_of(folder) == as_it_was
    assert office.status("small").versions[first].stage == "live"
    taken = people(LI)
    assert editing.take_up(taken, "small", second, "it was better after all") == second
    assert content_of(folder) == changed
    again = office.status("small").versions[second]
    assert (again.stage, again.base, again.steps[-1].ground) == ("draft", first, "it was better after all")
    written = bank.log.event(taken.id)
    assert written is not None
    assert (written.kind, written.data["by"], written.data["reason"]) == ("policy.drafted", "li", "it was better after all")
    with pytest.raises(InputError):
        editing.take_up(people(LI), "small", "0123456789ab", "none")
    assert content_of(folder) == changed


def test_the_last_seven_days_of_a_replay_begin_at_a_midnight_and_have_today_among_them(
    people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: SimpleQueue[str] = SimpleQueue()

    def replay(policy: str, *, since: str, **_: object) -> None:
        asked.put(since)
        raise InputError("replay.not.here", {"en": policy, "zh": policy}, {"en": "none", "zh": "无"})

    monkeypatch.setattr(people.bank, "replay", replay)
    command = people(LI)
    WorkBank(people.bank, BankService(people.bank, "small")).replay(command, "small", None, 7)
    since_us = time_us(asked.get(timeout=30))
    today = local_date(command.now_us, "Asia/Shanghai")
    assert since_us == midnight_us(today - timedelta(days=6), "Asia/Shanghai")
