"""One case, with its time line, alerts, notes, files, links, checklist, proposal and closing by a second person."""

from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Literal

from huitong.console.forms import Field, Form, button_of
from huitong.console.markup import Markup, Part, link, markup, tag
from huitong.console.ports import Found, Story
from huitong.console.words import word
from huitong.console.work.alert_words import CHECKLIST_TODO, CHECKLIST_WORDS, VERDICT_WORDS, closing_name
from huitong.console.work.alerts import case_title, pattern_grade, pattern_of, pattern_title, standing, subject_of
from huitong.console.work.case_line import line_of, void_of
from huitong.console.work.case_list import standing_of_case
from huitong.console.work.evidence import About, evidence_shown, payments_of
from huitong.console.work.look import Look, View, facts, mark, path_to, section, table, typed
from huitong.console.work.measure_forms import both_said
from huitong.console.work.measures_about import measure_lines, measures_section, still_in_force, ways_to_measures
from huitong.console.work.second import named_before, named_beside
from huitong.contracts import Role, Signers, can_be_second
from huitong.evaluation.words import plural
from huitong.identity import Purpose
from huitong.kernel import Text
from huitong.operations.cases import (
    ALERT_RAISED,
    CASE_OPENED,
    CASE_PROPOSED,
    CHARACTERS_MAX,
    Alert,
    Case,
    Desk,
    DeskSettings,
    case_of,
    judged_by,
    open_alerts,
    signed_by,
)
from huitong.risk.disposition import Stretch

LINKABLE_MAX = 200
MEASURES_ANCHOR = "measures"


@dataclass(frozen=True, slots=True)
class OneCase:
    """What the page of a case knows.

    Attributes:
        case: The case.
        alerts: Its alerts.
        linked: Cases that it has to do with: id and title.
        linked_from: Cases that are linked to it: id and title.
        alike: Alerts of the same subject that could be added.
        linkable: Cases that it could point to: id and title.
        checklist: What has to be ticked off.
        titles: Names of patterns.
        found: Decisions and events of the latest payments of its alerts, as the reader may see them, newest first.
        story: The latest of them with the evidence.
        measures: Measures in force at some time since its first payment, on whom it is about and on all whom its payments name.
        policies: What policies are called, by name.
        signers: Who can sign in, and so may be the second person.
    """

    case: Case
    alerts: Sequence[Alert]
    linked: Sequence[tuple[str, str]]
    alike: Sequence[Alert]
    linkable: Sequence[tuple[str, str]]
    checklist: Sequence[str]
    titles: Mapping[str, Text] = field(default_factory=dict)
    found: Sequence[Found] = ()
    story: Story | None = None
    measures: Sequence[Stretch] = ()
    policies: Mapping[str, Text] = field(default_factory=dict)
    linked_from: Sequence[tuple[str, str]] = ()
    signers: Signers = field(default_factory=Signers)

    @property
    def since_us(self) -> int:
        """When its first payment was; when it was opened, where it has none."""
        return min((one.raised_us for one in self.alerts), default=self.case.opened_us)

    @property
    def closers(self) -> Sequence[Role]:
        """Roles of which the second person who closes it needs one."""
        return signed_by(self.alerts)


def one_case(desk: Desk, settings: DeskSettings, case_id: str) -> OneCase:
    """A case from the state of the desk.

    Raises:
        InputError: If there is none (``case.unknown``).
    """
    case = case_of(desk, case_id)
    linked, linked_from = ([(one, desk.cases[one].title) for one in ids if one in desk.cases] for ids in (case.links, case.linked_from))
    others = [(one.id, one.title) for one in desk.cases.values() if one.id not in (case_id, *case.links, *case.linked_from)]
    same = [one for one in open_alerts(desk) if one.case is None and (one.role, one.subject) == (case.role, case.subject)]
    return OneCase(
        deepcopy(case),
        deepcopy([desk.alerts[one] for one in case.alerts if one in desk.alerts]),
        linked,
        deepcopy(same),
        others[-LINKABLE_MAX:],
        settings.checklist,
        linked_from=linked_from,
    )


