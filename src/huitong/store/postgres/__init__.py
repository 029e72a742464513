"""A log in one schema of a PostgreSQL database: one process writes, fenced by a lock and an epoch; any number read."""

from huitong.store.postgres.log import PostgresLog

__all__ = ["PostgresLog"]
