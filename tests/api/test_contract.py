"""The OpenAPI document against the running service: whatever it allows is answered as it says, and what it forbids is refused."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import msgspec
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from jsonschema_rs import Draft202012Validator
from schemathesis import GenerationMode
from schemathesis.schemas import BaseSchema
from schemathesis.specs.openapi.checks import ignored_auth, negative_data_rejection, positive_data_acceptance

from huitong.api.work.matching import MATCH_HEADER
from huitong.client.shapes import Answer
from tests.api.conftest import EVENT, Desk

EXAMPLES = 8
"""Requests generated for each operation."""
OPERATIONS = (
    ("POST", "/v1/decisions"),
    ("POST", "/v1/decisions/batch"),
    ("POST", "/v1/events"),
    ("POST", "/v1/feedback"),
    ("GET", "/v1/decisions"),
    ("GET", "/v1/decisions/{record_id}"),
    ("GET", "/v1/decisions/{record_id}/explanation"),
    ("GET", "/v1/decisions/{record_id}/proof"),
    ("GET", "/v1/policies"),
    ("GET", "/v1/policies/{name}"),
    ("GET", "/v1/policies/{name}/versions"),
    ("GET", "/v1/policies/{name}/diff"),
    ("GET", "/v1/health"),
    ("GET", "/metrics"),
    ("GET", "/v1/alerts"),
    ("GET", "/v1/alerts/{alert_id}"),
    *(("POST", f"/v1/alerts/{{alert_id}}/{word}") for word in ("assign", "begin", "snooze", "escalate", "close", "reopen", "review")),
    ("GET", "/v1/cases"),
    ("POST", "/v1/cases"),
    ("GET", "/v1/cases/{case_id}"),
    *(("POST", f"/v1/cases/{{case_id}}/{word}") for word in ("link", "note", "check", "propose", "close", "refuse", "reopen")),
    ("POST", "/v1/cases/{case_id}/files"),
    ("GET", "/v1/cases/{case_id}/files/{entry_id}"),
    ("GET", "/v1/measures"),
    ("POST", "/v1/measures"),
    ("GET", "/v1/measures/waiting"),
    ("GET", "/v1/measures/figures"),
    ("GET", "/v1/measures/{measure_id}"),
    ("GET", "/v1/measures/{measure_id}/notice"),
    ("GET", "/v1/measures/waiting/{proposal_id}"),
    ("POST", "/v1/measures/{measure_id}/lift"),
    *(("POST", f"/v1/measures/waiting/{{proposal_id}}/{word}") for word in ("confirm", "refuse")),
    ("GET", "/v1/lists"),
    ("POST", "/v1/lists"),
    ("GET", "/v1/lists/waiting"),
    *(("POST", f"/v1/lists/waiting/{{proposal_id}}/{word}") for word in ("confirm", "refuse")),
    ("GET", "/v1/lists/entries"),
    ("POST", "/v1/lists/entries/{entry_id}/lift"),
    ("GET", "/v1/lists/{name}"),
    ("POST", "/v1/lists/{name}/describe"),
    ("GET", "/v1/lists/{name}/entries"),
    ("POST", "/v1/lists/{name}/entries"),
    ("GET", "/v1/lists/{name}/table"),
    ("POST", "/v1/lists/{name}/table"),
    ("GET", "/v1/webhooks"),
    ("POST", "/v1/webhooks"),
    ("GET", "/v1/webhooks/{subscription_id}"),
    *(
        ("POST", f"/v1/webhooks/{{subscription_id}}/{word}")
        for word in ("change", "remove", "stop", "resume", "again", "drop", "turn", "secret")
    ),
    ("GET", "/v1/policies/{name}/rollout"),
    ("POST", "/v1/policies/{name}/replays"),
    ("GET", "/v1/replays"),
    ("GET", "/v1/replays/{replay_id}"),
    ("POST", "/v1/replays/{replay_id}/cancel"),
    ("GET", "/v1/policies/{name}/files"),
    ("GET", "/v1/policies/{name}/files/{file}"),
    ("PUT", "/v1/policies/{name}/files/{file}"),
    *(("POST", f"/v1/policies/{{name}}/rollout/{word}") for word in ("drafts", "forward", "back", "retire", "take-up")),
)


MACHINE_JSON = ("/v1/decisions", "/v1/events", "/v1/feedback")
OF_MACHINES = frozenset(("post", path) for path in (*MACHINE_JSON, "/v1/decisions/batch"))
"""What no person's session opens."""


