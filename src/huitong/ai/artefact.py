"""The model file: one canonical sequence of bytes, named by its SHA-256. No pickle: nothing in it can run.

Layout, version 1:

    12 bytes   magic ``huitongtrees``
     4 bytes   format version, little-endian
     8 bytes   length of the header, little-endian
     header    JSON in UTF-8, keys sorted, no blanks, padded with blanks to a multiple of 8 bytes
     arrays    raw little-endian numbers in the order and with the lengths that the header lists, each padded with zeros to 8 bytes
"""

import contextlib
import hashlib
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np

from huitong.ai.ensemble import ARRAY_DTYPES, Calibration, ModelFeature, TrainingRecord, TreeArrays, TreeEnsemble, damaged
from huitong.kernel import DataError, ExternalError, InputError, refusal

MAGIC = b"huitongtrees"
FORMAT_VERSION = 1
FILE_SUFFIX = ".trees"
FILE_BYTES_MAX = 512 * 1024 * 1024
_PREFIX = len(MAGIC) + 12


@dataclass(frozen=True, slots=True)
class _Header:
    features: tuple[ModelFeature, ...]
    calibration: Calibration
    record: TrainingRecord
    arrays: dict[str, int]


def encode(ensemble: TreeEnsemble) -> bytes:
    """The model's canonical bytes: equal models give equal bytes, on every machine."""
    arrays = {name: getattr(ensemble.trees, name) for name in ARRAY_DTYPES}
    header = _Header(ensemble.features, ensemble.calibration, ensemble.record, {name: len(array) for name, array in arrays.items()})
    text = msgspec.json.encode(header, order="sorted")
    text += b" " * (-len(text) % 8)
    parts = [MAGIC, FORMAT_VERSION.to_bytes(4, "little"), len(text).to_bytes(8, "little"), text]
    for name, array in arrays.items():
        raw = array.astype(ARRAY_DTYPES[name]).tobytes()
        parts += [raw, b"\0" * (-len(raw) % 8)]
    return b"".join(parts)


def decode(content: bytes) -> TreeEnsemble:
    """The model in canonical bytes.

    Raises:
        DataError: If the bytes are no model, of a newer format, cut short, or contradict themselves.
    """
    if content[: len(MAGIC)] != MAGIC or len(content) < _PREFIX:
        raise damaged("it does not begin like a model file", "文件开头不是模型文件的标识")
    version = int.from_bytes(content[len(MAGIC) : len(MAGIC) + 4], "little")
    if version != FORMAT_VERSION:
        raise DataError(
            "model.format.unknown",
            {
                "en": f"the model has format {version}, this release reads {FORMAT_VERSION}",
                "zh": f"模型格式为 {version}，当前版本可读 {FORMAT_VERSION}",
            },
            {"en": "install the release that wrote it, or train again", "zh": "请安装写出该模型的版本，或重新训练"},
        )
    at = _PREFIX + int.from_bytes(content[len(MAGIC) + 4 : _PREFIX], "little")
    try:
        header = msgspec.json.decode(content[_PREFIX:at], type=_Header)
    except (msgspec.DecodeError, msgspec.ValidationError, UnicodeDecodeError) as error:
        raise damaged(f"its header is unreadable ({error})", f"文件头无法读取（{error}）") from None
    arrays = {}
    for name, dtype in ARRAY_DTYPES.items():
        size = header.arrays.get(name, -1) * np.dtype(dtype).itemsize
        if size < 0 or at + size > len(content):
            raise damaged("it is cut short", "文件被截断")
        arrays[name] = np.frombuffer(content, dtype, header.arrays[name], at)
        at += size + -size % 8
    if at != len(content):
        raise damaged("its length is not what its header says", "文件长度与文件头不符")
    return TreeEnsemble(header.features, TreeArrays(**arrays), header.calibration, header.record)


def digest_of(content: bytes) -> str:
    """SHA-256, hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def save(ensemble: TreeEnsemble, folder: Path) -> Path:
    """Writes the model to ``folder`` under its digest; whole or not at all. A model already there is left as it is.

    Raises:
        ExternalError: If the folder cannot be written to (disk full, no permission).
    """
    content = encode(ensemble)
    path = folder / (digest_of(content) + FILE_SUFFIX)
    if path.is_file() and path.read_bytes() == content:
        return path
    try:
        _write_whole(path, content)
    except OSError as error:
        raise ExternalError(
            "model.write.failed",
            {
                "en": f"the model could not be written to {folder}: {refusal(error)['en']}",
                "zh": f"模型无法写入 {folder}：{refusal(error)['zh']}",
            },
            {"en": "free space or give another folder; nothing was changed", "zh": "请释放空间或指定其他目录；未作任何更改"},
        ) from error
    return path


def _write_whole(path: Path, content: bytes) -> None:
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".model-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            Path(name).unlink()
        raise


def load(path: Path) -> TreeEnsemble:
    """The model in a file, after its content was checked against its name.

    Raises:
        InputError: If there is no such file.
        DataError: If the file is too large, damaged, or of a newer format.
    """
    try:
        if path.stat().st_size > FILE_BYTES_MAX:
            raise damaged(f"it is larger than {FILE_BYTES_MAX >> 20} MiB", f"文件大于 {FILE_BYTES_MAX >> 20} MiB")
        content = path.read_bytes()
    except OSError as error:
        raise InputError(
            "model.file.unreadable",
            {
                "en": f"the model file {path} cannot be read: {refusal(error)['en']}",
                "zh": f"无法读取模型文件 {path}：{refusal(error)['zh']}",
            },
            {"en": "check the path and its permissions, or train the model", "zh": "请检查路径与权限，或训练模型"},
        ) from error
    digest = digest_of(content)
    if path.name != digest + FILE_SUFFIX:
        raise damaged(f"its content hashes to {digest}, not to its name {path.name}", f"内容的哈希为 {digest}，与文件名 {path.name} 不符")
    return decode(content)
