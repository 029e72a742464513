"""A version of a policy in one file: what anyone needs to compute its decisions again, and nothing of the bank's events.

A zip of a piece of a bank's folder (``versions/NAME/HASH/…``, ``models/…``, ``contracts/…``) with a ``manifest.json`` of names and hashes.
The same version gives the same bytes: names are sorted, times fixed, nothing is compressed. The version is the hash of the files, so that
a signed record vouches for them.
"""

import hashlib
import io
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec

from huitong.app.house import house_contract, house_contract_files
from huitong.app.sources import house_currency
from huitong.app.workspace import Workspace, write_whole
from huitong.contracts import DataContract, Decision
from huitong.decisions.policy import MADE_WITH_FILE, MODEL_SUFFIX, LoadedPolicy, content_of, engines_of, hashes_of
from huitong.kernel import DataError, HuitongError
from huitong.store import ProvedPolicy
from huitong.verifier import policy_version

FORMAT = 1
"""Format of a bundle."""
MANIFEST = "manifest.json"
BUNDLE_BYTES_MAX = 2**30
"""Most bytes of all files in a bundle, and of the bundle itself."""
_FIXED_TIME = (1980, 1, 1, 0, 0, 0)
_UNIX, _PLAIN_FILE = 3, 0o100644 << 16


@dataclass(frozen=True, slots=True)
class ListInside:
    """A list that a bundle holds.

    Attributes:
        name: Its name.
        of: Key or field whose values it lists.
        entries: How many.
        names_persons: Whether the data contract says that such a value identifies a person.
    """

    name: str
    of: str
    entries: int
    names_persons: bool


class Manifest(msgspec.Struct, frozen=True):
    """What a bundle says that it holds.

    Attributes:
        format: ``FORMAT``.
        policy: Name of the policy.
        version: Its version.
        engines: What else than its files the version is the hash of.
        files: SHA-256 of each file, in hex, by its path in the bundle.
    """

    format: int
    policy: str
    version: str
    engines: dict[str, str]
    files: dict[str, str]

    @property
    def folder(self) -> str:
        """The version's folder inside the bundle."""
        return f"versions/{self.policy}/{self.version}/"

    @property
    def model(self) -> str | None:
        """Path of the model in the bundle, where the version has one."""
        return model_path(self.engines)

    @property
    def version_files(self) -> dict[str, str]:
        """SHA-256 of each file of the version, by its path in the version's folder."""
        inside = {path.removeprefix(self.folder): digest for path, digest in self.files.items() if path.startswith(self.folder)}
        return {name: digest for name, digest in inside.items() if name != MADE_WITH_FILE}


@dataclass(frozen=True, slots=True)
class Bundled:
    """A bundle that was written.

    Attributes:
        path: Where.
        manifest: What is in it.
        lists: The lists in it, which become public with it.
        digest: Its SHA-256, in hex.
    """

    path: Path
    manifest: Manifest
    lists: tuple[ListInside, ...]
    digest: str


def write_bundle(loaded: LoadedPolicy, workspace: Workspace, path: Path) -> Bundled:
    """Writes the bundle of a version.

    Args:
        loaded: The version.
        workspace: The bank that has its model and its data contracts.
        path: Where to.

    Raises:
        DataError: If it would be too large, or the version is another one today.
        ExternalError: If the disk refuses.
    """
    settings = loaded.program.settings
    moved = next((finding for finding in loaded.findings if finding.code == "policy.version.moved"), None)
    if moved is not None:
        raise DataError(
            "bundle.version.moved",
            {
                "en": f"{moved.where} is another version today: a file, the software or its time zones changed since",
                "zh": f"{moved.where} 如今已是另一版本：此后文件、软件或时区数据有过改动",
            },
            {
                "en": "bundle it with the software of that time, from a backup of its files",
                "zh": "请用当时的软件、以备份中的文件生成策略包",
            },
        )
    kinds = {*loaded.plan.kinds, settings.decides, settings.labels_kind}
    currency = house_currency(workspace)
    known = {path: path.read_bytes() for path in sorted((workspace.root / "contracts").glob("*.toml"))}
    known |= {path: house_contract(path, currency) for path in house_contract_files()}
    model = model_path(engines_of(loaded.program.content[MADE_WITH_FILE]))
    whole, manifest = bundle(
        loaded,
        None if model is None else (workspace.root / model).read_bytes(),
        {path.name: data for path, data in known.items() if DataContract.load(path).kind in kinds},
    )
    write_whole(path, whole)
    return Bundled(path, manifest, tuple(lists_inside(loaded)), hashlib.sha256(whole).hexdigest())


