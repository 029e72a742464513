"""The OpenAPI document: what FastAPI knows of, the operations that go past it, and an example for each body."""

from collections.abc import Collection, Mapping
from typing import Any

import msgspec
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from huitong.api import shapes
from huitong.api.hot import KEY_HEADER, WAIT_HEADER, WAIT_MS_MAX
from huitong.api.reading import ARROW_TYPE, LINES_TYPE
from huitong.api.work.acts import SOON
from huitong.api.work.matching import MATCH_HEADER
from huitong.contracts import DataContract, FieldSpec, FieldType
from huitong.data.scalars import DOTS
from huitong.identity import PURPOSE_KINDS
from huitong.identity.web import SESSION_COOKIE, SESSION_COOKIE_PLAIN
from huitong.kernel import MICROSECONDS_PER_DAY, Problem, time_text
from huitong.kernel.problems import PROBLEM_TYPE

LINES_SHOWN = 2
_TEMPLATE = "#/components/schemas/{name}"
_EXAMPLE_TIME = "2025-12-05T09:30:00Z"
_SOON_US = 2 * MICROSECONDS_PER_DAY
_ERRORS = {
    "400": "The request cannot be read",
    "401": "Nobody is signed in",
    "403": "Not allowed",
    "404": "There is no such thing",
    "405": "Not this method",
    "408": "The request came too slowly",
    "409": "The data say otherwise",
    "412": "It was changed since you looked",
    "413": "Too large",
    "415": "No such form of request",
    "422": "Does not meet its contract",
    "428": "Needs If-Match",
    "429": "Too much at once; see Retry-After",
    "500": "A fault of ours",
    "503": "The service cannot answer now",
}
_WRITING = ("400", "401", "403", "404", "408", "409", "413", "415", "422", "429", "500", "503")
_READING = ("401", "403", "404", "409", "422", "429", "500", "503")
_OPEN = frozenset({"health"})
_ABOUT_NOBODY = frozenset(
    {*_OPEN, "metrics", "policies", "policy", "policy_versions", "policy_files", "rollout", "replays", "replay", "webhooks", "webhook"}
)
"""Look-ups that show nothing by grade, so that no purpose is asked for."""
_SECURITY_SCHEMES: dict[str, Any] = {
    "key": {"type": "http", "scheme": "bearer", "description": "An API key: `huitong api-keys make`."},
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": SESSION_COOKIE,
        "description": f"A person's session, from signing in to the console; where no TLS is before the bank, `{SESSION_COOKIE_PLAIN}`.",
    },
    "csrf": {"type": "apiKey", "in": "header", "name": "X-CSRF-Token", "description": "The token of a page, with each change."},
}
_READS: list[dict[str, list[str]]] = [{"key": []}, {"session": []}]
_CHANGES: list[dict[str, list[str]]] = [{"key": []}, {"session": [], "csrf": []}]
_SENDS: list[dict[str, list[str]]] = [{"key": []}]
_OF_MACHINES = frozenset({"decide", "decide_batch", "ingest", "feedback"})
"""Operations for the role of systems, which no person has: a session does not open them."""


def described(
    app: FastAPI, contracts: Mapping[str, DataContract], decided: Collection[str], labels: Collection[str], now_us: int
) -> dict[str, Any]:
    """The whole document.

    Args:
        app: The application, whose routes describe themselves.
        contracts: Data contracts by kind: each becomes the schema of an event.
        decided: Kinds that some policy decides.
        labels: Kinds that say how decided events turned out.
        now_us: The present, after which the moments of examples lie; µs UTC.
    """
    document = get_openapi(title=app.title, version=app.version, routes=app.routes, summary=_SUMMARY, description=_DESCRIPTION)
    (problem_schema, taken_schema), components = msgspec.json.schema_components([Problem, shapes.Taken], ref_template=_TEMPLATE)
    answer_schema = {"$ref": _TEMPLATE.format(name="Answer")}  # which the search of decisions brings
    schemas = document["components"]["schemas"]
    schemas |= components | {_name(kind): _event_schema(contract) for kind, contract in contracts.items()}
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    operations: dict[str, dict[str, Any]] = {
        "/v1/decisions": _decide(_bodies(contracts, decided), answer_schema),
        "/v1/decisions/batch": _decide_batch(),
        "/v1/events": _ingest(
            "ingest", "Write events of any kind to the log; each names its kind.", _naming_kind(_bodies(contracts, contracts)), taken_schema
        ),
        "/v1/feedback": _ingest(
            "feedback", "Say how decided events turned out: labels, as events.", _bodies(contracts, labels), taken_schema
        ),
    }
    for path, operation in operations.items():
        document["paths"].setdefault(path, {})["post"] = operation
    for path, item in document["paths"].items():
        for method, operation in item.items():
            known = _WRITING if method in ("post", "put") else _READING if path != "/v1/health" else ("500",)
            if any(one["name"] == MATCH_HEADER for one in operation.get("parameters", ())):
                known = (*known, "412") if method == "post" else (*known, "412", "428")
            _name_caller(operation, changes=method != "get")
            operation["responses"].pop("422", None)
            operation["responses"] |= {
                status: {"description": _ERRORS[status], "content": {PROBLEM_TYPE: {"schema": problem_schema}}}
                for status in known
                if status not in operation["responses"]
            }
    document["components"]["securitySchemes"] = _SECURITY_SCHEMES
    dated: dict[str, Any] = _dated(document, time_text(now_us + _SOON_US))
    return dated


