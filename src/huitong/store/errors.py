"""What can go wrong with a log, in words that a person can act on."""

from collections.abc import Sequence
from pathlib import Path

from huitong.kernel import DataError, ExternalError, InputError, Text, refusal

SHOWN_BYTES_MAX = 2_000
"""Longest piece of a record that an error repeats."""
_CHECK_AND_RESTORE: Text = {
    "en": "run `huitong log check`; restore the log from a backup",
    "zh": "请运行 `huitong log check`，并从备份恢复日志",
}

_RESTORE_SEALED: Text = {
    "en": "restore the log with `huitong log restore BACKUP`: a backup holds sealed records as rows; or put back a copy of the file itself",
    "zh": "请用 `huitong log restore 备份` 恢复日志：备份以行的形式包含已封存的记录；或放回该文件自身的副本",
}


def external(code: str, path: Path | str, en: str, zh: str, remedy_en: str, remedy_zh: str) -> ExternalError:
    return ExternalError(code, {"en": f"log {path}: {en}", "zh": f"日志 {path}：{zh}"}, {"en": remedy_en, "zh": remedy_zh})


def refused(path: Path | str, error: OSError | str) -> ExternalError:
    """The system does not let us write or read there."""
    why = {"en": error, "zh": error} if isinstance(error, str) else refusal(error)
    return external(
        "store.refused",
        path,
        f"the system refuses: {why['en']}",
        f"系统拒绝访问：{why['zh']}",
        "check the folder's permissions",
        "请检查文件夹权限",
    )


def damaged(path: Path | str, why: str) -> DataError:
    """The file is no database, or a damaged one."""
    return DataError(
        "store.damaged",
        {"en": f"{path} is not a log, or is damaged: {why}", "zh": f"{path} 不是日志文件，或已损坏：{why}"},
        {"en": "check the path; restore the file from a backup", "zh": "请检查路径，或从备份恢复该文件"},
    )


def foreign(path: Path | str) -> DataError:
    """A database of another program."""
    return DataError(
        "store.foreign",
        {"en": f"{path} is a database of another program", "zh": f"{path} 是其他程序的数据库"},
        {"en": "give another path; the file was left as it is", "zh": "请另选路径；该文件未被改动"},
    )


def newer(path: Path | str, found: int, known: int) -> DataError:
    """A log that a later version wrote."""
    return DataError(
        "store.schema.newer",
        {
            "en": f"{path} has schema {found}; this version knows up to {known}",
            "zh": f"{path} 的结构版本为 {found}，本版本最高支持 {known}",
        },
        {"en": "update Huitong; the file was left as it is", "zh": "请升级 Huitong；该文件未被改动"},
    )


def missing(path: Path | str) -> InputError:
    """There is nothing to read."""
    return InputError(
        "store.missing",
        {"en": f"there is no log at {path}", "zh": f"{path} 处没有日志"},
        {"en": "check the path, or open it for writing to make one", "zh": "请检查路径，或以写入方式打开以新建"},
    )


def process(pid: int, host: str, since: str) -> Text:
    """Who writes."""
    return {"en": f"process {pid} on {host} since {since}", "zh": f"主机 {host} 上的进程 {pid}（自 {since} 起）"}


SOMEBODY: Text = {"en": "another process", "zh": "另一进程"}
"""Whoever writes, where nobody knows."""


def held(path: Path | str, holder: Text) -> ExternalError:
    """Another process writes there."""
    return ExternalError(
        "store.held",
        {"en": f"{path} is open for writing in {holder['en']}", "zh": f"{path} 正由{holder['zh']}打开写入"},
        {"en": "close it there, or open it here for reading only", "zh": "请在那边关闭，或在此处以只读方式打开"},
    )


def closed(path: Path | str) -> InputError:
    """The log was closed before."""
    return InputError(
        "store.closed",
        {"en": f"the log {path} is closed", "zh": f"日志 {path} 已关闭"},
        {"en": "open it again", "zh": "请重新打开"},
    )


def read_only(path: Path | str) -> InputError:
    """The log was opened for reading."""
    return InputError(
        "store.read_only",
        {"en": f"the log {path} is open for reading only", "zh": f"日志 {path} 以只读方式打开"},
        {"en": "open it for writing", "zh": "请以写入方式打开"},
    )


def conflict(record_id: str, stored: bytes, given: bytes) -> DataError:
    """An id is there with other content."""
    there, here = _shown(stored), _shown(given)
    return DataError(
        "store.conflict",
        {
            "en": f"id {record_id!r} is already in the log with other content. There: {there} — given: {here}",
            "zh": f"编号 {record_id!r} 已在日志中且内容不同。已有：{there} — 给出：{here}",
        },
        {
            "en": "send a new id for a new fact; a written record never changes; nothing of this call was written",
            "zh": "新的事实请使用新的编号；已写入的记录不会改变；本次调用没有写入任何内容",
        },
    )


def _shown(payload: bytes) -> str:
    text = payload[:SHOWN_BYTES_MAX].decode("utf-8", "replace")
    return text if len(payload) <= SHOWN_BYTES_MAX else text + "…"


