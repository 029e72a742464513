"""The access log for people: who read what, in words; the address stands below."""

import re
from collections.abc import Mapping, Sequence

from huitong.console.markup import Markup, Part, markup, short, tag
from huitong.console.purposes import reference_words
from huitong.console.work.look import Look, table
from huitong.contracts import DataContract, Event
from huitong.evaluation.words import MISSING
from huitong.identity import PURPOSE_TITLES
from huitong.kernel import Text
from huitong.operations.cases import ALERT_RAISED, CASE_OPENED
from huitong.risk.disposition import CHANGED, SUBJECT_TITLES
from huitong.risk.lists import ENTRY_CHANGED

_HTTP = "/v1/"
FIELDS_SHOWN = 6
"""Fields of an entry that are listed at once; more of them unfold."""
_KINDS: Sequence[tuple[str, Text]] = (
    (r"/", {"en": "overview: what was not let through at once", "zh": "总览：未直接放行的支付"}),
    (r"/decisions", {"en": "search in decisions", "zh": "决策查询"}),
    (r"/decisions/batch", {"en": "answers of a batch", "zh": "批量决策的结果"}),
    (r"/decisions/(?P<one>.+)/explanation", {"en": "explanation of a decision", "zh": "决策说明"}),
    (r"/decisions/(?P<one>.+)/proof", {"en": "proof of a decision", "zh": "决策证明"}),
    (r"/decisions/(?P<one>.+)", {"en": "decision", "zh": "决策"}),
    (r"/alerts", {"en": "queue of alerts", "zh": "预警队列"}),
    (r"/alerts/(?P<one>.+)", {"en": "alert", "zh": "预警"}),
    (r"/cases", {"en": "list of cases", "zh": "案件列表"}),
    (r"(?:/download)?/cases/(?P<one>[^/]+)/files/.+", {"en": "file of case", "zh": "案件文件，案件"}),
    (r"/cases/(?P<one>.+)", {"en": "case", "zh": "案件"}),
    (r"/measures", {"en": "measures in force", "zh": "生效中的管控措施"}),
    (r"/measures/waiting", {"en": "measures that wait for a second person", "zh": "待第二人复核的管控措施"}),
    (r"/measures/waiting/(?P<one>.+)", {"en": "proposed measure", "zh": "待复核措施"}),
    (r"/measures/of/(?P<role>[^/]+)/\{subject\}", {"en": "measures on", "zh": "管控措施，"}),
    (r"/measures/figures", {"en": "figures of measures", "zh": "管控措施统计"}),
    (r"/measures/(?P<one>.+)/notice", {"en": "what the customer is told about measure", "zh": "客户告知文本，措施"}),
    (r"/measures/(?P<one>.+)", {"en": "measure", "zh": "管控措施"}),
    (r"/lists", {"en": "lists that people keep", "zh": "日常维护的名单"}),
    (r"/lists/(?:entries|waiting)", {"en": "entries of lists", "zh": "名单条目"}),
    (r"/download/lists/(?P<one>.+)", {"en": "whole table of list", "zh": "整份名单"}),
    (r"/lists/(?P<one>[^/]+)(?:/.*)?", {"en": "list", "zh": "名单"}),
    (r"/policies/(?P<one>[^/]+)/versions/.+", {"en": "what a version of a policy says, policy", "zh": "策略版本内容，策略"}),
    (r"/policies/(?P<one>[^/]+)/difference/.+", {"en": "what changed in policy", "zh": "版本差异，策略"}),
    (r"/replays/(?P<one>.+)", {"en": "report of replay", "zh": "回放报告"}),
    (r"/download/proof/(?P<one>.+)", {"en": "proof of a decision", "zh": "决策证明"}),
    (r"/policies/(?P<one>[^/]+)/files/.+", {"en": "file of policy", "zh": "策略文件，策略"}),
    (r"/policies/(?P<one>[^/]+)/diff", {"en": "what changed in policy", "zh": "版本差异，策略"}),
    (r"/webhooks", {"en": "webhooks", "zh": "回调"}),
    (r"/webhooks/(?P<one>.+)", {"en": "webhook", "zh": "回调"}),
    (r"/ask/policy\.trial", {"en": "trial of a policy's change", "zh": "策略修改试算"}),
)
"""Addresses and what stands there; ``one`` names the record, ``role`` what kind of subject it is."""


def _path(page: str) -> tuple[str, bool]:
    """An address as the console writes it, and whether it is one of the service instead."""
    return ("/" + page.removeprefix(_HTTP), True) if page.startswith(_HTTP) else (page, False)


