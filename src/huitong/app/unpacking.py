"""Opening a bundle that a stranger sent: nothing in it is trusted.

Names, sizes and hashes are checked before anything is used; the version must be the hash of the files.
"""

import errno
import hashlib
import io
import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec

from huitong.app.bundles import BUNDLE_BYTES_MAX, FORMAT, MANIFEST, Manifest, too_large
from huitong.app.workspace import disk_refused
from huitong.decisions.policy import MADE_WITH_FILE, engines_of
from huitong.kernel import DataError, InputError
from huitong.verifier import policy_version

FILES_MAX = 10_000
_DIRECTORY_BYTES_MAX = 4 * 2**20
_MANIFEST_BYTES_MAX = 4 * 2**20
_NAME_BYTES_MAX = 500
_END, _END_BYTES, _ZIP64, _ZIP64_BYTES = b"PK\x05\x06", 22, b"PK\x06\x07", 20
_CHUNK_BYTES = 1 << 20
_ENCRYPTED = 1
_PART = re.compile(r'[^\x00-\x1f\x7f<>:"/\\|?*]+')


def unpack(path: Path, into: Path) -> Manifest:
    """Writes a bundle's files into a folder, once each is what the manifest says, and the version is the hash of its files.

    Args:
        path: The bundle.
        into: An empty folder of one's own.

    Raises:
        InputError: If there is no such file.
        DataError: If it is no bundle, is too large, was changed, or names files outside.
        ExternalError: If the disk refuses.
    """
    try:
        _require_small_directory(path)
        with zipfile.ZipFile(path) as archive:
            entries = _entries(archive)
            manifest = _manifest(archive, entries)
            for name, digest in manifest.files.items():
                _write(archive, entries[name], into / name, digest)
    except FileNotFoundError:
        raise InputError(
            "bundle.missing",
            {"en": f"there is no bundle {path}", "zh": f"没有策略包 {path}"},
            {"en": "check the path; `huitong bundle` makes one", "zh": "请核对路径；策略包由 `huitong bundle` 生成"},
        ) from None
    except (FileExistsError, NotADirectoryError) as error:
        name = Path(str(error.filename)).name
        raise _no_bundle("bundle.name", f"{name!r} is a file and a folder", f"{name!r} 既是文件又是文件夹") from None
    except OSError as error:
        if error.errno == errno.EINVAL:  # the zip's directory leads before the file's beginning
            raise _no_bundle("bundle.damaged", "the zip is damaged", "zip 文件已损坏") from None
        raise disk_refused(path, error) from error
    except (zipfile.BadZipFile, zlib.error, EOFError, ValueError, NotImplementedError) as error:
        raise _no_bundle("bundle.damaged", f"the zip is damaged: {error}", f"zip 文件已损坏：{error}") from None
    made_of = engines_of((into / manifest.folder / MADE_WITH_FILE).read_bytes())
    if made_of != manifest.engines or policy_version(manifest.version_files, manifest.engines) != manifest.version:
        raise _no_bundle(
            "bundle.altered", f"its files do not make version {manifest.version[:12]}", f"其中的文件与版本 {manifest.version[:12]} 不符"
        )
    return manifest


def _require_small_directory(path: Path) -> None:
    """Refuses a zip whose directory would fill the memory: Python reads it whole."""
    with path.open("rb") as file:
        size = file.seek(0, io.SEEK_END)
        file.seek(max(0, size - _END_BYTES - _ZIP64_BYTES))
        end = file.read()
    record, before = end[-_END_BYTES:], end[:-_END_BYTES]
    if not record.startswith(_END) or record[-2:] != b"\0\0" or before.startswith(_ZIP64):
        raise _no_bundle("bundle.damaged", "it does not end like one", "文件末尾不符")
    if int.from_bytes(record[12:16], "little") > _DIRECTORY_BYTES_MAX or size > BUNDLE_BYTES_MAX:
        raise too_large()


