"""A version is made ready to decide in nobody's way: whoever asks another one meanwhile is answered, and so is the service's loop."""

import asyncio
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec
import pytest

from huitong.app import Bank, Source, lives
from huitong.app.live import Live
from huitong.app.progress import Progress
from huitong.app.server import rounds_of
from huitong.app.serving import BankService
from huitong.app.starts import Started, Starts
from huitong.contracts import Actor, Decision
from huitong.kernel import PolicyError
from tests.app.small_world import clock
from tests.app.test_rollouts import LI, WANG, People, change, first_live, people

__all__ = ["people"]


def two_live(people: People, sources: list[Source], root: Path) -> tuple[str, str]:
    """Two versions, live one after the other."""
    office, first = people.bank.rollouts, first_live(people, sources)
    change(root, "amount > 200000", "amount > 100000")
    second = office.draft(people(LI), "small", "half of it")
    office.replayed(people(LI), "small", people.bank.replay("small", sources))
    office.forward(people(WANG), "small", second, "shadow")
    people.pay([f"K{number}" for number in range(20)], 100)
    office.forward(people(WANG), "small", second, "canary", share_ppm=500_000)
    people.pay([f"K{number}" for number in range(40)], 100)
    office.forward(people(WANG), "small", second, "live")
    return first, second


