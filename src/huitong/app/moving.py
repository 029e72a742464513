"""A bank's log on the move: copied elsewhere, used from there, backed up, restored, brought up to date. No key is needed for it.

A backup takes the files of cases along, in a folder beside it.
"""

import json
import os
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

from huitong.app.bank import Bank
from huitong.app.logbook import LOG_FILE
from huitong.app.progress import Progress, silent
from huitong.app.settings import SETTINGS_FILE, filled
from huitong.app.stored_files import FOLDER, CopiedFiles, beside, copy_files, files_named
from huitong.app.sweeping import sweep_states
from huitong.app.workspace import disk_refused, write_whole
from huitong.kernel import DataError, InputError, Text, TomlError, read_toml, ulid
from huitong.store import open_log
from huitong.store.moving import Copied, Forgetting, Restored, copy_log, restore_log
from huitong.store.opening import file_of


def copy_to(bank: Bank, address: str, *, use: bool = False, progress: Progress = silent) -> Copied:
    """Copies the bank's log, with the same heads and proofs; a copy that was cut off goes on.

    Args:
        bank: The bank.
        address: Where to: a path, ``sqlite:///…`` or ``postgresql://…``; ``${NAME}`` stands for a variable of the environment.
        use: Whether the bank uses the copy from here on. Nobody may write meanwhile; the old log stays as it is.
        progress: Told how far it is.

    Raises:
        InputError: If there is no log, or the address holds a password that would have to be written down.
        DataError: If something else is there, or the log is damaged.
        ExternalError: If another process writes to either, or a disk or database refuses.
    """
    if use and urlsplit(address).password not in (None, "") and "${" not in (urlsplit(address).password or ""):
        raise _password_given()
    open_log(bank.logbook.address, writable=False).close()  # a writer would make one where there is none
    with open_log(bank.logbook.address, writable=use, segments=bank.logbook.segments) as log:
        done = copy_log(log, filled(address, os.environ), progress)
        if use:
            use_log(bank.workspace.root, address)
    return done


def backup(bank: Bank, target: Path, progress: Progress = silent) -> tuple[Copied, CopiedFiles]:
    """Copies the bank's log into a file, while others may write to it, and the files of cases that it names into a folder beside it.

    What an earlier backup made is brought up to date.

    Args:
        bank: The bank.
        target: The file; in a folder it is named by the log.
        progress: Told how far it is.

    Raises:
        InputError: If there is no log.
        DataError: If something else is there, or the log is damaged.
        ExternalError: If a disk or database refuses.
    """
    with open_log(bank.logbook.address, writable=False, segments=bank.logbook.segments) as log:
        file = target / f"{log.id}.sqlite" if target.is_dir() else target
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise disk_refused(file.parent, error) from error
        done = copy_log(log, str(file), progress)
    with open_log(file, writable=False) as copy:  # a file is there before its record: all that the copy names can be copied
        named = files_named(copy)
    return done, copy_files(named, bank.workspace.root / FOLDER, beside(file), progress, verify=False)


def restore(
    bank: Bank, kept: Path, *, replace: bool = False, persons: Sequence[bytes] = (), progress: Progress = silent
) -> tuple[Restored, CopiedFiles]:
    """Makes the bank's log of a backup, and puts back files of cases that are missing in the bank's folder, or altered.

    Args:
        bank: The bank, with nothing of it in use.
        kept: The backup.
        replace: Whether a log may be replaced that holds what is not in the backup and cannot be taken over.
        persons: Pseudonyms of persons who were forgotten after the backup was made, as noted elsewhere.
        progress: Told how far it is.

    Raises:
        InputError: If there is no such backup.
        DataError: As ``restore_log``.
        ExternalError: As ``restore_log``.
    """
    now_us = bank.clock.now_us()
    forgetting = Forgetting(persons, now_us, lambda: ulid(now_us, os.urandom))
    done = restore_log(kept, str(bank.logbook.address), forgetting, replace=replace, segments=bank.logbook.segments, told=progress)
    sweep_states(bank.workspace.root)  # of a log that is gone; they hold names
    with open_log(bank.logbook.address, writable=False, segments=bank.logbook.segments) as log:
        named = files_named(log)
    return done, copy_files(named, beside(kept), bank.workspace.root / FOLDER, progress, verify=True)


def upgrade(bank: Bank, progress: Progress = silent) -> Text | None:
    """Brings the bank's log up to this version; says what it was, ``None`` where nothing was to be done.

    Args:
        bank: The bank.
        progress: Told how far it is.

    Raises:
        InputError: If there is no log.
        DataError: If it is of a later version, which is left as it is.
        ExternalError: If another process has it open, or the disk refuses.
    """
    progress("upgrading", 0, None)
    try:
        open_log(bank.logbook.address, writable=False).close()
    except DataError as error:
        if error.code != "store.schema.older":
            raise
        open_log(bank.logbook.address, upgrading=lambda done, total: progress("upgrading", done, total)).close()
        return error.cause
    return None


def use_log(root: Path, address: str) -> None:
    """Writes down where the bank's log is from here on; nothing is written down for the file in the bank's own folder.

    Args:
        root: The bank's folder.
        address: As it is to stand in the file, variables unfilled.

    Raises:
        DataError: If the file sets it in a way that this cannot change.
        ExternalError: If the disk refuses.
    """
    path = root / SETTINGS_FILE
    try:
        before = path.read_text("utf-8") if path.exists() else ""
    except OSError as error:
        raise disk_refused(path, error) from error
    file = file_of(address)
    own = file is not None and file.absolute() == (root / "log" / LOG_FILE).absolute()
    after = _with_url(before, None if own else address if file is None else str(file.absolute()))
    if after is None:
        raise DataError(
            "bank.settings.by_hand",
            {"en": f"{path} sets where the log is in a way that is not changed here", "zh": f"{path} 以无法自动修改的方式设置了日志位置"},
            {"en": f'write there by hand: [log], url = "{address}"', "zh": f'请手工写入：[log]，url = "{address}"'},
        )
    write_whole(path, after.encode())


def _with_url(text: str, url: str | None) -> str | None:
    """The settings with another address of the log, or none, and all else as it is; ``None`` where that cannot be done line by line."""
    lines, table, place, there = text.splitlines(), "", None, None
    for number, line in enumerate(lines):
        if line.strip().startswith("["):
            table = line.split("#")[0].strip()
            place = number + 1 if table == "[log]" else place
        elif table == "[log]" and line.split("=")[0].strip() == "url":
            there = number
    if there is not None:
        del lines[there]
        place = there
    if url is not None:
        if place is None:
            lines += [*([""] if lines else []), "[log]"]
            place = len(lines)
        lines.insert(place, f"url = {json.dumps(url, ensure_ascii=False)}")
    after = "".join(f"{line}\n" for line in lines)
    try:
        document, expected = read_toml(after), read_toml(text)
    except TomlError:
        return None
    expected.setdefault("log", {}).pop("url", None)
    if url is not None:
        expected["log"]["url"] = url
    document.setdefault("log", {})
    return after if document == expected else None


def _password_given() -> InputError:
    return InputError(
        "bank.log.password",
        {"en": "the address holds a password, which would lie in bank.toml", "zh": "地址中含有密码，它将被写入 bank.toml"},
        {
            "en": "write ${NAME} in its place and set that variable, or use PGPASSWORD or a password file (.pgpass)",
            "zh": "请改写为 ${变量名} 并设置该环境变量，或使用 PGPASSWORD 或密码文件（.pgpass）",
        },
    )
