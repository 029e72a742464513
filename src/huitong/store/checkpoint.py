"""Signed heads of the tree: the C2SP formats ``tlog-checkpoint`` and ``signed-note``, Ed25519.

A head is text that anyone may keep: the log's name, the number of records, the root, the time, and a signature of those lines.
Two heads of one log that no consistency proof joins convict whoever signed them.
"""

import base64
from typing import Protocol

from huitong.kernel import time_text
from huitong.store.storage import Head
from huitong.verifier import key_id, origin_of


class Signer(Protocol):
    """Holds a private key: in a file, or where it can be used but not read."""

    @property
    def public_key(self) -> bytes:
        """The Ed25519 public key, 32 bytes."""
        ...

    def sign(self, message: bytes) -> bytes:
        """The Ed25519 signature, 64 bytes."""
        ...


def signed_head(log_id: str, size: int, root: bytes, time_us: int, signer: Signer) -> Head:
    """The head of a tree as a signed note."""
    origin = origin_of(log_id)
    text = f"{origin}\n{size}\n{base64.b64encode(root).decode()}\ntime {time_text(time_us)}\n"
    signature = base64.b64encode(key_id(origin, signer.public_key) + signer.sign(text.encode())).decode()
    return Head(size, time_us, f"{text}\n— {origin} {signature}\n")
