"""Everything but the hot way: batches, events, labels, what was decided, policies, health."""

import base64
import binascii
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Annotated, Any

import msgspec
import pyarrow as pa
from fastapi import APIRouter, Depends, Path, Query, Request
from fastapi.concurrency import run_in_threadpool
from starlette.responses import Response, StreamingResponse

from huitong.api import shapes
from huitong.api.callers import above_grade, allowed, answer_grade, clearance_in, noted
from huitong.api.doors import ARRIVED
from huitong.api.filters import known_parameters, require_known, require_role
from huitong.api.hot import key_of, policy_asked, wait_ms_of
from huitong.api.problems import problem_of
from huitong.api.reading import (
    ARROW_TYPE,
    BATCH_BYTES_MAX,
    EVENT_BYTES_MAX,
    JSON_TYPES,
    LINES_TYPE,
    body_of,
    document_of,
    lines_of,
    media_type_of,
    raw_lines_of,
)
from huitong.api.service import Document, PolicySummary, Search, Service
from huitong.api.shapes import encoded
from huitong.api.tables import rows_of
from huitong.api.watch import on_watch
from huitong.contracts import Decision, Event
from huitong.identity import (
    ABOUT_ROLES,
    GRADE_PERSONAL,
    ROLES_OF_ALL,
    ROLES_WHO_READ,
    Clearance,
    Reading,
    Scope,
    ShownDecision,
    ShownEvent,
    searchable,
    shown_decision,
    shown_event,
)
from huitong.kernel import HuitongError, InputError, Language, PolicyError, Problem, preferred, time_us

PAGE_MAX = 500
_POLICIES: tuple[Scope, ...] = ("read", "policies")


_EVERYTHING = Clearance(5)
"""What nobody has: to compare with what somebody sees."""


class _Offset(msgspec.Struct, array_like=True):
    """What a cursor holds: where in the log the next page begins."""

    at: Annotated[int, msgspec.Meta(ge=0, le=2**62)]


RecordId = Annotated[str, Path(description="Id of the decision, or of the event that was decided.", max_length=128)]
PolicyName = Annotated[str, Path(description="Name of a policy, or NAME@VERSION.", max_length=200)]


def answer(shape: object, media_type: str = "application/json") -> Response:
    """An answer of a shape."""
    return Response(encoded(shape), media_type=media_type)


def routes(service: Service) -> APIRouter:
    """The routes of a service."""
    router = APIRouter(prefix="/v1", dependencies=[Depends(known_parameters)])
    _add_writing(router, service)
    _add_search(router, service)
    _add_decisions(router, service)
    _add_policies(router, service)
    probed = APIRouter(prefix="/v1")  # with whatever a balancer puts behind the address

    @probed.get("/health", response_model=shapes.HealthReport, tags=["health"], operation_id="health", responses={503: _problem_503()})
    async def health() -> Response:
        """What is wrong, with cause and remedy; 503 where the service cannot decide. Needs no name."""
        report = shapes.health_of(await on_watch(service.health))
        return Response(encoded(report), 503 if report.status == "troubled" else 200, media_type="application/json")

    both = APIRouter()
    both.include_router(probed)
    both.include_router(router)
    return both


def _problem_503() -> dict[str, Any]:
    return {"model": shapes.HealthReport, "description": "Something is wrong: the findings say what"}


