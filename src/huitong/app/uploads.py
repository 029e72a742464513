"""Tables that somebody drops on the replay page: kept under ``runs/uploads``, their columns laid against the bank's mappings."""

import csv
import difflib
import io
import re
import shutil
from collections.abc import Mapping
from pathlib import Path

import pyarrow.parquet as pq

from huitong.app.bank import Bank
from huitong.app.sweeping import UPLOADS
from huitong.app.workspace import write_whole
from huitong.console.ports_replay import Uploaded
from huitong.data import TableMapping, column_names
from huitong.kernel import EventId, InputError, Text

KEPT_MAX = 5
"""Most tables that are kept, the latest."""
SUFFIXES = (".csv", ".parquet")
_ALIKE_MIN = 0.5
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_UNUSUAL = re.compile(r"[^\w .()（）-]")
NAME_CHARACTERS_MAX = 60
"""Of a table's name as it is kept: whatever is said of the table says its name."""
_AS_SENT, _AS_READ = "as-sent", "as-read"


class Uploads:
    """The tables that were dropped.

    Args:
        bank: The bank.
    """

    def __init__(self, bank: Bank) -> None:
        self._bank = bank
        self._folder = bank.workspace.root / UPLOADS

    def keep(self, command: EventId, name: str, content: bytes) -> str:
        """Keeps a table; its id.

        Raises:
            InputError: If it is neither CSV nor Parquet, or its columns cannot be read; nothing is kept then.
            ExternalError: If the disk refuses.
        """
        if Path(name).suffix.lower() not in SUFFIXES:
            raise InputError(
                "replay.file.kind",
                {"en": f"{name[:80]!r} is neither CSV nor Parquet", "zh": f"{name[:80]!r} 不是 CSV 或 Parquet 文件"},
                {"en": "save it as one of them", "zh": "请另存为其中一种格式"},
            )
        id_ = re.sub(r"[^A-Za-z0-9_-]", "-", command)[:64]
        folder = self._folder / id_
        path = folder / _AS_SENT / f"{_UNUSUAL.sub('_', Path(name).stem)[:NAME_CHARACTERS_MAX]}{Path(name).suffix.lower()}"
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            write_whole(path, content)
            column_names(path)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        for old in sorted(self._folder.iterdir(), key=lambda one: one.stat().st_mtime)[:-KEPT_MAX]:
            shutil.rmtree(old, ignore_errors=True)
        return id_

    def look(self, id_: str) -> Uploaded:
        """A table that was kept: its columns, and which of them each mapping would read.

        Raises:
            InputError: If there is none.
        """
        path = self._path(id_)
        columns = column_names(path)
        mappings = self._mappings()
        wanted = {name: self._suggested(mapping, columns) for name, mapping in mappings.items()}
        best = max(wanted, key=lambda name: sum(one is not None for one in wanted[name].values()) / max(len(wanted[name]), 1), default="")
        titles = {name: mapping.title for name, mapping in mappings.items() if mapping.title is not None}
        fields = {name: self._fields(mapping) for name, mapping in mappings.items()}
        return Uploaded(id_, path.name, columns, wanted, best, titles, fields)

    def mapped(self, id_: str, mapping: str, chosen: Mapping[str, str]) -> Path:
        """The table with the names of columns that a mapping reads.

        Args:
            id_: The table.
            mapping: Name of the mapping.
            chosen: The table's own column for each that the mapping reads.

        Raises:
            InputError: If there is no such table or mapping, or a column that the mapping needs was not chosen, or one twice.
        """
        path = self._path(id_)
        if mapping not in self._mappings():
            raise InputError(
                "replay.mapping.unknown",
                {"en": f"there is no mapping {mapping!r}", "zh": f"没有映射 {mapping!r}"},
                {"en": "choose one of the list", "zh": "请从列表中选择"},
            )
        columns = column_names(path)
        wanted = self._mappings()[mapping].columns()
        left = [one for one in wanted if chosen.get(one) not in columns]
        taken = [chosen[one] for one in wanted if one in chosen]
        if left or len(set(taken)) < len(taken):
            twice = [one for one in dict.fromkeys(taken) if taken.count(one) > 1]
            raise InputError(
                "replay.columns",
                {
                    "en": f"columns without one of the file: {', '.join(left) or 'none'}; chosen twice: {', '.join(twice) or 'none'}",
                    "zh": f"未对应文件列：{'、'.join(left) or '无'}；重复选择：{'、'.join(twice) or '无'}",
                },
                {"en": "choose a column of its own for each", "zh": "请为每一项选择不同的列"},
            )
        back = {own: name for name, own in chosen.items() if name in wanted}
        # A column that has the name of another and is not chosen steps aside.
        names = [back.get(one, f"{one}__unread" if one in wanted else one) for one in columns]
        return path if names == columns else _renamed(path, names)

    def _mappings(self) -> dict[str, TableMapping]:
        return {path.stem: TableMapping.load(path) for path in sorted((self._bank.workspace.root / "mappings").glob("*.toml"))}

    def _fields(self, mapping: TableMapping) -> dict[str, Text]:
        """What the columns are that a mapping reads: titles of the fields, as far as contracts know them."""
        rules = [(mapping.kind, rule) for rule in mapping.fields]
        rules += [] if mapping.labels is None else [(mapping.labels.kind, rule) for rule in mapping.labels.fields]
        found = {rule.column: title for rule, title in ((mapping.id, _ID_TITLE), (mapping.time, _TIME_TITLE)) if rule.column is not None}
        for kind, rule in rules:
            contract = self._bank.contracts.get(kind)
            spec = None if contract is None else contract.field(rule.field)
            if spec is not None and rule.column is not None:
                found.setdefault(rule.column, spec.title)
        return found

    def _suggested(self, mapping: TableMapping, columns: list[str]) -> dict[str, str | None]:
        """For each column that a mapping reads the one of the file that is most like it."""
        plain = {_plain(one): one for one in columns}
        found: dict[str, str | None] = {}
        for one in mapping.columns():
            near = [one] if one in columns else difflib.get_close_matches(_plain(one), list(plain), 1, _ALIKE_MIN)
            found[one] = (near[0] if near[0] in columns else plain[near[0]]) if near else None
        return found

    def _path(self, id_: str) -> Path:
        found = [one for one in (self._folder / id_ / _AS_SENT).glob("*") if one.suffix in SUFFIXES] if _ID.fullmatch(id_) else []
        if not found:
            raise InputError(
                "replay.file.unknown",
                {"en": "the table is no longer kept", "zh": "该数据表已不再保存"},
                {"en": "drop it again", "zh": "请重新上传"},
            )
        return found[0]


_ID_TITLE: Text = {"en": "Id of the event", "zh": "事件编号"}
_TIME_TITLE: Text = {"en": "Time of the event", "zh": "事件时间"}


def _plain(name: str) -> str:
    return re.sub(r"[^0-9a-z\u4e00-\u9fff]", "", name.lower())


def _renamed(path: Path, names: list[str]) -> Path:
    target = path.parent.with_name(_AS_READ) / path.name
    target.parent.mkdir(exist_ok=True)
    if path.suffix == ".parquet":
        pq.write_table(pq.read_table(path).rename_columns(names), target)
        return target
    content = path.read_bytes()
    text = content.decode("utf-8-sig")
    head = next(iter(text.splitlines(keepends=True)), "")
    delimiter = max(",;\t|", key=head.count)
    line = io.StringIO(newline="")
    csv.writer(line, delimiter=delimiter, lineterminator="\n").writerow(names)
    write_whole(target, (line.getvalue() + text[len(head) :]).encode())
    return target
