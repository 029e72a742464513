"""Logs on the move: copied between databases, kept as backups, restored."""

from huitong.store.moving.copying import Copied, copy_log
from huitong.store.moving.restoring import Forgetting, Restored, read_pseudonyms, restore_log

__all__ = ["Copied", "Forgetting", "Restored", "copy_log", "read_pseudonyms", "restore_log"]
