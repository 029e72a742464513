"""Proofs that anyone can check with the public key: a record is in the log; an earlier head is the beginning of a later one."""

import base64
from collections.abc import Sequence
from typing import NotRequired, TypedDict

from huitong.kernel import DecisionId, EventId, InputError
from huitong.store.log import RecordLog
from huitong.store.storage import Head
from huitong.verifier import FORMAT, read_note


class ProvedRecord(TypedDict):
    """A record with its path to the root; hashes in base64."""

    index: int
    payload: str
    inclusion: list[str]


class ProvedPolicy(TypedDict):
    """What the version that decided is made of: SHA-256 of its files by name, and what computes it; its version is the hash of both."""

    name: str
    version: str
    files: dict[str, str]
    engines: dict[str, str]


class Proof(TypedDict):
    """Records and the signed head that vouches for them; for a decision also what it was made with, where that is still here."""

    format: int
    head: str
    records: list[ProvedRecord]
    policy: NotRequired[ProvedPolicy]


class Consistency(TypedDict):
    """Two signed heads and the path that joins them."""

    format: int
    earlier: str
    head: str
    path: list[str]


def prove(log: RecordLog, record_id: EventId | DecisionId) -> Proof:
    """The proof of a decision with its event, or of an event, by id.

    Raises:
        InputError: If there is no such record, or no signed head covers it yet.
    """
    positions = log.positions(record_id)
    if not positions:
        raise unknown_record(record_id)
    head = _covering(log, max(positions))
    tree = log.tree(head.size)
    records: list[ProvedRecord] = []
    for position in positions:
        payload = log.payload(position)
        records.append({"index": position, "payload": payload.decode(), "inclusion": _encoded(tree.inclusion(position, head.size))})
    return {"format": FORMAT, "head": head.note, "records": records}


def prove_consistency(log: RecordLog, earlier: str) -> Consistency:
    """The proof that the log still begins with what an earlier head, kept by somebody, says.

    Raises:
        InputError: If the log is shorter than that head, or of another name.
        BadProofError: If ``earlier`` is no head.
    """
    note, head = read_note(earlier), log.sign_head()
    if head is None or note.size > head.size:
        raise _not_signed(note.size)
    return {
        "format": FORMAT,
        "earlier": earlier,
        "head": head.note,
        "path": _encoded(log.tree(head.size).consistency(note.size, head.size)),
    }


def _covering(log: RecordLog, position: int) -> Head:
    head = log.head()
    if head is None or head.size <= position:
        head = log.sign_head() if log.writable else None
    if head is None or head.size <= position:
        raise _not_signed(position + 1)
    return head


def unknown_record(record_id: str) -> InputError:
    """There is nothing to prove."""
    return InputError(
        "proof.unknown",
        {"en": f"no decision or event {record_id!r} in the log", "zh": f"日志中没有决策或事件 {record_id!r}"},
        {"en": "check the id", "zh": "请核对编号"},
    )


def _not_signed(size: int) -> InputError:
    return InputError(
        "proof.unsigned",
        {"en": f"no signed head covers {size} records", "zh": f"没有覆盖 {size} 条记录的签名头"},
        {"en": "open the log for writing with its signing key, which signs a head", "zh": "请用签名密钥以写入方式打开日志，届时会签署"},
    )


def _encoded(hashes: Sequence[bytes]) -> list[str]:
    return [base64.b64encode(one).decode() for one in hashes]
