"""Metrics and the lines of the error stream: what they count, and that they name nobody."""

import io
import json
import logging
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from huitong.app import Bank
from huitong.app.occurrences import PlainLines, write_occurrences
from huitong.app.server import Served
from huitong.kernel import InputError
from tests.api.conftest import EVENT
from tests.app.small_world import clock
from tests.app.test_access_over_http import key

NAMES = ("Zhang-Secret", "Acct-Secret", "Payee-Secret", "Term-Secret", "Dev-Secret", "secret-id", "secret-note")
PAYMENT = EVENT | {
    "customer": "Zhang-Secret",
    "account": "Acct-Secret",
    "counterparty": "Payee-Secret",
    "terminal": "Term-Secret",
    "device": "Dev-Secret",
    "amount": "300000.00",
}


@dataclass
class Watched:
    """A served bank and what it writes to its error stream."""

    bank: Bank
    client: httpx.Client
    lines: io.StringIO

    def figures(self, **headers: str) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
        """Every sample by its name and labels."""
        answer = self.client.get("/metrics", headers=headers)
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
        families = text_string_to_metric_families(answer.text)
        return {(one.name, tuple(sorted(one.labels.items()))): one.value for family in families for one in family.samples}

    def total(self, name: str, **labels: str) -> float:
        """Sum of the samples that bear these labels."""
        return sum(value for (found, given), value in self.figures().items() if found == name and labels.items() <= dict(given).items())


