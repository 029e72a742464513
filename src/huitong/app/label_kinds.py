"""Kinds of events that say how decided events turned out, as the policies name them: read again where a policy's settings change."""

from pathlib import Path

from huitong.app.workspace import Workspace
from huitong.decisions.policy import SETTINGS_FILE, content_of, read_settings
from huitong.kernel import HuitongError

_Stamp = tuple[int, int]


class LabelKinds:
    """The kinds of a bank's policies.

    Args:
        workspace: Where the policies are.
    """

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._known: dict[Path, tuple[_Stamp, str | None]] = {}

    def __call__(self) -> list[str]:
        """Each once, in the order of the policies."""
        found = [self._of(self._workspace.policy_folder(name)) for name in self._workspace.policies]
        return list(dict.fromkeys(kind for kind in found if kind is not None))

    def _of(self, folder: Path) -> str | None:
        try:
            status = (folder / SETTINGS_FILE).stat()
        except OSError:
            return None
        stamp = status.st_mtime_ns, status.st_size
        known = self._known.get(folder)
        if known is None or known[0] != stamp:
            known = self._known[folder] = stamp, _read(folder)
        return known[1]


def _read(folder: Path) -> str | None:
    try:
        return read_settings(content_of(folder), folder.name, trained=False).labels_kind
    except HuitongError:  # a policy that cannot be read names no labels
        return None
