"""Deciding over HTTP: one event, many, again, and everything that can be wrong with a request."""

import io
import json
import time
from concurrent.futures import ThreadPoolExecutor

import msgspec
import pyarrow as pa
import pytest

from huitong.app.calls import Bounds
from huitong.kernel import LANGUAGES
from huitong.verifier import read_keys, verify
from tests.api.conftest import EVENT, Desk

JSON = {"content-type": "application/json"}
LINES = {"content-type": "application/x-ndjson"}
ARROW = {"content-type": "application/vnd.apache.arrow.stream"}
URL = "/v1/decisions"


def body(**changes: object) -> bytes:
    return msgspec.json.encode({name: value for name, value in (EVENT | changes).items() if value is not ...})


def problem(desk: Desk, content: bytes | str, status: int, code: str, url: str = URL, **headers: str) -> dict[str, object]:
    """The problem document of a request that is refused, checked to be one in both languages."""
    for language in LANGUAGES:
        answer = desk.client.post(url, content=content, headers=JSON | {"accept-language": language} | headers)
        assert answer.status_code == status, answer.text
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.headers["content-language"] == language
        said: dict[str, object] = answer.json()
        assert (said["code"], said["status"], said["type"]) == (code, status, f"urn:huitong:problem:{code}")
        for part in ("cause", "remedy"):
            texts = said[part]
            assert isinstance(texts, dict)
            assert all(texts[one] for one in LANGUAGES)
            assert texts[language] in str(said["detail"])
    return said


def test_a_decision_is_answered_when_it_is_durable_and_can_be_looked_up_explained_and_proved(desk: Desk) -> None:
    answer = desk.client.post(URL, content=body(id="one"), headers=JSON)
    assert answer.status_code == 200
    decision = answer.json()
    assert (decision["event"], decision["policy"], decision["outcome"], decision["tier"]) == ("one", "small", "approve", "full")
    there = desk.bank.log.decision(decision["id"])
    assert there is not None
    assert there.score == decision["score"]
    for name in ("one", decision["id"]):
        shown = desk.client.get(f"{URL}/{name}").json()
        assert shown["decision"] == decision
        assert shown["event"]["data"]["amount"] == 12_850
        assert shown["evidence"]["features"]["amount"] == 128.5
        told = desk.client.get(f"{URL}/{name}/explanation").json()
        assert told["features"]["amount"]["zh"]
        assert told["erased"] is None
        proof = desk.client.get(f"{URL}/{name}/proof").json()
        verified = verify(proof, read_keys(desk.bank.logbook.custody.public_file.read_bytes()))
        assert verified.records[0][1]["id"] == decision["id"]


def test_the_same_event_again_gets_the_first_answer_and_another_under_its_id_is_refused(desk: Desk) -> None:
    first = desk.client.post(URL, content=body(id="again"), headers=JSON)
    end = desk.bank.log.end()
    assert desk.client.post(URL, content=body(id="again"), headers=JSON).json() == first.json()
    assert desk.bank.log.end() == end
    problem(desk, body(id="again", amount="129.00"), 409, "store.conflict")


def test_an_event_without_an_id_takes_the_idempotency_key(desk: Desk) -> None:
    headers = JSON | {"idempotency-key": "key-1"}
    first = desk.client.post(URL, content=body(id=...), headers=headers)
    assert first.json()["event"] == "key-1"
    assert desk.client.post(URL, content=body(id=...), headers=headers).json() == first.json()
    assert problem(desk, body(id=...), 422, "event.refused")["findings"]


def test_many_callers_at_once(desk: Desk) -> None:
    with ThreadPoolExecutor(8) as pool:
        asked = [pool.submit(desk.client.post, URL, content=body(id=f"many-{number}"), headers=JSON) for number in range(60)]
        answers = [one.result() for one in asked]
    assert {one.status_code for one in answers} == {200}
    assert len({one.json()["id"] for one in answers}) == 60


def test_lines_are_answered_in_their_places(desk: Desk) -> None:
    lines = [body(id="l-1"), b"", b"nonsense", body(id="l-2", amount="x"), body(id="l-1"), body(id="l-3")]
    answer = desk.client.post(f"{URL}/batch", content=b"\n".join(lines), headers=LINES | {"accept-language": "zh"})
    assert answer.status_code == 200
    assert answer.headers["content-type"] == LINES["content-type"]
    said = [json.loads(line) for line in answer.text.splitlines()]
    assert [one.get("event") or one["code"] for one in said] == ["l-1", "http.body.unreadable", "event.refused", "l-1", "l-3"]
    assert said[0] == said[3]
    assert said[2]["findings"][0]["code"] == "field.type"


