"""The master key: wraps the keys of persons, so that who copies the log alone can read nobody in it."""

import base64
import binascii
import os
import secrets
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from huitong.kernel import DataError, InputError
from huitong.store import errors
from huitong.store.signing import write_secret

KEY_BYTES = 32
_NONCE_BYTES = 12


class MasterKey(Protocol):
    """Wraps secrets: from a file, the environment, or a service that keeps the key to itself."""

    def wrap(self, secret: bytes, context: bytes) -> bytes:
        """The secret, encrypted; ``context`` must be given again to open it."""
        ...

    def unwrap(self, wrapped: bytes, context: bytes) -> bytes:
        """The secret.

        Raises:
            DataError: If another key wrapped it, or it was changed.
        """
        ...


Opens = Callable[[MasterKey], bool]
"""Whether a master key is that of a log."""
FindMaster = Callable[[Opens | None], MasterKey | None]
"""Finds the master key of a log that is being opened: told how to try one, or ``None`` where the log holds no name yet."""


class LocalMasterKey:
    """A master key in memory: AES-256-GCM.

    Args:
        key: 32 bytes.
    """

    def __init__(self, key: bytes) -> None:
        self._key, self._cipher = key, AESGCM(key)

    def wrap(self, secret: bytes, context: bytes) -> bytes:
        """See ``MasterKey``."""
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, secret, context)

    def unwrap(self, wrapped: bytes, context: bytes) -> bytes:
        """See ``MasterKey``."""
        try:
            return self._cipher.decrypt(wrapped[:_NONCE_BYTES], wrapped[_NONCE_BYTES:], context)
        except (InvalidTag, ValueError):
            raise wrong_master() from None

    def __reduce__(self) -> tuple[type["LocalMasterKey"], tuple[bytes]]:
        return LocalMasterKey, (self._key,)


def wrong_master() -> DataError:
    """The error for a master key that does not open this log."""
    return DataError(
        "vault.master.wrong",
        {"en": "the master key does not open this log", "zh": "主密钥无法打开此日志"},
        {
            "en": "give the master key with which the log was written, or the one of its last rotation",
            "zh": "请提供写入该日志时的主密钥，或最近一次轮换后的主密钥",
        },
    )


def master_from(source: str, environment: Mapping[str, str] = os.environ) -> LocalMasterKey:
    """The master key of ``file:PATH`` or ``env:NAME``: 32 bytes in base64.

    Raises:
        InputError: If there is none, or the source is of no known kind.
        DataError: If it is no key.
        ExternalError: If the system refuses.
    """
    kind, _, rest = source.partition(":")
    if kind == "file":
        try:
            return _read(Path(rest).read_text("ascii", "replace"), rest)
        except FileNotFoundError:
            raise errors.key_missing(Path(rest)) from None
        except OSError as error:
            raise errors.refused(Path(rest), error) from None
    if kind != "env":
        raise InputError(
            "vault.master.source",
            {"en": f"{source!r} is no source of a master key", "zh": f"{source!r} 不是主密钥的来源"},
            {"en": "write file:PATH or env:NAME", "zh": "请写 file:路径 或 env:变量名"},
        )
    if not environment.get(rest):
        raise InputError(
            "vault.master.missing",
            {"en": f"the environment variable {rest} holds no master key", "zh": f"环境变量 {rest} 中没有主密钥"},
            {"en": "set it to 32 bytes in base64", "zh": "请将其设为 32 字节的 base64"},
        )
    return _read(environment[rest], rest)


def _read(text: str, where: str) -> LocalMasterKey:
    try:
        key = base64.b64decode(text.strip(), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != KEY_BYTES:
        raise DataError(
            "vault.master.unreadable",
            {"en": f"{where} holds no master key: 32 bytes in base64", "zh": f"{where} 不是主密钥：应为 32 字节的 base64"},
            {"en": "restore it from a backup", "zh": "请从备份恢复"},
        )
    return LocalMasterKey(key)


def make_master_key(path: Path) -> LocalMasterKey:
    """A new master key in a file that was not there.

    Raises:
        ExternalError: If the system refuses, or there is a file already.
    """
    write_secret(path, base64.b64encode(secrets.token_bytes(KEY_BYTES)) + b"\n")
    return master_from(f"file:{path}")
