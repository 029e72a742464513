"""The folder of a bank: where its policies, versions, models, log, runs and state lie on disk.

bank/
  policies/NAME/        the policy as people edit it
  contracts/*.toml      data contracts, by event kind
  mappings/*.toml       how tables become events
  cases/                what raises alerts, how long they may wait, who can do them
  measures/             who may do what with measures, and what customers are told
  versions/NAME/HASH/   each version that ever answered, never changed again
  models/HASH.htm       trained models, by content
  log/                  the event and decision log
  state/                feature state: snapshot and log offset
  runs/                 what replays and trainings left: decisions, report
  quarantine/           rows that could not be taken in, with their findings
  cache/                compiled expressions; may be deleted
"""

import difflib
import os
import shutil
import tempfile
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from huitong.kernel import ExternalError, Finding, InputError, Severity, refusal
from huitong.store.signing import sync_folder

_FOLDERS = ("policies", "contracts", "mappings", "versions", "models", "log", "state", "runs", "quarantine", "cache", "cases", "measures")
_PRIVATE = frozenset({"state", "runs", "quarantine"})
"""Folders whose files name persons in clear: for their owner only."""
VERSION_PREFIX_MIN = 4
"""Fewest hex digits by which people may name a version."""


@dataclass(frozen=True, slots=True)
class Workspace:
    """The paths of one bank."""

    root: Path

    @classmethod
    def open(cls, root: Path, shipped: Mapping[str, Iterable[Path]]) -> "Workspace":
        """Opens a bank's folder; makes it, with the shipped policies, contracts and mappings, where it is not there yet.

        Args:
            root: The folder.
            shipped: Files and folders to copy into each subfolder where their name is not there yet.

        Raises:
            InputError: If ``root`` is a file or a folder that is no bank.
            ExternalError: If the disk refuses.
        """
        if root.exists() and not root.is_dir():
            raise InputError(
                "bank.not_a_folder",
                {"en": f"{root} is a file", "zh": f"{root} 是文件"},
                {"en": "name a folder", "zh": "请给出文件夹"},
            )
        if root.is_dir() and any(root.iterdir()) and not (root / "policies").is_dir():
            raise InputError(
                "bank.not_a_bank",
                {"en": f"{root} holds other things than a bank", "zh": f"{root} 中是其他内容，不是汇通的数据目录"},
                {"en": "name an empty or a new folder", "zh": "请给出空文件夹或新文件夹"},
            )
        try:
            for name in _FOLDERS:
                (root / name).mkdir(0o700 if name in _PRIVATE else 0o777, parents=True, exist_ok=True)
            for name, sources in shipped.items():
                for source in sources:
                    _copy_once(source, root / name / source.name)
        except OSError as error:
            raise disk_refused(root, error) from error
        return cls(root)

    @property
    def policies(self) -> list[str]:
        """Names of the policies that people edit here.

        Raises:
            ExternalError: If the disk refuses.
        """
        return [folder.name for folder in _folders_in(self.root / "policies") if (folder / "policy.toml").exists()]

    @property
    def versions(self) -> list[Path]:
        """Folders of versions that have answered, each in one with the name of its policy.

        Raises:
            ExternalError: If the disk refuses.
        """
        return [version for policy in _folders_in(self.root / "versions") for version in _folders_in(policy)]

    def only_policy(self) -> str:
        """The policy where there is one only.

        Raises:
            InputError: If there are several.
        """
        if len(self.policies) == 1:
            return self.policies[0]
        raise InputError(
            "bank.policy.which",
            {"en": f"the bank has {len(self.policies)} policies", "zh": f"共有 {len(self.policies)} 个策略"},
            {"en": f"name one of {', '.join(self.policies)}", "zh": f"请指定其一：{'、'.join(self.policies)}"},
        )

    def policy_folder(self, name: str) -> Path:
        """The folder of a policy: by name, by path, or ``NAME@HASH`` (or a bare hash) for a version that answered before.

        Raises:
            InputError: If there is no such policy or version, or the hash names several.
            ExternalError: If the disk refuses.
        """
        if (self.root / "policies" / name / "policy.toml").exists():
            return self.root / "policies" / name
        if (Path(name) / "policy.toml").exists():
            return Path(name)
        policy, _, prefix = name.rpartition("@")
        found = [
            folder
            for folder in self.versions
            if policy in ("", folder.parent.name) and len(prefix) >= VERSION_PREFIX_MIN and folder.name.startswith(prefix)
        ]
        if len(found) == 1:
            return found[0]
        raise self._no_policy(name, found)

    def is_version(self, folder: Path) -> bool:
        """Whether the folder is that of a version which has answered."""
        return (self.root / "versions").resolve() in folder.resolve().parents

    def editable_folder(self, name: str) -> Path:
        """The folder of a policy that may be changed: not that of a version which has answered.

        Raises:
            InputError: If there is no such policy, or it is such a version.
        """
        folder = self.policy_folder(name)
        if self.is_version(folder):
            raise InputError(
                "bank.version.fixed",
                {
                    "en": f"{name!r} is a version that has answered, and never changes again",
                    "zh": f"{name!r} 已用于决策，不可再更改",
                },
                {"en": "name the policy itself, or copy the version to policies/", "zh": "请使用策略本身，或将该版本复制到 policies/"},
            )
        return folder

    def _no_policy(self, name: str, found: list[Path]) -> InputError:
        if found:
            several = ", ".join(sorted(folder.name[:12] for folder in found))
            return InputError(
                "bank.version.ambiguous",
                {"en": f"{name!r} names several versions: {several}", "zh": f"{name!r} 对应多个版本：{several}"},
                {"en": "give more digits", "zh": "请给出更多位"},
            )
        near = difflib.get_close_matches(name, self.policies, 1)
        known = ", ".join(near or self.policies) or "-"
        return InputError(
            "bank.policy.unknown",
            {"en": f"there is no policy or version {name!r} in {self.root}", "zh": f"{self.root} 中没有策略或版本 {name!r}"},
            {"en": f"known: {known}; or give a folder with a policy.toml", "zh": f"已有：{known}；也可给出含 policy.toml 的文件夹"},
        )

    def freeze(self, name: str, version: str, content: Mapping[str, bytes]) -> Path:
        """Keeps the files of a version that is about to answer, durably, so that its answers can be replayed for ever.

        Of a version that is kept already, files that are lost or are no longer what they were are written anew.

        Raises:
            ExternalError: If the disk refuses.
        """
        target = self.root / "versions" / name / version
        try:
            if not target.is_dir():
                _freeze(target, content)
        except OSError as error:
            if not target.is_dir():  # else another process froze the same version first
                raise disk_refused(target, error) from error
        _mend(target, content)
        return target

    def state_file(self, version: str) -> Path:
        """Where the feature state of a plan's version is kept."""
        return self.root / "state" / f"{version}.state"

    def file(self, folder: str, name: str) -> Path:
        """A contract or mapping by name (``"handbook"``) or by path.

        Raises:
            InputError: If it is nowhere.
        """
        inside = self.root / folder / f"{name}.toml"
        if inside.exists():
            return inside
        if Path(name).is_file():
            return Path(name)
        known = sorted(path.stem for path in (self.root / folder).glob("*.toml"))
        raise InputError(
            f"bank.{folder.rstrip('s')}.unknown",
            {"en": f"there is no {folder.rstrip('s')} {name!r}", "zh": f"{folder} 中没有 {name!r}"},
            {"en": f"known: {', '.join(known) or '-'}; or give a file", "zh": f"已有：{'、'.join(known) or '-'}；也可给出文件路径"},
        )


