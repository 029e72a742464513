"""Lists that people keep: what is shown of them, and the acts on them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

import msgspec

from huitong.api.work.acts import SOON, ActRoute, NoBody, Told
from huitong.api.work.port import WorkService
from huitong.api.work.showing import Showing
from huitong.contracts import Command
from huitong.identity import ROLES_OF_ALL, Veiled
from huitong.kernel import Text, time_text, time_us
from huitong.risk import lists
from huitong.risk.lists import ENTRY_CHANGED, ENTRY_PROPOSED, OPENED, Described, Entry, Holds, KeptList, ListKind, Proposal, Wanted

T = TypeVar("T")
ListName = Annotated[str, msgspec.Meta(min_length=1, max_length=48)]
Code = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
Words = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
Reason = Annotated[str, msgspec.Meta(min_length=1, max_length=1_000)]
Moment = Annotated[str, msgspec.Meta(max_length=40)]


@dataclass(frozen=True, slots=True)
class KeptListItem:
    """A list.

    Attributes:
        name: By which policies name it.
        title: Its name for people.
        holds: What stands on it.
        kind: What it is for.
        owner: Who answers for it.
        purpose: Why it is kept.
        second: Whether adding takes a second person.
        opened: When it was opened.
        opened_by: Who opened it.
        entries: How many entries hold now.
    """

    name: str
    title: Veiled[Text]
    holds: Veiled[Holds]
    kind: Veiled[ListKind]
    owner: Veiled[str]
    purpose: Veiled[str]
    second: Veiled[bool]
    opened: str
    opened_by: Veiled[str]
    entries: int


@dataclass(frozen=True, slots=True)
class KeptListPage:
    """A page of lists, by name."""

    items: list[KeptListItem]
    next: str | None


@dataclass(frozen=True, slots=True)
class ListEntry:
    """An entry of a list, from when it was added until it is over.

    Attributes:
        id: By which it is lifted.
        list: The list.
        value: What stands there.
        since: From when.
        until: Until when.
        ground: Code of the reason.
        ground_text: That reason.
        reason: What was written beside it.
        by: Who added it, or prolonged it last.
        second: The second person.
        customer: Whose it is.
        prolonged: How often it was prolonged.
        lifted_by: Who lifted it; ``null`` where it ends by itself.
        lifted_second: The second person of the lifting.
        lifted_ground: Code of the reason for that.
        lifted_reason: What was written beside that.
    """

    id: str
    list: str
    value: Veiled[str]
    since: str
    until: Veiled[str]
    ground: Veiled[str]
    ground_text: Veiled[Text]
    reason: Veiled[str] | None
    by: Veiled[str]
    second: Veiled[str] | None
    customer: Veiled[str] | None
    prolonged: int
    lifted_by: Veiled[str] | None
    lifted_second: Veiled[str] | None
    lifted_ground: Veiled[str] | None
    lifted_reason: Veiled[str] | None


@dataclass(frozen=True, slots=True)
class ListEntries:
    """A page of entries, newest first."""

    items: list[ListEntry]
    next: str | None


@dataclass(frozen=True, slots=True)
class ListProposal:
    """What waits for a second person until ``expires``: an entry, the lifting of one, or all of an import, of which the first are shown."""

    id: str
    list: str
    lifts: Veiled[bool]
    count: int
    expires: Veiled[str]
    entries: tuple[ListEntry, ...]


@dataclass(frozen=True, slots=True)
class ListProposals:
    """A page of what waits for a second person, oldest first."""

    items: list[ListProposal]
    next: str | None


@dataclass(frozen=True, slots=True)
class ListFinding:
    """Why a row was not taken in; in which language, the caller's header says."""

    code: str
    line: str
    cause: Text
    remedy: Text


@dataclass(frozen=True, slots=True)
class ListImport:
    """What became of a table.

    Attributes:
        id: Id of the import; where it waits, the one to confirm.
        waits: Whether the rows wait for a second person.
        rows: How many were taken in.
        refused: How many were not.
        findings: Why, row by row.
    """

    id: str
    waits: bool
    rows: int
    refused: int
    findings: list[ListFinding]


SHOWN_OF_A_PROPOSAL = 20
"""Most entries of an import that are shown while it waits."""