def _add_writing(router: APIRouter, service: Service) -> None:
    @router.post("/decisions/batch", tags=["decisions"], operation_id="decide_batch", include_in_schema=False)
    async def decide_batch(request: Request, policy: str | None = None) -> Response:
        grade = answer_grade(allowed(request, ["decide"], ["machine"]))
        form = media_type_of(request.headers.get("content-type", ""), (LINES_TYPE, ARROW_TYPE))
        policy, wait_ms = policy_asked(policy), wait_ms_of(request.headers)
        body = await body_of(request, BATCH_BYTES_MAX)
        arrived_ns: int = request.scope[ARRIVED]
        if form == ARROW_TYPE:
            rows = await run_in_threadpool(rows_of, body)
            done = await service.decide_table(rows, policy, wait_ms, arrived_ns)
            language = preferred(request.headers.get("accept-language", ""))
            columns = await run_in_threadpool(lambda: _arrow(rows.ids(), _answers(service, grade, done), language))
            return Response(columns, media_type=ARROW_TYPE)
        parts = await service.decide_lines(await run_in_threadpool(raw_lines_of, body), policy, wait_ms, arrived_ns)
        language = preferred(request.headers.get("accept-language", ""))

        def lines(done: Sequence[Decision | HuitongError]) -> bytes:
            answers = _answers(service, grade, done)
            return b"".join(encoded(one if isinstance(one, shapes.Answer) else problem_of(one, language)) + b"\n" for one in answers)

        async def answered() -> AsyncIterator[bytes]:
            async for done in parts:
                yield await run_in_threadpool(lines, done)

        return StreamingResponse(answered(), media_type=LINES_TYPE)

    @router.post("/events", tags=["events"], operation_id="ingest", include_in_schema=False)
    async def ingest(request: Request) -> Response:
        signed = allowed(request, ["ingest"], ["machine"])
        given = await _given(request)
        try:
            signed.require_scope("feedback")
        except PolicyError as error:
            labels = await run_in_threadpool(service.label_kinds)
            given = [error if not isinstance(one, HuitongError) and one.get("kind") in labels else one for one in given]
        return await _taken(request, service, given)

    @router.post("/feedback", tags=["events"], operation_id="feedback", include_in_schema=False)
    async def feedback(request: Request) -> Response:
        allowed(request, ["feedback"], ["machine"])
        kinds = await run_in_threadpool(service.label_kinds)
        given = [_as_label(one, kinds) for one in await _given(request)]
        return await _taken(request, service, given)


async def _given(request: Request) -> Sequence[Document | HuitongError]:
    """One JSON object, whose id may be the idempotency key; or several, one a line."""
    form = media_type_of(request.headers.get("content-type", ""), (*JSON_TYPES, LINES_TYPE))
    key = key_of(request.headers)
    if form == LINES_TYPE:
        return await run_in_threadpool(lines_of, await body_of(request, BATCH_BYTES_MAX))
    document = document_of(await body_of(request, EVENT_BYTES_MAX))
    return [document if key is None or "id" in document else {**document, "id": key}]


def _as_label(given: Document | HuitongError, kinds: Sequence[str]) -> Document | HuitongError:
    if isinstance(given, HuitongError):
        return given
    kind = given.get("kind", kinds[0] if len(kinds) == 1 else None)
    if kind in kinds:
        return {**given, "kind": kind}
    return InputError(
        "feedback.kind",
        {"en": f"{kind!r} says of no event how it turned out", "zh": f"{kind!r} 不是说明事件结果的类别"},
        {"en": f"send kind {' or '.join(kinds)}", "zh": f"请发送类别 {' 或 '.join(kinds)}"},
    )


async def _taken(request: Request, service: Service, given: Sequence[Document | HuitongError]) -> Response:
    done = await run_in_threadpool(service.ingest, given)
    if len(given) == 1 and done.refused:
        raise done.refused[0][1]
    language = preferred(request.headers.get("accept-language", ""))
    return answer(
        shapes.Taken(done.new, done.repeated, [shapes.RefusedRow(row, problem_of(error, language)) for row, error in done.refused])
    )


def _answers(service: Service, grade: int | None, done: Sequence[Decision | HuitongError]) -> list[shapes.Answer | HuitongError]:
    return [shapes.answer_up_to(grade, one, service.grades_of) if isinstance(one, Decision) else one for one in done]


def _arrow(given: Sequence[str | None], done: Sequence[shapes.Answer | HuitongError], language: Language) -> bytes:
    """Answers as columns: the id that was given, what a system acts upon, and what was refused for what.

    A reason above the caller's grade is null.
    """
    answers = [one if isinstance(one, shapes.Answer) else None for one in done]
    reasons = [one and [reason.code if isinstance(reason.code, str) else None for reason in one.reasons] for one in answers]
    table = pa.table(
        {
            "id": pa.array([one and one.id for one in answers], pa.string()),
            "event": pa.array([one and one.event for one in answers], pa.string()),
            "outcome": pa.array([one and one.outcome for one in answers], pa.string()),
            "score": pa.array([one and one.score for one in answers], pa.float64()),
            "tier": pa.array([one and one.tier for one in answers], pa.string()),
            "reasons": pa.array(reasons, pa.list_(pa.string())),
            "error": pa.array([None if isinstance(one, shapes.Answer) else one.code for one in done], pa.string()),
            "given": pa.array(given, pa.string()),
            "problem": pa.array([None if isinstance(one, shapes.Answer) else _problem(one, language) for one in done], pa.string()),
        }
    )
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    written: bytes = sink.getvalue().to_pybytes()
    return written