def _entries(archive: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
    entries = {entry.filename: entry for entry in archive.infolist()}
    if len(entries) < len(archive.infolist()):
        raise _no_bundle("bundle.damaged", "it holds a name twice", "有重复的文件名")
    if len(entries) > FILES_MAX or sum(entry.file_size for entry in entries.values()) > BUNDLE_BYTES_MAX:
        raise too_large()
    for name, entry in entries.items():
        if entry.flag_bits & _ENCRYPTED or entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise _no_bundle("bundle.damaged", f"{name!r} is encrypted or packed in another way", f"{name!r} 已加密或压缩方式不符")
    return entries


def _manifest(archive: zipfile.ZipFile, entries: Mapping[str, zipfile.ZipInfo]) -> Manifest:
    if MANIFEST not in entries or entries[MANIFEST].file_size > _MANIFEST_BYTES_MAX:
        raise _no_bundle("bundle.damaged", f"it has no {MANIFEST}", f"缺少 {MANIFEST}")
    text = b"".join(_chunks(archive, entries[MANIFEST]))
    try:
        number = msgspec.json.decode(text, type=dict[str, msgspec.Raw]).get("format", msgspec.Raw(b"0"))
        if bytes(number) != str(FORMAT).encode():
            raise _no_bundle(
                "bundle.damaged", f"it has format {bytes(number)!r}, not {FORMAT}", f"格式为 {bytes(number)!r}，而不是 {FORMAT}"
            )
        manifest = msgspec.json.decode(text, type=Manifest)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise _no_bundle("bundle.damaged", f"{MANIFEST} cannot be read: {error}", f"{MANIFEST} 无法读取：{error}") from None
    _require_whole(manifest, entries)
    return manifest


def _require_whole(manifest: Manifest, entries: Mapping[str, zipfile.ZipInfo]) -> None:
    """Refuses names that lead elsewhere, files that the manifest does not name, and a bundle without what it must hold."""
    folders = (manifest.folder, "models/", "contracts/")
    for name in manifest.files:
        inside = next((name.removeprefix(folder) for folder in folders if name.startswith(folder)), "")
        if not inside or len(name.encode()) > _NAME_BYTES_MAX or not all(map(_is_plain, name.split("/"))):
            raise _no_bundle("bundle.name", f"{name!r} is no file of a bundle", f"{name!r} 不是策略包中的文件")
    if odd := set(manifest.files) ^ (set(entries) - {MANIFEST}):
        name = min(odd)
        raise _no_bundle("bundle.altered", f"{name!r} is missing, or not in {MANIFEST}", f"缺少 {name!r}，或 {MANIFEST} 未列出")
    needed = {manifest.folder + MADE_WITH_FILE, *([] if manifest.model is None else [manifest.model])}
    if gone := needed - set(manifest.files):
        raise _no_bundle("bundle.altered", f"{min(gone)!r} is missing", f"缺少 {min(gone)!r}")


def _is_plain(part: str) -> bool:
    return _PART.fullmatch(part) is not None and part.strip(". ") != "" and not part.endswith((".", " "))


def _write(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, target: Path, digest: str) -> None:
    found = hashlib.sha256()
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("xb") as file:
        for chunk in _chunks(archive, entry):
            found.update(chunk)
            file.write(chunk)
    if found.hexdigest() != digest:
        raise _no_bundle("bundle.altered", f"{entry.filename} was changed", f"{entry.filename} 已被改动")


def _chunks(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Iterator[bytes]:
    """The content of an entry, never more of it than the directory says."""
    with archive.open(entry) as stream:
        while chunk := stream.read(_CHUNK_BYTES):
            yield chunk


def _no_bundle(code: str, en: str, zh: str) -> DataError:
    return DataError(
        code,
        {"en": f"this is no whole bundle: {en}", "zh": f"这不是完整的策略包：{zh}"},
        {"en": "ask for the bundle again; nothing in it was used", "zh": "请重新索取策略包；其中内容均未被使用"},
    )
