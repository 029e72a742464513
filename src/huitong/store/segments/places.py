"""Where segments are kept: a folder, or whatever fsspec reaches by URL, S3 above all. A file is there whole or not at all."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import unquote

from huitong.store import errors

UNFINISHED = ".writing-"
"""Begins the name of a file that is being written."""


class Place(Protocol):
    """Keeps files by name; never changes one."""

    @property
    def where(self) -> str:
        """Path or URL, for messages."""
        ...

    def scratch(self) -> Path:
        """A folder of this machine in which a file may be written before it is kept.

        Raises:
            ExternalError: If the system refuses.
        """
        ...

    def keep(self, path: Path, name: str) -> None:
        """Takes over a file from the scratch folder; it is durable afterwards.

        Raises:
            ExternalError: If the system refuses.
        """
        ...

    def read(self, name: str) -> bytes:
        """Content of a file.

        Raises:
            FileNotFoundError: If it is not there.
            ExternalError: If the system refuses.
        """
        ...

    def names(self) -> list[str]:
        """Every file that is there, unfinished ones as well.

        Raises:
            ExternalError: If the system refuses.
        """
        ...

    def remove(self, name: str) -> None:
        """Deletes a file.

        Raises:
            ExternalError: If the system refuses.
        """
        ...


def place_of(where: str | Path, log_id: str) -> Place:
    """The place of a log's segments: each log has a folder of its own there, called by its id.

    Args:
        where: A folder, or a URL as fsspec knows it: ``s3://bucket/prefix``, ….
        log_id: Identity of the log.

    Raises:
        InputError: If what reaches such a URL is not installed.
        ExternalError: If it cannot be reached.
    """
    scheme, mark, rest = str(where).partition("://")
    if isinstance(where, Path) or not mark:
        return Folder(Path(where) / log_id)
    if scheme == "file":
        return Folder(Path(unquote(rest)) / log_id)
    return Remote(f"{where}".rstrip("/") + f"/{log_id}", scheme)


class Folder:
    """A folder of this machine."""

    def __init__(self, root: Path) -> None:
        self._root = root

    @property
    def where(self) -> str:
        """See ``Place``."""
        return str(self._root)

    def scratch(self) -> Path:
        """See ``Place``: the folder itself, so that a file is taken over by a change of its name."""
        with self._asking():
            _make(self._root)
        return self._root

    def keep(self, path: Path, name: str) -> None:
        """See ``Place``."""
        target = self._root / name
        with self._asking():
            _make(target.parent)
            _sync(path)
            path.replace(target)
            _sync(target.parent)

    def read(self, name: str) -> bytes:
        """See ``Place``."""
        with self._asking():
            return (self._root / name).read_bytes()

    def names(self) -> list[str]:
        """See ``Place``."""
        with self._asking():
            return sorted(path.relative_to(self._root).as_posix() for path in self._root.rglob("*") if path.is_file())

    def remove(self, name: str) -> None:
        """See ``Place``."""
        with self._asking():
            (self._root / name).unlink(missing_ok=True)

    @contextmanager
    def _asking(self) -> Iterator[None]:
        try:
            yield
        except FileNotFoundError:
            raise
        except OSError as error:
            raise errors.segments_failed(self.where, error) from error


def _make(folder: Path) -> None:
    if not folder.is_dir():
        _make(folder.parent)
        folder.mkdir(exist_ok=True)
        _sync(folder.parent)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


class Remote:
    """What a file system of fsspec reaches. Endpoint and credentials come from the driver's environment, never from the URL."""

    def __init__(self, url: str, scheme: str) -> None:
        self._url = url
        try:
            import fsspec  # type: ignore[import-untyped]  # noqa: PLC0415 - untyped; segments in a folder need no driver

            self._files: Any
            self._files, self._root = fsspec.core.url_to_fs(url, use_listings_cache=False)
        except ImportError as error:
            raise errors.segments_driver(scheme) from error
        except ValueError as error:  # a protocol that fsspec does not know
            raise errors.segments_driver(scheme) from error

    @property
    def where(self) -> str:
        """See ``Place``."""
        return self._url

    def scratch(self) -> Path:
        """See ``Place``."""
        return Path(tempfile.gettempdir())

    def keep(self, path: Path, name: str) -> None:
        """See ``Place``. An upload is there whole or not at all."""
        with self._asking():
            self._files.put_file(str(path), f"{self._root}/{name}")
        with suppress(FileNotFoundError):
            path.unlink()

    def read(self, name: str) -> bytes:
        """See ``Place``."""
        with self._asking():
            content: bytes = self._files.cat_file(f"{self._root}/{name}")
            return content

    def names(self) -> list[str]:
        """See ``Place``."""
        with self._asking():
            found: list[str] = self._files.find(self._root)
            return sorted(path.removeprefix(self._root).lstrip("/") for path in found)

    def remove(self, name: str) -> None:
        """See ``Place``."""
        with self._asking(), suppress(FileNotFoundError):
            self._files.rm_file(f"{self._root}/{name}")

    @contextmanager
    def _asking(self) -> Iterator[None]:
        try:
            yield
        except FileNotFoundError:
            raise
        except Exception as error:  # each driver has errors of its own
            raise errors.segments_failed(self._url, error) from error
