"""The pages, one file each."""

from collections.abc import Mapping, Sequence

from huitong.console.mounting import Document, Page
from huitong.console.pages import decisions, log, overview, system
from huitong.console.pages.work import DOCUMENTS as WORK_DOCUMENTS
from huitong.console.pages.work import WORK_PAGES

PAGES: Sequence[Page] = (
    Page("/", overview.build),
    Page("/decisions", decisions.build),
    Page("/decisions/{record:path}", decisions.build_one),
    Page("/log", log.build),
    Page("/system", system.build),
    *WORK_PAGES,
)
DOCUMENTS: Mapping[str, Document] = {"/download/proof/{record:path}": log.proof, "/download/keys": log.keys, **WORK_DOCUMENTS}
"""Pages that are whole files, and files to keep."""

__all__ = ["DOCUMENTS", "PAGES"]
