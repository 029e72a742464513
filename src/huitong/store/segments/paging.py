"""Puts the names of sealed records on pages, while others append: a replay reads them from there."""

from collections.abc import Callable, Sequence
from functools import partial

import pyarrow as pa
import pyarrow.compute as pc

from huitong.kernel import DataError
from huitong.store.journal import Journal
from huitong.store.segments.reading import SealedReader
from huitong.store.vault.names import Names
from huitong.store.vault.pages import PAGE_CHARACTERS, PAGE_NAMES, Page, given, reach, upto
from huitong.store.vault.tokens import PREFIX

NAMES_AT_ONCE = 1_024
"""Names in one commit: no decision waits for all of a segment."""


class Paging:
    """Fills pages of names from segments, one filling at a time.

    Args:
        reader: Of the log.
        names: Of the log.
        submit: Has the writer do something in a commit, and waits for it; what it is asked can be sent to another process.
    """

    def __init__(self, reader: SealedReader, names: Names, submit: Callable[[Callable[[Journal], None]], None]) -> None:
        self._reader = reader
        self._names = names
        self._submit = submit

    def fill(self) -> None:
        """Goes through what was sealed since the last time.

        Raises:
            ExternalError: If the place of segments, or the storage, refuses.
        """
        done = upto(self._reader)
        for segment in self._reader.segments():
            if segment.stop <= done:
                continue
            for file in (file for file in segment.files if file.columns):
                try:
                    opened = self._reader.open(segment, file)
                except DataError:
                    continue  # altered or missing, which a check finds: there is nothing to be read faster
                for texts in opened.texts():
                    self._put(texts)
            self._submit(partial(_reach, segment.stop))

    def _put(self, texts: pa.StringArray) -> None:
        tokens = self._names.pages.unpaged(texts.filter(pc.starts_with(texts, PREFIX)).to_pylist())
        for start in range(0, len(tokens), NAMES_AT_ONCE):
            some = tokens[start : start + NAMES_AT_ONCE]
            read = zip(some, self._names.texts(some), strict=True)
            pages = _cut([(token, name) for token, name in read if name != token])
            self._submit(partial(_put_pages, given(self._reader), pages))


def _reach(position: int, journal: Journal) -> None:
    reach(journal.session, position)


def _put_pages(first: int, pages: Sequence[Page], journal: Journal) -> None:
    assert journal.vault is not None  # noqa: S101 -- whoever puts names on pages has read them
    for number, page in enumerate(pages, first):
        journal.vault.names.put_page(journal.session, number, page)


def _cut(pairs: Sequence[tuple[str, str]]) -> list[Page]:
    """Pages of tokens and names, in order."""
    pages: list[Page] = []
    characters = PAGE_CHARACTERS
    for token, name in pairs:
        if characters >= PAGE_CHARACTERS or len(pages[-1].tokens) == PAGE_NAMES:
            pages.append(Page([], []))
            characters = 0
        pages[-1].tokens.append(token)
        pages[-1].names.append(name)
        characters += len(token)
    return pages
