"""The routes of lists: look-ups, and tables in and out."""

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from fastapi.concurrency import run_in_threadpool
from starlette.responses import Response

from huitong.api.callers import above_grade, allowed
from huitong.api.reading import body_of, media_type_of
from huitong.api.shapes import encoded
from huitong.api.work.acts import KEY_PARAMETER, SOON, command_of, digest_of, key_of_act, key_used, match_parameter, written_by
from huitong.api.work.lists import (
    KeptListItem,
    KeptListPage,
    ListEntries,
    ListFinding,
    ListImport,
    ListProposals,
    entry_item,
    list_item,
    list_seen,
    proposal_item,
)
from huitong.api.work.matching import MATCH_HEADER, etag_of, expectation
from huitong.api.work.port import WorkService
from huitong.api.work.reading import TAGGED, Cursor, Limit, Order, page_of, seen, told
from huitong.api.work.showing import Showing
from huitong.contracts import REQUEST_DIGEST, Command
from huitong.identity import ROLES_OF_ALL, Clearance
from huitong.kernel import InputError, time_us
from huitong.risk import lists
from huitong.risk.lists import ENTRY_CHANGED, OPENED, Entry, Holds, KeptList, ListKind

TABLE_BYTES_MAX = 4 * 1024 * 1024
TABLE_TYPE = "text/csv"
Name = Annotated[str, Path(max_length=64)]


def add_lists(router: APIRouter, service: WorkService) -> None:
    """Adds every route of lists that is no act with a JSON body."""
    _add_look_ups(router, service)
    _add_entries(router, service)
    _add_tables(router, service)


def _add_look_ups(router: APIRouter, service: WorkService) -> None:
    @router.get("/lists", response_model=KeptListPage, tags=["lists"], operation_id="lists")
    def all_lists(
        request: Request,
        text: Annotated[str | None, Query(description="Part of the name, title, owner or purpose.", max_length=200)] = None,
        holds: Annotated[Holds | None, Query(description="What stands on it.")] = None,
        kind: Annotated[ListKind | None, Query(description="What it is for.")] = None,
        cursor: Cursor = None,
        limit: Limit = 50,
    ) -> Response:
        """Lists, by name."""
        signed, clearance, showing = seen(request, service, "lists", ROLES_OF_ALL)
        for field, asked_for in (("holds", holds), ("for", kind)):
            if asked_for is not None:
                _require_grade(showing, clearance, field, OPENED)
        now_us = service.now_us()

        def asked(state: lists.Lists) -> KeptListPage:
            found = [one for one in state.lists.values() if _matches(one, text, holds, kind, showing)]
            by_name: Order[KeptList] = Order(lambda one: one.name, lambda one: one.name, lambda name: lists.list_of(state, name))
            page, after = page_of(found, cursor, limit, by_name)
            return KeptListPage([list_item(one, now_us, showing) for one in page], after)

        return told(request, signed, showing, service.ask_lists(asked))

    @router.get("/lists/waiting", response_model=ListProposals, tags=["lists"], operation_id="lists_waiting")
    def proposals(request: Request, cursor: Cursor = None, limit: Limit = 50) -> Response:
        """What waits for a second person, oldest first."""
        signed, _, showing = seen(request, service, "lists", ROLES_OF_ALL)
        now_us = service.now_us()

        def asked(state: lists.Lists) -> ListProposals:
            oldest: Order[lists.Proposal] = Order(
                lambda one: one.id, lambda one: (one.changes[0].time_us, one.id), lambda proposal: lists.proposal_of(state, proposal)
            )
            page, after = page_of(lists.waiting(state, now_us), cursor, limit, oldest)
            return ListProposals([proposal_item(one, showing) for one in page], after)

        return told(request, signed, showing, service.ask_lists(asked))