@schemathesis.serializer("application/x-ndjson", "application/vnd.apache.arrow.stream", "text/csv")
def _as_it_is(_context: object, value: object) -> bytes:
    """Lines and columns, as the strings that the document calls them."""
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "surrogatepass")


def test_every_operation_is_described_with_examples_and_errors(desk: Desk) -> None:
    document = desk.client.get("/v1/openapi.json").json()
    described = {(method.upper(), path) for path, item in document["paths"].items() for method in item}
    assert described == set(OPERATIONS)
    for path, item in document["paths"].items():
        for method, operation in item.items():
            assert operation["operationId"]
            assert operation.get("summary"), (path, method)
            assert "200" in operation["responses"]
            if path != "/v1/health":
                assert "application/problem+json" in operation["responses"]["403"]["content"]
            bodies = operation.get("requestBody", {}).get("content", {})
            assert method != "post" or any("examples" in one or "example" in one for one in bodies.values()), path


def test_how_a_caller_is_known_and_what_they_read_for_are_described(desk: Desk) -> None:
    document = desk.client.get("/v1/openapi.json").json()
    schemes = document["components"]["securitySchemes"]
    assert (schemes["key"]["scheme"], schemes["session"]["in"], schemes["csrf"]["name"]) == ("bearer", "cookie", "X-CSRF-Token")
    for path, item in document["paths"].items():
        for method, operation in item.items():
            session = next((one for one in operation["security"] if "session" in one), None)
            assert (session is None) == (path == "/v1/health" or (method, path) in OF_MACHINES), path
            assert session is None or ("csrf" in session) == (method != "get")
            assert (operation["security"] == []) == (path == "/v1/health")
            assert path == "/v1/health" or "429" in operation["responses"]
    for path in ("/v1/decisions", "/v1/measures", "/v1/lists/{name}", "/v1/alerts/{alert_id}", "/v1/policies/{name}/files/{file}"):
        assert "X-Purpose" in [one["name"] for one in document["paths"][path]["get"]["parameters"]]
    for told in (document["paths"]["/v1/decisions/batch"]["post"][part] for part in ("requestBody", "responses")):
        assert "In words" in str(told)


def test_what_people_edit_tells_the_tag_that_edits_name(desk: Desk) -> None:
    document = desk.client.get("/v1/openapi.json").json()["paths"]
    acts = [(path, method, item[method]) for path, item in document.items() for method in ("post", "put") if method in item]
    edits = [(path, method) for path, method, act in acts if MATCH_HEADER in [one["name"] for one in act.get("parameters", ())]]
    edited = {path if method == "put" else path.rpartition("/")[0] for path, method in edits}
    assert {"/v1/lists/{name}", "/v1/webhooks/{subscription_id}", "/v1/policies/{name}/files/{file}"} < edited
    for path in edited & {path for path, item in document.items() if "get" in item}:
        assert "ETag" in document[path]["get"]["responses"]["200"].get("headers", ()), path


def test_an_event_may_be_named_by_the_header_and_names_its_kind_where_nothing_else_does(desk: Desk) -> None:
    document = desk.client.get("/v1/openapi.json").json()
    named, kindless = dict(EVENT), dict(EVENT) | {"id": "kindless"}
    del named["id"]
    kindless.pop("kind", None)
    bodies = {path: document["paths"][path]["post"]["requestBody"]["content"]["application/json"]["schema"] for path in MACHINE_JSON}
    for path, event, taken in (
        ("/v1/decisions", named, True),
        ("/v1/decisions", kindless, True),
        ("/v1/events", named | {"kind": "payment.requested"}, True),
        ("/v1/events", kindless, False),
    ):
        allowed = Draft202012Validator({**bodies[path], "components": document["components"]}).is_valid(event)
        headers = {"content-type": "application/json", "idempotency-key": f"by-header-{path}"}
        answer = desk.client.post(path, content=msgspec.json.encode(event), headers=headers)
        assert (allowed, answer.status_code) == (taken, 200 if taken else 422), (path, event, answer.text)


IN_WORDS = ("application/vnd.apache.arrow.stream", "application/octet-stream")
"""Forms whose examples are words."""
MUST = frozenset(
    {
        "/v1/decisions",
        "/v1/decisions/batch",
        "/v1/events",
        "/v1/feedback",
        "/v1/measures",
        "/v1/lists",
        "/v1/lists/{name}/entries",
        "/v1/lists/{name}/table",
        "/v1/alerts/{alert_id}/snooze",
    }
)
"""Operations whose examples are carried out as they are; those of others are about what is not there."""


