"""The engine's state in one file: versioned, hashed, without pickle, in place by one rename.

Layout: a magic line; the length of the header, 8 bytes, little-endian; the header, JSON; the arrays one after another as the header lists
them; blake2b over everything before, 32 bytes.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from huitong.kernel import DataError, ExternalError, Text, refusal

MAGIC = b"huitong features state 2\n"
_DIGEST_SIZE = 32
_LENGTH_SIZE = 8

Arrays = Mapping[str, npt.NDArray[Any]]


class ArrayHeader(msgspec.Struct):
    """One array: its name, numpy type and shape."""

    name: str
    dtype: str
    shape: list[int]


class Header(msgspec.Struct):
    """What the file is about.

    Attributes:
        plan: Version of the plan, which covers the kernel's.
        lateness_us: The engine's lateness bound.
        log_offset: Offset of the first log record not in the state.
        watermark_us: Newest event time.
        late_count: Events beyond the lateness bound.
        late_shown: The first of them: id, kind, time, how far behind.
        spaces: Texts by code, by space.
        symbols: Texts that became symbols.
        edges_first: Number of the first kept edge; the edges are among the arrays.
        arrays: The arrays that follow.
        log_root: Root of the log's tree up to the offset, in hex: tells this past from any other.
    """

    plan: str
    lateness_us: int
    log_offset: int
    watermark_us: int
    late_count: int
    late_shown: list[tuple[str, str, int, int]]
    spaces: dict[str, list[str]]
    symbols: list[str]
    edges_first: int
    arrays: list[ArrayHeader]
    log_root: str = ""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A state that nothing changes any more.

    Attributes:
        header: What it is about.
        arrays: Its arrays.
    """

    header: Header
    arrays: Arrays

    def write(self, path: Path, log_root: str) -> None:
        """As ``FeatureEngine.snapshot``."""
        self.header.log_root = log_root
        write_snapshot(path, self.header, self.arrays)


def write_snapshot(path: Path, header: Header, arrays: Arrays) -> None:
    """Writes the file beside its place, makes it durable, and renames it.

    Raises:
        ExternalError: If the disk refuses; what was at ``path`` is still there.
    """
    contiguous = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    header.arrays = [ArrayHeader(name, array.dtype.str, list(array.shape)) for name, array in contiguous.items()]
    encoded = msgspec.json.encode(header)
    begin = (MAGIC, len(encoded).to_bytes(_LENGTH_SIZE, "little"), encoded)
    parts: tuple[bytes | memoryview, ...] = (*begin, *map(_memory, contiguous.values()))
    digest = blake2b(digest_size=_DIGEST_SIZE)
    beside = path.with_name(path.name + ".new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with beside.open("wb") as file:
            for part in parts:
                digest.update(part)
                file.write(part)
            file.write(digest.digest())
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except OSError as error:
        raise ExternalError(
            "features.state.unwritable",
            {"en": f"{path} cannot be written: {refusal(error)['en']}", "zh": f"无法写入 {path}：{refusal(error)['zh']}"},
            {
                "en": "make room or check the folder's rights; the log is complete without it",
                "zh": "请腾出空间或检查目录权限；日志不受影响",
            },
        ) from None


def read_snapshot(path: Path) -> tuple[Header, Arrays]:
    """Reads and checks a file.

    Raises:
        DataError: If there is none, or it is damaged or of another format.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise unusable(path, f"cannot be read: {refusal(error)['en']}", f"无法读取：{refusal(error)['zh']}") from None
    if not content.startswith(MAGIC):
        raise unusable(path, "is no feature state of this format", "不是本格式的特征状态文件")
    body, digest = memoryview(content)[:-_DIGEST_SIZE], content[-_DIGEST_SIZE:]
    if blake2b(body, digest_size=_DIGEST_SIZE).digest() != digest:
        raise unusable(path, "is damaged or cut short", "已损坏或不完整")
    start = len(MAGIC) + _LENGTH_SIZE
    end = start + int.from_bytes(content[len(MAGIC) : start], "little")
    header = msgspec.json.decode(content[start:end], type=Header)
    arrays = {}
    for array in header.arrays:
        count = int(np.prod(array.shape))
        arrays[array.name] = np.frombuffer(content, np.dtype(array.dtype), count, end).reshape(array.shape)
        end += arrays[array.name].nbytes
    return header, arrays


_REMEDY: Text = {"en": "fold the state from the log again", "zh": "请由日志重新构建状态"}


def unusable(path: Path, en: str, zh: str) -> DataError:
    """The error for a file that cannot be gone on from."""
    return DataError("features.state.unusable", {"en": f"{path} {en}", "zh": f"{path} {zh}"}, _REMEDY)


def _memory(array: npt.NDArray[Any]) -> memoryview:
    """The bytes of an array where they lie: a copy of each would take the whole state's memory once more."""
    return array.reshape(-1).view(np.uint8).data