def test_a_long_log_is_folded_outside_of_the_turn(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    followed: list[tuple[bool, int]] = []
    with Bank(root, clock=clock(), threads=2) as bank:

        def follow(live: Live, *given: object) -> int:
            held = bank.turn._held
            followed.append((held, took := real(live, *given)))  # type: ignore[arg-type]
            return took

        real = Live.follow
        monkeypatch.setattr(Live, "follow", follow)
        bank.live("small")
    assert [held for held, _ in followed] == [False, True]


def test_who_steps_back_finds_the_version_before_at_the_logs_end(
    people: People, sources: list[Source], root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lives, "BEHIND_MAX", 5)
    first, _ = two_live(people, sources, root)
    people.pay([f"C{number}" for number in range(10)], 100)
    known, office = people.bank.lives, people.bank.rollouts
    behind = known.of(f"small@{first}")
    assert people.bank.log.end() - behind.offset > 5
    started: list[str] = []
    monkeypatch.setattr(people.bank.lives, "_start", starting(people.bank, started))
    with pytest.raises(PolicyError):
        office.back(people(nobody()), "small", "not my part", office.status("small").lives[-1])
    assert started == [], "whoever may not step back has nothing made ready"
    office.back(people(LI), "small", "complaints", office.status("small").lives[-1])
    assert started == [f"small@{first}"]
    assert known.of(f"small@{first}") is not behind
    assert people.pay(["C1"], 100) == [first]
    people.bank.close()


def test_versions_that_decide_no_more_are_let_go_and_who_was_on_the_way_to_one_is_answered(
    people: People, sources: list[Source], root: Path
) -> None:
    first, second = two_live(people, sources, root)
    bank, office = people.bank, people.bank.rollouts
    change(root, "amount > 100000", "amount > 150000")
    third = office.draft(people(LI), "small", "between the two")
    office.replayed(people(LI), "small", bank.replay("small", sources))
    office.forward(people(WANG), "small", third, "shadow")
    people.pay([f"K{number}" for number in range(20)], 100)
    office.forward(people(WANG), "small", third, "canary", share_ppm=500_000)
    assert set(people.pay([f"K{number}" for number in range(40)], 100)) == {second, third}
    office.let_go()
    office.let_go()
    canary = bank.lives.of(f"small@{third}")
    assert not bank.lives.of(f"small@{third}").decider.closed, "it decides for some"
    office.back(people(LI), "small", "no better")
    there = deciding_threads()

    office.let_go()
    started = [name for name in (first, second, third) if bank.lives.started(f"small@{name}")]
    assert started == [first, second], "what is live, and what was before"
    with bank.lives.still():
        assert canary._engine is None, "whoever is forgotten is forgotten there too"
    late = {"id": "late", "customer": "K1", "amount": "100", "currency": "CNY", "channel": "transfer", "time": people.at.now_us()}
    assert canary.decide(canary.reader.read(late, people.at)).version == third
    office.let_go()
    assert canary.decider.closed
    assert deciding_threads() == there - 2
    assert people.pay(["C1"], 100) == [second]
    office.back(people(LI), "small", "complaints", second)
    assert people.pay(["C1"], 100) == [first]
    office.let_go()
    bank.close()
    assert bank.lives._leaving == []


def deciding_threads() -> int:
    """How many threads decide and answer, of whatever bank."""
    return sum(thread.name in ("huitong-decider", "huitong-answers") for thread in threading.enumerate())


def nobody() -> Actor:
    return Actor("sun", frozenset({"investigator"}))


def starting(bank: Bank, started: list[str]) -> Callable[..., Live]:
    def start(name: str, *given: object) -> Live:
        started.append(name)
        return bank._start(name, *given)  # type: ignore[arg-type]

    return start


def test_a_policy_that_decides_nothing_yet_is_started_beside_the_loop(root: Path) -> None:
    with Bank(root, clock=clock(), threads=2) as bank:
        service = BankService(bank, "small")
        bank.lives.rest()  # as if nothing had been started
        moments: list[str] = []

        async def asked() -> Decision | BaseException:
            answered: asyncio.Future[Decision | BaseException] = asyncio.get_running_loop().create_future()
            body = msgspec.json.encode(
                {"id": "P-1", "time": "2026-01-01T00:00:00Z", "customer": "C1", "amount": "10", "currency": "CNY", "channel": "transfer"}
            )
            service.ask(body, None, None, None, 0, answered.set_result)
            moments.append("asked")
            assert not bank.lives.started("small")
            return await answered

        found = asyncio.run(asked())
        assert moments == ["asked"]
        assert isinstance(found, Decision), found
        assert bank.lives.started("small")


@pytest.mark.parametrize("handed", [True, False], ids=["from a front", "over HTTP"])
def test_who_decides_is_asked_of_the_log_beside_the_loop(
    people: People, sources: list[Source], root: Path, monkeypatch: pytest.MonkeyPatch, handed: bool
) -> None:
    """After each act the log has to say it, and one that is away lets whoever asks wait."""
    bank, asked = people.bank, list[int]()
    first_live(people, sources)
    service = BankService(bank, "small")
    change(root, "amount > 200000", "amount > 20")
    bank.rollouts.draft(people(LI), "small", "next")
    end = bank.log.end

    def noted() -> int:
        asked.append(threading.get_ident())
        return end()

    monkeypatch.setattr(bank.log, "end", noted)
    given = {"id": "P-1", "time": "2026-01-01T00:00:00Z", "customer": "C1", "amount": "10", "currency": "CNY", "channel": "transfer"}

    async def decided() -> Decision | BaseException:
        if not handed:
            return await service.decide(msgspec.json.encode(given), None, None, None, 0)
        answered: asyncio.Future[Decision | BaseException] = asyncio.get_running_loop().create_future()
        service.ask(msgspec.json.encode(given), None, None, None, 0, answered.set_result)
        return await answered

    assert isinstance(asyncio.run(decided()), Decision)
    assert asked
    assert threading.get_ident() not in asked
    bank.close()


def test_one_who_goes_away_takes_a_start_from_nobody(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Bank(root, clock=clock(), threads=2) as bank:
        starts, goes_on = Starts(bank), threading.Event()
        start = bank.rollouts.start
        monkeypatch.setattr(bank.rollouts, "start", lambda policy: (goes_on.wait(60), start(policy)))

        async def asked() -> Started:
            gone, stays = asyncio.create_task(starts.ready("small")), asyncio.create_task(starts.ready("small"))
            await asyncio.sleep(0)
            gone.cancel()
            await asyncio.sleep(0)
            goes_on.set()
            return await stays

        assert asyncio.run(asked()).live is bank.live("small")


def test_after_a_restart_the_version_before_is_started_once_those_that_decide_are(
    people: People, sources: list[Source], root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = two_live(people, sources, root)
    people.bank.close()
    with Bank(root, clock=people.at, threads=2) as bank:
        settle = next(one for one in rounds_of(bank) if one.name == "state")._work
        settle()
        assert not bank.lives.started(f"small@{first}"), "those that decide come first"
        BankService(bank, "small")
        settle()
        assert [bank.lives.started(f"small@{one}") for one in (first, second)] == [True, True]
    with Bank(root, clock=people.at, threads=2) as bank:
        begin = bank.lives._start

        def refuse(name: str, progress: Progress) -> Live:
            if name == f"small@{first}":
                raise PolicyError("policy.gone", {"en": "gone", "zh": "无"}, {"en": "-", "zh": "-"})
            return begin(name, progress)

        monkeypatch.setattr(bank.lives, "_start", refuse)
        BankService(bank, "small")
        with pytest.raises(PolicyError):  # told by health, and tried again
            next(one for one in rounds_of(bank) if one.name == "state")._work()
        people.bank = bank
        assert people.pay(["C1"], 100) == [second]


def test_while_one_version_is_started_others_are_given_and_who_asks_for_the_same_gets_the_same(
    people: People, sources: list[Source], root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = (f"small@{one}" for one in two_live(people, sources, root))
    people.bank.close()
    with Bank(root, clock=people.at, threads=2) as bank:
        begin, begun, goes_on, started = bank.lives._start, threading.Event(), threading.Event(), list[str]()

        def slowly(name: str, progress: Progress) -> Live:
            started.append(name)
            if name == first:
                begun.set()
                assert goes_on.wait(60)
                if started.count(first) == 1:
                    raise PolicyError("policy.gone", {"en": "gone", "zh": "无"}, {"en": "-", "zh": "-"})
            return begin(name, progress)

        monkeypatch.setattr(bank.lives, "_start", slowly)
        with ThreadPoolExecutor(3) as pool:
            asked = [pool.submit(bank.lives.of, first)]
            assert begun.wait(60)
            asked.append(pool.submit(bank.lives.of, first))
            assert pool.submit(bank.lives.of, second).result(60) is bank.lives.known(second)
            with bank.lives.still():  # whoever is to be forgotten waits for no start
                pass
            goes_on.set()
            with pytest.raises(PolicyError):
                asked[0].result(60)
            assert asked[1].result(60) is bank.lives.known(first), "a start that failed is tried again by whoever waits for it"
        assert started == [first, second, first]


def test_what_is_kept_of_versions_that_share_their_features_is_the_state_that_goes_furthest(
    people: People, sources: list[Source], root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = two_live(people, sources, root)
    older, newer = (people.bank.lives.of(f"small@{one}") for one in (first, second))
    people.pay([f"C{number}" for number in range(10)], 100)
    assert older.offset < newer.offset == people.bank.log.end()
    kept: list[int] = []
    real = Live.close

    def close(live: Live) -> None:
        kept.append(live.offset)
        real(live)

    monkeypatch.setattr(Live, "close", close)
    people.bank.lives._lives = {second: newer, first: older}
    people.bank.close()
    assert kept == sorted(kept)


def test_the_start_of_a_former_version_ends_with_the_service(
    people: People, sources: list[Source], root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = two_live(people, sources, root)
    people.bank.close()
    with Bank(root, clock=people.at, threads=2) as bank:
        bank.live("small")
        begin, folds = bank.lives._start, threading.Event()

        def fold(name: str, progress: Progress) -> Live:
            folds.set()
            deadline = time.monotonic() + 60
            while time.monotonic() < deadline:
                progress("reading", 1, 2)
            return begin(name, progress)

        monkeypatch.setattr(bank.lives, "_start", fold)
        with next(one for one in rounds_of(bank) if one.name == "state") as rounds:
            assert folds.wait(60)
        assert rounds.error is None
        assert [bank.lives.started(f"small@{one}") for one in (first, second)] == [False, True]
