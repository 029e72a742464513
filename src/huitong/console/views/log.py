"""The log: how large, signed by whom, checked when; and a record of it proved and verified."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from huitong.console.forms import Field, Form
from huitong.console.markup import Markup, Part, link, markup, tag
from huitong.console.ports import Checked, LogFacts
from huitong.console.views.proof import proof_file
from huitong.console.words import sentence, text
from huitong.console.work.look import Look, View, facts, figures, mark, path_to, section
from huitong.console.work.parts import by_name
from huitong.evaluation.words import MISSING, moment, plural
from huitong.identity import ROLES_WHO_READ
from huitong.kernel import Finding, HuitongError, Severity, Text

KEYS_FILE = "huitong-public-keys.pem"
FINDINGS_SHOWN = 100
CHECK = "check"
"""The place of the check's result in the page."""


@dataclass(frozen=True, slots=True)
class Proved:
    """A record that was asked for: what its proof shows, or why there is none; and whether the reader sees all that the proof holds."""

    record: str
    shown: Sequence[Text] = ()
    error: HuitongError | None = None
    whole: bool = True


def log_view(known: LogFacts, check: Checked | None, proved: Proved | None, look: Look) -> View:
    """The page.

    Args:
        known: What the log is.
        check: The check that runs, or the latest.
        proved: The record that was asked for.
        look: Who looks.
    """
    body = markup(_figures(known, check, look), _facts(known, look), _prove(proved, look), _check(check, look), _troubles(known, look))
    verify = Form(
        "log.verify",
        {"en": "Verify a proof", "zh": "验证证明文件"},
        (Field("proof", {"en": "The file of the proof", "zh": "证明文件"}, "file"),),
        note={
            "en": "The file that this page, the command line or the service gave; it is checked against the bank's public keys.",
            "zh": "由本页、命令行或服务给出的文件；将以本机构的公钥验证。",
        },
    )
    forms = [verify]
    if look.is_a("auditor", "operator", "admin") and (check is None or check.ended_us is not None):
        forms.insert(0, Form("log.check", {"en": "Check the whole log", "zh": "检查整个日志"}, tone="primary"))
    return View(look.pick("Log and proof", "日志与证明"), _answer(known, check, look), body, forms)


def _answer(known: LogFacts, check: Checked | None, look: Look) -> str:
    # Exact: people compare these figures with a head's, to the last record.
    en, zh = f"{plural(known.size, 'record', 'records')}; ", f"共 {known.size:,} 条记录；"
    if known.witnesses:
        en += "a change to what was signed shows against the heads that witnesses keep"
        zh += "已签名部分若有改动，与见证方保存的签名头比对即可发现"
    else:
        en += "no witness keeps signed heads, so only whoever has an earlier one would see a change"
        zh += "没有见证方保存签名头，只有持有较早签名头者才能发现改动"
    if check is None:
        return look.pick(f"{en}. Since this service began nobody has checked them all.", f"{zh}。本次服务启动以来尚未全面检查。")
    if check.ended_us is None:
        return look.pick(f"{en}. A check runs: {_done(check, look)}.", f"{zh}。正在检查：{_done(check, look)}。")
    when = moment(check.ended_us, look.zone)[:16]
    if check.findings:
        return look.pick(
            f"The check of {when} found {plural(len(check.findings), 'fault', 'faults')}.",
            f"{when} 的检查发现 {len(check.findings):,} 处问题。",
        )
    return look.pick(f"{en}. The check of {when} found no fault.", f"{zh}。{when} 的检查未发现问题。")


def _figures(known: LogFacts, check: Checked | None, look: Look) -> Markup:
    signed: Part = MISSING
    against: Part = look.pick("no head was signed yet", "尚未签名")
    if known.head is not None:
        size, _, time_us = known.head
        behind = known.size - size
        signed = look.moment(time_us)
        against = look.pick(
            f"over {plural(size, 'record', 'records')}; {behind:,} came since", f"覆盖 {size:,} 条记录；此后新增 {behind:,} 条"
        )
    checked: Part = MISSING
    by: Part = look.pick("not since the service began", "服务启动以来尚未检查")
    if check is not None:
        checked = link(f"#{CHECK}", look.moment(check.ended_us) if check.ended_us is not None else look.pick("now", "正在检查"))
        by = markup(look.pick("asked for by ", "由 "), by_name(check.by, look), look.pick("", " 发起"))
    witnesses = look.pick("keep a copy of each head elsewhere", "在别处保存每个签名头")
    return figures(
        (look.pick("Records", "记录数"), f"{known.size:,}", look.pick("events and decisions", "事件与决策")),
        (look.pick("Signed last", "最近签名"), signed, against),
        (look.pick("Checked last", "最近检查"), checked, by),
        (look.pick("Witnesses", "见证方"), look.count(known.witnesses), witnesses),
    )


def _facts(known: LogFacts, look: Look) -> Markup:
    concealed = (
        look.pick("under keys of their own, which erasure destroys", "以各自的密钥加密，删除个人信息时销毁密钥")
        if known.conceals
        else look.pick("as they are", "明文")
    )
    keys = tag("a", look.pick("Download the public keys", "下载公钥"), href="/download/keys", download=KEYS_FILE)
    return section(
        look.pick("What it is", "概况"),
        facts(
            (look.pick("Where", "位置"), tag("code", known.where)),
            (look.pick("Root of the tree now", "当前树根"), tag("code", known.root)),
            (look.pick("Root that was signed", "已签名树根"), None if known.head is None else tag("code", known.head[1])),
            (look.pick("Names of persons", "个人标识"), concealed),
            (look.pick("Public keys", "公钥"), keys),
        ),
    )


