"""The pages, one file each."""

from collections.abc import Mapping, Sequence

from huitong.console.mounting import Document, Page
from huitong.console.pages import decisions, log, overview, system
from huitong.console.pages.work import DOCUMENTS as WORK_DOCUMENTS
from huitong.console.pages.work import WORK_PAGES
from huitong.identity import ROLES_OF_ALL, ROLES_WHO_READ

PAGES: Sequence[Page] = (
    Page("/", overview.build, ROLES_OF_ALL),
    Page("/decisions", decisions.build, ROLES_WHO_READ),
    Page("/decisions/{record:path}", decisions.build_one, ROLES_WHO_READ),
    Page("/log", log.build, ROLES_OF_ALL),
    Page("/system", system.build, ROLES_OF_ALL),
    *WORK_PAGES,
)
DOCUMENTS: Mapping[str, Document] = {
    "/download/proof/{record:path}": Document(log.proof, ROLES_WHO_READ),
    "/download/keys": Document(log.keys, ROLES_OF_ALL),
    **WORK_DOCUMENTS,
}
"""Pages that are whole files, and files to keep."""

__all__ = ["DOCUMENTS", "PAGES"]