WHAT = frozenset({"alert", "case", "measure", "list", "rollout", "webhook"})
"""Whose state may forbid an example: that is closed which it is about."""


def test_the_examples_are_taken_as_they_are(desk: Desk) -> None:
    payment = EVENT | {"id": "suspicious", "amount": "300000.00", "customer": "Examples", "account": "A-Examples"}
    desk.client.post("/v1/decisions", content=msgspec.json.encode(payment), headers={"content-type": "application/json"})
    paid = EVENT | {"id": "named", "account": "A000070"}  # of the measure's example, so that there is nothing to warn of
    desk.client.post("/v1/decisions", content=msgspec.json.encode(paid), headers={"content-type": "application/json"})
    (alert,) = (one["alert"]["id"] for one in desk.client.get("/v1/alerts").json()["items"] if one["alert"]["subject"] == "Examples")
    places = {"{name}": "stolen_cards", "{alert_id}": quote(alert, safe="")}
    document = desk.client.get("/v1/openapi.json").json()
    sent: set[str] = set()
    for path, form, example in sorted(examples_in(document), key=lambda one: len(one[0].split("/"))):
        address = path
        for part, value in places.items():
            address = address.replace(part, value)
        headers = {"content-type": form, "idempotency-key": f"example-{len(sent)}-{path}"[:128]}
        answer = desk.client.post(address, content=example, headers=headers)
        if path in MUST:
            sent.add(path)
            assert answer.status_code == 200, (path, form, answer.text)
            assert '"refused":[{' not in answer.text, (path, form, answer.text)
            assert '"findings":[{' not in answer.text, (path, form, answer.text)
        else:
            assert answer.status_code in (200, 403, 404, 409) or answer.json()["code"].split(".")[0] in WHAT, (path, answer.text)
    assert sent == MUST


def examples_in(document: dict[str, Any]) -> Iterator[tuple[str, str, bytes]]:
    """Path, form and body of every example that is sent by POST."""
    for path, item in document["paths"].items():
        for form, body in item.get("post", {}).get("requestBody", {}).get("content", {}).items():
            if form in IN_WORDS:
                continue
            values = [one["value"] for one in body["examples"].values()] if "examples" in body else [body["example"]]
            for value in values:
                yield path, form, value.encode() if isinstance(value, str) else msgspec.json.encode(value)


def test_the_example_of_an_answer_is_one(desk: Desk) -> None:
    document = desk.client.get("/v1/openapi.json").json()
    told = document["paths"]["/v1/decisions/batch"]["post"]["responses"]["200"]["content"]["application/x-ndjson"]["example"]
    decided, refused = told.splitlines()
    assert msgspec.json.decode(decided, type=Answer, strict=True).event == "E-1"
    assert msgspec.json.decode(refused)["code"] == "event.refused"


@pytest.fixture(scope="module")
def schema(desk: Desk) -> BaseSchema:
    """The document, read once. This bank has no users yet: a request that leaves the key out is as good as any other."""
    read = schemathesis.openapi.from_url(f"{desk.client.base_url}/v1/openapi.json".replace("//v1", "/v1"))
    read.config.generation.update(with_security_parameters=False)
    return read


@pytest.mark.parametrize("mode", list(GenerationMode))
@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_generated_requests_are_answered_as_the_document_says(schema: BaseSchema, method: str, path: str, mode: GenerationMode) -> None:
    operation = schema[path][method]
    if mode is GenerationMode.NEGATIVE and not list(operation.iter_parameters()) and operation.definition.raw.get("requestBody") is None:
        pytest.skip("skipped: nothing that a caller could send wrongly")
    excluded: list[schemathesis.CheckFunction] = [positive_data_acceptance, ignored_auth]  # this bank has no users yet
    if mode is GenerationMode.NEGATIVE and path == "/v1/decisions/batch":
        excluded.append(negative_data_rejection)  # any text is lines, each of which is answered for itself

    @settings(max_examples=EXAMPLES, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(operation.as_strategy(mode))
    def ask(case: schemathesis.Case[Any]) -> None:
        # A refusal is one of the documented problems; which values of the right form mean something, only the bank knows.
        case.call_and_validate(excluded_checks=excluded)

    ask()
