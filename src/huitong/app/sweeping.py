"""Takes the names of persons who are forgotten out of the bank's folder, and tells where a name still stands."""

import json
import re
import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from huitong.app.workspace import disk_refused, write_whole
from huitong.kernel import Finding, Severity

ERASED_FILE = ".erased"
"""In the folder of states: after whose erasure they were thrown away last."""
UPLOADS = Path("runs") / "uploads"
"""Tables that people dropped for a replay: copies, which nobody needs once their report is there."""
_READ_BYTES = 1 << 20
_INSIDE = r"[\w.@-]"
"""What goes on a name: C-1 is not in C-10, nor li@bank.com in li@bank.com.cn."""


def sweep_states(root: Path, erased: bytes = b"") -> int:
    """Throws the kept feature states away: they hold names, and are only folds of the log.

    Args:
        root: The bank's folder.
        erased: Pseudonym of whoever was forgotten last; that this was done after it is written down.

    Raises:
        ExternalError: If the disk refuses.
    """
    mark = root / "state" / ERASED_FILE
    paths = [path for path in mark.parent.iterdir() if path.is_file() and path != mark]
    for path in paths:
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise disk_refused(path, error) from error
    if erased:
        write_whole(mark, erased.hex().encode())
    return len(paths)


def catch_up(root: Path, erased: bytes) -> None:
    """Throws away the states that an erasure left behind: it was cut off, or another process kept them meanwhile.

    Raises:
        ExternalError: If the disk refuses.
    """
    if _content(root / "state" / ERASED_FILE) != erased.hex().encode():
        sweep_states(root, erased)


def sweep_quarantine(root: Path, text: str) -> int:
    """Takes rows that name somebody out of what was set aside; returns how many.

    Raises:
        ExternalError: If the disk refuses.
    """
    gone, name = 0, re.compile(f"(?<!{_INSIDE}){re.escape(json.dumps(text, ensure_ascii=False)[1:-1])}(?!{_INSIDE})")
    for path in sorted((root / "quarantine").rglob("*")):
        lines = _content(path).splitlines(keepends=True)
        kept = [line for line in lines if not name.search(_plain(line))]
        if len(kept) < len(lines):
            write_whole(path, b"".join(kept))
            gone += len(lines) - len(kept)
    return gone


def sweep_uploads(root: Path) -> None:
    """Throws away the tables that people dropped for replays: whom one names cannot be taken out of a file in a form of its own.

    Raises:
        ExternalError: If the disk refuses.
    """
    folder = root / UPLOADS
    try:
        if folder.exists():
            shutil.rmtree(folder)
    except OSError as error:
        raise disk_refused(folder, error) from error


def _plain(line: bytes) -> str:
    """A line of JSON with its texts as they read, however they were escaped; any other line as it is."""
    text = line.decode("utf-8", "replace")
    with suppress(ValueError):
        return json.dumps(json.loads(text), ensure_ascii=False)
    return text


_LOG_FOLDER = "log"


def still_named(root: Path, text: str) -> Iterator[Finding]:
    """Files of the bank that name somebody, such as lists and the versions that hold them.

    Raises:
        ExternalError: If the disk refuses.
    """
    for path in sorted(root.rglob("*")):
        if path.is_file() and _holds(path, text.encode()):
            yield _still_named(path.relative_to(root))


def _still_named(file: Path) -> Finding:
    if file.parts[0] == _LOG_FOLDER:
        return Finding(
            "person.named.log",
            str(file),
            {"en": "this file of the log still holds the name", "zh": "此日志文件仍含有该名称"},
            {
                "en": "a record says it outside the fields that name persons, as in an address that earlier versions wrote down: no record "
                "is ever changed, so write this down with the request, and give backups of the log an end",
                "zh": "有记录在标识个人的字段之外写有该名称，例如早期版本写下的页面地址：日志记录不可更改，请随该请求一并登记，"
                "并为日志备份设定期限",
            },
            Severity.WARNING,
        )
    return Finding(
        "person.named",
        str(file),
        {"en": "this file still holds the name", "zh": "此文件仍含有该名称"},
        {
            "en": "a list keeps whom it names on a ground of its own: take the name out there if that ground is gone",
            "zh": "名单按其自身的依据保存所列人员：若该依据已不存在，请在其中删除",
        },
        Severity.WARNING,
    )


def _holds(path: Path, text: bytes) -> bool:
    """Whether a file holds a text; piece by piece, since the log is among them."""
    try:
        with path.open("rb") as file:
            rest = b""
            while piece := file.read(_READ_BYTES):
                if text in rest + piece:
                    return True
                rest = piece[-len(text) :] if len(piece) >= len(text) else rest + piece
    except OSError as error:
        raise disk_refused(path, error) from error
    return False


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes() if path.is_file() else b""
    except OSError as error:
        raise disk_refused(path, error) from error
