"""What callers are told of policies: what decides, and beside it what stands in the folder, which may be a draft that decides nothing."""

from collections.abc import Sequence
from contextlib import suppress

from huitong.api.service import PolicySummary, PolicyVersion
from huitong.app.bank import Bank
from huitong.console.ports import Decides
from huitong.decisions.policy import LoadedPolicy
from huitong.kernel import HuitongError, Text


def summary_of(bank: Bank, name: str) -> PolicySummary:
    """A policy as it decides, with what stands in its folder; or a version of it, named by its hash.

    Args:
        bank: The bank.
        name: Of a policy that there is, or ``NAME@HASH``.

    Raises:
        InputError: If there is no such version.
    """
    folder, broken = None, None
    try:
        folder = bank.load(name)
    except HuitongError as error:
        if error.code == "bank.policy.unknown":
            raise
        broken = error
    loaded = folder
    if "@" not in name:
        try:
            loaded = _deciding(bank, name, folder)
        except HuitongError as error:
            broken = broken or error
    findings = () if folder is None else folder.findings
    in_folder = None if folder is None or "@" in name else folder.program.version
    if loaded is None:
        title: Text = {"en": name, "zh": name}
        return PolicySummary(name, title, "", in_folder, "", (), "", trained=False, findings=findings, broken=broken)
    program = loaded.program
    settings = program.settings
    return PolicySummary(
        settings.name,
        settings.title,
        program.version,
        in_folder,
        settings.decides,
        tuple(settings.outcomes),
        settings.owner,
        trained=settings.model is None or program.scorer is not None,
        findings=findings,
        broken=broken,
    )


def _deciding(bank: Bank, policy: str, folder: LoadedPolicy | None) -> LoadedPolicy | None:
    """The live version of a roll-out, else the folder, as it was when it began to decide; ``None`` where it cannot be read."""
    name = bank.rollouts.arms(policy).live
    if bank.lives.started(name):
        return bank.lives.of(name).loaded
    return folder if name == policy else bank.load(name)


def decides_now(bank: Bank, policy: str, version: str) -> Decides | None:
    """For whom a version of a policy decides today; ``None`` for nobody.

    Args:
        bank: The bank.
        policy: The policy that the version is of; it may be gone.
        version: Hash of the version.
    """
    arms = bank.rollouts.arms(policy)
    if arms.canary is not None and version == _version_of(bank, arms.canary):
        return "some"
    return "all" if version == _version_of(bank, arms.live) else None


def _version_of(bank: Bank, name: str) -> str | None:
    """The version that answers under a name: where it is not started, a roll-out's hash or what stands in the folder."""
    started = bank.lives.known(name)
    if started is not None:
        return started.loaded.program.version
    if "@" in name:
        return name.partition("@")[2]
    with suppress(HuitongError):  # what cannot be read decides nothing
        return bank.load(name).program.version
    return None


def versions_of(bank: Bank, policy: str) -> Sequence[PolicyVersion]:
    """Versions of a policy that answered, newest first.

    Args:
        bank: The bank.
        policy: Of a policy that there is.
    """
    now = summary_of(bank, policy)
    folder = bank.workspace.root / "versions" / policy
    kept = [(path.stat().st_mtime_ns // 1_000, path.name) for path in folder.glob("*")] if folder.is_dir() else []
    return [
        PolicyVersion(version, kept_us, current=version == now.version, in_folder=version == now.folder_version)
        for kept_us, version in sorted(kept, reverse=True)
    ]