def _problem(error: HuitongError, language: Language) -> str:
    return msgspec.json.encode(problem_of(error, language)).decode()


def _add_search(router: APIRouter, service: Service) -> None:
    @router.get("/decisions", response_model=shapes.FoundDecisions, tags=["decisions"], operation_id="search_decisions")
    def search(
        request: Request,
        since: Annotated[str | None, Query(description="Event time from which on, ISO 8601.", max_length=40)] = None,
        until: Annotated[str | None, Query(description="Event time before which, ISO 8601.", max_length=40)] = None,
        subject: Annotated[
            str | None, Query(description="Name under any key role of the event: customer, account, …", max_length=128)
        ] = None,
        role: Annotated[str | None, Query(description="The one key role under which to look for the subject.", max_length=64)] = None,
        outcome: Annotated[str | None, Query(max_length=64)] = None,
        policy: Annotated[str | None, Query(max_length=200)] = None,
        cursor: Annotated[str | None, Query(description="`next` of the page before.", max_length=64)] = None,
        limit: Annotated[int, Query(ge=1, le=PAGE_MAX)] = 50,
    ) -> Response:
        """Decisions, newest first, a page at a time. Each page looks at a bounded stretch of the log."""
        signed = allowed(request, ["read"], ROLES_WHO_READ)
        clearance = clearance_in(request, signed)
        require_role(service, role, subject)
        roles = {} if subject is None else _searchable_roles(service, clearance, role)
        page = service.search(
            Search(
                None if since is None else time_us(since),
                None if until is None else time_us(until),
                subject,
                roles,
                () if outcome is None else (outcome,),
                policy_asked(policy),
                None if cursor is None else _offset(cursor),
                limit,
            )
        )
        require_known(service, page, outcome, policy)
        shown = [_shown(service, clearance, decision, event) for decision, event in page.found]
        about = {_role_of(service, subject, roles): subject} if subject and not shown else None
        noted(request, service, signed, clearance, [one for pair in shown for one in pair], about)
        items = [shapes.FoundDecision(shapes.shown_answer(decision), shapes.event_of(event)) for decision, event in shown]
        return answer(shapes.FoundDecisions(items, None if page.before is None else _cursor(page.before), page.looked_at))


def _add_decisions(router: APIRouter, service: Service) -> None:
    @router.get("/decisions/{record_id:segment}", response_model=shapes.Decided, tags=["decisions"], operation_id="decision")
    def one(request: Request, record_id: RecordId) -> Response:
        """One decision with its event and evidence."""
        signed = allowed(request, ["read"], ROLES_WHO_READ)
        clearance = clearance_in(request, signed)
        decision, event = _shown(service, clearance, *service.decision(record_id))
        noted(request, service, signed, clearance, [decision, event])
        return answer(shapes.Decided(shapes.shown_answer(decision), shapes.grounds_of(decision), shapes.event_of(event)))

    @router.get(
        "/decisions/{record_id:segment}/explanation", response_model=shapes.Explained, tags=["decisions"], operation_id="explanation"
    )
    def explanation(request: Request, record_id: RecordId) -> Response:
        """Why it came out so: as recorded, with the names that people know."""
        signed = allowed(request, ["read"], ROLES_WHO_READ)
        clearance = clearance_in(request, signed)
        found = service.explanation(record_id)
        decision, event = _shown(service, clearance, found.decision, found.event)
        noted(request, service, signed, clearance, [decision, event])
        return answer(shapes.explained_of(found, decision, event))

    @router.get("/decisions/{record_id:segment}/proof", tags=["decisions"], operation_id="proof", response_model=dict[str, Any])
    def proof(request: Request, record_id: RecordId) -> Response:
        """The proof that decision and event are in the log, for `huitong verify` or the one file `verifier.py`.

        It holds both records whole, so that only who sees all of them gets it.
        """
        signed = allowed(request, ["read"], ROLES_WHO_READ)
        clearance = clearance_in(request, signed)
        whole = service.decision(record_id)
        shown = _shown(service, clearance, *whole)
        if shown != _shown(service, _EVERYTHING, *whole):
            raise above_grade(clearance, "the proof holds both records whole", "证明含有两条记录的全部内容")
        noted(request, service, signed, clearance, shown)
        return answer(service.proof(record_id))


def _shown(service: Service, clearance: Clearance, decision: Decision, event: Event) -> tuple[ShownDecision, ShownEvent]:
    return (
        shown_decision(decision, service.grades_of(decision), clearance),
        shown_event(event, service.contracts.get(event.kind), clearance),
    )


