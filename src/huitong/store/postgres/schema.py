"""The schema: its tables, and the checks before it is trusted."""

import re
from collections.abc import Callable, Iterator

from psycopg import sql

from huitong.store import errors
from huitong.store.postgres.address import Address, Connection

_TABLES = """
CREATE TABLE log (log_id text NOT NULL);
CREATE TABLE migration (version integer PRIMARY KEY, applied_us bigint NOT NULL);
CREATE TABLE writer (
  one boolean PRIMARY KEY CHECK (one),
  epoch bigint NOT NULL,
  pid integer NOT NULL,
  host text NOT NULL,
  since_us bigint NOT NULL,
  scrub boolean NOT NULL DEFAULT false  -- the key ring's file still holds what was dropped
);
CREATE TABLE record (
  position bigint PRIMARY KEY,
  kind text COLLATE "C" NOT NULL,
  latency_ns bigint NOT NULL,
  relaxed boolean NOT NULL,
  payload bytea NOT NULL
);
CREATE TABLE event_id (id text COLLATE "C" PRIMARY KEY, position bigint NOT NULL);
CREATE TABLE decision_id (id text COLLATE "C" PRIMARY KEY, position bigint NOT NULL, subject text COLLATE "C" NOT NULL);
CREATE INDEX decision_subject ON decision_id (subject);
CREATE TABLE tile (level integer NOT NULL, place bigint NOT NULL, hashes bytea NOT NULL, root bytea NOT NULL, PRIMARY KEY (level, place));
ALTER TABLE tile ALTER hashes SET STORAGE EXTERNAL;  -- hashes do not compress
CREATE TABLE head (size bigint PRIMARY KEY, time_us bigint NOT NULL, note text NOT NULL);
CREATE TABLE segment (stop bigint PRIMARY KEY, first bigint NOT NULL CHECK (first < stop), files text NOT NULL);
CREATE TABLE keyring (space text COLLATE "C" NOT NULL, name bytea NOT NULL, value bytea NOT NULL, PRIMARY KEY (space, name));
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS
  $$BEGIN RAISE EXCEPTION 'records are append-only' USING ERRCODE = 'restrict_violation'; END$$;
CREATE FUNCTION refuse_unless_next() RETURNS trigger LANGUAGE plpgsql AS
  $$BEGIN
    IF NEW.first <> (SELECT coalesce(max(stop), 0) FROM segment) THEN
      RAISE EXCEPTION 'segments follow one another' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
  END$$;
CREATE FUNCTION refuse_unless_sealed() RETURNS trigger LANGUAGE plpgsql AS
  $$BEGIN
    IF EXISTS (SELECT FROM gone WHERE position >= (SELECT coalesce(max(stop), 0) FROM segment)) THEN
      RAISE EXCEPTION 'records are append-only' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
  END$$;
CREATE TRIGGER segment_in_order BEFORE INSERT ON segment FOR EACH ROW EXECUTE FUNCTION refuse_unless_next();
CREATE TRIGGER record_never_changes BEFORE UPDATE OR TRUNCATE ON record EXECUTE FUNCTION refuse_change();
CREATE TRIGGER record_goes_when_sealed AFTER DELETE ON record REFERENCING OLD TABLE AS gone EXECUTE FUNCTION refuse_unless_sealed();
"""
_APPEND_ONLY = [
    f"CREATE TRIGGER {table}_never_changes BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} EXECUTE FUNCTION refuse_change();"
    for table in ("event_id", "decision_id", "tile", "head", "segment")
]
_STEPS = ("\n".join([_TABLES, *_APPEND_ONLY]), "CREATE INDEX record_kind ON record (kind, position);\n")
"""What brings a schema from each version to the next; version 0 is an empty schema."""
SCHEMA_VERSION = len(_STEPS)
_TRIGGER = re.compile(
    r"CREATE TRIGGER (?P<name>\w+) (?P<when>BEFORE|AFTER) (?P<on>[A-Z ]+) ON (?P<table>\w+)"
    r"(?: REFERENCING OLD TABLE AS \w+)?(?P<row> FOR EACH ROW)? EXECUTE FUNCTION (?P<function>\w+)\(\);"
)
_TRIGGER_BITS = {"AFTER": 0, "BEFORE": 2, "INSERT": 4, "DELETE": 8, "UPDATE": 16, "TRUNCATE": 32}
"""Of ``pg_trigger.tgtype``; 1 is FOR EACH ROW."""
_FOUND = """
SELECT 'trigger', tgname::text, c.relname::text, f.proname::text, tgtype::int, tgenabled = 'O' FROM pg_trigger t
JOIN pg_class c ON c.oid = tgrelid JOIN pg_proc f ON f.oid = tgfoid
WHERE c.relnamespace = %(schema)s::regnamespace AND NOT tgisinternal
UNION ALL SELECT 'function', proname, prosrc, '', 0, true FROM pg_proc
WHERE pronamespace = %(schema)s::regnamespace AND prorettype = 'trigger'::regtype
UNION ALL SELECT 'index', i.relname, c.relname, '', indisunique::int, indisvalid AND indisready FROM pg_index
JOIN pg_class i ON i.oid = indexrelid JOIN pg_class c ON c.oid = indrelid WHERE c.relnamespace = %(schema)s::regnamespace"""
"""What guards records: its kind and name, what it is on or does, and whether it is in force."""


