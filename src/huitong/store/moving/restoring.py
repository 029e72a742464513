"""Puts a backup in the place of a log, and loses nothing that the log still holds.

A backup is a copy of the log at some time. What the log holds beyond it is copied from the log itself where its tree and heads vouch
for it: its own tree for all, or, where that is damaged, its heads up to the last. Where they do not, the log is replaced only if that is
asked for; it is kept under another name, and whoever it says was forgotten since the backup is forgotten again, for a backup brings keys
back that were destroyed after it was made.
"""

import os
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from huitong.contracts import Event, Value
from huitong.kernel import DataError, HuitongError, InputError, Text
from huitong.store import errors
from huitong.store.journal import Journal
from huitong.store.log import RecordLog
from huitong.store.moving.copying import Copied, Told, copy_log, silent
from huitong.store.opening import file_of, open_log
from huitong.store.persons import FORGOTTEN_KIND
from huitong.store.records import encode_event
from huitong.store.signing import sync_folder
from huitong.store.sqlite.errors import of_sqlite
from huitong.store.sqlite.lock import WriterLock
from huitong.store.storage import Records
from huitong.store.vault.forgetting import destroy

_KEPT_AS_IT_IS = ("store.foreign", "store.schema.newer", "store.schema.older")
"""What a log says that no backup of ours may replace."""


@dataclass(frozen=True, slots=True)
class Restored:
    """What a restore did.

    Attributes:
        log: The log as it is now.
        aside: Where the log that was there is kept; ``None`` where there was none.
        rescued: Records that were not in the backup and were taken over from the log that was there.
        forgotten: Persons who were forgotten once more.
        gave_up: Whether the log that was there may have held more than was taken over.
        unread: Whether it could not be read at all, so that nobody knows whom it says was forgotten.
    """

    log: Copied
    aside: Path | None
    rescued: int
    forgotten: int
    gave_up: bool
    unread: bool


@dataclass(frozen=True, slots=True)
class Forgetting:
    """Whom to forget once more.

    Attributes:
        persons: Pseudonyms that the operator has noted, beside those that the replaced log names.
        now_us: When.
        record_id: Gives the id of a record of it.
    """

    persons: Sequence[bytes]
    now_us: int
    record_id: Callable[[], str]


def restore_log(
    backup: Path,
    address: str,
    forgetting: Forgetting,
    *,
    replace: bool = False,
    segments: str | Path | None = None,
    told: Told = silent,
) -> Restored:
    """Makes a log of a backup.

    Args:
        backup: A SQLite file that ``copy_log`` made.
        address: Where the log is to be. A file is replaced; in a database, whose records cannot go, what is missing is added.
        forgetting: Whom to forget once more.
        replace: Whether a log may be replaced that holds what could not be taken over.
        segments: Where the sealed records of a log that is there are, as for ``SqliteLog``.
        told: How far it is.

    Raises:
        InputError: If there is no backup.
        DataError: If the backup is damaged or not finished, or another log is there, or one that holds more than could be taken over.
        ExternalError: If another process has the log open, or a disk or database refuses.
    """
    path = file_of(address)
    with open_log(backup, writable=False) as kept:
        if path is not None:
            return _File(kept, path, segments, forgetting, told).restored(replace=replace)
        log = copy_log(kept, address, told)
        return Restored(log, None, 0, _forget_again(address, log.log_id, (), forgetting), gave_up=False, unread=False)


