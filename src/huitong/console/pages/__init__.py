"""The pages, one file each."""

from collections.abc import Sequence

from huitong.console.mounting import Page
from huitong.console.pages import decisions, overview
from huitong.console.pages.work import DOCUMENTS, WORK_PAGES

PAGES: Sequence[Page] = (
    Page("/", overview.build),
    Page("/decisions", decisions.build),
    *WORK_PAGES,
)

__all__ = ["DOCUMENTS", "PAGES"]
