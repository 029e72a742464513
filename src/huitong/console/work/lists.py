"""Lists that people keep: all of them with what waits, and one with its entries."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

from huitong.console.forms import Form, button_of
from huitong.console.markup import Markup, Part, link, markup, tag
from huitong.console.work.list_forms import adding, changes_nothing, describing, importing, lifting, opening
from huitong.console.work.list_waiting import values_of, waiting_table, wish_of
from huitong.console.work.look import Look, View, facts, mark, nothing, paging, path_to, section, table, typed, within
from huitong.console.work.parts import by_name
from huitong.console.work.policy_content import own_label
from huitong.console.work.refused import SHOWN_US, Refusal, refusals
from huitong.contracts import Signers
from huitong.evaluation.words import MISSING, plural
from huitong.kernel import Text
from huitong.risk import lists
from huitong.risk.disposition import GroundFor
from huitong.risk.lists import ENTRY_CHANGED, HOLDS_TITLES, LIST_KIND_TITLES, REFUSED, Entry, KeptList, Lists, Proposal

STEP = 50
KIND_LOOKS: Mapping[str, tuple[str, str]] = {"block": ("decline", "✕"), "allow": ("approve", "✓"), "watch": ("review", "◉")}


@dataclass(frozen=True, slots=True)
class AllLists:
    """What the page of lists knows.

    Attributes:
        lists: Each with the number of its entries that hold.
        waiting: What waits, with its list.
        signers: Who can sign in, and so may be the second person.
        unread: Names of those that no policy reads.
    """

    lists: Sequence[tuple[KeptList, int]]
    waiting: Sequence[tuple[KeptList, Proposal]]
    signers: Signers = field(default_factory=Signers)
    unread: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class OneList:
    """What the page of a list knows.

    Attributes:
        kept: The list, without its entries.
        value: Only entries of this value; empty for all.
        over: Whether to show what is over too.
        start: Entries before the page.
        rows: The page's entries, newest first.
        total: How many of these there are.
        holding: How many hold.
        waiting: What waits.
        signers: Who can sign in, and so may be the second person.
        refused: What was refused or taken back in the last days, the latest first.
        read: Whether some policy reads the list.
    """

    kept: KeptList
    value: str
    over: bool
    start: int
    rows: Sequence[Entry]
    total: int
    holding: int
    waiting: Sequence[Proposal]
    signers: Signers = field(default_factory=Signers)
    refused: Sequence[Proposal] = ()
    read: bool = True


def all_lists(state: Lists, now_us: int) -> AllLists:
    """The page of lists, from the state of the book."""
    kept = [(one, lists.count_of(one, now_us)) for one in sorted(state.lists.values(), key=lambda one: one.name)]
    return AllLists(kept, [(state.lists[one.list], one) for one in lists.waiting(state, now_us)])


def one_list(state: Lists, name: str, query: Mapping[str, str], now_us: int) -> OneList:
    """The page of a list, from the state of the book.

    Raises:
        InputError: If there is none.
    """
    kept, value, over = lists.list_of(state, name), query.get("value", "").strip(), query.get("over", "") == "yes"
    start = query.get("from", "0")
    at = int(start) if start.isascii() and start.isdecimal() and len(start) < 9 else 0
    if value:
        found = [one for one in reversed(kept.entries.get(value, ())) if over or one.holds(now_us)]
    else:
        found = lists.entries_of(kept, now_us, over=over)
    at = within(at, STEP, len(found))
    holding, waiting, gone = lists.count_of(kept, now_us), lists.waiting(state, now_us, name), lists.refused(state, now_us - SHOWN_US, name)
    return OneList(kept, value, over, at, found[at : at + STEP], len(found), holding, waiting, refused=gone[:STEP])


def lists_view(found: AllLists, look: Look) -> View:
    """The page of lists."""
    inline: list[Form] = []
    title = look.pick("Lists", "名单")
    waits = len(found.waiting)
    answer = look.pick(
        f"{plural(len(found.lists), 'list', 'lists')}; {plural(waits, 'change waits', 'changes wait')} for a second person.",
        f"共 {len(found.lists):,} 份名单；待第二人复核 {waits:,} 项。",
    )
    body = markup(
        section(
            look.pick("Waiting for a second person", "待第二人复核"),
            waiting_table([(kept, one) for kept, one in found.waiting], look, found.signers, inline, named=True, unread=found.unread),
        ),
        section(look.pick("Lists", "名单"), _all(found, look), lead=_elsewhere(look)),
    )
    return View(title, answer, body, [opening(look)] if look.is_a("steward", "analyst") else (), inline)


def _elsewhere(look: Look) -> Markup:
    """Where those lists are that nobody keeps here."""
    policies = link("/policies", look.pick("the policy's page", "策略页面"))
    return markup(
        look.pick(
            "Kept here day by day. A list in a policy's own files changes with its versions and is on ",
            "以下为日常维护的名单。写在策略文件中的名单随策略版本变更，见",
        ),
        policies,
        look.pick(".", "。"),
    )


def _all(found: AllLists, look: Look) -> Markup:
    if not found.lists:
        why = look.pick(
            "Lists hold who is blocked, trusted or watched, each entry with an owner's word and an end. A steward or an analyst opens one.",
            "名单记录封禁、信任或关注的对象，每个条目都有依据与截止时间。由数据管理员或策略分析员建立。",
        )
        return nothing(look.pick("No list yet", "尚无名单"), why)
    heads = [
        look.pick("List", "名单"),
        look.pick("For", "用途"),
        look.pick("Of", "对象"),
        look.pick("Entries in force", "生效条目"),
        look.pick("Adding takes", "添加须"),
        look.pick("Owner", "负责人"),
        look.pick("Purpose", "目的"),
    ]
    rows: list[list[Part]] = [
        [
            typed(look.text(kept.title)),
            markup(kind_mark(kept.kind, look), tag("div", _unread(look)) if kept.name in found.unread else None),
            look.text(HOLDS_TITLES[kept.holds]),
            look.count(count),
            _persons(kept, look),
            typed(by_name(kept.owner, look)),
            typed(own_label(kept.purpose, look)),
        ]
        for kept, count in found.lists
    ]
    hrefs = [path_to("lists", kept.name) for kept, _ in found.lists]
    return table(look.pick("Lists", "名单"), heads, rows, figures_in=(3,), wide_in=(6,), hrefs=hrefs)


def _unread(look: Look) -> Markup:
    return mark(look.pick("no policy reads it", "没有策略读取"), "review", "?")


def _persons(kept: KeptList, look: Look) -> str:
    return look.pick("two persons", "双人复核") if kept.second else look.pick("one person", "单人")


def kind_mark(kind: str, look: Look) -> Markup:
    """What a list is for: word, sign, colour."""
    title = next((text for name, text in LIST_KIND_TITLES.items() if name == kind), None)
    return mark(kind if title is None else look.text(title), *KIND_LOOKS.get(kind, ("other", "·")))


def list_view(found: OneList, look: Look, grounds: Callable[[str, GroundFor], Mapping[str, Text]]) -> View:
    """The page of a list.

    Args:
        found: What it knows.
        look: Who looks.
        grounds: Those of the institution's grounds that fit adding to or lifting from a kind of list.
    """
    kept = found.kept
    inline: list[Form] = []
    keeps = look.is_a("steward", "analyst", "investigator")
    to_add = grounds(kept.kind, "impose")
    forms = [adding(kept, look, to_add, read=found.read), importing(kept, to_add, read=found.read)] if keeps else []
    if look.is_a("steward", "analyst"):
        forms.append(describing(kept))
    unread = () if found.read else (kept.name,)
    waiting = waiting_table([(kept, one) for one in found.waiting], look, found.signers, inline, named=False, unread=unread)
    nothing_said = changes_nothing(read=found.read)
    body = markup(
        None if nothing_said is None else tag("p", mark(look.text(nothing_said), "review", "?")),
        facts(
            (look.pick("For", "用途"), kind_mark(kept.kind, look)),
            (look.pick("Of", "对象"), look.text(HOLDS_TITLES[kept.holds])),
            (look.pick("Owner", "负责人"), typed(by_name(kept.owner, look))),
            (look.pick("Purpose", "目的"), typed(own_label(kept.purpose, look))),
            (look.pick("Adding takes", "添加须"), _persons(kept, look)),
            (look.pick("Opened", "建立"), markup(look.moment(kept.opened_us), " · ", by_name(kept.opened_by, look))),
            (look.pick("In policies", "策略中的名称"), tag("code", kept.name)),
        ),
        section(look.pick("Waiting for a second person", "待第二人复核"), waiting) if found.waiting else None,
        _refused(found, look),
        section(look.pick("Entries", "条目"), _find(found, look), _entries(found, look, grounds(kept.kind, "lift"), inline, keeps=keeps)),
    )
    held = look.pick(f"{plural(found.holding, 'entry is', 'entries are')} in force.", f"生效条目 {found.holding:,} 个。")
    return View(look.text(kept.title), held, body, forms, inline, link("/lists", look.pick("Lists", "名单")))


def _find(found: OneList, look: Look) -> Part:
    sees = look.sees(ENTRY_CHANGED, found.kept.holds)
    over = (
        tag("option", look.pick("in force", "生效中"), value=""),
        tag("option", look.pick("with what is over", "含已失效"), value="yes", selected=found.over),
    )
    fields: list[Part] = [
        tag(
            "div",
            tag("label", look.pick("Show", "显示"), for_="list-over"),
            tag("select", over, name="over", id="list-over"),
            class_="field",
        )
    ]
    if sees:
        box = tag("input", name="value", id="list-value", value=found.value, maxlength=64, autocomplete="off")
        fields.insert(0, _field(look.pick("Value", "值"), "list-value", box))
    button = tag("button", look.pick("Apply", "应用"), class_="button", type="submit")
    keep = None
    if sees and found.holding:
        keep = tag("a", look.pick("Download (CSV)", "下载（CSV）"), href=path_to("download", "lists", found.kept.name), class_="button")
    return tag("form", fields, button, keep, class_="filters", action=path_to("lists", found.kept.name), method="get")


def _field(label: str, id_: str, control: Markup) -> Markup:
    return tag("div", tag("label", label, for_=id_), control, class_="field")


def _entries(found: OneList, look: Look, grounds: Mapping[str, Text], inline: list[Form], *, keeps: bool) -> Markup:
    if not found.rows:
        return nothing(
            look.pick("No entry here", "没有符合条件的条目"),
            look.pick("Add one, or import a table.", "可逐条添加，或导入表格。")
            if keeps
            else look.pick("Whoever keeps this list adds entries.", "由维护该名单的人员添加。"),
        )
    heads = [
        look.pick("Value", "值"),
        look.pick("Ground", "依据"),
        look.pick("By", "添加人"),
        look.pick("Since", "起"),
        look.pick("Until", "止"),
        look.pick("Status", "状态"),
        look.pick("Action", "操作"),
    ]
    rows: list[list[Part]] = []
    for one in found.rows:
        act: Part = MISSING
        if keeps and one.holds(look.now_us):
            form = lifting(found.kept, one, look, grounds)
            inline.append(form)
            act = button_of(form, look.language)
        said = None if one.last.reason is None else look.shown(one.id, ENTRY_CHANGED, "reason", typed(one.last.reason))
        reason = None if said is None else tag("div", said, class_="meta")
        who = (
            one.last.by if one.last.second is None else look.pick(f"{one.last.by}, {one.last.second}", f"{one.last.by}、{one.last.second}")
        )
        rows.append(
            [
                look.shown(one.id, ENTRY_CHANGED, found.kept.holds, typed(one.value)),
                markup(look.text(one.last.ground_text), reason),
                who,
                look.moment(one.from_us),
                look.moment(one.over_us),
                _standing(one, look),
                act,
            ]
        )
    query = {name: value for name, value in (("value", found.value), ("over", "yes" if found.over else "")) if value}
    shown = table(look.pick("Entries", "条目"), heads, rows)
    return markup(shown, paging(look, query, path_to("lists", found.kept.name), found.start, STEP, found.total))


def _standing(one: Entry, look: Look) -> Markup:
    if one.holds(look.now_us):
        return mark(look.pick("in force", "生效中"), "review", "●")
    if one.ended_by is not None:
        who = look.pick(", ", "、").join(name for name in (one.ended_by.by, one.ended_by.second) if name is not None)
        return mark(look.pick(f"lifted by {who}", f"由 {who} 解除"), "other", "○")
    return mark(look.pick("ended", "已到期"), "other", "○")


def _refused(found: OneList, look: Look) -> Part:
    """What was refused or taken back, with why."""
    gone = [
        Refusal(
            wish_of(one, look),
            values_of(one, found.kept, look),
            one.changes[0].by,
            one.second or "",
            one.decided_us or 0,
            None if one.note is None else look.shown(one.id, REFUSED, "note", typed(one.note)),
        )
        for one in found.refused
    ]
    return refusals(gone, look)
