"""What policies read of what people keep: kinds of events, and what measures are called."""

from collections.abc import Mapping
from typing import Literal

from huitong.contracts.decision import MeasureKind
from huitong.kernel import Text

LIST_ENTRY_CHANGED = "list.entry_changed"
"""An entry of a list was added, prolonged or lifted: ``list``, ``until``, and the value under its key role."""
MEASURE_CHANGED, MEASURE_DRAWN = "measure.changed", "measure.drawn"
"""A measure was imposed, prolonged or lifted; a payment went through under a limit."""
IN_FORCE = "measure."
"""What the code of a reason begins with that a measure in force gives, and so the ground of a measure of which a decision only tells."""
MEASURE_TITLES: Mapping[MeasureKind, Text] = {
    "watch": {"en": "watch", "zh": "关注"},
    "step_up": {"en": "step up", "zh": "加强验证"},
    "limit": {"en": "limit", "zh": "限额"},
    "hold": {"en": "hold", "zh": "暂缓"},
    "freeze": {"en": "freeze", "zh": "冻结"},
}
MeasureScope = Literal["whole", "channel", "counterparty", "channel_and_counterparty"]
"""How far a measure reaches: all that its subject does, or only what it does over a channel, towards a receiving account, or both."""
CHANNEL, COUNTERPARTY = "channel", "counterparty"
"""The field and the key role of a payment to which measures are narrowed."""
SCOPE_KEYS: Mapping[MeasureScope, tuple[str, ...]] = {
    "whole": (),
    "channel": (CHANNEL,),
    "counterparty": (COUNTERPARTY,),
    "channel_and_counterparty": (CHANNEL, COUNTERPARTY),
}
"""What a payment must share with a measure beside its subject, widest scope first."""


def measure_feature(role: str, scope: MeasureScope, word: str) -> str:
    """Name of a feature that tells policies of measures in force: ``account_limit_left``, ``account_channel_limit_left``.

    Args:
        role: Key role of the subject.
        scope: How far they reach.
        word: What it tells.
    """
    return f"{role}_{word}" if scope == "whole" else f"{role}_{scope}_{word}"
