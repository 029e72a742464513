"""Replays as jobs: one at a time, with progress, ended on command, and a failure that says why."""

import gc
import threading
import time
import weakref
from collections.abc import Callable, Sequence

import numpy as np
import pytest

from huitong.app import Bank, Source
from huitong.app.jobs import Asked, Jobs
from huitong.app.progress import Progress
from huitong.app.reports import RunReport
from huitong.contracts import Actor, Command
from huitong.kernel import FixedClock, InputError, PolicyError, Text

LI = Actor("li.wei", frozenset({"analyst"}))


def command(name: str) -> Command:
    """A command of an analyst."""
    return Command(name, LI, 1_000)


def never(_: RunReport) -> Text:
    """Of a job that has no report."""
    raise AssertionError


def ends(jobs: Jobs, job: str) -> str:
    """The state in which a job ends."""
    for _ in range(500):
        state = next(one.state for one in jobs.all() if one.id == job)
        if state != "runs":
            return state
        time.sleep(0.01)
    return "runs"


def going(begun: threading.Event) -> Callable[[Progress], RunReport]:
    """Work that goes on until somebody ends it."""

    def work(progress: Progress) -> RunReport:
        for done in range(100_000):
            progress("features", done, 100_000)
            begun.set()
            time.sleep(0.001)
        raise AssertionError

    return work


def test_a_job_tells_how_far_it_is_and_ends_when_it_is_cancelled() -> None:
    jobs, begun = Jobs(FixedClock(0)), threading.Event()
    jobs.start(command("one"), Asked("small"), going(begun), never)
    assert begun.wait(5)
    (job,) = jobs.all()
    assert (job.state, job.stage, job.total, job.by) == ("runs", "features", 100_000, "li.wei")
    with pytest.raises(PolicyError, match="another replay runs"):
        jobs.start(command("two"), Asked("small"), going(begun), never)
    assert jobs.start(command("one"), Asked("small"), going(begun), never).id == "one"
    jobs.cancel("one")
    assert ends(jobs, "one") == "cancelled"
    with pytest.raises(InputError):
        jobs.cancel("one")
    with pytest.raises(InputError):
        jobs.report("one", "en")


def test_a_job_that_fails_says_why_and_another_can_begin() -> None:
    jobs = Jobs(FixedClock(0))
    refused = InputError("a.b", {"en": "no rows", "zh": "没有数据"}, {"en": "bring some", "zh": "请提供"})

    def work(_: Progress) -> RunReport:
        raise refused

    jobs.start(command("one"), Asked("small", "small@abc"), work, never)
    assert ends(jobs, "one") == "failed"
    (job,) = jobs.all()
    assert job.error is not None
    assert job.error.code == "a.b"
    jobs.start(command("two"), Asked("small"), work, never)
    assert ends(jobs, "two") == "failed"
    assert [one.id for one in jobs.all()] == ["two", "one"]


def test_a_job_says_when_its_stage_began() -> None:
    clock = FixedClock(0)
    jobs, began = Jobs(clock), list[tuple[str, int]]()

    def work(progress: Progress) -> RunReport:
        for stage, done in (("reading", 1), ("reading", 2), ("deciding", 0), ("deciding", 1)):
            clock.advance_us(10)
            progress(stage, done, 2)
            (job,) = jobs.all()
            began.append((job.stage, job.stage_us))
        raise InputError("a.b", {"en": "no rows", "zh": "没有数据"}, {"en": "bring some", "zh": "请提供"})

    jobs.start(command("one"), Asked("small"), work, never)
    assert ends(jobs, "one") == "failed"
    assert began == [("reading", 10), ("reading", 10), ("deciding", 30), ("deciding", 30)]


def test_of_what_a_job_read_nothing_stays_but_its_report(bank: Bank, sources: Sequence[Source]) -> None:
    jobs, read = Jobs(FixedClock(0)), list[weakref.ref[object]]()

    def replayed(progress: Progress) -> RunReport:
        report = bank.replay("small", sources, progress=progress)
        read.append(weakref.ref(report.run.replayed.events.time_us))
        return report

    def failed(_: Progress) -> RunReport:
        rows = np.zeros(1_000)
        read.append(weakref.ref(rows))
        try:
            int("no number")
        except ValueError as error:
            raise InputError("a.b", {"en": "no rows", "zh": "没有数据"}, {"en": "bring some", "zh": "请提供"}) from error
        raise AssertionError

    jobs.start(command("one"), Asked("small"), replayed, lambda _: {"en": "done", "zh": "完成"})
    assert ends(jobs, "one") == "done"
    jobs.start(command("two"), Asked("small"), failed, never)
    assert ends(jobs, "two") == "failed"
    for thread in threading.enumerate():  # one may still be about to end
        if thread.name.startswith("huitong-replay-"):
            thread.join()
    gc.collect()
    assert [one() for one in read] == [None, None]
    assert "<html" in jobs.report("one", "en")


def test_differing_payments_of_the_log_lead_to_their_decisions_and_those_of_a_table_nowhere(bank: Bank, sources: Sequence[Source]) -> None:
    settings = bank.workspace.policy_folder("small") / "policy.toml"
    live = bank.rollouts.draft(Command("c1", LI, bank.clock.now_us()), "small", "first")
    settings.write_bytes(settings.read_bytes().replace(b'when = "amount > 200000"', b'when = "amount > 1"'))
    jobs = Jobs(FixedClock(0))

    def replayed(progress: Progress) -> RunReport:
        return bank.replay("small", sources, against=f"small@{live}", progress=progress)

    def leads(payment: str) -> str | None:
        return None if payment.endswith("7") else f"/decisions/{payment}"

    for name, asked in (("one", Asked("small")), ("two", Asked("small", table="payments.csv"))):
        jobs.start(command(name), asked, replayed, lambda _: {"en": "done", "zh": "完成"})
        assert ends(jobs, name) == "done"
    page = jobs.report("one", "en", leads)
    assert 'href="/decisions/' in page
    assert '7"><code>' not in page
    assert 'href="/decisions/' not in jobs.report("two", "en", leads)
