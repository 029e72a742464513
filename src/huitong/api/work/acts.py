"""An act as a route: declared once, named by its idempotency key, carried out once."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, Generic, Literal, TypeVar

import msgspec
from fastapi import APIRouter
from fastapi.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from huitong.api.callers import allowed
from huitong.api.hot import KEY_HEADER, key_of
from huitong.api.reading import EVENT_BYTES_MAX, JSON_TYPES, body_of, document_of, media_type_of
from huitong.api.work.matching import MATCH_HEADER, Seen, expectation, tag_needed
from huitong.api.work.port import WorkService
from huitong.contracts import REQUEST_DIGEST, Actor, Command, Event, Role, Value, id_of_act, shape_in_chinese
from huitong.identity import Scope
from huitong.kernel import DataError, Finding, InputError

PATH_LENGTH_MAX = 200
SOON = "{soon}"
"""Stands in an example for a moment that is to come; the description names one, counted from when it is made."""
KEY_PARAMETER: Mapping[str, Any] = {
    "name": KEY_HEADER,
    "in": "header",
    "required": True,
    "description": "Names the act: sent twice, it is carried out once; with another content it is refused.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 128},
}
ASKED = "asked_"
"""Begins the name of a field that says what was asked for, where the act kept to something else."""
B = TypeVar("B", bound=msgspec.Struct)
Told = Mapping[str, Value]
"""What the event of an act says of what was asked: its keys and fields by name. Only of events without a digest of that."""


class NoBody(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """An act that needs no more than its address."""


@dataclass(frozen=True, slots=True)
class Acted:
    """What an act led to.

    Attributes:
        id: Id of its event in the log.
        kind: Kind of that event: ``measure.proposed`` waits for a second person.
    """

    id: str
    kind: str


@dataclass(frozen=True, slots=True)
class Carried:
    """An act that was carried out.

    Attributes:
        command: By whom, now.
        event: Its event.
        found: What was to be said of what is asked, before it was carried out.
        before: Whether that was done before, so that this is only told again.
    """

    command: Command
    event: Event
    found: Sequence[Finding]
    before: bool


@dataclass(frozen=True, slots=True)
class ActRoute(Generic[B]):
    """An act.

    Attributes:
        path: Its address under ``/v1``.
        name: Its operation id.
        tag: What it belongs to.
        title: What it does.
        scope: What an API key must be for.
        roles: Of which one is needed, also by whoever only repeats it; by what it finds, the act itself may ask for more.
        body: What is sent.
        example: An example of that.
        carry_out: Does it: the service, the command, the parts of the path, the body.
        told: What its event says of what was asked, by which a key that was used for something else is found out where the event has
            no digest: where it was written before there were any.
        seen: From the parts of the path to what finds the thing that it edits; ``None`` where nothing there has a tag.
        method: ``PUT`` where it replaces the whole: then its caller must say which whole.
        bytes_max: Longest body.
        finds: What is to be said of what is asked, as it stands before it is carried out; not of what was carried out before.
        gives: Makes the answer, where it says more than ``Acted``.
        given: Shape of the answer.
    """

    path: str
    name: str
    tag: str
    title: str
    scope: Scope
    roles: Sequence[Role]
    body: type[B]
    example: B
    carry_out: Callable[[WorkService, Command, Mapping[str, str], B], None]
    told: Callable[[WorkService, Mapping[str, str], B], Told]
    seen: Callable[[Mapping[str, str]], Seen] | None = None
    method: Literal["POST", "PUT"] = "POST"
    bytes_max: int = EVENT_BYTES_MAX
    finds: Callable[[WorkService, B], Sequence[Finding]] | None = None
    gives: Callable[[WorkService, Carried], Any] | None = None
    given: type = Acted


def add_act(router: APIRouter, service: WorkService, act: ActRoute[Any]) -> None:
    """Adds the route of an act."""

    async def answer(request: Request) -> Response:
        signed = allowed(request, [act.scope], act.roles)
        key = key_of_act(request)
        if_match = request.headers.get(MATCH_HEADER)
        media_type_of(request.headers.get("content-type", ""), JSON_TYPES)
        sent = await body_of(request, act.bytes_max)
        body = read_body(sent or b"{}", act.body)
        place = dict(request.path_params)
        if if_match is None and act.method == "PUT":
            raise tag_needed()
        expects = expectation(if_match, None if act.seen is None else act.seen(place))

        def carried_out() -> Carried:
            command = command_of(service, signed.actor, key, digest_of(key, act.name, place, body), expects)
            found: Sequence[Finding] = ()
            before = service.written(command.id) is not None
            if not before:
                found = () if act.finds is None else act.finds(service, body)
                act.carry_out(service, command, place, body)
            return Carried(command, written_by(service, command, key, lambda: act.told(service, place, body)), found, before)

        done = await run_in_threadpool(carried_out)
        said = Acted(done.event.id, done.event.kind) if act.gives is None else await run_in_threadpool(act.gives, service, done)
        return Response(msgspec.json.encode(said), media_type="application/json")

    router.add_api_route(
        act.path,
        answer,
        methods=[act.method],
        response_model=act.given,
        operation_id=act.name,
        tags=[act.tag],
        summary=act.title,
        openapi_extra=_described(act),
    )


def digest_of(key: str, act: str, *said: object) -> str:
    """A digest of all that is asked for, which goes with the act's event.

    The key is part of it: who reads the log must not find out by guessing what was asked for, of whom, once they are forgotten.

    Args:
        key: Names the act.
        act: Which it is: its operation id.
        said: Its address and its body.
    """
    return blake2b(msgspec.json.encode([key, act, *said]), digest_size=16, person=b"request").hexdigest()


def command_of(service: WorkService, by: Actor, key: str, request_digest: str, expects: Callable[[Any], None] | None = None) -> Command:
    """The command that somebody names by this key, on whatever state, or on the one that it expects; see ``digest_of``."""
    return service.command(by, id_of_act(by, key), expects, request_digest)


def written_by(service: WorkService, command: Command, key: str, told: Callable[[], Told]) -> Event:
    """The event that a command led to, now or when it was first given.

    Args:
        service: The bank.
        command: The command, given now.
        key: Names it.
        told: See ``ActRoute``.

    Raises:
        DataError: If the key was used for another act.
    """
    written = service.written(command.id)
    if written is None or not _leads_to(command, written, told):
        raise key_used(key)
    return written


def _leads_to(command: Command, written: Event, told: Callable[[], Told]) -> bool:
    """Whether an event is the one that this command leads to."""
    digest = written.data.get(REQUEST_DIGEST)
    return _says(written, command.by.id, told()) if digest is None else digest == command.request_digest


def key_of_act(request: Request) -> str:
    """The key that names an act.

    Raises:
        InputError: If there is none.
    """
    key = key_of(request.headers)
    if key is None:
        raise InputError(
            "http.header",
            {"en": f"an act needs the header {KEY_HEADER}", "zh": f"操作须带请求头 {KEY_HEADER}"},
            {
                "en": "send a new random key for each act, the same one to repeat it",
                "zh": "每次操作请使用新的随机键；重发同一操作时沿用原键",
            },
        )
    return key


def read_body(sent: bytes, body: type[B]) -> B:
    """What was sent as a shape.

    Raises:
        InputError: If it is no JSON object, or of another shape.
    """
    document = document_of(sent)
    try:
        return msgspec.convert(document, body)
    except msgspec.ValidationError as error:
        raise InputError(
            "http.body",
            {"en": f"the body is not as it must be: {error}", "zh": f"请求体不符合要求：{shape_in_chinese(error)}"},
            {"en": "GET /v1/openapi.json says what it must be like", "zh": "GET /v1/openapi.json 说明了对请求体的要求"},
        ) from None


def _says(event: Event, by: str, told: Told) -> bool:
    """Whether an event is the one that this act leads to: what it says was asked counts before what came of it."""
    asked = {name.removeprefix(ASKED): value for name, value in event.data.items() if name.startswith(ASKED)}
    said: dict[str, Value] = {**event.data, **event.keys, **asked}
    return said.get("by") == by and all(_plain(said.get(name)) == _plain(value) for name, value in told.items())


def _plain(value: Value) -> Value:
    return value.strip() if isinstance(value, str) else value


def key_used(key: str) -> DataError:
    return DataError(
        "act.key_used",
        {"en": f"the key {key!r} was used for another act", "zh": f"键 {key!r} 已用于另一操作"},
        {"en": "take a new key for a new act", "zh": "新的操作请使用新的键"},
    )


def match_parameter(*, required: bool) -> dict[str, Any]:
    """The header by which an edit names the state that it is meant for, as the description tells it."""
    return {
        "name": MATCH_HEADER,
        "in": "header",
        "required": required,
        "description": "The ETag of what you have seen: if it was changed since, nothing is done (412).",
        "schema": {"type": "string", "pattern": '^"[0-9a-f]{32}"$'},
    }


def _described(act: ActRoute[Any]) -> dict[str, Any]:
    (schema,), components = msgspec.json.schema_components([act.body], ref_template="#/components/schemas/{name}")
    shape = components[act.body.__name__] if "$ref" in schema else schema
    parts = [part[1:-1].partition(":")[0] for part in act.path.split("/") if part.startswith("{")]
    text = {"type": "string", "minLength": 1, "maxLength": PATH_LENGTH_MAX}
    return {
        "parameters": [
            *({"name": part, "in": "path", "required": True, "schema": text} for part in parts),
            KEY_PARAMETER,
            *([] if act.seen is None else [match_parameter(required=act.method == "PUT")]),
        ],
        "requestBody": {
            "required": act.body is not NoBody,
            "content": {"application/json": {"schema": shape, "example": msgspec.to_builtins(act.example)}},
        },
    }
