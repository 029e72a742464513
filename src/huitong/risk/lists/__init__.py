"""Lists that people keep day by day: who is blocked, trusted or watched, since when, until when, on whose word.

For whom: the investigator who puts a card on the block list now and not with the next version of a policy, the steward who answers for a
list, the policy that reads it, the auditor who asks who put whom there and why.
How: a book over the log. Each entry that is added, prolonged or lifted is an event with its end, which policies read by the feature
operation ``holds``; so a list counts as it was known then, live as in a replay. Four eyes where the list asks for it; allow lists do.
Where it fails: an entry counts from the moment it was added, never from an earlier or a later one; a replay of a table knows no lists.
"""

from huitong.risk.lists.acts import CONFIRMED_BY, KEPT_BY, OPENED_BY, add, confirm, describe, lift, refuse, take_in
from huitong.risk.lists.book import (
    Lists,
    ListsBook,
    Proposal,
    count_of,
    entries_of,
    entry_of,
    holding,
    list_of,
    proposal_of,
    refused,
    waiting,
)
from huitong.risk.lists.checks import Described, Wanted
from huitong.risk.lists.entry import (
    ENTRY_CHANGED,
    ENTRY_PROPOSED,
    HOLDS,
    HOLDS_TITLES,
    LIST_EVENTS,
    LIST_KIND_TITLES,
    LIST_KINDS,
    OPENED,
    REFUSED,
    Change,
    Entry,
    Holds,
    KeptList,
    ListKind,
)
from huitong.risk.lists.table import ROWS_MAX, Read, read_table, write_table

__all__ = [
    "CONFIRMED_BY",
    "ENTRY_CHANGED",
    "ENTRY_PROPOSED",
    "HOLDS",
    "HOLDS_TITLES",
    "KEPT_BY",
    "LIST_EVENTS",
    "LIST_KINDS",
    "LIST_KIND_TITLES",
    "OPENED",
    "OPENED_BY",
    "REFUSED",
    "ROWS_MAX",
    "Change",
    "Described",
    "Entry",
    "Holds",
    "KeptList",
    "ListKind",
    "Lists",
    "ListsBook",
    "Proposal",
    "Read",
    "Wanted",
    "add",
    "confirm",
    "count_of",
    "describe",
    "entries_of",
    "entry_of",
    "holding",
    "lift",
    "list_of",
    "proposal_of",
    "read_table",
    "refuse",
    "refused",
    "take_in",
    "waiting",
    "write_table",
]
