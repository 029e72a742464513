"""Events and labels sent, decisions found, policies told, health, and addresses that are not there."""

import json
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

import msgspec
import pytest

from huitong.kernel import LANGUAGES
from tests.api.conftest import EVENT, Desk
from tests.app.small_world import POLICY

JSON = {"content-type": "application/json"}


def send(desk: Desk, url: str, *documents: Mapping[str, object], **headers: str) -> Any:  # noqa: ANN401 -- whatever JSON says
    lines = b"\n".join(map(msgspec.json.encode, documents))
    form = "application/json" if len(documents) == 1 else "application/x-ndjson"
    return desk.client.post(url, content=lines, headers={"content-type": form} | headers)


def decide(desk: Desk, **changes: object) -> dict[str, Any]:
    answer = desk.client.post("/v1/decisions", content=msgspec.json.encode(EVENT | changes), headers=JSON)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_events_are_written_once_and_each_row_is_told_of(desk: Desk) -> None:
    good = EVENT | {"id": "i-1", "kind": "payment.requested"}
    assert send(desk, "/v1/events", good).json() == {"new": 1, "repeated": 0, "refused": []}
    profile = {"id": "i-2", "kind": "customer.profile", "time": "2025-12-01T00:00:00Z", "customer": "C000070"}
    said = send(
        desk, "/v1/events", good, profile, good | {"amount": "1.00"}, {"id": "i-3", "kind": "none"}, good | {"id": "i-4", "time": "x"}
    ).json()
    assert (said["new"], said["repeated"]) == (1, 1)
    assert [(one["row"], one["problem"]["code"]) for one in said["refused"]] == [
        (2, "store.conflict"),
        (3, "event.kind.unknown"),
        (4, "event.refused"),
    ]
    assert desk.bank.log.event("i-2") is not None


def test_what_only_the_house_writes_is_refused(desk: Desk) -> None:
    answer = send(desk, "/v1/events", {"id": "h-1", "kind": "access.user.added", "time": "2025-12-01T00:00:00Z"})
    assert answer.status_code in (403, 422)
    assert desk.bank.log.event("h-1") is None


def test_feedback_is_a_label_and_nothing_else(desk: Desk) -> None:
    label: dict[str, object] = {"time": "2025-12-20T00:00:00Z", "payment": "E-9", "fraud": True}
    answer = send(desk, "/v1/feedback", label, **{"idempotency-key": "label-1"})
    assert answer.json() == {"new": 1, "repeated": 0, "refused": []}
    written = desk.bank.log.event("label-1")
    assert written is not None
    assert (written.kind, written.data["fraud"]) == ("payment.labelled", True)
    assert send(desk, "/v1/feedback", label, **{"idempotency-key": "label-1"}).json()["repeated"] == 1
    assert send(desk, "/v1/feedback", EVENT | {"id": "f-2"}).json()["code"] == "feedback.kind"


def pages(desk: Desk, **asked: str) -> Iterator[dict[str, Any]]:
    cursor: str | None = ""
    while cursor is not None:
        page = desk.client.get("/v1/decisions", params=asked | ({"cursor": cursor} if cursor else {})).json()
        yield from page["items"]
        cursor = page["next"]


def test_decisions_are_found_newest_first_page_by_page(desk: Desk) -> None:
    times = [f"2025-11-{day:02}T10:00:00Z" for day in range(1, 13)]
    for number, time in enumerate(times):
        decide(
            desk, id=f"s-{number}", time=time, customer=f"S{number % 3}", account=f"SA{number % 3}", amount=300_000 if number == 5 else 10
        )
    found = [one["event"]["id"] for one in pages(desk, limit="5", since=times[0], until="2025-11-30T00:00:00Z")]
    assert found == [f"s-{number}" for number in reversed(range(12))]
    assert [one["event"]["id"] for one in pages(desk, limit="2", subject="S1")] == ["s-10", "s-7", "s-4", "s-1"]
    assert [one["event"]["id"] for one in pages(desk, outcome="decline", since=times[0], until=times[-1])] == ["s-5"]
    assert [one["event"]["id"] for one in pages(desk, since=times[3], until=times[5])] == ["s-4", "s-3"]
    assert list(pages(desk, policy="card_payments", subject="S1")) == []