class _File:
    """A log in a file that a backup is about to replace.

    Args:
        kept: The backup.
        path: The file.
        segments: Where its sealed records are.
        forgetting: Whom to forget once more.
        told: How far it is.
    """

    def __init__(self, kept: RecordLog, path: Path, segments: str | Path | None, forgetting: Forgetting, told: Told) -> None:
        self._kept, self._path, self._segments, self._forgetting, self._told = kept, path, segments, forgetting, told
        self._draft = path.with_name(path.name + ".restoring")

    def restored(self, *, replace: bool) -> Restored:
        """Makes the new file beside the old one, then puts it in its place by one rename."""
        lock = WriterLock(self._path, self._forgetting.now_us)
        try:
            old, unread = self._opened(replace=replace)
            try:
                log, rescued, erased, gave_up = self._made(old, replace=replace)
            finally:
                if old is not None:
                    old.close()
            forgotten = _forget_again(str(self._draft), log.log_id, erased, self._forgetting)
            aside = self._put_in_place()
        finally:
            lock.release()
        with open_log(self._path, writable=False) as now:
            size = now.end()
            final = Copied(str(self._path), now.id, size, size, now.root(), now.head())
        return Restored(final, aside, rescued, forgotten, gave_up or unread, unread)

    def _opened(self, *, replace: bool) -> tuple[RecordLog | None, bool]:
        """The log that is there, if it can be read, and whether one is there that cannot."""
        if not self._path.exists():
            return None, False
        try:
            return open_log(self._path, writable=False, segments=self._segments), False
        except HuitongError as error:
            if error.code in _KEPT_AS_IT_IS:
                raise
            if not replace:
                why: Text = {"en": f"cannot be read ({error.cause['en']})", "zh": f"无法读取（{error.cause['zh']}）"}
                raise _would_lose(self._path, why) from None
            return None, True

    def _made(self, old: RecordLog | None, *, replace: bool) -> tuple[Copied, int, list[Event], bool]:
        """The new file; how many records the old one added; the erasures that it could not add; whether it was given up."""
        log = self._copied()
        if old is None:
            return log, 0, [], False
        wrong = _other(old, log)
        if wrong is None:
            try:
                if old.end() < log.size and self._begins_with(old):
                    return log, 0, [], False
                more = self._more(old, replace=replace)
            except DataError as error:
                en, zh = "holds records that are not in the backup and cannot be vouched for", "含有备份中没有且无法验证的记录"
                wrong = {"en": f"{en} ({error.cause['en']})", "zh": f"{zh}（{error.cause['zh']}）"}
            else:
                given_up = more.size < old.end()
                return more, more.size - log.size, _erasures(old) if given_up else [], given_up
        if not replace:
            raise _would_lose(self._path, wrong)
        return self._copied(), 0, _erasures(old) if old.id == log.log_id else [], True

    def _more(self, old: RecordLog, *, replace: bool) -> Copied:
        """The backup and what the old log has more, with the later key ring: all of it, if need be what its last head vouches for.

        Raises:
            DataError: If neither its tree nor its heads vouch for it, or heads do not for all and that is not asked for.
        """
        try:
            return copy_log(old, str(self._draft), self._told)  # its own tree also covers what no head did yet when it fell over
        except DataError:
            head = old.head()
            if head is None or (head.size < old.end() and not replace):
                raise
        self._copied()  # anew: the tree may have vouched for what no head does
        return copy_log(old, str(self._draft), self._told, by_heads=True)

    def _begins_with(self, old: RecordLog) -> bool:
        """Whether the backup is known to begin with all that a log holds."""
        size, head = old.end(), old.head()
        signed = head is not None and head.size == size and head in self._kept.reader.heads(size)
        return signed or old.root() == self._kept.root(size)

    def _copied(self) -> Copied:
        try:
            return copy_log(self._kept, str(self._draft), self._told)
        except DataError as error:
            if error.code != "store.copy.occupied":
                raise
        for path in self._draft.parent.glob(self._draft.name + "*"):  # of another restore, which was cut off
            path.unlink()
        return copy_log(self._kept, str(self._draft), self._told)

    def _put_in_place(self) -> Path | None:
        """One rename; what was there keeps another name."""
        there = self._path.exists()
        aside = _free_name(self._path, self._forgetting.now_us)
        try:
            if not (there and _close_journal(self._path)):  # also of a file that is lost: SQLite would take it for the new one's
                for suffix in ("-wal", "-shm"):
                    with suppress(FileNotFoundError):
                        self._path.with_name(self._path.name + suffix).replace(aside.with_name(aside.name + suffix))
            if there:
                os.link(self._path, aside)
            self._draft.replace(self._path)
            self._draft.with_name(self._draft.name + ".lock").unlink(missing_ok=True)
            sync_folder(self._path.parent)
        except OSError as error:
            raise errors.refused(self._path, error) from None
        return aside if there else None


