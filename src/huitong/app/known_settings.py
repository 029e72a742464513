"""What the settings of a bank's policies say, each read again only where its file changes: look-ups and messages ask for it each time."""

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from huitong.app.workspace import Workspace, disk_refused
from huitong.decisions.policy import SETTINGS_FILE, Settings, file_of, read_settings
from huitong.kernel import PolicyError

_Stamp = tuple[int, int, int]


class KnownSettings:
    """The settings of a bank's policies, and of versions that have answered. Any number of threads may ask.

    Args:
        workspace: Where the policies are.
    """

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._known: dict[Path, tuple[_Stamp, Settings]] = {}

    def of(self, policy: str) -> Settings:
        """What a policy's `policy.toml` says, without what training added.

        Args:
            policy: Its name, or ``NAME@HASH`` of a version that has answered.

        Raises:
            InputError: If there is none.
            PolicyError: If the file cannot mean what it says.
            ExternalError: If it cannot be read now.
        """
        return self._in(self._workspace.policy_folder(policy))

    def by_policy(self) -> Mapping[str, Settings]:
        """Those of each policy by its name; one whose file is wrong says nothing, and health says what is wrong with it.

        Raises:
            ExternalError: If one cannot be read now: what it says is not known, and nobody is told that it says nothing.
        """
        found = {}
        for name in self._workspace.policies:
            with suppress(PolicyError):
                found[name] = self.of(name)
        return found

    def decided_kinds(self) -> set[str]:
        """Kinds of events that some policy decides.

        Raises:
            ExternalError: As ``by_policy``.
        """
        return {settings.decides for settings in self.by_policy().values()}

    def label_kinds(self) -> list[str]:
        """Kinds of events that say how decided ones turned out, each once, in the order of the policies.

        Raises:
            ExternalError: As ``by_policy``.
        """
        return list(dict.fromkeys(settings.labels_kind for settings in self.by_policy().values() if settings.labels_kind is not None))

    def outcomes(self) -> list[str]:
        """Outcomes that some policy gives, or a version that has answered gave.

        Raises:
            ExternalError: As ``by_policy``.
        """
        found = [*self.by_policy().values()]
        for folder in self._workspace.versions:
            with suppress(PolicyError):
                found.append(self._in(folder))
        return list(dict.fromkeys(outcome for settings in found for outcome in settings.outcomes))

    def _in(self, folder: Path) -> Settings:
        file = folder / SETTINGS_FILE
        try:
            status = file.stat()
        except FileNotFoundError:  # a policy that goes, or a version on its way into its folder
            return read_settings({}, folder.name)
        except OSError as error:
            raise disk_refused(file, error) from error
        stamp, known = (status.st_mtime_ns, status.st_size, status.st_ino), self._known.get(folder)
        if known is None or known[0] != stamp:  # what fails is not kept: it may pass
            content = {SETTINGS_FILE: file_of(folder, SETTINGS_FILE)}
            known = self._known[folder] = stamp, read_settings(content, folder.name, trained=False)
        return known[1]
