"""What an institution sets for its bank: ``bank.toml`` in the bank's folder. Everything has a default that works."""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from string import Template
from typing import Any, Literal

from huitong.app.access_settings import WrongSettingError, access_settings
from huitong.app.rollout_settings import rollout_settings
from huitong.app.workspace import disk_refused
from huitong.cores import cores
from huitong.decisions.rollout import RolloutSettings
from huitong.identity import AccessSettings
from huitong.kernel import MICROSECONDS_PER_DAY, DataError, InputError, TomlError, read_toml
from huitong.operations.webhooks import Network, Reach, Terms, networks_of

SETTINGS_FILE = "bank.toml"
_KNOWN: Mapping[str, frozenset[str]] = {
    "log": frozenset({"url", "durability", "witness", "segments", "writer", "rows"}),
    "keys": frozenset({"master"}),
    "service": frozenset({"fronts", "hung_seconds"}),
    "messages": frozenset({"nats", "grade"}),
    "webhooks": frozenset({"networks", "authorities", "give_up_days"}),
}
_TABLES = frozenset({*_KNOWN, "access", "messages", "retention", "rollout"})
_PAGES: Mapping[str, str] = {"access": "access", "messages": "nats", "rollout": "rollout", "webhooks": "webhooks"}
"""Page of the docs that has a table's settings; all others are on that of the log."""
FRONTS_MAX = 64
HUNG_SECONDS, HUNG_SECONDS_MIN, HUNG_SECONDS_MAX = 30, 5, 3_600
"""How long a process behind a supervisor may say nothing before it is started again: by default, and within which bounds."""
ROWS = 5_000_000
"""Newest records that a served bank keeps as rows, by default: some sixteen gigabytes."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of a bank.

    Attributes:
        log_url: Where the log is: ``None`` for the file in the bank's folder.
        relaxed: Whether a decision may be answered before it is on the disk; each record then says so.
        segments: Where sealed records are, a folder or a URL such as ``s3://bucket/prefix``; ``None`` for where the log itself says.
        witnesses: Files or addresses that receive each signed head.
        master: Source of the master key, ``file:PATH`` or ``env:NAME``; ``None`` for the file in the bank's folder.
        retention: For how many days after an event of a kind its persons must be kept, and on which ground, by kind.
        access: How people and systems sign in.
        messages: Address of NATS, whose streams events come from and decisions go to; ``None`` for no messages.
        fronts: How many processes take connections before the bank's own; ``None`` for what suits the machine.
        hung_seconds: How long one of them, or the bank's own process, may say nothing before it is killed and started again; 0 for ever.
        messages_grade: Highest data grade of what decisions say there.
        webhooks: On what terms webhooks go out.
        writer: Whether the log of a served bank is written by a process of its own or by a thread; ``None`` for what suits the machine.
        rows: How many of the newest records a served bank keeps as rows, while it seals older ones; 0 for all of them.
        rollout: What is asked of a version of a policy before each step, and when it steps back by itself.
    """

    log_url: str | None = None
    relaxed: bool = False
    segments: str | None = None
    witnesses: tuple[str, ...] = ()
    master: str | None = None
    retention: Mapping[str, tuple[int, str]] = field(default_factory=dict)
    access: AccessSettings = field(default_factory=AccessSettings)
    messages: str | None = None
    fronts: int | None = None
    hung_seconds: int = HUNG_SECONDS
    messages_grade: int = 2
    webhooks: Terms = field(default_factory=Terms)
    writer: Literal["process", "thread"] | None = None
    rows: int = ROWS
    rollout: RolloutSettings = field(default_factory=RolloutSettings)

    @property
    def writes_apart(self) -> bool:
        """Whether a served bank has a process of its own write to the log: by default where there is a core for it."""
        if self.writer is None:
            return sys.platform != "win32" and cores() > 1
        return self.writer == "process"


