"""Roll-out: a policy's version goes draft → replayed → shadow → canary → live → retired, each step on evidence and with a second signature.

For whom: the analyst who changes a policy, the approver who signs, the auditor who asks who let it live. How: a book over the log
(``RolloutBook``) with pure acts; a canary's customers by salted hash; rates and their differences as confidence sequences, which hold
however often they are looked at; stop rules that take a challenger back. Where it fails: intervals take decisions as independent, which
those of one customer are not, so they are somewhat too narrow; complaints come late.
"""

from huitong.decisions.rollout.acts import add_evidence, draft, require_signature, retire, step_back, step_forward, take_up
from huitong.decisions.rollout.assignment import SHARE_WHOLE_PPM, in_canary, percent_of, place_of, share_ppm_of
from huitong.decisions.rollout.book import (
    DRAFTED,
    EVIDENCED,
    MOVED,
    Comparison,
    Evidence,
    Found,
    PolicyRollout,
    RolloutBook,
    Rollouts,
    Step,
    Version,
    hash_named,
)
from huitong.decisions.rollout.due import declined_difference, missing, with_found
from huitong.decisions.rollout.sequential import Counted, RateInterval, difference_above, difference_interval, rate_above, rate_interval
from huitong.decisions.rollout.settings import RolloutSettings, StopSettings
from huitong.decisions.rollout.stages import NEXT_STAGE, STAGE_TITLES, STAGES, Stage
from huitong.decisions.rollout.stop_rules import GROUP_SIZES, Broken, broken_rules
from huitong.decisions.rollout.tally import Tally

__all__ = [
    "DRAFTED",
    "EVIDENCED",
    "GROUP_SIZES",
    "MOVED",
    "NEXT_STAGE",
    "SHARE_WHOLE_PPM",
    "STAGES",
    "STAGE_TITLES",
    "Broken",
    "Comparison",
    "Counted",
    "Evidence",
    "Found",
    "PolicyRollout",
    "RateInterval",
    "RolloutBook",
    "RolloutSettings",
    "Rollouts",
    "Stage",
    "Step",
    "StopSettings",
    "Tally",
    "Version",
    "add_evidence",
    "broken_rules",
    "declined_difference",
    "difference_above",
    "difference_interval",
    "draft",
    "hash_named",
    "in_canary",
    "missing",
    "percent_of",
    "place_of",
    "rate_above",
    "rate_interval",
    "require_signature",
    "retire",
    "share_ppm_of",
    "step_back",
    "step_forward",
    "take_up",
    "with_found",
]
