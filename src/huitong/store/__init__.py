"""The event and decision log: append-only, idempotent, durable before it answers.

For whom: everything that must be able to say, years later, what was known and what was decided. How: one SQLite file in
write-ahead mode, one writer thread with group commit, canonical bytes for each record. Where it fails: one process writes at a time, on one
machine; a file on a network disk cannot be trusted with SQLite's locks.
"""

from huitong.store.columns import decode_batch, encode_batch
from huitong.store.log import DECISION_KIND, RecordLog
from huitong.store.opening import open_log
from huitong.store.proofs import Proof, prove, prove_consistency
from huitong.store.records import FORMAT, decode, encode_decision, encode_event
from huitong.store.signing import FileSigner, make_key, public_pem
from huitong.store.sqlite import SqliteLog, check_log
from huitong.store.writer import GroupCommit

__all__ = [
    "DECISION_KIND",
    "FORMAT",
    "FileSigner",
    "GroupCommit",
    "Proof",
    "RecordLog",
    "SqliteLog",
    "check_log",
    "decode",
    "decode_batch",
    "encode_batch",
    "encode_decision",
    "encode_event",
    "make_key",
    "open_log",
    "prove",
    "prove_consistency",
    "public_pem",
]
