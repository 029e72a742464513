"""What the broker refuses: told in health, as it is tried again."""

from nats.errors import Error as NatsError

from huitong.kernel import ExternalError, PolicyError

BROKER_ERRORS = (NatsError, OSError)
"""What the client raises where the broker refuses, or is away."""
HEAD_BYTES_MAX = 1_024
"""Room for a message's headers, two ids of 128 characters among them: a broker counts them to its ``max_payload``, the client does not."""


def body_bytes_max(max_payload: int) -> int:
    """Longest body that goes into a message of ``max_payload`` bytes with our headers."""
    return max_payload - HEAD_BYTES_MAX


def refused(error: Exception) -> ExternalError:
    """The broker does not do what it is asked."""
    said = str(error) or type(error).__name__
    return ExternalError(
        "message.refused",
        {"en": f"the broker refused: {said}", "zh": f"消息服务拒绝了操作：{said}"},
        {
            "en": "it is tried again each second; see the broker's log, its limits and the stream's place on disk",
            "zh": "系统每秒重试；请查看消息服务的日志、限额以及流的磁盘空间",
        },
    )


def too_long(decision: str, found: int, allowed: int) -> PolicyError:
    """A decision that fits into no message of this broker; those behind it wait."""
    return PolicyError(
        "message.long",
        {
            "en": f"decision {decision} has {found:,} bytes as a message; the broker takes {allowed:,} beside the headers",
            "zh": f"决策 {decision} 作为消息有 {found:,} 字节，而除消息头外消息服务只接收 {allowed:,} 字节",
        },
        {
            "en": "raise max_payload in the broker's settings (1 MiB unless somebody set it); it is tried again each second",
            "zh": "请在消息服务的设置中提高 max_payload（未改动时为 1 MiB）；系统每秒重试",
        },
    )