def _add_entries(router: APIRouter, service: WorkService) -> None:
    @router.get("/lists/entries", response_model=ListEntries, tags=["lists"], operation_id="list_entries_of_value")
    def of_value(
        request: Request,
        value: Annotated[str, Query(description="A customer, account, card, device, …", min_length=1, max_length=64)],
        holds: Annotated[Holds, Query(description="Which of these it is.")],
        cursor: Cursor = None,
        limit: Limit = 50,
    ) -> Response:
        """On which lists a value stands now, by name of the list."""
        signed, clearance, showing = seen(request, service, "lists", ROLES_OF_ALL)
        _require_grade(showing, clearance, holds)
        showing.asked_about(ENTRY_CHANGED, holds, value)
        now_us = service.now_us()

        def asked(state: lists.Lists) -> ListEntries:
            found = [(kept, entry) for kept, entry in lists.holding(state, value, now_us) if kept.holds == holds]
            by_name: Order[tuple[KeptList, Entry]] = Order(
                lambda one: one[1].id, lambda one: one[0].name, lambda entry: lists.entry_of(state, entry)
            )
            page, after = page_of(found, cursor, limit, by_name)
            return ListEntries([entry_item(kept.name, kept.holds, entry, showing) for kept, entry in page], after)

        return told(request, signed, showing, service.ask_lists(asked))

    @router.get("/lists/{name}", response_model=KeptListItem, tags=["lists"], operation_id="list", responses=TAGGED)
    def one_list(request: Request, name: Name) -> Response:
        """One list."""
        signed, _, showing = seen(request, service, "lists", ROLES_OF_ALL)
        now_us = service.now_us()

        def asked(state: lists.Lists) -> tuple[KeptListItem, str]:
            kept = lists.list_of(state, name)
            return list_item(kept, now_us, showing), etag_of(kept.edited)

        return told(request, signed, showing, *service.ask_lists(asked))

    @router.get("/lists/{name}/entries", response_model=ListEntries, tags=["lists"], operation_id="list_entries")
    def entries(
        request: Request,
        name: Name,
        value: Annotated[str | None, Query(description="Only of this value.", max_length=64)] = None,
        over: Annotated[bool, Query(description="Also those that are over.")] = False,
        cursor: Cursor = None,
        limit: Limit = 50,
    ) -> Response:
        """Entries of a list, newest first: those that hold now, or all that are remembered."""
        signed, clearance, showing = seen(request, service, "lists", ROLES_OF_ALL)
        now_us = service.now_us()

        def asked(state: lists.Lists) -> ListEntries:
            kept = lists.list_of(state, name)
            if value is not None:
                _require_grade(showing, clearance, kept.holds)
                showing.asked_about(ENTRY_CHANGED, kept.holds, value)
            found = [one for one in lists.entries_of(kept, now_us, over=over) if value in (None, one.value)]
            page, after = page_of(found, cursor, limit, _newest(state))
            return ListEntries([entry_item(name, kept.holds, one, showing) for one in page], after)

        return told(request, signed, showing, service.ask_lists(asked))


def _newest(state: lists.Lists) -> Order[Entry]:
    return Order(lambda one: one.id, lambda one: (-one.from_us, one.id), lambda entry: lists.entry_of(state, entry)[1])


