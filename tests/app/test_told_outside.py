"""Who calls, or asks for health, hears what is wrong and no name of a machine; who runs the service hears all of it."""

import logging
import socket

import pytest

from huitong.api.problems import problem_of
from huitong.api.shapes import health_of
from huitong.app import Bank
from huitong.app.health import trouble
from huitong.app.messaging import Messaging
from huitong.app.rounds import Rounds
from huitong.contracts import Health
from huitong.contracts.outside import OUTSIDE
from huitong.kernel import LANGUAGES, ExternalError
from huitong.store.errors import gone

WHERE = "postgresql://ourselves@10.1.2.3:5432/bank?schema=huitong"


def test_no_address_leaves_the_house_and_the_system_page_has_it() -> None:
    error = gone(WHERE, "connection to server at 10.1.2.3 failed")
    for language in LANGUAGES:
        problem = problem_of(error, language)
        assert problem.detail == f"{OUTSIDE['store.gone'][language]}{'。' if language == 'zh' else '; '}{error.remedy[language]}"
        assert "10.1.2.3" not in str(problem)
    health = Health((trouble(error, "log"),), 0, -1, 0, {})
    assert "10.1.2.3" not in str(health_of(health))
    assert "10.1.2.3" in health.findings[0].text["en"]
    assert all(text[language] for text in OUTSIDE.values() for language in LANGUAGES)


def test_the_service_s_own_line_says_where(caplog: pytest.LogCaptureFixture) -> None:
    rounds = Rounds("any", lambda: None)
    with caplog.at_level(logging.WARNING, "huitong.parts"):
        rounds._told(gone(WHERE, "refused"))
    assert WHERE in str(caplog.records[0].__dict__["cause"])


def test_what_is_waited_for_at_the_start_is_said_at_once_and_why_it_did_not_come(bank: Bank, caplog: pytest.LogCaptureFixture) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with (
        caplog.at_level(logging.INFO, "huitong.parts"),
        pytest.raises(ExternalError) as caught,
        Messaging(bank, f"nats://us:secret@127.0.0.1:{port}"),
    ):
        pass
    assert [record.__dict__.get("address") for record in caplog.records if record.msg == "connecting"] == [f"127.0.0.1:{port}"]
    assert (caught.value.code, "secret" in str(caught.value)) == ("message.unreachable", False)
    assert "refused" in caught.value.cause["en"]
    assert "Error(" not in caught.value.cause["zh"]
