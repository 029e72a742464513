"""The access log for people: who read what, in words; the address stands below."""

import re
from collections.abc import Mapping, Sequence

from huitong.console.markup import Markup, Part, markup, tag
from huitong.console.work.look import Look, short, table
from huitong.contracts import Event
from huitong.evaluation.words import MISSING
from huitong.identity import PURPOSE_TITLES
from huitong.kernel import Text
from huitong.risk.disposition import SUBJECT_TITLES

_HTTP = "/v1/"
_KINDS: Sequence[tuple[str, Text]] = (
    (r"/", {"en": "overview: what was not let through at once", "zh": "总览：未直接放行的支付"}),
    (r"/decisions", {"en": "search in decisions", "zh": "决策查询"}),
    (r"/decisions/batch", {"en": "answers of a batch", "zh": "批量决策的结果"}),
    (r"/decisions/\{record\}", {"en": "one decision", "zh": "单笔决策"}),
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
    (r"/measures/(?P<one>.+)", {"en": "measure", "zh": "管控措施"}),
    (r"/lists", {"en": "lists that people keep", "zh": "日常维护的名单"}),
    (r"/lists/(?:entries|waiting)", {"en": "entries of lists", "zh": "名单条目"}),
    (r"/download/lists/(?P<one>.+)", {"en": "whole table of list", "zh": "整份名单"}),
    (r"/lists/(?P<one>[^/]+)(?:/.*)?", {"en": "list", "zh": "名单"}),
    (r"/policies/(?P<one>[^/]+)/versions/.+", {"en": "what a version of a policy says, policy", "zh": "策略版本内容，策略"}),
    (r"/policies/(?P<one>[^/]+)/difference/.+", {"en": "what changed in policy", "zh": "版本差异，策略"}),
    (r"/replays/(?P<one>.+)", {"en": "report of replay", "zh": "回放报告"}),
    (r"/download/proof/\{record\}", {"en": "proof of a decision", "zh": "决策证明"}),
    (r"/policies/(?P<one>[^/]+)/files/.+", {"en": "file of policy", "zh": "策略文件，策略"}),
    (r"/policies/(?P<one>[^/]+)/diff", {"en": "what changed in policy", "zh": "版本差异，策略"}),
    (r"/webhooks", {"en": "systems that are told", "zh": "通知的系统"}),
    (r"/webhooks/(?P<one>.+)", {"en": "webhook", "zh": "Webhook 系统"}),
    (r"/ask/policy\.trial", {"en": "trial of a policy's change", "zh": "策略修改试算"}),
)
"""Addresses and what stands there; ``one`` names the record, ``role`` what kind of subject it is."""


def looked_at(page: str, look: Look) -> Part:
    """What stands at an address of the console or of the service, in words; ``None`` of one that is not known."""
    path, through = ("/" + page.removeprefix(_HTTP), True) if page.startswith(_HTTP) else (page, False)
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


def readings_table(readings: Sequence[Event], titles: Mapping[str, Text], look: Look) -> Markup:
    """The access log.

    Args:
        readings: Its entries, newest first.
        titles: What fields are called.
        look: Who looks.
    """
    if not readings:
        return tag("p", look.pick("Nobody has read personal data so far.", "尚无人查阅个人数据。"), class_="muted")
    rows = [_row(one, titles, look) for one in readings]
    heads = [
        look.pick("When", "时间"),
        look.pick("Who", "人员"),
        look.pick("What for", "目的"),
        look.pick("What was looked at", "查阅内容"),
        look.pick("Fields", "字段"),
        look.pick("Records", "记录数"),
        look.pick("Grade", "分级"),
    ]
    return table(look.pick("Who read what", "查阅记录"), heads, rows, figures_in=(5, 6))


def _row(one: Event, titles: Mapping[str, Text], look: Look) -> Sequence[Part]:
    purpose = next((look.text(title) for kind, title in PURPOSE_TITLES.items() if kind == one.data.get("purpose")), MISSING)
    reference = one.data.get("reference")
    said = purpose if reference is None else markup(purpose, look.pick(": ", "："), _reference(str(reference), look))
    names = str(one.data.get("fields") or "").split()
    said_of = [look.text(titles[name]) if name in titles else name for name in names if not _CODE.search(name)]
    if any(_CODE.search(name) for name in names):
        said_of.append(look.pick("what a decision rests on", "决策依据"))
    fields = look.pick(", ", "、").join(said_of)
    return [
        look.moment(one.time_us),
        one.keys.get("user", MISSING),
        tag("span", said, class_="break"),
        _page(str(one.data.get("page") or ""), look),
        fields,
        str(one.data.get("count") or 0),
        str(one.data.get("grade") or MISSING),
    ]


_CODE = re.compile("[.:]")
"""In the codes of reasons and lists, which stand among the names of fields: which of them spoke says something of the payment."""
_OLD_SUBJECT = re.compile(r"(/measures/of/[^/]+)/.+")
"""An address that was once written down with the name that stood in it; the key beside it tells who that is to whom may read keys."""
_REFERENCES: Mapping[str, Text] = {
    "queue": {"en": "the queue", "zh": "预警队列"},
    "list": {"en": "the list", "zh": "列表"},
    "measures": {"en": "measures", "zh": "管控措施"},
    "lists": {"en": "lists", "zh": "名单"},
    "replay": {"en": "replays", "zh": "回放"},
    "access": {"en": "users and access", "zh": "用户与权限"},
    "webhooks": {"en": "webhooks", "zh": "Webhook 通知"},
}
"""What pages give as the reference of their own purpose, where it is no record."""


def _reference(reference: str, look: Look) -> Part:
    """What a purpose is about, in words; the number of a record, or what a person wrote, as it is."""
    if reference in _REFERENCES:
        return look.text(_REFERENCES[reference])
    kind, _, rest = reference.partition(":")
    if kind == "list" and rest:
        return markup(look.pick("list ", "名单 "), tag("span", rest, translate="no"))
    role = next((look.text(title) for name, title in SUBJECT_TITLES.items() if name == kind), None)
    if role is not None and rest == "measures":
        return look.pick(f"measures on {role}", f"{role}的管控措施")
    return short(reference) if kind in ("alert", "act", "web") and rest else tag("span", reference, translate="no")


def _page(page: str, look: Look) -> Part:
    page = _OLD_SUBJECT.sub(r"\1/{subject}", page)
    said = looked_at(page, look)
    address = tag("div", page or MISSING, class_="meta break", translate="no")
    return address if said is None else markup(tag("div", said, class_="break"), address)
