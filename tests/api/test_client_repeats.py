"""An act of which nobody knows whether it was carried out: what it failed with tells the key under which it is the same act."""

import re
from collections.abc import Callable

import pytest

from huitong.client import Client
from huitong.kernel import BusyError, ExternalError
from tests.api.conftest import EVENT
from tests.nonsense import Nonsense

ACTS: dict[str, Callable[[Client], object]] = {
    "note": lambda client: client.work.on_case("C-1", "note", note="called back"),
    "file": lambda client: client.work.add_case_file("C-1", "a.txt", b"x"),
    "table": lambda client: client.work.import_list("cards", "value\nX\n"),
    "secret": lambda client: client.webhooks.turn("W-1"),
}
GONE = '{"code":"store.gone","status":503,"cause":{"en":"the log is away","zh":"日志不可用"},"remedy":{"en":"wait","zh":"请稍候"}}'.encode()


def _answer(status: bytes, body: bytes) -> bytes:
    return b"HTTP/1.1 " + status + b"\r\nretry-after: 0\r\ncontent-length: " + str(len(body)).encode() + b"\r\n\r\n" + body


@pytest.mark.parametrize("act", ACTS.values(), ids=ACTS)
@pytest.mark.parametrize(
    ("answer", "pause_s", "code"),
    [
        (_answer(b"503 Gone", GONE), 0.0, "store.gone"),
        (_answer(b"502 Bad Gateway", b"nope"), 0.0, "client.answer"),
        (_answer(b"200 OK", b"<html>"), 0.0, "client.answer"),
        (b"", 2.0, "client.unreachable"),
    ],
)
def test_an_act_that_may_have_happened_tells_the_key_that_repeats_it(
    act: Callable[[Client], object], answer: bytes, pause_s: float, code: str
) -> None:
    with Nonsense(answer, pause_s) as service, Client(service.address, timeout_s=0.3 if pause_s else 5.0) as client:
        with pytest.raises(ExternalError) as caught:
            act(client)
        sent = re.search(rb"(?i)idempotency-key: (\w+)", service.requests[0])
    assert sent is not None
    assert caught.value.code == code
    for language in ("en", "zh"):
        assert f"key='{sent[1].decode()}'" in caught.value.remedy[language]
        assert "that was sent counts once" not in caught.value.remedy[language]


def test_a_key_of_ones_own_is_told_too() -> None:
    with Nonsense(_answer(b"503 Gone", GONE)) as service, Client(service.address) as client, pytest.raises(ExternalError) as caught:
        client.work.on_case("C-1", "note", note="called back", key="mine")
    assert "wait; " in caught.value.remedy["en"]
    assert "key='mine'" in caught.value.remedy["en"]


def test_what_was_not_carried_out_or_bears_its_own_id_needs_no_key() -> None:
    busy = _answer(b"429 Busy", GONE.replace(b"503", b"429"))
    with Nonsense(busy) as service, Client(service.address) as client, pytest.raises(BusyError) as refused:
        ACTS["note"](client)
    assert refused.value.remedy["en"] == "wait"
    with Nonsense(b"") as service, Client(service.address, timeout_s=1.0) as client, pytest.raises(ExternalError) as caught:
        client.decide(EVENT)
    assert "counts once, however often" in caught.value.remedy["en"]
