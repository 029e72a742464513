"""Logs on the move: copied between databases, kept as backups, restored."""

from huitong.store.moving.copying import Copied, copy_log

__all__ = ["Copied", "copy_log"]