def _dated(told: Any, soon: str) -> Any:  # noqa: ANN401 -- whatever JSON says
    """The same with a moment to come where an example names one."""
    if isinstance(told, Mapping):
        return {name: _dated(value, soon) for name, value in told.items()}
    if isinstance(told, list | tuple):
        return [_dated(value, soon) for value in told]
    return told.replace(SOON, soon) if isinstance(told, str) else told


def _name_caller(operation: dict[str, Any], *, changes: bool) -> None:
    """Says how a caller is known, and where they say what they read for."""
    name = operation["operationId"]
    operation["security"] = [] if name in _OPEN else _SENDS if name in _OF_MACHINES else _CHANGES if changes else _READS
    if not changes and name not in _ABOUT_NOBODY:
        operation.setdefault("parameters", []).append(_PURPOSE)


_PURPOSE: dict[str, Any] = {
    "name": "X-Purpose",
    "in": "header",
    "description": "What one reads for, `KIND:REFERENCE`; what is not ASCII percent-encoded. Without it nobody sees anything of a person.",
    "schema": {"type": "string", "pattern": f"^({'|'.join(PURPOSE_KINDS)}):.+$", "maxLength": 1024},
    "example": "case:C-77",
}
_SUMMARY = "Every decision can be replayed. · 每一个决策都可以回放。"
_DESCRIPTION = (
    "Decide, take in, look up. Answers come when they are durable. A parameter of the address that an operation does not know, or that "
    "comes twice, is refused (422). Errors are problem documents (RFC 9457) with cause and remedy in Chinese and English. · "
    "决策、写入、查询。应答在落盘之后返回。地址中未定义或重复的参数会被拒绝（422）。"
    "错误以问题文档（RFC 9457）给出原因与处理办法，中英双语。"
)


_LINES = (
    '{"id": "E-1", "time": "2025-12-05T09:30:00Z", "customer": "C1", "amount": "12.50", "currency": "CNY"}\n'
    '{"id": "E-2", "time": "2025-12-05T09:31:00Z", "customer": "C1", "amount": "80.00", "currency": "CNY"}\n'
)
_LINES_BACK = (
    '{"id": "payment:E-1", "event": "E-1", "policy": "transactions", "version": "5f1c0a52f7d9", "outcome": "approve", "score": 0.002, '
    '"reasons": [], "measures": [], "tier": "full", "latency_us": 850, "smallest_change": null}\n'
    '{"type": "urn:huitong:problem:event.refused", "title": "The request does not meet its contract", "status": 422, '
    '"detail": "payment.requested: amount: …; …", "code": "event.refused", "cause": {"en": "…", "zh": "…"}, '
    '"remedy": {"en": "…", "zh": "…"}, "findings": []}\n'
)
_ARROW = (
    "In words: an Arrow IPC stream of record batches, a row for each event, a column for each field of the contract, as `id` (string), "
    "`time` (timestamp[us, UTC], or string), `customer` (string), `amount` (decimal128, or string, in major units), `currency` (string)."
)
_ARROW_BACK = (
    "In words: an Arrow IPC stream with a row for each that was sent, in its place: `id`, `event`, `outcome` (string), `score` (double), "
    "`tier` (string), `reasons` (list of string: their codes), `error` (string: the code of a problem, else null), `given` (string: the "
    "id that the row gave, also where it was refused), `problem` (string: the problem document of a refused row as JSON, else null)."
)


def _name(kind: str) -> str:
    return "Event." + kind


def _bodies(contracts: Mapping[str, DataContract], kinds: Collection[str]) -> dict[str, Any]:
    """Events of some kinds as a body, with an example of each."""
    some = {kind: contracts[kind] for kind in kinds if kind in contracts}
    examples = {kind: {"value": event_example(contract)} for kind, contract in some.items()}
    return {"schema": {"anyOf": [{"$ref": _TEMPLATE.format(name=_name(kind))} for kind in some]}, "examples": examples}


def _naming_kind(bodies: Mapping[str, Any]) -> dict[str, Any]:
    """The same where nothing but the event itself can say of which kind it is."""
    some = [{"allOf": [one, {"required": ["kind"]}]} for one in bodies["schema"]["anyOf"]]
    return {**bodies, "schema": {"anyOf": some}}


def _lines_of(bodies: Mapping[str, Any]) -> str:
    """The examples of a body as JSON lines, some of them."""
    some = list(bodies["examples"].values())[:LINES_SHOWN]
    return "".join(msgspec.json.encode(one["value"]).decode() + "\n" for one in some)


