"""A version on its way to be live over HTTP alone: drafted, replayed as a job, with what that found as its evidence."""

import time

import pytest

from huitong.client.work_shapes import Replay
from huitong.decisions.rollout import RolloutSettings
from tests.api.test_edits import _closed, code_of, worker
from tests.api.test_work import House, house

__all__ = ["_closed", "house"]


def ended(house: House, replay: str) -> Replay:
    """A replay once it runs no more."""
    chen = worker(house, "chen")
    for _ in range(1_000):
        found = chen.replay_of(replay)
        if found.state != "runs":
            return found
        time.sleep(0.02)
    raise AssertionError(found)


@pytest.fixture(autouse=True)
def _lenient(house: House) -> None:
    house.bank.rollouts.settings = RolloutSettings(replay_decisions_min=1)


def test_a_version_comes_to_be_live_over_http_alone(house: House) -> None:
    chen, wang = worker(house, "chen"), worker(house, "wang")
    house.pay("r-1", "Ruan")
    chen.draft("small", "as it is")
    (draft,) = (one.version for one in chen.rollout("small").value.versions if one.stage == "draft")
    assert code_of(lambda: wang.forward("small", draft, "live")) == "rollout.step"
    begun = chen.replay("small", key="first")
    assert (begun.policy, begun.version, begun.by, begun.days) == ("small", draft, "chen", 0)
    done = ended(house, begun.id)
    assert (done.state, done.problem) == ("done", None), done
    assert done.found is not None
    assert set(done.found) == {"en", "zh"}
    assert chen.replay("small", key="first") == done, "the same key is the same replay"
    assert code_of(lambda: chen.replay("small", days=3, key="first")) == "act.key_used"
    assert next(one.id for one in chen.replays()) == begun.id
    (version,) = (one for one in chen.rollout("small").value.versions if one.version == draft)
    assert version.stage == "replayed"
    wang.forward("small", draft, "live")
    assert chen.rollout("small").value.live == draft
    late = ended(house, chen.replay("small", days=1).id)
    assert late.state == "failed"
    assert late.problem is not None
    assert late.problem["code"] == "replay.from.beyond", "no payment is of these days"
    against = ended(house, chen.replay(f"small@{draft[:12]}", against="small", days=3_000).id)
    assert (against.state, against.version, against.against_version, against.days) == ("done", draft, draft, 3_000), against.problem


def test_what_cannot_be_replayed_is_refused_or_says_why(house: House) -> None:
    chen, zhao = worker(house, "chen"), worker(house, "zhao")
    assert code_of(lambda: zhao.replay("small")) == "access.role"
    assert code_of(lambda: chen.replay("none")) == "bank.policy.unknown"
    assert code_of(lambda: chen.replay("small", against="none")) == "bank.policy.unknown"
    assert code_of(lambda: chen.replay("small@ffffffffffff")) == "bank.policy.unknown"
    assert code_of(lambda: chen.replay("small", days=-1)) == "http.body"
    assert code_of(lambda: chen.replay_of("none")) == "replay.unknown"
    assert code_of(lambda: chen.cancel_replay("none")) == "replay.unknown"
    no_key = house.client.post("/v1/policies/small/replays", json={}, headers={"x-user": "chen"})
    assert (no_key.status_code, no_key.json()["code"]) == (400, "http.header")


def test_one_replay_runs_at_a_time_and_ends_where_somebody_says_so(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    chen, replay = worker(house, "chen"), house.bank.replay

    def slow(*given: object, progress: object, **named: object) -> object:
        assert callable(progress)
        for number in range(2_000):
            progress("replaying", number, 2_000)
            time.sleep(0.01)
        return replay(*given, progress=progress, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(house.bank, "replay", slow)
    begun = chen.replay("small")
    assert begun.state == "runs"
    assert code_of(lambda: chen.replay("small")) == "replay.busy"
    while chen.replay_of(begun.id).stage != "replaying":
        time.sleep(0.01)
    assert chen.replay_of(begun.id).total == 2_000
    chen.cancel_replay(begun.id)
    assert ended(house, begun.id).state == "cancelled"
    assert code_of(lambda: chen.cancel_replay(begun.id)) == "replay.unknown"