def test_a_search_that_makes_no_sense_is_refused(desk: Desk) -> None:
    for asked, code in [
        ({"cursor": "AAAA"}, "http.cursor"),
        ({"cursor": "%%"}, "http.cursor"),
        ({"limit": "0"}, "http.parameter"),
        ({"limit": "many"}, "http.parameter"),
        ({"since": "yesterday"}, "time.unreadable"),
        ({"policy": "../small"}, "bank.policy.unknown"),
    ]:
        answer = desk.client.get("/v1/decisions", params=asked)
        assert (answer.json()["code"], answer.headers["content-type"]) == (code, "application/problem+json")
        assert all(answer.json()["cause"][language] for language in LANGUAGES)


@pytest.mark.parametrize(
    ("asked", "known"),
    [
        ({"subject": "X", "role": "nope"}, "customer"),
        ({"role": "customer"}, "subject"),
        ({"outcome": "nope"}, "decline"),
        ({"policy": "nope"}, "card_payments, small"),
        ({"policy": "small@0123456789ab"}, "card_payments, small"),
        ({"unknown": "1"}, "cursor, limit, outcome"),
        ({"subject": "X", "limits": "5"}, "cursor, limit, outcome"),
    ],
)
def test_a_misspelt_filter_is_refused_with_those_that_are_known(desk: Desk, asked: dict[str, str], known: str) -> None:
    answer = desk.client.get("/v1/decisions", params=asked)
    assert (answer.status_code, answer.json()["code"]) == (422, "http.parameter")
    assert known in answer.json()["remedy"]["en"]
    assert all(answer.json()[part][language] for part in ("cause", "remedy") for language in LANGUAGES)


def test_other_look_ups_know_their_parameters_too(desk: Desk) -> None:
    for path in ("/v1/alerts", "/v1/cases", "/v1/measures", "/v1/lists", "/v1/webhooks", "/v1/policies", "/v1/policies/small/rollout"):
        answer = desk.client.get(path, params={"pagesize": "5"})
        assert (answer.status_code, answer.json()["code"]) == (422, "http.parameter"), path
        assert desk.client.get(f"{path}?limit=5&limit=6").status_code == 422, path
    assert desk.client.get("/v1/health", params={"probe": "1"}).status_code == 200


def test_what_no_policy_gives_any_more_is_still_looked_for(desk: Desk) -> None:
    decide(desk, id="renamed-1")
    file = desk.bank.workspace.root / "policies" / "small" / "policy.toml"
    file.write_text(POLICY.replace("decline", "stop"), "utf-8")
    try:
        answer = desk.client.get("/v1/decisions", params={"outcome": "decline", "until": "2001-01-01T00:00:00Z"})
        assert (answer.status_code, answer.json()["items"]) == (200, [])
    finally:
        file.write_text(POLICY, "utf-8")


@pytest.mark.parametrize(
    ("method", "url", "content", "said"),
    [
        ("GET", "/v1/decisions?limit=0", b"", "query.limit 不得小于 1"),
        ("GET", "/v1/decisions?limit=many", b"", "query.limit 须为整数"),
        ("GET", "/v1/lists/entries", b"", "query.value 缺少此项；query.holds 缺少此项"),
        ("GET", "/v1/lists?holds=x", b"", "query.holds 须为 'customer'、'account'"),
        ("GET", f"/v1/measures/{'x' * 300}", b"", "path.measure_id 不得超过 128 个字符"),
        ("POST", "/v1/decisions", b'{"id":NaN}', "不是 JSON：第 6 字节处有误"),
        ("POST", "/v1/decisions", b'{"id":', "不是 JSON：内容不完整"),
        ("POST", "/v1/decisions", b'{"id":"\xff"}', "不是 JSON：不是 UTF-8"),
        ("POST", "/v1/cases", b'{"alert":1}', "$.alert 须为文本，而不是整数"),
        ("POST", "/v1/cases", b'{"alert":"A"}', "缺少字段 title"),
        ("POST", "/v1/cases", b'{"alert":"A","title":"","x":1}', "$.title 长度不得小于 1"),
        ("POST", "/v1/cases", b'{"alert":"A","title":"T","x":1}', "含有未知字段 x"),
        ("POST", "/v1/measures", b'{"role":"planet"}', "$.role 不接受取值 'planet'"),
    ],
)
def test_what_is_wrong_is_told_to_a_chinese_reader_in_chinese(desk: Desk, method: str, url: str, content: bytes, said: str) -> None:
    headers = JSON | {"idempotency-key": "chinese", "accept-language": "zh"}
    told = desk.client.request(method, url, content=content, headers=headers).json()["cause"]["zh"]
    assert said in told
    assert not {"Input", "Expected", "malformed", "should", "field"} & set(told.replace("：", " ").split())


