"""The pages on which people act, by address."""

from collections.abc import Mapping, Sequence

from huitong.console.mounting import Document, Page
from huitong.console.pages import alerts, cases, editor, lists, measures, policies, replays, users, webhooks
from huitong.identity import ROLES_OF_ALL, ROLES_WHO_READ

WORK_PAGES: Sequence[Page] = (
    Page("/alerts", alerts.build, ROLES_WHO_READ),
    Page("/alerts/{alert:path}", alerts.build_one, ROLES_WHO_READ),
    Page("/cases", cases.build, ROLES_WHO_READ),
    Page("/cases/{case:path}", cases.build_one, ROLES_WHO_READ),
    Page("/measures", measures.build, ROLES_WHO_READ),
    Page("/measures/of/{role}/{subject:path}", measures.build_subject, ROLES_WHO_READ),
    Page("/measures/{measure:path}", measures.build_one, ROLES_WHO_READ),
    Page("/lists", lists.build, ROLES_OF_ALL),
    Page("/lists/{list}", lists.build_one, ROLES_OF_ALL),
    Page("/policies", policies.build, ROLES_OF_ALL),
    Page("/policies/{policy}", policies.build_one, ROLES_OF_ALL),
    Page("/policies/{policy}/versions/{version}", policies.build_version, ROLES_OF_ALL),
    Page("/policies/{policy}/tables/{table}", editor.build_table, ROLES_OF_ALL),
    Page("/policies/{policy}/rules", editor.build_rules, ROLES_OF_ALL),
    Page("/policies/{policy}/thresholds", editor.build_thresholds, ROLES_OF_ALL),
    Page("/policies/{policy}/difference/{version}", policies.build_difference, ROLES_OF_ALL),
    Page("/replay", replays.build, ROLES_OF_ALL),
    Page("/users", users.build, users.ROLES),
    Page("/webhooks", webhooks.build, webhooks.ROLES),
    Page("/webhooks/{webhook:path}", webhooks.build_one, webhooks.ROLES),
)
DOCUMENTS: Mapping[str, Document] = {
    "/replays/{job}": Document(policies.report, ROLES_WHO_READ),
    "/download/lists/{list}": Document(lists.kept_table, ROLES_OF_ALL),
    "/download/cases/{case}/files/{entry}": Document(cases.file, ROLES_WHO_READ),
}
"""Pages that are whole files."""
