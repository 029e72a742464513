"""What the settings of a bank's policies say, read again only where their file changes: look-ups and messages ask for it each time."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from huitong.app.workspace import Workspace
from huitong.decisions.policy import SETTINGS_FILE, Settings, content_of, read_settings
from huitong.kernel import HuitongError

_Stamp = tuple[int, int]


class KnownSettings:
    """The settings of a bank's policies, and of versions that have answered. One that cannot be read says nothing.

    Args:
        workspace: Where the policies are.
    """

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._known: dict[Path, tuple[_Stamp, Settings | None]] = {}

    def decided_kinds(self) -> set[str]:
        """Kinds of events that some policy decides."""
        return {settings.decides for settings in self._of(self._policies())}

    def label_kinds(self) -> list[str]:
        """Kinds of events that say how decided ones turned out, each once, in the order of the policies."""
        return list(dict.fromkeys(settings.labels_kind for settings in self._of(self._policies()) if settings.labels_kind is not None))

    def outcomes(self) -> list[str]:
        """Outcomes that some policy gives, or a version that has answered gave."""
        folders = [*self._policies(), *self._workspace.versions]
        return list(dict.fromkeys(outcome for settings in self._of(folders) for outcome in settings.outcomes))

    def _policies(self) -> list[Path]:
        return [self._workspace.policy_folder(name) for name in self._workspace.policies]

    def _of(self, folders: Iterable[Path]) -> Iterator[Settings]:
        for folder in folders:
            try:
                status = (folder / SETTINGS_FILE).stat()
            except OSError:
                continue
            stamp, known = (status.st_mtime_ns, status.st_size), self._known.get(folder)
            if known is None or known[0] != stamp:
                known = self._known[folder] = stamp, _read(folder)
            if known[1] is not None:
                yield known[1]


def _read(folder: Path) -> Settings | None:
    try:
        return read_settings(content_of(folder), folder.name, trained=False)
    except HuitongError:
        return None
