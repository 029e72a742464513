"""The version of a policy: the hash of everything that can change an answer.

That is every file of the folder (settings, features, tables, lists, what training wrote), the trained model by its own content
hash, the time-zone tables, and the versions of the kernels that compute features, expressions and scores. Two machines with the
same version give the same answers.
"""

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path
from stat import S_ISLNK

from huitong.decisions.policy.wrong import wrong
from huitong.kernel import ExternalError, PolicyError, refusal
from huitong.verifier import policy_version

FILES_MAX = 10_000
FILE_BYTES_MAX = 256 * 2**20
_IGNORED_SUFFIXES = (".swp", ".bak", ".tmp", "~")


def content_of(folder: Path) -> dict[str, bytes]:
    """Every file that belongs to the policy, by its path inside the folder with forward slashes.

    Hidden files and editors' left-overs do not belong to it; a link is refused, because what it points at can change unseen.

    Raises:
        PolicyError: If the folder is missing, holds a link, or is too large to be a policy.
        ExternalError: If a file, or a folder in it, cannot be read.
    """
    if not folder.is_dir():
        raise wrong(str(folder), "the folder is not there", "文件夹不存在")
    found: dict[str, bytes] = {}
    for root, folders, names in os.walk(folder, onerror=_refuse):
        linked = [name for name in folders if (Path(root) / name).is_symlink()]
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted([*names, *linked]):
            inside = (Path(root) / name).relative_to(folder).as_posix()
            if name.startswith(".") or name.endswith(_IGNORED_SUFFIXES):
                continue
            if len(found) >= FILES_MAX:
                raise _too_large(folder, inside)
            found[inside] = file_of(folder, inside)
    return found


def file_of(folder: Path, inside: str) -> bytes:
    """One file of the policy, by its path inside the folder.

    Raises:
        PolicyError: If it is a link, or too large to be a policy's.
        ExternalError: If it cannot be read.
    """
    path = folder / inside
    try:
        status = path.lstat()
        if S_ISLNK(status.st_mode):
            raise wrong(f"{folder.name}/{inside}", "is a link; a policy holds its files itself", "是链接；策略必须自带其文件")
        if status.st_size > FILE_BYTES_MAX:
            raise _too_large(folder, inside)
        return path.read_bytes()
    except OSError as error:
        raise _unreadable(path, error) from error


def _too_large(folder: Path, inside: str) -> PolicyError:
    return wrong(f"{folder.name}/{inside}", "the folder is too large for a policy", "文件夹过大，不像是策略")


def _refuse(error: OSError) -> None:
    raise _unreadable(error.filename, error) from error


def _unreadable(path: object, error: OSError) -> ExternalError:
    reason = refusal(error)
    return ExternalError(
        "policy.unreadable",
        {"en": f"{path} cannot be read: {reason['en']}", "zh": f"无法读取 {path}：{reason['zh']}"},
        {"en": "grant access to the file, or move it out of the policy's folder", "zh": "请授予读取权限，或将其移出策略文件夹"},
    )


def version_of(content: Mapping[str, bytes], engines: Mapping[str, str]) -> str:
    """The version, as 64 hex digits; people may use the first eight.

    Args:
        content: File contents by path.
        engines: Name and version of everything outside the folder that an answer depends on (feature plan, FEEL, scorer, tzdata, model).
    """
    return policy_version(hashes_of(content), engines)


def hashes_of(content: Mapping[str, bytes]) -> dict[str, str]:
    """SHA-256 of each file, in hex."""
    return {name: hashlib.sha256(data).hexdigest() for name, data in content.items()}
