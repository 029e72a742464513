"""The last replay of a bank, remembered well enough to be asked about: its policy version, its tables and their hashes."""

from pathlib import Path

import msgspec

from huitong.app.sources import Source, Taken, file_hash
from huitong.app.workspace import Workspace, write_whole
from huitong.kernel import DataError, time_text

_FILE = "last-replay.json"


class RememberedTable(msgspec.Struct, frozen=True):
    """A table of a replay: where it was, by which mapping it was read, what was in it."""

    path: str
    mapping: str | None
    sha256: str


class RememberedRun(msgspec.Struct, frozen=True):
    """A replay as remembered; without tables it was one of the log."""

    policy: str
    version: str
    tables: tuple[RememberedTable, ...]

    def sources(self) -> list[Source]:
        """The tables again.

        Raises:
            DataError: If one of them has changed since.
            ExternalError: If one of them cannot be read.
        """
        for table in self.tables:
            if file_hash(Path(table.path)) != table.sha256:
                raise DataError(
                    "run.table.changed",
                    {"en": f"{table.path} is not what it was when it was replayed", "zh": f"{table.path} 与回放时的内容不一致"},
                    {"en": "replay the table again, then ask", "zh": "请重新回放该数据表后再查询"},
                )
        return [Source(Path(table.path), table.mapping) for table in self.tables]


def command_of(policy: str, version: str, taken: Taken, since_us: int | None) -> str:
    """The command that makes a replay again, with file names for paths, which are another's business."""
    files = [source for source in taken.sources if isinstance(source.table, Path)]
    tables = [
        f" --input {name}" + (f" --mapping {source.mapping}" if source.mapping else "")
        for name, source in zip(taken.hashes, files, strict=False)
    ]
    since = f" --from {time_text(since_us)}" if since_us is not None else ""
    return f"huitong replay {policy}@{version[:12]}" + "".join(tables) + since


def remember(workspace: Workspace, policy: str, version: str, taken: Taken) -> None:
    """Keeps a replay of files, or of the log, for later questions; tables in memory will be gone.

    Raises:
        ExternalError: If the disk refuses.
    """
    paths = [source.table.resolve() for source in taken.sources if isinstance(source.table, Path)]
    if len(paths) < len(taken.sources):
        return
    tables = [
        RememberedTable(str(path), _place(source.mapping), digest)
        for path, source, digest in zip(paths, taken.sources, taken.hashes.values(), strict=True)
    ]
    path = workspace.root / "runs" / _FILE
    write_whole(path, msgspec.json.encode(RememberedRun(policy, version, tuple(tables))))


def _place(mapping: str | None) -> str | None:
    """A mapping's name, or where its file is, from whatever folder it is asked for later."""
    return str(Path(mapping).resolve()) if mapping is not None and Path(mapping).is_file() else mapping


def last_run(workspace: Workspace) -> RememberedRun | None:
    """The last replay, if there was one."""
    path = workspace.root / "runs" / _FILE
    if not path.exists():
        return None
    try:
        return msgspec.json.decode(path.read_bytes(), type=RememberedRun)
    except (OSError, msgspec.DecodeError):
        return None
