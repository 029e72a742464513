"""The pages, one file each."""

from collections.abc import Sequence

from huitong.console.mounting import Page
from huitong.console.pages import decisions, overview

PAGES: Sequence[Page] = (
    Page("/", overview.build),
    Page("/decisions", decisions.build),
)