def _folders_in(folder: Path) -> list[Path]:
    """The folders in a folder; one that cannot be looked at is not taken for empty."""
    try:
        return sorted(path for path in folder.iterdir() if path.is_dir())
    except OSError as error:
        raise disk_refused(folder, error) from error


def _freeze(target: Path, content: Mapping[str, bytes]) -> None:
    """Makes the folder of a version, which is there whole or not at all."""
    target.parent.mkdir(parents=True, exist_ok=True)
    sync_folder(target.parent.parent)
    with tempfile.TemporaryDirectory(dir=target.parent) as scratch:
        draft = Path(scratch) / target.name
        draft.mkdir()
        for inside, data in content.items():
            path = draft / inside
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
        for folder in (draft, *(path for path in draft.rglob("*") if path.is_dir())):
            sync_folder(folder)
        draft.replace(target)
        sync_folder(target.parent)


def _mend(target: Path, content: Mapping[str, bytes]) -> None:
    """Writes anew what is lost or altered of a kept version.

    A hidden file belongs to no version's content: it is the record beside it, which also says by which Huitong, and stays if it names
    the version.
    """
    for inside, data in content.items():
        path = target / inside
        try:
            kept = path.read_bytes() if path.is_file() else None
            whole = kept == data or (kept is not None and path.name.startswith(".") and target.name.encode() in kept)
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise disk_refused(path, error) from error
        if not whole:
            write_whole(path, data)


def _copy_once(source: Path, target: Path) -> None:
    if target.exists():
        return
    if source.is_dir():
        shutil.copytree(source, target)
    else:
        shutil.copyfile(source, target)


def answers_otherwise(folder: Path, version: str) -> Finding:
    """The warning that a kept version is another one today: its files or what computes with them have changed since."""
    return Finding(
        code="policy.version.moved",
        where=f"{folder.parent.name}@{folder.name[:12]}",
        text={
            "en": f"these files answer today as version {version[:12]}: a file, the software or its time zones changed since",
            "zh": f"这些文件如今对应版本 {version[:12]}：此后文件、软件或时区数据有过改动",
        },
        remedy={
            "en": "read the log for what was answered then; use the software of that time to compute it again bit for bit",
            "zh": "当时的答复以日志为准；如需逐位重算，请使用当时的软件版本",
        },
        severity=Severity.WARNING,
    )


def write_whole(path: Path, content: bytes) -> None:
    """Writes a file durably, whole or not at all: what stood there stays until the new content is complete.

    Raises:
        ExternalError: If the disk refuses.
    """
    draft = path.with_name(f".{path.name}.tmp")
    try:
        with draft.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
        sync_folder(path.parent)
    except OSError as error:
        with suppress(OSError):
            draft.unlink(missing_ok=True)
        raise disk_refused(path, error) from error


def disk_refused(path: Path, error: OSError) -> ExternalError:
    """The error for a disk that would not take or give a file."""
    reason = refusal(error)
    return ExternalError(
        "disk.refused",
        {"en": f"the disk refused {path}: {reason['en']}", "zh": f"磁盘拒绝访问 {path}：{reason['zh']}"},
        {
            "en": "free space or grant access, then repeat; nothing written before is lost",
            "zh": "请释放空间或授予权限后重试；此前写入的内容未丢失",
        },
    )
