"""A log in one SQLite file: write-ahead mode, one process writes, any number read."""

from huitong.store.sqlite.check import check_log
from huitong.store.sqlite.log import SqliteLog

__all__ = ["SqliteLog", "check_log"]