def test_policies_tell_what_they_are_and_what_changed(desk: Desk) -> None:
    first = decide(desk, id="v-1")
    items = desk.client.get("/v1/policies").json()["items"]
    assert [one["name"] for one in items] == ["card_payments", "small"]
    small = desk.client.get("/v1/policies/small").json()
    assert (small["version"], small["trained"], small["broken"]) == (first["version"], True, None)
    assert small["folder_version"] == first["version"]
    file = desk.bank.workspace.root / "policies" / "small" / "policy.toml"
    file.write_text(POLICY.replace("amount > 200000", "amount > 300000"), "utf-8")
    changes = desk.client.get("/v1/policies/small/diff", params={"against": f"small@{first['version'][:12]}"}).json()["items"]
    assert [(one["before"], one["after"]) for one in changes if "huge" in one["place"]] == [("amount > 200000", "amount > 300000")]
    versions = desk.client.get("/v1/policies/small/versions").json()["items"]
    assert versions == [{"version": first["version"], "kept": versions[0]["kept"], "current": True, "in_folder": False}]
    small = desk.client.get("/v1/policies/small").json()
    assert small["version"] == first["version"], "what is edited does not decide"
    assert small["folder_version"] not in (None, first["version"])
    file.write_text("format = 9", "utf-8")
    small = desk.client.get("/v1/policies/small").json()
    assert small["broken"]["code"].startswith("policy.")
    assert (small["version"], small["folder_version"]) == (first["version"], None)
    file.write_text(POLICY, "utf-8")


def test_health_says_what_decides(desk: Desk) -> None:
    said = desk.client.get("/v1/health").json()
    assert (said["status"], said["findings"], said["waiting"]) == ("ok", [], 0)
    assert list(said["policies"]) == ["small"]
    assert said["log_end"] == desk.bank.log.end()


@pytest.mark.parametrize("url", ["/v1/health", "/metrics"])
def test_who_watches_may_ask_for_the_head_alone(desk: Desk, url: str) -> None:
    answer = desk.client.head(url)
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["content-type"] == desk.client.get(url).headers["content-type"]
    assert desk.client.put(url).headers["allow"] == "GET, HEAD"


@pytest.mark.parametrize("url", ["/v1/decisions?limit=5", "/v1/policies/small", "/v1/measures", "/v1/openapi.json", "/v1/decisions/nobody"])
def test_every_look_up_is_answered_with_its_head_alone_where_that_is_asked(desk: Desk, url: str) -> None:
    head, whole = desk.client.head(url), desk.client.get(url)
    assert (head.status_code, head.content) == (whole.status_code, b"")
    for name in ("content-type", "content-length", "etag", "cache-control"):
        assert head.headers.get(name) == whole.headers.get(name)
    counted = desk.client.get("/metrics").text
    assert 'huitong_requests_total{method="HEAD",route="/v1/' in counted


