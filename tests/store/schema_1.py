"""A log as the first schema had it, written by that schema's own SQL."""

import sqlite3
from collections.abc import Sequence
from pathlib import Path

from huitong.contracts import Decision, Event
from huitong.store import DECISION_KIND, encode_decision, encode_event

_SCHEMA = """
CREATE TABLE record (
  position INTEGER PRIMARY KEY,
  kind TEXT NOT NULL,
  id TEXT NOT NULL,
  subject TEXT,
  latency_ns INTEGER NOT NULL,
  payload BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX event_id ON record(id) WHERE subject IS NULL;
CREATE UNIQUE INDEX decision_id ON record(id) WHERE subject IS NOT NULL;
CREATE INDEX decision_subject ON record(subject) WHERE subject IS NOT NULL;
CREATE TRIGGER record_never_changes BEFORE UPDATE ON record BEGIN SELECT RAISE(ABORT, 'records are append-only'); END;
CREATE TRIGGER record_never_goes BEFORE DELETE ON record BEGIN SELECT RAISE(ABORT, 'records are append-only'); END;
"""


def write_schema_1(path: Path, events: Sequence[Event], decisions: Sequence[Decision]) -> list[bytes]:
    """Events, then decisions; returns their canonical bytes in order."""
    rows: list[tuple[str, str, str | None, int, bytes]] = [(event.kind, event.id, None, 0, encode_event(event)) for event in events]
    rows += [(DECISION_KIND, one.id, one.event, one.latency_ns, encode_decision(one)) for one in decisions]
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.executescript(f"BEGIN IMMEDIATE; {_SCHEMA} PRAGMA application_id={0x48544C47}; PRAGMA user_version=1; COMMIT;")
    connection.executemany("INSERT INTO record (kind, id, subject, latency_ns, payload) VALUES (?, ?, ?, ?, ?)", rows)
    connection.close()
    return [payload for *_, payload in rows]
