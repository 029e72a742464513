"""Policies: a folder that business people read, loaded, checked, compiled and run.

For whom: the analyst who writes `policy.toml`, decision tables and lists; the app that asks ``decide`` of one event or ``answers`` of
millions. How: settings → features, FEEL rules, DMN tables, lists, model → ``Program`` with the hash of all of it as its version.
Where it fails: nothing about a policy is found out at the first event; what cannot be checked at load is not in the language.
"""

from huitong.decisions.policy.answer import decision_id, feature_text, shown_value
from huitong.decisions.policy.change import WhatIf, smallest_change
from huitong.decisions.policy.contract import contract_for
from huitong.decisions.policy.decide import Questions, decide, decide_together
from huitong.decisions.policy.inputs import TextOf
from huitong.decisions.policy.load import MODEL_SUFFIX, LoadedPolicy, load_policy
from huitong.decisions.policy.made_with import MADE_WITH_FILE, engines_of
from huitong.decisions.policy.program import Answers, Program
from huitong.decisions.policy.reader import SETTINGS_FILE, read_settings, toml_of
from huitong.decisions.policy.recorded import with_recorded
from huitong.decisions.policy.settings import MissingSetting, ModelSetting, Settings, TableSetting, ThresholdSetting, falling
from huitong.decisions.policy.tiers import (
    TIER_TITLES,
    TIER_WITHOUT_GRAPH,
    TIER_WITHOUT_GRAPH_AND_MODEL,
    TIER_WITHOUT_MODEL,
    searches,
    tier_within_budget,
    time_to_search,
)
from huitong.decisions.policy.version import content_of, file_of, hashes_of, version_of
from huitong.decisions.policy.wrong import wrong

__all__ = [
    "MADE_WITH_FILE",
    "MODEL_SUFFIX",
    "SETTINGS_FILE",
    "TIER_TITLES",
    "TIER_WITHOUT_GRAPH",
    "TIER_WITHOUT_GRAPH_AND_MODEL",
    "TIER_WITHOUT_MODEL",
    "Answers",
    "LoadedPolicy",
    "MissingSetting",
    "ModelSetting",
    "Program",
    "Questions",
    "Settings",
    "TableSetting",
    "TextOf",
    "ThresholdSetting",
    "WhatIf",
    "content_of",
    "contract_for",
    "decide",
    "decide_together",
    "decision_id",
    "engines_of",
    "falling",
    "feature_text",
    "file_of",
    "hashes_of",
    "load_policy",
    "read_settings",
    "searches",
    "shown_value",
    "smallest_change",
    "tier_within_budget",
    "time_to_search",
    "toml_of",
    "version_of",
    "with_recorded",
    "wrong",
]
