"""The stages of a policy's version, and the steps between them."""

from collections.abc import Mapping
from typing import Literal, get_args

from huitong.kernel import Text

Stage = Literal["draft", "replayed", "shadow", "canary", "live", "retired"]
STAGES: tuple[Stage, ...] = get_args(Stage)
STAGE_TITLES: dict[Stage, Text] = {
    "draft": {"en": "draft", "zh": "草稿"},
    "replayed": {"en": "replayed", "zh": "已回放"},
    "shadow": {"en": "shadow", "zh": "影子运行"},
    "canary": {"en": "canary", "zh": "灰度"},
    "live": {"en": "live", "zh": "生效"},
    "retired": {"en": "retired", "zh": "已下线"},
}
EVIDENCE_TITLES: dict[str, Text] = {
    "replay": {"en": "replay", "zh": "回放"},
    "shadow": {"en": "shadow run", "zh": "影子运行"},
    "canary": {"en": "canary", "zh": "灰度"},
}
RUNNING: frozenset[Stage] = frozenset({"shadow", "canary"})
"""Stages of a challenger, of which a policy has one at most."""
NEXT_STAGE: Mapping[Stage, Stage] = {"draft": "shadow", "replayed": "shadow", "shadow": "canary", "canary": "live"}
"""The step forward that a version which is on its way takes next."""
