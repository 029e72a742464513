"""A check of the key ring finds every entry that was changed, and nothing after an erasure, which changes it rightly."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from huitong.kernel import Finding
from huitong.store import SqliteLog
from huitong.store.vault.checking import check_ring
from huitong.store.vault.names import Name
from tests.store.test_vault import CONTRACTS, EVENTS, MASTER, NOW_US


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "log.sqlite"
    with SqliteLog(path, master=MASTER, contracts=CONTRACTS) as log:
        log.append_events(EVENTS)
        log.seal(CONTRACTS, keep_rows=1)
    return path


def found(path: Path, *, with_master: bool = True) -> list[Finding]:
    with SqliteLog(path, writable=False) as log:
        return list(check_ring(log.reader, MASTER if with_master else None))


def test_a_whole_key_ring_has_no_findings_before_and_after_an_erasure(path: Path) -> None:
    assert found(path) == []
    with SqliteLog(path, master=MASTER, contracts=CONTRACTS) as log:
        log.persons.forget(Name("customer", "Customer-Li"), "case 1", "e1", NOW_US)
    assert found(path) == []
    with SqliteLog(path, master=MASTER, contracts=CONTRACTS) as log:
        log.persons.forget(Name("customer", "Customer-Chen"), "case 2", "e2", NOW_US)
    assert found(path) == []


@pytest.mark.parametrize("space", ["name", "key", "owner", "owned", "page", "paged"])
@pytest.mark.parametrize("column", ["name", "value"])
@pytest.mark.parametrize("place", [0, -1])
def test_one_flipped_bit_is_found_in_every_part_of_the_key_ring(path: Path, space: str, column: str, place: int) -> None:
    with closing(sqlite3.connect(path)) as connection:
        name, value = connection.execute("SELECT name, value FROM keyring WHERE space = ? ORDER BY name LIMIT 1", (space,)).fetchone()
        changed = bytearray(name if column == "name" else value)
        changed[place] ^= 64  # not the next number
        after = (bytes(changed), value) if column == "name" else (name, bytes(changed))
        connection.execute("UPDATE keyring SET name = ?, value = ? WHERE space = ? AND name = ?", (*after, space, name))
        connection.commit()
    findings = found(path)
    assert findings
    assert {one.code for one in findings} == {"log.ring"}
    named = bytes(changed) if column == "name" else name
    assert f"key ring {space} {named.hex()}" in [one.where for one in findings]
    assert all(one.text["zh"] and one.remedy["zh"] for one in findings)


def test_without_the_master_key_what_leads_nowhere_is_found_and_wrapped_keys_are_not_tried(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        for name, value in connection.execute("SELECT name, value FROM keyring WHERE space = 'key'").fetchall():
            changed = value[:30] + bytes([value[30] ^ 1]) + value[31:]
            connection.execute("UPDATE keyring SET value = ? WHERE space = 'key' AND name = ?", (changed, name))
        connection.commit()
    assert found(path, with_master=False) == []
    assert len(found(path)) > 1