def _add_tables(router: APIRouter, service: WorkService) -> None:
    @router.get(
        "/lists/{name}/table",
        tags=["lists"],
        operation_id="export_list",
        response_class=Response,
        responses={200: {"content": {TABLE_TYPE: {"schema": {"type": "string"}}}, "description": "The entries"}},
    )
    def export(request: Request, name: Name) -> Response:
        """The entries that hold now, as CSV; cells that a spreadsheet would take for formulas are guarded."""
        signed, clearance, showing = seen(request, service, "lists", ROLES_OF_ALL)
        now_us = service.now_us()

        def asked(state: lists.Lists) -> list[Entry]:
            kept = lists.list_of(state, name)
            for field in (kept.holds, "until", "ground", "reason", "customer"):
                _require_grade(showing, clearance, field)
            found = lists.entries_of(kept, now_us)
            for one in found:
                entry_item(name, kept.holds, one, showing)
            return found

        written = lists.write_table(service.ask_lists(asked))
        showing.note(request, signed)
        return Response(written, media_type=TABLE_TYPE, headers={"content-disposition": f'attachment; filename="{name}.csv"'})

    @router.post("/lists/{name}/table", response_model=ListImport, tags=["lists"], operation_id="import_list", openapi_extra=_TABLE_IN)
    async def take_in(
        request: Request,
        name: Name,
        until: Annotated[
            str | None,
            Query(description="The end where a row names none: a time with its offset, like 2027-06-30T00:00:00+08:00.", max_length=40),
        ] = None,
        ground: Annotated[str | None, Query(description="The ground where a row names none.", max_length=64)] = None,
    ) -> Response:
        """Puts the rows of a CSV table on a list; rows that cannot be are told with their lines."""
        signed = allowed(request, ["lists"], lists.KEPT_BY)
        key = key_of_act(request)
        expects = expectation(request.headers.get(MATCH_HEADER), list_seen({"name": name}))
        media_type_of(request.headers.get("content-type", ""), (TABLE_TYPE,))
        table = _text(await body_of(request, TABLE_BYTES_MAX))

        def carried_out() -> ListImport:
            command = command_of(service, signed.actor, key, digest_of(key, "import_list", name, until, ground, table), expects)
            known = service.written(command.id)
            now_us = command.now_us if known is None else known.time_us
            read = lists.read_table(table, now_us, service.grounds, until_us=None if until is None else time_us(until), ground=ground)
            service.act_on_lists(command, lists.take_in(command, name, read.rows, len(read.findings), service.grounds))
            event = written_by(service, command, key, lambda: {"list": name, "rows": len(read.rows), "refused": len(read.findings)})
            if known is not None and REQUEST_DIGEST not in known.data:
                _require_same(service, command, key, read.rows)
            findings = [ListFinding(one.code, one.where, one.text, one.remedy) for one in read.findings]
            return ListImport(event.id, event.data.get("second") is True, len(read.rows), len(findings), findings)

        return Response(encoded(await run_in_threadpool(carried_out)), media_type="application/json")


_TABLE_IN: dict[str, Any] = {
    "parameters": [KEY_PARAMETER, match_parameter(required=False)],
    "requestBody": {
        "required": True,
        "content": {
            TABLE_TYPE: {
                "schema": {"type": "string"},
                "example": f"value,until,ground,reason\n6222020000000017,{SOON},customer_report,reported at the counter\n",
            }
        },
    },
}


def _require_same(service: WorkService, command: Command, key: str, rows: Sequence[lists.Wanted]) -> None:
    """Refuses a key that was used for a table with other rows."""
    for number, row in enumerate(rows, 1):
        there = service.written(command.id_of(number))
        if there is None:
            raise key_used(key)
        said = there.keys.get(str(there.data["holds"])), there.data["until"], there.data["ground"], there.data.get("reason")
        if said != (row.value, row.until_us, row.ground, row.reason):
            raise key_used(key)


def _text(sent: bytes) -> str:
    try:
        return sent.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(
            "http.body",
            {"en": f"the body is not UTF-8: {error}", "zh": f"请求体不是 UTF-8：第 {error.start + 1} 字节处有误"},
            {"en": "send CSV in UTF-8", "zh": "请以 UTF-8 发送 CSV"},
        ) from None


def _matches(one: KeptList, text: str | None, holds: Holds | None, kind: ListKind | None, showing: Showing) -> bool:
    described = {"title_zh": one.title["zh"], "title_en": one.title["en"], "owner": one.owner, "purpose": one.purpose}
    words = " ".join([one.name, *(word for field, word in described.items() if showing.sees(OPENED, field))]).casefold()
    return (text is None or text.casefold() in words) and holds in (None, one.holds) and kind in (None, one.kind)


def _require_grade(showing: Showing, clearance: Clearance, field: str, kind: str = ENTRY_CHANGED) -> None:
    if not showing.sees(kind, field):
        raise above_grade(clearance, f"what is asked for ({field}) is of a higher grade", f"所查内容（{field}）的分级更高")