def prepare(connection: Connection, address: Address, now_us: int, log_id: Callable[[], str]) -> None:
    """Makes the tables where there are none, and brings older ones up to date; for whoever holds the right to write.

    Args:
        connection: In autocommit.
        address: The schema.
        now_us: The clock's reading, for the note of when a schema was made.
        log_id: Gives the identity of a new log.

    Raises:
        DataError: If the schema is of another program or of a later version.
        psycopg.Error: If the database refuses.
    """
    found = _version(connection, address)
    if found == SCHEMA_VERSION:
        return
    with connection.transaction():
        if connection.execute("SELECT 1 FROM pg_namespace WHERE nspname = %s", (address.schema,)).fetchone() is None:
            connection.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(address.schema)))
        for version, step in enumerate(_STEPS[found or 0 :], (found or 0) + 1):
            connection.execute(step.encode())
            connection.execute("INSERT INTO migration VALUES (%s, %s)", (version, now_us))
        if found is None:
            connection.execute("INSERT INTO log VALUES (%s)", (log_id(),))


def require_ready(connection: Connection, address: Address) -> None:
    """Refuses a schema that holds no log, or one of another version; for readers.

    Raises:
        InputError: If there is no log.
        DataError: If it is of another program or another version.
        psycopg.Error: If the database refuses.
    """
    found = _version(connection, address)
    if found is None:
        raise errors.missing(address.where)
    if found < SCHEMA_VERSION:
        raise errors.older(address.where, found, SCHEMA_VERSION)


def _version(connection: Connection, address: Address) -> int | None:
    """Version of the log in the schema, ``None`` where there is nothing; refuses what is not ours or later than we know."""
    query = """
        SELECT count(DISTINCT c.oid), count(*) FILTER (WHERE (c.relname, a.attname) IN (('log', 'log_id'), ('migration', 'applied_us')))
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
        WHERE n.nspname = %s AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')"""
    tables, ours = connection.execute(query, (address.schema,)).fetchall()[0]
    if tables == 0:
        return None
    if ours != 2:
        raise errors.foreign(address.where)
    found = int(connection.execute("SELECT max(version) FROM migration").fetchall()[0][0])
    if found > SCHEMA_VERSION:
        raise errors.newer(address.where, found, SCHEMA_VERSION)
    return found


def altered(connection: Connection, schema: str) -> list[tuple[str, str]]:
    """Triggers, their functions and indices that are not as they were made: kind and name of what is gone, was changed, or was added.

    An index more does no harm, and whoever keeps the database may have made it.
    """
    quoted = sql.Identifier(schema).as_string(connection)
    made, found = set(_made()), {tuple(row) for row in connection.execute(_FOUND, {"schema": quoted}).fetchall()}
    more = {row for row in found - made if row[0] == "index" and row[1] not in {one[1] for one in made}}
    return sorted({(str(row[0]), str(row[1])) for row in (made ^ found) - more})


def _made() -> Iterator[tuple[object, ...]]:
    text = "".join(_STEPS)
    for trigger in _TRIGGER.finditer(text):
        bits = sum(_TRIGGER_BITS[word] for word in [trigger["when"], *trigger["on"].split(" OR ")]) + (trigger["row"] is not None)
        yield "trigger", trigger["name"], trigger["table"], trigger["function"], bits, True
    for name, body in re.findall(r"CREATE FUNCTION (\w+)\(\).*?\$\$(.*?)\$\$", text, re.DOTALL):
        yield "function", name, body, "", 0, True
    for name, table in re.findall(r"CREATE INDEX (\w+) ON (\w+)", text):
        yield "index", name, table, "", 0, True
    for table in re.findall(r"CREATE TABLE (\w+) \((?:(?!;\n).)*?PRIMARY KEY", text, re.DOTALL):
        yield "index", f"{table}_pkey", table, "", 1, True
