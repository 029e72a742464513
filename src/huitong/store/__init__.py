"""The event and decision log: append-only, idempotent, durable before it answers.

For whom: everything that must be able to say, years later, what was known and what was decided, and to show it to a stranger.
How: canonical bytes for each record, which are the leaves of a Merkle tree with signed heads; one writer thread with group commit; names
under keys that can be destroyed; in one SQLite file or one schema of PostgreSQL, old ranges as Parquet. Where it fails: one process writes
at a time; a SQLite file on a network disk cannot be trusted with its locks; without a witness, whoever has the signing key can sign another
history.
"""

from huitong.store.books import BookKeeper
from huitong.store.columns import decode_batch, encode_batch
from huitong.store.log import RecordLog
from huitong.store.opening import open_log
from huitong.store.persons import FORGOTTEN_KIND, HELD_KIND
from huitong.store.proofs import Proof, ProvedPolicy, prove, prove_consistency, unknown_record
from huitong.store.records import FORMAT, decode, encode_decision, encode_event
from huitong.store.segments.sealer import TAIL_ROWS
from huitong.store.signing import FileSigner, make_key, public_pem
from huitong.store.sqlite import SqliteLog, check_log
from huitong.store.starting import LogOptions
from huitong.store.storage import DECISION_KIND, Head
from huitong.store.vault import MasterKey, is_token, make_master_key, master_from
from huitong.store.vault.forgetting import Forgotten, Hold, require_free
from huitong.store.vault.names import Name
from huitong.store.witness import kept_heads, witness_at
from huitong.store.writer import GroupCommit

__all__ = [
    "DECISION_KIND",
    "FORGOTTEN_KIND",
    "FORMAT",
    "HELD_KIND",
    "TAIL_ROWS",
    "BookKeeper",
    "FileSigner",
    "Forgotten",
    "GroupCommit",
    "Head",
    "Hold",
    "LogOptions",
    "MasterKey",
    "Name",
    "Proof",
    "ProvedPolicy",
    "RecordLog",
    "SqliteLog",
    "check_log",
    "decode",
    "decode_batch",
    "encode_batch",
    "encode_decision",
    "encode_event",
    "is_token",
    "kept_heads",
    "make_key",
    "make_master_key",
    "master_from",
    "open_log",
    "prove",
    "prove_consistency",
    "public_pem",
    "require_free",
    "unknown_record",
    "witness_at",
]