def list_item(kept: KeptList, now_us: int, showing: Showing) -> KeptListItem:
    """A list as its reader may see it. Its name is how it is asked for, like an id."""

    def shown(field: str, value: T) -> Veiled[T]:
        return showing.value(kept.name, OPENED, field, value)

    return KeptListItem(
        kept.name,
        shown("title_zh", kept.title),
        shown("holds", kept.holds),
        shown("for", kept.kind),
        shown("owner", kept.owner),
        shown("purpose", kept.purpose),
        shown("second", kept.second),
        time_text(kept.opened_us),
        shown("by", kept.opened_by),
        lists.count_of(kept, now_us),
    )


def entry_item(name: str, holds: Holds, entry: Entry, showing: Showing) -> ListEntry:
    """An entry as its reader may see it."""
    last, ended = entry.last, entry.ended_by

    def shown(field: str, value: T) -> Veiled[T]:
        return showing.value(entry.id, ENTRY_CHANGED, field, value)

    def maybe(field: str, value: T | None) -> Veiled[T] | None:
        return showing.maybe(entry.id, ENTRY_CHANGED, field, value)

    return ListEntry(
        entry.id,
        name,
        shown(holds, entry.value),
        time_text(entry.from_us),
        shown("until", time_text(entry.over_us)),
        shown("ground", last.ground),
        shown("ground_zh", last.ground_text),
        maybe("reason", last.reason),
        shown("by", last.by),
        maybe("second", last.second),
        maybe("customer", entry.customer),
        len(entry.changes) - 1,
        maybe("by", None if ended is None else ended.by),
        maybe("second", None if ended is None else ended.second),
        maybe("ground", None if ended is None else ended.ground),
        maybe("reason", None if ended is None else ended.reason),
    )


def proposal_item(proposal: Proposal, showing: Showing) -> ListProposal:
    """What waits, as its reader may see it."""
    first = proposal.changes[0]
    entries = tuple(
        entry_item(one.list, one.holds, Entry(one.value, [one], one.until_us), showing) for one in proposal.changes[:SHOWN_OF_A_PROPOSAL]
    )
    lifts = showing.value(proposal.id, ENTRY_PROPOSED, "change", first.lifts)
    expires = showing.value(proposal.id, ENTRY_PROPOSED, "expires", time_text(proposal.expires_us))
    return ListProposal(proposal.id, proposal.list, lifts, len(proposal.changes), expires, entries)


class OpenList(msgspec.Struct, forbid_unknown_fields=True, frozen=True, omit_defaults=True):
    """A list; see docs/lists.md."""

    name: ListName
    title_zh: Words
    title_en: Words
    holds: Holds
    kind: ListKind
    owner: Words
    purpose: Words
    second: bool = False


class DescribeList(msgspec.Struct, forbid_unknown_fields=True, frozen=True, omit_defaults=True):
    """A list as it is described from now on; where ``second`` is not said, adding takes as many persons as before."""

    title_zh: Words
    title_en: Words
    owner: Words
    purpose: Words
    second: bool | None = None


class AddEntry(msgspec.Struct, forbid_unknown_fields=True, frozen=True, omit_defaults=True):
    """An entry; see docs/lists.md."""

    value: Code
    until: Moment
    ground: Code
    reason: Reason | None = None
    customer: Code | None = None


class LiftEntry(msgspec.Struct, forbid_unknown_fields=True, frozen=True, omit_defaults=True):
    """Why it is lifted."""

    ground: Code
    reason: Reason | None = None


class RefuseEntry(msgspec.Struct, forbid_unknown_fields=True, frozen=True, omit_defaults=True):
    """Why not."""

    note: Reason | None = None


def _open(service: WorkService, command: Command, _place: Mapping[str, str], body: OpenList) -> None:
    described = Described(
        body.name, {"zh": body.title_zh, "en": body.title_en}, body.holds, body.kind, body.owner, body.purpose, body.second
    )
    service.act_on_lists(command, lists.describe(command, described, anew=False))


def _described(service: WorkService, place: Mapping[str, str], body: DescribeList) -> Described:
    kept = service.ask_lists(lambda state: lists.list_of(state, place["name"]))
    second = kept.second if body.second is None else body.second
    return Described(kept.name, {"zh": body.title_zh, "en": body.title_en}, kept.holds, kept.kind, body.owner, body.purpose, second)


