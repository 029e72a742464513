"""A log that is gone: while it is open, or where something that only a log leaves says that there was one."""

from pathlib import Path

from huitong.kernel import ExternalError
from huitong.store.errors import external


def vanished(path: Path | str) -> ExternalError:
    """The file was deleted, moved or exchanged under whoever has it open."""
    return external(
        "store.vanished",
        path,
        "the file is gone from its place, or another one lies there: what would be written now would be lost",
        "文件已不在原处，或被换成了别的文件：此时写入的内容会丢失",
        "move the file back; if it was deleted, do not stop the service yet: its content can still be copied from /proc/PID/fd; "
        "else stop it and run `huitong log restore BACKUP`",
        "请将文件移回原处；若已删除，先不要停止服务：仍可从 /proc/PID/fd 复制其内容；否则请停止服务并运行 `huitong log restore 备份`",
    )


def lost(where: Path | str, trace: Path | str) -> ExternalError:
    """There is no log where one was; nothing empty is begun in its place."""
    return external(
        "store.lost",
        where,
        f"it is not there, though {trace} says that it was",
        f"日志不存在，但 {trace} 表明它曾经存在",
        "put it back, or run `huitong log restore BACKUP`; if it lies elsewhere, set `url` under [log] in bank.toml; "
        "to begin an empty log on purpose, begin with a new folder",
        "请将其放回，或运行 `huitong log restore 备份`；若在别处，请在 bank.toml 的 [log] 中设置 url；若确要从空日志开始，请使用新的文件夹",
    )