def looked_at(page: str, look: Look) -> Part:
    """What stands at an address of the console or of the service, in words; ``None`` of one that is not known."""
    path, through = _path(page)
    for pattern, title in _KINDS:
        found = re.fullmatch(pattern, path)
        if found is None:
            continue
        named = found.groupdict()
        role = next((look.text(text) for name, text in SUBJECT_TITLES.items() if name == named.get("role")), named.get("role"))
        words = [word for word in (look.text(title), role) if word is not None]
        said = look.pick(" ".join(words), "".join(words))
        one = named.get("one")
        http = look.pick(" (over HTTP)", "（经 HTTP 接口）") if through else ""
        return markup(said, None if one is None else markup(" ", tag("span", short(one), translate="no")), http)
    return None


def readings_table(readings: Sequence[Event], look: Look) -> Markup:
    """The access log.

    Args:
        readings: Its entries, newest first.
        look: Who looks; the data contracts say what fields are called.
    """
    if not readings:
        return tag("p", look.pick("Nobody has read personal data so far.", "尚无人查阅个人数据。"), class_="muted")
    rows = [_row(one, look) for one in readings]
    heads = [
        look.pick("When", "时间"),
        look.pick("Who", "人员"),
        look.pick("What for", "目的"),
        look.pick("What was looked at", "查阅内容"),
        look.pick("Fields", "字段"),
        look.pick("Records", "记录数"),
        look.pick("Grade", "分级"),
    ]
    return table(look.pick("Who read what", "查阅记录"), heads, rows, figures_in=(5, 6), wide_in=(2,))


_ABOUT: Mapping[str, str] = {"alerts": ALERT_RAISED, "cases": CASE_OPENED, "lists": ENTRY_CHANGED, "measures": CHANGED}
"""The kind of record that pages show, by the first part of their addresses; all others show what the institution brought."""
_OTHER_FIELDS: Mapping[str, Text] = {
    "file": {"en": "file", "zh": "附件"},
    "ground_en": {"en": "Ground", "zh": "依据"},  # it was shown in the page's language
    "label": {"en": "what a payment turned out to be", "zh": "支付定性"},
    "value": {"en": "value on a list", "zh": "名单中的值"},
}
"""What is shown of no field of its own, or of one for each language."""


def _titles(path: str, contracts: Mapping[str, DataContract]) -> Mapping[str, Text]:
    """What fields are called on a page: as its own kind of record calls them, else as those do that come first, the institution's."""
    kind = _ABOUT.get(path.strip("/").partition("/")[0], "")
    family = kind.partition(".")[0] + "."
    titles: dict[str, Text] = dict(_OTHER_FIELDS)
    for name in sorted(contracts, key=lambda one: (one != kind, not one.startswith(family))):
        for spec in contracts[name].fields:
            titles.setdefault(spec.name, spec.title)
    return titles


def _row(one: Event, look: Look) -> Sequence[Part]:
    purpose = next((look.text(title) for kind, title in PURPOSE_TITLES.items() if kind == one.data.get("purpose")), MISSING)
    reference = one.data.get("reference")
    said = purpose if reference is None else markup(purpose, look.pick(": ", "："), reference_words(str(reference), look.language))
    names = str(one.data.get("fields") or "").split()
    page = _address(one)
    titles = _titles(_path(page)[0], look.contracts)
    said_of = [look.text(titles[name]) if name in titles else name for name in names if not _CODE.search(name)]
    if any(_CODE.search(name) for name in names):
        said_of.append(look.pick("what a decision rests on", "决策依据"))
    return [
        look.moment(one.time_us),
        one.keys.get("user", MISSING),
        tag("span", said, class_="break"),
        _page(page, look),
        _listed(said_of, look),
        str(one.data.get("count") or 0),
        str(one.data.get("grade") or MISSING),
    ]


def _listed(fields: Sequence[str], look: Look) -> Part:
    """Which fields were shown; many of them unfold, so that the entries stay readable beside each other."""
    said = look.pick(", ", "、").join(fields)
    if len(fields) <= FIELDS_SHOWN:
        return said
    return tag("details", tag("summary", look.pick(f"{len(fields):,} fields", f"{len(fields):,} 个字段")), said)


_CODE = re.compile("[.:]")
"""In the codes of reasons and lists, which stand among the names of fields: which of them spoke says something of the payment."""
_OLD_SUBJECT = re.compile(r"(/measures/of/[^/]+)/.+")
"""An address that was once written down with the name that stood in it; the key beside it tells who that is to whom may read keys."""


def _address(one: Event) -> str:
    """The address of an entry; what people typed stands in none, but of one record the entry names the id."""
    page = _OLD_SUBJECT.sub(r"\1/{subject}", str(one.data.get("page") or ""))
    first = str(one.data.get("records") or "").partition(" ")[0]
    return page.replace("{record}", first) if first else page


def _page(page: str, look: Look) -> Part:
    said = looked_at(page, look)
    address = tag("div", page or MISSING, class_="meta break", translate="no")
    return address if said is None else markup(tag("div", said, class_="break"), address)
