"""The client against a running service."""

import socket
import threading
import time
from contextlib import suppress
from pathlib import Path

import pytest

from huitong.client import Answer, Client
from huitong.kernel import BusyError, DataError, ExternalError, HuitongError, InputError
from tests.api.conftest import EVENT, Desk
from tests.app.certificates import served_by
from tests.nonsense import Nonsense


@pytest.fixture
def client(desk: Desk) -> Client:
    return Client(str(desk.client.base_url), purpose="audit:tests")


def test_decisions_come_typed_and_can_be_found_again(desk: Desk, client: Client) -> None:
    with client:
        answer = client.decide(EVENT | {"id": "c-1", "customer": "Client", "amount": "300000.00"}, wait_ms=5_000)
        assert (answer.event, answer.outcome) == ("c-1", "decline")
        assert answer.reasons[0].text["zh"] == "金额巨大"
        assert answer.measures[0].subject == "Client"
        assert client.decision("c-1").decision == answer
        assert client.decision(answer.id).evidence["features"]["amount"] == 300_000
        assert [one.event.id for one in client.decisions(subject="Client")] == ["c-1"]
        assert client.proof("c-1")["records"]
        assert desk.bank.log.decision(answer.id) is not None


def test_many_events_are_answered_in_their_places(client: Client) -> None:
    with client:
        answers = client.decide_many([EVENT | {"id": "c-2"}, EVENT | {"id": "c-3", "amount": "x"}], policy="small")
        assert [type(one) for one in answers] == [Answer, InputError]
        assert client.send([EVENT | {"id": "c-2"}]).repeated == 1
        assert client.label([{"id": "c-4", "time": "2025-12-06T00:00:00Z", "payment": "c-2", "fraud": False}]).new == 1


def test_refusals_are_errors_of_the_platform(client: Client) -> None:
    with client:
        client.decide(EVENT | {"id": "c-5"})
        for event, kind, code in [
            (EVENT | {"id": "c-5", "amount": "1.00"}, DataError, "store.conflict"),
            (EVENT | {"id": "c-6", "amount": "-1.00"}, InputError, "event.refused"),
        ]:
            with pytest.raises(kind) as caught:
                client.decide(event)
            assert caught.value.code == code
            assert caught.value.cause["zh"] != caught.value.cause["en"]


def test_look_ups_come_typed(client: Client) -> None:
    with client:
        answer = client.decide(EVENT | {"id": "c-7", "customer": "Client"})
        why = client.explanation("c-7")
        assert (why.decision.outcome, set(why.policy), why.erased) == (answer.outcome, {"zh", "en"}, None)
        assert set(why.features["amount"]) == {"zh", "en"}
        assert ("small", None) in [(one.name, one.broken) for one in client.policies()]
        assert client.policy("small").version == answer.version
        assert [one.current for one in client.versions("small")] == [True]
        assert client.difference("small", "small") == []
        assert client.health().status in ("ok", "warning")
        assert "huitong_log_records" in client.metrics()


def test_subscriptions_are_kept_by_the_client(client: Client) -> None:
    with client:
        made = client.webhooks.subscribe("core", "https://core.bank.example/x", ["decision"], outcome="decline", policy="small")
        assert made.secret.startswith("whsec_")
        seen = client.webhooks.one(made.id)
        assert (seen.value, client.webhooks.all()) == (seen.value, [seen.value])
        client.webhooks.change(made.id, "core", "https://core.bank.example/y", ["decision", "case"], match=seen.etag)
        assert client.webhooks.one(made.id).value.occurrences == ["decision", "case"]
        with pytest.raises(HuitongError, match="changed since"):
            client.webhooks.stop(made.id, "the receiver moves", match=seen.etag)
        client.webhooks.stop(made.id, "the receiver moves")
        assert client.webhooks.one(made.id).value.stopped == {"en": "the receiver moves", "zh": "the receiver moves"}
        client.webhooks.resume(made.id)
        assert client.webhooks.secret(made.id).secret == made.secret
        assert client.webhooks.turn(made.id).secret != made.secret
        client.webhooks.remove(made.id, "the receiver is gone")
        assert client.webhooks.all() == []


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (b"HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\n<html>", "client.answer"),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n", "client.answer"),
        (b'HTTP/1.1 200 OK\r\ncontent-length: 7\r\n\r\n{"x":1}', "client.answer"),
        (b'HTTP/1.1 200 OK\r\ncontent-length: 12\r\n\r\n{"event":"\xd5"', "client.answer"),  # no UTF-8
        (b"HTTP/1.1 502 Bad\r\ncontent-length: 2\r\n\r\n\xd5\xcb", "client.answer"),
        (b"HTTP/1.1 502 Bad\r\ncontent-length: 20000\r\n\r\n" + b"[" * 20_000, "client.answer"),
        (b"HTTP/1.1 302 Found\r\nlocation: https://sign.in\r\ncontent-length: 0\r\n\r\n", "client.answer"),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{", "client.unreachable"),
    ],
)
def test_whatever_else_answers_is_an_error_of_the_platform(answer: bytes, code: str) -> None:
    with Nonsense(answer) as service, Client(service.address) as client, pytest.raises(ExternalError) as caught:
        client.decide(EVENT)
    assert caught.value.code == code


