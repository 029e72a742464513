"""What policies' folders hold, for pages: read and loaded once for each content, as long as nothing in the folder changes."""

import threading
from collections import OrderedDict
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace

from huitong.app.bank import Bank
from huitong.console.ports_work import PolicyFiles
from huitong.decisions.policy import content_of, hashes_of, read_settings
from huitong.decisions.tables import outdated_reasons, read_dmn
from huitong.kernel import Finding, HuitongError

KEPT = 64
"""Policies and versions of which is kept what was read last."""


class PolicyFolders:
    """The folders of a bank's policies and versions. Any number of threads may ask.

    Args:
        bank: The bank.
    """

    def __init__(self, bank: Bank) -> None:
        self._bank = bank
        self._known: OrderedDict[str, tuple[Mapping[str, str], PolicyFiles]] = OrderedDict()
        self._guard = threading.Lock()

    def files(self, policy: str) -> PolicyFiles:
        """A policy by name, or one of its versions by ``NAME@HASH``.

        Raises:
            HuitongError: If there is none, or not even its settings can be read.
        """
        found = self._files(policy)
        outdated = [] if "@" in policy else self._outdated(policy, found)
        return replace(found, findings=[*found.findings, *outdated]) if outdated else found

    def _outdated(self, policy: str, folder: PolicyFiles) -> list[Finding]:
        """Reasons in the folder that say what the live version's conditions said, and the folder's no longer say."""
        live = self._bank.rollouts.status(policy).live
        if live is None or live.hash == folder.version:
            return []
        with suppress(HuitongError):
            before = self._files(f"{policy}@{live.hash}").tables
            return [
                one
                for now in folder.tables
                for one in outdated_reasons(now, [was for was in before if (was.place.file, was.name) == (now.place.file, now.name)])
            ]
        return []

    def _files(self, policy: str) -> PolicyFiles:
        folder = self._bank.workspace.policy_folder(policy)
        content = content_of(folder)
        hashes = hashes_of(content)
        with self._guard:
            known = self._known.get(policy)
        if known is not None and known[0] == hashes:
            return known[1]
        found = self._read(policy, folder.name, content)
        # What could not be loaded may lack something outside the folder; what changed meanwhile is of two minds.
        if found.version and hashes_of(content_of(folder)) == hashes:
            self._keep(policy, hashes, found)
        return found

    def _keep(self, policy: str, hashes: Mapping[str, str], found: PolicyFiles) -> None:
        with self._guard:
            self._known[policy] = hashes, found
            self._known.move_to_end(policy)
            while len(self._known) > KEPT:
                self._known.popitem(last=False)

    def _read(self, policy: str, name: str, content: Mapping[str, bytes]) -> PolicyFiles:
        try:
            loaded = self._bank.load(policy)
        except HuitongError as error:
            settings = read_settings(content, name)
            version, findings = "", [Finding(error.code, policy, error.cause, error.remedy)]
        else:
            settings, version, findings = loaded.program.settings, loaded.program.version, list(loaded.findings)
        files = dict.fromkeys(table.file for table in settings.tables)
        tables = [table for file in files for table in read_dmn(content[file], file)]
        return PolicyFiles(version, settings, tables, findings)
