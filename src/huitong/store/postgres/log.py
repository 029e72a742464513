"""Opens a log in a PostgreSQL database."""

from typing import Unpack

from huitong.store.log import RecordLog
from huitong.store.postgres.address import Address
from huitong.store.postgres.reading import PostgresReader
from huitong.store.postgres.session import PostgresSession
from huitong.store.starting import LogOptions, sealed_over, start
from huitong.store.writer import PATIENCE_S


class PostgresLog(RecordLog):
    """A log in one schema of a PostgreSQL database.

    It needs connections of its own: with a pooler that lends a connection for a transaction only, the lock is lost.

    Args:
        url: ``postgresql://user:password@host:port/database?schema=NAME&segments=PLACE``; the schema is ``huitong`` where none is named,
            and made where it is missing.
        options: See ``LogOptions``.

    Raises:
        InputError: If the URL cannot be read, or there is nothing to read.
        DataError: If the schema is of another program or a later version.
        ExternalError: If another process writes there, or the database cannot be reached or refuses.
    """

    def __init__(self, url: str, **options: Unpack[LogOptions]) -> None:
        address = Address.of_url(url)
        segments, patience_s = options.get("segments"), options.get("patience_s", PATIENCE_S)
        super().__init__(
            *start(
                address.where,
                options,
                lambda: sealed_over(PostgresReader(address, patience_s), address.segments if segments is None else segments),
                lambda now_us, log_id, relaxed: PostgresSession(address, now_us, log_id, relaxed=relaxed),
            )
        )
