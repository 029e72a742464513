"""What callers and whoever needs no name are told of an error that names the house's own machines, paths and addresses.

The whole of it stands on the console's system page, in the service's own lines and at the command line, for those who run it.
"""

from collections.abc import Mapping

from huitong.kernel import Text

_DATABASE: Text = {"en": "the log's database cannot be reached", "zh": "无法连接日志所在的数据库"}
_REFUSES: Text = {"en": "the log's storage refuses", "zh": "日志的存储拒绝访问"}
_GONE: Text = {"en": "the log is not where it was", "zh": "日志已不在原处"}
_WRITER: Text = {"en": "the process that writes to the log ended before it answered", "zh": "写入日志的进程在答复之前已结束"}
_ELSEWHERE: Text = {"en": "another process writes to the log", "zh": "另有进程写入日志"}
_NATS: Text = {"en": "NATS does not answer", "zh": "NATS 没有应答"}
_SEGMENTS: Text = {"en": "the place of sealed records cannot be read or written", "zh": "无法读写已封存记录的存放处"}
OUTSIDE: Mapping[str, Text] = {
    "store.gone": _DATABASE,
    "store.unreachable": _DATABASE,
    "store.disk.full": {"en": "the log's disk is full", "zh": "日志所在磁盘已满"},
    "store.disk.failed": {"en": "the log's disk failed", "zh": "日志所在磁盘读写失败"},
    "store.resources": {"en": "the log's database lacks resources", "zh": "日志所在的数据库资源不足"},
    "store.database.read_only": {"en": "the log's database takes no writes", "zh": "日志所在的数据库不接受写入"},
    "store.busy": {"en": "another program holds the log", "zh": "日志被其他程序占用"},
    "store.refused": _REFUSES,
    "store.failed": _REFUSES,
    "store.vanished": _GONE,
    "store.lost": _GONE,
    "store.fenced": _ELSEWHERE,
    "store.moved_on": _ELSEWHERE,
    "store.held": _ELSEWHERE,
    "store.apart.ended": _WRITER,
    "store.apart.not_started": {"en": "no process can be started to write to the log", "zh": "无法启动写入日志的进程"},
    "store.apart.unmade": {"en": "the process that seals records ended", "zh": "封存记录的进程已结束"},
    "store.closed": {"en": "the log is closed", "zh": "日志已关闭"},
    "store.damaged": {"en": "the log is damaged", "zh": "日志已损坏"},
    "store.key.missing": {"en": "the signing key is not there", "zh": "签名密钥不存在"},
    "store.key.unreadable": {"en": "the signing key cannot be read", "zh": "签名密钥无法读取"},
    "store.segment.failed": _SEGMENTS,
    "store.segment.missing": _SEGMENTS,
    "store.segment.altered": {"en": "sealed records were altered", "zh": "已封存的记录已被改动"},
    "witness.unreachable": {"en": "a witness did not take a head of the log", "zh": "有见证方未接收日志的签名头"},
    "message.away": _NATS,
    "message.unreachable": _NATS,
}
"""Causes by code of error."""


def cause_outside(code: str, cause: Text) -> Text:
    """The cause of an error as it is told outside.

    Args:
        code: Of the error.
        cause: Its own.
    """
    return OUTSIDE.get(code, cause)