def test_a_table_is_answered_row_by_row(desk: Desk) -> None:
    rows = [EVENT | {"id": f"t-{number}", "amount": amount} for number, amount in enumerate(["1.00", "x", "3.00"])]
    sink = io.BytesIO()
    table = pa.Table.from_pylist(rows)
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    answer = desk.client.post(f"{URL}/batch", content=sink.getvalue(), headers=ARROW)
    assert answer.status_code == 200
    found = pa.ipc.open_stream(answer.content).read_all().to_pylist()
    assert [row["event"] for row in found] == ["t-0", None, "t-2"]
    assert [row["error"] for row in found] == [None, "event.refused", None]
    assert [row["given"] for row in found] == ["t-0", "t-1", "t-2"]
    assert [row["problem"] is None for row in found] == [True, False, True]
    assert json.loads(found[1]["problem"])["findings"][0]["code"] == "field.type"
    assert [row["outcome"] for row in found if row["id"]] == [desk.bank.log.decisions_of(f"t-{place}")[0].outcome for place in (0, 2)]


def test_a_policy_can_be_named_but_no_folder(desk: Desk) -> None:
    answer = desk.client.post(f"{URL}?policy=card_payments", content=body(id="named"), headers=JSON)
    assert answer.json()["policy"] == "card_payments"
    for name in ("nobody", "../small", "%2Fetc", "small%00", "a" * 300, ""):
        problem(desk, body(id="unnamed"), 404, "bank.policy.unknown", f"{URL}?policy={name}")


@pytest.mark.parametrize("path", [URL, f"{URL}/batch", "/v1/events", "/v1/feedback"])
def test_a_parameter_that_is_misspelt_or_comes_twice_is_refused_and_nothing_is_done(desk: Desk, path: str) -> None:
    end = desk.bank.log.end()
    headers = {"content-type": "application/x-ndjson"} if path.endswith("batch") else {}
    content = body(id=f"misspelt-{path}", kind="payment.requested")
    said = problem(desk, content, 422, "http.parameter", f"{path}?polcy=small", **headers)
    assert "'polcy'" in str(said["cause"])
    if path.startswith(URL):
        said = problem(desk, content, 422, "http.parameter", f"{path}?policy=small&policy=card_payments", **headers)
        assert "more than once" in str(said["cause"])
    assert desk.bank.log.end() == end


def test_a_deadline_that_is_over_is_told(desk: Desk) -> None:
    with ThreadPoolExecutor(2) as pool:
        with desk.bank.turn:
            begun = pool.submit(desk.client.post, URL, content=body(id="hurry-0"), headers=JSON)
            time.sleep(0.2)  # the decider waits for its turn with this one
            asked = pool.submit(desk.client.post, URL, content=body(id="hurry-1"), headers=JSON | {"deadline-ms": "1"})
            time.sleep(0.2)
        assert begun.result().status_code == 200
        answer = asked.result()
    assert (answer.status_code, answer.json()["code"]) == (429, "decide.deadline")
    assert answer.headers["retry-after"] == "1"
    assert desk.bank.log.event("hurry-1") is None
    for text in ("0", "-1", "soon", "1.5", "9999999", ""):
        problem(desk, body(id="hurry-2"), 400, "http.header", **{"deadline-ms": text})


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        (b"", 400, "http.body.unreadable"),
        (b"nonsense", 400, "http.body.unreadable"),
        (b"[1, 2]", 400, "http.body.unreadable"),
        (b"null", 400, "http.body.unreadable"),
        (b'{"id": "\xff"}', 400, "http.body.unreadable"),
        (b'{"id": "\xd6\xd0"}', 400, "http.body.unreadable"),
        ("中文".encode("utf-16"), 400, "http.body.unreadable"),
        (b'{"id":' + b"[" * 20_000 + b"]" * 20_000 + b"}", 400, "http.body.unreadable"),
        (b'{"a":' * 5_000 + b"1" + b"}" * 5_000, 400, "http.body.unreadable"),
        (b'{"id": "' + b"x" * 70_000 + b'"}', 413, "http.body.large"),
        (b'{"id": "twice", "amount": "1", "amount": "999999"}', 400, "http.body.unreadable"),
        (body(id="twice")[:-1] + b', "amount": "999999"}', 400, "http.body.unreadable"),
        (body(id="twice")[:-1] + b', "am\\u006funt": "999999"}', 400, "http.body.unreadable"),
        (b'{"id": "twice", "more": [{"a": 1, "b": "x", "a": 2}]}', 400, "http.body.unreadable"),
        (body(id="x" * 129), 422, "event.refused"),
        (body(id="."), 422, "event.refused"),
        (body(id=".."), 422, "event.refused"),
        (body(id="bad-time", time="yesterday"), 422, "event.refused"),
        (body(id="bad-kind", kind="access.user.made"), 422, "event.refused"),
        (body(id="bad\u0000id"), 422, "event.refused"),
        (body(id="bad-amount", amount=-5), 422, "event.refused"),
        (body(id="bad-amount", amount=1e300), 422, "event.refused"),
        (body(id="bad-name", customer={"$ne": 1}), 422, "event.refused"),
        (body(id="unknown", more="x"), 422, "event.refused"),
    ],
)
def test_what_is_wrong_with_a_body_is_said_in_both_languages(desk: Desk, content: bytes, status: int, code: str) -> None:
    end = desk.bank.log.end()
    problem(desk, content, status, code)
    assert desk.bank.log.end() == end