def case_view(known: OneCase, look: Look) -> View:
    """The page of a case."""
    case, about = known.case, About("case", known.case.id)
    check_forms = _check_forms(known, look)
    body = markup(
        _facts(known, look),
        section(look.pick("Checklist", "检查清单"), _checklist(known, look, check_forms)),
        section(look.pick("Alerts", "预警"), _alerts(known, look)),
        payments_of(known.found, len({one for alert in known.alerts for one in alert.decisions}), about, look),
        evidence_shown(known.story, about, look),
        section(
            look.pick("Measures since the first payment", "首笔支付以来的管控措施"),
            measures_section(case.role, case.subject, known.found, known.measures, Purpose("case", case.id), known.policies, look),
            anchor=MEASURES_ANCHOR,
        ),
        section(look.pick("Time line", "时间线"), _timeline(known, look), lead=look.pick("The latest first.", "最新在前。")),
    )
    trail = link("/cases", look.pick("Cases", "案件"))
    title = look.said(case.id, CASE_OPENED, "title", case.title, look.pick("Case", "案件"))
    return View(title, _answer(known, look), body, _forms(known, look), trail=trail)


def _answer(known: OneCase, look: Look) -> Markup:
    case = known.case
    about = subject_of(case.id, case.role, case.subject, look, begins=True)
    payments, sum_minor = sum(one.count for one in known.alerts), sum(one.amount_minor for one in known.alerts)
    amount = look.shown(case.id, ALERT_RAISED, "amount", look.money(sum_minor))
    many = look.pick(
        f": {plural(len(known.alerts), 'alert', 'alerts')}, {plural(payments, 'payment', 'payments')}, ",
        f"：{len(known.alerts):,} 条预警，{payments:,} 笔支付，合计 ",
    )
    said = markup(many, amount, look.pick(". ", "。"))
    left = [item for item in known.checklist if item not in case.checked]
    if case.closed_us is not None:
        end = look.pick(
            f"{case.closed_by} closed it; {case.proposed_by} had proposed it.", f"由 {case.proposed_by} 建议，{case.closed_by} 结案。"
        )
    elif case.proposed is not None:
        name = look.text(closing_name(case.proposed))
        second = look.pick("an approver", "审批人") if known.closers == ("approver",) else look.pick("a second person", "第二人")
        end = look.pick(
            f"{case.proposed_by} proposes {name}; {second} closes it.", f"{case.proposed_by} 建议判定为{name}，待{second}结案。"
        )
    elif left:
        names = look.pick(", ", "、").join(look.text(word(CHECKLIST_TODO, one)) for one in left)
        end = look.pick(f"Still to do: {names}.", f"尚待完成：{names}。")
    else:
        end = look.pick("The checklist is done: propose how to close it.", "检查清单已完成，可提出结论。")
    return markup(about, said, void_of(case, look), end)


def _facts(known: OneCase, look: Look) -> Markup:
    case = known.case
    reasons = None if case.reasons is None else look.shown(case.id, CASE_PROPOSED, "reason", typed(case.reasons))
    waits = case.proposed is not None and case.closed_us is None
    second = named_beside(case.proposed_by or "", look, known.signers, known.closers) if waits else None
    return facts(
        (look.pick("Status", "状态"), markup(standing_of_case(case, look), second)),
        (look.pick("Opened", "立案"), markup(case.opened_by, look.pick(", ", "，"), look.moment(case.opened_us))),
        (look.pick("Reasons", "理由"), reasons),
        (look.pick("Linked cases", "关联案件"), _doors(known.linked, look)),
        (look.pick("Linked from", "被关联自"), _doors(known.linked_from, look)),
        (look.pick("Id", "编号"), tag("span", case.id, class_="hash")),
    )


def _doors(cases: Sequence[tuple[str, str]], look: Look) -> Markup | None:
    linked = [link(path_to("cases", one), case_title(one, title, look)) for one, title in cases]
    return markup([markup(", " if place else "", one) for place, one in enumerate(linked)]) if linked else None


def _check_forms(known: OneCase, look: Look) -> dict[str, Form]:
    if known.case.closed_us is not None or not look.is_a("investigator"):
        return {}
    return {
        item: Form("case.check", {"en": "Tick off", "zh": "标记完成"}, fixed={"case": known.case.id, "item": item}, id=f"check-{item}")
        for item in known.checklist
        if item not in known.case.checked
    }