@pytest.mark.parametrize(
    ("method", "url", "allowed"),
    [
        ("DELETE", "/v1/measures", "GET, HEAD, POST"),
        ("DELETE", "/v1/decisions", "GET, HEAD, POST"),
        ("DELETE", "/v1/decisions/batch", "GET, HEAD, POST"),
        ("PUT", "/v1/cases", "GET, HEAD, POST"),
        ("GET", "/v1/events", "POST"),
        ("HEAD", "/v1/events", "POST"),
        ("POST", "/v1/policies/small/files/policy.toml", "GET, HEAD, PUT"),
        ("POST", "/v1/health", "GET, HEAD"),
    ],
)
def test_a_method_that_is_not_for_an_address_is_told_with_all_that_are(desk: Desk, method: str, url: str, allowed: str) -> None:
    answer = desk.client.request(method, url)
    assert (answer.status_code, answer.headers["allow"]) == (405, allowed)
    if method != "HEAD":
        said = answer.json()
        assert said["cause"]["en"] == f"{method} is not for {url}"
        assert said["remedy"] == {"en": f"use {allowed}", "zh": f"请使用 {allowed}"}


def test_an_act_s_address_takes_post(desk: Desk) -> None:
    allowed = desk.client.delete("/v1/alerts/A/assign").headers["allow"].split(", ")
    assert "POST" in allowed
    assert "DELETE" not in allowed


@pytest.mark.parametrize(
    ("method", "url", "status", "code"),
    [
        ("GET", "/v1/decisions/nobody", 404, "decision.unknown"),
        ("GET", "/v1/decisions/nobody/explanation", 404, "decision.unknown"),
        ("GET", "/v1/decisions/nobody/proof", 404, "decision.unknown"),
        ("GET", "/v1/policies/nobody", 404, "bank.policy.unknown"),
        ("GET", "/v1/policies/nobody/versions", 404, "bank.policy.unknown"),
        ("GET", "/v1/policies/small/diff?against=nobody", 404, "bank.policy.unknown"),
        ("GET", "/v1/policies/small/diff?against=small@000000000000", 404, "bank.policy.unknown"),
        ("GET", "/v1/nothing", 404, "http.not_found"),
        ("GET", "/", 404, "http.not_found"),
        ("GET", "/v1/policies/", 404, "http.not_found"),
        ("DELETE", "/v1/decisions", 405, "http.method"),
        ("PUT", "/v1/decisions/x", 405, "http.method"),
        ("POST", "/v1/health", 405, "http.method"),
    ],
)
def test_what_is_not_there_is_told_in_both_languages(desk: Desk, method: str, url: str, status: int, code: str) -> None:
    for language in LANGUAGES:
        answer = desk.client.request(method, url, headers={"accept-language": f"{language};q=0.8, fr"})
        assert (answer.status_code, answer.json()["code"]) == (status, code)
        assert answer.json()["cause"][language] in answer.json()["detail"]
        assert answer.headers["x-content-type-options"] == "nosniff"
        if status == 405:
            assert answer.headers["allow"]


@pytest.mark.parametrize("id_", ["2025/12/05-7", "a/proof", "a/b/explanation", "/", "50%2F7", "100%", "汇/通 ?#&", "a//b", "batch/x"])
def test_an_id_with_any_characters_is_looked_up_by_its_encoded_form(desk: Desk, id_: str) -> None:
    decided = decide(desk, id=id_)
    address = f"/v1/decisions/{quote(id_, safe='')}"
    for suffix in ("", "/explanation"):
        found = desk.client.get(address + suffix)
        assert (found.status_code, found.json()["decision"]["id"], found.json()["event"]["id"]) == (200, decided["id"], id_), suffix
    proof = desk.client.get(f"{address}/proof")
    assert proof.status_code == 200
    assert any(json.loads(one["payload"])["id"] == id_ for one in proof.json()["records"])


def test_a_slash_between_parts_is_none_within_one(desk: Desk) -> None:
    decide(desk, id="whole")
    decide(desk, id="whole/proof")
    assert "records" in desk.client.get("/v1/decisions/whole/proof").json()
    assert desk.client.get("/v1/decisions/whole%2Fproof").json()["event"]["id"] == "whole/proof"
    assert desk.client.get("/v1/decisions/%77hole").json()["event"]["id"] == "whole"
    for path in ("/v1/decisions/whole/proof/", "/v1/decisions/2025/12/05", "/v1/decisions/whole%2Fproof/other", "/v1/decisions//proof"):
        missing = desk.client.get(path)
        assert (missing.status_code, missing.json()["code"]) == (404, "http.not_found"), path