def read_settings_of(root: Path, environment: Mapping[str, str] = os.environ) -> Settings:
    """The settings of the bank in ``root``; the defaults where it has no file of them.

    ``${NAME}`` in an address stands for a variable of the environment, so that no password has to lie in a file.

    Raises:
        DataError: If the file cannot mean what it says.
        ExternalError: If the system refuses.
    """
    path = root / SETTINGS_FILE
    try:
        document = read_toml(path.read_bytes())
    except FileNotFoundError:
        return Settings()
    except OSError as error:
        raise disk_refused(path, error) from error
    except TomlError as error:
        raise _wrong(path, error.text["en"], error.text["zh"]) from None
    for table, given in document.items():
        if not isinstance(given, dict):
            raise _wrong(path, f"[{table}] is no table", f"[{table}] 不是表", table)
        for name in given.keys() - _KNOWN.get(table, given.keys()):
            raise _wrong(path, f"unknown setting {table}.{name}", f"未知设置 {table}.{name}", table)
    if unknown := sorted(document.keys() - _TABLES):
        tables = sorted(_TABLES)
        raise _wrong(
            path,
            f"unknown table {unknown[0]!r}; there are {', '.join(tables)}",
            f"未知的表 {unknown[0]!r}；可用：{'、'.join(tables)}",
        )
    log = document.get("log", {})
    durability = log.get("durability", "full")
    if durability not in ("full", "relaxed"):
        raise _wrong(path, "log.durability is full or relaxed", "log.durability 只能为 full 或 relaxed")
    url, segments, witnesses, master = log.get("url"), log.get("segments"), log.get("witness", []), document.get("keys", {}).get("master")
    texts = [url or "", segments or "", master or "", *(witnesses if isinstance(witnesses, list) else [None])]
    if not all(isinstance(text, str) for text in texts):
        raise _wrong(
            path, "url, segments and master are texts, witness is a list of texts", "url、segments 与 master 须为文本，witness 须为文本列表"
        )
    return Settings(
        None if url is None else filled(url, environment),
        durability == "relaxed",
        None if segments is None else filled(segments, environment),
        tuple(filled(one, environment) for one in witnesses),
        master,
        {kind: _retention(path, kind, table) for kind, table in document.get("retention", {}).items()},
        _access(path, document.get("access", {}), environment),
        _messages(path, document.get("messages", {}), environment),
        _fronts(path, document.get("service", {}).get("fronts")),
        _hung_seconds(path, document.get("service", {}).get("hung_seconds", HUNG_SECONDS)),
        _grade(path, document.get("messages", {})),
        _webhooks(path, document.get("webhooks", {})),
        _writer(path, log.get("writer")),
        _rows(path, log.get("rows", ROWS)),
        _rollout(path, document.get("rollout", {})),
    )


def _retention(path: Path, kind: str, table: Any) -> tuple[int, str]:  # noqa: ANN401 -- whatever the file holds
    days, ground = (table.get("days"), table.get("ground")) if isinstance(table, dict) else (None, None)
    if not isinstance(days, int) or isinstance(days, bool) or days <= 0 or not isinstance(ground, str) or not ground:
        raise _wrong(
            path, f'retention.{kind!r} needs days (a whole number) and ground = "…"', f'retention.{kind!r} 需要 days（整数）与 ground = "…"'
        )
    return days, ground


def _messages(path: Path, table: Mapping[str, object], environment: Mapping[str, str]) -> str | None:
    url = table.get("nats")
    if url is not None and not isinstance(url, str):
        raise _wrong(path, "messages.nats is an address", "messages.nats 须为地址", "messages")
    return None if url is None else filled(url, environment)


def _fronts(path: Path, fronts: object) -> int | None:
    if fronts is None or (isinstance(fronts, int) and not isinstance(fronts, bool) and 0 <= fronts <= FRONTS_MAX):
        return fronts
    raise _wrong(path, f"service.fronts is a whole number from 0 to {FRONTS_MAX}", f"service.fronts 须为 0 至 {FRONTS_MAX} 的整数")


def _hung_seconds(path: Path, seconds: object) -> int:
    if isinstance(seconds, int) and not isinstance(seconds, bool) and (seconds == 0 or HUNG_SECONDS_MIN <= seconds <= HUNG_SECONDS_MAX):
        return seconds
    raise _wrong(
        path,
        f"service.hung_seconds is 0 (never) or a whole number from {HUNG_SECONDS_MIN} to {HUNG_SECONDS_MAX}",
        f"service.hung_seconds 须为 0（从不）或 {HUNG_SECONDS_MIN} 至 {HUNG_SECONDS_MAX} 的整数",
    )