def _prove(proved: Proved | None, look: Look) -> Markup:
    label = tag("label", look.pick("Id of a decision or an event", "决策或事件的编号"), for_="record")
    entry = tag(
        "input", id="record", name="record", value=proved.record if proved else "", maxlength=256, autocomplete="off", required=True
    )
    button = tag("button", look.pick("Prove and verify", "证明并验证"), class_="button", type="submit")
    form = tag("form", tag("div", label, entry, class_="field wide"), button, class_="filters", action="/log", method="get")
    lead = look.pick(
        "The proof leads from the record to a signed head; whoever has the public keys can check it without this system.",
        "证明从记录一直连到已签名的头；持有公钥者无需本系统即可验证。",
    )
    return section(look.pick("Prove a record", "证明一条记录"), form, _outcome(proved, look), lead=lead)


def _outcome(proved: Proved | None, look: Look) -> Part:
    if proved is None:
        return None
    if not proved.shown:
        error = proved.error
        assert error is not None  # noqa: S101 -- one of the two is there
        return tag(
            "p",
            tag("strong", sentence(look.text(error.cause), look.language)),
            " ",
            sentence(look.text(error.remedy), look.language),
            class_="wrong",
            role="alert",
        )
    good = tag(
        "span", tag("span", "✓", class_="sign", aria_hidden="true"), look.pick("It holds.", "验证通过。"), class_="mark mark-approve"
    )
    first, *rest = (sentence(look.text(one), look.language) for one in proved.shown)
    lines = [tag("p", first), *(tag("p", line, class_="meta") for line in rest)]
    download = proof_file(proved.record, look, whole=proved.whole)
    record = None
    if look.is_a(*ROLES_WHO_READ):
        record = link(path_to("decisions", proved.record), look.pick("The decision", "查看决策"), class_="button")
    return tag("div", tag("p", good, role="status"), lines, tag("div", download, record, class_="pages-of"), class_="proved")


def _check(check: Checked | None, look: Look) -> Part:
    if check is None:
        return None
    title = look.pick("The check", "检查结果")
    if check.ended_us is None:
        return section(title, _phase(check, title, look), anchor=CHECK)
    if not check.findings:
        said = look.pick("Every hash, every signature and every fold of the log agree.", "所有哈希、签名与推得的状态均一致。")
        return section(title, tag("p", tag("span", "✓ ", class_="mark mark-approve", aria_hidden="true"), said), anchor=CHECK)
    return section(title, tag("ul", [tag("li", finding_line(one, look)) for one in check.findings[:FINDINGS_SHOWN]]), anchor=CHECK)


PHASES: Mapping[str, tuple[Text, Text | None]] = {
    "": (text("checking the pages of the file", "核对数据文件的页"), None),
    "checking": (text("reading every record", "逐条读取记录"), text("records", "条记录")),
    "signatures": (text("checking signatures", "核对签名"), None),
    "key_ring": (text("checking the key ring", "核对密钥环"), None),
    "witnesses": (text("telling the witnesses", "通知见证方"), None),
    "case_files": (text("reading files of cases", "读取案件附件"), text("files", "个文件")),
    "reading": (text("reading events for the kept states", "读取事件以核对所存状态"), text("records", "条记录")),
    "features": (text("computing the kept states again", "重新计算所存状态"), text("events", "个事件")),
    "books": (text("folding the books again", "重新推算各账簿"), None),
}
"""Phases of a check: what it does, and what it counts meanwhile."""


def _phase(check: Checked, title: str, look: Look) -> Markup:
    """What a running check does, by its name and in its own unit: a later phase begins anew."""
    said = tag("p", _done(check, look), class_="meta")
    if PHASES.get(check.stage, PHASES[""])[1] is None or not check.total:
        return markup(tag("progress", aria_label=title), said)
    return markup(tag("progress", value=check.done, max=check.total, aria_label=title), said)


def _done(check: Checked, look: Look) -> str:
    name, unit = PHASES.get(check.stage, PHASES[""])
    if unit is None or not check.total:
        return look.text(name)
    many = look.text(unit)
    return look.pick(f"{name['en']}: {check.done:,} of {check.total:,} {many}", f"{name['zh']}：{check.done:,} / {check.total:,} {many}")


def _troubles(known: LogFacts, look: Look) -> Part:
    if not known.troubles:
        return None
    title = look.pick("What witnesses did not take", "见证方未接收")
    return section(title, tag("ul", [tag("li", finding_line(one, look)) for one in known.troubles]))


PLACES: Mapping[str, Text] = {
    "log": text("log", "日志"),
    "disk": text("disk", "磁盘"),
    "keys": text("keys", "密钥"),
    "measures": text("measures", "管控措施"),
    "messages": text("messages", "消息"),
    "rollouts": text("roll-outs", "发布"),
    "state": text("kept states", "所存状态"),
    "sealing": text("sealing", "封存"),
    "webhooks": text("webhooks", "回调"),
}
"""Where something is wrong in what is served."""


def finding_line(finding: Finding, look: Look) -> Markup:
    """A finding: how grave, what is wrong, what to do, where."""
    bad = finding.severity is Severity.ERROR
    grave = mark(look.pick("error", "错误"), "decline", "✕") if bad else mark(look.pick("warning", "警告"), "review", "!")
    said, todo = (sentence(look.text(one), look.language) for one in (finding.text, finding.remedy))
    place = look.text(PLACES[finding.where]) if finding.where in PLACES else finding.place(look.language)
    where = tag("span", look.pick(f" ({place})", f"（{place}）"), class_="muted break") if place and place not in said.lower() else None
    return markup(grave, " ", tag("strong", said), " ", todo, where)


def of_settings(settings: Mapping[str, str]) -> Mapping[str, str]:
    """Settings that hold something."""
    return {name: value for name, value in settings.items() if value}