def _checklist(known: OneCase, look: Look, forms: Mapping[str, Form]) -> Markup:
    rows: list[list[Part]] = []
    for item in known.checklist:
        by = known.case.checked.get(item)
        done = mark(look.pick(f"done by {by}", f"{by} 已完成"), "approve", "✓") if by else mark(look.pick("open", "未完成"), "review", "○")
        button = button_of(forms[item], look.language) if item in forms else None
        name: Part = look.text(CHECKLIST_WORDS.get(item, {"en": item, "zh": item}))
        rows.append([link(f"#{MEASURES_ANCHOR}", name) if item == "measures_reviewed" else name, done, button])
    heads = [look.pick("Item", "检查项"), look.pick("Status", "状态"), look.pick("Action", "操作")]
    return table(look.pick("Checklist", "检查清单"), heads, rows)


def _alerts(known: OneCase, look: Look) -> Markup:
    heads = [
        look.pick("Pattern", "模式"),
        look.pick("Payments", "笔数"),
        look.pick("Amount", "金额"),
        look.pick("From", "起"),
        look.pick("To", "止"),
        look.pick("Status", "状态"),
    ]
    rows: list[list[Part]] = [
        [
            pattern_of(one, known.titles, look),
            look.count(one.count),
            look.shown(one.id, ALERT_RAISED, "amount", look.exact(one.amount_minor)),
            look.moment(one.raised_us),
            look.moment(one.last_us),
            standing(one, look),
        ]
        for one in known.alerts
    ]
    return table(look.pick("Alerts", "预警"), heads, rows, figures_in=(1, 2), hrefs=[path_to("alerts", one.id) for one in known.alerts])


def _timeline(known: OneCase, look: Look) -> Markup:
    case, titles = known.case, dict([*known.linked, *known.linked_from])
    lines = [(one.time_us, line_of(one, case, titles, look)) for one in case.timeline]
    lines += measure_lines(known.measures, known.since_us, Purpose("case", known.case.id), known.policies, look)
    ordered = sorted(lines, key=lambda line: line[0])
    return tag("ol", [line for _, line in reversed(ordered)], class_="timeline")


_NOTE_HINT: Text = {
    "en": f"at most {CHARACTERS_MAX['note']:,} characters; a longer text as a file",
    "zh": f"最多 {CHARACTERS_MAX['note']:,} 个字符，更长的内容请作为附件存入",
}
_LABELLED: Text = {
    "en": "Payments have a label from an earlier closing: it can be replaced, but not by “unclear”.",
    "zh": "部分支付在此前关闭时已打上标签：标签可以更正，但不能改为“无法判定”。",
}
_NOTE = Field("note", {"en": "Note", "zh": "备注"}, "lines", hint=_NOTE_HINT)
_FILE_HINT: Text = {
    "en": "PDF, picture, text, CSV, Word, Excel or mail, up to 20 MiB. It is kept encrypted, and erased with whom the case is about.",
    "zh": "PDF、图片、文本、CSV、Word、Excel 或邮件，不超过 20 MiB。加密保存；相关个人的信息被删除时，文件随之无法读取。",
}