def bundle(loaded: LoadedPolicy, model: bytes | None, contracts: Mapping[str, bytes]) -> tuple[bytes, Manifest]:
    """The bundle of a version, byte for byte the same each time.

    Args:
        loaded: The policy.
        model: Its trained model's file, where it has one.
        contracts: Data contracts that it needs, by the name of their file.

    Raises:
        DataError: If it would be too large.
    """
    program = loaded.program
    settings, engines = program.settings, engines_of(program.content[MADE_WITH_FILE])
    files = {f"versions/{settings.name}/{program.version}/{name}": data for name, data in program.content.items()}
    files |= {f"contracts/{name}": data for name, data in contracts.items()}
    if model is not None and (path := model_path(engines)) is not None:
        files[path] = model
    if sum(map(len, files.values())) > BUNDLE_BYTES_MAX:
        raise too_large()
    hashes = {name: hashlib.sha256(files[name]).hexdigest() for name in sorted(files)}
    manifest = Manifest(FORMAT, settings.name, program.version, engines, hashes)
    files[MANIFEST] = msgspec.json.format(msgspec.json.encode(manifest, order="sorted"), indent=1) + b"\n"
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_STORED, allowZip64=False) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, _FIXED_TIME)
            entry.create_system, entry.external_attr = _UNIX, _PLAIN_FILE
            archive.writestr(entry, files[name])
    return whole.getvalue(), manifest


def lists_inside(loaded: LoadedPolicy) -> list[ListInside]:
    """The lists of a policy, which a bundle of it makes public."""
    found = []
    for setting, entries in zip(loaded.program.settings.lists, loaded.program.lists, strict=True):
        spec = loaded.contract.role(setting.of) or loaded.contract.field(setting.of)
        found.append(ListInside(setting.name, setting.of, len(entries.entries), spec is not None and spec.identifies_person))
    return found


def proved_policy(workspace: Workspace, decision: Decision) -> ProvedPolicy | None:
    """What the version that decided is made of, for a proof; ``None`` where its files are not kept here any more, or have changed."""
    folder = workspace.root / "versions" / decision.policy / decision.version
    try:
        files = hashes_of(content_of(folder))
        engines = engines_of((folder / MADE_WITH_FILE).read_bytes())
    except (HuitongError, OSError):  # the proof holds without it, and whoever asks for it sees that it is not there
        return None
    if policy_version(files, engines) != decision.version:
        return None
    return {"name": decision.policy, "version": decision.version, "files": files, "engines": engines}


def model_path(engines: Mapping[str, str]) -> str | None:
    """Where a bank and a bundle keep the model of a version; ``None`` for a version without one."""
    reference = engines.get("model", "-")
    return None if reference == "-" else f"models/{reference}{MODEL_SUFFIX}"


def too_large() -> DataError:
    """The error for a bundle beyond the limit."""
    return DataError(
        "bundle.too_large",
        {
            "en": f"the bundle is larger than {BUNDLE_BYTES_MAX >> 20} MiB, or holds too many files",
            "zh": f"策略包大于 {BUNDLE_BYTES_MAX >> 20} MiB，或文件过多",
        },
        {
            "en": "make the policy's lists smaller; if it was given to you, ask what it is",
            "zh": "请缩小策略的名单；若为他人提供，请询问其内容",
        },
    )