def _parameters() -> list[dict[str, Any]]:
    return [
        {
            "name": "policy",
            "in": "query",
            "description": "Name of the policy; by default the one that the service decides with.",
            "schema": {"type": "string", "maxLength": 200, "pattern": "^[A-Za-z0-9_-]+(@[A-Za-z0-9]+)?$"},
        },
        {
            "name": WAIT_HEADER,
            "in": "header",
            "description": "Milliseconds after which it is too late to begin.",
            "schema": {"type": "integer", "minimum": 1, "maximum": WAIT_MS_MAX},
        },
    ]


def _key() -> dict[str, Any]:
    return {
        "name": KEY_HEADER,
        "in": "header",
        "description": "Becomes the id of an event that has none: sent twice, it counts once.",
        "schema": {"type": "string", "minLength": 1, "maxLength": 128},
    }


def _decide(events: dict[str, Any], answer: dict[str, Any]) -> dict[str, Any]:
    return {
        "tags": ["decisions"],
        "operationId": "decide",
        "summary": "Decide an event",
        "description": "Answers once event and decision are durable. The same event again gets the first answer.",
        "parameters": [*_parameters(), _key()],
        "requestBody": {"required": True, "content": {"application/json": events}},
        "responses": {"200": {"description": "The decision", "content": {"application/json": {"schema": answer}}}},
    }


def _decide_batch() -> dict[str, Any]:
    lines = {"schema": {"type": "string"}, "example": _LINES}
    arrow = {"schema": {"type": "string", "format": "binary"}, "example": _ARROW}
    arrow_back = {"schema": {"type": "string", "format": "binary"}, "example": _ARROW_BACK}
    return {
        "tags": ["decisions"],
        "operationId": "decide_batch",
        "summary": "Decide many events",
        "description": "JSON lines, or an Arrow stream whose columns are the fields of the contract. Each row is answered in its place.",
        "parameters": _parameters(),
        "requestBody": {"required": True, "content": {LINES_TYPE: lines, ARROW_TYPE: arrow}},
        "responses": {
            "200": {
                "description": "An answer or a problem for each row",
                "content": {LINES_TYPE: {**lines, "example": _LINES_BACK}, ARROW_TYPE: arrow_back},
            }
        },
    }


def _ingest(name: str, text: str, events: dict[str, Any], taken: dict[str, Any]) -> dict[str, Any]:
    return {
        "tags": ["events"],
        "operationId": name,
        "summary": text,
        "description": "One JSON object, or several as JSON lines.",
        "parameters": [_key()],
        "requestBody": {
            "required": True,
            "content": {
                "application/json": events,
                LINES_TYPE: {"schema": {"type": "string"}, "example": _lines_of(events)},
            },
        },
        "responses": {"200": {"description": "What became of them", "content": {"application/json": {"schema": taken}}}},
    }


def _event_schema(contract: DataContract) -> dict[str, Any]:
    properties: dict[str, Any] = {
        "id": {
            "type": "string",
            "minLength": 1,
            "maxLength": 128,
            "not": {"enum": sorted(DOTS)},
            "description": f"The source's own id: sent twice, it counts once. An event without one takes the header `{KEY_HEADER}`.",
        },
        "kind": {"const": contract.kind},
        "time": {"type": "string", "format": "date-time", "description": "When it happened, with an offset."},
    }
    required = ["time"]
    for spec in contract.fields:
        properties[spec.name] = _field_schema(spec)
        if spec.required:
            required.append(spec.name)
    return {
        "type": "object",
        "title": f"{contract.title['en']} · {contract.title['zh']}",
        "properties": properties,
        "required": required,
        "additionalProperties": False,
        "example": event_example(contract),
    }


def _field_schema(spec: FieldSpec) -> dict[str, Any]:
    described: dict[str, Any] = {"title": f"{spec.title['en']} · {spec.title['zh']}"}
    kinds: dict[FieldType, dict[str, Any]] = {
        FieldType.STRING: {"type": "string"},
        FieldType.BOOLEAN: {"type": "boolean"},
        FieldType.DATE: {"type": "string", "format": "date"},
        FieldType.TIMESTAMP: {"type": "string", "format": "date-time"},
        FieldType.MONEY: {"type": ["number", "string"], "description": "In major units."},
    }
    described |= kinds.get(spec.type, {"type": "number"})
    if spec.one_of:
        described["enum"] = list(spec.one_of)
    return described


def event_example(contract: DataContract) -> dict[str, Any]:
    """An event of a contract as a caller might send it."""
    example: dict[str, Any] = {"id": f"example-{contract.kind}", "kind": contract.kind, "time": _EXAMPLE_TIME}
    for spec in contract.fields:
        if spec.required or spec.key is not None:
            example[spec.name] = _value(spec, contract)
    return example


def _value(spec: FieldSpec, contract: DataContract) -> object:
    if spec.name == contract.currency_field:
        return contract.currency
    if spec.one_of:
        return next(iter(spec.one_of))
    values: dict[FieldType, object] = {
        FieldType.BOOLEAN: True,
        FieldType.DATE: "2026-01-05",
        FieldType.TIMESTAMP: time_text(0),
        FieldType.MONEY: "128.50",
        FieldType.STRING: f"{spec.name[:1].upper()}000001"[: spec.length_max],
    }
    return values.get(spec.type, max(1, (spec.minimum or 0) // spec.scale))
