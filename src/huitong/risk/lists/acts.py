"""What people do with lists: open, describe, add, import, lift, confirm or refuse. Four eyes are a rule of the acts."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from huitong.contracts import Act, Command, Event, Role, Value, require_role, require_second_person
from huitong.kernel import MICROSECONDS_PER_DAY, InputError, PolicyError, Text
from huitong.risk.lists.book import Lists, Proposal, count_of, entry_of, list_of, proposal_of, still_meant, waiting
from huitong.risk.lists.checks import REASON_LENGTH_MAX, Described, Wanted, check, check_command, check_description, check_words, wrong
from huitong.risk.lists.entry import CONFIRMED, ENTRY_PROPOSED, IMPORTED, OPENED, REFUSED, Change, Entry, KeptList, event_of

OPENED_BY: tuple[Role, ...] = ("steward", "analyst")
"""Who opens and describes lists."""
KEPT_BY: tuple[Role, ...] = ("steward", "analyst", "investigator")
"""Who adds to lists and lifts from them."""
CONFIRMED_BY: tuple[Role, ...] = ("approver", "steward")
"""Who gives the second signature."""
PROPOSAL_US = 3 * MICROSECONDS_PER_DAY
"""How long what is proposed waits for a second person: over a weekend."""
LISTS_MAX, ENTRIES_MAX = 1_000, 200_000
"""Most lists, and most entries that hold on one."""


_ANOTHER = "open a list of another name", "请另建其他名称的名单"


def describe(command: Command, described: Described, *, anew: bool) -> Act[Lists]:
    """Opens a list, or describes one anew. What a list holds and what it is for stay as they were opened.

    Args:
        command: Who wants it, and when.
        described: The list.
        anew: Whether the list is there already.

    Raises:
        PolicyError: If the actor may not, or would let single persons add where two were needed.
        InputError: If it cannot be: such a list is there, or is not, or a name or text is none.
    """

    def act(state: Lists) -> Sequence[Event]:
        require_role(command.by, *OPENED_BY)
        check_description(command, described)
        second = described.second or described.kind == "allow"
        if anew:
            known = list_of(state, described.name)
            if (known.holds, known.kind) != (described.holds, described.kind):
                raise wrong("what a list holds and what it is for cannot change", "名单所列对象与用途不能更改", *_ANOTHER)
            if known.second and not second:
                raise PolicyError(
                    "list.second",
                    {"en": f"adding to {known.name} takes two persons", "zh": f"向名单 {known.name} 添加须双人复核"},
                    {"en": "it stays so; open another list", "zh": "该要求不能取消；请另建名单"},
                )
        elif described.name in state.lists:
            raise wrong(f"there is a list {described.name!r} already", f"名单 {described.name!r} 已存在", *_ANOTHER)
        elif len(state.lists) >= LISTS_MAX:
            raise wrong(f"there are {LISTS_MAX} lists", f"已有 {LISTS_MAX} 份名单", "use one of them", "请使用已有的名单")
        data: dict[str, Value] = {
            "list": described.name,
            "title_zh": described.title["zh"],
            "title_en": described.title["en"],
            "holds": described.holds,
            "for": described.kind,
            "owner": described.owner,
            "purpose": described.purpose,
            "second": second,
            "by": command.by.id,
        }
        return [Event(command.id, OPENED, command.now_us, {}, data)]

    return act


def add(command: Command, name: str, wanted: Wanted, grounds: Mapping[str, Text]) -> Act[Lists]:
    """Puts a value on a list, or proposes to where that takes a second person; one that stands there is prolonged, never shortened.

    Args:
        command: Who wants it, and when.
        name: Name of the list.
        wanted: The entry.
        grounds: The institution's, by code.

    Raises:
        PolicyError: If the actor may not.
        InputError: If it cannot be: no such list or ground, a value that is none, an end that is past or too far away, or a full list.
    """

    def act(state: Lists) -> Sequence[Event]:
        require_role(command.by, *KEPT_BY)
        kept = list_of(state, name)
        check(command.now_us, wanted, grounds, command.zone)
        _check_room(kept, command, 1)
        change = _added(command, kept, wanted, grounds, command.id)
        return [_proposed(command, change) if kept.second else event_of(change)]

    return act


def take_in(command: Command, name: str, rows: Sequence[Wanted], refused: int, grounds: Mapping[str, Text]) -> Act[Lists]:
    """Puts many values on a list at once, or proposes them all as one.

    Args:
        command: Who wants it, and when.
        name: Name of the list.
        rows: The entries; each was checked.
        refused: How many rows of the table were refused.
        grounds: The institution's, by code.

    Raises:
        PolicyError: If the actor may not.
        InputError: If there is no such list, no row, or no room.
    """

    def act(state: Lists) -> Sequence[Event]:
        require_role(command.by, *KEPT_BY)
        kept = list_of(state, name)
        check_command(command)
        for row in rows:
            check(command.now_us, row, grounds, command.zone)
        _check_room(kept, command, len(rows))
        if not rows:
            raise InputError(
                "list.import.empty",
                {"en": f"no row can be taken in; {refused} were refused", "zh": f"没有可导入的行；{refused} 行被拒"},
                {"en": "mend the rows as the findings say", "zh": "请按各行提示修改"},
            )
        data: dict[str, Value] = {"list": name, "rows": len(rows), "refused": refused, "by": command.by.id, "second": kept.second}
        changes = [_added(command, kept, row, grounds, command.id_of(number)) for number, row in enumerate(rows, 1)]
        told = Event(command.id, IMPORTED, command.now_us, {}, data)
        return [told, *(_proposed(command, one) if kept.second else event_of(one) for one in changes)]

    return act


def lift(command: Command, entry_id: str, ground: str, grounds: Mapping[str, Text], reason: str | None = None) -> Act[Lists]:
    """Takes an entry off its list; it leaves the same trace as adding.

    Where adding takes two persons, so does lifting, except from an allow list: to trust nobody any more needs no second opinion.

    Raises:
        PolicyError: If the actor may not, or the lifting is proposed already.
        InputError: If there is no such entry in force, or no such ground.
    """

    def act(state: Lists) -> Sequence[Event]:
        require_role(command.by, *KEPT_BY)
        kept, entry = entry_of(state, entry_id)
        if not entry.holds(command.now_us):
            raise InputError(
                "list.entry.over",
                {"en": f"{entry_id} no longer holds", "zh": f"条目 {entry_id} 已失效"},
                {"en": "there is nothing to lift", "zh": "无需解除"},
            )
        check_words(ground, reason, grounds)
        check_command(command)
        change = _lifted(command, kept, entry, ground, grounds[ground], reason)
        if not kept.second or kept.kind == "allow":
            return [event_of(change)]
        waits = (one.changes[0] for one in waiting(state, command.now_us, kept.name))
        if any(one.lifts and one.value == entry.value and still_meant(kept, one, command.now_us) for one in waits):
            raise PolicyError(
                "list.lift.proposed",
                {"en": f"to lift {entry_id} is proposed already", "zh": f"已有解除 {entry_id} 的提议待复核"},
                {"en": "have a second person confirm it", "zh": "请由另一位人员复核该提议"},
            )
        return [_proposed(command, change)]

    return act


def confirm(command: Command, proposal_id: str) -> Act[Lists]:
    """Gives the second signature: everything that was proposed under that id takes effect now.

    Raises:
        PolicyError: If the actor is the first, is no person, or has none of the roles; or if it is decided or no longer waits.
        InputError: If there is no such proposal, or what it would lift no longer holds, or was added again since.
    """

    def act(state: Lists) -> Sequence[Event]:
        proposal = _waits(state, proposal_id, command.now_us)
        require_second_person(proposal.changes[0].by, command.by, *CONFIRMED_BY)
        check_command(command)
        kept = list_of(state, proposal.list)
        _check_room(kept, command, sum(not one.lifts for one in proposal.changes))
        if any(one.lifts and not still_meant(kept, one, command.now_us) for one in proposal.changes):
            raise InputError(
                "list.lift.past",
                {
                    "en": f"what {proposal_id} would lift no longer holds, or was added again since",
                    "zh": f"{proposal_id} 所要解除的条目已失效，或此后又经添加",
                },
                {"en": "look at what stands on the list now, and propose to lift that", "zh": "请查看名单现有条目，如仍需解除，请重新提议"},
            )
        done = [
            replace(
                one,
                id=command.id_of(number),
                time_us=_after(kept, one.value, command.now_us),
                until_us=_after(kept, one.value, command.now_us) if one.lifts else one.until_us,
                second=command.by.id,
                entry=_held(kept, one.value, command.now_us),
            )
            for number, one in enumerate(proposal.changes, 1)
        ]
        data: dict[str, Value] = {"list": kept.name, "batch": proposal_id, "by": command.by.id}
        return [Event(command.id, CONFIRMED, command.now_us, {}, data), *(event_of(one) for one in done if one.lifts or _ahead(one))]

    return act


def refuse(command: Command, proposal_id: str, note: str | None = None) -> Act[Lists]:
    """Says no to a proposal; who made it may take it back so.

    Raises:
        PolicyError: If the actor has none of the roles, or it is decided or no longer waits.
        InputError: If there is no such proposal.
    """

    def act(state: Lists) -> Sequence[Event]:
        proposal = _waits(state, proposal_id, command.now_us)
        if not command.by.stands_behind(proposal.changes[0].by):
            require_second_person(proposal.changes[0].by, command.by, *CONFIRMED_BY)
        data: dict[str, Value] = {"list": proposal.list, "batch": proposal_id, "by": command.by.id}
        if note is not None:
            data["note"] = note[:REASON_LENGTH_MAX]
        return [Event(command.id, REFUSED, command.now_us, _about_one(proposal.changes), data)]

    return act


def _about_one(changes: Sequence[Change]) -> dict[str, str]:
    """The customer whom all changes are about: what is said of these goes with whoever is forgotten. Nobody where there are several."""
    customers = {one.value if one.holds == "customer" else one.customer for one in changes}
    (customer, *others) = customers
    return {} if customer is None or others else {"customer": customer}


def _added(command: Command, kept: KeptList, wanted: Wanted, grounds: Mapping[str, Text], id_: str) -> Change:
    return Change(
        id_,
        _after(kept, wanted.value, command.now_us),
        kept.name,
        kept.holds,
        wanted.value,
        wanted.until_us,
        wanted.ground,
        grounds[wanted.ground],
        command.by.id,
        command.id,
        reason=wanted.reason,
        customer=None if kept.holds == "customer" else wanted.customer,
        entry=_held(kept, wanted.value, command.now_us),
    )


def _lifted(command: Command, kept: KeptList, entry: Entry, ground: str, text: Text, reason: str | None) -> Change:
    moment_us = _after(kept, entry.value, command.now_us)
    return Change(
        command.id,
        moment_us,
        kept.name,
        kept.holds,
        entry.value,
        moment_us,
        ground,
        text,
        command.by.id,
        command.id,
        lifts=True,
        reason=reason,
        customer=entry.customer,
        entry=entry.id,
    )


def _proposed(command: Command, change: Change) -> Event:
    if not command.by.person:
        raise PolicyError(
            "list.person",
            {
                "en": f"{change.list} takes two persons, and {command.by.id} is none",
                "zh": f"名单 {change.list} 须由两名人员办理，{command.by.id} 不是自然人",
            },
            {"en": "have a person propose it", "zh": "请由人员提出"},
        )
    expires_us = command.now_us + PROPOSAL_US
    return event_of(change, ENTRY_PROPOSED, expires_us=expires_us if change.lifts else min(expires_us, change.until_us))


def _ahead(change: Change) -> bool:
    """Whether there is anything left of it: a row of an import may end before the second person comes."""
    return change.until_us > change.time_us


def _held(kept: KeptList, value: str, now_us: int) -> str | None:
    """Id of the entry of a value that holds now."""
    entries = kept.entries.get(value)
    return entries[-1].id if entries and entries[-1].holds(max(now_us, entries[-1].last.time_us)) else None


def _after(kept: KeptList, value: str, now_us: int) -> int:
    """Now, or the time of the value's latest change: where the clock was set back, what comes later still counts as later."""
    entries = kept.entries.get(value)
    if not entries:
        return now_us
    latest = entries[-1].ended_by or entries[-1].last
    return max(now_us, latest.time_us)


def _waits(state: Lists, proposal_id: str, now_us: int) -> Proposal:
    proposal = proposal_of(state, proposal_id)
    if not proposal.waits(now_us):
        raise PolicyError(
            "list.proposal.over",
            {
                "en": f"{proposal_id} is {'decided' if proposal.second else 'no longer open'}",
                "zh": f"{proposal_id} {'已有结论' if proposal.second else '已过复核期限'}",
            },
            {"en": "propose it again if it is still needed", "zh": "如仍有需要，请重新提议"},
        )
    return proposal


def _check_room(kept: KeptList, command: Command, more: int) -> None:
    if more and count_of(kept, command.now_us) + more > ENTRIES_MAX:
        raise InputError(
            "list.full",
            {"en": f"{kept.name} would hold over {ENTRIES_MAX} entries", "zh": f"名单 {kept.name} 将超过 {ENTRIES_MAX} 条"},
            {"en": "open another list, or lift what is no longer needed", "zh": "请另建名单，或解除不再需要的条目"},
        )
