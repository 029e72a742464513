"""A signing key is turned with its commit or not at all."""

import sqlite3
from pathlib import Path

import pytest

from huitong.kernel import HuitongError, InputError
from huitong.store import SqliteLog, check_log, make_key, prove
from huitong.store.journal import Journal, records_of
from huitong.store.sqlite.storage import SqliteSession
from huitong.store.turning import rotate_signer
from huitong.verifier import verify
from tests.store.test_vault import EVENTS, NOW_US


def test_a_key_whose_commit_was_refused_signs_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old, new = make_key(tmp_path / "old.pem"), make_key(tmp_path / "new.pem")
    commit, refused = SqliteSession.commit, list[bool]()

    def refusing_once(session: SqliteSession) -> None:
        if not refused:
            refused.append(True)
            raise sqlite3.OperationalError("the disk refuses")
        commit(session)

    with SqliteLog(tmp_path / "log.sqlite", signer=old) as log:
        log.append_events(EVENTS[:2])
        log.sign_head()
        monkeypatch.setattr(SqliteSession, "commit", refusing_once)
        with pytest.raises(HuitongError):
            rotate_signer(log, old, new, "k1", NOW_US)
        log.append_events(EVENTS[2:4])
        log.sign_head()
        assert verify(prove(log, "p3"), [old.public_key]).head.size == 4
        rotate_signer(log, old, new, "k1", NOW_US)
        assert verify(prove(log, "k1"), [old.public_key]).head.size == 5  # the record of the new key is under the old one
        log.append_events(EVENTS[4:])
        log.sign_head()
        assert verify(prove(log, "p3"), [new.public_key]).head.size == 6
    assert check_log(tmp_path / "log.sqlite") == ()


def test_a_call_that_is_taken_back_takes_its_key_and_its_head_along(tmp_path: Path) -> None:
    old, new = make_key(tmp_path / "old.pem"), make_key(tmp_path / "new.pem")

    def turning_then_wrong(journal: Journal) -> None:
        journal.append(records_of(EVENTS[2:3]))
        journal.turn_signer(new)
        raise InputError("test.wrong", {"en": "wrong", "zh": "错"}, {"en": "none", "zh": "无"})

    with SqliteLog(tmp_path / "log.sqlite", signer=old) as log:
        log.append_events(EVENTS[:2])
        log.sign_head()
        with pytest.raises(InputError):
            log.write(turning_then_wrong)
        log.append_events(EVENTS[3:4])  # now there are as many records as under the head that was taken back
        log.sign_head()
        assert verify(prove(log, "p4"), [old.public_key]).head.size == 3
    assert check_log(tmp_path / "log.sqlite") == ()
