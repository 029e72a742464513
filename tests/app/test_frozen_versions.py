"""The files of a version that is about to answer: durable before anything rests on them, and whole again where a crash left a wreck."""

import os
from pathlib import Path

import pytest

from huitong.app.workspace import Workspace

VERSION = "ab" * 32
CONTENT = {
    "policy.toml": b"name = 'small'\n",
    "tables/limits.dmn": b"<dmn/>",
    ".made_with.toml": f'version = "{VERSION}"\nhuitong = "2"\n'.encode(),
}


def held(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_version_is_durable_before_it_has_its_name_and_its_name_after(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced, before = list[int](), list[int]()
    fsync, replace = os.fsync, Path.replace

    def noting(file: int) -> None:
        synced.append(os.fstat(file).st_ino)
        fsync(file)

    def renaming(path: Path, target: Path) -> Path:
        before.extend(synced)
        synced.clear()
        return replace(path, target)

    monkeypatch.setattr(os, "fsync", noting)
    monkeypatch.setattr(Path, "replace", renaming)
    folder = Workspace(tmp_path).freeze("small", VERSION, CONTENT)
    assert held(folder) == CONTENT
    assert {path.stat().st_ino for path in (folder, *folder.rglob("*"), tmp_path / "versions")} <= set(before)
    assert synced == [folder.parent.stat().st_ino]


def test_a_wreck_is_made_whole_by_who_has_what_it_was(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    folder = workspace.freeze("small", VERSION, CONTENT)
    (folder / "policy.toml").write_bytes(b"")
    (folder / "tables/limits.dmn").unlink()
    (folder / "tables").rmdir()
    (folder / ".made_with.toml").write_bytes(b"")
    assert workspace.freeze("small", VERSION, CONTENT) == folder
    assert held(folder) == CONTENT


def test_a_whole_version_is_not_touched_and_says_who_made_it_first(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    folder = workspace.freeze("small", VERSION, CONTENT)
    since = {path: (path.stat().st_ino, path.stat().st_mtime_ns) for path in folder.rglob("*")}
    workspace.freeze("small", VERSION, {**CONTENT, ".made_with.toml": CONTENT[".made_with.toml"].replace(b"2", b"3")})
    assert {path: (path.stat().st_ino, path.stat().st_mtime_ns) for path in folder.rglob("*")} == since
