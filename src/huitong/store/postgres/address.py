"""Where a log is: a PostgreSQL URL and the schema in it. One schema is one log."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Self
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from huitong.store.postgres import errors

SCHEMA = "huitong"
"""The schema where the URL names none."""
SCHEMA_BYTES_MAX = 63
Connection = psycopg.Connection[tuple[Any, ...]]
Cursor = psycopg.Cursor[tuple[Any, ...]]

# A peer that has gone without a word is noticed within half a minute: on a dead network a commit would wait for ever.
_FALLBACKS = {
    "connect_timeout": "10",
    "keepalives_idle": "10",
    "keepalives_interval": "3",
    "keepalives_count": "3",
    "tcp_user_timeout": "20000",
    "fallback_application_name": "huitong",
}


@dataclass(frozen=True, slots=True)
class Address:
    """A database and a schema in it.

    Attributes:
        conninfo: What the driver takes; may hold a password.
        schema: Name of the schema.
        where: The address as messages show it, without a password.
        segments: Where sealed records are, as far as the URL says.
        secret: The password, so that no message repeats it; empty where there is none.
    """

    conninfo: str = field(repr=False)
    schema: str
    where: str
    secret: str = field(repr=False)
    segments: str | None = None

    @classmethod
    def of_url(cls, url: str) -> Self:
        """Reads ``postgresql://user:password@host:port/database?schema=NAME&segments=PLACE&…``.

        What is not given, the driver's environment gives.

        Raises:
            InputError: If it is no such URL, or names a schema that cannot be.
        """
        parts = urlsplit(url)
        query = parse_qsl(parts.query, keep_blank_values=True)
        schema = dict(query).get("schema", SCHEMA)
        rest = urlencode([(name, value) for name, value in query if name not in ("schema", "segments")], quote_via=quote)
        try:
            # Put together by hand: without a host, which is the local socket, urlunsplit leaves the slashes out.
            plain = f"{parts.scheme}://{parts.netloc}{parts.path}" + (f"?{rest}" if rest else "")
            given = {name: str(value) for name, value in conninfo_to_dict(plain).items()}
        except psycopg.Error:
            raise errors.address_unreadable() from None  # what the driver says may repeat the password
        if not 0 < len(schema.encode()) <= SCHEMA_BYTES_MAX or "\x00" in schema or re.match(r"pg_|information_schema$", schema):
            raise errors.schema_unusable(schema, SCHEMA_BYTES_MAX)
        user, host, port = given.get("user"), given.get("host", given.get("hostaddr", "")), given.get("port", "").strip(",")
        shown = f"{user}@" if user else ""
        shown += quote(host, safe=",[]:") + (f":{port}" if port else "")
        where = f"postgresql://{shown}/{quote(given.get('dbname', ''))}?schema={quote(schema)}"
        return cls(make_conninfo(**{**_FALLBACKS, **given}), schema, where, given.get("password", ""), dict(query).get("segments"))

    @property
    def lock_key(self) -> int:
        """Of the advisory lock that the schema's one writer holds."""
        return int.from_bytes(sha256(b"huitong.store.writer\x00" + self.schema.encode()).digest()[:8], signed=True)

    @property
    def channel(self) -> str:
        """Name under which the writer tells listeners how far the log has grown."""
        return "huitong_" + sha256(self.schema.encode()).hexdigest()[:16]

    def connect(self, settings: Iterable[str] = ()) -> Connection:
        """A new connection in autocommit, its names those of the schema.

        Args:
            settings: Further statements that set it up.

        Raises:
            psycopg.Error: As the driver says.
        """
        connection = psycopg.connect(self.conninfo, autocommit=True)
        try:
            path = sql.SQL("SET search_path TO {}").format(sql.Identifier(self.schema)).as_string(connection)
            connection.execute("; ".join([path, "SET client_encoding TO 'UTF8'", *settings]).encode())
        except BaseException:
            connection.close()
            raise
        return connection

    def said(self, error: Exception) -> str:
        """What the driver says, on one line and without the password."""
        text = " ".join(str(error).split())
        return text.replace(self.secret, "***") if self.secret else text