@pytest.mark.parametrize(
    "text", ["'; DROP TABLE record; --", "<script>alert(1)</script>", "=cmd|' /C calc'!A0", "{{7*7}}", "enc:AAAA", "../../etc"]
)
def test_hostile_texts_are_texts(desk: Desk, text: str) -> None:
    answer = desk.client.post(URL, content=body(id=f"hostile {text}", terminal=text), headers=JSON)
    if text.startswith("enc:"):
        assert answer.status_code in (200, 422)
        return
    assert answer.status_code == 200
    found = desk.client.get(URL, params={"subject": text}).json()
    assert [one["event"]["keys"]["terminal"] for one in found["items"]] == [text]


@pytest.mark.parametrize("text", ["' OR '1'='1' --", '"><script>alert(1)</script>', "@SUM(1+1)*cmd|' /C calc'!A0"])
@pytest.mark.parametrize("field", ["customer", "account", "counterparty", "terminal", "device"])
def test_a_hostile_text_in_any_field_stands_in_the_record_as_it_came(desk: Desk, field: str, text: str) -> None:
    record = f"hostile-{field}-{text.encode().hex()[:20]}"
    assert desk.client.post(URL, content=body(id=record, **{field: text}), headers=JSON).status_code == 200
    found = desk.client.get(f"{URL}/{record}")
    assert found.headers["content-type"] == "application/json", "nothing that a browser would run"
    assert found.headers["x-content-type-options"] == "nosniff"
    assert found.json()["event"]["keys"][field] == text


@pytest.mark.parametrize(
    ("content_type", "code"),
    [
        ("text/plain", "http.media_type"),
        ("application/xml; charset=utf-8", "http.media_type"),
        ("application/json; charset=gbk", "http.charset"),
        ('application/json; charset="utf-16"', "http.charset"),
    ],
)
def test_other_forms_are_refused(desk: Desk, content_type: str, code: str) -> None:
    problem(desk, body(id="form"), 415, code, **{"content-type": content_type})


@pytest.mark.parametrize("content_type", ["application/json; charset=UTF-8", 'Application/JSON;charset="utf8"', "application/json;"])
def test_the_usual_spellings_of_json_are_json(desk: Desk, content_type: str) -> None:
    assert desk.client.post(URL, content=b"\xef\xbb\xbf" + body(id="spelt"), headers={"content-type": content_type}).status_code == 200


def test_a_compressed_body_is_refused(desk: Desk) -> None:
    problem(desk, body(id="gz"), 415, "http.media_type", **{"content-encoding": "gzip"})


def test_a_caller_from_elsewhere_is_refused_while_there_are_no_users(desk: Desk) -> None:
    for headers in ({"x-forwarded-for": "203.0.113.7"}, {"forwarded": "for=203.0.113.7"}):
        problem(desk, body(id="far"), 403, "access.local_only", **headers)
    assert desk.client.get("/v1/health", headers={"x-forwarded-for": "203.0.113.7"}).status_code == 200


def test_rows_of_a_batch_wait_for_room_instead_of_being_refused(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    decider = desk.bank.live("small").decider
    monkeypatch.setattr(decider, "bounds", Bounds(waiting_max=3, group_max=2))
    lines = [body(id=f"room-{number}", customer=f"R{number}") for number in range(40)]
    answer = desk.client.post(f"{URL}/batch", content=b"\n".join(lines), headers=LINES)
    assert [json.loads(line)["event"] for line in answer.text.splitlines()] == [f"room-{number}" for number in range(40)]