def older(path: Path | str, found: int, known: int) -> DataError:
    """A log that an earlier version wrote and no writer has opened since."""
    return DataError(
        "store.schema.older",
        {"en": f"{path} has schema {found}; this version reads {known}", "zh": f"{path} 的结构版本为 {found}，本版本读取 {known}"},
        {
            "en": "open it once for writing, which brings it up to date (`huitong log upgrade`)",
            "zh": "请以写入方式打开一次，即可升级（`huitong log upgrade`）",
        },
    )


def moved_on(where: Path | str, known: int, found: int) -> ExternalError:
    """Somebody else wrote to a log that only this process may write."""
    return external(
        "store.moved_on",
        where,
        f"it holds {found} records where this process wrote {known}: another program wrote to it",
        f"其中有 {found} 条记录，而本进程写入了 {known} 条：有其他程序写入",
        "stop the other program, open the log again, and run `huitong log check`",
        "请停止另一程序，重新打开日志，并运行 `huitong log check`",
    )


def gone(where: Path | str, why: str) -> ExternalError:
    """The database cannot be reached."""
    return external(
        "store.gone",
        where,
        f"the database cannot be reached: {why}",
        f"无法连接数据库：{why}",
        "bring it back, then send again: whatever was written already is answered, not written twice",
        "请恢复数据库后重发：已写入的会直接答复，不会重复写入",
    )


def tree_incomplete(where: Path | str, level: int, wanted: int, found: int) -> DataError:
    """Hashes of the tree are missing."""
    return DataError(
        "store.tree.incomplete",
        {
            "en": f"log {where}: {wanted - found} of {wanted} hashes at level {level} of the tree are missing",
            "zh": f"日志 {where}：证明树第 {level} 层的 {wanted} 个哈希中缺少 {wanted - found} 个",
        },
        _CHECK_AND_RESTORE,
    )


def key_missing(path: Path) -> InputError:
    """There is no key file."""
    return InputError(
        "store.key.missing",
        {"en": f"there is no key at {path}", "zh": f"{path} 处没有密钥"},
        {"en": "put the key file back, or give its path", "zh": "请放回密钥文件，或给出其路径"},
    )


def key_unreadable(path: Path) -> DataError:
    """A file that holds no Ed25519 key."""
    return DataError(
        "store.key.unreadable",
        {"en": f"{path} holds no Ed25519 key in PEM", "zh": f"{path} 不是 PEM 格式的 Ed25519 密钥"},
        {"en": "restore the key file from a backup", "zh": "请从备份恢复密钥文件"},
    )


def misplaced(position: int) -> DataError:
    """A record is not what the index says."""
    return DataError(
        "store.misplaced",
        {
            "en": f"the record at offset {position} is no decision, though the index says so",
            "zh": f"偏移 {position} 处的记录不是决策，与索引不符",
        },
        _CHECK_AND_RESTORE,
    )


def no_vault(where: Path | str) -> InputError:
    """Something was asked that needs the master key."""
    return InputError(
        "vault.master.none",
        {"en": f"the log {where} was opened without a master key", "zh": f"打开日志 {where} 时没有提供主密钥"},
        {"en": "open it with the master key", "zh": "请提供主密钥后打开"},
    )


def unfinished(where: Path | str) -> DataError:
    """A copy that stopped half-way."""
    return DataError(
        "store.copy.unfinished",
        {"en": f"{where} is a copy of a log that was not finished", "zh": f"{where} 是一份尚未完成的日志副本"},
        {
            "en": "run the same copy, backup or restore again: it goes on where it stopped",
            "zh": "请再次运行同样的复制、备份或恢复命令：将从中断处继续",
        },
    )


def copy_elsewhere(where: Path | str, why_en: str, why_zh: str) -> DataError:
    """A place that holds something else than the beginning of what is to be copied there."""
    return DataError(
        "store.copy.occupied",
        {"en": f"{where} {why_en}; it was left as it is", "zh": f"{where} {why_zh}；未作改动"},
        {"en": "give an empty place, or an earlier copy of the same log", "zh": "请给出空的位置，或同一日志的较早副本"},
    )


def copy_differs(where: Path | str, en: str, zh: str) -> DataError:
    """A log that does not hold what it signed."""
    return DataError(
        "store.copy.differs",
        {"en": f"{where}: {en}; the copy stopped before", "zh": f"{where}：{zh}；复制在此之前停止"},
        {
            "en": "run `huitong log check` on it; restore it from a backup, then copy again",
            "zh": "请对其运行 `huitong log check`，从备份恢复后再复制",
        },
    )


def segment_unlisted(first: int, stop: int, why: str) -> DataError:
    """What the storage says of a segment's files cannot be read."""
    return DataError(
        "store.segment.unlisted",
        {
            "en": f"the list of files of the segment of offsets {first}–{stop - 1} cannot be read: {why}",
            "zh": f"偏移 {first}–{stop - 1} 的数据段文件清单无法读取：{why}",
        },
        _CHECK_AND_RESTORE,
    )


