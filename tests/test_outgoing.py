"""Calls that go out: whatever answers a core system's, a witness's or a provider's address is an answer, or is told; no token goes on."""

import socket
import threading
import time
from concurrent.futures import Future

import pytest

from huitong.identity.openid.fetching import fetch
from huitong.kernel import ExternalError, PolicyError
from huitong.outgoing import Line, within
from huitong.risk.disposition import Answer, HttpCoreSystem, Instruction, Place, Scope
from huitong.store.storage import Head
from huitong.store.witness import UrlWitness
from tests.nonsense import Nonsense
from tests.risk.disposition.build import ACCOUNT, NOW

GARBAGE = b"garbage\r\n\r\n"
EMPTY = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"
GB18030 = b"HTTP/1.1 422 X\r\nconnection: close\r\n\r\n" + '{"reason": "账户已销户"}'.encode("gb18030")
DEEP = b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n" + b'{"x":' + b"[" * 100_000
TOKEN = {"Authorization": "Bearer secret"}
FREEZE = Instruction("k1", Place(ACCOUNT, "freeze", Scope()), "impose", NOW, None, "investigation")


def redirect(status: int, to: str) -> bytes:
    return f"HTTP/1.1 {status} Found\r\nlocation: {to}/login\r\ncontent-length: 0\r\n\r\n".encode()


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_no_answer_and_no_token_goes_where_it_leads(status: int) -> None:
    with Nonsense(EMPTY) as elsewhere, Nonsense(redirect(status, elsewhere.address)) as asked:
        core = HttpCoreSystem(asked.address, TOKEN)
        for silent in (lambda: core.tell(FREEZE), core.held):
            with pytest.raises(ExternalError) as untold:
                silent()
            assert untold.value.code == "measure.core.silent"
            assert str(status) in untold.value.cause["zh"]
        with pytest.raises(ExternalError) as unkept:
            UrlWitness(asked.address).receive(Head(1, 0, "head"))
        assert unkept.value.cause["zh"].endswith(f"其应答为 {status}")
        with pytest.raises(ExternalError) as unread:
            fetch(asked.address, {"code": "x"}, TOKEN)
        assert unread.value.code == "access.openid.unreachable"
        assert (asked.asked, elsewhere.asked) == (4, 0)
        assert [one.split()[0] for one in asked.requests] == [b"POST", b"GET", b"POST", b"POST"]


def answer_of(status: int, body: bytes) -> bytes:
    return b"HTTP/1.1 %d X\r\nconnection: close\r\ncontent-length: %d\r\n\r\n" % (status, len(body)) + body


def test_a_code_that_the_provider_does_not_take_is_a_refusal_and_no_silence() -> None:
    answer = answer_of(400, b'{"error":"invalid_grant","error_description":"used by Zhang"}')
    with Nonsense(answer) as asked, pytest.raises(PolicyError) as used:
        fetch(asked.address, {"code": "x"})
    assert (used.value.code, used.value.http_status) == ("access.openid.refused", 403)
    assert "Zhang" not in str(used.value)


WORDS = (b'{"error":"invalid_client","about":"Zhang"}', b'{"error":"Zhang Wei"}', b"Zhang", b'["Zhang"]', b'{"error":7}')


@pytest.mark.parametrize("body", WORDS)
def test_the_provider_s_own_words_and_its_address_are_shown_to_nobody_and_the_log_has_the_address(
    body: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    with Nonsense(answer_of(401, body)) as asked, pytest.raises(ExternalError) as unread:
        fetch(asked.address, {"code": "x"})
    for language in ("en", "zh"):
        said = unread.value.message(language)
        assert [part for part in (asked.address, "127.0.0.1", "Zhang") if part in said] == []
        assert "401" in said
        assert ("invalid_client" in said) is (b"invalid_client" in body)
    (line,) = [vars(one) for one in caplog.records if one.name == "huitong.openid"]
    assert line["address"] == asked.address
    assert "Zhang" not in line["cause"]


@pytest.mark.parametrize("answer", [GARBAGE, b"", b"HTTP/1.1 2OO OK\r\n\r\n", b"HTTP/1.1 200 OK\r\n" + b"x" * 70_000])
def test_what_is_no_http_is_told_as_such(answer: bytes) -> None:
    with Nonsense(answer) as asked:
        with pytest.raises(ExternalError) as untold:
            HttpCoreSystem(asked.address).tell(FREEZE)
        with pytest.raises(ExternalError) as unkept:
            UrlWitness(asked.address).receive(Head(1, 0, "head"))
        with pytest.raises(ExternalError) as unread:
            fetch(asked.address)
    codes = [one.value.code for one in (untold, unkept, unread)]
    assert codes == ["measure.core.silent", "witness.unreachable", "access.openid.unreachable"]
    why = ("it closed the connection", "对方关闭了连接") if answer == b"" else ("what it answers is no HTTP", "其应答不是 HTTP")
    for one in (untold, unkept, unread):
        assert one.value.cause["en"].endswith(why[0])
        assert one.value.cause["zh"].endswith(why[1])


def test_a_body_that_nobody_can_read_ends_no_round() -> None:
    with Nonsense(GB18030) as asked:
        assert HttpCoreSystem(asked.address).tell(FREEZE) == Answer(False, "HTTP 422")
    for answer in (DEEP, GB18030.replace(b"422", b"200")):
        with Nonsense(answer) as asked:
            with pytest.raises(ExternalError) as unlisted:
                HttpCoreSystem(asked.address).held()
            with pytest.raises(ExternalError) as unread:
                fetch(asked.address)
        assert unlisted.value.code == "measure.core.silent"
        assert unread.value.cause["en"].endswith("no JSON")


def test_an_answer_that_is_longer_than_anybody_reads_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huitong.store.witness.ANSWER_BYTES_MAX", 3)
    with Nonsense(b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nlong") as asked, pytest.raises(ExternalError, match="more than 3 bytes"):
        UrlWitness(asked.address).receive(Head(1, 0, "head"))


def test_an_answer_that_drips_is_late_and_the_connection_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("huitong.store.witness.TIMEOUT_S", "huitong.identity.openid.fetching.TIMEOUT_SECONDS"):
        monkeypatch.setattr(module, 0.3)
    with Nonsense(EMPTY.replace(b"\r\n\r\n", b"\r\nx: " + b"x" * 1_000 + b"\r\n\r\n"), drip_s=0.05) as asked:
        with pytest.raises(ExternalError) as untold:
            HttpCoreSystem(asked.address, timeout_s=0.3).tell(FREEZE)
        with pytest.raises(ExternalError) as unkept:
            UrlWitness(asked.address).receive(Head(1, 0, "head"))
        with pytest.raises(ExternalError) as unread:
            fetch(asked.address)
        deadline = time.monotonic() + 20  # one connection after another is taken: any that stayed would last for 50 seconds
        while asked.asked < 3:
            assert time.monotonic() < deadline
            time.sleep(0.01)
    assert [one.value.cause["zh"].endswith("超时") for one in (untold, unkept, unread)] == [True] * 3


def test_who_is_about_to_end_waits_little_for_what_is_under_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huitong.outgoing.ENDING_SECONDS", 0.01)
    ending, held = Future[None](), threading.Event()
    ending.set_result(None)
    with pytest.raises(TimeoutError):
        within(60, lambda _: held.wait(120), ending)
    held.set()
    assert within(60, lambda _: "there", Future[None]()) == "there"


def test_who_was_hung_up_while_it_looked_for_an_address_goes_over_none() -> None:
    line = Line()
    line.hang_up()
    with (
        Nonsense(EMPTY) as asked,
        socket.create_connection(("127.0.0.1", int(asked.address.rpartition(":")[2]))) as found,
        pytest.raises(TimeoutError),
    ):
        line.goes_over(found)


def test_a_token_that_no_header_carries_is_told_and_not_shown() -> None:
    with Nonsense(EMPTY) as asked, pytest.raises(ExternalError) as unsent:
        HttpCoreSystem(asked.address, {"Authorization": "Bearer secret\nx"}).tell(FREEZE)
    assert unsent.value.cause["en"].endswith("its address or a header cannot be sent so")
    assert "secret" not in str(unsent.value)
