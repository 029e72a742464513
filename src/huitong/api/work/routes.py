"""The routes of work: look-ups of the books, and every act on them."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request
from starlette.responses import Response

from huitong.api.callers import above_grade, allowed, clearance_in
from huitong.api.filters import known_parameters
from huitong.api.hot import policy_asked
from huitong.api.work import case_items as ci
from huitong.api.work import desk as d
from huitong.api.work import lists as ls
from huitong.api.work import measures as m
from huitong.api.work import queue as q
from huitong.api.work import rollouts as r
from huitong.api.work.acts import add_act
from huitong.api.work.case_files import add_case_files
from huitong.api.work.customers import add_customers
from huitong.api.work.list_routes import add_lists
from huitong.api.work.matching import etag_of
from huitong.api.work.port import WorkService
from huitong.api.work.reading import TAGGED, Cursor, Limit, Order, answer, page_of, seen, tagged, told
from huitong.api.work.replays import add_replays
from huitong.api.work.webhooks import WEBHOOK_ACTS, add_webhooks
from huitong.decisions.rollout import Rollouts
from huitong.identity import ROLES_OF_ALL, Reading
from huitong.kernel import InputError
from huitong.operations import cases
from huitong.risk.disposition import Ledger, Stretch, Subject, in_force, measure_of, measures_of, proposal_of, waiting
from huitong.risk.disposition.measure import CHANGED, SubjectRole

Id = Annotated[str, Path(max_length=128)]


def work_routes(service: WorkService) -> APIRouter:
    """The routes of work of a bank."""
    router = APIRouter(prefix="/v1", dependencies=[Depends(known_parameters)])
    add_case_files(router, service)
    _add_desk(router, service)
    add_customers(router, service)
    _add_measures(router, service)
    add_lists(router, service)
    _add_rollouts(router, service)
    add_replays(router, service)
    add_webhooks(router, service)
    for act in (*d.DESK_ACTS, *m.MEASURE_ACTS, *ls.LIST_ACTS, *r.ROLLOUT_ACTS, *WEBHOOK_ACTS):
        add_act(router, service, act)
    return router


def _add_desk(router: APIRouter, service: WorkService) -> None:
    @router.get("/alerts", response_model=q.Queue, tags=["alerts"], operation_id="alerts")
    def alerts(
        request: Request,
        assignee: Annotated[str | None, Query(description="Only what this person has.", max_length=128)] = None,
        state: Annotated[q.State, Query(description=q.STATES)] = "open",
        cursor: Cursor = None,
        limit: Limit = 50,
    ) -> Response:
        """The queue: open alerts that are awake, those first that avoid most loss per minute of work; where the caller may not see
        losses, those first that are due. With `state` those that sleep, are closed, or wait for a second look.
        """
        signed, clearance, showing = seen(request, service, "cases")
        if assignee is not None and not showing.sees(d.ASSIGNED, "to"):
            raise above_grade(clearance, "who has an alert is of a higher grade", "预警处理人的分级更高")
        settings, now_us, people = service.desk_settings, service.now_us(), service.investigators()
        page, after = q.alerts_page(service, showing, state, assignee, cursor, limit)
        best = service.ask_desk(lambda desk: cases.best_for(desk, people, settings, now_us))
        figures = service.ask_desk(lambda desk: cases.figures(desk, settings, now_us))
        items = [q.waiting_item(one, showing, best(one.alert)) for one in page]
        shape = q.Queue(items, after, figures.alerts, round(figures.hours, 2), figures.late, figures.asleep)
        return told(request, signed, showing, shape)

    @router.get("/alerts/{alert_id:path}", response_model=d.AlertItem, tags=["alerts"], operation_id="alert", responses=TAGGED)
    def alert(request: Request, alert_id: Id) -> Response:
        """One alert, open or closed."""
        signed, _, showing = seen(request, service, "cases")
        settings, now_us, people = service.desk_settings, service.now_us(), service.investigators()

        def asked(desk: cases.Desk) -> tuple[d.AlertItem, str]:
            best = cases.best_for(desk, people, settings, now_us)
            return tagged(cases.alert_of(desk, alert_id), lambda one: d.alert_item(one, showing, best(one)))

        return told(request, signed, showing, *service.ask_desk(asked))

    @router.get("/cases", response_model=ci.Cases, tags=["cases"], operation_id="cases")
    def all_cases(request: Request, cursor: Cursor = None, limit: Limit = 50) -> Response:
        """Cases, newest first, each without its time line."""
        signed, _, showing = seen(request, service, "cases")

        def asked(desk: cases.Desk) -> ci.Cases:
            newest = Order(lambda one: one.id, lambda one: (-one.opened_us, one.id), lambda case: cases.case_of(desk, case))
            page, after = page_of(desk.cases.values(), cursor, limit, newest)
            return ci.Cases([ci.case_item(one, showing, whole=False) for one in page], after)

        return told(request, signed, showing, service.ask_desk(asked))

    @router.get("/cases/{case_id:path}", response_model=ci.CaseItem, tags=["cases"], operation_id="case", responses=TAGGED)
    def case(request: Request, case_id: Id) -> Response:
        """One case with its time line."""
        signed, _, showing = seen(request, service, "cases")

        def asked(desk: cases.Desk) -> tuple[ci.CaseItem, str]:
            return tagged(cases.case_of(desk, case_id), lambda one: ci.case_item(one, showing, whole=True))

        return told(request, signed, showing, *service.ask_desk(asked))


def _add_measures(router: APIRouter, service: WorkService) -> None:
    @router.get("/measures", response_model=m.Measures, tags=["measures"], operation_id="measures")
    def measures(
        request: Request,
        role: Annotated[SubjectRole | None, Query(description="Kind of the subject.")] = None,
        subject: Annotated[
            str | None, Query(description="Its name: then all its measures, also those that are over.", max_length=64)
        ] = None,
        cursor: Cursor = None,
        limit: Limit = 50,
    ) -> Response:
        """Measures in force, strongest first; or all that a subject had."""
        signed, clearance, showing = seen(request, service, "measures")
        if (role is None) is not (subject is None):
            raise InputError(
                "http.parameter",
                {"en": "role and subject belong together", "zh": "role 与 subject 须同时给出"},
                {"en": "give both, or neither", "zh": "请同时给出，或都不给出"},
            )
        if role is not None and subject is not None:
            if not showing.sees(CHANGED, role):
                raise above_grade(clearance, f"names of a {role} are of a higher grade", f"{role} 名称的分级更高")
            showing.asked_about(CHANGED, role, subject)
            whose = Subject(role, subject)
            found: Sequence[Stretch] = service.ask_measures(lambda ledger: measures_of(ledger, whose))
            order = m.order_of_subject(service)
        else:
            now_us = service.now_us()
            found, order = service.ask_measures(lambda ledger: in_force(ledger, now_us)), m.order_of(service, showing)
        page, after = page_of(found, cursor, limit, order)
        return told(request, signed, showing, m.Measures([m.measure_item(one, showing) for one in page], after))

    @router.get("/measures/waiting", response_model=m.Proposals, tags=["measures"], operation_id="measures_waiting")
    def proposals(request: Request, cursor: Cursor = None, limit: Limit = 50) -> Response:
        """What waits for a second person, oldest first."""
        signed, _, showing = seen(request, service, "measures")
        now_us = service.now_us()
        found = service.ask_measures(lambda ledger: waiting(ledger, now_us))
        page, after = page_of(found, cursor, limit, m.order_of_proposals(service))
        return told(request, signed, showing, m.Proposals([m.proposal_item(one, showing) for one in page], after))

    @router.get(
        "/measures/waiting/{proposal_id:path}", response_model=m.ProposalItem, tags=["measures"], operation_id="proposal", responses=TAGGED
    )
    def proposal(request: Request, proposal_id: Id) -> Response:
        """One of them."""
        signed, _, showing = seen(request, service, "measures")

        def asked(ledger: Ledger) -> tuple[m.ProposalItem, str]:
            return tagged(proposal_of(ledger, proposal_id), lambda one: m.proposal_item(one, showing))

        return told(request, signed, showing, *service.ask_measures(asked))

    @router.get("/measures/{measure_id:path}", response_model=m.MeasureItem, tags=["measures"], operation_id="measure", responses=TAGGED)
    def measure(request: Request, measure_id: Id) -> Response:
        """One measure, in force or over."""
        signed, _, showing = seen(request, service, "measures")

        def asked(ledger: Ledger) -> tuple[m.MeasureItem, str]:
            return tagged(measure_of(ledger, measure_id), lambda one: m.measure_item(one, showing))

        return told(request, signed, showing, *service.ask_measures(asked))


def _add_rollouts(router: APIRouter, service: WorkService) -> None:
    @router.get("/policies/{name}/rollout", response_model=r.Rollout, tags=["rollouts"], operation_id="rollout", responses=TAGGED)
    def rollout(request: Request, name: Annotated[str, Path(max_length=200)]) -> Response:
        """Each version of a policy: where it stands, on what evidence, and what is missing before its next step."""
        allowed(request, ["read", "policies"], ROLES_OF_ALL)
        policy = policy_asked(name) or ""
        found = service.rollout(policy)
        etag = etag_of(r.rollout_seen({"name": policy})(Rollouts({policy: found})))
        return answer(r.rollout_of(policy, found, service.lacking(policy)), etag)

    @router.get("/policies/{name}/files", response_model=r.PolicyFiles, tags=["policies"], operation_id="policy_files")
    def files(request: Request, name: Annotated[str, Path(max_length=200)]) -> Response:
        """The files of a policy that people may change."""
        allowed(request, ["read", "policies"], ROLES_OF_ALL)
        policy = policy_asked(name) or ""
        return answer(r.PolicyFiles(policy, [r.PolicyFile(*one) for one in service.policy_files(policy).items()]))

    @router.get(
        "/policies/{name}/files/{file:path}", response_model=r.FileContent, tags=["policies"], operation_id="policy_file", responses=TAGGED
    )
    def file_of(request: Request, name: Annotated[str, Path(max_length=200)], file: Id) -> Response:
        """One of them, as it stands in the policy's folder. A list of names is shown to who may see them."""
        signed = allowed(request, ["read", "policies"], ROLES_OF_ALL)
        clearance = clearance_in(request, signed)
        policy = policy_asked(name) or ""
        text, grade = service.policy_file(policy, file), service.policy_files(policy).get(file, 1)
        if grade > clearance.grade:
            raise above_grade(clearance, f"what {file} lists is of a higher grade", f"{file} 所列内容的分级更高")
        service.note_reading(signed, Reading(request.url.path, (f"{policy}/{file}",), ("value",), grade, 1), clearance)
        return answer(r.FileContent(policy, file, text), etag_of(text.encode()))