def _searchable_roles(service: Service, clearance: Clearance, role: str | None) -> dict[str, frozenset[str]]:
    """By kind of event, the key roles under which to look for a name.

    Raises:
        PolicyError: If the reader may not see what stands under one of them: they would find it out by guessing.
    """
    found: dict[str, frozenset[str]] = {}
    for kind in service.decided_kinds():
        contract = service.contracts[kind]
        wanted = frozenset(spec.key for spec in contract.fields if spec.key is not None and role in (None, spec.key))
        above = sorted(wanted - searchable(contract, clearance))
        if above:
            raise above_grade(
                clearance,
                f"a name is looked for under {', '.join(above)}, of a higher grade (role=… names one key role)",
                f"按名称检索涉及分级更高的 {'、'.join(above)}（可用 role=… 指定单一角色）",
            )
        found[kind] = wanted
    return found


def _role_of(service: Service, subject: str, roles: Mapping[str, frozenset[str]]) -> str:
    """The one key role under which a name is written down that was looked for under several and not found: as what the log knows it."""
    searched = frozenset[str]().union(*roles.values())
    named = [role for role in ABOUT_ROLES if role in searched] or sorted(searched)
    spaces = {spec.key: spec.space for kind in roles for spec in service.contracts[kind].fields}
    known = service.known_as(subject) if len(named) > 1 else ()
    return next((role for role in named if spaces[role] in known), named[0])


def _cursor(offset: int) -> str:
    return base64.urlsafe_b64encode(msgspec.msgpack.encode(_Offset(offset))).decode().rstrip("=")


def _offset(cursor: str) -> int:
    try:
        return msgspec.msgpack.decode(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)), type=_Offset).at
    except (binascii.Error, ValueError, msgspec.DecodeError):
        raise InputError(
            "http.cursor",
            {"en": f"{cursor!r} is no cursor", "zh": f"{cursor!r} 不是游标"},
            {"en": "send `next` of the page before as it is", "zh": "请原样发送上一页的 `next`"},
        ) from None


def _add_policies(router: APIRouter, service: Service) -> None:
    @router.get("/policies", response_model=shapes.Policies, tags=["policies"], operation_id="policies")
    def policies(request: Request) -> Response:
        """All policies: which version decides, and what stands in the folder."""
        allowed(request, _POLICIES, ROLES_OF_ALL)
        return answer(shapes.Policies([_policy(request, one) for one in service.policies()]))

    @router.get("/policies/{name}", response_model=shapes.PolicyItem, tags=["policies"], operation_id="policy")
    def policy(request: Request, name: PolicyName) -> Response:
        """One policy: which version decides, and what stands in its folder."""
        allowed(request, _POLICIES, ROLES_OF_ALL)
        return answer(_policy(request, service.policy(policy_asked(name) or "")))

    @router.get("/policies/{name}/versions", response_model=shapes.Versions, tags=["policies"], operation_id="policy_versions")
    def versions(request: Request, name: PolicyName) -> Response:
        """Versions of a policy that answered, newest first: which of them decides (`current`), which stands in the folder (`in_folder`)."""
        allowed(request, _POLICIES, ROLES_OF_ALL)
        return answer(shapes.Versions([shapes.version_of(one) for one in service.versions(policy_asked(name) or "")]))

    @router.get("/policies/{name}/diff", response_model=shapes.Changes, tags=["policies"], operation_id="policy_difference")
    def difference(
        request: Request, name: PolicyName, against: Annotated[str, Query(description="Policy or NAME@VERSION.", max_length=200)]
    ) -> Response:
        """What changed from `against` to this policy: settings, rules, cells, lists, features, model."""
        signed = allowed(request, _POLICIES, ROLES_OF_ALL)
        clearance = clearance_in(request, signed)
        found = service.difference(policy_asked(name) or "", policy_asked(against) or "")
        seen = [one for one in found if GRADE_PERSONAL <= one.grade <= clearance.grade]
        grade = max((one.grade for one in seen), default=1)
        service.note_reading(signed, Reading(request.url.path, (name, against), ("value",), grade, len(seen)), clearance)
        return answer(shapes.Changes([shapes.change_of(one, clearance) for one in found]))


def _policy(request: Request, one: PolicySummary) -> shapes.PolicyItem:
    broken: Problem | None = None
    if one.broken is not None:
        broken = problem_of(one.broken, preferred(request.headers.get("accept-language", "")))
    return shapes.policy_of(one, broken)