def _free_name(path: Path, now_us: int) -> Path:
    """A name beside the file that nothing has."""
    number = now_us // 1_000_000
    while (aside := path.with_name(f"{path.name}.replaced-{number}")).exists():
        number += 1
    return aside


def _close_journal(path: Path) -> bool:
    """Takes the write-ahead file into its database, and away; says whether that could be done.

    Raises:
        ExternalError: If another program has the database open: it would go on with the old file and the new one's write-ahead file.
    """
    connection = sqlite3.connect(path, timeout=1.0, isolation_level=None)
    try:
        connection.execute("PRAGMA journal_mode=DELETE").fetchone()
    except sqlite3.OperationalError as error:
        if error.sqlite_errorname.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
            raise of_sqlite(error, path) from None
        return False
    except sqlite3.DatabaseError:
        return False
    finally:
        connection.close()
    return True


def _erasures(log: RecordLog) -> list[Event]:
    """Every record of an erasure that can be read."""
    found = []
    with suppress(DataError):  # what stands beyond a record that cannot be read is behind it for whoever reads in order
        for record in log.read(kinds=[FORGOTTEN_KIND]):
            if isinstance(record.content, Event):
                found.append(record.content)
    return found


def _forget_again(address: str, log_id: str, erasures: Sequence[Event], forgetting: Forgetting) -> int:
    """Destroys keys that a backup brought back; returns how many persons they named."""
    noted = [(person, forgetting.record_id()) for person in forgetting.persons]
    if not erasures and not noted:
        return 0

    def work(journal: Journal) -> int:
        count = 0
        for event in erasures:
            count += destroy(journal.session, bytes.fromhex(str(event.data["pseudonym"]))).names > 0
            _append(journal, event)
        for person, record_id in noted:
            done = destroy(journal.session, person)
            if done.names:
                count += 1
                data: dict[str, Value] = {
                    "ground": "restored from a backup",
                    "names": done.names,
                    "pseudonym": done.pseudonym,
                    "shared": done.shared,
                }
                _append(journal, Event(record_id, FORGOTTEN_KIND, forgetting.now_us, {}, data))
        journal.scrub = True
        return count

    with open_log(address, copy_of=log_id) as log:
        return log.write(work)


def _append(journal: Journal, event: Event) -> None:
    journal.append(Records([event.kind], [event.id], None, [0], [encode_event(event)]))


def read_pseudonyms(path: Path) -> list[bytes]:
    """Pseudonyms that an operator noted: one in a line, in hex; what follows a blank is a remark.

    Raises:
        InputError: If there is no such file, or a line is no pseudonym.
        ExternalError: If the system refuses.
    """
    try:
        lines = path.read_text("utf-8").splitlines()
        return [bytes.fromhex(line.split()[0]) for line in lines if line.split() and not line.startswith("#")]
    except FileNotFoundError:
        raise errors.missing(path) from None
    except OSError as error:
        raise errors.refused(path, error) from None
    except ValueError as error:
        raise InputError(
            "store.restore.pseudonyms",
            {"en": f"{path} is no list of pseudonyms: {error}", "zh": f"{path} 不是假名列表：{error}"},
            {
                "en": "write one pseudonym in hex in each line, as `huitong forget` tells it",
                "zh": "请每行写一个十六进制假名，即 `huitong forget` 给出的假名",
            },
        ) from None


def _other(old: RecordLog, log: Copied) -> Text | None:
    if old.id == log.log_id:
        return None
    return {"en": f"is another log, {old.id}, than the backup, {log.log_id}", "zh": f"是另一日志 {old.id}，而备份是 {log.log_id}"}


def _would_lose(path: Path, why: Text) -> DataError:
    return DataError(
        "store.restore.would_lose",
        {"en": f"the log {path} {why['en']}; it was left as it is", "zh": f"日志 {path} {why['zh']}；未作改动"},
        {
            "en": "back it up first if it can be read; with --replace it is kept under another name and the backup takes its place",
            "zh": "若仍可读取，请先备份；加 --replace 则将其改名保留，并由备份取代",
        },
    )
