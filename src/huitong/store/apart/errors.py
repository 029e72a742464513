"""Errors of a writer in a process of its own."""

from huitong.kernel import ExternalError, refusal


def not_started(where: str, error: OSError) -> ExternalError:
    """The system starts no process."""
    why = refusal(error)
    return ExternalError(
        "store.apart.not_started",
        {"en": f"no process can be started to write to {where}: {why['en']}", "zh": f"无法启动写入 {where} 的进程：{why['zh']}"},
        {
            "en": 'free memory or processes; or have the bank write by itself: writer = "thread" under [log] in bank.toml',
            "zh": '请释放内存或进程数；或在 bank.toml 的 [log] 中设置 writer = "thread"，由业务进程自行写入',
        },
    )


def maker_ended(where: str) -> ExternalError:
    """The process that makes a segment ended, or hangs."""
    return ExternalError(
        "store.apart.unmade",
        {
            "en": f"the process that seals records of {where} ended, or said nothing for too long; they stay as rows",
            "zh": f"封存 {where} 中记录的进程已结束或长时间无响应；这些记录仍以行保存",
        },
        {
            "en": "nothing is lost, and it is tried again; see whether memory or the place of segments ran out",
            "zh": "数据没有丢失，稍后会重试；请检查内存及数据段存放处是否耗尽",
        },
    )


def writer_ended(where: str) -> ExternalError:
    """The process ended before it answered."""
    return ExternalError(
        "store.apart.ended",
        {"en": f"the process that writes to {where} ended before it answered", "zh": f"写入 {where} 的进程在答复之前已结束"},
        {
            "en": "send again: it is started again, and whatever was written already is answered, not written twice",
            "zh": "请重发：该进程会重新启动；已写入的会直接答复，不会重复写入",
        },
    )
