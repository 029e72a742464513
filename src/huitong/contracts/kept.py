"""What policies read of what people keep: kinds of events, and what measures are called."""

from collections.abc import Mapping

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