def segment_newer(first: int, stop: int, found: int, known: int) -> DataError:
    """A segment that a later version wrote."""
    return DataError(
        "store.segment.newer",
        {
            "en": f"the segment of offsets {first}–{stop - 1} has format {found}; this version knows up to {known}",
            "zh": f"偏移 {first}–{stop - 1} 的数据段格式为 {found}，本版本最高支持 {known}",
        },
        {"en": "update Huitong", "zh": "请升级 Huitong"},
    )


def segment_missing(where: str, name: str, first: int, stop: int) -> DataError:
    """A file of a segment is not where it should be."""
    return DataError(
        "store.segment.missing",
        {
            "en": f"the file {name} with records of offsets {first}–{stop - 1} is not in {where}",
            "zh": f"{where} 中没有文件 {name}（偏移 {first}–{stop - 1} 的记录）",
        },
        {
            "en": f"say where the segments are, if they lie elsewhere; else {_RESTORE_SEALED['en']}",
            "zh": f"若数据段在别处，请指明其位置；否则{_RESTORE_SEALED['zh']}",
        },
    )


def segment_altered(where: str, name: str, first: int, stop: int, why_en: str, why_zh: str) -> DataError:
    """A file of a segment is not what was sealed."""
    return DataError(
        "store.segment.altered",
        {
            "en": f"the file {name} in {where} with records of offsets {first}–{stop - 1} was altered: {why_en}",
            "zh": f"{where} 中的文件 {name}（偏移 {first}–{stop - 1} 的记录）已被改动：{why_zh}",
        },
        _RESTORE_SEALED,
    )


def segments_failed(where: str, error: Exception) -> ExternalError:
    """The place of segments cannot be read or written."""
    said = " ".join(str(error).split()) or type(error).__name__
    why = refusal(error) if isinstance(error, OSError) and error.errno else {"en": said, "zh": said}
    return ExternalError(
        "store.segment.failed",
        {"en": f"segments in {where} cannot be read or written: {why['en']}", "zh": f"无法读写 {where} 中的数据段：{why['zh']}"},
        {
            "en": "check its permissions, its space and the network; no record left the log",
            "zh": "请检查其权限、空间与网络；没有记录离开日志",
        },
    )


def segments_nowhere(where: Path | str) -> InputError:
    """Nothing says where segments are."""
    return InputError(
        "store.segment.nowhere",
        {"en": f"nothing says where the segments of the log {where} are", "zh": f"未指明日志 {where} 的数据段所在位置"},
        {"en": "give a folder, or s3://BUCKET/PREFIX, as the place of segments", "zh": "请给出数据段的文件夹，或 s3://BUCKET/PREFIX"},
    )


def segments_driver(scheme: str) -> InputError:
    """What reads and writes such a place is not installed."""
    return InputError(
        "store.segment.driver",
        {
            "en": f"no driver for segments at {scheme}:// is installed",
            "zh": f"未安装用于 {scheme}:// 数据段的驱动",
        },
        {
            "en": "pip install huitong[s3] for s3://…, or fsspec's driver for another kind of address",
            "zh": "s3://… 请运行 pip install huitong[s3]；其他地址请安装 fsspec 的相应驱动",
        },
    )


def unsealable(position: int, why_en: str, why_zh: str) -> DataError:
    """A record that must not leave the database."""
    return DataError(
        "store.segment.unsealable",
        {
            "en": f"nothing was sealed from offset {position} on: {why_en}",
            "zh": f"自偏移 {position} 起未封存：{why_zh}",
        },
        _CHECK_AND_RESTORE,
    )


def unread(position: int, record_id: str | None, error: DataError) -> DataError:
    """A record that cannot be read, and which one it is."""
    en, zh = ("", "") if record_id is None else (f", record {record_id!r}", f"，记录 {record_id!r}")
    cause: Text = {
        "en": f"offset {position}{en}: {error.cause['en']}",
        "zh": f"偏移 {position}{zh}：{error.cause['zh']}",
    }
    return DataError(error.code, cause, error.remedy)


def index_astray(where: Path | str) -> DataError:
    """An id is taken, and no record is there for it."""
    return DataError(
        "store.index.astray",
        {"en": f"log {where}: an id is taken, but leads to no record", "zh": f"日志 {where}：某个编号已被占用，却找不到记录"},
        _CHECK_AND_RESTORE,
    )


def elsewhere(where: Path | str, wanted: int, found: int) -> DataError:
    """The log does not end where answers that rest on its past were to stand."""
    return DataError(
        "store.elsewhere",
        {
            "en": f"{where} ends at {found}, not at {wanted}: what was to follow did not come about, or something came between",
            "zh": f"{where} 止于 {found} 而非 {wanted}：前面的内容未能写入，或其间写入了其他内容",
        },
        {"en": "ask again; nothing of this call was written", "zh": "请重新请求；本次调用未写入任何内容"},
    )


def answered_twice(ids: Sequence[str]) -> DataError:
    """Among what was to be new, something was in the log already."""
    shown = ", ".join(ids[:3])
    return DataError(
        "store.answered",
        {"en": f"some of {shown} … was in the log already", "zh": f"{shown} 等内容中有些已在日志中"},
        {"en": "ask again; nothing of this call was written", "zh": "请重新请求；本次调用未写入任何内容"},
    )
