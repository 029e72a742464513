"""Channels that payments can come over: what they are called, and the warning of one that none comes over."""

from collections.abc import Mapping

from huitong.kernel import Finding, Severity, Text

Channels = Mapping[str, Text]
"""What channels are called, by code; empty where no data contract says which there are."""


def unknown_channel(channel: str | None, channels: Channels) -> list[Finding]:
    """The warning that a measure is narrowed to a channel over which no payment can come, so that it acts on none.

    Args:
        channel: The channel; ``None`` of a measure that reaches over all of them.
        channels: Those that there are.
    """
    if channel is None or not channels or channel in channels:
        return []
    known = {language: ", ".join(f"{code} ({title[language]})" for code, title in channels.items()) for language in ("zh", "en")}
    return [
        Finding(
            "measure.channel.unknown",
            "channel",
            {
                "en": f"no payment comes over the channel {channel!r}: the measure acts on none",
                "zh": f"没有支付来自渠道“{channel}”：该措施不会作用于任何支付",
            },
            {"en": f"lift it and name one of {known['en']}", "zh": f"请解除该措施，并改用以下渠道之一：{known['zh']}"},
            Severity.WARNING,
        )
    ]
