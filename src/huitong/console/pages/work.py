"""The pages on which people act, by address."""

from collections.abc import Mapping, Sequence

from huitong.console.mounting import Document, Page
from huitong.console.pages import alerts, cases, editor, lists, measures, policies, replays, users, webhooks

WORK_PAGES: Sequence[Page] = (
    Page("/alerts", alerts.build),
    Page("/alerts/{alert:path}", alerts.build_one),
    Page("/cases", cases.build),
    Page("/cases/{case:path}", cases.build_one),
    Page("/measures", measures.build),
    Page("/measures/of/{role}/{subject:path}", measures.build_subject),
    Page("/measures/{measure:path}", measures.build_one),
    Page("/lists", lists.build),
    Page("/lists/{list}", lists.build_one),
    Page("/policies", policies.build),
    Page("/policies/{policy}", policies.build_one),
    Page("/policies/{policy}/versions/{version}", policies.build_version),
    Page("/policies/{policy}/tables/{table}", editor.build_table),
    Page("/policies/{policy}/rules", editor.build_rules),
    Page("/policies/{policy}/difference/{version}", policies.build_difference),
    Page("/replay", replays.build),
    Page("/users", users.build),
    Page("/webhooks", webhooks.build),
    Page("/webhooks/{webhook:path}", webhooks.build_one),
)
DOCUMENTS: Mapping[str, Document] = {
    "/replays/{job}": policies.report,
    "/download/lists/{list}": lists.kept_table,
    "/download/cases/{case}/files/{entry}": cases.file,
}
"""Pages that are whole files."""
