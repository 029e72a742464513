"""A real server killed in the middle of its work, and one that is asked to end: nothing acknowledged is lost, nothing is there twice."""

import shutil
import signal
from pathlib import Path

import pytest

from tests.api.serving import Callers, served, there


@pytest.fixture
def root(trained_bank: Path, tmp_path: Path) -> Path:
    return shutil.copytree(trained_bank / "bank", tmp_path / "bank")


def test_a_server_killed_under_load_has_lost_nothing_that_it_acknowledged_and_doubled_nothing(root: Path) -> None:
    told: dict[str, str] = {}
    for run in ("first", "second"):
        with served(root, "--no-console") as (process, address):
            callers = Callers(address, run)
            callers.wait_for(150)
            process.kill()
            callers.join()
        told |= callers.told
        events, decisions = there(root)
        assert max(events.values()) == 1
        assert told.items() <= decisions.items()
        assert set(decisions) == set(events)


def test_a_server_that_is_asked_to_end_answers_what_it_accepted(root: Path) -> None:
    with served(root, "--no-console") as (process, address):
        callers = Callers(address, "calm")
        callers.wait_for(100)
        process.send_signal(signal.SIGTERM)
        callers.join()
        assert process.wait(timeout=60) == 0
    events, decisions = there(root)
    assert max(events.values()) == 1
    assert callers.told == decisions, "who was not answered was not decided"
