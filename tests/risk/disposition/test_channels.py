"""A measure that is narrowed to a channel over which no payment comes is warned of, with the channels that there are."""

import pytest

from huitong.kernel import Severity
from huitong.risk.disposition import Channels, unknown_channel

KNOWN: Channels = {"online": {"zh": "网上支付", "en": "online"}, "transfer": {"zh": "转账", "en": "transfer"}}


def test_a_mistyped_channel_is_warned_of_with_those_that_there_are() -> None:
    (found,) = unknown_channel("onlin", KNOWN)
    assert (found.code, found.severity) == ("measure.channel.unknown", Severity.WARNING)
    assert "acts on none" in found.text["en"]
    assert "online (online), transfer (transfer)" in found.remedy["en"]
    assert "online (网上支付)" in found.remedy["zh"]


@pytest.mark.parametrize(("channel", "known"), [(None, KNOWN), ("online", KNOWN), ("onlin", {})])
def test_nothing_is_said_of_every_channel_of_one_that_there_is_and_where_nobody_knows(channel: str | None, known: Channels) -> None:
    assert unknown_channel(channel, known) == []
