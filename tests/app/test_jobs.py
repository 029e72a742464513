"""Replays as jobs: one at a time, with progress, ended on command, and a failure that says why."""

import threading
import time
from collections.abc import Callable

import pytest

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
    assert job.error is refused
    jobs.start(command("two"), Asked("small"), work, never)
    assert ends(jobs, "two") == "failed"
    assert [one.id for one in jobs.all()] == ["two", "one"]
