"""The client against a running service."""

import socket
import threading

import pytest

from huitong.client import Answer, Client
from huitong.kernel import DataError, ExternalError, HuitongError, InputError
from tests.api.conftest import EVENT, Desk


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


def test_what_cannot_be_reached_or_answers_nonsense_is_said() -> None:
    with pytest.raises(InputError):
        Client("ftp://bank")
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