@pytest.fixture(scope="module")
def watched(trained_bank: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    root = shutil.copytree(trained_bank / "bank", tmp_path_factory.mktemp("watched") / "bank")
    lines = io.StringIO()
    handler = write_occurrences("json", lines)
    try:
        with (
            Bank(root, clock=clock(), threads=2) as bank,
            Served(bank, policy="small") as address,
            httpx.Client(base_url=address, timeout=60, headers={"x-purpose": "audit:tests"}) as client,
        ):
            yield Watched(bank, client, lines)
    finally:
        logging.getLogger().removeHandler(handler)


def test_decisions_requests_and_books_are_counted(watched: Watched) -> None:
    post = watched.client.post
    before = watched.total("huitong_decisions_total", outcome="decline", policy="small", tier="full")
    for number in range(3):
        assert post("/v1/decisions", json=PAYMENT | {"id": f"m-{number}"}).json()["outcome"] == "decline"
    post("/v1/decisions", json=PAYMENT | {"id": "m-0"})  # told before: nothing new
    assert post("/v1/decisions", json=PAYMENT | {"id": "m-9", "amount": "x"}).status_code == 422
    assert watched.client.get("/v1/nothing-here").status_code == 404
    assert watched.total("huitong_decisions_total", outcome="decline", policy="small", tier="full") == before + 3
    figures = watched.figures()
    assert figures["huitong_answer_seconds_count", (("policy", "small"),)] >= 3
    assert figures["huitong_append_seconds_count", ()] >= 1
    assert figures["huitong_log_records", ()] == watched.bank.log.end()
    assert figures["huitong_waiting_calls", (("policy", "small"),)] == 0
    assert watched.total("huitong_requests_total", route="/v1/decisions", status="422") == 1
    assert watched.total("huitong_requests_total", route="-", status="404") == 1
    assert watched.total("huitong_errors_total", code="event.refused") == 1
    assert watched.total("huitong_alerts_open") == 1
    assert watched.total("huitong_alerts_minutes") > 0
    wanted = {"role": "account", "subject": "Acct-Secret", "measure": "watch", "until": "2026-01-02T00:00:00Z", "ground": "investigation"}
    assert post("/v1/measures", json=wanted, headers={"idempotency-key": "watch"}).status_code == 200
    assert watched.total("huitong_measures_active", measure="watch") == 1
    assert watched.total("process_resident_memory_bytes") > 1e6


def test_no_line_and_no_label_says_anything_of_a_person(watched: Watched) -> None:
    document = watched.client.get("/v1/openapi.json").json()
    watched.client.post("/v1/decisions", json=PAYMENT | {"id": "secret-id"})
    asked = 0
    for path, item in document["paths"].items():
        place = path
        for part in [one[1:-1] for one in path.split("/") if one.startswith("{")]:
            place = place.replace("{" + part + "}", "secret-id")
        for method, operation in item.items():
            asked_for = {"subject": "Zhang-Secret", "role": "customer", "against": "secret-note", "assignee": "Zhang-Secret"}
            known = {one["name"] for one in operation.get("parameters", ())}
            query = {name: value for name, value in asked_for.items() if name in known}
            body = PAYMENT | {"note": "secret-note", "reason": "secret-note", "to": "Zhang-Secret", "subject": "Zhang-Secret"}
            headers = {"idempotency-key": "secret-id", "x-purpose": "case:secret-note", "x-request-id": "secret-note"}
            watched.client.request(method, place, params=query, json=body if method != "get" else None, headers=headers)
            asked += 1
    assert asked > 40
    written = watched.lines.getvalue()
    told = written + watched.client.get("/metrics").text
    assert [name for name in NAMES if name in told] == []
    lines = [json.loads(line) for line in written.splitlines()]
    requests = [one for one in lines if one["event"] == "request"]
    assert {one["route"] for one in requests} >= {"/v1/alerts", "/v1/decisions/{record_id}/proof"}
    assert all({"time", "level", "request", "method", "route", "status", "ms"} <= one.keys() for one in requests)
    assert {one["code"] for one in requests if one["status"] >= 400 and "code" in one} >= {"alert.unknown", "http.body"}


def test_an_answer_names_the_line_that_tells_of_it(watched: Watched) -> None:
    answer = watched.client.get("/v1/alerts/none")
    watched.client.get("/v1/health")  # on the same connection: the line of what came before is written
    lines = [json.loads(line) for line in watched.lines.getvalue().splitlines()]
    (line,) = (one for one in lines if one.get("request") == answer.headers["x-request-id"])
    assert (line["status"], line["code"], line["method"]) == (404, "alert.unknown", "GET")


def test_an_exception_is_told_by_its_kind_and_place_and_not_by_what_it_says() -> None:
    stream = io.StringIO()
    handler = write_occurrences("json", stream)
    try:
        for name in ("huitong.test", "somebodys.library"):
            try:
                int("Zhang-Secret")
            except ValueError:
                logging.getLogger(name).exception("fault" if name.startswith("huitong") else "Zhang-Secret is missing")
        logging.getLogger("huitong.test").error("refused", exc_info=InputError("x.y", {"en": "a", "zh": "b"}, {"en": "c", "zh": "d"}))
    finally:
        logging.getLogger().removeHandler(handler)
    told = [json.loads(line) for line in stream.getvalue().splitlines()]
    ours, theirs, refused = (one for one in told if one["event"] != "request")  # which a server that an earlier test ended may still tell
    assert "Zhang" not in stream.getvalue()
    assert (ours["event"], ours["error"]) == ("fault", "ValueError")
    assert "test_metrics.py" in ours["where"][-1]
    assert theirs["event"].startswith("test_metrics:test_an_exception")
    assert refused["code"] == "x.y"
    record = logging.LogRecord("huitong.x", logging.INFO, "f", 1, "request", (), None)
    assert PlainLines().format(record).endswith("INFO request")
    vars(record)["status"] = 200
    assert PlainLines().format(record).endswith("INFO request status=200")


def test_metrics_need_their_scope(trained_bank: Path, tmp_path: Path) -> None:
    root = shutil.copytree(trained_bank / "bank", tmp_path / "bank")
    with (
        Bank(root, clock=clock(), threads=2) as bank,
        Served(bank, policy="small") as address,
        httpx.Client(base_url=address, timeout=60) as client,
    ):
        assert client.get("/metrics", headers={"host": "bank.example"}).json()["code"] == "access.local_only"
        scraper, reader = key(bank, "metrics"), key(bank, "read")
        assert client.get("/metrics", headers=scraper).status_code == 200
        assert client.get("/metrics", headers=reader).json()["code"] == "access.scope"
        assert client.get("/metrics").status_code == 401
        assert client.get("/v1/decisions", headers=scraper).status_code == 403
