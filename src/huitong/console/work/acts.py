"""Every act that a page offers, and everything that it asks while somebody types, by name."""

from collections.abc import Mapping

from huitong.console.acting import Act
from huitong.console.answering import Ask
from huitong.console.ports_work import WorkPort
from huitong.console.work.access_acts import ACCESS_ACTS
from huitong.console.work.desk_acts import DESK_ACTS
from huitong.console.work.draft_acts import DRAFT_ACTS, DRAFT_ASKS
from huitong.console.work.list_acts import LIST_ACTS
from huitong.console.work.measure_acts import MEASURE_ACTS
from huitong.console.work.policy_acts import POLICY_ACTS
from huitong.console.work.webhook_acts import WEBHOOK_ACTS

ACTS: Mapping[str, Act[WorkPort]] = {**DESK_ACTS, **MEASURE_ACTS, **LIST_ACTS, **POLICY_ACTS, **DRAFT_ACTS, **ACCESS_ACTS, **WEBHOOK_ACTS}
ASKS: Mapping[str, Ask] = {**DRAFT_ASKS}
