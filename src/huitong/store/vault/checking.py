"""Whether a log's key ring is whole: names lead to their keys and back, the master key opens each, and pages name nobody else."""

from collections.abc import Iterator, Mapping

from huitong.kernel import DataError, Finding, Text
from huitong.store.storage import Kept, Reader
from huitong.store.vault.master import MasterKey
from huitong.store.vault.names import LOOKUP_BYTES
from huitong.store.vault.pages import Pages
from huitong.store.vault.tokens import PSEUDONYM_BYTES, pseudonym_of, split

ENTRIES_AT_ONCE = 2_048
_REMEDY: Text = {
    "en": "`huitong log restore` a backup, which brings the key ring of that day; records and proofs are not concerned",
    "zh": "请用 `huitong log restore` 恢复备份，密钥环将回到当日；记录与证明不受影响",
}
Wrong = Iterator[tuple[Kept, str, str]]
"""Entries of one space that are not as they should be, and why, in both languages."""


def check_ring(reader: Reader, master: MasterKey | None) -> Iterator[Finding]:
    """Entries that lead nowhere, or that the master key does not open: names that can no longer be read, found or forgotten.

    Args:
        reader: Of any storage.
        master: The master key of the log; without it keys are not tried.
    """
    after = ("", b"")
    while page := reader.ring(after, limit=ENTRIES_AT_ONCE):
        for space in dict.fromkeys(entry.space for entry in page):
            entries = {entry.name: entry for entry in page if entry.space == space}
            check = _CHECKS.get(space)
            for entry, en, zh in () if check is None else check(reader, master, space, entries):
                yield Finding.at(
                    "log.ring",
                    {"en": f"key ring {entry.space} {entry.name.hex()}", "zh": f"密钥环 {entry.space} {entry.name.hex()}"},
                    {"en": en, "zh": zh},
                    _REMEDY,
                )
        after = page[-1].space, page[-1].name


def _of_names(reader: Reader, _master: MasterKey | None, _space: str, entries: Mapping[bytes, Kept]) -> Wrong:
    keys = reader.kept("key", [entry.value for entry in entries.values()])
    for name, entry in entries.items():
        if keys.get(entry.value, b"")[:LOOKUP_BYTES] != name:
            yield entry, "a name does not lead to a key of its own", "某个名称没有指向其自己的密钥"


def _of_keys(reader: Reader, master: MasterKey | None, _space: str, entries: Mapping[bytes, Kept]) -> Wrong:
    names = reader.kept("name", [entry.value[:LOOKUP_BYTES] for entry in entries.values()])
    for pseudonym, entry in entries.items():
        if names.get(entry.value[:LOOKUP_BYTES]) != pseudonym:
            yield entry, "a key belongs to no name", "某个密钥不属于任何名称"
        elif master is not None and not _opens(master, entry):
            yield entry, "the master key does not open a key: it was changed", "主密钥无法打开某个密钥：它已被改动"


def _of_owners(reader: Reader, _master: MasterKey | None, space: str, entries: Mapping[bytes, Kept]) -> Wrong:
    others = {name for entry in entries.values() for name in split(entry.value)}
    back = reader.kept(BACK[space], sorted(others))
    for name, entry in entries.items():
        if len(name) != PSEUDONYM_BYTES or any(name not in split(back.get(other, b"")) for other in split(entry.value)):
            yield entry, "whose a name is, and what is theirs, do not agree", "名称的归属两边不一致"


def _of_pages(reader: Reader, master: MasterKey | None, _space: str, entries: Mapping[bytes, Kept]) -> Wrong:
    paged = reader.kept("paged", list(entries))
    for number, entry in entries.items():
        if number not in paged or (master is not None and _on_page(reader, master, entry) != paged[number]):
            yield entry, "a page of names was changed", "某一页名称已被改动"


def _of_paged(reader: Reader, _master: MasterKey | None, _space: str, entries: Mapping[bytes, Kept]) -> Wrong:
    pages = reader.kept("page", list(entries))
    known = reader.kept("key", [name for entry in entries.values() for name in split(entry.value)])
    for number, entry in entries.items():
        if number not in pages:
            yield entry, "the page of these names is not there", "这些名称所在的页不存在"
        elif any(name not in known for name in split(entry.value)):
            yield entry, "somebody whose key is gone is still on a page", "某一页上仍有密钥已销毁的名称"


BACK = {"owner": "owned", "owned": "owner"}
"""Where the other side of an entry stands."""
_CHECKS = {"name": _of_names, "key": _of_keys, "page": _of_pages, "paged": _of_paged} | dict.fromkeys(BACK, _of_owners)


def _on_page(reader: Reader, master: MasterKey, entry: Kept) -> bytes:
    """Whose names a page holds; nobody's where it cannot be opened."""
    try:
        page = Pages(reader, lambda wrapped, context: (master.unwrap(wrapped, context), master)).opened(entry.name, entry.value)
    except DataError:
        return b""
    return b"".join(map(pseudonym_of, page.tokens))


def _opens(master: MasterKey, entry: Kept) -> bool:
    try:
        master.unwrap(entry.value[LOOKUP_BYTES:], entry.name + entry.value[:LOOKUP_BYTES])
    except DataError:
        return False
    return True
