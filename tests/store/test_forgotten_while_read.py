"""Who is forgotten while others read and decide: what is folded meanwhile keeps no name, and what follows brings none back."""

from collections.abc import Callable
from dataclasses import replace
from unittest.mock import patch

from huitong.contracts import Answered, Event
from huitong.store import SqliteLog, is_token
from huitong.store.vault.names import Name, Names
from tests.store.build import decision
from tests.store.test_vault import EVENTS, NOW_US, opener

__all__ = ["opener"]  # the fixture
BLANK = Names.blank


def customers(log: SqliteLog) -> list[str]:
    return [record.content.keys["customer"] for record in log.read(kinds=["payment.requested"]) if isinstance(record.content, Event)]


def test_what_is_read_once_the_key_is_gone_has_no_name_though_this_process_remembered_it(opener: Callable[[], SqliteLog]) -> None:
    read: list[str] = []

    def read_before(names: Names) -> None:
        with patch.object(Names, "blank", BLANK):
            read.extend(customers(log))
        BLANK(names)

    with opener() as log:
        log.append_events(EVENTS)
        assert "Customer-Li" in customers(log)
        with patch.object(Names, "blank", read_before):
            log.persons.forget(Name("customer", "Customer-Li"), "asked", "f1", NOW_US)
    assert len(read) == len(EVENTS)
    assert "Customer-Li" not in read


def test_what_follows_from_a_payment_of_the_forgotten_keeps_the_token_and_gives_nobody_a_key(opener: Callable[[], SqliteLog]) -> None:
    with opener() as log:
        log.append_events(EVENTS)
        log.persons.forget(Name("customer", "Customer-Li"), "asked", "f1", NOW_US)
        known = log.event("p3")
        assert known is not None
        follows = replace(known, id="follows", data={"amount": 1})
        log.append_answers([Answered((), (decision(3),), (follows,))], log.end()).result()
        there = log.event("follows")
        assert there is not None
        assert is_token(there.keys["customer"])
        assert there.keys == known.keys
        assert there.keys["account"] == "Account-Shared"
        assert log.persons.known_as("Customer-Li") == []