def _writer(path: Path, writer: object) -> Literal["process", "thread"] | None:
    if writer is None or writer == "thread" or (writer == "process" and sys.platform != "win32"):
        return writer
    raise _wrong(path, "log.writer is process (not on Windows) or thread", "log.writer 只能为 process（Windows 不支持）或 thread")


def _rows(path: Path, rows: object) -> int:
    if isinstance(rows, int) and not isinstance(rows, bool) and rows >= 0:
        return rows
    raise _wrong(path, "log.rows is 0 (all) or a whole number", "log.rows 须为 0（全部）或正整数")


def _grade(path: Path, table: Mapping[str, object]) -> int:
    grade = table.get("grade", 2)
    if not isinstance(grade, int) or isinstance(grade, bool) or not 1 <= grade <= 4:
        raise _wrong(path, "messages.grade is 1 to 4", "messages.grade 须为 1 至 4", "messages")
    return grade


def _webhooks(path: Path, table: Mapping[str, object]) -> Terms:
    authorities, days = table.get("authorities"), table.get("give_up_days", 3)
    if not isinstance(days, int) or isinstance(days, bool) or days < 1 or not isinstance(authorities, str | None):
        raise _wrong(
            path,
            "webhooks.give_up_days is a whole number of days, webhooks.authorities the path of a PEM file",
            "webhooks.give_up_days 须为整数天数，webhooks.authorities 须为 PEM 文件路径",
            "webhooks",
        )
    file = None if authorities is None else path.parent / authorities
    if file is not None and not file.is_file():
        raise _wrong(
            path,
            f"webhooks.authorities names {authorities!r}, which is no file",
            f"webhooks.authorities 所指的 {authorities!r} 不是文件",
            "webhooks",
        )
    return Terms(Reach(_networks(path, table.get("networks", [])), None if file is None else str(file)), days * MICROSECONDS_PER_DAY)


def _networks(path: Path, given: object) -> tuple[Network, ...]:
    if not isinstance(given, list):
        raise _wrong(path, "webhooks.networks is a list of texts", "webhooks.networks 应为文本列表", "webhooks")
    found: list[Network] = []
    for one in given:
        try:
            found += networks_of([one if isinstance(one, str) else ""])
        except ValueError:
            raise _wrong(
                path,
                f'webhooks.networks: {one!r} is no network; write addresses or networks like "10.0.0.0/8"',
                f'webhooks.networks：{one!r} 不是网络，请写成地址或网段，例如 "10.0.0.0/8"',
                "webhooks",
            ) from None
    return tuple(found)


def _rollout(path: Path, table: Mapping[str, Any]) -> RolloutSettings:
    try:
        return rollout_settings(table)
    except WrongSettingError as error:
        raise _wrong(path, error.en, error.zh, "rollout") from None


def _access(path: Path, table: Mapping[str, Any], environment: Mapping[str, str]) -> AccessSettings:
    provider = table.get("openid", {})
    texts = provider if isinstance(provider, dict) else {}
    try:
        return access_settings(
            table, path.parent, {name: filled(text, environment) for name, text in texts.items() if isinstance(text, str)}
        )
    except WrongSettingError as error:
        raise _wrong(path, error.en, error.zh, "access") from None


def filled(text: str, environment: Mapping[str, str]) -> str:
    """A text with each ``${NAME}`` replaced by that variable of the environment.

    Raises:
        InputError: If it is not set.
    """
    try:
        return Template(text).substitute(environment)
    except (KeyError, ValueError) as error:
        raise InputError(
            "bank.settings.variable",
            {"en": f"{SETTINGS_FILE} names a variable that is not set: {error}", "zh": f"{SETTINGS_FILE} 引用了未设置的变量：{error}"},
            {"en": "set it in the environment", "zh": "请在环境中设置该变量"},
        ) from None


def _wrong(path: Path, en: str, zh: str, table: str = "log") -> DataError:
    page = _PAGES.get(table, "log")
    return DataError(
        "bank.settings.wrong",
        {"en": f"{path}: {en}", "zh": f"{path}：{zh}"},
        {"en": f"mend the file; docs/{page}.md tells of its settings", "zh": f"请修改该文件；设置说明见 docs/zh/{page}.md"},
    )
