#!/usr/bin/env python3
"""Checks a proof that Huitong gave, with a public key and nothing else of Huitong's.

This one file needs Python 3.11 and the package ``cryptography``. Copy it anywhere and run ``python verifier.py proof.json --key key.pem``.
The format of a proof is described in the documentation, page "Proofs". Trees and proofs: RFC 9162, section 2.1.
Signed heads: the C2SP formats ``signed-note`` and ``tlog-checkpoint``. Signatures: Ed25519, RFC 8032.
"""

import base64
import binascii
from dataclasses import dataclass
from hashlib import sha256


def leaf_hash(payload: bytes) -> bytes:
    """Hash of a record's canonical bytes as a leaf (RFC 9162, 2.1.1)."""
    return sha256(b"\x00" + payload).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash of two subtrees (RFC 9162, 2.1.1)."""
    return sha256(b"\x01" + left + right).digest()


def origin_of(log_id: str) -> str:
    """First line of a head: the name of the log."""
    return f"huitong/{log_id}"


def key_id(name: str, public_key: bytes) -> bytes:
    """Four bytes that tell which key signed a note (C2SP signed-note, Ed25519)."""
    return sha256(name.encode() + b"\n\x01" + public_key).digest()[:4]


class BadProofError(Exception):
    """Something in a proof is not as it must be; ``text`` says what, in English and Chinese."""

    def __init__(self, en: str, zh: str) -> None:
        super().__init__(en)
        self.text = {"en": en, "zh": zh}


@dataclass(frozen=True, slots=True)
class Note:
    """A signed head.

    Attributes:
        origin: Name of the log.
        size: Number of records.
        root: Root of their tree, 32 bytes.
        extensions: Further lines, such as ``time 2026-11-26T08:00:00Z``.
        text: The lines that are signed.
        signatures: Name, key id (4 bytes) and signature of each signer.
    """

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...]
    text: str
    signatures: tuple[tuple[str, bytes, bytes], ...]


def read_note(note: str) -> Note:
    """Reads a signed head (C2SP tlog-checkpoint in a signed-note); checks its form, not its signatures.

    Raises:
        BadProofError: If it is no signed head.
    """
    text, blank, below = note.partition("\n\n")
    lines = text.split("\n")
    if not blank or len(lines) < 3 or not below.endswith("\n"):
        raise BadProofError("the head is cut short", "签名头不完整")
    if not lines[1].isascii() or not lines[1].isdigit() or str(int(lines[1])) != lines[1]:
        raise BadProofError("the head names no size", "签名头没有记录数")
    signatures = []
    for line in below.splitlines():
        parts = line.split(" ")
        if len(parts) != 3 or parts[0] != "—":
            raise BadProofError("a signature line of the head cannot be read", "签名头的签名行无法读取")
        raw = _unbase64(parts[2])
        signatures.append((parts[1], raw[:4], raw[4:]))
    return Note(lines[0], int(lines[1]), _hash(lines[2]), tuple(lines[3:]), text + "\n", tuple(signatures))


def _unbase64(text: object) -> bytes:
    try:
        if isinstance(text, str):
            return base64.b64decode(text, validate=True)
    except binascii.Error:
        pass
    raise BadProofError("a part of the proof is not base64", "证明中有部分不是 base64")


def _hash(text: object) -> bytes:
    raw = _unbase64(text)
    if len(raw) != 32:
        raise BadProofError("a hash of the proof does not have 32 bytes", "证明中有哈希不是 32 字节")
    return raw