@pytest.mark.parametrize("said", [b"Fri, 27 Nov 2020 12:30:00 GMT", b"0", b"soon"])
def test_a_service_that_has_too_much_to_do_is_asked_again_when_it_says(said: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []
    monkeypatch.setattr("huitong.client.calling.time.sleep", pauses.append)
    body = b'{"code":"service.busy","status":429,"cause":{"en":"full","zh":"x"},"remedy":{"en":"wait","zh":"y"}}'
    head = (
        b"HTTP/1.1 429 Busy\r\nconnection: close\r\nretry-after: " + said + b"\r\ncontent-length: " + str(len(body)).encode() + b"\r\n\r\n"
    )
    with Nonsense(head + body) as service, Client(service.address) as client, pytest.raises(BusyError):
        client.decide(EVENT)
    assert pauses == ([1.0, 1.0] if said == b"soon" else [0.0, 0.0])


def test_an_answer_takes_no_longer_than_it_may_however_often_it_is_asked_for() -> None:
    with Nonsense(b"", pause_s=5.0) as slow, Client(slow.address, timeout_s=0.3) as client, pytest.raises(ExternalError) as caught:
        client.decide(EVENT)
    assert (caught.value.code, slow.asked) == ("client.unreachable", 1)


@pytest.mark.parametrize("secure", [False, True])
@pytest.mark.parametrize("head", [b"", b"HTTP/1.1 200 OK\r\ncontent-length: 40\r\n\r\n"])
def test_an_answer_that_drips_in_takes_no_longer_than_it_may(
    head: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, secure: bool
) -> None:
    context, authority = served_by(tmp_path, "127.0.0.1")
    monkeypatch.setenv("SSL_CERT_FILE", str(authority))
    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def drip() -> None:
            accepted, _ = server.accept()
            with (
                context.wrap_socket(accepted, server_side=True) if secure else accepted as connection,
                suppress(OSError),
            ):  # whoever asked has hung up
                connection.recv(65_536)
                connection.sendall(head)
                while not over.wait(0.1):
                    connection.sendall(b"H")

        dripping = threading.Thread(target=drip)
        dripping.start()
        begun = time.monotonic()
        address = f"http{'s' if secure else ''}://127.0.0.1:{server.getsockname()[1]}"
        with Client(address, timeout_s=1.0) as client, pytest.raises(ExternalError) as caught:
            client.policies()
        assert (caught.value.code, "within 1 seconds" in caught.value.cause["en"]) == ("client.unreachable", True)
        assert time.monotonic() - begun < 2.5
        over.set()
        dripping.join()


def test_what_is_no_address_and_no_header_is_said() -> None:
    for address in ("ftp://bank", "http://h:99999", "http://h:abc", "http://[::1", "https://", "bank:8000"):
        with pytest.raises(InputError) as caught:
            Client(address)
        assert caught.value.code == "client.address"
    for key in ("Bearer x\n", "Bearer 汇"):
        with Client("http://127.0.0.1:1", headers={"authorization": key}) as client, pytest.raises(InputError) as unfit:
            client.health()
        assert unfit.value.code == "client.header"


def test_what_cannot_be_reached_or_answers_nonsense_is_said() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"http://127.0.0.1:{server.getsockname()[1]}"

        def answer() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(65_536)
                connection.sendall(b"HTTP/1.1 502 Bad Gateway\r\ncontent-length: 4\r\n\r\nnope")

        thread = threading.Thread(target=answer)
        thread.start()
        with Client(address) as client, pytest.raises(ExternalError) as caught:
            client.decision("x")
        assert caught.value.code == "client.answer"
        thread.join()
    with Client(address, timeout_s=1.0) as client, pytest.raises(HuitongError) as gone:
        client.decision("x")
    assert gone.value.code == "client.unreachable"