def _added(service: WorkService, place: Mapping[str, str], body: AddEntry) -> Told:
    holds = service.ask_lists(lambda state: lists.list_of(state, place["name"]).holds)
    customer = body.value if holds == "customer" else body.customer
    said: dict[str, Any] = {"list": place["name"], "change": "added", "until": time_us(body.until), "ground": body.ground}
    return said | {"reason": body.reason, "customer": customer, holds: body.value}


def _lifted(service: WorkService, place: Mapping[str, str], body: LiftEntry) -> Told:
    def asked(state: lists.Lists) -> dict[str, Any]:
        kept, entry = lists.entry_of(state, place["entry_id"])
        return {"list": kept.name, kept.holds: entry.value}

    return service.ask_lists(asked) | {"change": "lifted", "ground": body.ground, "reason": body.reason}


def list_seen(place: Mapping[str, str]) -> Callable[[lists.Lists], str | None]:
    """From the book to how a list is described; entries come and go without that."""

    def seen(state: lists.Lists) -> str | None:
        kept = state.lists.get(place["name"])
        return None if kept is None else kept.edited

    return seen


LIST_ACTS: Sequence[ActRoute[Any]] = (
    ActRoute(
        "/lists",
        "open_list",
        "lists",
        "Open a list",
        "lists",
        lists.OPENED_BY,
        OpenList,
        OpenList("stolen_cards", "被盗卡", "Stolen cards", "card", "block", "fraud.desk", "cards that their holders reported stolen"),
        _open,
        lambda _s, _p, b: {"list": b.name, "title_zh": b.title_zh, "title_en": b.title_en, "holds": b.holds, "for": b.kind},
    ),
    ActRoute(
        "/lists/{name}/describe",
        "describe_list",
        "lists",
        "Describe a list anew: its title, who answers for it, and why it is kept",
        "lists",
        lists.OPENED_BY,
        DescribeList,
        DescribeList("被盗卡", "Stolen cards", "card.desk", "cards that their holders reported stolen"),
        lambda s, c, p, b: s.act_on_lists(c, lists.describe(c, _described(s, p, b), anew=True)),
        lambda _s, p, b: {"list": p["name"], "title_zh": b.title_zh, "title_en": b.title_en, "owner": b.owner, "purpose": b.purpose},
        list_seen,
    ),
    ActRoute(
        "/lists/{name}/entries",
        "add_to_list",
        "lists",
        "Put a value on a list, or prolong it; where the list asks for it, it waits for a second person",
        "lists",
        lists.KEPT_BY,
        AddEntry,
        AddEntry("6222020000000017", SOON, "customer_report", "reported at the counter", "C000070"),
        lambda s, c, p, b: s.act_on_lists(
            c, lists.add(c, p["name"], Wanted(b.value, time_us(b.until), b.ground, b.reason, b.customer), s.grounds)
        ),
        _added,
        list_seen,
    ),
    ActRoute(
        "/lists/entries/{entry_id:path}/lift",
        "lift_from_list",
        "lists",
        "Take an entry off its list; where the list asks for it, it waits for a second person",
        "lists",
        lists.KEPT_BY,
        LiftEntry,
        LiftEntry("verified", "the card was found again"),
        lambda s, c, p, b: s.act_on_lists(c, lists.lift(c, p["entry_id"], b.ground, s.grounds, b.reason)),
        _lifted,
    ),
    ActRoute(
        "/lists/waiting/{proposal_id:path}/confirm",
        "confirm_list_entry",
        "lists",
        "Give the second signature: what is proposed takes effect",
        "lists",
        lists.CONFIRMED_BY,
        NoBody,
        NoBody(),
        lambda s, c, p, _b: s.act_on_lists(c, lists.confirm(c, p["proposal_id"])),
        lambda _s, p, _b: {"batch": p["proposal_id"]},
    ),
    ActRoute(
        "/lists/waiting/{proposal_id:path}/refuse",
        "refuse_list_entry",
        "lists",
        "Refuse the second signature, or take one's own proposal back",
        "lists",
        ROLES_OF_ALL,
        RefuseEntry,
        RefuseEntry("the police named another account"),
        lambda s, c, p, b: s.act_on_lists(c, lists.refuse(c, p["proposal_id"], b.note)),
        lambda _s, p, b: {"batch": p["proposal_id"], "note": b.note},
    ),
)
"""Every act on lists that a JSON body says."""
