"""The bank's part in the institution's messages, where it has one."""

from typing import TYPE_CHECKING

from huitong.app.bank import Bank
from huitong.kernel import InputError

if TYPE_CHECKING:
    from huitong.app.messaging import Messaging


def messages_of(bank: Bank, policy: str | None) -> "list[Messaging]":
    """Consumer and publisher of a bank, each running as long as its ``with`` block; none where ``bank.toml`` names no NATS.

    Args:
        bank: The bank.
        policy: What decides where the service names nothing else.

    Raises:
        InputError: If the extra ``nats`` is not installed.
        ExternalError: On entering, if NATS cannot be reached.
    """
    url = bank.settings.messages
    if url is None:
        return []
    try:
        from huitong.app.messaging import Messaging  # noqa: PLC0415 -- an extra
    except ImportError as error:
        raise InputError(
            "message.driver",
            {"en": f"messages need a package that is not installed: {error.name}", "zh": f"消息功能需要未安装的软件包：{error.name}"},
            {"en": 'pip install "huitong[nats]"', "zh": '请运行 pip install "huitong[nats]"'},
        ) from error
    return [Messaging(bank, url, policy)]
