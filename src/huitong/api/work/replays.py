"""Replays over HTTP: begun, looked at while they run, ended; of an analyst's, what was found is evidence about the version."""

from dataclasses import dataclass
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Path, Request
from fastapi.concurrency import run_in_threadpool
from starlette.responses import Response

from huitong.api.callers import allowed
from huitong.api.hot import policy_asked
from huitong.api.problems import problem_of
from huitong.api.reading import EVENT_BYTES_MAX, JSON_TYPES, body_of, media_type_of
from huitong.api.work.acts import KEY_PARAMETER, key_of_act, key_used, read_body
from huitong.api.work.matching import MATCH_HEADER, expectation
from huitong.api.work.port import WorkService
from huitong.api.work.reading import answer
from huitong.contracts import ReplayJob, id_of_act
from huitong.contracts.replays import ReplayState, unknown_replay
from huitong.identity import ROLES_OF_ALL
from huitong.kernel import Problem, Text, time_text

DAYS_MAX = 3_660
ReplayId = Annotated[str, Path(description="Of the replay.", min_length=1, max_length=128)]


class Replay(msgspec.Struct, forbid_unknown_fields=True, frozen=True, omit_defaults=True):
    """What the policy or version is compared with, if anything; of how many of the last days, today among them, 0 for all there is."""

    against: Annotated[str, msgspec.Meta(min_length=1, max_length=200)] | None = None
    days: Annotated[int, msgspec.Meta(ge=0, le=DAYS_MAX)] = 0


@dataclass(frozen=True, slots=True)
class ReplayItem:
    """A replay: how far it is, and what it found.

    Attributes:
        id: Its id.
        policy: The policy, or the version, that is replayed.
        version: Hash of the version when it began; ``null`` where it could not be told.
        against: What it is compared with.
        against_version: Hash of that.
        days: Of how many of the last days; 0 for all there is.
        table: Name of the file whose payments are replayed; ``null`` for the log.
        by: Who asked for it.
        begun: When.
        state: How it stands.
        stage: What it does at the moment.
        done: How much of that is done.
        total: Of how much; ``null`` where nobody knows.
        found: What it found, in a sentence.
        problem: Why it failed.
    """

    id: str
    policy: str
    version: str | None
    against: str | None
    against_version: str | None
    days: int
    table: str | None
    by: str
    begun: str
    state: ReplayState
    stage: str
    done: int
    total: int | None
    found: Text | None
    problem: Problem | None


@dataclass(frozen=True, slots=True)
class ReplayItems:
    """The latest replays of the process that serves, newest first."""

    items: list[ReplayItem]


_BEGIN: dict[str, Any] = {
    "parameters": [KEY_PARAMETER],
    "requestBody": {
        "required": False,
        "content": {
            "application/json": {
                "schema": msgspec.json.schema_components([Replay])[1]["Replay"],
                "example": {"against": "card_payments@3f9a4c12", "days": 7},
            }
        },
    },
}


def add_replays(router: APIRouter, service: WorkService) -> None:
    """Adds the routes of replays."""

    @router.post(
        "/policies/{name}/replays",
        response_model=ReplayItem,
        tags=["rollouts"],
        operation_id="begin_replay",
        openapi_extra=_BEGIN,
    )
    async def begin(request: Request, name: Annotated[str, Path(max_length=200)]) -> Response:
        """Begins a replay of the log under a policy or a version of it (`NAME@HASH`), and answers at once; one runs at a time. What an
        analyst's found is evidence about the version, if that was drafted. Asked again under the same key, it is the same replay.
        """
        signed = allowed(request, ["policies"], ROLES_OF_ALL)
        key = key_of_act(request)
        expectation(request.headers.get(MATCH_HEADER), None)
        media_type_of(request.headers.get("content-type", ""), JSON_TYPES)
        body = read_body(await body_of(request, EVENT_BYTES_MAX) or b"{}", Replay)
        policy, against = policy_asked(name) or "", policy_asked(body.against)

        def begun() -> ReplayJob:
            command = service.command(signed.actor, id_of_act(signed.actor, key))
            job = service.begin_replay(command, policy, against, body.days)
            if (job.policy, job.against, job.days, job.table) != (policy, against, body.days, ""):
                raise key_used(key)
            return job

        return answer(_item(await run_in_threadpool(begun)))

    @router.get("/replays", response_model=ReplayItems, tags=["rollouts"], operation_id="replays")
    def replays(request: Request) -> Response:
        """The latest replays of the process that serves, newest first; the list begins anew when it starts."""
        allowed(request, ["read", "policies"], ROLES_OF_ALL)
        return answer(ReplayItems([_item(job) for job in service.replays()]))

    @router.post(
        "/replays/{replay_id:path}/cancel",
        response_model=ReplayItem,
        tags=["rollouts"],
        operation_id="cancel_replay",
        openapi_extra={"requestBody": {"required": False, "content": {"application/json": {"schema": {"type": "object"}, "example": {}}}}},
    )
    def cancel(request: Request, replay_id: ReplayId) -> Response:
        """Ends a replay at its next step; what it found so far is thrown away."""
        signed = allowed(request, ["policies"], ROLES_OF_ALL)
        expectation(request.headers.get(MATCH_HEADER), None)
        service.cancel_replay(signed.actor, replay_id)
        return answer(_item(_one(service, replay_id)))

    @router.get("/replays/{replay_id:path}", response_model=ReplayItem, tags=["rollouts"], operation_id="replay")
    def replay(request: Request, replay_id: ReplayId) -> Response:
        """One replay: how far it is, and what it found."""
        allowed(request, ["read", "policies"], ROLES_OF_ALL)
        return answer(_item(_one(service, replay_id)))


def _one(service: WorkService, replay_id: str) -> ReplayJob:
    found = next((job for job in service.replays() if job.id == replay_id), None)
    if found is None:
        raise unknown_replay(replay_id)
    return found


def _item(job: ReplayJob) -> ReplayItem:
    return ReplayItem(
        job.id,
        job.policy,
        job.version or None,
        job.against,
        job.against_version or None,
        job.days,
        job.table or None,
        job.by,
        time_text(job.begun_us),
        job.state,
        job.stage,
        job.done,
        job.total,
        job.headline,
        None if job.error is None else problem_of(job.error),
    )
