"""The routes of files of cases: one is added, one is read."""

from hashlib import sha256
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Path, Query, Request
from fastapi.concurrency import run_in_threadpool
from starlette.responses import Response

from huitong.api.callers import above_grade, allowed
from huitong.api.reading import body_of, media_type_of
from huitong.api.work.acts import KEY_PARAMETER, Acted, command_of, digest_of, key_of_act, match_parameter, written_by
from huitong.api.work.desk import case_seen
from huitong.api.work.matching import MATCH_HEADER, expectation
from huitong.api.work.port import WorkService
from huitong.api.work.reading import seen
from huitong.identity import GRADE_PERSONAL, Reading
from huitong.kernel import attachment
from huitong.operations.cases import CASE_FILED, FILE_BYTES_MAX, WORKING

FILE_TYPE = "application/octet-stream"
"""How a file is sent and given: what it is, its name and its first bytes say."""
CaseId = Annotated[str, Path(description="Id of the case.", min_length=1, max_length=128)]
_FILE: dict[str, Any] = {"schema": {"type": "string", "format": "binary"}}
_FILE_IN: dict[str, Any] = {
    "parameters": [KEY_PARAMETER, match_parameter(required=False)],
    "requestBody": {"required": True, "content": {FILE_TYPE: {**_FILE, "example": "what the customer said on the telephone"}}},
}
_FILE_OUT: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The file, to be kept",
        "content": {FILE_TYPE: _FILE},
        "headers": {"Content-Disposition": {"description": "Its name.", "schema": {"type": "string"}}},
    }
}


def add_case_files(router: APIRouter, service: WorkService) -> None:
    """Adds the routes of files of cases; before those of cases, whose ids may hold anything."""

    @router.post("/cases/{case_id:path}/files", response_model=Acted, tags=["cases"], operation_id="add_case_file", openapi_extra=_FILE_IN)
    async def add(
        request: Request,
        case_id: CaseId,
        name: Annotated[str, Query(description="Its name, with its ending.", min_length=1, max_length=200)],
    ) -> Response:
        """Adds a file to a case: PDF, PNG, JPEG, Word, Excel, text, CSV or e-mail, as its name's ending says; 20 MiB at most."""
        signed = allowed(request, ["cases"], WORKING)
        key = key_of_act(request)
        expects = expectation(request.headers.get(MATCH_HEADER), case_seen({"case_id": case_id}))
        media_type_of(request.headers.get("content-type", ""), (FILE_TYPE,))
        content = await body_of(request, FILE_BYTES_MAX)

        def carried_out() -> Acted:
            told = {"case": case_id, "name": name, "content": sha256(content).hexdigest()}
            command = command_of(service, signed.actor, key, digest_of(key, "add_case_file", told), expects)
            if service.written(command.id) is not None:
                written_by(service, command, key, lambda: told)  # else the key is another act's
            service.add_case_file(command, case_id, name, content)  # given again, it only puts back a file that was lost
            event = written_by(service, command, key, lambda: told)
            return Acted(event.id, event.kind)

        return Response(msgspec.json.encode(await run_in_threadpool(carried_out)), media_type="application/json")

    @router.get(
        "/cases/{case_id:path}/files/{entry_id:path}",
        tags=["cases"],
        operation_id="case_file",
        response_class=Response,
        responses=_FILE_OUT,
    )
    def one(
        request: Request,
        case_id: CaseId,
        entry_id: Annotated[str, Path(description="Its line in the case's time line.", min_length=1, max_length=128)],
    ) -> Response:
        """A file of a case, by its line in the time line. Who reads it is written down."""
        signed, clearance, showing = seen(request, service, "cases")
        grade = showing.grade(CASE_FILED, "name")
        if grade > clearance.grade:
            raise above_grade(clearance, "files of cases are of a higher grade", "案件附件的分级更高")
        name, content = service.case_file(case_id, entry_id)
        reading = Reading(request.url.path, (entry_id,), ("file",), max(grade, GRADE_PERSONAL), 1)
        service.note_reading(signed, reading, clearance)
        return Response(content, media_type=FILE_TYPE, headers={"content-disposition": attachment(name)})