def _forms(known: OneCase, look: Look) -> list[Form]:
    case, about = known.case, {"case": known.case.id}
    reason = Field("reason", {"en": "Why", "zh": "理由"}, "lines")
    if case.closed_us is not None:
        return (
            [Form("case.reopen", {"en": "Reopen", "zh": "重新打开案件"}, [reason], about)] if look.is_a("investigator", "approver") else []
        )
    forms: list[Form] = []
    left = [item for item in known.checklist if item not in case.checked]
    if closing := _closing(known, look):
        forms.append(closing)
    if refusing := _refusing(known, look, reason):
        forms.append(refusing)
    if look.is_a("investigator") and not left:
        labelled = any(one.labelled for one in known.alerts)
        verdicts = [(key, words) for key, words in VERDICT_WORDS.items() if not (labelled and key == "unclear")]
        verdict = Field("verdict", {"en": "It turned out to be", "zh": "结论"}, "choice", verdicts, hint=_LABELLED if labelled else None)
        takes: Text = {"en": "Another person closes it", "zh": "由另一位人员结案"}
        second = named_before(takes, look, known.signers, known.closers, lapses=False)
        title: Text = {"en": "Propose to close", "zh": "提出结论"}
        tone: Literal["primary", "plain"] = "primary" if case.proposed is None else "plain"
        stays = still_in_force(known.measures, look)
        note = second if stays is None else both_said(second, stays)
        ways = ways_to_measures(known.measures, Purpose("case", case.id), look)
        forms.append(Form("case.propose", title, [verdict, reason], about, note, tone, ways=ways))
    if look.is_a("investigator", "approver"):
        forms.append(Form("case.note", {"en": "Write a note", "zh": "添加备注"}, [_NOTE], about))
        file = Field("file", {"en": "File", "zh": "文件"}, "file", hint=_FILE_HINT)
        forms.append(Form("case.file", {"en": "Add a file", "zh": "添加附件"}, [file], about))
    if look.is_a("investigator") and (known.alike or known.linkable):
        options: list[tuple[str, Text]] = [(one, {"en": name, "zh": name}) for one, name in _named(known, look)]
        other = Field("other", {"en": "Alert or case", "zh": "预警或案件"}, "choice", options)
        forms.append(Form("case.link", {"en": "Link", "zh": "关联"}, [other], about))
    return forms


def _closing(known: OneCase, look: Look) -> Form | None:
    """How a second person closes a case: it names the proposal that the page shows, so that no other is confirmed unseen."""
    case = known.case
    if case.proposed is None or not can_be_second(case.proposed_by or "", look.actor, *known.closers):
        return None
    name = closing_name(case.proposed)
    note: Text = {
        "en": f"Verdict: {name['en']}. Its open alerts are closed with it, and their payments get it as their label.",
        "zh": f"结论：{name['zh']}。其下未关闭的预警将一并关闭，相关支付以此为标签。",
    }
    corrected = sum(not one.open for one in judged_by(case.proposed, known.alerts))
    if corrected:
        were = plural(
            corrected, "alert that was closed otherwise before is closed anew", "alerts that were closed otherwise before are closed anew"
        )
        note = {
            "en": f"{note['en']} With this verdict, {were}; of a payment's labels the later counts.",
            "zh": f"{note['zh']}此前以其他结论关闭的 {corrected:,} 条预警改以此结论关闭，支付以较后的标签为准。",
        }
    if (stays := still_in_force(known.measures, look)) is not None:
        note = both_said(note, stays)
    fixed, ways = {"case": case.id, "proposal": case.proposal or ""}, ways_to_measures(known.measures, Purpose("case", case.id), look)
    title: Text = {"en": "Review and close", "zh": "复核并结案"}
    return Form("case.close", title, fixed=fixed, note=note, tone="primary", asks=True, ways=ways)


def _refusing(known: OneCase, look: Look, reason: Field) -> Form | None:
    """How a second person sends a case back, or who proposed to close it takes that back: why is read in the time line."""
    case = known.case
    mine = look.actor.stands_behind(case.proposed_by or "")
    if case.proposed is None or not (mine or can_be_second(case.proposed_by or "", look.actor, *known.closers)):
        return None
    title: Text = {"en": "Take the proposal back", "zh": "撤回结论"} if mine else {"en": "Send back", "zh": "退回"}
    note: Text = {"en": "The case stays open, and may be proposed to be closed again.", "zh": "案件保持未结，可再次提出结论。"}
    return Form("case.refuse", title, [reason], {"case": case.id, "proposal": case.proposal or ""}, note)


def _named(known: OneCase, look: Look) -> list[tuple[str, str]]:
    """Alerts and cases that could be added, by what the reader may see of them."""
    seen = [pattern_grade(one, look) <= look.clearance.grade for one in known.alike]
    titles = [pattern_title(one.pattern, known.titles, look) for one in known.alike]
    alike = [(one.id, title if sees else one.id) for one, title, sees in zip(known.alike, titles, seen, strict=True)]
    cases = [(one, look.said(one, CASE_OPENED, "title", title, one)) for one, title in known.linkable]
    return [*alike, *cases]
