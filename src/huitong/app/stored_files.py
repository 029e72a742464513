"""Files of cases as they lie on the disk: which of them the log names, whether they are what was added, and copies beside a backup.

Each is named by the hash of its encrypted bytes and never changes, so that a copy is verified by its name, and made once. Which of them
still matter, the log says without the master key: those whose key is in its key ring. What a crash left, or whose key is destroyed,
nobody can read.
"""

import hashlib
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from huitong.app.progress import Progress
from huitong.app.workspace import disk_refused, write_whole
from huitong.contracts import Event
from huitong.kernel import Finding, Text, refusal
from huitong.operations.cases import CASE_FILED
from huitong.store import RecordLog
from huitong.store.persons import readable

FOLDER = "case-files"
"""In the bank's folder."""
SEALING_BYTES = 12 + 16
"""By how much a file grows when it is encrypted: a nonce, a tag."""
_NAME = re.compile(r"[0-9a-f]{64}")
_PUT_BACK: Text = {
    "en": "`huitong log restore BACKUP` brings it back where a backup has it; else put it back by hand under this name",
    "zh": "若备份中有此文件，`huitong log restore 备份` 会将其放回；否则请按此名称手工放回",
}
_AT_ITS_SOURCE: Text = {
    "en": "if an earlier backup has it, put it into `case-files/` of the bank under this name, then run the same command again",
    "zh": "若较早的备份中有此文件，请按此名称放入机构目录的 `case-files/`，再运行同一命令",
}


@dataclass(frozen=True, slots=True)
class Filed:
    """A file that the log names and whose key it has.

    Attributes:
        name: SHA-256 of its encrypted bytes, hex: what it is called on the disk.
        case: The case.
        size_bytes: Length of its encrypted bytes.
    """

    name: str
    case: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class CopiedFiles:
    """What became of files that were to be copied.

    Attributes:
        new: How many were copied.
        there: How many were there already.
        findings: Those that could not be copied, and why.
    """

    new: int
    there: int
    findings: tuple[Finding, ...]


def beside(backup: Path) -> Path:
    """The folder of the files that belong to a backup of the log."""
    return backup.with_name(f"{backup.name}.{FOLDER}")


def files_named(log: RecordLog) -> list[Filed]:
    """The files that a log names and that can still be read, in the order in which they were added; no key is needed for it.

    Raises:
        DataError: If the log is damaged.
    """
    keys = dict[Filed, str]()
    for event in (record.content for record in log.read(kinds=[CASE_FILED])):
        if not isinstance(event, Event):
            continue
        name, key, size = event.data.get("stored"), event.data.get("key"), event.data.get("size_bytes")
        if isinstance(name, str) and _NAME.fullmatch(name) and isinstance(key, str) and isinstance(size, int):
            keys[Filed(name, event.keys.get("case", ""), size + SEALING_BYTES)] = key
    living = readable(log.reader, list(keys.values()))
    return [one for one, key in keys.items() if key in living]


def check_files(folder: Path, log: RecordLog, progress: Progress) -> Iterator[Finding]:
    """Files that the log names and that are missing, or not what was added.

    Args:
        folder: Where they lie.
        log: The log.
        progress: Told how many were read.

    Raises:
        DataError: If the log is damaged.
    """
    files = files_named(log)
    for number, one in enumerate(files, 1):
        found = _content(folder, one)
        if isinstance(found, Finding):
            yield found
        progress("case_files", number, len(files))


def copy_files(files: list[Filed], source: Path, target: Path, progress: Progress, *, verify: bool) -> CopiedFiles:
    """Copies files from folder to folder, each verified by its name; what cannot be copied is told, and the rest goes on.

    Args:
        files: Which.
        source: Where they lie.
        target: Where to; made where it is missing.
        progress: Told how many were looked at.
        verify: Whether what is there already is read and, if it is not what it should be, copied again. Else its length suffices.

    Raises:
        ExternalError: If the disk that they are copied to refuses; the same call goes on later.
    """
    new, there, findings = 0, 0, list[Finding]()
    if files:
        try:
            target.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise disk_refused(target, error) from error
    for number, one in enumerate(files, 1):
        if _stands(target, one, verify=verify):
            there += 1
        elif isinstance(found := _content(source, one, _AT_ITS_SOURCE), Finding):
            findings.append(found)
        else:
            write_whole(target / one.name, found)
            new += 1
        progress("case_files", number, len(files))
    return CopiedFiles(new, there, tuple(findings))


def _stands(folder: Path, one: Filed, *, verify: bool) -> bool:
    if verify:
        return isinstance(_content(folder, one), bytes)
    with suppress(OSError):
        return (folder / one.name).stat().st_size == one.size_bytes
    return False


def _content(folder: Path, one: Filed, remedy: Text = _PUT_BACK) -> bytes | Finding:
    """What is in a file; a finding where it is not what the log names."""
    try:
        with (folder / one.name).open("rb") as file:
            content = file.read(one.size_bytes + 1)
    except OSError as error:
        return _finding("case.file.lost", one, refusal(error), remedy)
    if hashlib.sha256(content).hexdigest() != one.name:
        return _finding("case.file.exchanged", one, {"en": "it is not what was added", "zh": "与登记时不一致"}, remedy)
    return content


def _finding(code: str, one: Filed, why: Text, remedy: Text) -> Finding:
    return Finding.at(
        code,
        {"en": f"case {one.case}, file {one.name}", "zh": f"案件 {one.case}，文件 {one.name}"},
        {"en": f"the file cannot be read: {why['en']}", "zh": f"无法读取该文件：{why['zh']}"},
        remedy,
    )
