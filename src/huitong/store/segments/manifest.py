"""Which positions of the log are in which files: what a storage keeps of a sealed range."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import msgspec

from huitong.store import errors

MANIFEST_FORMAT = 1
"""Version of the JSON; every version that was ever written stays readable."""


@dataclass(frozen=True, slots=True)
class SegmentFile:
    """One file of a segment.

    Attributes:
        name: Its path in the place of segments.
        sha256: Hash of its content, hexadecimal.
        bytes: Its length.
        kinds: Number of records in it, by kind.
        columns: Whether it holds the events of one kind as columns; if not, it holds canonical bytes.
    """

    name: str
    sha256: str
    bytes: int
    kinds: Mapping[str, int]
    columns: bool

    @property
    def rows(self) -> int:
        """Number of records in it."""
        return sum(self.kinds.values())


@dataclass(frozen=True, slots=True)
class Segment:
    """A sealed range of the log.

    Attributes:
        first: Its first position.
        stop: The position after its last one.
        files: Where the records of that range are.
    """

    first: int
    stop: int
    files: tuple[SegmentFile, ...]

    def manifest(self) -> str:
        """What a storage keeps beside ``first`` and ``stop``."""
        return msgspec.json.encode(_Manifest(MANIFEST_FORMAT, self.files)).decode()

    @classmethod
    def of_manifest(cls, first: int, stop: int, manifest: str) -> Self:
        """Reads what a storage kept.

        Raises:
            DataError: If it cannot be read, or is of a later version.
        """
        try:
            said = msgspec.json.decode(manifest, type=_Manifest)
        except msgspec.DecodeError as error:
            raise errors.segment_unlisted(first, stop, str(error)) from None
        if said.format != MANIFEST_FORMAT:
            raise errors.segment_newer(first, stop, said.format, MANIFEST_FORMAT)
        return cls(first, stop, said.files)


class _Manifest(msgspec.Struct, frozen=True):
    format: int
    files: tuple[SegmentFile, ...]
