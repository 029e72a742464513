"""The bank's part in the institution's messages, where it has one."""

from contextlib import AbstractContextManager, nullcontext

from huitong.app.bank import Bank
from huitong.kernel import InputError


def messages_of(bank: Bank, policy: str | None) -> AbstractContextManager[object]:
    """Consumer and publisher of a bank, running as long as the ``with`` block; nothing where ``bank.toml`` names no NATS.

    Args:
        bank: The bank.
        policy: What decides where the service names nothing else.

    Raises:
        InputError: If the extra ``nats`` is not installed.
        ExternalError: On entering, if NATS cannot be reached.
    """
    url = bank.settings.messages
    if url is None:
        return nullcontext()
    try:
        from huitong.app.messaging import Messaging  # noqa: PLC0415 -- an extra
    except ImportError as error:
        raise InputError(
            "message.driver",
            {"en": f"messages need a package that is not installed: {error.name}", "zh": f"消息功能需要未安装的软件包：{error.name}"},
            {"en": 'pip install "huitong[nats]"', "zh": '请运行 pip install "huitong[nats]"'},
        ) from error
    return Messaging(bank, url, policy)
