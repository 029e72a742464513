"""Signing keys in files: Ed25519 as PKCS #8 PEM, readable by their owner only."""

import os
from contextlib import suppress
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat, load_pem_private_key

from huitong.store import errors


class FileSigner:
    """An Ed25519 key in a PEM file.

    Args:
        path: The file.

    Raises:
        InputError: If there is no file.
        DataError: If it holds no Ed25519 key.
        ExternalError: If the system refuses.
    """

    def __init__(self, path: Path) -> None:
        try:
            key = load_pem_private_key(path.read_bytes(), None)
        except FileNotFoundError:
            raise errors.key_missing(path) from None
        except OSError as error:
            raise errors.refused(path, error) from None
        except (ValueError, TypeError, UnsupportedAlgorithm):
            raise errors.key_unreadable(path) from None
        if not isinstance(key, Ed25519PrivateKey):
            raise errors.key_unreadable(path)
        self._path, self._key = path, key
        self.public_key = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)

    def sign(self, message: bytes) -> bytes:
        """See ``Signer``."""
        return self._key.sign(message)

    def __reduce__(self) -> tuple[type["FileSigner"], tuple[Path]]:
        return FileSigner, (self._path,)


def make_key(path: Path) -> FileSigner:
    """A new key in a file that was not there; its folder is made where it is missing.

    Raises:
        ExternalError: If the system refuses, or there is a file already.
    """
    pem = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    write_secret(path, pem)
    return FileSigner(path)


def write_secret(path: Path, content: bytes) -> None:
    """Writes a file that only its owner may read, durably, its name too; never over another, and whole or not at all.

    Raises:
        ExternalError: If the system refuses, or there is a file already.
    """
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            with os.fdopen(file, "wb") as out:
                out.write(content)
                out.flush()
                os.fsync(out.fileno())
            sync_folder(path.parent)
        except BaseException:
            with suppress(OSError):  # half a key would stand in the way of a whole one
                path.unlink()
            raise
    except OSError as error:
        raise errors.refused(path, error) from None


def sync_folder(folder: Path) -> None:
    """Makes the names of files in a folder durable: what was made, renamed or deleted there.

    Raises:
        OSError: If the system refuses.
    """
    file = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(file)
    finally:
        os.close(file)


def public_pem(public_key: bytes) -> bytes:
    """An Ed25519 public key as PEM, as auditors get it."""
    return Ed25519PublicKey.from_public_bytes(public_key).public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
