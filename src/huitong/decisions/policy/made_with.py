"""With what a version was computed: written beside the files that are kept of it, and read before them ever after.

A later Huitong may compute otherwise, or know a setting no more. Then a kept version's files and its recorded answers stay as readable as
they were, but nothing is computed with it any more that could come out otherwise unseen.
"""

import importlib.metadata
from collections.abc import Mapping
from pathlib import Path

from huitong.features import KERNEL_VERSION
from huitong.kernel import DataError, TomlError, read_toml

MADE_WITH_FILE = ".made_with.toml"
"""Hidden, so that it belongs to no version's content."""
ENGINE_VERSION = 3
"""Grows when rules, tables, combination or scoring change an answer, or its id, and when a setting goes or means something else."""
COMPUTED_SINCE = 1
"""The oldest engine whose versions are still computed, bit for bit: what a later one changed asks ``Settings.engine``."""


def made_with(version: str, engines: Mapping[str, str]) -> bytes:
    """The record of a version that is about to answer, as TOML.

    Args:
        version: The version.
        engines: What outside the folder it is the hash of, by name; ``engine`` is that of the decisions.
    """
    lines = [
        "# What computed this version. Huitong computes with a kept version only as it was computed then.",
        f'version = "{version}"',
        f'engine = "{numbered(engines["engine"])}"',
        f'huitong = "{importlib.metadata.version("huitong")}"',
        "",
        "[engines]",
        *(f'{name} = "{value}"' for name, value in engines.items()),
    ]
    return ("\n".join(lines) + "\n").encode()


def engines_of(record: bytes) -> dict[str, str]:
    """What a version's record says it is the hash of, besides its files; nothing where it does not say, or cannot be read."""
    try:
        engines = read_toml(record.decode()).get("engines", {})
    except (TomlError, UnicodeDecodeError):
        return {}
    return {name: str(value) for name, value in engines.items()} if isinstance(engines, dict) else {}


def numbered(engine: int | str) -> str:
    """The engine's number as it is written down: that of the decisions, and that of the features' kernel."""
    return f"{engine}.{KERNEL_VERSION}"


def engine_for(folder: Path) -> int:
    """The engine of the decisions by which a folder is computed: of a kept version that which computed it, else that of today.

    A copy of a version under a name of its own is a policy like any other, and gets a new version.

    Raises:
        DataError: If the folder is that of a version whose record names an engine that is not computed here, or cannot be read.
    """
    path = folder / MADE_WITH_FILE
    if not path.is_file():
        return ENGINE_VERSION
    where = f"{folder.parent.name}@{folder.name[:12]}"
    try:
        record = read_toml(path.read_bytes())
        version, engine, huitong = (str(record[name]) for name in ("version", "engine", "huitong"))
    except (TomlError, KeyError) as error:
        said = error.text if isinstance(error, TomlError) else {"en": f"{error} is missing", "zh": f"缺少 {error}"}
        raise DataError(
            "policy.version.record_damaged",
            {"en": f"{path} is damaged: {said['en']}", "zh": f"{path} 已损坏：{said['zh']}"},
            {"en": "restore it from a backup of the bank's folder", "zh": "请从数据目录的备份中恢复该文件"},
        ) from None
    here = numbered(ENGINE_VERSION)
    known = {numbered(one): one for one in range(COMPUTED_SINCE, ENGINE_VERSION + 1)}
    if version == folder.name and engine not in known:
        raise DataError(
            "policy.version.other_engine",
            {
                "en": f"{where} was computed by engine {engine} of Huitong {huitong}; this is engine {here}, which may answer otherwise",
                "zh": f"{where} 由汇通 {huitong}（引擎 {engine}）计算；当前引擎为 {here}，结果可能不同",
            },
            {
                "en": f"compute it with Huitong {huitong}, or copy it to policies/ as a policy of today; "
                "`huitong explain` and `huitong policy diff` still read it",
                "zh": f"请用汇通 {huitong} 计算，或复制到 policies/ 作为现行策略；`huitong explain` 与 `huitong policy diff` 仍可读取它",
            },
        )
    return known[engine] if version == folder.name else ENGINE_VERSION
